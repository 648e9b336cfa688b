"""The live table of sessions: what its rows say, and that each change of a session is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from django.db.models import Q

from smartserver.core.events import TOPIC_COMMANDS, TOPIC_SESSIONS
from stations import session_table
from stations.models import EVSE, Command, Transaction
from stations.ocpp.frames import Payload
from stations.services.commands import Requester
from stations.services.equipment.enrolment import remove_station
from stations.services.sessions import ghosts
from tests.stations.support import NOON, call
from tests.stations.test_meter_values_reach_their_session import POWER, meters
from tests.stations.transactions import TransactionCase, started
from tests.units import run_published


class SessionsStayLive(TransactionCase):
    def told(self, action: str, given: Payload, **options: Any) -> set[int]:
        """Keys of the sessions that a call changes."""
        _, published = run_published(call(self.station, action, given, **options))
        return published.rows.get(TOPIC_SESSIONS, set())

    @property
    def row(self) -> dict[str, Any]:
        ((key, values),) = session_table.TOPIC.load(Q())
        self.assertEqual(key, self.session.pk)
        return values

    def test_a_row_says_who_charges_where_and_how_much(self) -> None:
        self.assertEqual(len(self.told("StartTransaction", started(meterStart=1000, connectorId=2))), 1)
        self.assertEqual(
            self.told(
                "MeterValues",
                meters(("7000", POWER), ("1500", "Energy.Active.Import.Register"))
                | {"connectorId": 2, "transactionId": self.session.pk},
            ),
            {self.session.pk},
        )
        row = self.row
        self.assertEqual(list(row), [column.name for column in session_table.COLUMNS])
        shown = {"station": self.station.identity, "state": "active", "evse": 2, "connector": 1, "id_token": "CARD"}
        shown |= {"charging_state": "Charging", "power_w": 7000.0, "energy_wh": 500.0, "ended_at": None}
        self.assertEqual(row, row | shown)
        self.assertEqual(row["started_at"], "2026-06-21T12:00:00.000Z")

    def test_an_ended_session_draws_no_power_whoever_charges_there_now(self) -> None:
        self.told("StartTransaction", started())
        stop = {"transactionId": self.session.pk, "meterStop": 4000, "timestamp": "2026-06-21T13:00:00Z"}
        self.assertEqual(self.told("StopTransaction", stop | {"reason": "EVDisconnected"}), {self.session.pk})
        EVSE.objects.update(power_w=22_000.0)
        shown = {"state": "ended", "power_w": None, "end_reason": "EVDisconnected", "charging_state": ""}
        self.assertEqual(self.row, self.row | shown)

    def test_what_the_server_decides_is_told_too(self) -> None:
        self.told("StartTransaction", started())
        first = self.session.pk
        later = NOON + timedelta(minutes=5)
        self.assertEqual(len(self.told("StartTransaction", started(timestamp="2026-06-21T12:05:00Z"), at=later)), 2)
        running = Transaction.objects.get(active=True).pk
        close = lambda batch: ghosts.close_transaction(batch, transaction_id=running, by=Requester("olga"))  # noqa: E731
        _, published = run_published(close)
        self.assertEqual(published.rows[TOPIC_SESSIONS], {running})
        self.assertNotEqual(first, running)

    def test_a_stop_of_nobodys_session_is_a_row(self) -> None:
        stop = {"transactionId": 999, "meterStop": 4000, "timestamp": "2026-06-21T13:00:00Z"}
        self.assertEqual(self.told("StopTransaction", stop), {self.kept[0].pk})

    def test_what_was_a_removed_stations_leaves(self) -> None:
        self.told("StartTransaction", started())
        session = self.session.pk
        command = Command.objects.create(station=self.station, action="Reset", created_at=NOON, expires_at=NOON)
        _, published = run_published(lambda batch: remove_station(batch, station_id=self.station.pk))
        told = (published.rows[TOPIC_SESSIONS], published.rows[TOPIC_COMMANDS])
        self.assertEqual(told, ({session}, {command.pk}))

    def test_states_and_total_are_counted_as_far_as_the_table_goes(self) -> None:
        for number in range(4):
            Transaction.objects.create(station=self.station, started_at=NOON, active=number == 0)
        with self.assertNumQueries(2):
            self.assertEqual(session_table.STATES.load(), {"states": {"active": 1, "ended": 3}})
        with mock.patch.object(session_table, "MAX_SESSIONS", 2):
            self.assertEqual(session_table.STATES.load(), {"states": {"active": 1, "ended": 2}})
            self.assertEqual(session_table.TOPIC.count(), 2)
            keys = [key for key, _ in session_table.TOPIC.load(Q())]
        self.assertEqual(keys, sorted(Transaction.objects.values_list("pk", flat=True), reverse=True)[:2])
