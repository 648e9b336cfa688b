"""FIELD rule 26: odd times are kept as they were sent and marked; the server's own time stands beside them.

evcc#10399, steve#136, MicroOcpp#354.
"""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase

from stations.models import Connector, Message, MeterValue, Station, Transaction
from stations.ocpp import facts
from stations.ocpp.times import believed, oddities
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run

ODD = {
    "1970-01-01T00:00:00Z": datetime(1970, 1, 1, tzinfo=UTC),
    "2106-02-07T06:28:15Z": datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC),
}


class Belief(unittest.TestCase):
    def test_is_for_moments_that_a_clock_can_show(self) -> None:
        for good in (NOON, NOON - timedelta(days=3000), NOON + timedelta(hours=24)):
            self.assertEqual(believed(good, NOON), good)
        for bad in (None, *ODD.values(), NOON + timedelta(hours=25)):
            self.assertIsNone(believed(bad, NOON))

    def test_oddity_of_any_time_in_a_fact_is_named_once(self) -> None:
        good, bad = facts.Stamp(NOON_TEXT, NOON), facts.Stamp("1970", ODD["1970-01-01T00:00:00Z"])
        for stamps, rules in (
            ((good, good), ()),
            ((bad, bad), ("implausible_time",)),
            ((good, bad), ("implausible_time",)),
        ):
            readings = tuple(facts.Reading(stamp, []) for stamp in stamps)
            self.assertEqual(oddities(facts.MetersReported(1, readings), NOON), rules)
        self.assertEqual(oddities(facts.SecurityEventReported("X", bad), NOON), ("implausible_time",))
        self.assertEqual(oddities(facts.SecurityEventReported("X", facts.Stamp("noon")), NOON), ())
        self.assertEqual(oddities(facts.HeartBeaten(), NOON), ())


class Field26(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        TokenFactory.create(value="CARD")

    def say(self, action: str, given: Any, **options: Any) -> Any:
        return run(call(self.station, action, given, **options))[0]

    def test_field_26_of_sessions_are_kept_and_remarked(self) -> None:
        for text, moment in ODD.items():
            start = {"connectorId": 1, "idTag": "CARD", "meterStart": 10, "timestamp": text}
            number = self.say("StartTransaction", start)["transactionId"]
            self.say("StopTransaction", {"transactionId": number, "meterStop": 500, "timestamp": text})
            session = Transaction.objects.get(pk=number)
            self.assertEqual((session.started_at_station, session.ended_at_station), (moment, moment))
            self.assertEqual((session.started_at, session.ended_at), (NOON, NOON))
            self.assertEqual((session.energy_wh, session.remark), (490.0, "implausible_time"))
        self.assertEqual(rules_of(self.station), {"implausible_time": 4})

    def test_field_26_of_readings_are_kept(self) -> None:
        for text, moment in ODD.items():
            values = [{"timestamp": text, "sampledValue": [{"value": "5"}]}]
            self.say("MeterValues", {"connectorId": 1, "meterValue": values})
            row = MeterValue.objects.latest("pk")
            self.assertEqual((row.measured_at, row.received_at), (moment, NOON))
        self.assertEqual(rules_of(self.station), {"implausible_time": 2})

    def test_field_26_of_statuses_are_kept(self) -> None:
        given = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "1970-01-01T00:00:00Z"}
        self.say("StatusNotification", given)
        connector = Connector.objects.get()
        self.assertEqual((connector.reported_at, connector.status_since), (ODD["1970-01-01T00:00:00Z"], NOON))

    def test_field_26_are_marked_on_strict_stations_too(self) -> None:
        given = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "1970-01-01T00:00:00Z"}
        self.assertEqual(self.say("StatusNotification", given, strict=True), {})
        self.assertEqual(rules_of(self.station), {"implausible_time": 1})

    def test_field_26_without_a_zone_are_taken_as_utc_and_marked(self) -> None:
        given = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "2026-06-21T12:00:00"}
        self.say("StatusNotification", given)
        self.assertEqual(Connector.objects.get().reported_at, NOON)
        self.assertEqual(rules_of(self.station), {"odd_timestamp": 1})

    def test_field_26_with_odd_precision_are_plain_times(self) -> None:
        given = {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Available",
            "timestamp": "2026-06-21T12:00:00.0000000Z",
        }
        self.say("StatusNotification", given)
        self.assertEqual((Connector.objects.get().reported_at, rules_of(self.station)), (NOON, {}))

    def test_field_26_stand_in_the_log_as_they_were_sent(self) -> None:
        given = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "yesterday, noon"}
        self.say("StatusNotification", given)
        self.assertIn('"yesterday, noon"', Message.objects.get().request)
        self.assertEqual((Connector.objects.get().reported_at, rules_of(self.station)), (None, {"odd_timestamp": 1}))
