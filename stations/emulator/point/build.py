"""How an emulated station is made. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from stations.emulator.point.der import MODES
from stations.emulator.point.driver import Habits
from stations.emulator.point.journal import LINES
from stations.emulator.point.security import Keys

TOKENS = 500


def drivers(seed: int) -> list[str]:
    """The tokens of the cards that a fleet meets: seven bytes as an RFID reader writes them."""
    chance = random.Random(f"{seed}/tokens")
    return [f"04{chance.getrandbits(48):012X}" for _ in range(TOKENS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a station is made. The same seed gives the same behaviour; ids of transactions also depend on `started`."""

    started: datetime
    seed: int = 1
    connectors: int = 2
    speed: float = 1.0
    """Seconds of the station in one real second."""
    steady: float | None = None
    """Send a reading every so many seconds instead of when a session has one."""
    habits: Habits | None = None
    manual: bool = False
    """Nobody comes; only what is scripted happens, and the timers of the protocol run."""
    tokens: list[str] | None = None
    keys: Keys | None = None
    password: str = ""
    security_profile: int = 0
    journal_lines: int = LINES
    der: tuple[str, ...] = MODES
    """Types of DER controls that its inverter knows (2.1)."""
    slots: int = 0
    """For batteries that are swapped (2.1), numbered behind the connectors."""
    without: frozenset[str] = frozenset()
    """What it cannot do though others can (2.x): `SummaryInventory`, `evse-reset`."""
    books: bool = False
    """Keep the sessions that have ended."""
    payments: bool = False
    """It has a payment terminal, and can show codes of web pages on which people pay (2.1)."""
    display: str = "rich"
    """Which it has (`display.py`)."""
    updates_while_charging: str = "fetch"
    """What of an update of its firmware it can do while somebody charges (`pending_updates.py`)."""
    signed_firmware_only: bool = False
