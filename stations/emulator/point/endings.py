"""How sessions at a connector end: at once, with the energy, or when the vehicle has gone (2.x TxStopPoint). Pure."""

from __future__ import annotations

import random
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Charge, Message
from stations.emulator.point.progress import Progress
from stations.emulator.point.words import Ending, Reason

if TYPE_CHECKING:
    from stations.emulator.point.driver import Driver
    from stations.emulator.point.station import Station


class Endings(Progress):
    def __init__(self, number: int, station: Station, chance: random.Random) -> None:
        super().__init__(number, station, chance)
        self.driver: Driver | None = None
        """Whoever acts here by habit; None: only what is scripted happens."""
        self._asked = ""
        """The token that the server is being asked about."""
        self.patience_due = self._look_due = self._sample_due = inf
        """When a token is forgotten that nobody plugs in for; the next look at the session; its next reading."""

    def stop(self, now: float, reason: Reason = Reason.LOCAL, *, by: str = "") -> None:
        """End the running session; the cable stays where it is."""
        self.advance(now)
        self._finished = self.vehicle is not None
        self._end(now, reason, by)
        self.tell_change(now)

    def _end(self, now: float, reason: Reason, by: str = "") -> None:
        charge, station = self.charge, self._station
        assert charge is not None
        ending = station.words.ending(reason)
        if ending is not Ending.AT_ONCE:
            self.say_of(partial(station.words.stopping, reason=reason, by=by), now)
            charge.stopping = reason
        charge.running = False  # no power any more
        self._look_due = self._sample_due = self.patience_due = inf
        self._asked = ""
        station.profiles.end(charge)
        if ending is Ending.LATER:
            charge.authorised = False
        else:
            self._close(charge, now, reason if ending is Ending.AT_ONCE else Reason.VEHICLE, by)
        if self.driver is not None:
            self.driver.ended(now, reason)

    def _close(self, charge: Charge, now: float, reason: Reason, by: str = "") -> None:
        """It is over, also for the server."""
        said = self._ended(charge, now, reason, by)
        self.charge = None
        self._go_out_of_service()
        self._station.say(said, now)

    def _finish(self, now: float, reason: Reason) -> None:
        """End whatever session there is, begun or only opened (2.x)."""
        charge = self.charge
        self._forget_token()
        if charge is not None and charge.running:
            self._finished = self.vehicle is not None
            self._end(now, reason)
        if charge is not None and charge.open:
            self._close(charge, now, reason)

    def _forget_token(self) -> None:
        self.patience_due = inf
        self._asked = ""
        self.charge = self.charge if self.running else None

    def _ended(self, charge: Charge, now: float, reason: Reason, by: str) -> list[Message]:
        """What is said of an end, with what the session costs where the station counts that."""
        said = self._station.words.ended(charge, self.reading(now), reason, by)
        self._station.costs.settle(charge, said)
        self._station.tariffs.release(charge)
        self._station.enter(charge)
        return said

    def _go_out_of_service(self) -> None:
        """What was Scheduled."""
        self.out |= self.out_later
        self.out_later.clear()

    # -- the vehicle ------------------------------------------------------------------------

    def finish_charging(self, now: float) -> None:
        """A vehicle that speaks ISO 15118 ends its charging (E15)."""
        if self.running:
            self.stop(now, Reason.VEHICLE)

    def _has_enough(self) -> bool:
        """Its vehicle takes no more, and the session ends with the energy (TxStopPoint)."""
        charge, vehicle = self.charge, self.vehicle
        flowed = charge is not None and charge.running and charge.charging_seconds > 0.0
        return flowed and vehicle is not None and vehicle.full and self._station.words.stops_with_energy

    def drive_out(self, now: float) -> None:
        """The parking bay is free again; the cable went before."""
        assert self.vehicle is None, "It is plugged in."
        if self.charge is not None and self.charge.open:
            self._close(self.charge, now, Reason.DEPARTED)
            self.tell_change(now)
