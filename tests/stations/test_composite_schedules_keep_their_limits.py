"""What holds for every set of charging profiles."""

from __future__ import annotations

import unittest
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp.charging import Period, Profile, Session, Unit, composite, limit_at
from stations.ocpp.schemas import response_problems
from stations.ocpp.times import written
from tests.stations.support import NOON

SPAN = 4 * 3600
TX = 7

offsets = st.integers(-2 * SPAN, 2 * SPAN)
moments = offsets.map(lambda seconds: NOON + timedelta(seconds=seconds))
rates = st.integers(0, 400).map(lambda tenths: tenths / 10)


@st.composite
def profiles(draw: st.DrawFn) -> list[Profile]:
    """Up to six, each with its own number, as a station can have them."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        purpose = draw(st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]))
        kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
        starts = [0, *sorted(draw(st.sets(st.integers(1, SPAN), max_size=4)))]
        schedule: dict[str, Any] = {
            "chargingRateUnit": draw(st.sampled_from(["A", "W"])),
            "chargingSchedulePeriod": [
                {"startPeriod": start, "limit": draw(rates)}
                | draw(st.sampled_from([{}, {"numberPhases": 1}, {"numberPhases": 3}]))
                for start in starts
            ],
        }
        if draw(st.booleans()):
            schedule["startSchedule"] = written(draw(moments))
        if draw(st.booleans()):
            schedule["duration"] = draw(st.integers(1, 2 * SPAN))
        payload: dict[str, Any] = {
            "chargingProfileId": number,
            "stackLevel": draw(st.integers(0, 2)),
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": kind,
            "chargingSchedule": schedule,
        }
        if kind == "Recurring":
            payload["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
        if draw(st.booleans()):
            payload["validFrom"] = written(draw(moments))
        if draw(st.booleans()):
            payload["validTo"] = written(draw(moments))
        if purpose == "TxProfile":
            payload["transactionId"] = draw(st.sampled_from([TX, TX + 1]))
        connector = {"ChargePointMaxProfile": 0, "TxProfile": 1}.get(purpose, draw(st.integers(0, 2)))
        begun = NOON + timedelta(seconds=draw(st.integers(-SPAN, 0)))
        found.append(Profile.read(payload, connector=connector, received_at=NOON, transaction_start=begun))
    return found


units = st.sampled_from(["A", "W"])
connectors = st.integers(0, 2)
SESSIONS = {1: Session(TX, NOON - timedelta(minutes=20)), 2: Session(TX + 2, NOON - timedelta(minutes=5))}


def made(found: list[Profile], unit: Unit, connector: int, **more: Any) -> tuple[Period, ...]:
    return composite(
        found, start=NOON, duration=SPAN, unit=unit, connector=connector, transaction=TX, sessions=SESSIONS, **more
    )


def limit_of(periods: tuple[Period, ...], second: int) -> float | None:
    return next(period.limit for period in reversed(periods) if period.start_seconds <= second)


class EverySet(unittest.TestCase):
    @given(profiles(), connectors, st.lists(st.integers(0, SPAN - 1), min_size=5, max_size=30))
    def test_the_schedule_says_at_each_second_what_holds_then(
        self, found: list[Profile], connector: int, sampled: list[int]
    ) -> None:
        periods = made(found, "W", connector)
        edges = [period.start_seconds for period in periods]
        for second in {*sampled, *edges, *(edge - 1 for edge in edges if edge)}:
            at = NOON + timedelta(seconds=second)
            allowed = limit_at(found, at, connector=connector, transaction=TX, sessions=SESSIONS)
            shown = limit_of(periods, second)
            if allowed is None or shown is None:
                self.assertEqual((allowed, shown), (None, None))
            else:
                self.assertLessEqual(shown, allowed)
                self.assertLess(allowed - shown, 0.1001)

    @given(profiles(), units, connectors, rates)
    def test_the_ceiling_is_never_exceeded(
        self, found: list[Profile], unit: Unit, connector: int, ceiling: float
    ) -> None:
        for period in made(found, unit, connector, ceiling=ceiling):
            assert period.limit is not None
            self.assertLessEqual(period.limit, ceiling)

    @given(profiles())
    def test_a_connector_never_has_more_than_the_station(self, found: list[Profile]) -> None:
        """In watts: amperes of one phase and of three, each rounded down, do not compare."""
        station = made([each for each in found if each.purpose == "ChargePointMaxProfile"], "W", 0)
        connector = made(found, "W", 1)
        for period in (*station, *connector):
            most = limit_of(station, period.start_seconds)
            if most is not None:
                self.assertLessEqual(limit_of(connector, period.start_seconds) or 0.0, most)

    @given(profiles(), units, connectors, st.randoms(use_true_random=False))
    def test_the_order_of_the_profiles_does_not_matter(
        self, found: list[Profile], unit: Unit, connector: int, random: Any
    ) -> None:
        shuffled = list(found)
        random.shuffle(shuffled)
        self.assertEqual(made(shuffled, unit, connector), made(found, unit, connector))

    @given(profiles(), units, connectors)
    def test_it_is_what_a_station_may_answer(self, found: list[Profile], unit: Unit, connector: int) -> None:
        periods = made(found, unit, connector, ceiling=32.0)
        starts = [period.start_seconds for period in periods]
        self.assertEqual(starts[0], 0)
        self.assertEqual(starts, sorted(set(starts)))
        self.assertLess(starts[-1], SPAN)
        for one, other in pairwise(periods):
            self.assertNotEqual(one[1:], other[1:])
        schedule = {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [
                {"startPeriod": period.start_seconds, "limit": period.limit} for period in periods
            ],
        }
        answer = {"status": "Accepted", "connectorId": connector, "chargingSchedule": schedule}
        self.assertEqual(response_problems("1.6", "GetCompositeSchedule", answer), [])
        for period in periods:
            self.assertEqual(Decimal(str(period.limit)).as_tuple().exponent, -1)
