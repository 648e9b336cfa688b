"""In whose name a bridge may speak on the polling wire, on closed servers and open ones."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import orjson
import requests
import websocket
from django.test import override_settings

from bridge.cms.models import Charger, HardwareEvent
from smartserver.core.credentials import hash_key
from stations.models import Command, KnockingStation, State, Station
from stations.services.equipment import connections, enrolment
from tests.bridge.cms.calling import FEED, NAME, CallCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON

PASSWORD = "correct horse battery"
RIGHT, WRONG = (NAME, PASSWORD), (NAME, "wrong")


class _Prove(CallCase):
    def every_call(self, *, expect: int, auth: Any = None, name: str = NAME) -> None:
        """All calls that name a charger."""
        url = f"{self.server.http}/api/charger"
        get = requests.get(f"{url}/LogVersion", {"Name": name, "Version": "v"}, auth=auth, timeout=10)
        self.assertEqual(get.status_code, expect)
        self.post("LiveFeeds", FEED | {"Name": name}, expect=expect, auth=auth)
        self.event({"type": "note"}, name=name, expect=expect, auth=auth)
        self.post("PostStateData", b'"[{}]"', expect=expect, auth=auth, id=name, SessionID=1)
        log = {"id": name, "SessionID": 1, "data": ["x"]}
        self.post("ExpertPostFullStateData", log, expect=expect, auth=auth)


@override_settings(OPEN=False)
class ClosedServer(_Prove):
    def setUp(self) -> None:
        super().setUp()
        self.known = StationFactory.create(identity=NAME, password_hash=hash_key(PASSWORD))

    def test_the_stations_password_lets_in(self) -> None:
        self.every_call(expect=200, auth=RIGHT)
        self.assertEqual(self.station().state, State.ONLINE)

    def test_no_password_or_a_wrong_one_does_not(self) -> None:
        for auth in (None, WRONG, ("EC-2", PASSWORD), ("", PASSWORD)):
            with self.subTest(auth):
                self.every_call(expect=401, auth=auth)
        answer = self.post("LiveFeeds", FEED, expect=401)
        self.assertIn("Basic", answer.headers["www-authenticate"])
        self.assertFalse(Charger.objects.exists())
        self.assertEqual(self.stored_files(), [])
        self.assertEqual(self.station().state, State.NEVER)

    def test_an_unknown_name_knocks(self) -> None:
        self.every_call(expect=404, auth=("EC-2", PASSWORD), name="EC-2")
        self.assertEqual(KnockingStation.objects.get().identity, "EC-2")
        self.assertFalse(Station.objects.filter(identity="EC-2").exists())

    def test_the_health_of_the_server_is_no_secret(self) -> None:
        self.assertEqual(self.original("HEAD", "/api/charger/LiveFeeds").status, 200)

    def test_an_open_name_needs_no_password(self) -> None:
        Charger.objects.create(station=self.known, open_name=True)
        self.every_call(expect=200)
        self.every_call(expect=200, auth=RIGHT)

    def test_a_wrong_password_is_refused_for_an_open_name_too(self) -> None:
        Charger.objects.create(station=self.known, open_name=True)
        self.every_call(expect=401, auth=WRONG)

    def test_an_open_name_of_a_station_without_a_password(self) -> None:
        Charger.objects.create(station=StationFactory.create(identity="EC-3"), open_name=True)
        self.every_call(expect=200, name="EC-3")
        self.every_call(expect=401, name="EC-3", auth=("EC-3", "any"))

    def test_a_name_that_is_being_removed_is_closed(self) -> None:
        Charger.objects.create(station=self.known, open_name=True)
        self.server.store(partial(enrolment.lock_out, station_id=self.known.pk))
        self.every_call(expect=401)
        self.assertEqual(self.station().state, State.OFFLINE)

    def test_a_result_of_somebody_elses_command(self) -> None:
        StationFactory.create(identity="EC-2", password_hash=hash_key("another"))
        self.post("LiveFeeds", FEED, auth=RIGHT)
        number = self.queue()
        self.post("LiveFeeds", FEED, auth=RIGHT)
        for auth in (("EC-2", "another"), None, WRONG):
            self.post("UpdateExecutionStatus", b'"{}"', expect=401, auth=auth, ExecutionID=number)
        self.assertEqual(Command.objects.get().state, "sent")
        self.post("UpdateExecutionStatus", b'"{}"', auth=RIGHT, ExecutionID=number)
        self.assertEqual(Command.objects.get().state, "answered")

    def test_strangers_are_refused_before_they_have_sent_much(self) -> None:
        """Of 100 MB the first 20 kB are enough for the answer, and none of them is written down."""
        self.post("LiveFeeds", FEED, auth=RIGHT)
        number = self.queue()
        self.post("LiveFeeds", FEED, auth=RIGHT)
        start = b'{"id":"EC-1","SessionID":1,"data":["'
        for target, first, status in (
            ("ExpertPostFullStateData", start, 401),
            ("ExpertPostFullStateData", start.replace(b"EC-1", b"EC-2"), 404),
            ("ExpertPostFullStateData", b'{"data":["', 400),
            ("ExpertPostFullStateData", b" " * 10_000, 400),
            (f"UpdateExecutionStatus?ExecutionID={number}", b'"', 401),
            ("UpdateExecutionStatus?ExecutionID=999999", b'"', 404),
            ("UpdateExecutionStatus?ExecutionID=x", b'"', 400),
            ("LiveFeeds", b'{"Name":"EC-1",', 413),
            (f"PostStateData?id={NAME}&SessionID=1", b'"', 401),
            (f"LogEvent?id={NAME}&ev=%7B%22type%22:%22note%22%7D", b'"', 401),
        ):
            written = mock.patch("bridge.cms.bodies.scratch", side_effect=AssertionError("Nothing is to be written."))
            head = f"POST /api/charger/{target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
            with self.subTest(target), written, self.line() as line:
                line.sendall(head.encode() + first + b"x" * 20_000)
                answer = line.recv(1000)
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), answer)


@override_settings(OPEN=True)
class OpenServer(_Prove):
    def test_unknown_names_are_created(self) -> None:
        self.every_call(expect=200)
        self.assertEqual(Station.objects.get().identity, NAME)

    def test_one_that_has_a_password_needs_it_here_too(self) -> None:
        StationFactory.create(identity=NAME, password_hash=hash_key(PASSWORD))
        self.every_call(expect=401)
        self.every_call(expect=200, auth=RIGHT)

    def test_names_of_any_script(self) -> None:
        for name in ("Säule 7", "充电桩", "a/b?c&d=e%20f"):
            self.every_call(expect=200, name=name)
        self.assertEqual(Station.objects.count(), 3)


@override_settings(OPEN=True)
class BesideOcpp(CallCase):
    """A station that is connected over OCPP is reported by nobody else."""

    def setUp(self) -> None:
        super().setUp()
        self.known = StationFactory.create(
            identity=NAME, state=State.ONLINE, ocpp_version="1.6", connection=7, last_seen_at=NOON
        )

    def test_its_bridge_is_told_so_and_may_try_again(self) -> None:
        answer = self.post("LiveFeeds", FEED, expect=403)
        self.assertIn("connected over OCPP", answer.json()["detail"])
        self.event({"type": "alert", "outlet": 1, "payload": {"code": 17}}, expect=403)
        self.post("PostStateData", b'"[{}]"', expect=403, id=NAME, SessionID=1)
        self.post("ExpertPostFullStateData", {"id": NAME, "SessionID": 1, "data": ["x"]}, expect=403)
        self.assertEqual(self.stored_files(), [])

    def test_its_connection_and_record_stay_as_they_are(self) -> None:
        before = Station.objects.values().get()
        self.post("LiveFeeds", FEED, expect=403)
        self.assertEqual(Station.objects.values().get(), before)
        self.assertFalse(Charger.objects.exists())

    def test_when_it_has_gone_the_bridge_takes_over(self) -> None:
        for state in (State.OFFLINE, State.STALE):
            Station.objects.update(state=state, ocpp_version="1.6")
            self.post("LiveFeeds", FEED)
            station = self.station()
            self.assertEqual((station.state, station.ocpp_version), (State.ONLINE, "NOC"))
        self.assertEqual(station.connection, 9)

    def test_a_command_for_ocpp_is_not_given_to_a_bridge(self) -> None:
        Station.objects.update(state=State.OFFLINE)
        command = Command.objects.create(
            station=self.known, action="Reset", payload={"type": "Soft"}, created_at=NOON,
            expires_at=NOON + timedelta(days=9000),
        )  # fmt: skip
        self.assertEqual(orjson.loads(self.post("LiveFeeds", FEED).content), "")
        command.refresh_from_db()
        self.assertEqual(command.state, "failed")

    def test_its_push_channel_is_refused_too(self) -> None:
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught, self.server.bridge(NAME):
            pass
        self.assertEqual(caught.exception.status_code, 403)

    def test_a_station_that_connects_over_ocpp_ends_the_push_channel(self) -> None:
        Station.objects.update(state=State.OFFLINE)
        with self.server.bridge(NAME) as bridge:
            self.assertTrue(bridge.is_heard())
            self.server.store(partial(connections.connect_station, station_id=self.known.pk, version="1.6", now=NOON))
            bridge.event()
            self.assertEqual(bridge.close_code(), 1008)
        self.assertFalse(HardwareEvent.objects.exists())
        self.assertEqual((self.station().state, self.station().ocpp_version), (State.ONLINE, "1.6"))
