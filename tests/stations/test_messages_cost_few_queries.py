"""What a message costs the database: for what comes in masses, per batch and not per message."""

from __future__ import annotations

import re

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from smartserver.core.batch import Unit
from stations.models import Station
from stations.ocpp.frames import Payload
from tests.stations.factories import ConnectorFactory, EvseFactory, StationFactory, TokenFactory
from tests.stations.support import NOON_TEXT, call
from tests.units import run

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": NOON_TEXT}


class Queries(TestCase):
    def setUp(self) -> None:
        TokenFactory.create(value="CARD")
        self.stations = [StationFactory.create() for _ in range(20)]
        for station in self.stations:
            ConnectorFactory.create(evse=EvseFactory.create(station=station))

    def queries(self, *units: Unit[Payload]) -> list[str]:
        with CaptureQueriesContext(connection) as found:
            run(*units)
        return [query["sql"] for query in found.captured_queries if not re.match(r"SAVEPOINT|RELEASE", query["sql"])]

    def reads(self, *units: Unit[Payload]) -> int:
        return sum(query.startswith("SELECT") for query in self.queries(*units))

    def meters(self, station: Station, **more: object) -> Unit[Payload]:
        sampled = {"value": "500", "measurand": "Energy.Active.Import.Register"}
        values = [{"timestamp": NOON_TEXT, "sampledValue": [sampled]}]
        return call(station, "MeterValues", {"connectorId": 1, "meterValue": values, **more})

    def test_meter_values_of_a_batch_are_read_for_twice_whatever_their_number(self) -> None:
        for station in self.stations:
            run(call(station, "StartTransaction", START))
        run(*(self.meters(station) for station in self.stations))  # the first one knows nothing yet
        self.assertEqual(self.reads(self.meters(self.stations[0])), 2)
        self.assertEqual(self.reads(*(self.meters(station) for station in self.stations * 10)), 2)

    def test_meter_values_that_name_their_session_cost_no_more(self) -> None:
        started = [run(call(station, "StartTransaction", START))[0]["transactionId"] for station in self.stations]
        units = [self.meters(station, transactionId=key) for station, key in zip(self.stations, started, strict=True)]
        run(*units)
        self.assertEqual(self.reads(*units), 2)

    def test_heartbeats_read_nothing(self) -> None:
        self.assertEqual(self.reads(*(call(station, "Heartbeat", {}) for station in self.stations)), 0)

    def test_a_status_that_is_repeated_reads_its_connector(self) -> None:
        def status(station: Station) -> Unit[Payload]:
            payload = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
            return call(station, "StatusNotification", payload)

        run(*(status(station) for station in self.stations))
        one = self.reads(status(self.stations[0]))
        self.assertLessEqual(one, 5)
        many = self.reads(*(status(station) for station in self.stations))
        self.assertLessEqual(many, one + 2 * (len(self.stations) - 1), "the summaries are drawn together")

    def test_a_session_begins_and_ends_with_a_bounded_number(self) -> None:
        first = self.queries(call(self.stations[0], "StartTransaction", START))
        self.assertLessEqual(len(first), 20)
        run(call(self.stations[1], "StartTransaction", START))
        key = run(call(self.stations[2], "StartTransaction", START))[0]["transactionId"]
        stop = {"transactionId": key, "meterStop": 900, "timestamp": NOON_TEXT, "idTag": "CARD"}
        self.assertLessEqual(len(self.queries(call(self.stations[2], "StopTransaction", stop))), 16)
        self.assertLessEqual(len(self.queries(call(self.stations[2], "StopTransaction", stop))), 8, "nothing is new")
