"""FIELD rules 18 to 23: the same report twice has the effect of one, also after a restart, with the same answer."""

from __future__ import annotations

from datetime import timedelta

from stations.models import MeterValue, Transaction, TransactionEvent
from tests.stations.factories import StationFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, call
from tests.stations.transactions import TransactionCase, event, started
from tests.units import run


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
