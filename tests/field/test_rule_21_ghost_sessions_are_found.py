"""Rule 21: ghost sessions are found, and can be closed softly (steve#1693, ev-server#934)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db.models import F

from smartserver.core import change, clock
from stations.models import Connector, Transaction
from stations.services.commands import Requester
from stations.services.sessions import ghosts
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually

HOUR = timedelta(hours=1)


class GhostSessionsAreFound(FieldCase):
    def ghost(self, station: Emulated) -> Transaction:
        """A session whose end the station never told, on a connector that is free again."""
        session = self.session(station)
        station.unplug()
        eventually(lambda: Connector.objects.filter(evse=session.evse, status="Available").exists())
        self.assertTrue(Transaction.objects.get(pk=session.pk).active)
        return session

    def test_new_session_on_the_connector_ends_it(self) -> None:
        with self.emulated("no-stop") as station:
            ghost = self.ghost(station)
            newer = self.session(station)
            self.assertNotEqual(newer.pk, ghost.pk)
            ghost.refresh_from_db()
            self.assertEqual((ghost.active, ghost.end_reason), (False, "Superseded"))
            self.assertIn("superseded", ghost.remark)
            self.assertIsNone(ghost.meter_stop_wh, "nobody has said where its meter stood")
            self.assertTrue(newer.active)
            self.assertEqual(self.station().sessions, 1)

    def test_it_is_marked_when_its_connector_stays_free(self) -> None:
        with self.emulated("no-stop") as station:
            ghost = self.ghost(station)
            station.wait_ready()
            Transaction.objects.update(started_at=F("started_at") - 2 * HOUR)
            Connector.objects.update(status_since=F("status_since") - HOUR)
            for after, found in ((2 * HOUR, 0), (HOUR / 2, 1), (HOUR / 2, 0)):
                mark = partial(ghosts.mark_ghosts, now=clock.now(), after=after)
                self.assertEqual(change.store(mark), found)
            ghost.refresh_from_db()
            self.assertIn("ghost", ghost.remark)
            self.assertTrue(ghost.active, "only a person, or a new session, ends it")

    def test_operator_closes_it_softly(self) -> None:
        with self.emulated("no-stop") as station:
            ghost = self.ghost(station)
            close = partial(ghosts.close_transaction, transaction_id=ghost.pk, by=Requester("operator"))
            change.store(close)
            ghost.refresh_from_db()
            self.assertFalse(ghost.active)
            self.assertIn("closed_by_operator", ghost.remark)
            self.assertEqual(station.asked("RemoteStopTransaction"), [], "the station is told nothing")
            self.assertEqual(self.station().sessions, 0)

    def test_station_that_tells_the_end_late_is_believed(self) -> None:
        with self.emulated("no-stop") as station:
            ghost = self.ghost(station)
            self.session(station)
        with self.emulated() as station:  # switched off and on, it remembers
            station.wait_ready()
            stop = {"transactionId": ghost.pk, "meterStop": 10_000_000, "timestamp": clock.isoformat(clock.now())}
            station.tell("StopTransaction", stop)
            self.assertEqual(station.wait_answer("StopTransaction")[0], 3)
            ghost.refresh_from_db()
            self.assertEqual(ghost.meter_stop_wh, 10_000_000)
            self.assertIn("late_stop", ghost.remark)
