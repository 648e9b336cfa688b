"""Requests in the exact form of the original client, over a bare connection, and the exact answers that it expects."""

from __future__ import annotations

from urllib.parse import quote_plus

import orjson
from django.test import override_settings

from bridge.cms.language import LOG
from bridge.cms.models import Charger, HardwareEvent
from stations.models import Command, Connector, FileJob, Message, State
from tests.bridge.cms.calling import FEED, NAME, CallCase

EVENT = (
    '{"type": "session_start", "timestamp": 1782043200123, "chargerId": "EC-1", "outlet": "1", "outletType": "CCS2", '
    '"payload": {"user": "RFID 04:A2+B3", "session": "c0ffee-1"}}'
)
STATE = '[{"id": "EC-1", "outlet": 1, "phs": 7, "busy": true, "meter": 125000}, {"outlet": 2, "phs": 1, "busy": false}]'
BOTH = ("//api/charger", "/api/charger")


@override_settings(OPEN=True)
class Recorded(CallCase):
    def test_head_finds_a_living_server(self) -> None:
        answer = self.original("HEAD", "/api/charger/LiveFeeds")
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_the_version(self) -> None:
        for prefix in BOTH:
            with self.subTest(prefix):
                answer = self.original("GET", f"{prefix}/LogVersion?Name={NAME}&Version=ador-intel-1-14-v6")
                self.assertEqual((answer.status, answer.body), (200, b'""'))
        self.assertEqual(Charger.objects.get().bridge_version, "ador-intel-1-14-v6")

    def test_a_live_feed_without_a_command(self) -> None:
        for prefix in BOTH:
            with self.subTest(prefix):
                answer = self.original("POST", f"{prefix}/LiveFeeds", orjson.dumps(FEED))
                self.assertEqual((answer.status, answer.body), (200, b'""'))
                self.assertEqual(answer.headers["content-type"], "application/json; charset=utf-8")
        shown = dict(Connector.objects.values_list("evse__number", "status"))
        self.assertEqual(shown, {1: "Available", 2: "Preparing"})
        self.assertEqual((self.station().state, self.station().ocpp_version), (State.ONLINE, "NOC"))

    def test_a_live_feed_with_a_command(self) -> None:
        self.original("POST", "//api/charger/LiveFeeds", orjson.dumps(FEED))
        number = self.queue(method="PUT", path="/outlets/1/powercap", body='{"PowerCapW": 30000}')
        answer = self.original("POST", "//api/charger/LiveFeeds", orjson.dumps(FEED))
        command = (
            f'{{"ExecutionID":{number},"API":"/outlets/1/powercap","ApiTypeID":2,"IsTextFile":false,'
            '"IsInputRequired":true,"InputIsJson":true,"Input":"{\\"PowerCapW\\": 30000}","Data":null}'
        )
        self.assertEqual((answer.status, answer.body), (200, orjson.dumps(command)))

    def test_an_event_in_the_query(self) -> None:
        for prefix in BOTH:
            with self.subTest(prefix):
                answer = self.original("POST", f"{prefix}/LogEvent?id={NAME}&ev={quote_plus(EVENT)}")
                row = HardwareEvent.objects.get()  # the same event again is the same row
                self.assertEqual((answer.status, answer.body), (200, b'{"Message":"%d"}' % row.pk))
        self.assertEqual((row.session, row.payload["user"], row.outlet), ("c0ffee-1", "RFID 04:A2+B3", 1))

    def test_a_state_in_a_json_string(self) -> None:
        for prefix in BOTH:
            with self.subTest(prefix):
                target = f"{prefix}/PostStateData?id={NAME}&SessionID=7"
                answer = self.original("POST", target, orjson.dumps(STATE))
                self.assertEqual((answer.status, answer.body), (200, b'""'))
        self.assertEqual(Charger.objects.get().state, orjson.loads(STATE))

    def test_a_log(self) -> None:
        body = b'{"id": "EC-1", "SessionID": 7, "data": ["2026-06-21 \\u00b0C", "second \\"line\\""]}'
        for prefix in BOTH:
            with self.subTest(prefix):
                answer = self.original("POST", f"{prefix}/ExpertPostFullStateData", body)
                self.assertEqual((answer.status, answer.body), (200, b'""'))
                job = FileJob.objects.latest("pk")
                self.assertEqual(self.content(job), '2026-06-21 °C\nsecond "line"\n'.encode())
                self.assertEqual((job.file_name, job.log_type, job.state), ("state-7.log", "StateLog", "done"))

    def test_results_encoded_once_and_twice(self) -> None:
        self.feed()
        for sent, reply in (
            (rb'"{\"PowerCapW\": 30000}"', {"PowerCapW": 30000}),
            (rb'"\"1.14 v6\""', "1.14 v6"),
            (rb'"1.14 v6"', "1.14 v6"),
            (rb'""', ""),
            (rb'"[1, 2]"', [1, 2]),
        ):
            with self.subTest(sent):
                number = self.queue()
                self.original("POST", "//api/charger/LiveFeeds", orjson.dumps(FEED))
                answer = self.original("POST", f"//api/charger/UpdateExecutionStatus?ExecutionID={number}", sent)
                self.assertEqual((answer.status, answer.body), (200, b'""'))
                self.assertEqual(self.settled(number), ("answered", "unknown"))
                job = FileJob.objects.filter(command=number)
                self.assertFalse(job.exists())
                self.assertEqual(self.reply_of(number), {"status": "unknown", "body": reply})

    def test_a_log_file_that_was_asked_for(self) -> None:
        self.feed()
        for sent in (rb'"\"line 1\\nline 2\""', rb'"line 1\nline 2"'):
            number = self.queue(LOG, path="/ocpp-client/logs/ocpp.log")
            self.original("POST", "//api/charger/LiveFeeds", orjson.dumps(FEED))
            self.original("POST", f"//api/charger/UpdateExecutionStatus?ExecutionID={number}", sent)
            self.assertEqual(self.content(FileJob.objects.get(command=number)), b"line 1\nline 2")

    def test_a_text_that_begins_with_a_quotation_mark_is_no_json(self) -> None:
        self.feed()
        number = self.queue(LOG, path="/ocpp-client/logs/ocpp.log")
        self.feed()
        self.original("POST", f"//api/charger/UpdateExecutionStatus?ExecutionID={number}", rb'"\"a\" said b"')
        self.assertEqual(self.content(FileJob.objects.get(command=number)), b'"a" said b')

    def test_every_call_is_in_the_message_log(self) -> None:
        self.test_an_event_in_the_query()
        self.test_a_state_in_a_json_string()
        found = Message.objects.order_by("pk").values_list("action", "outcome")
        self.assertEqual(list(found), [("LogEvent", "CALLRESULT")] * 2 + [("PostStateData", "CALLRESULT")] * 2)
        self.assertEqual(Message.objects.filter(action="LogEvent").latest("pk").request, EVENT)

    def reply_of(self, number: int) -> object:
        return Command.objects.values_list("reply", flat=True).get(pk=number)
