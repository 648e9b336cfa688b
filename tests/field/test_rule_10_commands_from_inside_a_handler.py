"""Rule 10: a command that is sent from inside a handler does not deadlock (mobilityhouse/ocpp#130).

The first call of a station that does not boot makes the server ask for a boot, while it answers that call.
"""

from __future__ import annotations

from tests.field.support import FieldCase
from tests.waiting import eventually


class CommandsFromInsideAHandler(FieldCase):
    def test_call_and_counter_call_are_both_answered(self) -> None:
        with self.emulated("no-boot") as station:
            first = station.wait_answer("StatusNotification")
            self.assertEqual(first[2], {})
            eventually(lambda: len(station.asked("TriggerMessage")) == 2)
            asked = {frame[3]["requestedMessage"] for frame in station.asked("TriggerMessage")}
            self.assertEqual(asked, {"BootNotification", "StatusNotification"})
            self.assertEqual(station.wait_answer("BootNotification")[2]["status"], "Accepted")
