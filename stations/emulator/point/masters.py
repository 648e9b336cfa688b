"""Who shows a master pass at an emulated 2.x station ends transactions of others (C16). Pure.

Where there is no screen to choose at, it is the one at the reader to which the pass is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stations.emulator.point.access import same
from stations.emulator.point.tokens2 import value_of
from stations.emulator.point.words import Reason

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

CHOICE_SECONDS = 60.0
"""So long the screen waits for a choice."""


class Masters:
    def __init__(self, station: Station) -> None:
        self.screen = False
        """Whether there is one to choose at."""
        self._station = station
        self._token = ""
        self._until = 0.0

    def knows(self, group: str) -> bool:
        """Whether tokens of this group are a master pass (AuthCtrlr.MasterPassGroupId)."""
        if not group or self._station.version == "1.6":
            return False
        return same(value_of(group), self._station.variables.text("AuthCtrlr", "MasterPassGroupId"))

    def shown(self, token: str, number: int, now: float) -> bool:
        """A pass that the server accepts; whether there is anything for it to end."""
        running = self._running()
        if self.screen and running:
            self._token, self._until = token, now + CHOICE_SECONDS
        elif number in running:
            self._end(token, [number], now)
        else:
            return False
        return True

    def choices(self, now: float) -> list[int]:
        """The EVSEs whose transactions the screen offers to end."""
        return self._running() if self._token and now < self._until else []

    def choose(self, numbers: Iterable[int], now: float) -> None:
        """What is chosen ends, in the order of the EVSEs; the screen shows something else again."""
        self._end(self._token, [each for each in self.choices(now) if each in set(numbers)], now)
        self._token = ""

    def choose_all(self, now: float) -> None:
        self.choose(self._running(), now)

    def _running(self) -> list[int]:
        return [outlet.number for outlet in self._station.outlets if outlet.running]

    def _end(self, token: str, numbers: Iterable[int], now: float) -> None:
        for number in numbers:
            self._station.outlet(number).stop(now, Reason.MASTER_PASS, by=token)
