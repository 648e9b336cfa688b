"""FIELD rule 21: sessions that their station never ends are found, and can be closed softly (steve#1693)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import product
from typing import Any
from unittest import mock

from django.test import TestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import TRANSACTION_ENDED, TRANSACTION_UPDATED
from smartserver.core.runtime import Runtime
from stations import tasks
from stations.models import EVSE, Command, Connector, Station, Transaction
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.ocpp.told import TransactionStatusTold
from stations.services.commands import Requester
from stations.services.sessions import ghosts
from stations.services.settled import Settled
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run, run_published

AFTER = timedelta(minutes=15)


class GhostCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        TokenFactory.create(value="CARD")

    def say(self, action: str, given: Payload, *, minutes: float = 0.0, **options: Any) -> Any:
        moment = NOON + timedelta(minutes=minutes)
        with clock.frozen(moment):  # "last seen" is the time of the commit
            return run(call(self.station, action, given, at=moment, **options))[0]

    def start(self, connector: int = 1, *, minutes: float = 0.0, time: str = NOON_TEXT) -> Transaction:
        given = {"connectorId": connector, "idTag": "CARD", "meterStart": 1000, "timestamp": time}
        number = self.say("StartTransaction", given, minutes=minutes)["transactionId"]
        return Transaction.objects.get(pk=number)

    def status(self, status: str, connector: int = 1, *, minutes: float) -> None:
        given = {"connectorId": connector, "errorCode": "NoError", "status": status}
        self.say("StatusNotification", given, minutes=minutes)

    def stop(self, session: Transaction, meter: int = 3000, *, minutes: float = 60.0, **more: Any) -> Any:
        given = {"transactionId": session.pk, "meterStop": meter, "timestamp": "2026-06-21T12:30:00Z"}
        return self.say("StopTransaction", given | more, minutes=minutes)


class Found(GhostCase):
    def marked(self, *, minutes: float) -> list[int]:
        moment = NOON + timedelta(minutes=minutes)
        run(lambda batch: ghosts.mark_ghosts(batch, now=moment, after=AFTER))
        return list(Transaction.objects.filter(remark="ghost").values_list("pk", flat=True))

    def heartbeat(self, *, minutes: float) -> None:
        self.say("Heartbeat", {}, minutes=minutes)

    def test_field_21_when_their_connector_has_long_been_free(self) -> None:
        session = self.start()
        self.status("Available", minutes=5)
        self.heartbeat(minutes=19)
        self.assertEqual(self.marked(minutes=19), [])
        self.heartbeat(minutes=20)
        self.assertEqual(self.marked(minutes=20), [session.pk])

    def test_field_21_are_told_once(self) -> None:
        session = self.start()
        self.status("Available", minutes=5)
        self.heartbeat(minutes=30)

        def look(batch: Any) -> int:
            return ghosts.mark_ghosts(batch, now=NOON + timedelta(minutes=30), after=AFTER)

        values, published = run_published(look, look)
        self.assertEqual(values, [1, 0])
        ((kind, told),) = published.events
        self.assertEqual((kind, told["transaction"]), (TRANSACTION_UPDATED, session.pk))

    def test_field_21_however_often_the_station_repeats_its_status(self) -> None:
        session = self.start()
        for minutes in (5, 10, 15, 20):
            self.status("Available", minutes=minutes)
        self.assertEqual(self.marked(minutes=20), [session.pk])

    def test_none_where_the_connector_was_free_before_the_start_only(self) -> None:
        self.status("Available", minutes=-60)
        self.start()
        self.heartbeat(minutes=60)
        self.assertEqual(self.marked(minutes=60), [], "some stations never report their status")

    def test_none_where_the_connector_is_occupied_again(self) -> None:
        self.start()
        self.status("Available", minutes=5)
        self.status("Charging", minutes=6)
        self.heartbeat(minutes=60)
        self.assertEqual(self.marked(minutes=60), [])

    def test_none_where_another_connector_of_the_evse_is_occupied(self) -> None:
        self.start()
        self.status("Available", minutes=5)
        evse = EVSE.objects.get()
        Connector.objects.create(evse=evse, number=2, status="Occupied", received_at=NOON, status_since=NOON)
        self.heartbeat(minutes=60)
        self.assertEqual(self.marked(minutes=60), [])

    def test_none_where_power_is_drawn(self) -> None:
        self.start()
        self.status("Available", minutes=5)
        EVSE.objects.update(power_w=7000, measured_at=NOON + timedelta(minutes=10))
        self.heartbeat(minutes=60)
        self.assertEqual(self.marked(minutes=60), [])
        EVSE.objects.update(measured_at=NOON + timedelta(minutes=4))
        self.assertEqual(len(self.marked(minutes=60)), 1, "before the connector was free")

    def test_none_where_the_station_has_not_been_heard_since(self) -> None:
        self.start()
        self.status("Available", minutes=5)
        self.assertEqual(self.marked(minutes=60), [])

    def test_none_where_the_station_has_more_to_say(self) -> None:
        """FIELD 22."""
        self.start()
        self.status("Available", minutes=5)
        self.heartbeat(minutes=60)
        Transaction.objects.update(messages_in_queue=True)
        self.assertEqual(self.marked(minutes=60), [])

    def test_by_the_task_beside_the_sockets(self) -> None:
        self.start()
        self.status("Available", minutes=5)
        self.heartbeat(minutes=60)

        class Once:
            """A runtime whose writer runs one unit."""

            writer: Any

            def __init__(self) -> None:
                self.writer = self
                self.found: list[int] = []

            async def run(self, unit: Any) -> None:
                self.found.append(await asyncio.to_thread(lambda: unit))
                raise asyncio.CancelledError

        once = Once()
        runtime: Any = once
        with (
            mock.patch.object(tasks, "GHOST_INTERVAL", 0),
            override_settings(GHOST_AFTER=900),
            clock.frozen(NOON + timedelta(hours=1)),
            self.assertRaises(asyncio.CancelledError),
        ):
            asyncio.run(tasks.watch_ghosts(runtime))
        (unit,) = once.found
        found: Any = unit
        self.assertEqual(run(found), [1])

    @override_settings(GHOST_AFTER=0)
    def test_never_where_that_is_switched_off(self) -> None:
        asyncio.run(tasks.watch_ghosts(Runtime(topics=[])))


class Superseded(GhostCase):
    def test_field_21_new_start_closes_the_ghost_with_a_reason(self) -> None:
        ghost = self.start()
        given = {"connectorId": 1, "idTag": "CARD", "meterStart": 5000, "timestamp": "2026-06-21T13:00:00Z"}
        moment = NOON + timedelta(hours=1)
        _, published = run_published(call(self.station, "StartTransaction", given, at=moment))
        ghost.refresh_from_db()
        self.assertEqual((ghost.active, ghost.end_reason, ghost.remark), (False, "Superseded", "superseded"))
        told = [data for kind, data in published.events if kind == TRANSACTION_ENDED]
        self.assertEqual([data["transaction"] for data in told], [ghost.pk])

    def test_late_stop_tells_the_truth_about_the_ghost(self) -> None:
        ghost = self.start()
        new = self.start(minutes=60, time="2026-06-21T13:00:00Z")
        for minutes in (61, 62):  # the second one is a repetition
            self.stop(ghost, 3000, minutes=minutes, reason="PowerLoss")
        ghost.refresh_from_db()
        self.assertEqual(
            (ghost.energy_wh, ghost.end_reason, ghost.remark), (2000.0, "PowerLoss", "superseded,late_stop")
        )
        self.assertEqual(ghost.ended_at, NOON + timedelta(hours=1))
        self.stop(ghost, 9000, minutes=63)
        ghost.refresh_from_db()
        self.assertEqual(ghost.energy_wh, 2000.0, "the end is told once")
        new.refresh_from_db()
        self.assertTrue(new.active)

    def test_older_start_that_is_replayed_later_does_not_end_what_runs(self) -> None:
        """What the station kept comes after what happens now: the older session is the ghost, not the newer one."""
        new = self.begin(5000, "2026-06-21T13:00:00Z", minutes=60)
        EVSE.objects.update(power_w=7000.0)
        given = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": NOON_TEXT}
        (answer, again), published = run_published(
            *[call(self.station, "StartTransaction", given, at=NOON + timedelta(minutes=61)) for _ in range(2)]
        )
        self.assertEqual(answer["transactionId"], again["transactionId"])
        old = Transaction.objects.get(pk=answer["transactionId"])
        self.assertEqual((old.active, old.end_reason, old.remark), (False, "Superseded", "superseded"))
        told = [data for kind, data in published.events if kind == TRANSACTION_ENDED]
        self.assertEqual([data["transaction"] for data in told], [old.pk])
        self.stop(old, 3000, minutes=62, reason="EVDisconnected")
        old.refresh_from_db()
        self.assertEqual((old.energy_wh, old.end_reason), (2000.0, "EVDisconnected"))
        new.refresh_from_db()
        self.assertTrue(new.active)
        evse = EVSE.objects.get()
        self.assertEqual((evse.power_w, evse.energy_wh), (7000.0, 5000.0), "they are those of the newer one")

    def test_start_after_a_clock_was_put_right_ends_the_ghost(self) -> None:
        for ahead in (2, 120):  # minutes
            with self.subTest(ahead=ahead):
                ghost = self.begin(1000, written(NOON + timedelta(minutes=ahead)))
                new = self.begin(2000 + ahead, written(NOON + timedelta(minutes=1)), minutes=1)
                ghost.refresh_from_db()
                self.assertEqual((ghost.active, new.active), (False, True))

    def test_start_by_a_clock_that_stands_wrong_ends_the_ghost(self) -> None:
        """A meter that begins at zero each time, one that counts on, and one that was not read."""
        clocks = ("1970-01-01T00:00:07Z", "2020-01-01T00:00:00Z", "2026-06-21T11:00:00Z")
        for number, (time, (before, after)) in enumerate(
            product(clocks, ((0, 0), (1000, 1000), (1000, 2000), (1000, 0)))
        ):
            with self.subTest(time=time, before=before, after=after):
                Transaction.objects.all().delete()
                ghost = self.begin(before, NOON_TEXT)
                new = self.begin(after, time, minutes=1 + number)
                ghost.refresh_from_db()
                self.assertEqual((ghost.active, new.active), (False, True))

    def begin(self, meter: int, time: str, *, minutes: float = 0.0) -> Transaction:
        given = {"connectorId": 1, "idTag": "CARD", "meterStart": meter, "timestamp": time}
        return Transaction.objects.get(pk=self.say("StartTransaction", given, minutes=minutes)["transactionId"])

    def test_field_22_session_of_which_more_is_coming_stays_open(self) -> None:
        session = self.start()
        self.say_of_queue(self.station, session.reference, True)
        self.start(minutes=60, time="2026-06-21T13:00:00Z")
        session.refresh_from_db()
        self.assertTrue(session.active)
        self.stop(session, 3000)
        session.refresh_from_db()
        self.assertEqual((session.active, session.messages_in_queue, session.energy_wh), (False, False, 2000.0))

    def test_field_22_is_about_the_stations_own_sessions(self) -> None:
        session = self.start()
        other = StationFactory.create()
        self.say_of_queue(other, session.reference, True)
        session.refresh_from_db()
        self.assertFalse(session.messages_in_queue)

    def test_field_22_without_a_reference_all_are_meant(self) -> None:
        session = self.start()
        for waiting in (True, False):
            self.say_of_queue(self.station, "", waiting)
            session.refresh_from_db()
            self.assertEqual(session.messages_in_queue, waiting)

    def say_of_queue(self, station: Station, reference: str, waiting: bool) -> None:
        """The station answers GetTransactionStatus."""
        command = Command(station=station)
        fact = TransactionStatusTold(reference, waiting)
        settled = Settled(station.pk, "2.0.1", command, "GetTransactionStatus", {}, {}, NOON)
        run(lambda batch: ghosts.take_transaction_status(batch, settled, fact))


class ClosedSoftly(GhostCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(ghosts.logger, "propagate", False))

    def close(self, number: int, **options: Any) -> Transaction:
        closed: Transaction = run(
            lambda batch: ghosts.close_transaction(batch, transaction_id=number, by=Requester("olga"), **options)
        )[0]
        return closed

    def test_field_21_by_an_operator(self) -> None:
        session = self.start()
        EvseFactory.create(station=self.station)
        EVSE.objects.update(power_w=5000)
        with (
            clock.frozen(NOON + timedelta(hours=3)),
            self.assertLogs("stations.services.sessions.ghosts", "INFO") as log,
        ):
            closed = self.close(session.pk)
        self.assertEqual(
            (closed.active, closed.end_reason, closed.remark), (False, "ClosedByOperator", "closed_by_operator")
        )
        session.refresh_from_db()
        self.assertEqual((session.active, session.ended_at), (False, NOON + timedelta(hours=3)))
        self.assertEqual(EVSE.objects.get().power_w, 0.0)
        self.assertIn("olga", log.output[0])
        self.station.refresh_from_db()
        self.assertEqual(self.station.sessions, 0)

    def test_with_a_reason(self) -> None:
        self.assertEqual(self.close(self.start().pk, reason="Customer called").end_reason, "Customer called")
        self.assertEqual(self.close(self.start(2).pk, reason=" ").end_reason, "ClosedByOperator")

    def test_is_told(self) -> None:
        session = self.start()
        _, published = run_published(
            lambda batch: ghosts.close_transaction(batch, transaction_id=session.pk, by=Requester("olga"))
        )
        ((kind, told),) = published.events
        self.assertEqual(
            (kind, told["transaction"], told["remark"]), (TRANSACTION_ENDED, session.pk, "closed_by_operator")
        )

    def test_counts_what_was_measured_in_the_same_moment(self) -> None:
        session = self.start()
        meters = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": "1500"}]}]
        run(
            call(self.station, "MeterValues", {"connectorId": 1, "meterValue": meters}),
            lambda batch: ghosts.close_transaction(batch, transaction_id=session.pk, by=Requester("olga")),
        )
        session.refresh_from_db()
        self.assertEqual(session.energy_wh, 500.0)

    def test_stop_of_the_station_counts_after_all(self) -> None:
        session = self.start()
        self.close(session.pk)
        self.stop(session, 4000, reason="Local")
        session.refresh_from_db()
        self.assertEqual(
            (session.energy_wh, session.end_reason, session.remark), (3000.0, "Local", "closed_by_operator,late_stop")
        )

    def test_is_refused_where_there_is_nothing_to_close(self) -> None:
        with self.assertRaises(NotFound):
            self.close(10**6)
        session = self.start()
        self.stop(session)
        with self.assertRaises(Conflict) as caught:
            self.close(session.pk)
        self.assertEqual(caught.exception.details, {"end_reason": "Local"})


class StopsOfNobody(GhostCase):
    """FIELD rules 19 and 20: acknowledged and kept, and nobody is stopped."""

    def kept(self) -> list[Transaction]:
        return list(Transaction.objects.filter(remark="unknown_transaction_id").order_by("pk"))

    def unknown(self, number: int, *, minutes: float = 0.0, **more: Any) -> Any:
        given = {"transactionId": number, "meterStop": 3000, "timestamp": NOON_TEXT, "idTag": "CARD"}
        given = {name: value for name, value in (given | more).items() if value is not None}
        return self.say("StopTransaction", given, minutes=minutes)

    def test_field_19_are_kept_without_energy(self) -> None:
        session = self.start()
        for number in (-1, 0, 10**6):
            self.assertEqual(self.unknown(number), {"idTagInfo": {"status": "Accepted"}})
        for row in self.kept():
            self.assertEqual((row.active, row.energy_wh, row.meter_stop_wh, row.evse), (False, None, 3000.0, None))
            assert row.stopped_by is not None
            self.assertEqual((row.stopped_by.value, row.end_reason, row.ended_at_station), ("CARD", "Local", NOON))
        self.assertEqual(len(self.kept()), 3)
        session.refresh_from_db()
        self.assertTrue(session.active)

    def test_field_18_repeated_are_kept_once(self) -> None:
        for minutes in (0, 5, 10_000):
            self.unknown(-1, minutes=minutes)
        self.unknown(-1, meterStop=4000)
        self.assertEqual(len(self.kept()), 2)

    def test_without_a_clock_are_repetitions_for_a_day(self) -> None:
        for minutes in (0, 60, 3000):
            self.unknown(-1, timestamp="1970-01-01T00:00:00Z", minutes=minutes)
        self.assertEqual(len(self.kept()), 2)

    def test_keep_their_readings_and_show_none(self) -> None:
        data = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": "2900"}]}]
        self.unknown(0, transactionData=data, idTag=None)
        (row,) = self.kept()
        self.assertEqual(row.meter_values.get().energy_wh, 2900.0)
        self.assertFalse(EVSE.objects.exists())
        self.assertIsNone(row.stopped_by)

    def test_field_20_number_of_such_a_row_is_nobodys_session_either(self) -> None:
        self.unknown(-1)
        (row,) = self.kept()
        self.unknown(row.pk)
        self.assertEqual([each.meter_stop_wh for each in self.kept()], [3000.0, 3000.0])
        self.assertEqual(rules_of(self.station), {"unknown_transaction_id": 2})
