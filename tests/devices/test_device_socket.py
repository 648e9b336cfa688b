"""A device on a real socket of a real server."""

from __future__ import annotations

import json
import threading
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

import websocket
from django.db import OperationalError
from django.test import TransactionTestCase, override_settings
from prometheus_client import REGISTRY

from devices import consumers
from devices.connections import PEER_KIND
from devices.models import DeviceSample, DeviceState, SolMate
from devices.services import generate_key, store_update
from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from tests.devices.support import Client, Server, device, frame
from tests.waiting import eventually


def counted(outcome: str) -> float:
    """Messages of devices with this outcome, as `/metrics` tells."""
    return REGISTRY.get_sample_value("smartserver_device_messages_total", {"outcome": outcome}) or 0.0


class SocketCase(TransactionTestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.server.start()
        self.addCleanup(self.server.stop)

    def assert_refused(self, status: int, **options: Any) -> websocket.WebSocketBadStatusException:
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            Client(self.server.url, **options)
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception


@override_settings(OPEN=True)
class OpenServer(SocketCase):
    def test_first_message_makes_a_device_and_its_end_is_noticed(self) -> None:
        with self.server.device() as client:
            self.assertEqual(client.ask('0000:0001:{"_battery": 250, "_local_time": null}', "INIT"), "0000:0001:OK")
            self.assertEqual((device().battery, device().state), (250.0, DeviceState.ONLINE))
        eventually(lambda: device().state == DeviceState.OFFLINE)
        self.assertEqual(len(self.server.connections), 0)

    def test_an_update_is_stored_before_it_is_acknowledged(self) -> None:
        with self.server.device() as client:
            for number in range(20):
                self.assertEqual(client.ask(f'{number:04d}:0001:{{"battery": {number}}}'), f"{number:04d}:0001:OK")
                self.assertEqual(device().battery, number)

    def test_pipelined_messages_are_answered_in_order(self) -> None:
        with self.server.device() as client:
            expected = []
            for number in range(500):
                good = number % 7 != 3
                client.say(f'{number:04d}:0001:{{"battery": {number if good else "true"}}}')
                expected.append(f"{number:04d}:0001:{'OK' if good else 'ERROR'}")
            self.assertEqual([client.hear() for _ in expected], expected)
        self.assertEqual(device().battery, 499.0)

    def test_nothing_that_is_sent_ends_the_connection(self) -> None:
        bad = {
            "not json": "ERROR: A frame is one JSON object.",
            '{"type": "UPDT", "message": 5}': "ERROR: The message of a frame is a text.",
            '{"type": "FILT", "message": []}': "ERROR: A device sends frames of type INIT or UPDT.",
            "[" * 100_000: "ERROR: A frame is one JSON object.",
            frame("hello"): "ERROR: A message reads MMMM:SSSS:{…} with message id, serial number and values.",
            frame("0001:0001:{"): "0001:0001:ERROR",
            frame('0002:0001:{"battery": "much"}'): "0002:0001:ERROR",
            frame('0003:0001:{"battery": NaN}'): "0003:0001:ERROR",
            frame('0004:0001:{"country": "\\u0000"}'): "0004:0001:ERROR",
            frame("0005:0001:" + json.dumps({"country": "x" * 1000})): "0005:0001:ERROR",
            frame("0006:0001:[1, 2]"): "0006:0001:ERROR",
        }
        with self.server.device() as client, self.assertLogs("devices.consumers") as logs:
            for text, answer in bad.items():
                client.socket.send(text)
                self.assertEqual(client.hear(), answer)
            client.socket.send_binary(b"\x00\xff")
            self.assertEqual(client.hear(), "ERROR: A frame is text, not binary.")
            self.assertFalse(SolMate.objects.exists())
            self.assertEqual(client.ask("0007:0001:{'battery': 5}"), "0007:0001:OK")
        self.assertEqual(len(logs.output), consumers.COMPLAINTS + 1)

    def test_sockets_and_messages_are_counted(self) -> None:
        before = {outcome: counted(outcome) for outcome in ("stored", "refused")}
        with self.server.device() as client:
            self.assertEqual(REGISTRY.get_sample_value("smartserver_device_sockets"), 1)
            client.ask("0001:0001:{}")
            client.ask("0002:0001:{}")
            client.ask("0003:0001:{")
        self.assertEqual(counted("stored") - before["stored"], 2)
        self.assertEqual(counted("refused") - before["refused"], 1)
        eventually(lambda: REGISTRY.get_sample_value("smartserver_device_sockets") == 0)

    def test_a_device_cannot_set_what_is_not_its_own(self) -> None:
        with self.server.device() as client, self.assertLogs("devices.consumers") as logs:
            body = '{"owner": 1, "id": 5, "serial_number": "0002", "server_url": "", "battery": 5}'
            self.assertEqual(client.ask(f"0000:0001:{body}", "INIT"), "0000:0001:OK")
        self.assertEqual(SolMate.objects.count(), 1)
        self.assertIsNone(device().owner)
        self.assertIn("['owner', 'id', 'serial_number']", logs.output[0])

    def test_a_retransmission_is_acknowledged_and_has_no_effect(self) -> None:
        with self.server.device() as client:
            self.assertEqual(client.ask('0001:0001:{"battery": 1}'), "0001:0001:OK")
            self.assertEqual(client.ask('0002:0001:{"battery": 2}'), "0002:0001:OK")
        with self.server.device() as client:
            self.assertEqual(client.ask('0001:0001:{"battery": 1}'), "0001:0001:OK")
        self.assertEqual(device().battery, 2.0)
        self.assertEqual(DeviceSample.objects.count(), 2)

    def test_the_newest_connection_wins(self) -> None:
        with self.server.device() as old, self.server.device() as new:
            old.ask("0001:0001:{}")
            self.assertEqual(new.ask('0002:0001:{"battery": 2}'), "0002:0001:OK")
            self.assertEqual(old.close_code(), 1008)
            old.close()
            self.assertEqual(new.ask('0003:0001:{"battery": 3}'), "0003:0001:OK")
            self.assertEqual(device().state, DeviceState.ONLINE)
        eventually(lambda: device().state == DeviceState.OFFLINE)

    def test_a_gateway_goes_on_with_its_other_devices(self) -> None:
        with self.server.device() as gateway, self.server.device() as single:
            for serial in ("0001", "0002"):
                self.assertEqual(gateway.ask(f"0001:{serial}:{{}}"), f"0001:{serial}:OK")
            self.assertEqual(single.ask("0002:0001:{}"), "0002:0001:OK")
            self.assertEqual(gateway.ask('0003:0001:{"battery": 9}'), "0003:0001:ERROR")
            self.assertEqual(gateway.ask('0004:0002:{"battery": 9}'), "0004:0002:OK")
        self.assertEqual((device("0001").battery, device("0002").battery), (0.0, 9.0))

    def test_a_connection_in_another_process_wins(self) -> None:
        with self.server.device() as client:
            client.ask("0001:0001:{}")
            newer = {"serial": "0001", "generation": 2}
            self.server.in_loop(lambda: self.server.runtime.peers.share(PEER_KIND, newer))
            self.assertEqual(client.close_code(), 1008)

    def test_a_connection_in_another_process_wins_although_the_hint_is_lost(self) -> None:
        with self.server.device() as client:
            client.ask("0001:0001:{}")
            SolMate.objects.update(connection=2)
            self.assertEqual(client.ask('0002:0001:{"battery": 5}'), "0002:0001:ERROR")
            self.assertEqual(client.close_code(), 1008)
        self.assertEqual((device().battery, device().state), (0.0, DeviceState.ONLINE))

    def test_a_device_with_a_key_has_to_present_it(self) -> None:
        key = generate_key(device=SolMate.objects.create(serial_number="0001"))
        with self.server.device() as stranger:
            self.assertEqual(stranger.ask('0001:0001:{"battery": 1}'), "0001:0001:ERROR")
            self.assertEqual(stranger.ask('0001:0002:{"battery": 1}'), "0001:0002:OK")
        self.assert_refused(401, user="0001", key="wrong")
        with self.server.device(user="0001", key=key) as itself:
            self.assertEqual(itself.ask('0001:0001:{"battery": 1}'), "0001:0001:OK")

    def test_other_peoples_web_pages_are_refused(self) -> None:
        self.assert_refused(403, origin="http://evil.example")
        self.assertFalse(SolMate.objects.exists())

    def test_a_silent_connection_is_closed(self) -> None:
        with mock.patch("devices.consumers.silence_limit", return_value=0.3), self.server.device() as client:
            client.ask("0001:0001:{}")
            self.assertEqual(client.close_code(), 1001)


@override_settings(OPEN=True)
class FullOrBrokenStorage(SocketCase):
    def test_a_socket_stops_reading_while_much_is_unanswered(self) -> None:
        reading: list[int] = []

        def watching(batch: Batch, **arguments: Any) -> Any:
            reading.append(max(len(socket._answers) for socket in self.server.sockets))
            return store_update(batch, **arguments)

        with mock.patch("devices.consumers.store_update", watching), self.server.device() as client:
            for number in range(1000):
                client.say(f"{number:04d}:0001:{{}}")
            self.assertEqual([client.hear() for _ in range(1000)][-1], "0999:0001:OK")
        self.assertLessEqual(max(reading), consumers.UNANSWERED)

    def test_without_storage_nothing_is_acknowledged(self) -> None:
        with self.server.device() as client:
            client.ask("0001:0001:{}")
            with self.failing(Unavailable("The database is out of reach.")):
                client.say('0002:0001:{"battery": 5}')
                self.assertEqual(client.close_code(), 1013)

    def test_a_fault_of_ours_is_answered_and_logged(self) -> None:
        with self.server.device() as client, self.assertLogs("devices.consumers", "ERROR"):
            client.ask("0001:0001:{}")
            with self.failing(RuntimeError("a bug")):
                self.assertEqual(client.ask('0002:0001:{"battery": 5}'), "0002:0001:ERROR")
            self.assertEqual(client.ask('0002:0001:{"battery": 5}'), "0002:0001:OK")

    def test_a_writer_that_has_stopped_closes_the_socket(self) -> None:
        with self.server.device() as client:
            client.ask("0001:0001:{}")
            self.server.runtime.writer.stop()
            client.say('0002:0001:{"battery": 5}')
            self.assertEqual(client.close_code(), 1013)

    def test_a_device_that_connects_while_nothing_can_be_stored_is_told_to_come_back(self) -> None:
        key = generate_key(device=SolMate.objects.create(serial_number="0001"))
        with self.server.device():
            self.server.runtime.writer.stop()
        with self.server.device(user="0001", key=key) as client:
            self.assertEqual(client.close_code(), 1013)

    def test_a_device_that_vanishes_with_unanswered_messages_blocks_nothing(self) -> None:
        release = threading.Event()
        self.addCleanup(release.set)

        def slow(batch: Batch, **arguments: Any) -> Any:
            release.wait(10)
            return store_update(batch, **arguments)

        with mock.patch("devices.consumers.store_update", slow):
            with self.server.device() as client:
                for number in range(300):
                    client.say(f"{number:04d}:0001:{{}}")
                eventually(lambda: len(self.server.sockets[0]._answers) == consumers.UNANSWERED)
                client.vanish()
            release.set()
            eventually(lambda: device().state == DeviceState.OFFLINE)
        self.assertEqual(len(self.server.connections), 0)

    def failing(self, error: Exception) -> Any:
        def fails(batch: Batch, **arguments: Any) -> None:
            raise error

        return mock.patch("devices.consumers.store_update", fails)


class ClosingSocket(unittest.IsolatedAsyncioTestCase):
    async def socket(self) -> consumers.DeviceSocket:
        async def nothing(*_: Any) -> Any:
            raise AssertionError("not used")

        return consumers.DeviceSocket({"headers": []}, nothing, nothing, runtime=mock.Mock(), connections=mock.Mock())

    async def test_what_arrives_after_the_decision_to_close_is_neither_stored_nor_answered(self) -> None:
        socket = await self.socket()
        socket.close(1008)
        await socket.on_message(frame("0001:0001:{}"))
        self.assertIsNone(socket.next_frame())

    async def test_without_a_sender_nobody_waits_for_room(self) -> None:
        socket = await self.socket()
        for _ in range(consumers.UNANSWERED):
            socket._say("")
        await socket.on_message(frame("0001:0001:{}"))
        self.assertEqual(len(socket._answers), consumers.UNANSWERED)


@override_settings(OPEN=False, DEVICE_ENROLMENT_KEY="let me in")
class ClosedServer(SocketCase):
    def test_strangers_are_refused(self) -> None:
        error = self.assert_refused(401)
        headers = {name.lower(): value for name, value in (error.resp_headers or {}).items()}
        self.assertIn("Basic", headers["www-authenticate"])
        self.assert_refused(401, user="0001", key="wrong")
        self.assert_refused(401, user="0001", key="")
        self.assert_refused(401, user="no:serial", key="let me in")
        self.assertFalse(SolMate.objects.exists())

    def test_a_device_with_its_own_key_is_online_at_once(self) -> None:
        key = generate_key(device=SolMate.objects.create(serial_number="0001"))
        with self.server.device(user="0001", key=key):
            eventually(lambda: device().state == DeviceState.ONLINE)

    def test_an_authenticated_device_speaks_only_for_itself(self) -> None:
        key = generate_key(device=SolMate.objects.create(serial_number="0001"))
        with self.server.device(user="0001", key=key) as client:
            self.assertEqual(client.ask('0001:0002:{"battery": 1}'), "0001:0002:ERROR")
            self.assertEqual(client.ask('0002:0001:{"battery": 1}'), "0002:0001:OK")
        self.assertEqual(SolMate.objects.count(), 1)

    def test_the_enrolment_key_lets_a_new_device_in(self) -> None:
        with self.server.device(user="0007", key="let me in") as client:
            self.assertEqual(client.ask('0001:0007:{"battery": 1}'), "0001:0007:OK")
        self.assertEqual(device("0007").battery, 1.0)

    def test_the_enrolment_key_does_not_open_a_device_with_its_own_key(self) -> None:
        generate_key(device=SolMate.objects.create(serial_number="0001"))
        self.assert_refused(401, user="0001", key="let me in")

    @override_settings(DEVICE_ENROLMENT_KEY="")
    def test_an_empty_enrolment_key_opens_nothing(self) -> None:
        self.assert_refused(401, user="0001", key="")

    def test_a_new_key_ends_the_connection_with_the_old(self) -> None:
        first = generate_key(device=SolMate.objects.create(serial_number="0001"))
        with self.server.device(user="0001", key=first) as client:
            self.assertEqual(client.ask("0001:0001:{}"), "0001:0001:OK")
            generate_key(device=device())
            self.assertEqual(client.ask('0002:0001:{"battery": 1}'), "0002:0001:ERROR")
            self.assertEqual(client.close_code(), 1008)
        self.assert_refused(401, user="0001", key=first)

    def test_a_database_out_of_reach_is_no_wrong_key(self) -> None:
        with mock.patch("devices.authentication.SolMate.objects.filter", self.unreachable()):
            self.assert_refused(503, user="0001", key="let me in")

    def unreachable(self) -> Callable[..., None]:
        def fails(**conditions: Any) -> None:
            raise OperationalError("connection refused")

        return fails
