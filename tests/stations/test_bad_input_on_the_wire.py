"""Bad input, faults of ours, and silence, on a real server."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any
from unittest import mock

import websocket
from django.db import OperationalError
from django.test import TransactionTestCase, override_settings

from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from stations import dispatch, tasks
from stations.models import Message, State, Station
from stations.ocpp import errors, facts
from stations.ocpp.errors import CallError
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, Server, SocketCase, rules_of
from tests.waiting import eventually


def broken(*_: Any) -> Any:
    raise ValueError("a fault of ours, with secrets")


@override_settings(OPEN=True)
class BadInput(SocketCase):
    def test_is_answered_and_the_socket_lives(self) -> None:
        answers = {
            "hello": [4, "-1", "FormationViolation"],
            "{}": [4, "-1", "FormationViolation"],
            "": [4, "-1", "FormationViolation"],
            "[" * 100_000: [4, "-1", "FormationViolation"],
            '[9,"a","Heartbeat",{}]': [4, "a", "GenericError"],
            '[2,"b","Heartbeat",[1]]': [4, "b", "FormationViolation"],
            '[2,"c","Authorize",{}]': [4, "c", "OccurenceConstraintViolation"],
            '[2,"d","Authorize",{"idTag":{}}]': [4, "d", "TypeConstraintViolation"],
            '[2,"e","StatusNotification",{"connectorId":-1,"status":"Available","errorCode":"NoError"}]': [
                4,
                "e",
                "PropertyConstraintViolation",
            ],
            '[2,"f","Authorize",{"idTag":"x","more":[1]}]': [3, "f", {"idTagInfo": {"status": "Invalid"}}],
        }
        with self.server.station() as client:
            client.boot()
            for text, answer in answers.items():
                client.say(text)
                self.assertEqual(client.hear()[:3], answer)
            self.assertEqual(client.ask("Heartbeat")[0], 3)
        outcomes = Message.objects.filter(direction="in").values_list("outcome", flat=True)
        self.assertEqual(len(outcomes), 2 + len(answers))

    def test_is_refused_by_strict_stations(self) -> None:
        StationFactory.create(identity="CP1", strict=True)
        with self.server.station() as client:
            self.assertEqual(client.boot()[0], 3)
            self.assertEqual(client.ask("Authorize", {"idTag": "x", "more": 1})[2], "FormationViolation")
            client.say('[2,"a","Heartbeat",{},]')
            self.assertEqual(client.hear()[:3], [4, "a", "FormationViolation"])
            self.assertEqual(client.ask("Authorize", {"idTag": "x"})[0], 3)
        self.assertEqual(rules_of(Station.objects.get()), {})

    def test_that_is_no_utf_8_closes_with_1007(self) -> None:
        with self.server.station() as client:
            client.boot()
            client.socket.send(b'[2,"a","Heartbeat",{"\xff":1}]', opcode=websocket.ABNF.OPCODE_TEXT)
            self.assertEqual(client.close_code(), 1007)

    def test_in_binary_frames_is_taken_and_noted(self) -> None:
        with self.server.station() as client:
            client.boot()
            client.socket.send_binary(b'[2,"a","Heartbeat",{}]')
            self.assertEqual(client.hear()[:2], [3, "a"])
            client.socket.send_binary(b"\xff\xfe")
            self.assertEqual(client.hear()[:3], [4, "-1", "FormationViolation"])
        self.assertEqual(rules_of(Station.objects.get()), {"binary_frame": 1})

    def test_after_the_close_is_not_stored(self) -> None:
        with self.server.station() as client:
            client.boot()
            close = websocket.ABNF.create_frame(b"\x03\xe8", websocket.ABNF.OPCODE_CLOSE).format()
            late = websocket.ABNF.create_frame('[2,"late","Heartbeat",{}]', websocket.ABNF.OPCODE_TEXT).format()
            client.line.sendall(close + late)
            self.assertEqual(client.close_code(), 1000)
        eventually(lambda: Station.objects.get().state == State.OFFLINE)
        self.assertFalse(Message.objects.filter(message_id="late").exists())

    def test_with_markup_is_text(self) -> None:
        bad = "<script>alert(1)</script>"
        with self.server.station() as client:
            client.ask("BootNotification", {"chargePointVendor": bad, "chargePointModel": "<b>"})
            client.ask("StatusNotification", {"connectorId": 1, "errorCode": bad, "status": "Faulted", "info": bad})
            client.ask(bad, {})
        station = Station.objects.get()
        self.assertEqual((station.vendor, station.model), (bad, "<b>"))
        self.assertEqual(Message.objects.get(outcome="NotImplemented").action, bad)

    def test_with_nul_is_stored_without_it(self) -> None:
        with self.server.station() as client:
            client.say('[2,"a","BootNotification",{"chargePointVendor":"V\\u0000V","chargePointModel":"M"}]')
            self.assertEqual(client.hear()[0], 3)
            client.say("no json \x00")
            self.assertEqual(client.hear()[0], 4)
        self.assertEqual(Station.objects.get().vendor, "VV")

    def test_answers_nobody_asked_for_are_logged(self) -> None:
        with self.server.station(versions=["ocpp2.1"]) as client:
            client.say('[3,"x",{"status":"Accepted"}]')
            client.say('[4,"y","GenericError","",{}]')
            client.say('[3,"broken",')
            client.say('[5,"z","TypeConstraintViolation","no",{}]')
            client.say('[6,"s","NotifyPeriodicEventStream",{"id":1}]')
            boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}
            self.assertEqual(client.ask("BootNotification", boot)[0], 3, "and get no answer")
        outcomes = dict(Message.objects.values_list("message_id", "outcome"))
        outcomes.pop("t1")
        self.assertEqual(
            outcomes,
            {
                "x": "UnexpectedAnswer",
                "y": "UnexpectedAnswer",
                "-1": "FormatViolation",
                "z": "CALLRESULTERROR",
                "s": "SEND",
            },
        )

    def test_flood_of_a_station_that_vanishes_ends_with_it(self) -> None:
        """More calls than are read at once, and nobody takes the answers."""
        with self.server.station() as client:
            client.boot()
            for number in range(1000):
                client.say([2, str(number), "Heartbeat", {}])
            client.vanish()
        eventually(lambda: len(self.server.connections) == 0)
        eventually(lambda: Station.objects.get().state == State.OFFLINE)


@override_settings(OPEN=True)
class Storing(SocketCase):
    """Contracts 1 and 2: acknowledged means stored; a failing unit fails alone."""

    def test_no_answer_leaves_before_the_commit(self) -> None:
        held, release = threading.Event(), threading.Event()

        def hold(_: Batch) -> None:
            held.set()
            release.wait(5)

        with self.server.station() as client:
            client.boot()
            self.server.in_loop(lambda: self.server.runtime.writer.submit(hold, lambda *_: None))
            held.wait(5)
            client.say([2, "a", "Heartbeat", {}])
            client.socket.settimeout(0.3)
            with self.assertRaises(websocket.WebSocketTimeoutException):
                client.hear()
            self.assertFalse(Message.objects.filter(message_id="a").exists())
            release.set()
            client.socket.settimeout(10)
            self.assertEqual(client.hear()[:2], [3, "a"])
            self.assertTrue(Message.objects.filter(message_id="a").exists())

    def test_unit_that_fails_is_an_internal_error_and_logged(self) -> None:
        with self.server.station() as client, self.assertLogs("stations.incoming", "ERROR"):
            client.boot()
            with mock.patch.dict(dispatch.USE_CASES, {facts.TokenPresented: broken}):
                for number in range(6):
                    action, payload = ("Authorize", {"idTag": "x"}) if number == 3 else ("Heartbeat", {})
                    client.say([2, str(number), action, payload])
                answers = [client.hear() for _ in range(6)]
            self.assertEqual([answer[:2] for answer in answers], [[4 if n == 3 else 3, str(n)] for n in range(6)])
            self.assertEqual(answers[3][2], "InternalError")
            self.assertNotIn("secrets", str(answers))
            row = Message.objects.get(message_id="3")
            self.assertEqual((row.outcome, row.action, row.request), ("InternalError", "Authorize", '{"idTag":"x"}'))
            self.assertGreaterEqual(row.answered_at or NOON, row.received_at)
            self.assertEqual(client.ask("Authorize", {"idTag": "x"})[0], 3)

    def test_unit_may_refuse_a_call(self) -> None:
        def refuse(*_: Any) -> Any:
            raise CallError(errors.SECURITY_ERROR, "not you", {"why": 1})

        with self.server.station() as client:
            client.boot()
            with mock.patch.dict(dispatch.USE_CASES, {facts.TokenPresented: refuse}):
                answer = client.ask("Authorize", {"idTag": "x"}, message_id="a")
            self.assertEqual(answer, [4, "a", "SecurityError", "not you", {"why": 1}])
            self.assertEqual(Message.objects.get(message_id="a").outcome, "SecurityError")

    def test_record_that_cannot_be_stored_is_reported(self) -> None:
        with self.server.station() as client, self.assertLogs("stations.incoming", "ERROR") as logs:
            client.boot()
            with mock.patch("stations.services.messages.shorten", broken):
                client.say('[3,"x",{}]')
                eventually(lambda: bool(logs.records))
            self.assertEqual(client.ask("Heartbeat")[0], 3)

    def test_what_comes_while_the_server_closes_is_left_to_its_sender(self) -> None:
        with self.server.station() as client:
            client.boot()
            connection = self.server.socket_of("CP1")

            def close_and_hear() -> None:
                connection.close(1008)
                self.task = asyncio.ensure_future(connection.on_message('[2,"late","Heartbeat",{}]'))

            self.server.in_loop(close_and_hear)
            self.assertEqual(client.close_code(), 1008)
            client.close()
        eventually(lambda: Station.objects.get().state == State.OFFLINE)
        self.assertFalse(Message.objects.filter(message_id="late").exists())

    def test_fault_while_reading_is_an_internal_error_and_logged(self) -> None:
        with self.server.station() as client, self.assertLogs("stations.incoming", "ERROR"):
            client.boot()
            with mock.patch("stations.dispatch._understand", broken):
                self.assertEqual(client.ask("Heartbeat", message_id="a")[:3], [4, "a", "InternalError"])
            self.assertEqual(self.logged(message_id="a").outcome, "InternalError")
            self.assertEqual(client.ask("Heartbeat")[0], 3)

    def test_close_right_after_a_failing_message_leaves_it_offline(self) -> None:
        held, release = threading.Event(), threading.Event()

        def fail_later(*_: Any) -> Any:
            held.set()
            release.wait(5)
            raise ValueError("a fault of ours")

        with self.assertLogs("stations.incoming", "ERROR"), self.server.station() as client:
            client.boot()
            connection = self.server.socket_of("CP1")
            self.server.in_loop(lambda: setattr(connection, "_noted", 0.0))  # what comes now is a sign of life
            with mock.patch.dict(dispatch.USE_CASES, {facts.TokenPresented: fail_later}):
                client.say([2, "a", "Authorize", {"idTag": "x"}])
                held.wait(5)
                client.vanish()
                eventually(lambda: len(self.server.connections) == 0)
                release.set()
                self.logged(message_id="a")
                eventually(lambda: self.server.runtime.writer.waiting == 0)
            eventually(lambda: Station.objects.get().state == State.OFFLINE)

    def test_database_out_of_reach_is_an_internal_error(self) -> None:
        def out_of_reach(*_: Any) -> Any:
            raise OperationalError("gone")

        with self.server.station() as client:
            client.boot()
            with (
                mock.patch("smartserver.core.writer.RETRIES", ()),
                mock.patch.dict(dispatch.USE_CASES, {facts.TokenPresented: out_of_reach}),
                self.assertLogs("smartserver.core.batch", "ERROR"),
            ):
                self.assertEqual(client.ask("Authorize", {"idTag": "x"})[2], "InternalError")
            self.assertEqual(client.ask("Heartbeat")[0], 3)

    def test_writer_that_has_ended_closes_the_socket(self) -> None:
        with self.server.station() as client:
            client.boot()
            with mock.patch.object(
                self.server.runtime.writer, "submit", side_effect=Unavailable("The server is shutting down.")
            ):
                client.say([2, "a", "Heartbeat", {}])
                self.assertEqual(client.close_code(), 1012)
                client.close()
                eventually(lambda: len(self.server.connections) == 0)

    def test_full_writer_stops_the_reading(self) -> None:
        held, release = threading.Event(), threading.Event()

        def hold(_: Batch) -> None:
            held.set()
            release.wait(5)

        writer = self.server.runtime.writer
        with self.server.station() as client:
            client.boot()
            self.server.in_loop(lambda: writer.submit(hold, lambda *_: None))
            held.wait(5)
            with mock.patch.object(writer, "capacity", 10):
                for number in range(40):
                    client.say([2, str(number), "Heartbeat", {}])
                eventually(lambda: writer.full)
                self.assertLessEqual(writer.waiting, 11)
                release.set()
                self.assertEqual([client.hear()[1] for _ in range(40)], [str(n) for n in range(40)])

    def test_row_has_both_times(self) -> None:
        with self.server.station() as client:
            client.boot()
            row = Message.objects.get()
            assert row.answered_at is not None
            self.assertLessEqual(row.received_at, row.answered_at)
            self.assertLess((row.answered_at - row.received_at).total_seconds(), 5)
            self.assertEqual(json.loads(row.reply)["interval"], 300)


class SilenceIsNoticed(TransactionTestCase):
    @override_settings(OCPP_HEARTBEAT_INTERVAL=300, STALE_AFTER=120)
    def test_by_the_task_beside_the_sockets(self) -> None:
        silent = StationFactory.create(state=State.ONLINE, last_seen_at=NOON)
        with mock.patch.object(tasks, "INTERVAL", 0.02):
            server = Server(tasks.watch_silence)
            server.start()
            try:
                eventually(lambda: Station.objects.get(pk=silent.pk).state == State.OFFLINE)
            finally:
                server.stop()
