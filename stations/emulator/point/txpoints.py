"""Where a transaction of 2.x begins and ends: `TxCtrlr.TxStartPoint` and `TxStopPoint` (E01, E06). Pure.

It begins at the first of its start points, and at the latest with the energy; it ends at the first of its stop points
that is over. So a card that is shown may end it at once, together with the energy, or only when the vehicle is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.settings import listed
from stations.emulator.point.words import Ending, Reason

if TYPE_CHECKING:
    from stations.emulator.point.variables import Variables

PARKING_BAY = "ParkingBayOccupancy"
CONNECTED = "EVConnected"
AUTHORIZED = "Authorized"
DATA_SIGNED = "DataSigned"
POWER_PATH = "PowerPathClosed"
ENERGY = "EnergyTransfer"

START_POINTS = (AUTHORIZED, DATA_SIGNED, CONNECTED, ENERGY, PARKING_BAY, POWER_PATH)
STOP_POINTS = (AUTHORIZED, CONNECTED, ENERGY, PARKING_BAY, POWER_PATH)
"""TxStartStopPointEnumType; the meter signs nothing of its own accord at the end, so that is no point to stop at."""

_DEAUTHORIZED = frozenset({Reason.LOCAL, Reason.REMOTE, Reason.MASTER_PASS, Reason.DEAUTHORISED, Reason.VEHICLE})
"""What ends the authorization, and with it the flow of energy; the vehicle stays."""


class Points:
    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def starts(self, point: str) -> bool:
        return point in listed(self._variables.text("TxCtrlr", "TxStartPoint"))

    def stops(self, *points: str) -> bool:
        """Whether it ends with one of these."""
        return not set(points).isdisjoint(listed(self._variables.text("TxCtrlr", "TxStopPoint")))

    def ending(self, reason: Reason) -> Ending:
        """When it ends for this reason: faults, limits and restarts end it whatever its points are."""
        if reason in _DEAUTHORIZED:
            if self.stops(AUTHORIZED, POWER_PATH):
                return Ending.AT_ONCE
            return Ending.WITH_THE_ENERGY if self.stops(ENERGY) else Ending.LATER
        if reason is Reason.UNPLUGGED and not self.stops(AUTHORIZED, CONNECTED, ENERGY, POWER_PATH):
            return Ending.LATER
        return Ending.AT_ONCE
