"""What a run of emulated devices achieved."""

from __future__ import annotations

from dataclasses import dataclass, field

from smartserver.core.emulation import ReplyTimes


@dataclass(slots=True)
class Statistics:
    """Counters of all devices together."""

    sent: int = 0
    errors: int = 0
    resent: int = 0
    unanswered: int = 0
    reconnects: int = 0
    online: int = 0
    times: ReplyTimes = field(default_factory=ReplyTimes)
    """Of the messages that were stored."""

    def answered(self, seconds: float, *, stored: bool) -> None:
        if stored:
            self.times.add(seconds)
        else:
            self.errors += 1

    @property
    def acknowledged(self) -> int:
        return self.times.count

    @property
    def complete(self) -> bool:
        """Something was sent, and all of it was stored."""
        return self.sent > 0 and self.acknowledged == self.sent

    def line(self) -> str:
        return (
            f"{self.online} online, {self.sent} sent, {self.acknowledged} acknowledged, {self.errors} errors, "
            f"{self.resent} resent, {self.reconnects} reconnects"
        )

    def summary(self) -> list[tuple[str, str]]:
        return [
            ("Sent", str(self.sent)),
            ("Acknowledged", str(self.acknowledged)),
            ("Errors", str(self.errors)),
            ("Unanswered", str(self.unanswered)),
            ("Sent again", str(self.resent)),
            ("Reconnects", str(self.reconnects)),
            ("Reply time, median", self.times.shown(50)),
            ("Reply time, 99 %", self.times.shown(99)),
        ]
