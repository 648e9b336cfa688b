"""Who asks or knocks without a pause gets no more of the server's memory, and of others' attention, than anybody."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from unittest import TestCase as PureCase
from unittest import mock

from django.test import TestCase

from smartserver.core.events import STATION_KNOCKED
from smartserver.core.outbox import Hopeless, PlainOutbox
from stations import incoming
from stations.models import KnockingStation
from stations.ocpp.session import Role, Session
from stations.services.context import Policy
from stations.services.equipment import connections, enrolment
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run, run_published


class StateRequests(PureCase):
    def test_only_some_are_under_way_at_a_time(self) -> None:
        waiting: list[Any] = []
        session = Session(role=Role.CSMS, version="1.6")
        line = incoming.CallLine(
            session,
            1,
            "CP1",
            policy=Policy(False, 300),
            trace=None,
            submit=lambda unit, done: waiting.append(done),
            wake=mock.Mock(),
            answered=mock.Mock(),
            failed=mock.Mock(),
            is_current=mock.Mock(),
            outdated=mock.Mock(),
        )
        for _ in range(1000):
            line.take_state_request()
        self.assertEqual(len(waiting), incoming.MAX_TELLING)
        for done in waiting:
            done("{}", None)
        self.assertEqual(session.backlog, incoming.MAX_TELLING, "what has not left makes the socket stop reading")
        line.take_state_request()
        self.assertEqual(len(waiting), incoming.MAX_TELLING + 1)

    def test_a_browser_that_does_not_read_is_hopeless_before_it_costs_much(self) -> None:
        outbox = PlainOutbox(1000, max_bytes=10)
        outbox.add(b"x" * 20)  # alone it may be of any size
        with self.assertRaises(Hopeless):
            outbox.add(b"x")
        self.assertEqual(outbox.take(), b"x" * 20)
        for _ in range(10):
            outbox.add(b"x")
        with self.assertRaises(Hopeless):
            outbox.add(b"x")


class Knocking(TestCase):
    def knock(self, identity: str, seconds: float = 0.0) -> list[Any]:
        """Who was told of."""
        unit = partial(
            connections.look_up_station,
            identity=identity,
            address="192.0.2.1",
            create_unknown=False,
            now=NOON + timedelta(seconds=seconds),
        )
        events = run_published(unit)[1].events
        self.assertTrue(all(kind == STATION_KNOCKED for kind, _ in events))
        return [(data["station"], data["attempts"]) for _, data in events]

    def test_without_a_pause_is_told_of_once(self) -> None:
        self.assertEqual(self.knock("X"), [("X", 1)])
        for second in range(1, 100):
            self.assertEqual(self.knock("X", second * 10.0), [])
        self.assertEqual(KnockingStation.objects.get().attempts, 100)
        self.assertEqual(self.knock("X", 2000.0), [("X", 101)])

    def test_under_ever_new_names_is_told_of_now_and_then(self) -> None:
        told = [name for number in range(100) for name in self.knock(f"X{number}")]
        self.assertEqual(len(told), connections.MAX_TOLD)
        self.assertEqual(KnockingStation.objects.count(), 100)
        self.assertEqual(self.knock("later", 61.0), [("later", 1)])


class LockedOut(TestCase):
    def test_also_with_a_password_that_was_on_its_way(self) -> None:
        station = StationFactory.create(password_hash="now", next_password_hash="next")
        run(lambda batch: enrolment.lock_out(batch, station_id=station.pk))
        station.refresh_from_db()
        self.assertEqual((station.password_hash, station.next_password_hash), (enrolment.NOBODY, ""))
