"""Connectors kept free for a token (1.6 sections 3.11, 5.2 and 5.13). Pure.

A reservation of connector 0 holds for any connector: others may charge as long as one stays free for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from stations.emulator.point.access import same


class Reservation(NamedTuple):
    id: int
    outlet: int
    token: str
    group: str
    expiry: datetime
    made: datetime | None = None
    """When the station took it."""

    def admits(self, token: str, group: str) -> bool:
        """Only the token itself, or one of its group (`parentIdTag`)."""
        return same(self.token, token) or bool(self.group and group and same(self.group, group))


class Reservations:
    def __init__(self) -> None:
        self.next_expiry: datetime | None = None
        self._all: dict[int, Reservation] = {}

    def __iter__(self) -> Iterator[Reservation]:
        return iter(list(self._all.values()))

    def put(self, reservation: Reservation) -> None:
        """One with the same id is replaced."""
        self._all[reservation.id] = reservation
        self._look()

    def cancel(self, id: int) -> Reservation | None:
        found = self._all.pop(id, None)
        self._look()
        return found

    def expire(self, at: datetime) -> list[Reservation]:
        """Those whose time is over; there are none of them any more."""
        over = [reservation for reservation in self if reservation.expiry <= at]
        for reservation in over:
            self.cancel(reservation.id)
        return over

    def _look(self) -> None:
        self.next_expiry = min((each.expiry for each in self), default=None)

    def of(self, outlet: int) -> Reservation | None:
        """The reservation of just this connector."""
        return next((each for each in self if each.outlet == outlet), None)

    def admit(self, outlet: int, token: str, group: str, *, free_elsewhere: int) -> bool:
        """Whether this token may use this connector; so many others stay free."""
        held = self.of(outlet)
        if held is not None:
            return held.admits(token, group)
        floating = [each for each in self if each.outlet == 0]
        if any(each.admits(token, group) for each in floating):
            return True
        return free_elsewhere >= len(floating)

    def asks_for_group(self, outlet: int) -> bool:
        """Whether a token's parent would decide, so that the server has to be asked for it."""
        return any(each.group and each.outlet in (0, outlet) for each in self)

    def use(self, outlet: int, token: str, group: str) -> Reservation | None:
        """The reservation that ends because its transaction starts."""
        for reservation in sorted(self, key=lambda each: -each.outlet):
            if reservation.outlet in (0, outlet) and reservation.admits(token, group):
                self.cancel(reservation.id)
                return reservation
        return None
