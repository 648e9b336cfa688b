"""Commands over the polling wire: one a poll, marked as sent before they leave, and what comes back ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

import orjson
import requests
from django.test import override_settings

from bridge import wire
from bridge.cms import uploads
from bridge.cms.call import Call
from bridge.cms.language import LOG
from bridge.cms.services import commands
from smartserver.accounts.roles import Role
from smartserver.core import clock
from smartserver.core.errors import NotFound
from stations import settlement
from stations.models import Command, FileJob, Message
from tests.api.support import LiveCase
from tests.bridge.cms.calling import FEED, NAME, OURS, CallCase, packed
from tests.stations.factories import StationFactory
from tests.stations.support import NOON


@override_settings(OPEN=True)
class _Commands(CallCase):
    def setUp(self) -> None:
        super().setUp()
        self.feed()

    def result(self, number: int, answer: Any, *, status: int | None = 200, expect: int = 200) -> None:
        """The hardware's answer, as our bridge reports it; without a status as the original does."""
        headers = {} if status is None else {wire.STATUS_HEADER: str(status)}
        body = wire.write_answer(answer if isinstance(answer, str) else orjson.dumps(answer).decode())
        self.post("UpdateExecutionStatus", body, expect=expect, headers=headers, ExecutionID=number)

    def command(self, number: int) -> Command:
        return Command.objects.get(pk=number)

    def at(self, minutes: float) -> datetime:
        """So many minutes after the command was sent."""
        sent = Command.objects.exclude(sent_at=None).latest("pk").sent_at
        assert sent is not None
        return sent + timedelta(minutes=minutes)


class Leaving(_Commands):
    def test_one_a_poll_in_their_order(self) -> None:
        numbers = [self.queue(path=path) for path in ("/version", "/release", "/macaddress")]
        for number in numbers:
            self.assertEqual(self.feed()["ExecutionID"], number)
            self.result(number, {})
        self.assertIsNone(self.feed())

    def test_it_is_sent_before_the_reply_leaves(self) -> None:
        """The reply gets lost: the command is on its way all the same, and is not forgotten."""
        number = self.queue()
        found = []

        async def reply(call: Call, body: bytes) -> None:
            found.append(await call.store(lambda batch: self.settled(number)))
            raise NotFound("The reply gets lost.")

        with mock.patch("bridge.cms.call.Call.reply", reply):
            self.post("LiveFeeds", FEED, expect=404)
        self.assertEqual(found, [("sent", "")])
        self.assertEqual(self.feed()["ExecutionID"], number)

    def test_our_bridge_gets_the_same_again_until_it_reports(self) -> None:
        first = self.queue(method="PUT", path="/outlets/1/powercap", body="{}")
        second = self.queue()
        for _ in range(3):
            self.assertEqual(self.feed()["ExecutionID"], first)
        self.result(first, {})
        self.assertEqual(self.feed()["ExecutionID"], second)

    def test_others_get_again_what_reads_and_only_after_a_while(self) -> None:
        number = self.queue()
        self.assertEqual(self.feed(ours=False)["ExecutionID"], number)
        for minutes, again in ((1, False), (1.9, False), (2.1, True), (3.9, False), (4.1, True), (4.2, False)):
            with self.subTest(minutes), clock.frozen(self.at(minutes)):
                self.assertEqual(self.feed(ours=False) is not None, again)
        self.result(number, {}, status=None)
        self.assertEqual(self.settled(number), ("answered", "unknown"))

    def test_others_never_get_again_what_has_an_effect(self) -> None:
        number = self.queue(method="POST", path="/reset")
        self.assertEqual(self.feed(ours=False)["ApiTypeID"], 3)
        for minutes in (3, 14):
            with clock.frozen(self.at(minutes)):
                self.assertIsNone(self.feed(ours=False))
        with clock.frozen(self.at(16)):
            self.assertIsNone(self.feed(ours=False))
        self.assertEqual(self.settled(number), ("timed_out", "TimedOut"))

    def test_after_a_time_out_the_next_one_leaves(self) -> None:
        numbers = [self.queue(), self.queue()]
        self.feed()
        with clock.frozen(self.at(16)):
            self.assertEqual(self.feed()["ExecutionID"], numbers[1])
        self.assertEqual(self.settled(numbers[0]), ("timed_out", "TimedOut"))

    def test_one_that_nobody_polls_for_times_out_by_itself(self) -> None:
        number = self.queue()
        self.feed()
        self.server.store(partial(commands.expire, now=self.at(14)))
        self.assertEqual(self.settled(number)[0], "sent")
        self.server.store(partial(commands.expire, now=self.at(16)))
        self.assertEqual(self.settled(number), ("timed_out", "TimedOut"))

    def test_what_looks_after_commands_of_ocpp_leaves_them_alone(self) -> None:
        number = self.queue()
        self.feed()
        other = StationFactory.create(identity="CP1", ocpp_version="1.6")
        lost = Command.objects.create(
            station=other,
            action="Reset",
            payload={"type": "Soft"},
            state=Command.State.SENT,
            sent_at=NOON,
            ocpp_version="1.6",
            created_at=NOON,
            expires_at=NOON + timedelta(days=9000),
        )
        self.server.store(partial(settlement.sweep, unanswered_since=self.at(60)))
        self.assertEqual((self.settled(number)[0], self.settled(lost.pk)), ("sent", ("failed", "ConnectionLost")))
        self.server.store(partial(commands.expire, now=self.at(14)))
        self.assertEqual(self.settled(number)[0], "sent")

    def test_a_charger_that_was_away_keeps_its_command(self) -> None:
        number = self.queue(method="POST", path="/reset")
        self.feed()
        station = self.station()
        station.state = "offline"
        station.save(update_fields=["state"])
        self.assertEqual(self.feed()["ExecutionID"], number)
        self.assertEqual(self.command(number).attempts, 1)

    def test_every_form_of_a_command(self) -> None:
        for payload, expected in (
            ({"method": "DELETE", "path": "/services/rfid/1"}, {"ApiTypeID": 4, "IsInputRequired": False}),
            (
                {"method": "POST", "path": "/reset", "body": "now", "is_json": False},
                {"InputIsJson": False, "Data": "now"},
            ),
            (
                {"method": "PUT", "path": "/hmi/config", "body": "[1]"},
                {"InputIsJson": True, "Input": "[1]", "Data": None},
            ),
        ):
            number = self.queue(**payload)
            self.assertLessEqual(expected.items(), self.feed().items())
            self.result(number, {})
        number = self.queue(LOG, path="/ocpp-client/logs/a.log", lines=500)
        found = self.feed()
        self.assertEqual((found["IsTextFile"], found["Input"]), (True, '{"lines":500}'))


class Returning(_Commands):
    def sent(self, *arguments: Any, **payload: Any) -> int:
        number = self.queue(*arguments, **payload)
        self.assertEqual(self.feed()["ExecutionID"], number)
        return number

    def test_the_hardwares_status_is_the_result(self) -> None:
        for status in (200, 204, 404, 500):
            number = self.sent()
            self.result(number, {"a": [1]}, status=status)
            self.assertEqual(self.settled(number), ("answered", str(status)))
            self.assertEqual(self.command(number).reply, {"status": str(status), "body": {"a": [1]}})

    def test_an_answer_of_any_form(self) -> None:
        for answer in ("plain text", "", [1, 2], {"a": None}, 7, "7", "null", '"quoted"', "<html>", "a\0b", "😀"):
            with self.subTest(answer):
                number = self.sent()
                self.result(number, answer)
                body = orjson.loads(answer) if answer in ("7", "null", '"quoted"') else answer
                expected = "ab" if answer == "a\0b" else body
                self.assertEqual((self.command(number).reply or {})["body"], expected)

    def test_no_answer_of_the_hardware_is_a_failure(self) -> None:
        number = self.sent()
        self.result(number, {"Status": 0, "Error": "The hardware did not answer."}, status=0)
        self.assertEqual(self.settled(number), ("failed", "Failed"))
        self.assertEqual(self.command(number).error, "The hardware did not answer.")

    def test_a_failure_in_words(self) -> None:
        for answer, error in (("It hangs.", "It hangs."), ("", "No answer came."), ({"a": 1}, '{"a":1}')):
            number = self.sent()
            self.result(number, answer, status=0)
            self.assertEqual((self.settled(number)[0], self.command(number).error), ("failed", error))

    def test_a_failure_without_the_header(self) -> None:
        number = self.sent()
        self.result(number, {"Status": None, "Error": "No route."}, status=None)
        self.assertEqual((self.settled(number)[0], self.command(number).error), ("failed", "No route."))
        number = self.sent()
        self.result(number, {"Status": "503", "Error": "Busy."}, status=None)
        self.assertEqual(self.settled(number), ("answered", "503"))

    def test_repeated_results_change_nothing_and_late_ones_count(self) -> None:
        number = self.sent()
        self.result(number, {"first": True})
        for answer, status in (({"second": True}, 500), ("x" * 500_000, 200), ("gone", 0)):
            self.result(number, answer, status=status)
        self.assertEqual(
            (self.settled(number), self.command(number).reply),
            (("answered", "200"), {"status": "200", "body": {"first": True}}),
        )
        told = Message.objects.filter(action="UpdateExecutionStatus").latest("pk").request
        self.assertIn("nobody waits for", told)
        late = self.sent()
        self.server.store(partial(commands.expire, now=self.at(16)))
        self.result(late, {})
        self.assertEqual(self.settled(late), ("answered", "200"))
        self.assertEqual((self.stored_files(), FileJob.objects.count()), ([], 0))

    def test_a_result_that_comes_twice_at_once_keeps_one_file(self) -> None:
        number = self.sent(LOG, path="/ocpp-client/logs/a.log")
        real = uploads._read_answer

        def twice(*arguments: Any, **options: Any) -> Any:
            with mock.patch.object(uploads, "_read_answer", side_effect=real):
                self.result(number, "the first")
            return real(*arguments, **options)

        with mock.patch.object(uploads, "_read_answer", side_effect=twice):
            self.result(number, "the second")
        self.assertEqual(self.content(FileJob.objects.get()), b"the first")

    def test_a_long_answer_becomes_a_file(self) -> None:
        text = "line of a log ° \n" * 40_000
        for answer, content in ((text, text), ([text], orjson.dumps([text]).decode())):
            number = self.sent()
            self.result(number, answer)
            job = FileJob.objects.get(command=number)
            self.assertEqual(self.content(job).decode(), content)
            self.assertEqual(
                (job.file_name, job.state, job.size), (f"command-{number}.log", "done", len(content.encode()))
            )
            self.assertEqual(self.command(number).reply, {"status": "200", "job": job.pk, "size": job.size})

    def test_a_long_answer_may_be_packed(self) -> None:
        number = self.sent()
        body = packed(wire.write_answer("x" * 1_000_000))
        headers = {"Content-Encoding": "gzip", wire.STATUS_HEADER: "200"}
        self.post("UpdateExecutionStatus", body, headers=headers, ExecutionID=number)
        self.assertEqual(FileJob.objects.get().size, 1_000_000)

    def test_a_log_file_is_a_file_however_short(self) -> None:
        number = self.sent(LOG, path="/ocpp-client/logs/a.log")
        self.result(number, "a line")
        self.assertEqual(self.content(FileJob.objects.get(command=number)), b"a line")

    def test_a_log_file_that_could_not_be_had(self) -> None:
        number = self.sent(LOG, path="/ocpp-client/logs/a.log")
        self.result(number, {"Status": 0, "Error": "No such file."}, status=0)
        self.assertEqual((self.settled(number), FileJob.objects.count()), (("failed", "Failed"), 0))

    def test_a_charger_that_goes_over_to_ocpp_is_refused_its_result(self) -> None:
        number = self.sent(LOG, path="/ocpp-client/logs/a.log")
        station = self.station()
        station.ocpp_version = "1.6"
        station.save(update_fields=["ocpp_version"])
        self.result(number, "a line", expect=403)
        self.assertEqual(self.stored_files(), [])


class OverRest(LiveCase):
    def test_a_log_is_asked_for_reported_and_fetched(self) -> None:
        with override_settings(OPEN=True):
            url = f"{self.http}/api/charger"

            def poll() -> Any:
                text = requests.post(f"{url}/LiveFeeds", orjson.dumps(FEED), headers=OURS, timeout=10).json()
                return orjson.loads(text) if text else None

            self.assertIsNone(poll())
            body = {"action": LOG, "payload": {"path": "/ocpp-client/logs/a.log"}}
            number = self.ask("post", f"stations/{NAME}/commands", body, role=Role.OPERATOR, expect=201)["id"]
            self.assertEqual(poll()["ExecutionID"], number)
            answer = wire.write_answer("line 1\nline 2\n")
            query = {"ExecutionID": str(number)}
            requests.post(f"{url}/UpdateExecutionStatus", answer, params=query, headers=OURS, timeout=10)
        job = self.ask("get", f"commands/{number}")["reply"]["job"]
        headers = {"Authorization": f"Bearer {self.tokens[Role.OPERATOR]}"}
        file = requests.get(f"{self.http}/api/v1/jobs/{job}/file", headers=headers, timeout=10)
        self.assertEqual((file.status_code, file.content), (200, b"line 1\nline 2\n"))

    def test_stations_of_ocpp_are_commanded_as_before(self) -> None:
        with self.station("CP1") as station:
            body = {"action": "Reset", "payload": {"type": "Soft"}, "wait": 10}
            reply = self.ask("post", "stations/CP1/commands", body, role=Role.ADMINISTRATOR, expect=None)
            self.assertEqual((reply["state"], reply["result"]), ("answered", "Accepted"))
            self.assertEqual(station.calls("Reset"), [{"type": "Soft"}])
            body = {"action": "HardwareRequest", "payload": {"method": "GET", "path": "/version"}}
            self.assertEqual(self.ask("post", "stations/CP1/commands", body, expect=400)["code"], "unknown_action")
