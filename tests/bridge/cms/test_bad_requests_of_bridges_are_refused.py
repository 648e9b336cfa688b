"""Whatever a bridge sends wrongly: a clear answer of the 4xx, nothing kept on disk, and the next call works."""

from __future__ import annotations

import errno
import gzip
import threading
import time
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import quote

import orjson
import requests
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import wire
from bridge.cms import application, bodies, calls, uploads
from bridge.cms.language import LOG
from bridge.cms.models import Charger, HardwareEvent
from smartserver.core.errors import Unavailable
from stations import storage
from stations.models import Command, FileJob, Registration, Station, Transaction
from stations.services.equipment import enrolment
from tests.bridge.cms.calling import FEED, NAME, OURS, CallCase, packed
from tests.bridge.strategies import bodies as any_body
from tests.waiting import eventually

KINDS = ("session_start", "start_charging", "stop_charging", "session_stop", "alert")

LOG_BODY = b'{"id":"EC-1","SessionID":1,"data":["a line"]}'


@override_settings(OPEN=True)
class _Bad(CallCase):
    def tearDown(self) -> None:
        self.assertEqual(self.stored_files(), [])
        self.feed(name="AFTERWARDS")  # the server goes on
        super().tearDown()


class Feeds(_Bad):
    def test_wrong_types_and_missing_fields(self) -> None:
        for body in (
            b"",
            b"null",
            b"[]",
            b'"text"',
            b"{",
            b"\xff",
            b"{}",
            b'{"Name":""}',
            b'{"Name":7}',
            b"[" * 50_000,
        ):
            with self.subTest(body[:40]):
                self.post("LiveFeeds", body, expect=400)
        self.assertFalse(Station.objects.exists())

    def test_values_that_are_none(self) -> None:
        unusable: tuple[dict[str, Any], ...] = (
            {"Busy_A": "maybe"},
            {"Busy_A": []},
            {"ErrorCode_A": "none"},
            {"Pilot_A": 2**64 - 1},
            {"Pilot_A": 1.5},
        )
        for wrong in unusable:
            with self.subTest(wrong):
                self.post("LiveFeeds", FEED | wrong, expect=400)
        self.assertFalse(Charger.objects.exists())

    def test_any_body_is_taken_or_refused(self) -> None:
        @given(any_body("Name", "Busy_A", "Pilot_A", "ErrorCode_A", "Evsestat_Z"))
        @settings(max_examples=60, deadline=None)
        def check(body: bytes) -> None:
            answer = requests.post(f"{self.server.http}/api/charger/LiveFeeds", data=body, headers=OURS, timeout=10)
            self.assertIn(answer.status_code, (200, 400))

        check()

    def test_names_that_are_none(self) -> None:
        for name in ("x" * 256, "a\nb", "a\0b", "\x7f", "a\u2028b"):
            with self.subTest(name[:5]):
                self.post("LiveFeeds", FEED | {"Name": name}, expect=400)
                self.event({"type": "alert"}, name=name, expect=400)
                self.post("ExpertPostFullStateData", {"id": name, "SessionID": 1, "data": []}, expect=400)

    def test_a_body_that_is_too_large(self) -> None:
        with override_settings(NOC_MAX_BODY=1000):
            body = orjson.dumps(FEED | {"more": "x" * 1000})
            self.assertEqual(self.post("LiveFeeds", body, expect=413).json()["limit"], 1000)
            self.post("LiveFeeds", iter([body[:500], body[500:]]), expect=413)
            self.post("PostStateData", body, expect=413, id=NAME, SessionID=1)

    def test_one_that_no_charger_needs_is_too_large_whatever_states_may_have(self) -> None:
        """Only the feed itself says whose it is."""
        guns = {f"{field}_{chr(65 + gun)}": 1 for gun in range(26) for field in ("Busy", "Pilot", "Evsestat")}
        self.post("LiveFeeds", orjson.dumps(FEED | guns))
        body = orjson.dumps(FEED | {"Name": "STRANGER", "more": "x" * calls.MAX_FEED})
        self.assertEqual(self.post("LiveFeeds", body, expect=413).json()["limit"], calls.MAX_FEED)
        self.post("LiveFeeds", packed(body), expect=413, headers={"Content-Encoding": "gzip"})
        self.assertFalse(Station.objects.filter(identity="STRANGER").exists())

    def test_a_body_whose_end_does_not_come(self) -> None:
        with mock.patch.object(application, "SHORT_SECONDS", 0.1):
            for target in ("LiveFeeds", f"PostStateData?id={NAME}&SessionID=1", "ExpertPostFullStateData"):
                with self.subTest(target), self.line() as line:
                    head = f"POST /api/charger/{target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
                    line.sendall(head.encode() + b'{"')
                    self.assertTrue(line.recv(100).startswith(b"HTTP/1.1 408 "))


class Packed(_Bad):
    def send(self, body: Any, *, expect: int, encoding: str = "gzip") -> None:
        self.post("LiveFeeds", body, expect=expect, headers={"Content-Encoding": encoding})

    def test_a_packed_body_is_unpacked(self) -> None:
        self.send(packed(orjson.dumps(FEED)), expect=200)
        self.send(iter([bytes([each]) for each in packed(orjson.dumps(FEED))]), expect=200)
        self.send(orjson.dumps(FEED), expect=200, encoding="identity")

    def test_one_that_is_broken(self) -> None:
        whole = packed(orjson.dumps(FEED))
        for body in (b"no gzip", whole[:-1], whole[:20], whole[:-8] + b"\0" * 8, zlib.compress(b"{}")):
            with self.subTest(body[:9]):
                self.send(body, expect=400)

    def test_what_follows_it(self) -> None:
        whole = packed(orjson.dumps(FEED))
        for rest in (b"x", whole):
            self.send(whole + rest, expect=400)
            self.send(iter([whole, rest]), expect=400)

    def test_another_compression(self) -> None:
        for encoding in ("br", "deflate", "gzip, gzip"):
            self.send(b"{}", expect=415, encoding=encoding)

    def test_a_bomb(self) -> None:
        """A few kilobytes that stand for 200 MB."""
        pack = zlib.compressobj(9, wbits=31)
        bomb = b"".join([pack.compress(b"0" * 1_000_000) for _ in range(200)]) + pack.flush()
        self.send(bomb, expect=413)
        start = LOG_BODY[:-2]
        pack = zlib.compressobj(9, wbits=31)
        bomb = pack.compress(start) + b"".join([pack.compress(b"0" * 1_000_000) for _ in range(50)]) + pack.flush()
        with override_settings(UPLOAD_MAX_BYTES=10_000_000):
            self.post("ExpertPostFullStateData", bomb, expect=413, headers={"Content-Encoding": "gzip"})

    def test_one_that_holds_nothing_without_an_end(self) -> None:
        pack = zlib.compressobj(9, wbits=31)
        start = pack.compress(b"") + pack.flush(zlib.Z_SYNC_FLUSH)
        nothing = b"\x00\x00\x00\xff\xff" * 1000  # stored blocks of no bytes
        with override_settings(NOC_MAX_BODY=20_000):
            self.send(iter([start, *[nothing] * 10]), expect=413)


class Events(_Bad):
    def test_what_is_no_event(self) -> None:
        for text in ("{", "null", "[]", '"alert"', "{}", '{"type":""}', '{"type":7}', "[" * 5000, "NaN"):
            with self.subTest(text[:9]):
                self.event(text, expect=400)
        self.assertFalse(HardwareEvent.objects.exists())

    def test_queries_that_cannot_be_read(self) -> None:
        for query in ("", "id=EC-1", "ev={}", "id=&ev={}", "id=%20&ev={}", "id=EC-1&ev=%ff", "id=%ff&ev={}", "&" * 200):
            with self.subTest(query):
                answer = self.original("POST", f"/api/charger/LogEvent?{query}")
                self.assertEqual(answer.status, 400)
        answer = self.original("GET", "/api/charger/LogVersion?Name=EC-1")
        self.assertEqual((answer.status, orjson.loads(answer.body)["detail"]), (400, "Version is needed in the query."))

    def test_a_query_that_is_too_long(self) -> None:
        event = quote(orjson.dumps({"type": "note", "payload": {"text": "x" * application.MAX_QUERY}}))
        self.assertEqual(self.original("POST", f"/api/charger/LogEvent?id={NAME}&ev={event}").status, 414)

    def test_any_event_is_stored_or_refused(self) -> None:
        @given(any_body("type", "payload", "outlet", "timestamp"), st.sampled_from(KINDS))
        @settings(max_examples=60, deadline=None)
        def check(text: bytes, kind: str) -> None:
            value = text.decode("utf-8", "replace")
            for event in (value, f'{{"type":"{kind}","outlet":1,"payload":{value}}}'):
                query = {"id": NAME, "ev": event}
                url = f"{self.server.http}/api/charger/LogEvent"
                answer = requests.post(url, params=query, headers=OURS, timeout=10)
                self.assertIn(answer.status_code, (200, 400), event)

        check()

    def test_any_values_in_events_are_stored(self) -> None:
        @given(
            st.dictionaries(
                st.sampled_from(("session", "user", "energy", "start", "duration", "code", "msg", "stopReason", "src")),
                st.sampled_from((None, True, 0, -1, 1e14, "17", 16, 17, "S", "x" * 300, [], {}, 1.5, "nan", 2**63)),
            ),
            st.sampled_from(KINDS),
            st.sampled_from((None, 1, "2", "A", 26, "", 99)),
        )
        @settings(max_examples=80, deadline=None)
        def check(payload: Any, kind: str, outlet: Any) -> None:
            self.event({"type": kind, "outlet": outlet, "timestamp": 1_782_043_200_000, "payload": payload})

        check()

    def test_a_body_that_nobody_expects_means_nothing(self) -> None:
        self.post("LogEvent", b"x" * 100_000, id=NAME, ev='{"type":"note"}')

    def test_an_event_of_a_station_that_may_not_charge_is_kept(self) -> None:
        Station.objects.create(identity=NAME, strict=True, registration=Registration.PENDING)
        with self.assertLogs("bridge.cms.services.reports", "WARNING"):
            self.event({"type": "session_start", "outlet": 1, "payload": {"session": "S", "user": "U"}})
        self.assertEqual((HardwareEvent.objects.count(), Transaction.objects.count()), (1, 0))


class States(_Bad):
    def test_what_is_no_state(self) -> None:
        for body in (b"", b"{}", b"null", b'"', b'"<html>"', b'""', b'"[]"', b'"7"', b'"\\ud800"', b'"\xff"'):
            with self.subTest(body):
                self.post("PostStateData", body, expect=400, id=NAME, SessionID=1)
        self.assertFalse(Charger.objects.exists())

    def test_session_ids_that_are_none(self) -> None:
        for number in ("", "x", "1.5", "1e3", "9" * 30):
            self.post("PostStateData", b'"[]"', expect=400, id=NAME, SessionID=number)

    def test_any_state_is_taken_or_refused(self) -> None:
        @given(any_body("outlet", "phs", "meter", "curr_ses_id", "curr_ses_Wh", "pv", "pc", "busy"))
        @settings(max_examples=60, deadline=None)
        def check(text: bytes) -> None:
            state = wire.write_text(text.decode("utf-8", "replace"))
            url = f"{self.server.http}/api/charger/PostStateData"
            answer = requests.post(url, state, params={"id": NAME, "SessionID": "1"}, headers=OURS, timeout=10)
            self.assertIn(answer.status_code, (200, 400))

        check()

    def test_one_outlet_of_many_values_that_mean_nothing(self) -> None:
        state = [{"outlet": 1, "meter": "12,5", "soc": 300, "busy": [], "phs": "seven", "pv": 1e300}]
        self.post("PostStateData", wire.write_text(orjson.dumps(state).decode()), id=NAME, SessionID=1)


class Logs(_Bad):
    def refused(self, body: Any, status: int = 400, **headers: str) -> str:
        text: str = self.post("ExpertPostFullStateData", body, expect=status, headers=headers).json()["detail"]
        return text

    def test_wrong_types_and_missing_fields(self) -> None:
        for body in (
            b"",
            b"[]",
            b'{"SessionID":1,"data":[],"id":"EC-1"}',  # it has to begin with id
            b'{"id":7}',
            b'{"id":""}',
            b'{"id":"EC-1"}',
            b'{"id":"EC-1","SessionID":1}',
            b'{"id":"EC-1","data":[]}',
            b'{"id":"EC-1","SessionID":"x","data":[]}',
            b'{"id":"EC-1","SessionID":1e999999999,"data":[]}',
            b'{"id":"EC-1","SessionID":true,"data":[]}',
            b'{"id":"EC-1","SessionID":1,"data":"text"}',
            b'{"id":"EC-1","SessionID":1,"data":[1]}',
            b'{"id":"EC-1","SessionID":1,"data":[["a"]]}',
            b'{"id":"EC-1","SessionID":1,"data":["a"],"data":["b"]}',
            b'{"id":"EC-1","SessionID":1,"data":["a"]',
            b'{"id":"EC-1","SessionID":1,"data":["a"]}}',
            b'{"id":"EC-1","SessionID":1,"data":["a\n"]}',
            b'{"id":"EC-1","SessionID":1,"data":["\xff"]}',
            b'{"id":"EC-1","SessionID":1,"more":{},"data":[]}',
            b'{"id":"EC-1","x":' + b"[" * 100_000,
            b'{"id":"EC\\x","SessionID":1,"data":[]}',
            b'{"id":"EC-1","SessionID":1,"data":[],"id":"EC-2"}',
        ):
            with self.subTest(body[:60]):
                self.refused(body)
        self.assertFalse(FileJob.objects.exists())

    def test_fields_that_nobody_knows_are_skipped(self) -> None:
        self.post("ExpertPostFullStateData", b'{"id":"EC-1","a":"b","c":null,"SessionID":"3","data":["x"]}')
        job = FileJob.objects.get()
        self.assertEqual((job.file_name, self.content(job)), ("state-3.log", b"x\n"))
        storage.remove(job.path)

    def test_a_line_without_an_end(self) -> None:
        """One of a megabyte is a line like all others; nobody holds it."""
        line = "x°" * 500_000
        self.post("ExpertPostFullStateData", {"id": NAME, "SessionID": 1, "data": [line, "", line]})
        job = FileJob.objects.get()
        self.assertEqual(self.content(job).decode(), f"{line}\n\n{line}\n")
        storage.remove(job.path)

    def test_a_fault_of_the_disk_is_ours(self) -> None:
        broken = OSError(errno.EIO, "Input/output error")
        logged = self.assertLogs("bridge.cms.application", "ERROR")
        with mock.patch.object(storage.Draft, "write", side_effect=broken), logged:
            answer = requests.post(f"{self.server.http}/api/charger/ExpertPostFullStateData", LOG_BODY, timeout=10)
        self.assertEqual((answer.status_code, answer.headers["retry-after"]), (503, "5"))

    def test_one_that_is_too_large(self) -> None:
        body = b'{"id":"EC-1","SessionID":1,"data":["' + b"x" * 5000 + b'"]}'
        with override_settings(UPLOAD_MAX_BYTES=2000):
            self.refused(body, 413)
            self.refused(iter([body[:2500], body[2500:]]), 413)
        with override_settings(UPLOAD_MAX_BYTES=len(body)):
            answer = self.post("ExpertPostFullStateData", body)
            self.assertEqual(answer.content, b'""')
        storage.remove(FileJob.objects.get().path)

    def test_a_beginning_without_an_end_to_it_is_not_read_on(self) -> None:
        read: list[int] = []

        def blanks() -> Iterator[bytes]:
            for number in range(10_000):
                read.append(number)
                yield b" " * 10_000

        with mock.patch("stations.files.exchange.DRAIN_SECONDS", 0.0):
            try:
                self.refused(blanks())
            except requests.ConnectionError:
                pass  # it was still sending when the answer came
        self.assertLess(len(read), 5000)

    def test_the_connection_breaks_in_between(self) -> None:
        with self.line() as line:
            head = b"POST /api/charger/ExpertPostFullStateData HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
            line.sendall(head + LOG_BODY[:-2] + b"x" * 1_000_000)
            eventually(lambda: self.server._calls._transfers.total() == 1)
        eventually(lambda: self.server._calls._transfers.total() == 0)
        self.assertFalse(FileJob.objects.exists())

    def test_one_of_a_known_charger_may_take_longer_than_short_bodies(self) -> None:
        with mock.patch.object(application, "SHORT_SECONDS", 0.1), self.line() as line:
            head = b"POST /api/charger/ExpertPostFullStateData HTTP/1.1\r\nHost: x\r\nContent-Length: 45\r\n\r\n"
            line.sendall(head + LOG_BODY[:30])
            eventually(lambda: self.server._calls._transfers.total() == 1)
            time.sleep(0.15)
            line.sendall(LOG_BODY[30:])
            self.assertEqual(self.answer_on(line).status, 200)
        storage.remove(FileJob.objects.get().path)

    def test_no_more_at_once_than_there_is_room_for(self) -> None:
        head = b"POST /api/charger/ExpertPostFullStateData HTTP/1.1\r\nHost: x\r\nContent-Length: 45\r\n\r\n"
        with self.line() as one, self.line() as two, self.line() as three:
            for number, line in enumerate((one, two, three), 1):
                line.sendall(head + LOG_BODY[:30])
                eventually(lambda number=number: self.server._calls._transfers.total() == number)  # type: ignore[misc]
            self.refused(LOG_BODY, 429)
            one.sendall(LOG_BODY[30:])
            self.assertEqual(self.answer_on(one).status, 200)
        eventually(lambda: self.server._calls._transfers.total() == 0)
        storage.remove(FileJob.objects.get().path)

    def test_the_disk_is_full(self) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch.object(storage.Draft, "write", side_effect=full), self.assertLogs("bridge.cms", "ERROR"):
            answer = requests.post(f"{self.server.http}/api/charger/ExpertPostFullStateData", LOG_BODY, timeout=10)
        self.assertEqual((answer.status_code, answer.json()["code"]), (507, "no_space"))

    def test_a_charger_that_is_removed_in_between(self) -> None:
        self.feed()
        lock_out = partial(enrolment.lock_out, station_id=self.station().pk)
        real = bodies.keep

        def keep(fill: Any) -> Any:
            kept = real(fill)
            self.server.store(lock_out)
            return kept

        with mock.patch.object(bodies, "keep", side_effect=keep):
            self.refused(LOG_BODY, 404)


class Results(_Bad):
    def setUp(self) -> None:
        super().setUp()
        self.feed()
        self.number = self.queue()

    def refused(self, number: Any, body: Any = b'"{}"', status: int = 400, *, hardware_status: str = "") -> None:
        headers = {wire.STATUS_HEADER: hardware_status} if hardware_status else {}
        self.post("UpdateExecutionStatus", body, expect=status, headers=headers, ExecutionID=number)

    def test_numbers_that_are_none(self) -> None:
        for text in ("", "x", "1.0", "9" * 30):
            self.refused(text)
        for number in (0, -1, 999_999, 2**63 - 1):
            self.refused(number, status=404)

    def test_a_command_that_was_not_given_yet(self) -> None:
        self.refused(self.number, status=404)

    def test_what_is_no_json_string(self) -> None:
        self.assertIsNotNone(self.feed())
        for body in (b"", b"{}", b"7", b'"', b'"a" b', b'"\xff"', b'"\\x"', b'"\n"'):
            with self.subTest(body):
                self.refused(self.number, body)
        long = b'"' + b"x" * uploads.MAX_SHORT
        for body in (long, long + b'" x', long + b"\xff", long + b"\\", b"{" + long):
            self.refused(self.number, body)
        self.assertEqual(Command.objects.get().state, "sent")

    def test_statuses_that_are_none(self) -> None:
        self.feed()
        for status in ("x", "-1", "600", "1.5", "200 OK"):
            self.refused(self.number, hardware_status=status)

    def test_one_that_is_too_large(self) -> None:
        self.feed()
        with override_settings(UPLOAD_MAX_BYTES=1000):
            self.refused(self.number, b'"' + b"x" * 1000 + b'"', 413)

    def test_the_other_command_of_a_log(self) -> None:
        number = self.queue(LOG, path="/ocpp-client/logs/ocpp.log")
        self.feed()
        self.post("UpdateExecutionStatus", b'"{}"', ExecutionID=self.number)
        self.feed()
        self.refused(number, b'"\\x"')
        self.assertEqual(self.settled(number), ("sent", ""))


class Calls(_Bad):
    def test_other_methods(self) -> None:
        for method, call in (("GET", "LiveFeeds"), ("PUT", "LiveFeeds"), ("DELETE", "LogEvent"), ("HEAD", "LogEvent")):
            with self.subTest(f"{method} {call}"):
                answer = self.original(method, f"/api/charger/{call}")
                self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))
        answer = self.original("POST", "//api/charger/LogVersion?Name=A&Version=B")
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET"))

    def test_other_calls(self) -> None:
        for call in ("Nothing", "livefeeds", "LiveFeedsX"):
            answer = self.original("POST", f"/api/charger/{call}", b"{}")
            self.assertEqual((answer.status, orjson.loads(answer.body)["code"]), (404, "not_found"))

    def test_a_database_out_of_reach_is_said_so(self) -> None:
        with mock.patch.object(self.server.runtime.writer, "run", side_effect=Unavailable("Not now.")):
            answer = requests.post(f"{self.server.http}/api/charger/LiveFeeds", orjson.dumps(FEED), timeout=10)
        self.assertEqual((answer.status_code, answer.headers["retry-after"]), (503, "5"))

    def test_many_at_once(self) -> None:
        statuses: list[int] = []

        def send(number: int) -> None:
            body = orjson.dumps(FEED | {"Name": f"EC-{number}"}) if number % 2 else gzip.compress(b"{")
            headers = {} if number % 2 else {"Content-Encoding": "gzip"}
            url = f"{self.server.http}/api/charger/LiveFeeds"
            statuses.append(requests.post(url, body, headers=headers, timeout=30).status_code)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [200] * 10 + [400] * 10)
