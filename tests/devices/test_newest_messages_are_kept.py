"""The newest messages of each device are kept as they were sent; more than that are not."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

from django.test import TestCase, TransactionTestCase, override_settings

from devices import storage
from devices.models import DeviceMessage, SolMate
from devices.services import connect_device, keep_refused, store_update
from devices.storage import KEPT_MESSAGES, MAX_KEPT_TEXT, Receipt
from smartserver.core.batch import Batch, Unit
from tests.devices.support import NOON, Server, device, frame, update
from tests.units import run
from tests.waiting import eventually


def saying(message: str, *, seconds: float = 0.0, generation: int | None = None) -> Unit[Receipt]:
    def unit(batch: Batch) -> Receipt:
        return store_update(
            batch,
            update=update(message),
            received_at=NOON + timedelta(seconds=seconds),
            generation=generation,
            frame=frame(message),
        )

    return unit


def kept(serial: str = "0001") -> list[tuple[int, str, str]]:
    found = DeviceMessage.objects.filter(device__serial_number=serial).order_by("number")
    return list(found.values_list("number", "outcome", "text"))


class Ring(TestCase):
    def test_messages_are_kept_as_they_were_sent_and_with_what_became_of_them(self) -> None:
        first = '1:0001:{"battery": 5, "unheard_of": "ä"}'
        run(saying(first), saying(first, seconds=1), saying('2:0001:{"battery": 6}', seconds=2))
        self.assertEqual(
            kept(),
            [
                (1, "stored", frame(first)),
                (2, "repeated", frame(first)),
                (3, "stored", frame('2:0001:{"battery": 6}')),
            ],
        )

    def test_each_device_has_so_many_and_the_newest(self) -> None:
        for number in range(KEPT_MESSAGES + 7):
            run(saying(f'{number}:0001:{{"battery": {number}}}'))
        run(saying('1:0002:{"battery": 1}'))
        numbers = [number for number, _, _ in kept()]
        self.assertEqual(numbers, list(range(8, KEPT_MESSAGES + 8)))
        self.assertEqual((len(kept("0002")), DeviceMessage.objects.count()), (1, KEPT_MESSAGES + 1))
        self.assertEqual(device().messages_kept, KEPT_MESSAGES + 7)

    def test_one_transaction_may_hold_more_than_the_ring(self) -> None:
        run(*(saying(f'{number}:0001:{{"battery": {number}}}') for number in range(2 * KEPT_MESSAGES + 3)))
        numbers = [number for number, _, _ in kept()]
        self.assertEqual(numbers, list(range(KEPT_MESSAGES + 4, 2 * KEPT_MESSAGES + 4)))

    def test_what_is_refused_is_kept_of_the_newest_connection_only(self) -> None:
        receipt = run(partial(connect_device, serial="0001", now=NOON))[0]
        self.assertEqual(receipt.generation, 1)
        for generation in (1, 0):
            told = run(
                partial(
                    keep_refused,
                    serial="0001",
                    generation=generation,
                    frame='{"x": "\x00"}' + "y" * MAX_KEPT_TEXT,
                    reason="battery is not a number " * 50,
                    received_at=NOON,
                )
            )[0]
            self.assertEqual(told.stored, generation == 1)
        message = DeviceMessage.objects.get()
        self.assertEqual((message.outcome, message.text[:9], len(message.text)), ("refused", '{"x": "\ufffd"', 2000))
        self.assertEqual(len(message.reason), storage.MAX_REASON)

    def test_a_device_that_is_removed_takes_its_messages_along(self) -> None:
        run(saying('1:0001:{"battery": 1}'))
        device().delete()
        self.assertEqual(DeviceMessage.objects.count(), 0)

    @override_settings(OPEN=True)
    def test_they_are_told_over_rest_newest_first(self) -> None:
        for number in range(5):
            run(saying(f'{number}:0001:{{"battery": {number}}}'))
        answer = self.client.get("/api/v1/devices/0001/messages?limit=2").json()
        self.assertEqual([row["number"] for row in answer["results"]], [5, 4])
        self.assertEqual(answer["results"][0]["text"], frame('4:0001:{"battery": 4}'))
        for query, status in (("limit=0", 400), ("limit=101", 400), ("page=1", 400)):
            self.assertEqual(self.client.get(f"/api/v1/devices/0001/messages?{query}").status_code, status)
        self.assertEqual(self.client.get("/api/v1/devices/0009/messages").status_code, 404)


@override_settings(OPEN=True)
class OnASocket(TransactionTestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.server.start()
        self.addCleanup(self.server.stop)

    def test_refused_messages_say_why(self) -> None:
        with self.server.device() as client:
            self.assertEqual(client.ask('1:0001:{"battery": "empty"}'), "1:0001:ERROR")  # nobody yet
            self.assertEqual(client.ask('2:0001:{"battery": 2}'), "2:0001:OK")
            self.assertEqual(client.ask('3:0001:{"battery": "empty"}'), "3:0001:ERROR")
            eventually(lambda: DeviceMessage.objects.count() == 2)
        self.assertEqual(
            list(DeviceMessage.objects.order_by("number").values_list("outcome", "reason")),
            [("stored", ""), ("refused", "battery is not a number")],
        )
        self.assertEqual(json.loads(kept()[1][2])["message"], '3:0001:{"battery": "empty"}')
        self.assertEqual(SolMate.objects.get().battery, 2.0)
