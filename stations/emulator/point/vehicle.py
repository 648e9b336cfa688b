"""A vehicle's battery, and how fast it takes energy. Pure; seconds, W, Wh, states of charge 0 to 1."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import inf

STEP_SECONDS = 60.0
"""Longest time over which the power is taken as constant."""

TAPER_FROM = 0.8
TAPER_LEFT = 0.12
"""Part of the full power that a nearly full battery still takes."""

CAPACITIES_WH = (38_000.0, 52_000.0, 58_000.0, 64_000.0, 77_000.0, 82_000.0)

TALKS_FROM_WH = 77_000.0
"""Vehicles with so large a battery speak ISO 15118: they tell what they need, and by when."""

FEEDS_FROM_WH = 82_000.0
"""And those with so large a one feed the grid, when they are asked to."""

LEAST_SOC = 0.3
"""No vehicle is discharged below it."""

LEAST_CURRENT = 6.0
"""Amperes below which no vehicle charges (IEC 61851)."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a connector can give: W in all its phases together."""

    power_w: float
    phases: int


RATINGS = (Rating(3_700.0, 1), Rating(7_400.0, 1), Rating(11_000.0, 3), Rating(22_000.0, 3))

ONBOARD = (Rating(7_400.0, 1), Rating(11_000.0, 3), Rating(11_000.0, 3), Rating(22_000.0, 3))
"""Chargers on board of vehicles; the three-phase 11 kW one is the most frequent."""


@dataclass(slots=True)
class Vehicle:
    """`target`: the state of charge at which it takes no more. `talks`: it speaks ISO 15118.

    `feed_w`: how much it can feed back. `stays`: seconds from its arrival to its departure, where it tells them.
    `evccid`: the name of its communication controller, which those tell that can feed back (ISO 15118-20).
    `part_20`: it speaks ISO 15118-20; `led`: it then follows single values instead of a schedule (dynamic control).
    """

    capacity_wh: float
    soc: float
    target: float
    rating: Rating
    talks: bool = False
    feed_w: float = 0.0
    stays: float | None = None
    evccid: str = ""
    part_20: bool = False
    led: bool = False

    @classmethod
    def drawn(cls, chance: random.Random) -> Vehicle:
        drawn = cls(
            capacity_wh=chance.choice(CAPACITIES_WH),
            soc=chance.betavariate(2.0, 2.2) * 0.85,
            target=chance.choice((0.8, 0.8, 0.9, 1.0)) if chance.random() < 0.7 else 1.0,
            rating=chance.choice(ONBOARD),
        )
        drawn.talks = drawn.capacity_wh >= TALKS_FROM_WH
        drawn.feed_w = drawn.rating.power_w if drawn.capacity_wh >= FEEDS_FROM_WH else 0.0
        drawn.evccid = f"WMIV1{int(drawn.soc * 1e12):012X}" if drawn.feed_w else ""
        drawn.stays = 3600.0 * (2.0 + 6.0 * (1.0 - drawn.soc)) if drawn.talks else None
        return drawn

    @classmethod
    def usual(cls) -> Vehicle:
        """A car that charges with 11 kW for hours."""
        return cls(capacity_wh=77_000.0, soc=0.2, target=1.0, rating=Rating(11_000.0, 3))

    @classmethod
    def talking(
        cls, *, stays: float | None = 8 * 3600.0, feed_w: float = 0.0, part_20: bool = False, led: bool = False
    ) -> Vehicle:
        """The same, and it speaks ISO 15118."""
        return cls(
            capacity_wh=77_000.0,
            soc=0.5,
            target=0.8,
            rating=Rating(11_000.0, 3),
            talks=True,
            feed_w=feed_w,
            stays=stays,
            evccid="WMIV1234567890ABCDEX" if feed_w else "",
            part_20=part_20 or led,
            led=led,
        )

    @property
    def full(self) -> bool:
        return self.soc >= self.target

    @property
    def wanted_wh(self) -> float:
        """What is missing until it takes no more."""
        return max(0.0, self.target - self.soc) * self.capacity_wh

    def feeds(self, connector: Rating, wanted: float) -> float:
        """W that it gives back where so much is wanted."""
        if self.soc <= LEAST_SOC:
            return 0.0
        return min(wanted, self.feed_w, connector.power_w * self.phases(connector) / connector.phases)

    def discharge(self, connector: Rating, seconds: float, wanted: float) -> float:
        """Let it give back for some time; the Wh that came out."""
        energy = self.feeds(connector, wanted) * seconds / 3600.0
        energy = min(energy, max(0.0, self.soc - LEAST_SOC) * self.capacity_wh)
        self.soc -= energy / self.capacity_wh
        return energy

    def phases(self, connector: Rating) -> int:
        return min(connector.phases, self.rating.phases)

    def power(self, connector: Rating, offered: float = inf) -> float:
        """W that it takes now: the smaller of both limits over the phases that both have, less when nearly full,
        and never more than what is `offered`."""
        if self.full:
            return 0.0
        phases = self.phases(connector)
        limit = min(connector.power_w * phases / connector.phases, self.rating.power_w * phases / self.rating.phases)
        if self.soc > TAPER_FROM:
            limit *= 1.0 - (1.0 - TAPER_LEFT) * (self.soc - TAPER_FROM) / (1.0 - TAPER_FROM)
        return min(limit, offered)

    def charge(self, connector: Rating, seconds: float, offered: float = inf) -> float:
        """Let it charge for some time; the Wh that went in."""
        total = 0.0
        while seconds > 0.0 and offered > 0.0 and not self.full:
            step = min(seconds, STEP_SECONDS)
            energy = self.power(connector, offered) * step / 3600.0
            energy = min(energy, (self.target - self.soc) * self.capacity_wh + 1e-6)
            self.soc += energy / self.capacity_wh
            total += energy
            seconds -= step
        return total
