"""What a run of emulated devices achieved. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SAMPLES = 20_000


@dataclass(slots=True)
class Statistics:
    """Counters of all devices together. Reply times are a fair sample when there are very many."""

    sent: int = 0
    acknowledged: int = 0
    errors: int = 0
    resent: int = 0
    unanswered: int = 0
    connects: int = 0
    reconnects: int = 0
    online: int = 0
    _times: list[float] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))

    def answered(self, seconds: float, *, stored: bool) -> None:
        if not stored:
            self.errors += 1
            return
        self.acknowledged += 1
        if len(self._times) < SAMPLES:
            self._times.append(seconds)
        elif (place := self._random.randrange(self.acknowledged)) < SAMPLES:
            self._times[place] = seconds

    def percentile(self, percent: float) -> float | None:
        """Seconds within which this part of the acknowledged messages was answered."""
        if not self._times:
            return None
        ordered = sorted(self._times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

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
        def milliseconds(percent: float) -> str:
            found = self.percentile(percent)
            return "–" if found is None else f"{found * 1000:.1f} ms"

        return [
            ("Sent", str(self.sent)),
            ("Acknowledged", str(self.acknowledged)),
            ("Errors", str(self.errors)),
            ("Unanswered", str(self.unanswered)),
            ("Sent again", str(self.resent)),
            ("Reconnects", str(self.reconnects)),
            ("Reply time, median", milliseconds(50)),
            ("Reply time, 99 %", milliseconds(99)),
        ]
