"""Connectors kept free for a token (1.6 sections 3.11, 5.2 and 5.13). Pure.

A reservation of connector 0 holds for any connector, in 2.x perhaps for any with a type of plug (H01): others may
charge as long as one stays free for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    kind: str = ""
    """The type of connector that is wanted, where the reservation is of none in particular (2.x)."""

    def fits(self, outlet: int, kind: str) -> bool:
        """Whether it holds for this connector, with this type of plug."""
        return self.outlet == outlet or (self.outlet == 0 and self.kind in ("", kind))

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

    def admit(self, outlet: int, token: str, group: str, *, kind: str = "", free_elsewhere: Sequence[str]) -> bool:
        """Whether this token may use this connector; others of these types stay free."""
        held = self.of(outlet)
        if held is not None:
            return held.admits(token, group)
        if any(each.admits(token, group) and each.fits(outlet, kind) for each in self):
            return True
        return enough(free_elsewhere, self.floating)

    @property
    def floating(self) -> list[Reservation]:
        """Those of no connector in particular."""
        return [each for each in self if each.outlet == 0]

    def asks_for_group(self, outlet: int) -> bool:
        """Whether a token's parent would decide, so that the server has to be asked for it."""
        return any(each.group and each.outlet in (0, outlet) for each in self)

    def use(self, outlet: int, token: str, group: str, kind: str = "") -> Reservation | None:
        """The reservation that ends because its transaction starts."""
        for reservation in sorted(self, key=lambda each: -each.outlet):
            if reservation.fits(outlet, kind) and reservation.admits(token, group):
                self.cancel(reservation.id)
                return reservation
        return None


def enough(free: Sequence[str], wanted: Sequence[Reservation]) -> bool:
    """Whether connectors of these types are enough for all of these reservations together."""
    kinds = {each.kind for each in wanted if each.kind}
    return len(free) >= len(wanted) and all(
        free.count(kind) >= sum(each.kind == kind for each in wanted) for kind in kinds
    )
