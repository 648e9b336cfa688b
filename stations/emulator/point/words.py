"""What happens at a station, to be said in the words of a version. Pure.

`v16.py` and `v2.py` say it: the first for 1.6, the second for 2.0.1 and 2.1.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import Enum

from stations.emulator.point.access import Verdict
from stations.emulator.point.message import Charge, Message, Moment, Reading
from stations.ocpp.frames import Payload


class Status(Enum):
    """The state of a connector in the words of 1.6; 2.x has fewer (`Occupied` for all with a vehicle)."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Reason(Enum):
    """Why a session ended."""

    LOCAL = "local"
    UNPLUGGED = "unplugged"
    DEAUTHORISED = "deauthorised"
    FAULT = "fault"
    REBOOT = "reboot"
    EMERGENCY_STOP = "emergency stop"
    HARD_RESET = "hard reset"
    RESET_AND_RESUME = "reset and resume"
    SOFT_RESET = "soft reset"
    POWER_LOSS = "power loss"
    REMOTE = "remote"
    UNLOCK_COMMAND = "unlock command"
    MASTER_PASS = "master pass"  # noqa: S105  (no password)
    TIMEOUT = "timeout"
    ENERGY_LIMIT = "energy limit"
    TIME_LIMIT = "time limit"
    COST_LIMIT = "cost limit"
    SOC_LIMIT = "limit of the state of charge"
    TRANSFER_REJECTED = "way of energy transfer rejected"
    VEHICLE = "stopped by the vehicle"
    DEPARTED = "departed"


class Ending(Enum):
    """When a transaction is over after the flow of energy was ended (2.x TxStopPoint)."""

    AT_ONCE = "at once"
    WITH_THE_ENERGY = "with the energy"
    LATER = "later"
    """When the vehicle has gone."""


MODELS = (
    ("Alpenstrom", "Wallbox 11", "AC-W11"),
    ("Alpenstrom", "Column 22", "AC-C22"),
    ("Nordlade", "Pole Duo", "ND-2"),
    ("Volta Coop", "Street One", "VC-S1"),
)


@dataclass(frozen=True, slots=True)
class Plate:
    """What stands on the station's name plate."""

    vendor: str
    model: str
    serial_number: str
    firmware: str
    meter_type: str

    @classmethod
    def drawn(cls, chance: random.Random) -> Plate:
        vendor, model, code = chance.choice(MODELS)
        return cls(
            vendor=vendor,
            model=model,
            serial_number=f"{code}-{chance.randrange(10**8):08d}",
            firmware=f"{chance.randint(1, 4)}.{chance.randint(0, 12)}.{chance.randint(0, 9)}",
            meter_type="MID three-phase",
        )

    def with_firmware(self, version: str) -> Plate:
        return replace(self, firmware=version)


class Words(ABC):
    """One version of OCPP, from the station's side. A version without a word for something says nothing."""

    tells_progress = False
    """Whether it has events of sessions: what they do between their start and their end is told then."""

    @property
    def stops_with_energy(self) -> bool:
        """Whether a transaction is over when its vehicle takes no more."""
        return False

    @abstractmethod
    def boot(self, plate: Plate, reason: str) -> Message: ...

    @abstractmethod
    def status(self, outlet: int, status: Status, error: str, moment: Moment) -> Message: ...

    @abstractmethod
    def authorize(self, token: str, outlet: int) -> Message: ...

    @abstractmethod
    def began(self, charge: Charge, reading: Reading) -> list[Message]:
        """Energy flows."""

    @abstractmethod
    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        """The periodic reading of a session."""

    @abstractmethod
    def ended(self, charge: Charge, reading: Reading, reason: Reason, by: str) -> list[Message]:
        """`by`: the token that stopped it, if one did."""

    @abstractmethod
    def meters(self, outlet: int, reading: Reading, context: str, charge: Charge | None) -> list[Message]:
        """A MeterValues message, if there is anything to say."""

    @abstractmethod
    def verdict(self, payload: Payload) -> Verdict | None:
        """What an answer says of a token."""

    def status_word(self, status: Status) -> str:
        return status.value

    def heartbeat(self) -> Message:
        return Message("Heartbeat")

    def station_status(self, status: Status, moment: Moment) -> list[Message]:
        """The status of the station as a whole."""
        return []

    def detected(self, charge: Charge, reading: Reading) -> list[Message]:
        """A vehicle stands in the parking bay."""
        return []

    def plugged_in(self, charge: Charge, reading: Reading) -> list[Message]:
        return []

    def authorised(self, charge: Charge, reading: Reading) -> list[Message]:
        return []

    @abstractmethod
    def collected(self, charge: Charge, reading: Reading, context: str) -> None:
        """A moment that is told now, and whose meter values the end of the transaction will carry (1.6)."""

    @abstractmethod
    def gathered(self, charge: Charge, reading: Reading) -> None:
        """A round time whose meter values the end of the transaction will carry, where those have an interval."""

    def admitted(self, charge: Charge, reading: Reading) -> list[Message]:
        """A token was let in, and there is no cable yet."""
        return []

    def progressed(self, charge: Charge, reading: Reading) -> list[Message]:
        """The charging state, or what is offered, is another."""
        return []

    def ending(self, reason: Reason) -> Ending:
        """When the transaction is over that is ended for this reason."""
        return Ending.AT_ONCE

    def stopping(self, charge: Charge, reading: Reading, *, reason: Reason, by: str) -> list[Message]:
        """Energy is about to stop, and the transaction is not over with that."""
        return []

    def unplugged(self, charge: Charge, reading: Reading) -> list[Message]:
        """The vehicle is gone, and its session goes on."""
        return []

    def unlocked(self, charge: Charge, reading: Reading) -> list[Message]:
        return []

    def triggered(self, charge: Charge, reading: Reading) -> list[Message]:
        """The server wants to hear of the session."""
        return []

    def resumed(self, charge: Charge, reading: Reading) -> list[Message]:
        """It goes on after the station was without power."""
        return []

    def limited(self, charge: Charge, reading: Reading) -> list[Message]:
        """The session has other limits."""
        return []

    def repriced(self, charge: Charge, reading: Reading) -> list[Message]:
        """The session has another tariff."""
        return []

    def reservation_ended(self, number: int, why: str) -> list[Message]:
        """`why`: Expired or Removed."""
        return []

    def limits(self, payload: Payload) -> dict[str, float] | None:
        """What an answer says of the limits of a session."""
        return None
