"""Rule 9: calls in both directions at once; never "call already in progress" (citrineos#178, #189)."""

from __future__ import annotations

from stations.models import Command
from tests.field.support import FieldCase
from tests.waiting import eventually


class BothDirectionsAtOnce(FieldCase):
    def test_unanswered_call_of_the_server_does_not_hold_up_the_station(self) -> None:
        with self.emulated("late-answer") as station:
            station.wait_answer("BootNotification")
            self.command("ClearCache", {})
            eventually(lambda: Command.objects.filter(state="sent").exists())
            pending = Command.objects.get(state="sent")
            eventually(lambda: len(station.asked(pending.action)) == 1)
            for number in range(1, 6):
                station.tell("Heartbeat")
                self.assertEqual(station.wait_answer("Heartbeat", number)[0], 3)
            pending.refresh_from_db()
            self.assertEqual(pending.state, "sent")
            station.vanish()

    def test_both_sides_talk_all_the_time(self) -> None:
        with self.emulated() as station:
            station.wait_answer("BootNotification")
            commands = [self.command("GetLocalListVersion", {}) for _ in range(20)]
            for _ in range(20):
                station.tell("Heartbeat")
            station.wait_answer("Heartbeat", 20)
            self.assertEqual({self.settled(command).state for command in commands}, {"answered"})
            self.assertEqual([frame[0] for frame in station.answers("Heartbeat")], [3] * 20)
            self.assertEqual(station.statistics.errors, 0)
