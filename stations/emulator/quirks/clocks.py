"""Rule 26: what stations take for the time. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any

from stations.emulator.quirks.base import Quirk, Said
from stations.ocpp.times import written

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECADE = timedelta(days=3653)


class _Writing(Quirk, ABC):
    """A habit in how it writes every moment that it tells."""

    def says(self, said: Said) -> list[Said]:
        return [Said(said.action, self._changed(said.payload))]

    def _changed(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._changed(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._changed(each) for each in value]
        return self.shown(value) if name == "timestamp" and isinstance(value, str) else value

    @abstractmethod
    def shown(self, stamp: str) -> str: ...


class _Clock(_Writing):
    """A clock that is wrong."""

    def shown(self, stamp: str) -> str:
        return written(self.moment(datetime.fromisoformat(stamp)))

    @abstractmethod
    def moment(self, moment: datetime) -> datetime: ...


class EpochClock(_Clock):
    """Its clock was never set: it counts from the beginning of 1970."""

    name = "epoch-clock"
    rules = (26,)

    def __init__(self) -> None:
        self._begun: datetime | None = None

    def moment(self, moment: datetime) -> datetime:
        self._begun = self._begun or moment
        return EPOCH + max(timedelta(), moment - self._begun)


class FutureClock(_Clock):
    """Its clock is ten years ahead."""

    name = "future-clock"
    rules = (26,)

    def moment(self, moment: datetime) -> datetime:
        return moment + DECADE


class NoZone(_Writing):
    """Its times have no zone."""

    name = "no-zone"
    rules = (26,)

    def shown(self, stamp: str) -> str:
        return stamp.removesuffix("Z")


class OddPrecision(_Writing):
    """Its times have nine decimals."""

    name = "odd-precision"
    rules = (26,)

    def shown(self, stamp: str) -> str:
        return f"{stamp.removesuffix('Z')}123456Z"


class OwnTimeFormat(_Writing):
    """It writes times in a form of its own."""

    name = "own-time-format"
    rules = (26,)

    def shown(self, stamp: str) -> str:
        return datetime.fromisoformat(stamp).strftime("%d.%m.%Y %H:%M:%S")


QUIRKS: tuple[type[Quirk], ...] = (EpochClock, FutureClock, NoZone, OddPrecision, OwnTimeFormat)
