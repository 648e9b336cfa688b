"""Readings at round times that come with the end of their transaction (2.x J02, AlignedDataCtrlr). Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stations.emulator.point.station import Station


class Gathering:
    """`step(now)` at `due`."""

    def __init__(self, station: Station) -> None:
        self.due = inf
        self._station = station
        if station.version != "1.6":
            station.variables.follow("AlignedDataCtrlr", "TxEndedInterval", self.plan)

    def plan(self, now: float) -> None:
        """The interval is another, or its time is over."""
        if self._station.version != "1.6":
            interval = int(self._station.variables.text("AlignedDataCtrlr", "TxEndedInterval"))
            self.due = self._station.round_time(interval, now)

    def step(self, now: float) -> None:
        self.plan(now)
        for outlet in self._station.outlets:
            if outlet.charge is not None and outlet.charge.open:
                outlet.advance(now)
                self._station.words.gathered(outlet.charge, outlet.reading(now))
