"""The life of one connector: vehicles come, are authorised, charge, go; now and then something breaks.

Pure: `step(now)` does what is due and sets the next `due`; times are seconds of the emulated
station. What happens is said in the words of a version (`words.py`).

    Available ─► Preparing ─► Charging ⇄ … ─► SuspendedEV ─► Finishing ─► Available
                     │            └──────────► Faulted ─► Available
                     └─ token refused ─► Available
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from stations.emulator.inventory import SAMPLE_SECONDS
from stations.emulator.message import Charge, Message, Moment, Reading
from stations.emulator.vehicle import RATINGS, Rating, Vehicle
from stations.emulator.words import Reason, Status, Words

VOLTAGE = 230.0
FAULTS = ("GroundFailure", "OverCurrentFailure", "HighTemperature", "PowerSwitchFailure", "ConnectorLockFailure")
"""ChargePointErrorCode of 1.6 (section 7.6)."""


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


BUSY = Habits(first_arrival=(0.0, 5.0), idle_mean=5.0, tick=60.0, reports=False, fault_per_hour=0.0)
"""For a steady load, where the station says when a reading is due: always a vehicle there."""


class Outlet:
    """A connector (1.6), or an EVSE with its one connector (2.x)."""

    def __init__(
        self,
        number: int,
        *,
        words: Words,
        habits: Habits,
        chance: random.Random,
        ids: random.Random,
        tokens: Sequence[str],
        moment: Callable[[float], Moment],
    ) -> None:
        self.number = number
        self.rating: Rating = chance.choice(RATINGS)
        self.status = Status.AVAILABLE
        self.error = ""
        self.charge: Charge | None = None
        self.told = ""
        """The status that the server knows, in the version's word."""
        self.due = chance.uniform(*habits.first_arrival)
        self._next: Callable[[float], list[Message]] = self._arrive
        self._words = words
        self._habits = habits
        self._chance = chance
        self._ids = ids
        self._tokens = tokens
        self._moment = moment
        self._register_wh = chance.uniform(10_000.0, 9_000_000.0)
        self._charged_until = 0.0
        self._leaves = inf

    # -- what the station asks ------------------------------------------------------------

    def step(self, now: float) -> list[Message]:
        """What happens at `now`, which is not before `due`."""
        self.due = inf
        return self._next(now)

    def tell(self, now: float) -> list[Message]:
        """The present status, as a message."""
        self.told = self._words.status_word(self.status)
        return [self._words.status(self.number, self.status, self.error, self._moment(now))]

    def tell_change(self, now: float) -> list[Message]:
        """The present status, where the server does not know it."""
        return [] if self.told == self._words.status_word(self.status) else self.tell(now)

    def reading(self, now: float) -> Reading:
        charge = self.charge
        power = charge.vehicle.power(self.rating) if charge is not None and self.status is Status.CHARGING else 0.0
        voltage = VOLTAGE + self._chance.gauss(0.0, 1.5)
        phases = charge.vehicle.phases(self.rating) if charge is not None else self.rating.phases
        power *= 1.0 + self._chance.uniform(-0.01, 0.0)
        return Reading(
            moment=self._moment(now),
            energy_wh=int(self._register_wh),
            power_w=power,
            current_a=power / (voltage * phases),
            voltage_v=voltage,
            soc=100.0 * charge.vehicle.soc if charge is not None else None,
        )

    def judge(self, charge: Charge, accepted: bool, now: float) -> list[Message]:
        """The verdict on the token, before the session or in it."""
        if charge is not self.charge:
            return []
        if self._next == self._authorised:
            if accepted:
                return self._authorised(now)
            self._after(now, self._chance.uniform(5.0, 30.0), self._leave)
            return []
        running = self.status in (Status.CHARGING, Status.SUSPENDED_EV)
        return [] if accepted or not running else self._stop(now, Reason.DEAUTHORISED)

    def shut_down(self, now: float) -> list[Message]:
        """The station is switched off in an orderly way: a running session ends."""
        self.due = inf
        self.advance(now)
        reading, charge, self.charge = self.reading(now), self.charge, None
        return self._words.ended(charge, reading, Reason.REBOOT) if charge is not None and charge.open else []

    # -- what happens ---------------------------------------------------------------------

    def _after(self, now: float, seconds: float, then: Callable[[float], list[Message]]) -> None:
        self.due = now + seconds
        self._next = then

    def _change(self, status: Status, now: float, error: str = "") -> list[Message]:
        self.status, self.error = status, error
        return self.tell_change(now)

    def _arrive(self, now: float) -> list[Message]:
        reference = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
        self.charge = Charge(self.number, reference, self._chance.choice(self._tokens), Vehicle.drawn(self._chance))
        self._charged_until = now
        self._after(now, self._chance.uniform(3.0, 20.0), self._present_card)
        return self._change(Status.PREPARING, now) + self._words.plugged_in(self.charge, self.reading(now))

    def _present_card(self, now: float) -> list[Message]:
        """Offline, every token is let in (1.6: AllowOfflineTxForUnknownId; 2.x: C15)."""
        assert self.charge is not None
        if self._moment(now).offline:
            return self._authorised(now)
        self._next = self._authorised  # `judge` goes on when the answer is there
        return [self._words.authorize(self.charge)]

    def _authorised(self, now: float) -> list[Message]:
        assert self.charge is not None
        self._leaves = now + 60.0 + self._chance.expovariate(1.0 / self._habits.patience_mean)
        self._charged_until = now
        accepted = self._words.authorised(self.charge, self.reading(now))
        self.status = Status.CHARGING  # the first reading shows power
        self._after(now, self._habits.tick, self._tick)
        return accepted + self._words.began(self.charge, self.reading(now)) + self._change(Status.CHARGING, now)

    def _tick(self, now: float) -> list[Message]:
        assert self.charge is not None
        self.advance(now)
        if self._chance.random() < self._habits.fault_per_hour * self._habits.tick / 3600.0:
            return self._break(now)
        if now >= self._leaves:
            return self._stop(now, self._chance.choice((Reason.LOCAL, Reason.LOCAL, Reason.UNPLUGGED)))
        self._after(now, self._habits.tick, self._tick)
        if self.charge.vehicle.full and self.status is Status.CHARGING:
            self._leaves = min(self._leaves, now + self._chance.uniform(*self._habits.full_wait))
            changed = self._change(Status.SUSPENDED_EV, now)
            return self._words.suspended(self.charge, self.reading(now)) + changed
        return self._words.sampled(self.charge, self.reading(now)) if self._habits.reports else []

    def advance(self, now: float) -> None:
        """Energy flows until `now`."""
        if self.charge is None or self.status is not Status.CHARGING:
            return
        seconds = max(0.0, now - self._charged_until)
        self._charged_until = now
        self._register_wh += self.charge.vehicle.charge(self.rating, seconds)
        self.charge.charging_seconds += seconds

    def _stop(self, now: float, reason: Reason) -> list[Message]:
        assert self.charge is not None
        self.advance(now)
        self.status = Status.FINISHING  # no power any more
        said = self._words.ended(self.charge, self.reading(now), reason)
        if reason is Reason.UNPLUGGED:
            return said + self._leave(now)
        self._after(now, self._chance.uniform(20.0, 300.0), self._leave)
        return said + self._change(Status.FINISHING, now)

    def _leave(self, now: float) -> list[Message]:
        """The cable is pulled; a session that was never authorised ends with that (2.x)."""
        said: list[Message] = []
        if self.charge is not None and self.charge.open:
            said = self._words.ended(self.charge, self.reading(now), Reason.UNPLUGGED)
        self.charge = None
        self._after(now, self._chance.expovariate(1.0 / self._habits.idle_mean), self._arrive)
        return said + self._change(Status.AVAILABLE, now)

    def _break(self, now: float) -> list[Message]:
        assert self.charge is not None
        self.status = Status.FAULTED
        said = self._words.ended(self.charge, self.reading(now), Reason.FAULT)
        self._after(now, self._chance.uniform(60.0, 600.0), self._leave)
        return said + self._change(Status.FAULTED, now, self._chance.choice(FAULTS))
