"""Smart charging of a 2.x station beyond its profiles: vehicles that talk, limits of others, priority, values that are
asked for. Pure.

    charging.announce(watts, now, evse=…, source=…)   somebody else limits what may be charged (K12)
    charging.withdraw(now, evse=…, source=…)          … no more (K13)
    charging.prioritise(outlet, True, now)            a driver presses the button (2.1 K22)
    charging.want(outlet, now, target=…, stays=…)     a vehicle wants something else (K17, K20)

`step(now)` at `due`. By chance, as faults come, the grid's operator limits the station for a while (`Habits`).
"""

from __future__ import annotations

import random
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point import v2_charging as words
from stations.emulator.point.others import Place
from stations.emulator.point.profiles2 import Profiles2
from stations.ocpp.profiles import DYNAMIC, TX_PROFILE
from stations.ocpp.times import written

if TYPE_CHECKING:
    from stations.emulator.point.message import Message
    from stations.emulator.point.sessions import Sessions
    from stations.emulator.point.station import Station
    from stations.ocpp.frames import Payload

GRID = "SO"
"""The chargingLimitSource of the grid's operator (system operator)."""

LIMITED_SECONDS = (600.0, 1800.0)
LIMITED_SHARE = 0.5
"""How long, and to what part of its outlets' power, the grid limits a station."""

TOLD_FOR = timedelta(days=1)
"""How long a limit is announced to hold; it may be withdrawn before."""


class Charging:
    def __init__(self, station: Station, chance: random.Random, limits_per_hour: float) -> None:
        self.due = inf
        self._station = station
        self._speaks = isinstance(station.profiles, Profiles2)
        self._chance = chance
        self._mean = 3600.0 / limits_per_hour if limits_per_hour > 0.0 and self._speaks else inf
        self._pulls: dict[int, float] = {}
        """When the values of a dynamic profile are asked for."""
        self._change_due = inf
        """When what the profiles allow is another."""
        self._untold: set[int] = set()
        """EVSEs of whose vehicles' needs the server has not heard."""
        self._grid_due = self._next_limit(0.0)
        self._limited = False
        self._see_what_is_due()

    @property
    def profiles(self) -> Profiles2:
        assert isinstance(self._station.profiles, Profiles2), "1.6 has nothing of all this."
        return self._station.profiles

    # -- time -----------------------------------------------------------------------------

    def step(self, now: float) -> None:
        if self._grid_due <= now:
            self._change_grid(now)
        for number in [number for number, due in self._pulls.items() if due <= now]:
            del self._pulls[number]
            if (seconds := self.profiles.pulls().get(number)) is not None:  # it may have ended with its session
                self._pulls[number] = now + seconds
                self._station.say([words.pull(number)], now)
        if self._change_due <= now:
            self.apply(now)
        self._see_what_is_due()

    def _see_what_is_due(self) -> None:
        self.due = min(self._grid_due, self._change_due, *self._pulls.values())

    def _next_limit(self, now: float) -> float:
        return now + self._chance.expovariate(1.0 / self._mean) if self._mean < inf else inf

    def _change_grid(self, now: float) -> None:
        if self._limited:
            self._grid_due = self._next_limit(now)
            self.withdraw(now)
        else:
            self._grid_due = now + self._chance.uniform(*LIMITED_SECONDS)
            watts = sum(outlet.rating.power_w for outlet in self._station.outlets) * LIMITED_SHARE
            self.announce(watts, now, critical=True)
        self._limited = not self._limited

    # -- limits of others -----------------------------------------------------------------

    def announce(
        self,
        watts: float,
        now: float,
        *,
        evse: int = 0,
        source: str = GRID,
        critical: bool = False,
        generation: bool = False,
    ) -> None:
        """A limit that holds at once; `generation`: so much is added to what may be charged (2.1)."""
        schedule: Payload = {
            "id": 1,
            "startSchedule": written(self._station.clock(now)),
            "duration": int(TOLD_FOR.total_seconds()),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": round(watts, 1)}],
        }
        self.plan_limit(schedule, now, evse=evse, source=source, critical=critical, generation=generation)

    def plan_limit(
        self,
        schedule: Payload,
        now: float,
        *,
        evse: int,
        source: str,
        critical: bool = False,
        generation: bool = False,
    ) -> None:
        """The same with a schedule of their own: of values that hold until others are told, where it has no start."""
        self.profiles.others.put(Place(evse, source, generation), schedule, self._station.clock(now))
        told = words.limit(evse, source, schedule, critical=critical, generation=generation)
        self._station.say([told], now)
        self.apply(now)

    def withdraw(self, now: float, *, evse: int = 0, source: str = GRID) -> None:
        if self.profiles.others.drop(evse, source):
            self._station.say([words.cleared_limit(evse, source)], now)
            self.apply(now)

    def apply(self, now: float) -> None:
        """Limits hold from now on, not from the next look at them."""
        if self._speaks:
            self.profiles.read_again()
            wanted = self.profiles.pulls()
            self._pulls = {number: self._pulls.get(number, now + wanted[number]) for number in wanted}
            self._look_ahead(now)
        for outlet in self._station.outlets:
            outlet.advance(now)
            if outlet.running and not outlet.cut:
                outlet.tell_change(now)

    def _look_ahead(self, now: float) -> None:
        change = self.profiles.next_change(self._station.clock(now), self._station.sessions)
        # The clock has microseconds; a moment too early must not make this come again and again.
        self._change_due = inf if change is None else self._station.when(change) + 1e-3
        self._see_what_is_due()

    # -- vehicles -------------------------------------------------------------------------

    def begun(self, outlet: Sessions, now: float) -> None:
        """A session: what holds for it may change when nothing else does."""
        if self._speaks:
            self._look_ahead(now)
            self.tell_needs(outlet, now)

    def tell_needs(self, outlet: Sessions, now: float) -> None:
        """A vehicle that speaks ISO 15118 says what it wants: when its session begins, and when that has changed."""
        vehicle, charge, station = outlet.vehicle, outlet.charge, self._station
        if not self._speaks or vehicle is None or charge is None or not vehicle.talks:
            return
        departure = None
        if vehicle.stays is not None and charge.begun is not None:
            departure = written(charge.begun + timedelta(seconds=vehicle.stays))
        station.say([words.needs(station.version, charge, vehicle, outlet.rating, departure)], now)

    def want(self, outlet: Sessions, now: float, *, target: float | None = None, stays: float | None = None) -> None:
        """A vehicle wants to be at another state of charge, or leaves at another time, and says so (K17, K20)."""
        vehicle = outlet.vehicle
        assert vehicle is not None, "There is none."
        vehicle.target = vehicle.target if target is None else target
        vehicle.stays = vehicle.stays if stays is None else stays
        self.tell_needs(outlet, now)

    def unsaid(self, evse: int) -> None:
        """The needs of the vehicle there have not reached the server."""
        self._untold.add(evse)

    def choose_schedule(self, outlet: Sessions, profile: Payload, now: float) -> None:
        """A vehicle that speaks ISO 15118 chooses a schedule of its new profile: the first."""
        vehicle, station = outlet.vehicle, self._station
        if profile["chargingProfilePurpose"] != TX_PROFILE or vehicle is None or not vehicle.talks:
            return
        if profile["chargingProfileKind"] == DYNAMIC and not vehicle.led:  # the station follows, not the vehicle
            return
        schedule, at = profile["chargingSchedule"][0], station.moment(now).stamp
        begun = None if outlet.charge is None else outlet.charge.begun
        passed = self.profiles.passed(profile["id"], station.clock(now), begun)
        station.say([words.ev_schedule(station.version, outlet.number, schedule, vehicle, at, passed)], now)

    def prioritise(self, outlet: Sessions, active: bool, now: float) -> bool:
        """A driver switches priority charging; whether there is a session and a profile for it (K22)."""
        if outlet.charge is None or not outlet.running or not self.profiles.has_priority_profile(outlet.number):
            return False
        self.profiles.prioritise(outlet.charge.reference, active)
        self._station.say([words.priority(outlet.charge, active)], now)
        self.apply(now)
        return True

    # -- the server -----------------------------------------------------------------------

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """What the server answers to a question for values."""
        if message.action == "PullDynamicScheduleUpdate" and "scheduleUpdate" in payload:
            number = message.payload["chargingProfileId"]
            self.profiles.update(number, payload["scheduleUpdate"], self._station.clock(now))
            self.apply(now)

    def heard(self, now: float) -> None:
        """The server can be reached again: it hears what vehicles wanted meanwhile (K15)."""
        if self._speaks:
            self.profiles.unheard(None, self._station.clock(now))
            self.apply(now)
        waiting, self._untold = self._untold, set()
        for outlet in self._station.outlets:
            if outlet.number in waiting and outlet.running:
                self.tell_needs(outlet, now)

    def lost(self, now: float) -> None:
        if self._speaks:
            self.profiles.unheard(self._station.clock(now), self._station.clock(now))
            self.apply(now)
