"""What a run of emulated stations achieved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from smartserver.core.emulation import ReplyTimes
from stations.emulator.point.message import Message


@dataclass(slots=True)
class Statistics:
    """Counters of all stations together. A message that is repeated counts once as sent."""

    online: int = 0
    connected: int = 0
    """Stations that were connected at least once."""
    unreached: int = 0
    """Stations that tried and never got a connection."""
    reconnects: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    """By action."""
    resent: int = 0
    answered: int = 0
    errors: int = 0
    """CALLERROR, and frames of the server that made no sense."""
    unanswered: int = 0
    unsent: int = 0
    """Messages of transactions that still waited at the end."""
    dropped: int = 0
    served: int = 0
    """Calls of the server that were answered."""
    started: int = 0
    ended: int = 0
    readings: int = 0
    times: ReplyTimes = field(default_factory=ReplyTimes)

    def leaves(self, message: Message) -> None:
        """A message is sent."""
        if message.attempts > 1:
            self.resent += 1
            return
        action, payload = message.action, message.payload
        self.sent[action] += 1
        self.readings += len(payload.get("meterValue", ()))
        phase = payload.get("eventType")
        self.started += action == "StartTransaction" or phase == "Started"
        self.ended += action == "StopTransaction" or phase == "Ended"

    def succeeds(self, seconds: float) -> None:
        self.answered += 1
        self.times.add(seconds)

    @property
    def complete(self) -> bool:
        """All stations that tried got through, and everything that they said was accepted."""
        total = self.sent.total()
        clean = not (self.errors or self.unanswered or self.unsent or self.unreached)
        return clean and 0 < total == self.answered

    def line(self) -> str:
        return (
            f"{self.online} online, {self.sent.total()} sent, {self.answered} answered, {self.errors} errors, "
            f"{self.resent} resent, {self.reconnects} reconnects"
        )

    def summary(self) -> list[tuple[str, str]]:
        rows = [
            ("Stations connected", self.connected),
            ("Messages sent", self.sent.total()),
            ("Answered", self.answered),
            ("CALLERRORs", self.errors),
            ("Unanswered", self.unanswered),
            ("Not sent", self.unsent),
            ("Dropped while too busy", self.dropped),
            ("Sent again", self.resent),
            ("Reconnects", self.reconnects),
            ("Server's calls answered", self.served),
            ("Transactions started", self.started),
            ("Transactions ended", self.ended),
            ("Meter readings", self.readings),
            *((f"  {action}", times) for action, times in sorted(self.sent.items())),
        ]
        return [
            *((name, str(value)) for name, value in rows),
            ("Reply time, median", self.times.shown(50)),
            ("Reply time, 99 %", self.times.shown(99)),
        ]
