"""Rule 18: a retried StartTransaction or StopTransaction counts once (citrineos-core#880, libocpp#688)."""

from __future__ import annotations

from stations.models import Message, MeterValue, Transaction
from tests.events import numbers as numbers_of
from tests.field.support import Emulated, FieldCase
from tests.stations.support import Server
from tests.waiting import eventually


class RetriesCountOnce(FieldCase):
    def charge(self, station: Emulated) -> Transaction:
        """A whole session."""
        self.session(station)
        station.unplug()
        eventually(lambda: not Transaction.objects.get().active)
        station.wait_ready()
        return Transaction.objects.get()

    def test_repeated_start_and_stop_have_the_effect_of_one(self) -> None:
        with self.emulated("repeated-start", "repeated-stop", speed=100.0) as station:
            session = self.charge(station)
            starts = [station.wait_answer("StartTransaction", number)[2] for number in (1, 2)]
            stops = [station.wait_answer("StopTransaction", number)[2] for number in (1, 2)]
            self.assertEqual(starts[0], starts[1])
            self.assertEqual(starts[0]["transactionId"], session.pk)
            self.assertEqual(stops[0], stops[1])
            stop = station.said("StopTransaction")[0][3]
            self.assertEqual((session.end_reason, session.meter_stop_wh), ("EVDisconnected", stop["meterStop"]))
            self.assertEqual(self.station().sessions, 0)

    def test_answer_that_is_lost_with_the_connection(self) -> None:
        with self.emulated("lost-answer") as station:
            session = self.charge(station)
            self.assertEqual(len(station.said("StartTransaction")), 2)
            self.assertEqual(len(station.said("StopTransaction")), 2)
            self.assertEqual(station.said("StopTransaction")[0][3]["transactionId"], session.pk)
            self.assertEqual(self.station().connection, 3)
        self.assertEqual(Message.objects.filter(action="StartTransaction", outcome="CALLRESULT").count(), 2)

    def test_in_2_too(self) -> None:
        with self.emulated("repeated-start", "repeated-stop", "lost-answer", version="2.0.1") as station:
            session = self.charge(station)
            self.assertEqual(
                sorted(set(session.events.values_list("phase", flat=True))), ["Ended", "Started", "Updated"]
            )
            numbers = numbers_of(session.events.all())
            self.assertEqual(len(numbers), len(set(numbers)))
            readings = MeterValue.objects.filter(transaction=session)
            self.assertEqual(readings.count(), len(set(readings.values_list("measured_at", "energy_wh", "power_w"))))

    def test_after_a_restart_of_the_server(self) -> None:
        with self.emulated() as station:
            session = self.charge(station)
            start, stop = (station.said(action)[0][3] for action in ("StartTransaction", "StopTransaction"))
        other = Server()
        other.start()
        self.addCleanup(other.stop)
        with Emulated(other.ws, "CP1") as station:
            station.wait_ready()
            station.tell("StartTransaction", start)
            self.assertEqual(station.wait_answer("StartTransaction")[2]["transactionId"], session.pk)
            station.tell("StopTransaction", stop)
            self.assertEqual(station.wait_answer("StopTransaction")[0], 3)
            again = Transaction.objects.get()
            self.assertEqual(again.ended_at, session.ended_at)
            self.assertEqual(again.energy_wh, session.energy_wh)
            station.vanish()
        eventually(lambda: len(other.connections) == 0)
