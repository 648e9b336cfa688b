"""Two processes, one database: what one has begun the other waits for, and then goes by what has become of it.

Each test holds a transaction open and runs another one meanwhile, until that ends or waits for a lock.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import skipUnless

from django.db import connection
from django.test import TransactionTestCase

from smartserver.core import clock
from smartserver.core.batch import Batch, Unit, run_batch
from smartserver.core.errors import Conflict
from smartserver.core.events import COMMAND_SETTLED, STATION_DISCONNECTED, Published
from stations import settlement
from stations.models import Command, Quirk, Station, Transaction
from stations.models import State as StationState
from stations.services import quirks
from stations.services.commands import Requester, queue_command
from stations.services.equipment import connections, enrolment
from stations.services.sessions import ghosts
from stations.settlement import Outgoing
from tests.stations.factories import ConnectorFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run
from tests.waiting import eventually

SOMEBODY = Requester("somebody")


class Process:
    """Another process, as far as the database can tell: a connection and a thread of its own."""

    def __init__(self, unit: Unit[Any]) -> None:
        self.published = Published()
        self.outcome: tuple[Any, BaseException | None] | None = None
        self._unit = unit
        self._pid = 0
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _work(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self._pid,) = cursor.fetchone()
            self.outcome = run_batch([self._unit], self._publish, timer=lambda: 0.0)[0]
        finally:
            connection.close()

    def _publish(self, published: Published) -> None:
        self.published = published

    @property
    def rests(self) -> bool:
        """It has ended, or waits for somebody else's lock."""
        if self.outcome is not None:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s", [self._pid])
            return bool(cursor.fetchone()[0])

    def end(self) -> None:
        self._thread.join(20)
        assert self.outcome is not None


@skipUnless(connection.vendor == "postgresql", "SQLite takes one process at a time")
class TwoProcesses(TransactionTestCase):
    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(connection=7, state=StationState.ONLINE, last_seen_at=NOON)

    def during(self, first: Unit[Any], second: Unit[Any]) -> tuple[Any, Any]:
        """The value of `first`, and the value or error of `second`, which began before `first` was committed."""
        self.second = Process(second)
        self.first = Published()

        def held(batch: Batch) -> Any:
            value = first(batch)
            batch.settle()
            self.second.start()
            eventually(lambda: self.second.rests)
            return value

        def publish(published: Published) -> None:
            self.first = published

        value, error = run_batch([held], publish, timer=lambda: 0.0)[0]
        self.second.end()
        assert error is None, error
        assert self.second.outcome is not None
        return value, self.second.outcome[1] or self.second.outcome[0]

    def told(self, kind: str) -> int:
        return [kind for kind, _ in (*self.first.events, *self.second.published.events)].count(kind)

    def queued(self, **options: Any) -> Command:
        found: Command = run(partial(queue_command, station_id=self.station.pk, action="ClearCache", payload={}))[0]
        Command.objects.filter(pk=found.pk).update(**options)
        return found

    def take(self, batch: Batch) -> Outgoing | None:
        return settlement.take_next(batch, station_id=self.station.pk, generation=7, version="1.6")

    def sent(self) -> Outgoing:
        self.queued()
        found: Outgoing = run(self.take)[0]
        return found

    def state(self) -> str:
        return Command.objects.get().state


class Commands(TwoProcesses):
    def test_what_leaves_can_not_be_cancelled_any_more(self) -> None:
        key = self.queued().pk
        taken, refused = self.during(self.take, partial(settlement.cancel_command, command_id=key, by=SOMEBODY))
        self.assertEqual(taken.command_id, key)
        self.assertIsInstance(refused, Conflict)
        self.assertEqual(self.state(), "sent")

    def test_what_is_cancelled_does_not_leave(self) -> None:
        key = self.queued().pk
        _, taken = self.during(partial(settlement.cancel_command, command_id=key, by=SOMEBODY), self.take)
        self.assertIsNone(taken)
        self.assertEqual(self.state(), "cancelled")

    def test_an_answer_is_not_swept_away(self) -> None:
        sent = self.sent()
        late = NOON + timedelta(minutes=5)
        self.during(
            partial(settlement.take_answer, sent=sent, reply={"status": "Accepted"}),
            partial(settlement.sweep, unanswered_since=late),
        )
        self.assertEqual(self.state(), "answered")

    def test_an_answer_after_the_sweep_changes_nothing(self) -> None:
        sent = self.sent()
        late = NOON + timedelta(minutes=5)
        self.during(
            partial(settlement.sweep, unanswered_since=late),
            partial(settlement.take_answer, sent=sent, reply={"status": "Accepted"}),
        )
        self.assertEqual(self.state(), "queued")

    def test_two_sweeps_end_a_command_once(self) -> None:
        self.queued(expires_at=NOON)
        sweep = partial(settlement.sweep, unanswered_since=NOON)
        self.during(sweep, sweep)
        self.assertEqual(self.state(), "expired")
        self.assertEqual(self.told(COMMAND_SETTLED), 1)

    def test_one_idempotency_key_is_one_command(self) -> None:
        queue = partial(
            queue_command, station_id=self.station.pk, action="ClearCache", payload={}, idempotency_key="one"
        )
        first, second = self.during(queue, queue)
        self.assertEqual(first.pk, second.pk)
        self.assertEqual(Command.objects.count(), 1)


class Connections(TwoProcesses):
    def test_the_late_close_of_an_old_socket_leaves_the_new_one_online(self) -> None:
        self.during(
            partial(connections.connect_station, station_id=self.station.pk, version="1.6", now=NOON),
            partial(connections.disconnect_station, station_id=self.station.pk, generation=7),
        )
        self.station.refresh_from_db()
        self.assertEqual((self.station.state, self.station.connection), ("online", 8))
        self.assertEqual(self.told(STATION_DISCONNECTED), 0)

    def test_two_connections_have_two_generations(self) -> None:
        connect = partial(connections.connect_station, station_id=self.station.pk, version="1.6", now=NOON)
        self.assertEqual(self.during(connect, connect), (8, 9))

    def test_silence_is_told_once(self) -> None:
        look = partial(
            connections.mark_silent,
            now=NOON + timedelta(hours=1),
            stale_after=timedelta(minutes=10),
            gone_after=timedelta(minutes=20),
        )
        self.during(look, look)
        self.assertEqual(self.told(STATION_DISCONNECTED), 1)

    def test_who_speaks_at_this_moment_is_not_silent(self) -> None:
        late = NOON + timedelta(hours=1)
        with clock.frozen(late):
            self.during(
                call(self.station, "Heartbeat", {}, at=late),
                partial(
                    connections.mark_silent,
                    now=late,
                    stale_after=timedelta(minutes=10),
                    gone_after=timedelta(minutes=20),
                ),
            )
        self.station.refresh_from_db()
        self.assertEqual(self.station.state, "online")

    def test_one_identity_is_enrolled_once(self) -> None:
        enrol = partial(enrolment.create_station, identity="NEW")
        _, second = self.during(enrol, enrol)
        self.assertIsInstance(second, Conflict, "an error of the database says nothing to anybody")

    def test_a_rule_that_both_meet_for_the_first_time_is_counted_twice(self) -> None:
        note = partial(quirks.note, station_id=self.station.pk, rules=("broken_json",), action="Heartbeat", at=NOON)
        _, error = self.during(note, note)
        self.assertIsNone(error)
        self.assertEqual(Quirk.objects.get().times, 2)


class Sessions(TwoProcesses):
    def start(self, station: Station, tag: str = "CARD", meter: int = 100) -> Unit[Any]:
        payload = {"connectorId": 1, "idTag": tag, "meterStart": meter, "timestamp": NOON_TEXT}
        return call(station, "StartTransaction", payload, accept_unknown=True)

    def test_a_start_that_both_hear_of_is_one_session(self) -> None:
        first, second = self.during(self.start(self.station), self.start(self.station))
        self.assertEqual(first["transactionId"], second["transactionId"])
        self.assertEqual(Transaction.objects.count(), 1)

    def test_a_token_for_one_session_starts_one(self) -> None:
        TokenFactory.create(value="CARD", max_sessions=1)
        other = StationFactory.create()
        first, second = self.during(self.start(self.station), self.start(other))
        self.assertEqual(first["idTagInfo"]["status"], "Accepted")
        self.assertEqual(second["idTagInfo"]["status"], "ConcurrentTx")

    def test_a_token_that_nobody_knows_is_noted_once(self) -> None:
        first, second = self.during(self.start(self.station), self.start(StationFactory.create(), tag="card"))
        self.assertEqual(first["idTagInfo"]["status"], "Accepted")
        self.assertEqual(second["idTagInfo"]["status"], "Accepted")
        tokens = set(Transaction.objects.values_list("id_token", flat=True))
        self.assertEqual(len(tokens), 1)

    def test_a_ghost_that_ends_at_this_moment_stays_ended(self) -> None:
        long_ago = NOON - timedelta(days=1)
        connector = ConnectorFactory.create(
            evse__station=self.station, status="Available", status_since=long_ago + timedelta(hours=1)
        )
        session = TransactionFactory.create(
            station=self.station, evse=connector.evse, started_at=long_ago, meter_start_wh=0.0
        )
        stop = {"transactionId": session.pk, "meterStop": 500, "timestamp": NOON_TEXT, "reason": "Local"}
        self.during(
            call(self.station, "StopTransaction", stop),
            partial(ghosts.mark_ghosts, now=NOON, after=timedelta(minutes=10)),
        )
        session.refresh_from_db()
        self.assertFalse(session.active)
        self.assertNotIn("ghost", session.remark)
