"""FIELD rules 18 to 23: the same report twice has the effect of one, also after a restart, with the same answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase

from smartserver.core.batch import Batch
from stations.models import IdToken, MeterValue, Station, Transaction, TransactionEvent
from stations.ocpp.frames import Payload
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run


def started(**changes: Any) -> Payload:
    return payload("1.6", "StartTransaction", **{"reservationId": None} | changes)


def event(kind: str, sequence: int, energy: float | None = None, **changes: Any) -> Payload:
    """A TransactionEvent; `energy` is its meter value."""
    changes.setdefault("timestamp", f"2026-06-21T12:00:{sequence:02d}Z")
    changes.setdefault("transactionInfo", {"transactionId": "T1"})
    meter = None
    if energy is not None:
        meter = [{"timestamp": changes["timestamp"], "sampledValue": [{"value": energy}]}]
    return payload("2.0.1", "TransactionEvent", eventType=kind, seqNo=sequence, meterValue=meter, **changes)


class TransactionCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        TokenFactory.create(value="CARD")

    def ask(self, action: str, given: Payload, *, version: str = "1.6", **options: Any) -> Payload:
        (answer,) = run(call(self.station, action, given, version=version, **options))
        found: Payload = answer
        return found

    def event(self, kind: str, sequence: int, energy: float | None = None, **changes: Any) -> Payload:
        return self.ask("TransactionEvent", event(kind, sequence, energy, **changes), version="2.0.1")

    @property
    def session(self) -> Transaction:
        return Transaction.objects.exclude(remark="unknown_transaction_id").get()

    @property
    def kept(self) -> list[Transaction]:
        """Stops of nobody's session."""
        return list(Transaction.objects.filter(remark="unknown_transaction_id").order_by("pk"))


class Retried16(TransactionCase):
    def test_start_in_a_later_batch_counts_once(self) -> None:
        first = self.ask("StartTransaction", started())
        again = self.ask("StartTransaction", started(), at=NOON + timedelta(hours=5))
        self.assertEqual(first, again)
        self.assertEqual(first, {"transactionId": self.session.pk, "idTagInfo": {"status": "Accepted"}})
        self.assertEqual(self.session.started_at, NOON)

    def test_start_in_the_same_batch_counts_once(self) -> None:
        unit = call(self.station, "StartTransaction", started())
        first, again = run(unit, unit)
        self.assertEqual(first, again)
        self.assertEqual(Transaction.objects.count(), 1)

    def test_start_after_the_end_counts_once(self) -> None:
        number = self.ask("StartTransaction", started())["transactionId"]
        self.ask("StopTransaction", payload("1.6", "StopTransaction", transactionId=number))
        self.assertEqual(self.ask("StartTransaction", started())["transactionId"], number)
        self.assertFalse(self.session.active)

    def test_stop_counts_once(self) -> None:
        number = self.ask("StartTransaction", started())["transactionId"]
        stop = payload("1.6", "StopTransaction", transactionId=number, meterStop=1500, reason="Remote")
        first = self.ask("StopTransaction", stop)
        before = Transaction.objects.values().get()
        again = self.ask("StopTransaction", stop, at=NOON + timedelta(days=1))
        self.assertEqual((first, again), ({"idTagInfo": {"status": "Accepted"}},) * 2)
        self.assertEqual(Transaction.objects.values().get(), before)
        self.assertEqual((before["energy_wh"], before["end_reason"], before["ended_at"]), (1500.0, "Remote", NOON))
        self.assertEqual(MeterValue.objects.count(), 1)

    def test_start_and_stop_of_two_stations_are_two_sessions(self) -> None:
        first = self.ask("StartTransaction", started())
        self.station = StationFactory.create()
        self.assertNotEqual(self.ask("StartTransaction", started()), first)
        self.assertEqual(Transaction.objects.filter(active=True).count(), 2)

    def test_second_session_works_like_the_first(self) -> None:
        """FIELD 25."""
        numbers = []
        for meter, time in ((0, "2026-06-21T12:00:00Z"), (1000, "2026-06-21T13:00:00Z")):
            number = self.ask("StartTransaction", started(meterStart=meter, timestamp=time))["transactionId"]
            stop = payload("1.6", "StopTransaction", transactionId=number, meterStop=meter + 1000, transactionData=None)
            self.ask("StopTransaction", stop)
            numbers.append(number)
        self.assertEqual(
            list(Transaction.objects.order_by("pk").values_list("pk", "energy_wh")),
            [(number, 1000.0) for number in numbers],
        )


class StoppedClock(TransactionCase):
    """A station whose clock stands still says the same for every start."""

    def test_new_start_is_a_new_session(self) -> None:
        start = started(timestamp="1970-01-01T00:00:00Z")
        first = self.ask("StartTransaction", start)["transactionId"]
        self.assertEqual(self.ask("StartTransaction", start)["transactionId"], first, "while it runs it is a retry")
        self.ask("StopTransaction", payload("1.6", "StopTransaction", transactionId=first))
        second = self.ask("StartTransaction", start)["transactionId"]
        self.assertNotEqual(second, first)
        self.assertTrue(Transaction.objects.get(pk=second).active)

    def test_start_without_a_readable_time_is_a_new_session(self) -> None:
        for time in ("noon", None):
            start = started(timestamp=time)
            first = self.ask("StartTransaction", start)["transactionId"]
            self.ask("StopTransaction", payload("1.6", "StopTransaction", transactionId=first))
            self.assertNotEqual(self.ask("StartTransaction", start)["transactionId"], first)


class Retried2(TransactionCase):
    def test_every_event_counts_once(self) -> None:
        story = [("Started", 0, 100.0), ("Updated", 1, 150.0), ("Ended", 2, 200.0)]
        first = [self.event(*each) for each in story]
        before = Transaction.objects.values().get()
        self.assertEqual([self.event(*each) for each in story], first)
        self.assertEqual(first, [{"idTokenInfo": {"status": "Accepted"}}] * 3)
        self.assertEqual(Transaction.objects.values().get(), before)
        self.assertEqual((before["energy_wh"], before["active"]), (100.0, False))
        self.assertEqual((TransactionEvent.objects.count(), MeterValue.objects.count()), (3, 3))

    def test_every_event_counts_once_in_one_batch(self) -> None:
        story = [event("Started", 0, 100.0), event("Started", 0, 100.0), event("Updated", 1, 150.0)]
        story += [event("Updated", 1, 150.0), event("Ended", 2, 200.0), event("Ended", 2, 200.0)]
        run(*(call(self.station, "TransactionEvent", each, version="2.0.1") for each in story))
        self.assertEqual((self.session.energy_wh, self.session.active), (100.0, False))
        self.assertEqual((TransactionEvent.objects.count(), MeterValue.objects.count()), (3, 3))

    def test_numbers_that_begin_again_after_a_reboot_are_new_events(self) -> None:
        self.event("Started", 0, 100.0)
        self.event("Updated", 1, 150.0)
        self.event("Updated", 0, 160.0, timestamp="2026-06-21T13:00:00Z")
        self.event("Updated", 1, 170.0, timestamp="2026-06-21T13:00:01Z")
        self.assertEqual((TransactionEvent.objects.count(), self.session.energy_wh), (4, 70.0))

    def test_session_goes_on_after_its_server_has_restarted(self) -> None:
        """Nothing is remembered outside of the database: a batch of its own for every report."""
        self.event("Started", 0, 100.0)
        key = self.session.pk
        self.event("Ended", 1, 300.0, transactionInfo={"transactionId": "T1", "stoppedReason": "EVDisconnected"})
        self.assertEqual(
            (self.session.pk, self.session.energy_wh, self.session.end_reason), (key, 200.0, "EVDisconnected")
        )


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


class Energy(TransactionCase):
    """FIELD 23: what a session used is the same whatever comes in one batch."""

    def story(self, meter_start: int | None) -> list[Any]:
        """Start, two meter values, stop; the id of the session is known only when it has started."""
        number: list[int] = []

        def start(batch: Batch) -> Payload:
            answer = call(self.station, "StartTransaction", started(meterStart=meter_start))(batch)
            number.append(answer["transactionId"])
            return answer

        def meters(value: int) -> Any:
            def unit(batch: Batch) -> Payload:
                sampled = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": str(value)}]}]
                given = {"connectorId": 1, "transactionId": number[-1], "meterValue": sampled}
                return call(self.station, "MeterValues", given)(batch)

            return unit

        def stop(batch: Batch) -> Payload:
            given = payload("1.6", "StopTransaction", transactionId=number[-1], meterStop=50_700, transactionData=None)
            return call(self.station, "StopTransaction", given)(batch)

        return [start, meters(50_000), meters(50_300), stop]

    def assert_energy(self, start: float) -> None:
        session = self.session
        self.assertEqual((session.meter_start_wh, session.meter_stop_wh), (start, 50_700.0))
        self.assertEqual(session.energy_wh, 50_700.0 - start)

    def test_with_a_start_meter(self) -> None:
        run(*self.story(49_000))
        self.assert_energy(49_000)

    def test_without_a_start_meter_the_first_value_is_the_start(self) -> None:
        for unit in self.story(None):
            run(unit)
        self.assert_energy(50_000)

    def test_without_a_start_meter_in_one_batch(self) -> None:
        run(*self.story(None))
        self.assert_energy(50_000)

    def test_meter_that_goes_back_never_gives_negative_energy(self) -> None:
        number = self.ask("StartTransaction", started(meterStart=5000))["transactionId"]
        stop = payload("1.6", "StopTransaction", transactionId=number, meterStop=100, transactionData=None)
        self.ask("StopTransaction", stop)
        self.assertEqual(self.session.energy_wh, 0.0)

    def test_end_without_a_meter_keeps_what_was_measured(self) -> None:
        self.event("Started", 0, 100.0)
        self.event("Updated", 1, 250.0)
        self.event("Ended", 2)
        self.assertEqual(
            (self.session.energy_wh, self.session.meter_stop_wh, self.session.active), (150.0, None, False)
        )


class Tokens(TransactionCase):
    def test_session_is_recorded_whatever_the_verdict(self) -> None:
        TokenFactory.create(value="BAD", status=IdToken.Status.BLOCKED)
        answer = self.ask("StartTransaction", started(idTag="bad"))
        self.assertEqual(answer["idTagInfo"], {"status": "Blocked"})
        token = self.session.id_token
        assert token is not None
        self.assertEqual(token.value, "BAD")

    def test_reports_without_a_token_get_no_verdict(self) -> None:
        self.assertEqual(self.event("Started", 0, idToken=None), {})
        number = self.session.pk
        stop = payload("1.6", "StopTransaction", transactionId=number, idTag=None)
        self.assertEqual(self.ask("StopTransaction", stop), {})
