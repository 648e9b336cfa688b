"""The drivers at one connector: they come, present a card, wait, stop, go; now and then something breaks. Pure.

A driver acts on an `Outlet` just as a test does, and is told what becomes of it (`authorised`,
`refused`, `ended` …). Times are seconds of the emulated station.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.settings import SAMPLE_SECONDS
from stations.emulator.point.vehicle import Vehicle
from stations.emulator.point.words import Reason, Status

if TYPE_CHECKING:
    from stations.emulator.point.outlet import Outlet

FAULTS = ("GroundFailure", "OverCurrentFailure", "HighTemperature", "PowerSwitchFailure", "ConnectorLockFailure")
"""ChargePointErrorCode of 1.6 (section 7.6)."""


PAYS = 0.25
"""How many drivers come without a contract."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How busy a connector is. Seconds and chances."""

    first_arrival: tuple[float, float] = (10.0, 180.0)
    idle_mean: float = 1200.0
    patience_mean: float = 7200.0
    """Mean time after which a driver stops the session; a full battery may end it before."""
    full_wait: tuple[float, float] = (60.0, 900.0)
    tick: float = SAMPLE_SECONDS
    reports: bool = True
    """Whether each tick of a session is reported."""
    fault_per_hour: float = 0.05
    grid_alarms_per_hour: float = 0.05
    """Events of the grid that the inverter of a 2.1 station tells of."""
    limit_per_hour: float = 0.02
    """How often the grid's operator limits a 2.x station as a whole."""


BUSY = Habits(
    first_arrival=(0.0, 5.0),
    idle_mean=5.0,
    tick=60.0,
    reports=False,
    fault_per_hour=0.0,
    grid_alarms_per_hour=0.0,
    limit_per_hour=0.0,
)
"""For a steady load, where the station says when a reading is due: always a vehicle there."""


class Driver:
    """`step(now)` at `due`."""

    def __init__(self, outlet: Outlet, habits: Habits, chance: random.Random, tokens: Sequence[str]) -> None:
        self.due = chance.uniform(*habits.first_arrival)
        self._next: Callable[[float], None] = self._arrive
        self._outlet = outlet
        self._habits = habits
        self._chance = chance
        self._tokens = tokens
        self.pay: Callable[[float], None] | None = None
        """Holds a bank card to the terminal, where there is one (2.1)."""

    def bring(self, token: str) -> None:
        """From now on somebody with this token comes."""
        self._tokens = (token,)

    def step(self, now: float) -> None:
        self.due = inf
        self._next(now)

    def _after(self, now: float, seconds: float, then: Callable[[float], None]) -> None:
        self.due = now + seconds
        self._next = then

    # -- what a driver does ---------------------------------------------------------------

    def _come_later(self, now: float) -> None:
        self._after(now, self._chance.expovariate(1.0 / self._habits.idle_mean), self._arrive)

    def _arrive(self, now: float) -> None:
        if self._outlet.held is not None:
            self._outlet.present(self._outlet.held.token, now)  # somebody comes for the cable
        if self._outlet.status not in (Status.AVAILABLE, Status.RESERVED, Status.PREPARING):
            self._come_later(now)
            return
        self._after(now, self._chance.uniform(3.0, 20.0), self._present)
        self._outlet.plug_in(now, Vehicle.drawn(self._chance))

    def _present(self, now: float) -> None:
        """Whoever comes to a reserved connector is the one that it is reserved for."""
        if self.pay is not None and not self._outlet.reserved_for and self._chance.random() < PAYS:
            self.pay(now)
            return
        self._outlet.present(self._outlet.reserved_for or self._chance.choice(self._tokens), now)

    def _stop(self, now: float) -> None:
        if self._chance.random() < 1.0 / 3.0:
            self._outlet.unplug(now)
        elif self._outlet.charge is not None:
            self._outlet.present(self._outlet.charge.token, now)

    def _break(self, now: float) -> None:
        self._outlet.fault(now, self._chance.choice(FAULTS))

    def _leave(self, now: float) -> None:
        self._outlet.unplug(now)
        if self._outlet.error:
            self._outlet.clear_fault(now)
        self._come_later(now)

    # -- what a driver sees ---------------------------------------------------------------

    def awaited(self, now: float) -> None:
        """A token was let in and no cable is there: somebody comes with one."""
        self._after(now, self._chance.uniform(3.0, 20.0), self._plug_in)

    def _plug_in(self, now: float) -> None:
        if self._outlet.vehicle is None:
            self._outlet.plug_in(now, Vehicle.drawn(self._chance))

    def refused(self, now: float) -> None:
        self._after(now, self._chance.uniform(5.0, 30.0), self._leave)

    def authorised(self, now: float) -> None:
        leaves = 60.0 + self._chance.expovariate(1.0 / self._habits.patience_mean)
        breaks = inf
        if self._habits.fault_per_hour > 0.0:
            breaks = self._chance.expovariate(self._habits.fault_per_hour / 3600.0)
        if breaks < leaves:
            self._after(now, breaks, self._break)
        else:
            self._after(now, leaves, self._stop)

    def full(self, now: float) -> None:
        """The vehicle takes no more: its driver comes a while later, or as planned if that is sooner."""
        wait = now + self._chance.uniform(*self._habits.full_wait)
        if wait < self.due:
            self.due, self._next = wait, self._stop

    def ended(self, now: float, reason: Reason) -> None:
        if reason is Reason.UNPLUGGED:
            self._come_later(now)
        elif self._outlet.error:
            self._after(now, self._chance.uniform(60.0, 600.0), self._leave)
        else:
            self._after(now, self._chance.uniform(20.0, 300.0), self._leave)


class Summoned(Driver):
    """Comes only for what the server has started, with a cable, and leaves when the session has ended."""

    def __init__(self, outlet: Outlet, chance: random.Random) -> None:
        super().__init__(outlet, Habits(), chance, ())
        self.due = inf

    def _come_later(self, now: float) -> None:
        """Only when somebody is awaited."""

    def authorised(self, now: float) -> None:
        """Charges for as long as the server lets it."""
        self.due = inf

    def full(self, now: float) -> None:
        """Stays: the server ends the session."""
