"""Commands over a real push channel: they leave as they are queued, one at a time, and come to one end."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import requests
from django.test import override_settings

from bridge import push
from bridge.cms.models import Charger
from bridge.cms.services import channels, commands
from bridge.cms.uploads import MAX_SHORT
from smartserver.core import clock
from stations.models import Command, FileJob
from tests.bridge.cms.pushing import PushCase
from tests.waiting import eventually

State = Command.State


@override_settings(OPEN=True)
class Commands(PushCase):
    def test_a_command_leaves_as_it_is_queued_and_its_result_settles_it(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            begun = time.monotonic()
            number = self.server.queue(method="PUT", path="/outlets/1/powercap", body='{"PowerCapW":9000}')
            told = bridge.command()
            self.assertLess(time.monotonic() - begun, 0.5)
            expected = {"command_id": number, "method": "PUT", "path": "/outlets/1/powercap"}
            expected |= {"body": '{"PowerCapW":9000}', "is_json": True, "is_text_file": False}
            self.assertEqual(told, expected)
            bridge.result(number, 200, {"ok": True})
            self.assertEqual(bridge.next(), (push.ACK, {"key": f"command-{number}"}))
            command = Command.objects.get(pk=number)
        self.assertEqual((command.state, command.result), (State.ANSWERED, "200"))
        self.assertEqual(command.reply, {"status": "200", "body": {"ok": True}})

    def test_what_was_queued_before_leaves_when_the_channel_opens(self) -> None:
        self.server.feed()
        number = self.server.queue()
        with self.server.bridge() as bridge:
            self.assertEqual(bridge.command()["command_id"], number)

    def test_one_is_on_its_way_at_a_time(self) -> None:
        with self.server.bridge() as bridge:
            numbers = [self.server.queue(path=f"/outlets/{outlet}/state") for outlet in (1, 2, 3)]
            for number in numbers:
                self.assertEqual(bridge.command()["command_id"], number)
                self.assertTrue(bridge.is_heard())  # and no other command before its answer
                bridge.result(number)
                self.assertEqual(bridge.next()[1], {"key": f"command-{number}"})

    def test_one_without_a_result_goes_out_again_over_the_next_channel(self) -> None:
        with self.server.bridge() as bridge:
            number = self.server.queue(method="POST", path="/reset")
            first = bridge.command()
            bridge.vanish()
        with self.server.bridge() as bridge:
            self.assertEqual(bridge.command(), first)
            bridge.result(number)
            bridge.next()
        self.assertEqual(Command.objects.get(pk=number).attempts, 1)

    def test_a_result_counts_once_and_every_one_is_acknowledged(self) -> None:
        with self.server.bridge() as bridge:
            number = self.server.queue()
            bridge.command()
            for status, answer in ((200, "first"), (500, "second")):
                bridge.result(number, status, answer)
                self.assertEqual(bridge.next(), (push.ACK, {"key": f"command-{number}"}))
            for unknown in (number + 1, 0, -1):
                bridge.result(unknown)
                self.assertEqual(bridge.next(), (push.ACK, {"key": f"command-{unknown}"}))
        self.assertEqual(Command.objects.get(pk=number).reply, {"status": "200", "body": "first"})

    def test_another_chargers_result_changes_nothing(self) -> None:
        with self.server.bridge() as bridge, self.server.bridge("CHARGER-2") as other:
            number = self.server.queue()
            bridge.command()
            other.result(number)
            self.assertEqual(other.next()[0], push.ACK)
            self.assertEqual(Command.objects.get(pk=number).state, State.SENT)

    def test_what_the_hardware_said_and_what_it_did_not(self) -> None:
        with self.server.bridge() as bridge:
            for status, answer, state, result in (
                (404, "no such route", State.ANSWERED, "404"),
                (200, None, State.ANSWERED, "200"),
                (200, {"text": "a\0b"}, State.ANSWERED, "200"),
                (0, {"Status": 0, "Error": "It did not answer."}, State.FAILED, "Failed"),
            ):
                number = self.server.queue()
                bridge.command()
                bridge.result(number, status, answer)
                bridge.next()
                self.assert_settled(number, state, result)
        self.assertEqual(Command.objects.latest("pk").error, "It did not answer.")

    def test_a_long_answer_becomes_a_file(self) -> None:
        answer = {"text": "x" * (MAX_SHORT + 1)}
        with TemporaryDirectory() as folder, override_settings(FILES_DIR=Path(folder)), self.server.bridge() as bridge:
            number = self.server.queue()
            bridge.command()
            bridge.result(number, 200, answer)
            self.assertEqual(bridge.next()[0], push.ACK)
            job = FileJob.objects.get(command=number)
            self.assertEqual(orjson.loads((Path(folder) / job.path).read_bytes()), answer)
        reply = Command.objects.get(pk=number).reply
        self.assertEqual(reply, {"status": "200", "job": job.pk, "size": job.size})

    def test_a_result_over_the_other_wire_lets_the_next_one_leave(self) -> None:
        with self.server.bridge() as bridge:
            first, second = self.server.queue(), self.server.queue(path="/id")
            self.assertEqual(bridge.command()["command_id"], first)
            url = f"{self.server.http}/api/charger/UpdateExecutionStatus"
            reply = requests.post(url, params={"ExecutionID": first}, data='"\\"long\\""', timeout=10)
            self.assertEqual(reply.status_code, 200)
            self.assertEqual(bridge.command()["command_id"], second)

    def test_one_that_is_given_up_lets_the_next_one_leave(self) -> None:
        with self.server.bridge() as bridge:
            first = self.server.queue()
            self.assertEqual(bridge.command()["command_id"], first)
            second = self.server.queue(path="/id")
            late = clock.now() + commands.patience() + timedelta(seconds=1)
            self.server.store(lambda batch: commands.expire(batch, late))
            self.assertEqual(bridge.command()["command_id"], second)
        self.assert_settled(first, State.TIMED_OUT, "TimedOut")


@override_settings(OPEN=True)
class BesideThePollingWire(PushCase):
    def test_commands_leave_with_feeds_again_when_the_channel_closes(self) -> None:
        with self.server.bridge():
            self.server.queue()
            self.assertIsNone(self.server.feed())
        eventually(lambda: self.charger().pushed_since is None)
        self.assertEqual(self.server.feed()["API"], "/version")

    def test_a_channel_that_nothing_was_heard_from_carries_no_commands(self) -> None:
        self.server.feed()
        number = self.server.queue()
        now = clock.now()
        # As a killed process leaves it.
        Charger.objects.update(pushed_since=now, push_heard_at=now - channels.patience() + timedelta(seconds=5))
        self.assertIsNone(self.server.feed())
        Charger.objects.update(push_heard_at=now - channels.patience() - timedelta(seconds=1))
        self.assertEqual(self.server.feed()["ExecutionID"], number)

    def test_a_command_that_is_too_long_for_a_frame_goes_with_a_feed(self) -> None:
        body = orjson.dumps("é" * 600_000).decode()
        with self.server.bridge() as bridge:
            number = self.server.queue(method="PUT", path="/outlets/1/powercap", body=body)
            eventually(lambda: Command.objects.get(pk=number).state == State.SENT)
            self.assertTrue(bridge.is_heard())  # and no command before it
            fed = self.server.feed()
            self.assertEqual((fed["ExecutionID"], fed["Input"]), (number, body))
            bridge.result(number)
            self.assertEqual(bridge.next()[0], push.ACK)
            after = self.server.queue()
            self.assertEqual(bridge.command()["command_id"], after)
            self.assertIsNone(self.server.feed())
