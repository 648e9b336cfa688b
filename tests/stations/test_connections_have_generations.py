"""Contract 4 and FIELD rule 1: the newest connection counts, late closes change nothing, silence is noticed."""

from __future__ import annotations

import unittest
import unittest.mock
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import TestCase

from smartserver.core.events import HINT_CONNECTION, TOPIC_STATIONS
from smartserver.core.peers import Peers
from smartserver.core.sockets import POLICY_VIOLATION
from stations.connections import Connections
from stations.models import KnockingStation, State, Station
from stations.services import messages
from stations.services.equipment import connections
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, call
from tests.units import run, run_published


class Generations(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def connect(self, version: str = "1.6") -> Any:
        return partial(connections.connect_station, station_id=self.station.pk, version=version, now=NOON)

    def disconnect(self, generation: int) -> Any:
        return partial(connections.disconnect_station, station_id=self.station.pk, generation=generation)

    @property
    def state(self) -> str:
        self.station.refresh_from_db()
        return self.station.state

    def test_count_up_with_every_connection(self) -> None:
        self.assertEqual(run(self.connect(), self.connect()), [1, 2])
        self.assertEqual(run(self.connect()), [3])
        self.assertEqual(self.state, State.ONLINE)
        self.assertEqual((self.station.connected_at, self.station.last_seen_at), (NOON, NOON))

    def test_late_close_of_an_old_one_changes_nothing(self) -> None:
        run(self.connect(), self.connect())
        _, published = run_published(self.disconnect(1))
        self.assertEqual((self.state, published.rows), (State.ONLINE, {}))
        _, published = run_published(self.disconnect(2))
        self.assertEqual((self.state, published.rows), (State.OFFLINE, {TOPIC_STATIONS: {self.station.pk}}))

    def test_last_message_and_close_in_one_batch_leave_it_offline(self) -> None:
        run(self.connect(), call(self.station, "Heartbeat", {}), self.disconnect(1))
        self.assertEqual(self.state, State.OFFLINE)

    def test_close_and_new_connection_in_one_batch_leave_it_online(self) -> None:
        run(self.connect())
        run(
            call(self.station, "Heartbeat", {}), self.disconnect(1), self.connect(), call(self.station, "Heartbeat", {})
        )
        self.assertEqual(self.state, State.ONLINE)

    def test_version_belongs_to_the_connection(self) -> None:
        """FIELD 5."""
        run(self.connect("1.6"), self.connect("2.0.1"))
        change = partial(connections.change_version, station_id=self.station.pk, version="1.6")
        run(partial(change, generation=1))
        self.station.refresh_from_db()
        self.assertEqual(self.station.ocpp_version, "2.0.1")
        run(partial(change, generation=2))
        self.station.refresh_from_db()
        self.assertEqual(self.station.ocpp_version, "1.6")


class Silence(TestCase):
    def mark(self, seconds: float) -> dict[str, set[int]]:
        unit = partial(
            connections.mark_silent,
            now=NOON + timedelta(seconds=seconds),
            stale_after=timedelta(seconds=100),
            gone_after=timedelta(seconds=200),
        )
        _, published = run_published(unit)
        return published.rows

    def test_makes_a_station_stale_then_offline(self) -> None:
        online = StationFactory.create(state=State.ONLINE, last_seen_at=NOON)
        never = StationFactory.create()
        for seconds, state, told in (
            (100, State.ONLINE, False),
            (101, State.STALE, True),
            (150, State.STALE, False),
            (201, State.OFFLINE, True),
            (500, State.OFFLINE, False),
        ):
            rows = self.mark(seconds)
            online.refresh_from_db()
            self.assertEqual(online.state, state)
            self.assertEqual(rows, {TOPIC_STATIONS: {online.pk}} if told else {})
        never.refresh_from_db()
        self.assertEqual(never.state, State.NEVER)

    def test_of_long_makes_a_station_offline_at_once(self) -> None:
        online = StationFactory.create(state=State.ONLINE, last_seen_at=NOON)
        self.mark(1000)
        online.refresh_from_db()
        self.assertEqual(online.state, State.OFFLINE)

    def test_is_measured_by_the_station_s_own_heartbeat(self) -> None:
        slow = StationFactory.create(state=State.ONLINE, last_seen_at=NOON, heartbeat_interval=300)
        for seconds, state in ((600, State.ONLINE), (601, State.STALE), (700, State.STALE), (701, State.OFFLINE)):
            self.mark(seconds)
            slow.refresh_from_db()
            self.assertEqual(slow.state, state, seconds)

    def test_ends_with_the_answer_to_a_probe(self) -> None:
        stale = StationFactory.create(state=State.STALE, last_seen_at=NOON - timedelta(days=1))
        run(partial(messages.note_alive, station_id=stale.pk))
        stale.refresh_from_db()
        self.assertEqual(stale.state, State.ONLINE)

    def test_ends_with_the_next_message(self) -> None:
        stale = StationFactory.create(state=State.STALE, last_seen_at=NOON - timedelta(days=1))
        run(call(stale, "Heartbeat", {}))
        stale.refresh_from_db()
        self.assertEqual(stale.state, State.ONLINE)
        assert stale.last_seen_at is not None
        self.assertGreater(stale.last_seen_at, NOON - timedelta(days=1))

    def test_of_everybody_when_the_only_process_starts(self) -> None:
        states = (State.NEVER, State.ONLINE, State.STALE, State.OFFLINE)
        made = [StationFactory.create(state=state) for state in states]
        _, published = run_published(connections.mark_all_offline)
        after = list(Station.objects.order_by("pk").values_list("state", flat=True))
        self.assertEqual(after, [State.NEVER, State.OFFLINE, State.OFFLINE, State.OFFLINE])
        self.assertEqual(published.rows, {TOPIC_STATIONS: {made[1].pk, made[2].pk}})


class Unknown(TestCase):
    def look_up(
        self, identity: str, *, at: timedelta = timedelta(0), address: str = "10.0.0.1", create: bool = False
    ) -> Any:
        unit = partial(
            connections.look_up_station, identity=identity, address=address, create_unknown=create, now=NOON + at
        )
        return run(unit)[0]

    def test_known_station_is_found_with_what_a_handshake_needs(self) -> None:
        station = StationFactory.create(identity="CP/1", strict=True, password_hash="hash", booted_at=NOON)
        found = self.look_up("CP/1")
        self.assertEqual(found, connections.Candidate(station.pk, "CP/1", "hash", strict=True, booted=True))
        self.assertIsNone(self.look_up("cp/1"))

    def test_stranger_is_put_on_the_list_of_those_that_knock(self) -> None:
        self.assertIsNone(self.look_up("X"))
        self.assertIsNone(self.look_up("X", at=timedelta(minutes=1), address="10.0.0.2"))
        row = KnockingStation.objects.get()
        self.assertEqual((row.identity, row.address, row.attempts), ("X", "10.0.0.2", 2))
        self.assertEqual((row.first_at, row.last_at), (NOON, NOON + timedelta(minutes=1)))
        self.assertFalse(Station.objects.exists())

    def test_list_is_bounded_and_the_oldest_fall_out(self) -> None:
        with unittest.mock.patch.object(connections, "MAX_KNOCKING", 3):
            for number in range(5):
                self.look_up(f"X{number}", at=timedelta(minutes=number))
            self.look_up("X2", at=timedelta(minutes=10))
            self.look_up("X5", at=timedelta(minutes=11))
        self.assertEqual(list(KnockingStation.objects.values_list("identity", flat=True)), ["X5", "X2", "X4"])

    def test_stranger_is_entered_where_that_is_open(self) -> None:
        found = self.look_up("X", create=True)
        self.assertEqual(self.look_up("X", create=True), found)
        self.assertEqual(Station.objects.get().pk, found.station_id)
        self.assertFalse(found.booted)


class FakeConnection:
    def __init__(self, generation: int, station_id: int = 1) -> None:
        self.station_id = station_id
        self.generation = generation
        self.closed: list[int] = []

    def close(self, code: int, reason: str = "") -> None:
        self.closed.append(code)

    def look_for_commands(self) -> None:
        raise AssertionError("Nobody asked.")


class FakePeers(Peers):
    def __init__(self) -> None:
        super().__init__(None)
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def send(self, kind: str, data: dict[str, Any]) -> None:
        self.sent.append((kind, data))

    def hear(self, kind: str, data: dict[str, Any]) -> None:
        self._hand_over(kind, data)


class NewestWins(unittest.TestCase):
    def setUp(self) -> None:
        self.connections = Connections()

    def test_older_one_is_closed(self) -> None:
        old, new = FakeConnection(1), FakeConnection(2)
        self.connections.attach(old)
        self.connections.attach(new)
        self.assertEqual((old.closed, new.closed), ([POLICY_VIOLATION], []))
        self.assertIs(self.connections.find(1), new)
        self.assertEqual(len(self.connections), 1)

    def test_one_that_comes_late_closes_itself(self) -> None:
        new, old = FakeConnection(2), FakeConnection(1)
        self.connections.attach(new)
        self.connections.attach(old)
        self.assertEqual((old.closed, new.closed), ([POLICY_VIOLATION], []))
        self.assertIs(self.connections.find(1), new)

    def test_late_close_of_the_old_one_changes_nothing(self) -> None:
        old, new = FakeConnection(1), FakeConnection(2)
        self.connections.attach(old)
        self.connections.attach(new)
        self.connections.detach(old)
        self.assertIs(self.connections.find(1), new)
        self.connections.detach(new)
        self.connections.detach(new)
        self.assertIsNone(self.connections.find(1))

    def test_other_stations_stay(self) -> None:
        one, two = FakeConnection(1, 1), FakeConnection(1, 2)
        self.connections.attach(one)
        self.connections.attach(two)
        self.assertEqual((one.closed, two.closed, len(self.connections)), ([], [], 2))

    def test_other_processes_are_told_and_heard(self) -> None:
        peers = FakePeers()
        self.connections.join(peers)
        self.connections.join(peers)
        mine = FakeConnection(5)
        self.connections.attach(mine)
        self.assertEqual(peers.sent, [(HINT_CONNECTION, {"station": 1, "generation": 5})])
        for station, generation in ((1, 4), (1, 5), (2, 9)):
            peers.hear(HINT_CONNECTION, {"station": station, "generation": generation})
        self.assertEqual(mine.closed, [])
        peers.hear(HINT_CONNECTION, {"station": 1, "generation": 6})
        self.assertEqual(mine.closed, [POLICY_VIOLATION])
