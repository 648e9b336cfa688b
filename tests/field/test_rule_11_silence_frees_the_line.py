"""Rule 11: a pending call that times out frees the queue; commands survive a reconnect.

ocpp-go#358, lbbrhzn/ocpp#2001.
"""

from __future__ import annotations

from django.test import override_settings

from stations.models import Message
from tests.field.support import FieldCase
from tests.waiting import eventually


class SilenceFreesTheLine(FieldCase):
    @override_settings(OCPP_CALL_TIMEOUT=0.2)
    def test_station_that_never_answers(self) -> None:
        with self.emulated("never-answers") as station:
            station.wait_answer("BootNotification")
            commands = [self.command("ClearCache", {}), self.command("GetLocalListVersion", {})]
            self.assertEqual([self.settled(each).state for each in commands], ["timed_out", "timed_out"])
            self.assertEqual(len(station.asked("GetLocalListVersion")), 1)
            station.tell("Heartbeat")
            self.assertEqual(station.wait_answer("Heartbeat")[0], 3)

    @override_settings(OCPP_CALL_TIMEOUT=0.2)
    def test_answer_that_comes_too_late_is_noted_and_taken_for_no_other(self) -> None:
        with self.emulated("late-answer") as station:
            station.wait_answer("BootNotification")
            first, second = self.command("ClearCache", {}), self.command("GetLocalListVersion", {})
            self.assertEqual((self.settled(first).state, self.settled(first).reply), ("timed_out", None))
            self.assertEqual((self.settled(second).state, self.settled(second).reply), ("timed_out", None))
            late = self.settled(first).message_id
            eventually(lambda: Message.objects.filter(outcome="UnexpectedAnswer", message_id=late).exists())

    def test_command_survives_a_reconnect(self) -> None:
        with self.emulated("drops-on-command") as station:
            station.wait_answer("BootNotification")
            command = self.settled(self.command("ClearCache", {}))
            self.assertEqual((command.state, command.result, command.attempts), ("answered", "Accepted", 2))
            self.assertEqual(len(station.asked("ClearCache")), 2)
        outcomes = Message.objects.filter(action="ClearCache").order_by("pk").values_list("outcome", flat=True)
        self.assertEqual(list(outcomes), ["ConnectionLost", "CALLRESULT"])

    def test_what_would_do_harm_twice_is_not_sent_twice(self) -> None:
        with self.emulated("drops-on-command") as station:
            station.wait_answer("BootNotification")
            command = self.settled(self.command("UnlockConnector", {"connectorId": 1}))
            self.assertEqual((command.state, command.result), ("failed", "ConnectionLost"))
            eventually(lambda: self.station().connection > 1)
            self.assertEqual(len(station.asked("UnlockConnector")), 1)

    def test_command_waits_for_an_offline_station(self) -> None:
        with self.emulated() as station:
            station.wait_answer("BootNotification")
            station.drop()
            commands = [self.command("ClearCache", {}), self.command("GetLocalListVersion", {})]
            station.come_back()
            self.assertEqual([self.settled(each).state for each in commands], ["answered", "answered"])
            sent = [text for text in station.tap.heard if "ClearCache" in text or "GetLocalListVersion" in text]
            self.assertEqual(len(sent), 2)
            self.assertIn("ClearCache", sent[0], "in the order in which they were asked for")
