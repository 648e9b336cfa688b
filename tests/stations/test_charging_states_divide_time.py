"""What the charging state of 2.x says of a session divides its time into charging and idling (TotalUsageType)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from unittest import TestCase

from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.usage import Sample, Segment, segments_of
from tests.stations.tariffs import BEGIN, energy, fixed, minutes, tariff
from tests.stations.test_sessions_have_costs import SessionCase, enter


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def told(minutes: float, charging: bool) -> Sample:
    return Sample(at(minutes), charging=charging)


class Segments(TestCase):
    def shown(self, *samples: Sample, until: float = 60, total: float | None = None) -> list[tuple[int, int, bool]]:
        """The length in minutes, the Wh, and whether it charged, of each segment."""
        found = segments_of(samples, BEGIN, at(until), total)
        self.assertEqual([each.begin for each in found[1:]], [each.end for each in found[:-1]])
        return [(_minutes(each), int(each.energy_wh), each.charging) for each in found]

    def test_energy_flows_while_it_is_said_to(self) -> None:
        samples = told(10, True), told(30, True), told(40, False), Sample(at(60), 6000)
        self.assertEqual(self.shown(told(0, False), *samples), [(10, 0, False), (30, 6000, True), (20, 0, False)])

    def test_energy_is_divided_evenly_among_the_times(self) -> None:
        samples = told(10, False), told(40, True), Sample(at(60), 3000)
        self.assertEqual(self.shown(told(0, True), *samples), [(10, 1000, True), (30, 0, False), (20, 2000, True)])

    def test_parts_are_the_whole(self) -> None:
        samples = [told(0, True), told(7, False), told(14, True), Sample(at(21), 1000), told(30, False)]
        found = segments_of(samples, BEGIN, at(60), 1001)
        self.assertEqual(sum(each.energy_wh for each in found), Decimal(1001))

    def test_what_a_meter_counts_goes_before_a_state(self) -> None:
        """Energy that flowed in spite of it was charged."""
        self.assertEqual(self.shown(told(0, False), Sample(at(60), 500)), [(60, 500, True)])

    def test_a_station_that_says_that_it_charges_and_measures_that_it_does_not(self) -> None:
        samples = told(0, True), Sample(BEGIN, 0, 0), Sample(at(30), 0, 0), Sample(at(60), 0, 3000)
        self.assertEqual(self.shown(*samples), [(30, 0, False), (30, 0, True)])

    def test_the_same_moment_twice_with_less_the_second_time(self) -> None:
        """1.6: MeterValues, and the transactionData of the end."""
        samples = Sample(at(20), 0, 0), Sample(at(20), 0), Sample(at(40), 0, 3000)
        self.assertEqual(self.shown(*samples)[1], (20, 0, False))

    def test_power_is_none_where_nothing_flows(self) -> None:
        (segment,) = segments_of([told(0, False), Sample(at(10), None, 3700)], BEGIN, at(10))
        self.assertEqual((segment.charging, segment.power_w), (False, 0))

    def test_until_the_first_state_the_meter_decides(self) -> None:
        self.assertEqual(self.shown(told(30, False)), [(30, 0, False), (30, 0, False)])
        self.assertEqual(
            self.shown(Sample(BEGIN, 0, 3000), told(30, False), Sample(at(60), 0, 3000)),
            [(30, 0, True), (30, 0, False)],
        )


def _minutes(segment: Segment) -> int:
    return segment.microseconds // 60_000_000


class Sessions(SessionCase):
    def happen(self, number: int, minutes: float, state: str) -> Payload:
        return self.event("Updated", number, minutes, info={"chargingState": state})

    def test_idle_time_is_between_the_states(self) -> None:
        """Nobody measured anything on the way."""
        enter(tariff(**minutes("idleTime", 0.1), **energy(0.5)))
        self.start(info={"chargingState": "EVConnected"})
        self.happen(1, 10, "Charging")
        self.happen(2, 40, "SuspendedEV")
        self.assertEqual(self.event("Ended", 3, 60, 10_000)["totalCost"], 8.0, "10 kWh for 0.50 each, and 30 minutes")

    def test_a_cable_that_nobody_paid_for_costs_nothing(self) -> None:
        enter(tariff(**fixed("fixedFee", 1), **minutes("idleTime", 0.1)))
        begin = {"evse": {"id": 1, "connectorId": 1}}
        self.event("Started", 0, 0, 0, **begin)
        self.assertNotIn("totalCost", self.event("Updated", 1, 10))
        self.assertNotIn("totalCost", self.event("Ended", 2, 20, 0, info={"stoppedReason": "EVDisconnected"}))
        self.assertEqual((self.session.active, self.session.cost), (False, None))

    def test_what_flowed_without_a_token_is_charged(self) -> None:
        """Whoever lets vehicles charge without asking (NoAuthorization) has tariffs, too."""
        enter(tariff(**energy(0.5)))
        self.event(
            "Started", 0, 0, 0, evse={"id": 1, "connectorId": 1}, idToken={"idToken": "", "type": "NoAuthorization"}
        )
        self.assertEqual(self.event("Ended", 1, 20, 1000)["totalCost"], 0.5)
