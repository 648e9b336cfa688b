"""Periods that begin by chance a little later, so that not all stations change their load at once (2.1 K14). Pure.

Each transaction has its own delays; a composite schedule does not know them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from stations.ocpp.charging import Profile, Step


class _Place(NamedTuple):
    reference: str
    profile: int
    received_at: datetime


class Delays:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._drawn: dict[_Place, tuple[float, ...]] = {}

    def delayed(self, profile: Profile, longest: int, reference: str) -> Profile:
        """The profile as it holds for a transaction; `longest`: its randomizedDelay."""
        place = _Place(reference, profile.id, profile.received_at)
        drawn = self._drawn.get(place)
        if drawn is None:
            drawn = self._drawn[place] = tuple(self._chance.uniform(0.0, longest) for _ in profile.periods)
        starts = [step.start + round(delay) for step, delay in zip(profile.periods, drawn, strict=True)]
        # A period that is shorter than the delay of the one before ends at once.
        later = accumulate(starts, max)
        steps: tuple[Step, ...] = tuple(
            step._replace(start=start) for step, start in zip(profile.periods, later, strict=True)
        )
        return replace(profile, periods=steps)

    def forget(self, reference: str) -> None:
        """The transaction is over."""
        for place in [place for place in self._drawn if place.reference == reference]:
            del self._drawn[place]
