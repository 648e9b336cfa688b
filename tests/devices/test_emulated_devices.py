from __future__ import annotations

import asyncio
import json
import unittest
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TransactionTestCase, override_settings
from websockets.asyncio.server import ServerConnection, serve

from devices import protocol
from devices.emulator import model
from devices.emulator.client import Plan, run_fleet
from devices.emulator.model import House, Values, underscored
from devices.emulator.statistics import Statistics
from devices.models import DeviceSample, SolMate
from tests.devices.support import Server


class Houses(unittest.TestCase):
    def day(self, number: int, seed: int = 1) -> list[Values]:
        house = House.build(number, seed)
        found = []
        for second in range(int(model.DAY_SECONDS)):
            house.step(float(second), 1.0, f"12:{second}")
            found.append(house.everything())
        return found

    def test_the_same_seed_gives_the_same_day(self) -> None:
        self.assertEqual(self.day(1), self.day(1))
        self.assertNotEqual(self.day(1), self.day(1, seed=2))

    def test_a_day_is_plausible(self) -> None:
        for number in range(1, 9):
            day = self.day(number)
            income = [float(values["power_income"] or 0) for values in day]
            self.assertEqual(min(income), 0.0)
            self.assertGreater(max(income), 100.0)
            self.assertTrue(all(0 <= float(values["battery"] or 0) <= model.CAPACITY_WH for values in day))
            self.assertTrue(all(0 <= float(values["power_inject"] or 0) <= model.INJECT_LIMIT for values in day))
            self.assertGreater(len({values["battery"] for values in day}), 100)

    def test_both_versions_occur_and_only_v2_tells_its_time(self) -> None:
        last = {number: self.day(number)[-1] for number in range(1, 9)}
        self.assertEqual({values["solmate_version"] for values in last.values()}, {"v1", "v2"})
        for values in last.values():
            self.assertEqual(values["local_time"] is not None, values["solmate_version"] == "v2")

    def test_the_server_takes_both_forms_of_the_first_message(self) -> None:
        everything = House.build(1, 1).everything()
        plain = protocol.parse(json.dumps({"type": "UPDT", "message": "0:0001:" + json.dumps(everything)}))
        dumped = underscored(everything)
        self.assertIn("_battery", dumped)
        first = protocol.parse(json.dumps({"type": "INIT", "message": "0:0001:" + json.dumps(dumped)}))
        self.assertEqual(plain.values, first.values)
        self.assertEqual(plain.ignored, ())


class Figures(unittest.TestCase):
    def test_summary(self) -> None:
        statistics = Statistics(sent=3)
        self.assertEqual(dict(statistics.summary())["Reply time, median"], "–")
        for seconds in (0.01, 0.02, 0.5):
            statistics.answered(seconds, stored=True)
        self.assertTrue(statistics.complete)
        statistics.sent += 1
        statistics.answered(1.0, stored=False)
        self.assertFalse(statistics.complete)
        self.assertEqual(dict(statistics.summary())["Reply time, median"], "20.0 ms")
        self.assertEqual(dict(statistics.summary())["Reply time, 99 %"], "500.0 ms")
        self.assertIn("1 errors", statistics.line())

    def test_nothing_sent_is_no_success(self) -> None:
        self.assertFalse(Statistics().complete)


async def fleet(url: str, seconds: float, **plan: Any) -> tuple[Statistics, list[str]]:
    statistics, stop = Statistics(), asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    errors = await run_fleet(Plan(url=url, **plan), count=2, seed=1, statistics=statistics, stop=stop)
    return statistics, errors


@override_settings(OPEN=True)
class FleetAgainstTheServer(TransactionTestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.server.start()
        self.addCleanup(self.server.stop)

    def test_everything_is_acknowledged_and_stored(self) -> None:
        statistics, errors = asyncio.run(fleet(self.server.url, 1.5, interval=0.05))
        self.assertTrue(statistics.complete)
        self.assertEqual(errors, [])
        self.assertGreater(statistics.sent, 20)
        self.assertEqual(statistics.reconnects, 0)
        self.assertEqual(set(SolMate.objects.values_list("serial_number", flat=True)), {"0001", "0002"})
        self.assertTrue(SolMate.objects.exclude(country="").exclude(capacity=None).count() == 2)
        self.assertGreater(DeviceSample.objects.count(), 20)

    def test_the_command_reports_and_succeeds(self) -> None:
        output = self.command("--count", "3", "--duration", "1")
        self.assertIn("Acknowledged", output)
        self.assertEqual(SolMate.objects.count(), 3)

    @override_settings(OPEN=False)
    def test_the_command_fails_where_it_is_not_let_in(self) -> None:
        with self.assertRaises(SystemExit) as caught:
            self.command("--count", "1", "--duration", "0.5")
        self.assertEqual(caught.exception.code, 1)

    @override_settings(OPEN=False, DEVICE_ENROLMENT_KEY="let me in")
    def test_the_command_presents_the_key(self) -> None:
        self.command("--count", "2", "--duration", "0.5", "--key", "let me in", "--rate", "20")
        self.assertEqual(SolMate.objects.count(), 2)

    def test_arguments_that_make_no_sense(self) -> None:
        with self.assertRaises(CommandError):
            self.command("--count", "0")

    def command(self, *arguments: str) -> str:
        output = StringIO()
        with mock.patch("sys.stdout", output):
            call_command("emulate_devices", "--url", self.server.url, *arguments)
        return output.getvalue()


class FleetAgainstABadServer(unittest.IsolatedAsyncioTestCase):
    """A server that keeps silent, says ERROR, or hangs up."""

    async def against(self, answer: Any, seconds: float = 1.0, **plan: Any) -> tuple[Statistics, list[str], list[str]]:
        heard: list[str] = []

        async def handle(socket: ServerConnection) -> None:
            await socket.send(protocol.encode("INFO", protocol.WELCOME))
            async for text in socket:
                message = json.loads(text)["message"]
                heard.append(message)
                message_id, serial, _ = message.split(":", 2)
                verdict = answer(heard)
                if verdict == "hang up":
                    return
                if verdict:
                    await socket.send(protocol.encode("INFO", f"{message_id}:{serial}:{verdict}"))

        async with serve(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            statistics, errors = await fleet(f"ws://127.0.0.1:{port}/", seconds, interval=0.1, **plan)
        return statistics, errors, heard

    async def test_errors_are_counted(self) -> None:
        statistics, _, _ = await self.against(lambda heard: "ERROR")
        self.assertGreater(statistics.errors, 2)
        self.assertFalse(statistics.complete)

    async def test_a_message_without_answer_is_sent_again(self) -> None:
        def slow(heard: list[str]) -> str:
            return "OK" if heard.count(heard[-1]) > 1 else ""

        statistics, _, heard = await self.against(slow, reply_timeout=0.1)
        self.assertGreater(statistics.resent, 2)
        self.assertTrue(statistics.complete)
        self.assertEqual(heard.count(heard[0]), 2)

    async def test_a_device_connects_again_and_repeats_its_message(self) -> None:
        def hangs_up_at_first(heard: list[str]) -> str:
            return "OK" if heard.count(heard[-1]) > 1 or len(heard) > 4 else "hang up"

        statistics, errors, _ = await self.against(hangs_up_at_first, seconds=1.5, reconnect=0.05)
        self.assertGreaterEqual(statistics.reconnects, 2)
        self.assertTrue(statistics.complete)
        self.assertNotEqual(errors, [])

    async def test_what_is_never_answered_is_reported(self) -> None:
        statistics, errors, _ = await self.against(lambda heard: "", reply_timeout=0.05, reconnect=10)
        self.assertEqual((statistics.sent, statistics.unanswered, errors), (2, 2, ["no answer"]))
