"""What sessions let an update of the firmware do, and what a pending update lets drivers do (2.x L01). Pure.

A station may be able to fetch and to install while somebody charges, or has to wait for the sessions to end. While it
waits, `ChargingStation.AllowNewSessionsPendingFirmwareUpdate` says whether others may begin; if not, what is idle is
out of service until the update is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

FETCH, INSTALL = "fetch", "install"

WHILE_CHARGING = {
    "nothing": frozenset[str](),
    "fetch": frozenset({FETCH}),
    "install": frozenset({FETCH, INSTALL}),
}
"""What can be done while somebody charges, by the names of the option."""

PART = "update"
"""What of an EVSE is out of service (`Connector.out`)."""


class Pending:
    def __init__(self, station: Station, while_charging: str) -> None:
        self.while_charging = while_charging
        self._station = station

    @property
    def occupied(self) -> bool:
        """Whether somebody charges, or has a transaction without energy (2.x)."""
        charges = (outlet.charge for outlet in self._station.outlets)
        return any(charge is not None and (charge.open or charge.running) for charge in charges)

    def waits(self, task: str, now: float) -> bool:
        """Whether the task has to wait for sessions; then others may not begin, unless that is allowed."""
        if task in WHILE_CHARGING[self.while_charging] or not self.occupied:
            return False
        if self._station.version != "1.6":
            self._keep_closed(not self._allows_sessions, now)
        return True

    @property
    def _allows_sessions(self) -> bool:
        return self._station.variables.text("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate") == "true"

    def _keep_closed(self, closed: bool, now: float) -> None:
        for outlet in self._station.outlets:
            if closed != (PART in outlet.out | outlet.out_later):
                outlet.operate(not closed, now, PART)

    def over(self, now: float) -> None:
        """There is no update any more that others could be in the way of."""
        self._keep_closed(False, now)

    def restarting(self) -> None:
        """The same, where the boot tells of all statuses anyway."""
        for outlet in self._station.outlets:
            outlet.out.discard(PART)
            outlet.out_later.discard(PART)
