"""Periodic event streams of a 2.1 station: what periodic monitors measure often, told in bundles (N11 to N15). Pure.

A stream is asked for with `OpenPeriodicEventStream`, and delivers once the server has accepted it. Each bundle is a
SEND, which nobody answers; so what cannot be told because the station is offline is kept, up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload
from stations.ocpp.times import written

OPEN, CLOSE = "OpenPeriodicEventStream", "ClosePeriodicEventStream"

KEPT = 1000
"""Values that wait; the oldest go first."""

BUNDLE = 100
"""Values in one message."""


@dataclass(slots=True, eq=False)
class Stream:
    """`params`: `interval` seconds, or `values` at most, from one message to the next."""

    id: int
    monitor: int
    params: Payload
    state: str = "new"
    """new, asked, open, refused"""
    values: list[tuple[datetime, str]] = field(default_factory=list)
    due: float = inf
    """When what has been gathered is told."""

    @property
    def data(self) -> Payload:
        """As `constantStreamData` has it."""
        return {"id": self.id, "variableMonitoringId": self.monitor, "params": dict(self.params)}


class Streams:
    """The streams of one station. `clock(second)` is what its clock shows then."""

    def __init__(self, clock: Callable[[float], datetime]) -> None:
        self._clock = clock
        self._all: dict[int, Stream] = {}
        self._ids = 0

    @property
    def due(self) -> float:
        return min((each.due for each in self._all.values()), default=inf)

    def of(self, monitor: int) -> Stream | None:
        """The stream of a monitor, unless the server does not want it."""
        found = next((each for each in self._all.values() if each.monitor == monitor), None)
        return found if found is not None and found.state != "refused" else None

    # -- life -----------------------------------------------------------------------------

    def add(self, monitor: int, params: Payload) -> None:
        self._ids += 1
        self._all[self._ids] = Stream(self._ids, monitor, dict(params))

    def drop(self, monitor: int) -> list[Message]:
        """The monitor is gone, and its stream with it (N13). The server hears of it even if that has to wait."""
        found = next((each for each in self._all.values() if each.monitor == monitor), None)
        if found is None:
            return []
        del self._all[found.id]
        was_told = found.state in ("asked", "open")
        return [Message(CLOSE, {"id": found.id}, kept=True)] if was_told else []

    def restart(self) -> None:
        """The server has to be asked anew."""
        for each in self._all.values():
            each.state, each.due = "new", inf
            each.values.clear()

    def ask(self) -> list[Message]:
        """Ask for those that the server does not know."""
        asked = [each for each in self._all.values() if each.state == "new"]
        for each in asked:
            each.state = "asked"
        return [Message(OPEN, {"constantStreamData": each.data}) for each in asked]

    def answered(self, message: Message, status: str, now: float) -> None:
        """The server's word on an `OpenPeriodicEventStream`; no status: there was none."""
        stream = self._all.get(message.payload["constantStreamData"]["id"])
        if stream is None or stream.state != "asked":
            return
        stream.state = {"Accepted": "open", "": "new"}.get(status, "refused")
        if stream.state == "open":
            stream.due = now + self._pause(stream)
        elif stream.state == "refused":
            stream.values.clear()

    # -- what the server asks -------------------------------------------------------------

    def adjust(self, id: int, params: Payload, now: float) -> str:
        """N14."""
        stream = self._all.get(id)
        if stream is None or stream.state != "open":
            return "Rejected"
        stream.params = dict(params)
        stream.due = now + self._pause(stream)
        return "Accepted"

    def report(self) -> list[Payload]:
        """N12."""
        return [each.data for each in self._all.values() if each.state == "open"]

    # -- values ---------------------------------------------------------------------------

    def take(self, stream: Stream, value: str, now: float) -> None:
        """A value was measured; it is told now if that makes enough of them, or nothing else makes them leave."""
        stream.values.append((self._clock(now), value))
        del stream.values[:-KEPT]
        if stream.state == "open":
            enough = stream.params.get("values") or (inf if stream.params.get("interval") else 1)
            if len(stream.values) >= enough:
                stream.due = now

    def deliver(self, now: float) -> list[Message]:
        """What is due, in messages of at most `BUNDLE` values."""
        messages = []
        for stream in self._all.values():
            if stream.due <= now:
                messages += self._bundles(stream)
                stream.due = now + self._pause(stream)
        return messages

    def _bundles(self, stream: Stream) -> list[Message]:
        values, stream.values = stream.values, []
        bundles = []
        for start in range(0, len(values), BUNDLE):
            some = values[start : start + BUNDLE]
            base = some[0][0]
            payload: Payload = {
                "id": stream.id,
                "pending": len(values) - start - len(some),
                "basetime": written(base),
                "data": [{"t": round((at - base).total_seconds(), 3), "v": value} for at, value in some],
            }
            bundles.append(Message("NotifyPeriodicEventStream", payload, is_send=True))
        return bundles

    def _pause(self, stream: Stream) -> float:
        return float(stream.params.get("interval") or inf)
