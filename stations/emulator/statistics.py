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
    refused: Counter[str] = field(default_factory=Counter)
    """By action: answered with a CALLERROR, or with an answer that breaks the schema."""
    senseless: int = 0
    """Frames of the server that made no sense."""
    lost: Counter[str] = field(default_factory=Counter)
    """By action: sent, not answered, and not repeated any more."""
    waiting: Counter[str] = field(default_factory=Counter)
    """By action: messages of transactions that still waited at the end, and were never sent."""
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
    def errors(self) -> int:
        return self.refused.total() + self.senseless

    @property
    def complete(self) -> bool:
        """All stations that tried got through, and everything that they said was accepted."""
        clean = not (self.errors or self.lost or self.waiting or self.unreached)
        return clean and 0 < self.sent.total() == self.answered

    def shortcomings(self) -> list[str]:
        """Why the run is not `complete`, a sentence each."""
        said = [
            f"{self.unreached} stations never got a connection." if self.unreached else "",
            "Nothing was sent." if not self.sent else "",
            _listed("Answered with an error", self.refused),
            f"{self.senseless} frames of the server made no sense." if self.senseless else "",
            _listed("Sent, but the connection or the run ended before the answer", self.lost),
            _listed("Messages of transactions that still waited to be sent", self.waiting),
        ]
        found = [sentence for sentence in said if sentence]
        if not found and (forgotten := self.sent.total() - self.answered):
            found.append(f"{forgotten} messages were sent and forgotten, as stations restarted.")
        return found

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
            ("Unanswered", self.lost.total()),
            ("Not sent", self.waiting.total()),
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


def _listed(what: str, times: Counter[str]) -> str:
    """`what: 3 MeterValues, 1 Heartbeat.`, or nothing."""
    return f"{what}: {', '.join(f'{count} {action}' for action, count in times.most_common())}." if times else ""
