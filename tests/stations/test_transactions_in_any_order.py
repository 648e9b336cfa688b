"""Events out of order, ids that are wrong, and sessions that were never ended."""

from __future__ import annotations

from datetime import timedelta

from stations.models import MeterValue, Station, Transaction
from stations.ocpp.frames import Payload
from tests.stations.factories import StationFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, NOON_TEXT, call
from tests.stations.transactions import TransactionCase, event, started
from tests.units import run


class OutOfOrder(TransactionCase):
    def assert_whole(self) -> None:
        session = self.session
        self.assertEqual(
            (session.meter_start_wh, session.meter_last_wh, session.energy_wh, session.active),
            (100.0, 300.0, 200.0, False),
        )
        self.assertEqual(session.started_at_station, NOON)

    def test_update_before_the_start(self) -> None:
        self.event("Updated", 1, 200.0)
        self.assertTrue(self.session.active)
        self.event("Started", 0, 100.0)
        self.assertEqual(self.session.meter_start_wh, 100.0)
        self.event("Ended", 2, 300.0)
        self.assert_whole()

    def test_end_before_the_start(self) -> None:
        self.event("Ended", 2, 300.0)
        self.assertFalse(self.session.active)
        self.event("Started", 0, 100.0)
        self.event("Updated", 1, 200.0)
        self.assert_whole()
        self.assertEqual(self.session.charging_state, "")

    def test_late_start_without_a_meter_leaves_what_was_measured(self) -> None:
        self.event("Updated", 1, 200.0)
        self.event("Updated", 2, 300.0)
        self.event("Started", 0)
        self.assertEqual((self.session.meter_start_wh, self.session.energy_wh), (200.0, 100.0))

    def test_end_before_the_update(self) -> None:
        self.event("Started", 0, 100.0)
        self.event("Ended", 2, 300.0)
        self.event("Updated", 1, 200.0, transactionInfo={"transactionId": "T1", "chargingState": "Charging"})
        self.assert_whole()
        self.assertEqual(self.session.charging_state, "", "an ended session does not charge")

    def test_any_order_in_one_batch(self) -> None:
        story = [event("Ended", 2, 300.0), event("Updated", 1, 200.0), event("Started", 0, 100.0)]
        run(*(call(self.station, "TransactionEvent", each, version="2.0.1") for each in story))
        self.assert_whole()

    def test_replayed_end_of_an_old_session_does_not_close_the_new_one(self) -> None:
        self.event("Started", 0, 500.0, transactionInfo={"transactionId": "T2"})
        self.event("Ended", 9, 300.0, offline=True)
        active = Transaction.objects.filter(active=True).values_list("reference", flat=True)
        self.assertEqual(list(active), ["T2"])

    def test_charging_state_is_that_of_the_last_report(self) -> None:
        for sequence, state in enumerate(("EVConnected", "Charging", "SuspendedEV")):
            info = {"transactionId": "T1", "chargingState": state}
            self.event("Started" if sequence == 0 else "Updated", sequence, transactionInfo=info)
            self.assertEqual(self.session.charging_state, state)

    def test_session_may_never_say_where_it_is(self) -> None:
        self.event("Started", 0, 100.0, evse=None)
        self.event("Ended", 1, 150.0, evse=None)
        self.assertEqual((self.session.evse, self.session.energy_wh, self.session.active), (None, 50.0, False))

    def test_place_and_token_may_come_later(self) -> None:
        self.event("Started", 0, evse=None, idToken=None)
        self.assertEqual((self.session.evse, self.session.id_token), (None, None))
        self.event("Updated", 1, evse={"id": 2}, idToken={"idToken": "CARD", "type": "ISO14443"})
        evse, token = self.session.evse, self.session.id_token
        assert evse is not None
        assert token is not None
        self.assertEqual((evse.number, token.value), (2, "CARD"))
        self.event("Updated", 2, evse={"id": 3}, idToken={"idToken": "OTHER", "type": "ISO14443"})
        self.assertEqual((self.session.evse, self.session.id_token), (evse, token))


class WrongIds(TransactionCase):
    """FIELD rules 19 and 20."""

    def stop(self, number: int | None, station: Station | None = None) -> Payload:
        self.station = station or self.station
        return self.ask("StopTransaction", payload("1.6", "StopTransaction", transactionId=number))

    def rules(self) -> list[tuple[str, str, int]]:
        return list(self.station.quirks_seen.order_by("rule").values_list("rule", "action", "times"))

    def test_stop_of_an_unknown_session_is_acknowledged_and_recorded(self) -> None:
        number = self.ask("StartTransaction", started())["transactionId"]
        for wrong in (-1, 0, number + 1000, 2**31, 2**63, -(2**63)):
            self.assertEqual(self.stop(wrong), {"idTagInfo": {"status": "Accepted"}})
        self.assertEqual(self.rules(), [("unknown_transaction_id", "StopTransaction", 6)])
        self.assertTrue(self.session.active)
        self.station.refresh_from_db()
        self.assertEqual(self.station.quirks, "unknown_transaction_id")

    def test_stop_without_an_id_is_acknowledged_and_recorded(self) -> None:
        self.stop(None)
        rules = [rule for rule, _, _ in self.rules()]
        self.assertEqual(rules, ["missing_transaction_id", "unknown_transaction_id"])

    def test_stop_of_somebody_elses_session_stops_nobody(self) -> None:
        number = self.ask("StartTransaction", started())["transactionId"]
        other: Station = StationFactory.create()
        self.stop(number, station=other)
        self.assertEqual(self.rules(), [("unknown_transaction_id", "StopTransaction", 1)])
        self.assertTrue(self.session.active)
        self.assertEqual([row.station for row in self.kept], [other])

    def test_event_with_the_reference_of_another_station_is_a_session_of_its_own(self) -> None:
        self.event("Started", 0)
        self.station = StationFactory.create()
        self.event("Ended", 1)
        self.assertEqual(Transaction.objects.filter(active=True).count(), 1)
        self.assertEqual(Transaction.objects.count(), 2)


class Ghosts(TransactionCase):
    """FIELD 21: an EVSE that begins another session has ended the one before."""

    def test_new_start_closes_the_session_that_was_never_ended(self) -> None:
        ghost = self.ask("StartTransaction", started())["transactionId"]
        elsewhere = self.ask("StartTransaction", started(connectorId=2))["transactionId"]
        later = NOON + timedelta(hours=1)
        new = self.ask("StartTransaction", started(timestamp="2026-06-21T13:00:00Z"), at=later)["transactionId"]
        rows = {row.pk: row for row in Transaction.objects.all()}
        self.assertEqual(
            (rows[ghost].active, rows[ghost].end_reason, rows[ghost].ended_at), (False, "Superseded", later)
        )
        self.assertTrue(rows[new].active)
        self.assertTrue(rows[elsewhere].active)

    def test_late_stop_of_a_ghost_stops_only_the_ghost(self) -> None:
        ghost = self.ask("StartTransaction", started())["transactionId"]
        new = self.ask("StartTransaction", started(timestamp="2026-06-21T13:00:00Z"))["transactionId"]
        self.ask("StopTransaction", payload("1.6", "StopTransaction", transactionId=ghost))
        self.assertTrue(Transaction.objects.get(pk=new).active)

    def test_values_before_the_new_start_belong_to_the_ghost(self) -> None:
        ghost = self.ask("StartTransaction", started())["transactionId"]
        sampled = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": "900"}]}]
        run(
            call(self.station, "MeterValues", {"connectorId": 1, "meterValue": sampled}),
            call(self.station, "StartTransaction", started(meterStart=900, timestamp="2026-06-21T13:00:00Z")),
        )
        self.assertEqual(MeterValue.objects.get().transaction_id, ghost)
        self.assertEqual(Transaction.objects.get(pk=ghost).energy_wh, 900.0)
