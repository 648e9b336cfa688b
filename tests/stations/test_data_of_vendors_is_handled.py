"""DataTransfer: handlers of vendors, and the answers for whom nobody handles (1.6 section 4.3)."""

from __future__ import annotations

import json
from typing import Any

from django.db import OperationalError
from django.test import TestCase, override_settings

from smartserver.core.batch import Batch
from stations.models import IdToken, Message, MeterValue, Station
from stations.ocpp.frames import Payload
from stations.services.context import Context
from stations.services.equipment import data_transfer
from stations.services.equipment.data_transfer import Handlers, Reply, check_handlers
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run


def keep(batch: Batch, context: Context, data: Any) -> Reply:
    Station.objects.filter(pk=context.station_id).update(note=str(data))
    return Reply("Accepted", {"kept": data})


def fail(batch: Batch, context: Context, data: Any) -> Reply:
    Station.objects.filter(pk=context.station_id).update(note="half done")
    IdToken.objects.create(value="same")
    IdToken.objects.create(value="SAME")  # an error of the database, too
    return Reply("Accepted")


def lose_database(batch: Batch, context: Context, data: Any) -> Reply:
    raise OperationalError("gone")


def look_and_fail(batch: Batch, context: Context, data: Any) -> Reply:
    batch.settle()
    raise ValueError


HANDLERS: Handlers = {
    ("com.acme", "Look"): look_and_fail,
    ("com.acme", "Keep"): keep,
    ("com.acme", "Fail"): fail,
    ("com.acme", "Lose"): lose_database,
    ("com.silent", ""): lambda batch, context, data: Reply("Rejected"),
}
NO_TABLE = 7

HERE = "tests.stations.test_data_of_vendors_is_handled"


@override_settings(DATA_TRANSFER_HANDLERS=[f"{HERE}.HANDLERS"])
class DataTransfer(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def send(self, vendor: str, message: str | None = None, data: Any = None, version: str = "1.6") -> Payload:
        given = {"vendorId": vendor, "messageId": message, "data": data}
        given = {name: value for name, value in given.items() if value is not None}
        answer: Payload = run(call(self.station, "DataTransfer", given, version=version))[0]
        return answer

    def ours(self, message: str, data: Any, version: str = "1.6") -> Any:
        """Status and data of one of our own messages; 1.6 has texts both ways."""
        sent = json.dumps(data) if version == "1.6" else data
        answer = self.send("org.smart-server", message, sent, version)
        found = answer.get("data")
        return answer["status"], json.loads(found) if version == "1.6" and found is not None else found

    def test_of_unknown_vendors_and_unknown_messages(self) -> None:
        self.assertEqual(self.send("org.nobody", "Keep"), {"status": "UnknownVendorId"})
        self.assertEqual(self.send("com.acme", "Other"), {"status": "UnknownMessageId"})
        self.assertEqual(self.send("com.acme"), {"status": "UnknownMessageId"})
        self.assertEqual(self.send("org.smart-server", "Other", version="2.0.1"), {"status": "UnknownMessageId"})

    def test_reaches_the_handler_of_the_installation(self) -> None:
        self.assertEqual(self.send("com.acme", "Keep", "hello"), {"status": "Accepted", "data": '{"kept":"hello"}'})
        self.station.refresh_from_db()
        self.assertEqual(self.station.note, "hello")
        answer = self.send("com.acme", "Keep", {"a": 1}, version="2.1")
        self.assertEqual(answer, {"status": "Accepted", "data": {"kept": {"a": 1}}})

    def test_by_a_handler_that_fails_costs_nobody_else_their_messages(self) -> None:
        other = StationFactory.create()
        meters = {"connectorId": 1, "meterValue": [{"timestamp": NOON_TEXT, "sampledValue": [{"value": "5"}]}]}
        answers = run(
            call(other, "MeterValues", meters),
            call(self.station, "DataTransfer", {"vendorId": "com.acme", "messageId": "Look"}),
        )
        self.assertEqual(answers, [{}, {"status": "Rejected"}])
        self.assertEqual(MeterValue.objects.filter(station=other).count(), 1)
        self.assertEqual(Message.objects.count(), 2)

    def test_without_a_message_id_is_a_message_of_its_own(self) -> None:
        self.assertEqual(self.send("com.silent"), {"status": "Rejected"})

    def test_of_a_failing_handler_is_rejected_and_undone(self) -> None:
        with self.assertLogs("stations.services.equipment.data_transfer", "ERROR"):
            self.assertEqual(self.send("com.acme", "Fail"), {"status": "Rejected"})
        self.station.refresh_from_db()
        self.assertEqual((self.station.note, IdToken.objects.count()), ("", 0))
        self.assertEqual(Message.objects.get().reply, '{"status":"Rejected"}', "the message itself is kept")

    def test_failure_of_the_database_is_no_verdict(self) -> None:
        with self.assertRaises(OperationalError):
            self.send("com.acme", "Lose")

    def test_ping_tells_who_and_when(self) -> None:
        told = {"time": "2026-06-21T12:00:00.000Z", "station": self.station.identity}
        self.assertEqual(self.ours("Ping", {"n": 1}), ("Accepted", told | {"data": '{"n": 1}'}))
        self.assertEqual(self.ours("Ping", {"n": 1}, "2.0.1"), ("Accepted", told | {"data": {"n": 1}}))

    def test_session_tells_what_is_stored_of_ones_own(self) -> None:
        mine = TransactionFactory.create(
            station=self.station, reference="T1", energy_wh=500, remark="ghost", ended_at=NOON
        )
        foreign = TransactionFactory.create(reference="T2")
        told = {
            "active": True,
            "startedAt": "2026-06-21T12:00:00.000Z",
            "endedAt": "2026-06-21T12:00:00.000Z",
            "energyWh": 500.0,
            "remark": "ghost",
        }
        self.assertEqual(
            self.ours("Session", {"transactionId": mine.pk}), ("Accepted", {"transactionId": mine.pk} | told)
        )
        self.assertEqual(
            self.ours("Session", {"transactionId": "T1"}, "2.1"), ("Accepted", {"transactionId": "T1"} | told)
        )
        for version, key in (
            ("1.6", foreign.pk),
            ("1.6", "T1"),
            ("1.6", -1),
            ("2.1", "T2"),
            ("2.1", mine.pk),
            ("2.1", ""),
        ):
            self.assertEqual(self.ours("Session", {"transactionId": key}, version), ("Rejected", None))
        for nonsense in ("no JSON", "[1]"):
            self.assertEqual(self.send("org.smart-server", "Session", nonsense), {"status": "Rejected"})

    def test_running_session_has_no_end(self) -> None:
        mine = TransactionFactory.create(station=self.station)
        self.assertIsNone(self.ours("Session", {"transactionId": mine.pk})[1]["endedAt"])


class Tables(TestCase):
    def test_later_ones_win(self) -> None:
        station = StationFactory.create()
        ours = {("org.smart-server", "Ping"): keep}
        with override_settings(DATA_TRANSFER_HANDLERS=[f"{HERE}.OURS"]):
            globals()["OURS"] = ours
            (answer,) = run(call(station, "DataTransfer", {"vendorId": "org.smart-server", "messageId": "Ping"}))
        self.assertEqual(answer["data"], '{"kept":null}')

    def test_that_cannot_be_imported_are_named_by_the_check(self) -> None:
        self.assertEqual(check_handlers(), [])
        for path in ("nowhere.HANDLERS", f"{HERE}.NOTHING", "HANDLERS", f"{HERE}.NO_TABLE"):
            with override_settings(DATA_TRANSFER_HANDLERS=[path]):
                (error,) = check_handlers()
                self.assertIn("DATA_TRANSFER_HANDLERS", error.msg)
        self.assertTrue(data_transfer.OURS)
