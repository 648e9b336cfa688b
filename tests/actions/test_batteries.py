"""Swaps of batteries (2.1 block S), both ways."""

from __future__ import annotations

from typing import Any

from stations.models import BatterySwap, IdToken, SwappedBattery
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase

SEEN = "`/api/v1/battery-swaps`, the station's page “Battery swaps”"


def battery(serial: str, slot: int = 1, soc: float = 20.0, **more: Any) -> Payload:
    return {"evseId": slot, "serialNumber": serial, "soC": soc, "soH": 91.5} | more


def token(value: str = "CARD1") -> Payload:
    return {"idToken": value, "type": "ISO14443"}


@speaking("2.1")
class BatterySwaps(ActionCase):
    def swap(self, event: str, *batteries: Payload, request: int = 5, card: str = "CARD1") -> None:
        payload = {
            "eventType": event,
            "requestId": request,
            "idToken": token(card),
            "batteryData": list(batteries),
        }
        self.assertEqual(self.tell("BatterySwap", payload), {})

    @sent("RequestBatterySwap", stored="`BatterySwap`", seen=SEEN)
    def test_request_battery_swap(self) -> None:
        asked = {"requestId": 5, "idToken": token()}
        refused = {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
        self.assertEqual(self.ask("RequestBatterySwap", asked, refused)["result"], "Rejected")
        seen = self.see_one("battery-swaps", station="CP1")
        self.assertEqual((seen["state"], seen["reason"], seen["id_token"]), ("refused", "NoBatteryAvailable", "CARD1"))
        self.assertEqual(self.ask("RequestBatterySwap", asked, ACCEPTED)["result"], "Accepted")
        seen = self.see_one("battery-swaps", station="CP1", state="requested")
        self.assertEqual((seen["request"], seen["batteries"]), (5, []))
        self.swap("BatteryIn", battery("OLD"))
        self.swap("BatteryOut", battery("NEW", 2, 98.0))
        self.assertEqual(self.see(f"battery-swaps/{seen['id']}")["state"], "complete")
        self.assertEqual(BatterySwap.objects.count(), 2)

    @received("BatterySwap", stored="`BatterySwap`, `SwappedBattery`", seen=SEEN)
    def test_battery_swap(self) -> None:
        made = "2025-02-01T00:00:00Z"
        for _ in range(2):
            self.swap("BatteryIn", battery("OLD", productionDate=made, vendorInfo="x"))
        seen = self.see_one("battery-swaps", station="CP1")
        self.assertEqual((seen["state"], seen["request"], seen["token_status"]), ("half", 5, "Accepted"))
        for _ in range(2):
            self.swap("BatteryOut", battery("NEW", 2, 98.0))
        seen = self.see(f"battery-swaps/{seen['id']}")
        self.assertEqual((seen["state"], seen["id_token"]), ("complete", "CARD1"))
        old, new = seen["batteries"]
        self.assertEqual(
            (old["way"], old["slot"], old["serial_number"], old["soc"], old["soh"]), ("in", 1, "OLD", 20.0, 91.5)
        )
        self.assertEqual((old["produced_at"], old["vendor_info"]), (made, "x"))
        self.assertEqual((new["way"], new["slot"], new["serial_number"]), ("out", 2, "NEW"))
        self.assertIsNotNone(seen["ended_at"])

        # Somebody who may not, and leaves without a battery: the station cannot be told no, but the operator is.
        IdToken.objects.create(value="STOLEN", status="Blocked")
        self.swap("BatteryIn", battery("LOST"), request=6, card="STOLEN")
        self.swap("BatteryOutTimeout", battery("NEWER", 3, 99.0), request=6, card="STOLEN")
        seen = self.see_one("battery-swaps", station="CP1", state="timed_out", id_token="stolen")
        self.assertEqual(
            (seen["token_status"], [each["way"] for each in seen["batteries"]]), ("Blocked", ["in", "left"])
        )
        self.assertEqual(SwappedBattery.objects.count(), 4)
