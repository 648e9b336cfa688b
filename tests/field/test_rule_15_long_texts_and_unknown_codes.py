"""Rule 15: over-long serials and models, unknown error codes.

mobilityhouse/ocpp#273, ocpp-go#359, lbbrhzn/ocpp#1248.
"""

from __future__ import annotations

from stations.models import Connector
from tests.field.support import FieldCase
from tests.waiting import eventually


class LongTextsAndUnknownCodes(FieldCase):
    def test_long_texts_are_kept_whole(self) -> None:
        for version in ("1.6", "2.0.1"):
            with self.subTest(version), self.emulated("over-long-texts", identity=version, version=version) as station:
                self.assertEqual(station.wait_answer("BootNotification")[2]["status"], "Accepted")
                row, plate = self.station(version), station.model.plate
                kept = (row.vendor, row.model, row.serial_number, row.firmware_version)
                sent = (plate.vendor, plate.model, plate.serial_number, plate.firmware)
                self.assertEqual(kept, tuple(text.ljust(120, "+") for text in sent))
                self.assert_noted("text_too_long", identity=version)

    def test_unknown_error_code_is_other_error_and_kept(self) -> None:
        with self.emulated("unknown-error-code") as station:
            station.act(lambda model, now: model.outlet(1).fault(now, "GroundFailure"))
            eventually(lambda: Connector.objects.filter(evse__number=1, status="Faulted").exists())
            connector = Connector.objects.get(evse__number=1)
            self.assertEqual((connector.error_code, connector.vendor_error_code), ("OtherError", "DoorIsOpen"))
            self.assert_noted("unknown_error_code")
            self.assertEqual(station.statistics.errors, 0)

    def test_strict_server_refuses_both(self) -> None:
        self.strict("long")
        self.strict("code")
        with self.emulated("over-long-texts", identity="long") as station:
            self.assertEqual(station.wait_refusal()[2], "PropertyConstraintViolation")
            self.assertEqual(self.station("long").vendor, "")
        with self.emulated("unknown-error-code", identity="code") as station:
            self.assertEqual(station.wait_refusal()[2], "PropertyConstraintViolation")
        self.assertFalse(Connector.objects.exists())
