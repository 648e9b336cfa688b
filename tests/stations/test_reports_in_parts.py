"""A large inventory over a real socket: 5,000 variables in 500 parts, while commands run (2.x B07)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.test import override_settings

from smartserver.core import change, clock
from stations.models import Command, Report, ReportedPart, Station, Variable
from stations.ocpp.frames import Payload
from stations.services import reports
from stations.services.commands import queue_command
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, NOON_TEXT, Client, SocketCase
from tests.waiting import eventually

PARTS, ITEMS = 500, 10
REQUEST = 77
COMMAND_EVERY = 50


def part(number: int, request: int = REQUEST) -> Payload:
    data = [
        {
            "component": {"name": "Load", "instance": str(number)},
            "variable": {"name": f"Variable{item}"},
            "variableAttribute": [{"type": "Actual", "value": str(number * ITEMS + item), "mutability": "ReadWrite"}],
            "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": True},
        }
        for item in range(ITEMS)
    ]
    return {
        "requestId": request,
        "generatedAt": NOON_TEXT,
        "seqNo": number,
        "tbc": number < PARTS - 1,
        "reportData": data,
    }


@override_settings(OPEN=True)
class ReportsInParts(SocketCase):
    def setUp(self) -> None:
        self.station = StationFactory.create(identity="CP1", ocpp_version="2.0.1", configured_at=NOON)
        Variable.objects.create(
            station=self.station, component="Old", variable="Gone", attribute="Actual", value="1", reported_at=NOON
        )
        self.client_socket = self.connect()
        self.want()

    def tearDown(self) -> None:
        self.client_socket.close()
        super().tearDown()

    def connect(self) -> Client:
        return Client(f"{self.server.ws}/ocpp/CP1", versions=("ocpp2.0.1",))

    def reconnect(self) -> None:
        self.client_socket.vanish()
        self.client_socket = self.connect()

    def queue(self, action: str, payload: Payload) -> None:
        change.store(partial(queue_command, station_id=self.station.pk, action=action, payload=payload))

    def want(self) -> None:
        """The inventory is asked for, and the station says that it comes."""
        self.queue("GetBaseReport", {"requestId": REQUEST, "reportBase": "FullInventory"})
        self.answer(self.client_socket.hear_call())
        eventually(lambda: Report.objects.exists())

    def answer(self, frame: list[object]) -> None:
        self.client_socket.say([3, frame[1], {"status": "Accepted"}])

    def send(self, numbers: Iterable[int]) -> None:
        """The parts, each answered before the next leaves; now and then a command comes in between."""
        for count, number in enumerate(numbers):
            if count % COMMAND_EVERY == 0:
                self.queue("ClearCache", {})
            self.client_socket.say([2, f"part-{count}-{number}", "NotifyReport", part(number)])
            while (frame := self.client_socket.hear())[0] == 2:
                self.answer(frame)
            self.assertEqual(frame, [3, f"part-{count}-{number}", {}])

    def report(self) -> Report:
        return Report.objects.get()

    def assert_complete(self) -> None:
        report = self.report()
        self.assertEqual((report.state, report.parts, report.missing), ("complete", PARTS, []))
        values = set(Variable.objects.values_list("value", flat=True))
        self.assertEqual(values, {str(number) for number in range(PARTS * ITEMS)})
        self.assertFalse(Variable.objects.filter(component="Old").exists(), "it was not named any more")

    def assert_commands_ran_meanwhile(self, least: int) -> None:
        ended = self.report().ended_at
        ran = Command.objects.filter(action="ClearCache", state="answered", settled_at__lte=ended)
        self.assertGreaterEqual(ran.count(), least)

    def sweep(self) -> None:
        late = clock.now() + reports.SILENCE + timedelta(minutes=1)
        change.store(partial(reports.mark_incomplete, now=late))

    def test_in_order(self) -> None:
        self.send(range(PARTS))
        self.assert_complete()
        self.assert_commands_ran_meanwhile(PARTS // COMMAND_EVERY - 1)
        self.assertTrue(Station.objects.filter(configured_at__gt=NOON).exists())

    def test_in_any_order_doubled_and_over_a_reconnect(self) -> None:
        chance = random.Random(7)
        numbers = [*range(PARTS), *chance.sample(range(PARTS), 60)]
        chance.shuffle(numbers)
        first, second = numbers[:300], numbers[300:]
        self.send(first)
        self.assertEqual(self.report().state, "running")
        self.reconnect()
        self.send(second)
        self.assert_complete()
        self.assertEqual(ReportedPart.objects.count(), PARTS)
        self.send([3, PARTS - 1])
        self.assertEqual(Report.objects.count(), 1, "what comes again after the end changes nothing")

    def test_with_parts_that_never_come(self) -> None:
        missing = {100, 301, 302, 303}
        self.send(number for number in range(PARTS) if number not in missing)
        self.assertEqual(self.report().state, "running")
        self.sweep()
        report = self.report()
        self.assertEqual((report.state, report.missing), ("incomplete", ["100", "301-303"]))
        self.assertEqual(
            Variable.objects.count(), (PARTS - len(missing)) * ITEMS + 1, "what came is kept, and so is the old"
        )
        self.reconnect()
        self.send(sorted(missing, reverse=True))
        self.assert_complete()

    def test_without_its_end(self) -> None:
        self.send(range(20))
        self.sweep()
        self.assertEqual((self.report().state, self.report().missing), ("incomplete", ["20-"]))
