"""A plan meets what a vehicle needs by its departure, evenly, within the limits (2.x K15, Q01)."""

from __future__ import annotations

import unittest
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp.planning import Demand, Span, demand_of, plan

HOUR = 3600


def wh(spans: tuple[Span, ...], seconds: int) -> float:
    ends = [*(span.start for span in spans[1:]), seconds]
    return sum(span.watts * (end - span.start) for span, end in zip(spans, ends, strict=True)) / 3600.0


class Demands(unittest.TestCase):
    def of(self, mode: str, **more: Any) -> Demand:
        return demand_of({"requestedEnergyTransfer": mode} | more)

    def test_alternating_current(self) -> None:
        ac = {"energyAmount": 9000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
        self.assertEqual(self.of("AC_three_phase", acChargingParameters=ac), Demand(9000.0, 4140.0, 11040.0, 3))
        self.assertEqual(self.of("AC_single_phase", acChargingParameters=ac), Demand(9000.0, 1380.0, 3680.0, 1))

    def test_direct_current(self) -> None:
        dc = {"evMaxCurrent": 200, "evMaxVoltage": 400}
        self.assertEqual(self.of("DC", dcChargingParameters=dc), Demand(None, 0.0, 80000.0))
        told = dc | {"evMaxPower": 50000, "energyAmount": 7000}
        self.assertEqual(self.of("DC", dcChargingParameters=told), Demand(7000.0, 0.0, 50000.0))
        charged = dc | {"evEnergyCapacity": 60000, "stateOfCharge": 50, "fullSoC": 80}
        self.assertAlmostEqual(self.of("DC", dcChargingParameters=charged).energy_wh or 0, 18000.0)

    def test_in_both_directions(self) -> None:
        v2x = {"minChargePower": 1000.0, "maxChargePower": 3000.0, "maxChargePower_L2": 3000.0}
        found = self.of("AC_BPT", v2xChargingParameters=v2x | {"evTargetEnergyRequest": 5000.0})
        self.assertEqual(found, Demand(5000.0, 1000.0, 6000.0))
        self.assertEqual(self.of("AC_BPT", v2xChargingParameters={"evTargetEnergyRequest": -5.0}).energy_wh, 0.0)

    def test_nothing_is_told(self) -> None:
        self.assertEqual(self.of("WPT"), Demand(None, 0.0, inf))


class Plans(unittest.TestCase):
    def test_evenly_until_the_departure(self) -> None:
        self.assertEqual(plan(Demand(8000.0, most_w=11000.0), [Span(0, inf)], 4 * HOUR), (Span(0, 2000.0),))

    def test_less_where_a_limit_is_lower_and_more_elsewhere(self) -> None:
        # 8 kWh in 4 h: 1 kW in the first two, so 3 kW in the others.
        limits = [Span(0, 1000.0), Span(2 * HOUR, inf)]
        self.assertEqual(
            plan(Demand(8000.0, most_w=11000.0), limits, 4 * HOUR), (Span(0, 1000.0), Span(2 * HOUR, 3000.0))
        )

    def test_as_much_as_there_is_where_that_is_not_enough(self) -> None:
        limits = [Span(0, 1000.0), Span(HOUR, 2000.0)]
        self.assertEqual(plan(Demand(99000.0, most_w=1500.0), limits, 2 * HOUR), (Span(0, 1000.0), Span(HOUR, 1500.0)))

    def test_not_below_what_the_vehicle_can(self) -> None:
        self.assertEqual(plan(Demand(1000.0, 4140.0, 11040.0, 3), [Span(0, inf)], 8 * HOUR), (Span(0, 4140.0),))

    def test_without_an_amount_as_the_limits_let(self) -> None:
        limits = [Span(0, 5000.0), Span(HOUR, inf)]
        self.assertEqual(plan(Demand(None, most_w=7000.0), limits, 2 * HOUR), (Span(0, 5000.0), Span(HOUR, 7000.0)))

    def test_none_where_nothing_flows_or_nobody_knows(self) -> None:
        self.assertEqual(plan(Demand(1000.0, most_w=7000.0), [Span(0, 0.0)], HOUR), ())
        self.assertEqual(plan(Demand(0.0, most_w=7000.0), [Span(0, inf)], HOUR), ())
        self.assertEqual(plan(Demand(None), [Span(0, inf)], HOUR), ())

    def test_limits_after_the_departure_do_not_matter(self) -> None:
        self.assertEqual(plan(Demand(1000.0, most_w=9000.0), [Span(0, inf), Span(HOUR, 1.0)], HOUR), (Span(0, 1000.0),))

    def test_no_more_periods_than_the_vehicle_takes(self) -> None:
        limits = [Span(0, 1000.0), Span(600, 1100.0), Span(1200, 5000.0), Span(2400, 400.0)]
        found = plan(Demand(None, most_w=9000.0), limits, HOUR, at_most=2)
        # The least is lost by the first two being one, and then by those before the last.
        self.assertEqual(len(found), 2)
        self.assertEqual(found[0].start, 0)
        for index, span in enumerate(limits):
            mine = [each.watts for each in found if each.start <= span.start][-1]
            self.assertLessEqual(mine, span.watts, index)

    @given(
        st.lists(st.tuples(st.integers(1, 7200), st.floats(0, 22000)), min_size=1, max_size=8),
        st.floats(0, 50000),
        st.floats(1400, 22000),
        st.integers(1, 10),
    )
    def test_limits_hold_and_what_can_be_met_is(
        self, lengths: list[tuple[int, float]], energy: float, most: float, at_most: int
    ) -> None:
        start, limits = 0, []
        for length, watts in lengths:
            limits.append(Span(start, watts))
            start += length
        found = plan(Demand(energy, most_w=most), limits, start, at_most=at_most)
        self.assertLessEqual(len(found), at_most)
        for limit in limits:
            mine = [each.watts for each in found if each.start <= limit.start]
            if mine:
                self.assertLessEqual(mine[-1], min(limit.watts, most) + 1.0)  # whole watts
        can = wh(tuple(Span(each.start, min(each.watts, most)) for each in limits), start)
        if found and at_most >= len(limits):
            self.assertGreaterEqual(wh(found, start), min(can, energy) - 0.01)
