"""Rule 13: broken JSON such as `"transactionId":,`, stray escapes, truncated frames.

lbbrhzn/ocpp#2032, #442, mobilityhouse/ocpp#415.
"""

from __future__ import annotations

from stations.models import Message, MeterValue
from tests.field.support import FieldCase
from tests.waiting import eventually


class BrokenJsonIsMended(FieldCase):
    def test_missing_value_is_null(self) -> None:
        with self.emulated("missing-value", speed=100.0) as station:
            session = self.session(station)
            eventually(lambda: MeterValue.objects.filter(transaction=session).count() >= 2)
            self.assertIn('"transactionId":}', "".join(station.tap.said))
            self.assert_noted("broken_json", "null_value")
            self.assertEqual(station.statistics.errors, 0)

    def test_stray_escape_is_a_backslash(self) -> None:
        with self.emulated("stray-escape") as station:
            station.wait_answered(1)
            self.assertEqual(self.station().firmware_version, rf"C:\x{station.model.plate.firmware}")
            self.assert_noted("broken_json")

    def test_truncated_frame_is_refused_and_its_repetition_is_taken(self) -> None:
        with self.emulated("truncated-json", speed=1000.0) as station:
            session = self.session(station)
            self.assertEqual(station.wait_refusal()[2], "FormationViolation")
            eventually(lambda: MeterValue.objects.filter(transaction=session).count() >= 2)
            row = Message.objects.filter(outcome="FormatViolation").earliest("pk")
            self.assertEqual((row.action, row.direction), ("", "in"))
            self.assertIn('"MeterValues"', row.request)
            self.assertEqual(self.station().connection, 1)
            station.vanish()

    def test_strict_server_refuses_what_could_be_mended(self) -> None:
        self.strict()
        with self.emulated("stray-escape") as station:
            refusal = station.wait_refusal()
            self.assertNotEqual(refusal[1], "-1", "its id can be read all the same")
            self.assertEqual(refusal[2], "FormationViolation")
            self.assertEqual(self.station().firmware_version, "")
        self.assertEqual(self.rules(), set())
