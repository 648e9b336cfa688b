"""The card reader of a 2.x station, where nobody knows yet at which EVSE its driver will charge (E01, J02). Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stations.emulator.point.message import Charge
    from stations.emulator.point.station import Station


class Reader:
    def __init__(self, station: Station) -> None:
        self._station = station

    def present(self, token: str, now: float) -> None:
        """For the vehicle that waits for a card; else a free EVSE keeps the session until a cable says where it is."""
        waiting = next((each for each in self._station.outlets if each.vehicle is not None and not each.taken), None)
        free = next((each for each in self._station.outlets if each.free), None)
        if waiting is not None:
            waiting.present(token, now)
        elif free is not None:
            free.present(token, now, placed=False)

    def place(self, number: int) -> Charge | None:
        """A cable was plugged in: the session that waited for one is there."""
        for outlet in self._station.outlets:
            if outlet.charge is not None and not outlet.charge.placed:
                charge, outlet.charge = outlet.charge, None
                outlet.patience_due = inf
                charge.outlet, charge.placed = number, True
                return charge
        return None
