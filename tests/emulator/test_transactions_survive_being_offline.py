"""What belongs to a transaction is never lost, keeps its order and its content."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.message import Message
from stations.emulator.point.outbox import Outbox
from tests.emulator.fakes import EAGER, HOUR, Drive, model


class Offline(SimpleTestCase):
    def test_a_whole_session_is_told_afterwards_in_order(self) -> None:
        drive = Drive(model("1.6", connectors=1, habits=EAGER)).connect().run(1)
        drive.station.disconnected(drive.now)
        drive.run(2 * HOUR)
        before = len(drive.said)
        drive.connect().run(0)
        late = [(action, each) for _, action, each in drive.said[before:]]
        kept = [action for action, _ in late if action not in ("Heartbeat", "StatusNotification")]
        self.assertEqual(kept[:2], ["StartTransaction", "MeterValues"])
        self.assertIn("StopTransaction", kept)
        self.assertNotIn("Authorize", kept)
        number = 1000
        for action, each in late:
            number += action == "StartTransaction"
            if "transactionId" in each:
                self.assertEqual(each["transactionId"], number)

    def test_events_of_version_2_say_that_they_happened_offline(self) -> None:
        drive = Drive(model("2.0.1", connectors=1, habits=EAGER)).connect().run(0)
        drive.station.disconnected(drive.now)
        drive.run(HOUR)
        drive.connect().run(0)
        flags = {event.get("offline") for event in drive.of("TransactionEvent")}
        self.assertEqual(flags, {True})

    def test_the_present_status_is_told_after_reconnecting(self) -> None:
        drive = Drive(model("1.6", connectors=1, habits=EAGER)).connect().run(1)
        drive.station.disconnected(drive.now)
        drive.run(61)
        drive.said.clear()
        drive.connect().run(0)
        self.assertEqual(len(drive.of("StatusNotification")), 1)
        self.assertNotEqual(drive.of("StatusNotification")[0]["status"], "Available")

    def test_an_unanswered_start_is_repeated_to_the_letter(self) -> None:
        drive = Drive(model("1.6", habits=EAGER)).connect()
        while (message := drive.listen(answer=False)) is None or message.action != "StartTransaction":
            if message is not None:
                drive.station.answered(message, drive.answers.to(message.action, message.payload), drive.now)
            else:
                drive.now = drive.station.due
                drive.station.step(drive.now)
        self.assertIsNone(drive.station.unanswered(drive.now))
        drive.station.disconnected(drive.now)
        drive.run(300)
        drive.connect().run(0)
        first, second = drive.of("StartTransaction")[:2]
        self.assertEqual(first, second)

    def test_a_driver_whose_authorisation_gets_no_answer_charges(self) -> None:
        drive = Drive(model("1.6", connectors=1, habits=EAGER)).connect()
        while (message := drive.listen(answer=False)) is None or message.action != "Authorize":
            if message is not None:
                drive.station.answered(message, drive.answers.to(message.action, message.payload), drive.now)
            else:
                drive.now = drive.station.due
                drive.station.step(drive.now)
        self.assertIs(drive.station.unanswered(drive.now), message)
        drive.run(0)
        self.assertEqual(len(drive.of("StartTransaction")), 1)


class FullOutbox(SimpleTestCase):
    def test_thins_out_readings_and_keeps_starts_and_ends(self) -> None:
        outbox = Outbox(limit=10)
        start, end = Message("StartTransaction", kept=True), Message("StopTransaction", kept=True)
        readings = [Message("MeterValues", {"n": n}, kept=True, intermediate=True) for n in range(40)]
        self.assertEqual(outbox.add([start, *readings, end], online=False), [])
        kept = list(outbox)
        self.assertLessEqual(len(kept), 11)
        self.assertEqual((kept[0], kept[-1]), (start, end))
        order = [message.payload["n"] for message in kept[1:-1]]
        self.assertEqual(order, sorted(order))
        self.assertEqual(outbox.dropped, 42 - len(kept))

    def test_shows_what_is_under_way_first(self) -> None:
        outbox = Outbox()
        outbox.add([Message("StartTransaction", kept=True), Message("MeterValues", kept=True)], online=True)
        outbox.add_first(Message("BootNotification"))
        outbox.add_first(Message("BootNotification"))
        outbox.next(registered=False)
        outbox.add_first(Message("BootNotification"))
        actions = [message.action for message in outbox]
        self.assertEqual(actions, ["BootNotification", "BootNotification", "StartTransaction", "MeterValues"])

    def test_takes_no_more_of_what_need_not_be_kept(self) -> None:
        outbox = Outbox(limit=2)
        refused = outbox.add([Message("Heartbeat") for _ in range(5)], online=True)
        self.assertEqual((len(refused), outbox.dropped), (3, 3))

    def test_never_drops_an_end(self) -> None:
        outbox = Outbox(limit=2)
        outbox.add([Message("StopTransaction", kept=True) for _ in range(5)], online=True)
        self.assertEqual(len(outbox), 5)
