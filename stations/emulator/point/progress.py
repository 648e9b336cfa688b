"""What becomes of a session between its start and its end, told where the version has words for it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from stations.emulator.point.connector import Connector
from stations.emulator.point.limits import SERVER, impose, reached
from stations.emulator.point.message import Charge, Message, Reading
from stations.emulator.point.words import Reason

SIGNIFICANT = 0.01
"""Part of the rated power by which the rate changes before it is told of (2.x LimitChangeSignificance)."""

LEAST_SECONDS = 0.01
"""Between two looks; what is left of an allowance may be next to nothing."""


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
        if charge is None or not self._station.words.tells_progress:
            return
        if not charge.open:
            if charge.running:  # it begins with the energy, which may flow now
                self.say_of(self._station.words.began, now)
            return
        is_another_rate = charge.running and abs(self.net_w - charge.told_w) > SIGNIFICANT * self.rating.power_w
        is_another_mode = charge.told_mode != (self._station.v2x.mode(self), self.allowance.wishes)
        if charge.told_state != self.charging_state or is_another_rate or is_another_mode:
            self.say_of(self._station.words.progressed, now)

    def limit_session(self, charge: Charge, limits: dict[str, float], now: float, *, by: str = SERVER) -> None:
        """The server's answer limits the session, or its driver does at the station (2.1 E16)."""
        before = charge.limits
        impose(charge, limits, by)
        if charge is self.charge and charge.limits != before:
            self.say_of(self._station.words.limited, now)

    def _next_look(self, now: float) -> float:
        """As often as it is used to; and just when what is left of an allowance will be used up."""
        charge, seconds = self.charge, self._station.look_seconds
        if charge is not None and charge.allowance_wh is not None and not charge.blocked and self.power_w > 0.0:
            seconds = min(seconds, max(LEAST_SECONDS, 3600.0 * charge.allowance_wh / self.power_w))
        return now + seconds

    def _limit_reached(self, now: float) -> Reason | None:
        charge, vehicle = self.charge, self.vehicle
        assert charge is not None, "Energy flows."
        assert charge.begun is not None
        if charge.blocked and charge.ends_unaccepted:
            return Reason.DEAUTHORISED
        return reached(
            charge.limits,
            energy_wh=self._register_wh - charge.begin_wh,
            seconds=now - self._station.when(charge.begun),
            soc=None if vehicle is None else 100.0 * vehicle.soc,
            cost=self._cost(charge, now) if "maxCost" in charge.limits else None,
        )

    def _collect(self, now: float) -> None:
        """What the data collector of 2.1 writes down of each session (DataCollectorLog, N01)."""
        if self._station.version == "2.1":
            more = f"{self.register_wh} Wh, {self.power_w:.0f} W"
            self._station.journal.sample(self._station.clock(now), f"EVSE {self.number}:", more)

    def _cost(self, charge: Charge, now: float) -> float | None:
        """So far: as the station counts it, else as the server has said."""
        counted = self._station.costs.so_far(charge, self.reading(now))
        return charge.cost if counted is None else counted
