"""What holds for the cost of any transaction by any tariff."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import TestCase
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from stations.ocpp.tariffs.calculator import Agreed, Cost, calculate
from stations.ocpp.tariffs.limits import CostType
from stations.ocpp.tariffs.sense import problems_of
from stations.ocpp.tariffs.tariff import WEEKDAYS, Tariff, read_tariff
from stations.ocpp.tariffs.usage import Sample, Segment, Usage, segments_of
from tests.stations.tariffs import BEGIN, energy, minutes, tariff

ZONES = (ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"))
HOURS = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
AMOUNTS = st.integers(0, 500).map(lambda cents: cents / 100)


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        first, last = draw(st.tuples(HOURS, HOURS).filter(lambda pair: pair[0] != pair[1]))
        found |= {"startTimeOfDay": first, "endTimeOfDay": last}
    if draw(st.booleans()):
        found["dayOfWeek"] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=6, unique=True))
    for name, top in (
        ("Energy", 50_000),
        ("Power", 20_000),
        ("Time", 20_000),
        ("ChargingTime", 9_000),
        ("IdleTime", 9_000),
    ):
        if draw(st.integers(0, 3)) == 0:
            low = draw(st.integers(0, top))
            found |= {f"min{name}": low, f"max{name}": low + draw(st.integers(1, top))}
    return found


@st.composite
def tariffs(draw: Any) -> dict[str, Any]:
    """One that makes sense, with prices that are not negative."""
    found: dict[str, Any] = {}
    for kind, amount in (("energy", "priceKwh"), ("chargingTime", "priceMinute"), ("idleTime", "priceMinute")):
        prices = [{amount: draw(AMOUNTS), "conditions": draw(conditions())} for _ in range(draw(st.integers(0, 3)))]
        prices = [each for each in prices if each["conditions"]] + [{amount: draw(AMOUNTS)}]
        rates = [{"type": "t", "tax": draw(st.integers(0, 30)), "stack": stack} for stack in (0, 1)]
        found[kind] = {"prices": prices, "taxRates": rates}
    return tariff(**found)


@st.composite
def segments(draw: Any) -> tuple[Segment, ...]:
    found, at = [], BEGIN + timedelta(minutes=draw(st.integers(0, 200_000)))
    for _ in range(draw(st.integers(1, 6))):
        end = at + timedelta(seconds=2 * draw(st.integers(1, 40_000)))
        wh = Decimal(2 * draw(st.integers(0, 30_000)))
        power = wh * 3600 / Decimal((end - at).total_seconds())
        found.append(Segment(at, end, wh, power, power / 230, charging=wh > 0))
        at = end
    return tuple(found)


def usage_of(parts: Sequence[Segment], zone: ZoneInfo) -> Usage:
    return Usage(parts[0].begin, tuple(parts), zone)


def count(body: Tariff, usage: Usage) -> Cost:
    return calculate([Agreed(usage.begin, body)], usage)


class Laws(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(tariffs(), segments(), st.sampled_from(ZONES))
    def test_the_parts_are_the_whole(self, body: dict[str, Any], parts: tuple[Segment, ...], zone: ZoneInfo) -> None:
        self.assertEqual(problems_of(body), [])
        usage = usage_of(parts, zone)
        cost = count(read_tariff(body), usage)
        self.assertEqual(cost.total.excl, sum(each.excl for each in cost.kinds.values()))
        self.assertEqual(cost.total.incl, sum(each.incl for each in cost.kinds.values()))
        self.assertGreaterEqual(cost.total.incl, cost.total.excl)
        self.assertEqual(cost.energy_wh, sum(each.energy_wh for each in parts))
        self.assertEqual(cost.charging + cost.idle, usage.end - usage.begin)
        self.assertEqual(sum(each.energy_wh for each in cost.periods), cost.energy_wh)
        spans = sum(each.charging + each.idle for each in cost.periods)
        self.assertEqual(timedelta(microseconds=spans), usage.end - usage.begin)

    @settings(max_examples=150, deadline=None)
    @given(tariffs(), segments(), st.sampled_from(ZONES))
    def test_more_costs_no_less(self, body: dict[str, Any], parts: tuple[Segment, ...], zone: ZoneInfo) -> None:
        costs = [count(read_tariff(body), usage_of(parts[:number], zone)) for number in range(1, len(parts) + 1)]
        totals = [cost.total.incl for cost in costs]
        self.assertEqual(totals, sorted(totals))

    @settings(max_examples=150, deadline=None)
    @given(tariffs(), segments(), st.sampled_from(ZONES))
    def test_a_segment_in_two_halves_costs_the_same(
        self, body: dict[str, Any], parts: tuple[Segment, ...], zone: ZoneInfo
    ) -> None:
        halves: list[Segment] = []
        for each in parts:
            middle = each.begin + (each.end - each.begin) / 2
            half = each._replace(energy_wh=each.energy_wh / 2)
            halves += [half._replace(end=middle), half._replace(begin=middle)]
        whole, halved = (count(read_tariff(body), usage_of(each, zone)) for each in (parts, halves))
        # Where a limit in Wh is reached is known to the microsecond, which may be worth a cent at the edge of rounding.
        for kind, money in whole.kinds.items():
            self.assertLessEqual(abs(money.incl - halved.kinds[kind].incl), Decimal("0.01"))
        self.assertEqual(whole.energy_wh, halved.energy_wh)

    @settings(max_examples=100, deadline=None)
    @given(tariffs(), segments(), st.integers(0, 50), st.integers(0, 50))
    def test_limits_hold(self, body: dict[str, Any], parts: tuple[Segment, ...], least: int, more: int) -> None:
        limits = {"minCost": {"inclTax": least}, "maxCost": {"inclTax": least + more}}
        cost = count(read_tariff(body | limits), usage_of(parts, ZONES[0]))
        self.assertTrue(least <= cost.total.incl <= least + more)
        free = count(read_tariff(body), usage_of(parts, ZONES[0])).total.incl
        expected = CostType.MIN if free < least else CostType.MAX if free > least + more else CostType.NORMAL
        self.assertIs(cost.type, expected)


class Lengths(TestCase):
    def test_four_weeks_of_readings_take_a_moment(self) -> None:
        """Twice as many readings take about twice as long, whatever the prices of the hours."""
        hours = [
            (0.3 + hour / 100, {"startTimeOfDay": f"{hour:02}:00", "endTimeOfDay": f"{hour + 1:02}:00"})
            for hour in range(23)
        ]
        body = read_tariff(tariff(**energy(*hours, 0.5), **minutes("idleTime", (0.1, {"minIdleTime": 900}))))

        def seconds(number: int) -> float:
            samples = [Sample(BEGIN + timedelta(minutes=5 * index), 500.0 * index, 6000.0) for index in range(number)]
            usage = usage_of(segments_of(samples, BEGIN, samples[-1].moment), ZONES[1])
            begun = time.perf_counter()
            count(body, usage)
            return time.perf_counter() - begun

        shorter, longer = (min(seconds(number) for _ in range(3)) for number in (2016, 8064))
        self.assertLess(longer, 12 * shorter)
        self.assertLess(longer, 5.0)
