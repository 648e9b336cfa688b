"""Bridges repeat what they are not sure of, and report when they can: late, twice, and in another order."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from django.test import override_settings

from bridge.cms.language import LOG, REQUEST
from bridge.cms.models import Alert
from bridge.cms.services import commands, reports
from bridge.wire import POST_FULL_STATE, STATUS_HEADER, UPDATE_EXECUTION
from smartserver.core import clock
from smartserver.core.events import COMMAND_SETTLED, TOPIC_COMMANDS
from stations.models import Command, Connector, FileJob
from stations.services.commands import queue_command
from tests.bridge.cms.calling import NAME, CallCase
from tests.bridge.cms.telling import TellingCase
from tests.units import run, run_published

FAILURE = {"Status": 500, "Error": "The hardware broke.", "Body": "boom"}
STATE_LOG = "/controllers/1/api/outlets/1/log/state/full"


def alert(code: int, at: int, outlet: str = "1") -> dict[str, Any]:
    payload = {"src": "evse", "code": code, "msg": "", "list": [], "session": ""}
    return {"type": "alert", "timestamp": 1_700_000_000_000 + at, "outlet": outlet, "payload": payload}


@override_settings(OPEN=True, NOC_COMMAND_TIMEOUT=900)
class Results(CallCase):
    def sent(self, action: str = "HardwareRequest", **payload: Any) -> int:
        """A command that is with the charger."""
        self.feed()
        number = self.queue(action, **payload)
        command = self.feed()
        self.assertEqual(command["ExecutionID"], number)
        return number

    def result(self, number: int, answer: Any, status: int | None) -> None:
        text = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
        headers = {} if status is None else {STATUS_HEADER: str(status)}
        self.post(UPDATE_EXECUTION, text, headers=headers, ExecutionID=number)

    def test_a_result_that_comes_after_the_time_is_the_truth_all_the_same(self) -> None:
        number = self.sent()
        self.server.store(partial(commands.expire, now=clock.now() + timedelta(seconds=1000)))
        self.assertEqual(self.settled(number), ("timed_out", "TimedOut"))
        self.result(number, {"version": "7"}, 200)
        self.assertEqual(self.settled(number), ("answered", "200"))
        command = Command.objects.get(pk=number)
        self.assertEqual((command.reply, command.error), ({"status": "200", "body": {"version": "7"}}, ""))
        self.result(number, {"version": "8"}, 200)
        self.assertEqual(Command.objects.get(pk=number).reply, command.reply)

    def test_a_log_that_comes_after_the_time_is_kept(self) -> None:
        number = self.sent(LOG, path=STATE_LOG)
        self.server.store(partial(commands.expire, now=clock.now() + timedelta(seconds=1000)))
        self.result(number, orjson.dumps("one\ntwo\n").decode(), 200)
        self.assertEqual(self.settled(number), ("answered", "200"))
        self.assertEqual(self.content(FileJob.objects.get(command=number)), b"one\ntwo\n")

    def test_a_fault_of_the_hardware_is_an_answer_with_an_error(self) -> None:
        number = self.sent()
        self.result(number, FAILURE, 500)
        command = Command.objects.get(pk=number)
        self.assertEqual((command.state, command.result, command.error), ("answered", "500", "The hardware broke."))

    def test_a_fault_in_the_place_of_a_log_is_no_log(self) -> None:
        for status in (500, None):  # clients that are not ours send no status
            number = self.sent(LOG, path=STATE_LOG)
            self.result(number, FAILURE, status)
            command = Command.objects.get(pk=number)
            self.assertEqual((command.state, command.result, command.error), ("answered", "500", "The hardware broke."))
            self.assertEqual(FileJob.objects.count(), 0)
            self.assertEqual(self.stored_files(), [])

    def test_a_log_that_looks_like_a_fault_is_a_log_by_its_status(self) -> None:
        number = self.sent(LOG, path=STATE_LOG)
        self.result(number, FAILURE, 200)
        self.assertEqual(orjson.loads(self.content(FileJob.objects.get(command=number))), FAILURE)

    def test_half_of_a_surrogate_pair_in_a_log_without_a_status_is_no_fault(self) -> None:
        number = self.sent(LOG, path=STATE_LOG)
        self.post(UPDATE_EXECUTION, b'"a\\ud800b"', ExecutionID=number)
        self.assertEqual(self.content(FileJob.objects.get(command=number)), b"a?b")


class Told(TellingCase):
    def test_a_late_result_is_told_like_one_in_time(self) -> None:
        """To the live table, and to webhooks a second time: the first said that it had timed out."""
        self.feed()
        run(
            partial(queue_command, station_id=self.station.pk, action=REQUEST, payload={"method": "GET", "path": "/id"})
        )
        run(partial(commands.next_command, station_id=self.station.pk, ours=True, now=clock.now()))
        number = Command.objects.get().pk
        _, given_up = run_published(partial(commands.expire, now=clock.now() + timedelta(days=1)))
        _, late = run_published(
            partial(
                reports.take_result,
                station_id=self.station.pk,
                number=number,
                status=200,
                answer="EC-1",
                kept=None,
                now=clock.now(),
            )
        )
        for published, state, result in ((given_up, "timed_out", "TimedOut"), (late, "answered", "200")):
            told = [data for kind, data in published.events if kind == COMMAND_SETTLED]
            self.assertEqual(
                [(each["command"], each["state"], each["result"]) for each in told], [(number, state, result)]
            )
            self.assertIn(number, published.rows[TOPIC_COMMANDS])


@override_settings(OPEN=True)
class Logs(CallCase):
    def test_the_same_log_again_is_the_same_file(self) -> None:
        body = {"id": NAME, "SessionID": 7, "data": ["one", "two"]}
        for _ in range(3):
            self.post(POST_FULL_STATE, body)
        self.assertEqual(FileJob.objects.count(), 1)
        self.assertEqual(len(self.stored_files()), 1)
        self.post(POST_FULL_STATE, body | {"data": ["one", "two", "three"]})
        self.post(POST_FULL_STATE, body | {"SessionID": 8})
        self.assertEqual(FileJob.objects.count(), 3)


@override_settings(OPEN=True)
class Alerts(CallCase):
    def status(self, outlet: int = 1) -> str:
        return Connector.objects.get(evse__number=outlet).status

    def test_an_alert_that_comes_after_its_clearing_does_not_stand(self) -> None:
        self.event(alert(16, at=2000))
        self.event(alert(90, at=1000))
        row = Alert.objects.get()
        self.assertEqual((row.code, row.cleared_at is not None), (90, True))
        self.assertFalse(Connector.objects.filter(status="Faulted").exists())

    def test_one_that_was_raised_later_stands(self) -> None:
        self.event(alert(16, at=1000))
        self.event(alert(90, at=2000))
        self.assertIsNone(Alert.objects.get().cleared_at)
        self.assertEqual(self.status(), "Faulted")

    def test_the_clearing_of_another_outlet_clears_nothing_here(self) -> None:
        self.event(alert(16, at=2000, outlet="2"))
        self.event(alert(90, at=1000))
        self.assertIsNone(Alert.objects.get().cleared_at)
