"""Who may open a push channel, and which one counts: on a real server."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import websocket
from django.db.models import F
from django.test import TestCase, override_settings

from bridge.cms.models import Charger
from bridge.cms.services import channels
from bridge.cms.tasks import watch_channels
from smartserver.core import metrics
from smartserver.core.credentials import hash_key
from smartserver.core.errors import Unavailable
from smartserver.core.events import HINT_PUSH
from stations.models import KnockingStation, State, Station
from stations.services.equipment import enrolment
from tests.bridge.cms.pushing import NAME, Bridge, PushCase, Server
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run
from tests.waiting import eventually

PASSWORD = "correct horse battery"


class _Handshakes(PushCase):
    def refused(self, status: int, name: str = NAME, **options: Any) -> websocket.WebSocketBadStatusException:
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            Bridge(self.server.ws, name, **options)
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception


@override_settings(OPEN=False)
class ClosedServer(_Handshakes):
    def setUp(self) -> None:
        self.station = StationFactory.create(identity=NAME, password_hash=hash_key(PASSWORD))

    def test_the_stations_password_opens(self) -> None:
        with self.server.bridge(user=NAME, password=PASSWORD.encode()) as bridge:
            self.assertTrue(bridge.is_heard())
            self.station.refresh_from_db()
            self.assertEqual((self.station.state, self.station.ocpp_version), (State.ONLINE, "NOC"))

    def test_others_are_not_let_in(self) -> None:
        attempts: list[dict[str, Any]] = [
            {},
            {"user": NAME, "password": b"wrong"},
            {"user": "CP2", "password": PASSWORD.encode()},
        ]
        for options in attempts:
            with self.subTest(options):
                headers = self.refused(401, **options).resp_headers or {}
                self.assertIn("Basic", headers["www-authenticate"])
        self.assertFalse(Charger.objects.exists())

    def test_an_unknown_name_knocks(self) -> None:
        self.refused(404, "CHARGER-2", user="CHARGER-2", password=PASSWORD.encode())
        self.assertEqual(KnockingStation.objects.get().identity, "CHARGER-2")

    def test_a_name_that_an_administrator_opened_needs_no_password(self) -> None:
        Charger.objects.create(station=self.station, open_name=True)
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
        self.refused(401, user=NAME, password=b"wrong")

    def test_a_charger_that_is_removed_loses_its_channel(self) -> None:
        with (
            mock.patch("bridge.cms.consumers.NOTED_EVERY", 0.0),
            self.server.bridge(user=NAME, password=PASSWORD.encode()) as bridge,
        ):
            self.assertTrue(bridge.is_heard())
            self.server.store(partial(enrolment.lock_out, station_id=self.station.pk))
            bridge.tell("heartbeat")
            self.assertEqual(bridge.close_code(), 1008)
        self.refused(401, user=NAME, password=PASSWORD.encode())


@override_settings(OPEN=True)
class OpenServer(_Handshakes):
    def test_names_are_read_as_they_are_written(self) -> None:
        for name in ("A/B", "Säule 7", "50%", "a?b#c"):
            with self.subTest(name), self.server.bridge(name) as bridge:
                self.assertTrue(bridge.is_heard())
                self.assertTrue(Station.objects.filter(identity=name).exists())

    def test_what_is_no_name_is_not_found(self) -> None:
        for name in ("", "x" * 256, " x", "a\nb"):
            with self.subTest(name):
                self.refused(404, name)
        self.assertFalse(Station.objects.exists())

    def test_a_page_of_somebody_else_is_refused(self) -> None:
        self.refused(403, origin="http://evil.example")

    def test_a_server_that_stops_lets_nobody_in(self) -> None:
        with mock.patch.object(self.server.runtime, "stopping", new=True):
            self.assertEqual((self.refused(503).resp_headers or {})["retry-after"], "5")

    def test_a_server_that_cannot_store_says_so(self) -> None:
        with mock.patch.object(self.server.runtime.writer, "submit", side_effect=Unavailable("Not now.")):
            self.refused(503)

    def test_a_server_that_cannot_store_any_more_closes(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with mock.patch.object(self.server.runtime.writer, "submit", side_effect=Unavailable("Not now.")):
                bridge.event()
                self.assertEqual(bridge.close_code(), 1012)
                bridge.close()
                eventually(lambda: len(self.server.connections) == 0)

    def test_open_channels_are_counted(self) -> None:
        before = metrics.PUSH._value.get()
        with self.server.bridge() as one, self.server.bridge("CHARGER-2") as two:
            self.assertTrue(one.is_heard() and two.is_heard())
            self.assertEqual(metrics.PUSH._value.get(), before + 2)
        eventually(lambda: metrics.PUSH._value.get() == before)


@override_settings(OPEN=True)
class NewestWins(PushCase):
    def test_the_older_one_is_closed_and_its_close_changes_nothing(self) -> None:
        with self.server.bridge() as old, self.server.bridge() as new:
            self.assertEqual(old.close_code(), 1008)
            old.close()
            self.assertTrue(new.is_heard())
            number = self.server.queue()
            self.assertEqual(new.command()["command_id"], number)
            charger = self.charger()
            self.assertEqual(charger.push, 2)
            self.assertIsNotNone(charger.pushed_since)
        eventually(lambda: self.charger().pushed_since is None)

    def test_one_in_another_process_wins(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            newer = {"station": self.charger().station_id, "generation": 2}
            self.server.in_loop(lambda: self.server.runtime.peers.share(HINT_PUSH, newer))
            self.assertEqual(bridge.close_code(), 1008)

    def test_one_in_another_process_wins_although_the_hint_is_lost(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            Charger.objects.update(push=F("push") + 1)
            self.server.queue()
            self.assertEqual(bridge.close_code(), 1008)
        self.assertIsNotNone(self.charger().pushed_since)


@override_settings(OPEN=True)
class Shutdown(PushCase):
    def test_channels_are_closed_with_a_word_and_commands_take_the_other_wire(self) -> None:
        server = Server()
        server.start()
        stopping = threading.Thread(target=server.stop)
        try:
            with server.bridge() as bridge:
                self.assertTrue(bridge.is_heard())
                stopping.start()
                self.assertEqual(bridge.close_code(), 1012)
        finally:
            stopping.join(20)
        self.assertIsNone(self.charger().pushed_since)


@override_settings(OPEN=True)
class Watched(PushCase):
    tasks = (watch_channels,)

    @classmethod
    def setUpClass(cls) -> None:
        cls.enterClassContext(mock.patch("bridge.cms.tasks.INTERVAL", 0.02))
        super().setUpClass()

    def test_one_that_died_without_a_word_is_found_beside_the_sockets(self) -> None:
        station = StationFactory.create(identity=NAME)
        Charger.objects.create(station=station, push=1, pushed_since=NOON, push_heard_at=NOON)
        eventually(lambda: self.charger().pushed_since is None)


class WhatCounts(TestCase):
    """Without sockets."""

    def setUp(self) -> None:
        self.station = StationFactory.create(identity=NAME, ocpp_version="NOC", state=State.ONLINE)

    def opened(self) -> int:
        generation: int = run(partial(channels.open_channel, station_id=self.station.pk, now=NOON))[0]
        return generation

    def is_open(self, seconds: float = 0.0) -> bool:
        return channels.is_open(Charger.objects.get(), NOON + timedelta(seconds=seconds))

    def test_each_channel_has_a_generation(self) -> None:
        self.assertEqual((self.opened(), self.opened()), (1, 2))

    def test_the_close_of_an_old_one_changes_nothing(self) -> None:
        old, new = self.opened(), self.opened()
        run(partial(channels.close_channel, station_id=self.station.pk, generation=old))
        self.assertTrue(self.is_open())
        run(partial(channels.close_channel, station_id=self.station.pk, generation=new))
        self.assertFalse(self.is_open())

    def test_it_counts_while_something_is_heard(self) -> None:
        generation = self.opened()
        self.assertTrue(self.is_open(70))
        self.assertFalse(self.is_open(71))
        later = NOON + timedelta(seconds=60)
        alive = partial(channels.note_alive, station_id=self.station.pk, now=later)
        self.assertEqual(run(partial(alive, generation=generation)), [channels.Turn(current=True)])
        self.assertTrue(self.is_open(130))
        self.assertEqual(run(partial(alive, generation=generation - 1)), [channels.Turn(current=False)])

    def test_one_that_died_without_a_word_is_found(self) -> None:
        generation = self.opened()
        run(partial(channels.close_silent, now=NOON + timedelta(seconds=70)))
        self.assertEqual(Charger.objects.get().pushed_since, NOON)
        later = NOON + timedelta(seconds=71)
        run(partial(channels.close_silent, now=later))
        self.assertIsNone(Charger.objects.get().pushed_since)
        # It was not dead, only the database could not be reached.
        run(partial(channels.note_alive, station_id=self.station.pk, generation=generation, now=later))
        self.assertEqual(Charger.objects.get().pushed_since, later)

    def test_no_channel_outlives_the_only_process(self) -> None:
        self.opened()
        run(channels.close_all)
        self.assertFalse(self.is_open())

    def test_a_charger_that_was_removed_has_none(self) -> None:
        generation = self.opened()
        run(partial(enrolment.remove_station, station_id=self.station.pk))
        ask: dict[str, Any] = {"station_id": self.station.pk, "generation": generation, "now": NOON}
        self.assertFalse(run(partial(channels.next_command, **ask))[0].current)
        self.assertFalse(run(partial(channels.note_alive, **ask))[0].current)
