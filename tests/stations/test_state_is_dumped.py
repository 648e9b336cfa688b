"""The text DUMP_STATE, which is no frame: a station is told of itself, an operator's socket of all."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import override_settings

from stations.models import Station
from tests.stations.support import Client, SocketCase, rules_of
from tests.waiting import eventually

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": "2026-06-21T12:00:00Z"}
LIMIT = {
    "chargingProfileId": 5,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7400.0}]},
}


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class StateIsDumped(SocketCase):
    def dump(self, client: Client) -> Any:
        """The first text that is no frame."""
        client.say("DUMP_STATE")
        while isinstance(found := orjson.loads(client.socket.recv()), list):
            pass
        return found

    def test_to_a_station_of_itself(self) -> None:
        with self.server.station("Other") as other, self.server.station() as client:
            other.boot()
            client.boot()
            number = client.ask("StartTransaction", START)[2]["transactionId"]
            profile = {"connectorId": 1, "csChargingProfiles": LIMIT}
            self.assertEqual(client.ask("SetChargingProfile", profile)[2], {"status": "Accepted"})
            (session,) = self.dump(client)["sessions"]
            self.assertRegex(session.pop("last_seen_at"), "^20.*Z$")
            self.assertEqual(
                session,
                {
                    "chargePointId": "CP1",
                    "boot_accepted": True,
                    "active_transaction_id": number,
                    "last_meter_wh": session["last_meter_wh"],
                    "charging_profiles": [{"id": 5, "limit_w": 7400.0}],
                },
            )
            self.assertEqual(client.ask("ClearChargingProfile", {"chargingProfileId": 5})[2], {"status": "Accepted"})
            self.assertEqual(self.dump(client)["sessions"][0]["charging_profiles"], [])
        eventually(lambda: rules_of(Station.objects.get(identity="CP1")).get("state_request") == 2)

    def test_to_no_strict_station(self) -> None:
        Station.objects.create(identity="CP1", strict=True)
        with self.server.station() as client:
            client.boot()
            client.say("DUMP_STATE")
            self.assertEqual(client.hear_answer()[0], 4)
