"""An answer of 200 means stored: it leaves after the commit, and never when there was none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import quote

import orjson
import requests
from django.test import override_settings

from bridge.cms.language import LOG
from bridge.cms.models import Charger, HardwareEvent
from bridge.cms.services import reports
from smartserver.core.errors import Unavailable
from stations.models import Command, FileJob, Message
from tests.bridge.cms.calling import FEED, NAME, CallCase
from tests.waiting import eventually


@override_settings(OPEN=True)
class Stored(CallCase):
    def setUp(self) -> None:
        super().setUp()
        self.feed()
        self.number = self.queue(LOG, path="/ocpp-client/logs/a.log")
        self.feed()

    @contextmanager
    def storing_held(self) -> Iterator[threading.Event]:
        """What stores a report, as its last step, waits until the block is left. The event: it has come so far."""
        held, release = threading.Event(), threading.Event()
        log = reports.log

        def hold(*arguments: Any, **options: Any) -> None:
            held.set()
            release.wait(10)
            log(*arguments, **options)

        with mock.patch.object(reports, "log", hold):
            try:
                yield held
            finally:
                release.set()

    def test_nothing_is_answered_while_nothing_is_committed(self) -> None:
        event = quote('{"type":"note","outlet":"1","payload":{}}')
        log = b'{"id":"EC-1","SessionID":1,"data":["x"]}'
        for method, target, body in (
            ("GET", f"LogVersion?Name={NAME}&Version=v9", b""),
            ("POST", "LiveFeeds", orjson.dumps(FEED)),
            ("POST", f"LogEvent?id={NAME}&ev={event}", b""),
            ("POST", f"PostStateData?id={NAME}&SessionID=1", b'"[{\\"outlet\\":1}]"'),
            ("POST", "ExpertPostFullStateData", log),
            ("POST", f"UpdateExecutionStatus?ExecutionID={self.number}", b'"x"'),
        ):
            with self.subTest(target), self.line() as line:
                with self.storing_held() as held:
                    head = f"{method} /api/charger/{target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                    line.sendall(head.encode() + body)
                    self.assertTrue(held.wait(10))
                    line.settimeout(0.05)
                    with self.assertRaises(TimeoutError):
                        line.recv(1)
                line.settimeout(10)
                self.assertEqual(self.answer_on(line).status, 200)
        charger = Charger.objects.get()
        self.assertEqual((charger.bridge_version, charger.state), ("v9", [{"outlet": 1}]))
        self.assertEqual((HardwareEvent.objects.count(), FileJob.objects.count()), (1, 2))
        self.assertEqual(Command.objects.get().state, "answered")
        self.assertEqual(Message.objects.filter(direction="in").count(), 8)

    def test_what_cannot_be_stored_is_not_acknowledged(self) -> None:
        failure = mock.patch(
            "bridge.cms.services.reports.log", side_effect=Unavailable("The database is out of reach.")
        )
        with failure:
            answers = [
                requests.post(f"{self.server.http}/api/charger/{target}", body, timeout=10)
                for target, body in (
                    ("LiveFeeds", orjson.dumps(FEED)),
                    (f"LogEvent?id={NAME}&ev=" + quote('{"type":"note"}'), b""),
                    ("ExpertPostFullStateData", b'{"id":"EC-1","SessionID":1,"data":["x"]}'),
                    (f"UpdateExecutionStatus?ExecutionID={self.number}", b'"x"'),
                )
            ]
        self.assertEqual([(each.status_code, each.headers["retry-after"]) for each in answers], [(503, "5")] * 4)
        self.assertFalse(HardwareEvent.objects.exists() or FileJob.objects.exists())
        self.assertEqual(Command.objects.get().state, "sent")
        self.post("UpdateExecutionStatus", b'"x"', ExecutionID=self.number)
        self.assertEqual(Command.objects.get().state, "answered")

    def test_the_same_event_from_several_sides_at_once_is_one(self) -> None:
        numbers: list[str] = []

        def send(place: int) -> None:
            event = {"type": "session_stop", "outlet": 1, "payload": {"session": "S-1", "energy": 1000}}
            numbers.append(self.event(event, key="k-1" if place % 2 else "")["Message"])

        threads = [threading.Thread(target=send, args=(place,)) for place in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        eventually(lambda: len(numbers) == 12)
        self.assertEqual(
            (len(set(numbers)), HardwareEvent.objects.count()), (2, 2)
        )  # one by its key, one by its content
