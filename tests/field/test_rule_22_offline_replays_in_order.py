"""Rule 22: a transaction stays open while more of it is to come; `seqNo` orders replays, a reboot resets it.

citrineos-core#1053, lbbrhzn/ocpp#2141.
"""

from __future__ import annotations

from stations.models import Transaction
from tests.events import numbers as numbers_of
from tests.field.support import FieldCase
from tests.waiting import eventually


class OfflineReplaysInOrder(FieldCase):
    def ended(self, session: Transaction) -> Transaction:
        eventually(lambda: not Transaction.objects.get(pk=session.pk).active)
        return Transaction.objects.get(pk=session.pk)

    def test_offline_session_is_told_whole(self) -> None:
        with self.emulated(version="2.0.1", speed=100.0) as station:
            station.wait_ready()
            station.drop()
            station.plug_in()
            station.present()
            eventually(lambda: len(station.model.outbox) > 4)
            station.unplug()
            station.come_back()
            eventually(lambda: Transaction.objects.filter(active=False).exists())
            station.wait_ready()
            session = Transaction.objects.get()
            numbers = numbers_of(session.events.order_by("pk"))
            self.assertEqual(numbers, list(range(len(numbers))))
            self.assertTrue(all(session.events.values_list("offline", flat=True)))
            assert session.meter_start_wh is not None
            assert session.meter_stop_wh is not None
            self.assertEqual(session.energy_wh, session.meter_stop_wh - session.meter_start_wh)

    def test_start_that_comes_after_what_followed_it_is_still_the_start(self) -> None:
        with self.emulated("shuffled-replay", version="2.0.1", speed=100.0) as station:
            station.wait_ready()
            station.drop()
            station.plug_in()
            station.present()
            eventually(lambda: len(station.model.outbox) > 4)
            station.come_back()
            eventually(lambda: station.running)
            station.unplug()
            session = self.ended(Transaction.objects.get())
            phases = list(session.events.order_by("pk").values_list("phase", "sequence"))
            self.assertEqual(phases[:2], [("Updated", 1), ("Started", 0)])
            said = [frame[3] for frame in station.said("TransactionEvent")]
            started = next(each for each in said if each["eventType"] == "Started")
            self.assertEqual(session.started_at_station.isoformat()[:19], started["timestamp"][:19])  # type: ignore[union-attr]
            self.assertEqual(self.station().sessions, 0)

    def test_numbers_that_begin_again_after_a_reconnect_are_news(self) -> None:
        with self.emulated("sequence-restarts", version="2.0.1", speed=100.0) as station:
            session = self.session(station)
            eventually(lambda: len(numbers_of(session.events.all())) >= 4)
            station.wait_ready()
            before = len(numbers_of(session.events.all()))
            station.drop()
            station.come_back()
            eventually(lambda: len(numbers_of(session.events.all())) >= before + 2)
            station.unplug()
            session = self.ended(session)
            numbers = numbers_of(session.events.order_by("pk"))
            self.assertEqual(numbers[:before], list(range(before)))
            self.assertEqual(numbers[before:], list(range(len(numbers) - before)))
            self.assertIsNotNone(session.meter_stop_wh)

    def test_session_stays_open_while_the_station_has_more_to_tell_of_it(self) -> None:
        with self.emulated("messages-in-queue", "no-stop", version="2.0.1") as station:
            first = self.session(station)
            station.unplug()
            station.wait_ready()
            asked = self.settled(self.command("GetTransactionStatus", {"transactionId": first.reference}))
            self.assertEqual((asked.state, asked.reply), ("answered", {"messagesInQueue": True}))
            self.assertTrue(Transaction.objects.get(pk=first.pk).messages_in_queue)
            second = self.session(station)
            self.assertNotEqual(first.pk, second.pk)
            self.assertTrue(Transaction.objects.get(pk=first.pk).active, "its end is still to come")
