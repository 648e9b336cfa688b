"""Rule 17: FirmwareStatusNotification, DiagnosticsStatusNotification and every other small one is answered.

citrineos#216.
"""

from __future__ import annotations

from stations.models import Message, SecurityEvent
from tests.field.support import FieldCase

SMALL = (
    "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
    "SignedFirmwareStatusNotification",
    "SecurityEventNotification",
)


class SmallNotifications(FieldCase):
    def test_each_is_answered_and_kept(self) -> None:
        with self.emulated("small-notifications") as station:
            for action in SMALL:
                with self.subTest(action):
                    self.assertEqual(station.wait_answer(action)[2], {})
                    row = self.logged(message_id=station.said(action)[0][1])
                    self.assertEqual((row.action, row.outcome, row.direction), (action, "CALLRESULT", "in"))
            known = self.station()
            self.assertEqual((known.firmware_status, known.diagnostics_status), ("Idle", "Idle"))
            self.assertTrue(SecurityEvent.objects.filter(type="StartupOfTheDevice").exists())
            self.assertEqual(self.rules(), set())

    def test_what_does_not_exist_is_answered_too(self) -> None:
        with self.emulated() as station:
            station.wait_answer("BootNotification")
            station.tell("TeaTimeNotification", {"status": "Ready"})
            self.assertEqual(station.wait_refusal()[2], "NotImplemented")
            self.assertEqual(Message.objects.get(action="TeaTimeNotification").outcome, "NotImplemented")
