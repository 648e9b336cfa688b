"""What becomes of a session between its start and its end, told where the version has words for it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from stations.emulator.point.connector import Connector
from stations.emulator.point.limits import reached
from stations.emulator.point.message import Charge, Message, Reading
from stations.emulator.point.words import Reason

SIGNIFICANT = 0.01
"""Part of the rated power by which the rate changes before it is told of (2.x LimitChangeSignificance)."""


class Progress(Connector):
    def say_of(self, words: Callable[[Charge, Reading], list[Message]], now: float) -> None:
        """Say something of the session, where the version tells of it (2.x)."""
        if self.charge is not None and self._station.words.tells_progress:
            self._station.say(words(self.charge, self.reading(now)), now)

    def tell_status_change(self, now: float) -> None:
        super().tell_change(now)

    def tell_change(self, now: float) -> None:
        """Of the connector, and of the session that is open: its state, and how fast it may charge."""
        self.tell_status_change(now)
        charge = self.charge
        if charge is None or not (charge.open and self._station.words.tells_progress):
            return
        is_another_rate = charge.running and abs(self.net_w - charge.told_w) > SIGNIFICANT * self.rating.power_w
        is_another_mode = charge.told_mode != (self._station.v2x.mode(self), self.allowance.wishes)
        if charge.told_state != self.charging_state or is_another_rate or is_another_mode:
            self.say_of(self._station.words.progressed, now)

    def limit_session(self, charge: Charge, limits: dict[str, float], now: float) -> None:
        """The server's answer limits the session (2.1 E16)."""
        if charge is self.charge and limits != charge.limits:
            charge.limits = limits
            self.say_of(self._station.words.limited, now)

    def _limit_reached(self, now: float) -> Reason | None:
        charge, vehicle = self.charge, self.vehicle
        assert charge is not None, "Energy flows."
        assert charge.begun is not None
        return reached(
            charge.limits,
            energy_wh=self._register_wh - charge.begin_wh,
            seconds=now - self._station.when(charge.begun),
            soc=None if vehicle is None else 100.0 * vehicle.soc,
        )

    def _end_unused(self, charge: Charge, now: float, reason: Reason) -> None:
        """A transaction ends in which no energy could flow (2.x)."""
        self._station.say(self._ended(charge, now, reason), now)
        self._go_out_of_service()

    def _ended(self, charge: Charge, now: float, reason: Reason, by: str = "") -> list[Message]:
        """What is said of an end, with what the session costs where the station counts that."""
        said = self._station.words.ended(charge, self.reading(now), reason, by)
        self._station.tariffs.settle(charge, said)
        return said

    def _go_out_of_service(self) -> None:
        """What was Scheduled."""
        self.out |= self.out_later
        self.out_later.clear()
