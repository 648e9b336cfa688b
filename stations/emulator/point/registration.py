"""Boot and heartbeat: how a station becomes known and stays so (1.6 sections 4.2, 4.6; 2.0.1 B01 to B04). Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

HEARTBEAT_SECONDS = 300.0
"""Until the server says otherwise, and when it leaves the choice to the station (interval 0)."""

BOOT_RETRY_SECONDS = 30.0

POWER_UP = "PowerUp"


class Registration:
    def __init__(self, station: Station) -> None:
        self.status = ""
        """What the server said last: Accepted, Pending or Rejected."""
        self.boot_due = self.heartbeat_due = inf
        self._station = station
        self._interval = HEARTBEAT_SECONDS
        self.boot_reason = POWER_UP
        """Why it starts, or last did (2.x BootReasonEnumType)."""

    @property
    def accepted(self) -> bool:
        return self.status == "Accepted"

    def restart(self) -> None:
        """The station starts: nobody knows it."""
        self.status = ""
        self.boot_due = self.heartbeat_due = inf

    def power_up(self, now: float) -> None:
        self.boot(self.boot_reason)

    def boot(self, reason: str) -> None:
        self.boot_due = inf
        self._station.outbox.add_first(self._station.words.boot(self._station.plate, reason))

    def retry_later(self, now: float) -> None:
        """The boot was not answered, or with an error."""
        self.boot_due = now + BOOT_RETRY_SECONDS

    def take(self, payload: Payload, now: float) -> None:
        """The answer to a boot; the first that is accepted is followed by what the server does not know yet."""
        interval = float(payload["interval"])
        first, self.status = not self.accepted, payload["status"]
        self._station.journal.note(self._station.clock(now), "Boot", self.status)
        if not self.accepted:
            self.boot_due = now + (interval if interval > 0 else BOOT_RETRY_SECONDS)
            self.heartbeat_due = inf
            return
        self.beat_every(interval if interval > 0 else HEARTBEAT_SECONDS, now)
        self._station.settings.put("HeartbeatInterval", f"{self._interval:.0f}")
        if first:
            self.boot_reason = POWER_UP
            self._station.introduce(now)

    def beat_every(self, seconds: float, now: float) -> None:
        self._interval = seconds
        self.heartbeat_due = now + seconds

    def beat(self, now: float) -> None:
        self.heartbeat_due = now + self._interval
        self._station.say([self._station.words.heartbeat()], now)
