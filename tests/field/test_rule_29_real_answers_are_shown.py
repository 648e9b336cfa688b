"""Rule 29: A and W limits, spelling variants, rejected profiles: the station's real answer is shown.

lbbrhzn/ocpp#1545, evcc#15493, citrineos#201.
"""

from __future__ import annotations

from typing import Any

from stations.emulator.point.connector import Lock
from stations.models import ChargingProfile
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually


def profile(unit: str, limit: float, number: int = 1) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": number,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "startSchedule": "2026-01-01T00:00:00Z",
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    }


class RealAnswersAreShown(FieldCase):
    def ready(self, station: Emulated) -> None:
        """Its configuration has been read, so that the next answers are those to the test's commands."""
        station.wait_ready()
        eventually(lambda: bool(station.asked("GetConfiguration")))

    def test_rejected_profile_is_not_taken_for_set(self) -> None:
        with self.emulated("rejects-profiles") as station:
            self.ready(station)
            command = self.settled(self.command("SetChargingProfile", profile("A", 10.0)))
            self.assertEqual((command.state, command.result), ("answered", "Rejected"))
            self.assertFalse(ChargingProfile.objects.exists())

    def test_limits_in_w_where_those_in_a_are_rejected(self) -> None:
        with self.emulated("watts-only") as station:
            self.ready(station)
            self.assertEqual(self.settled(self.command("SetChargingProfile", profile("A", 10.0))).result, "Rejected")
            accepted = self.settled(self.command("SetChargingProfile", profile("W", 4100.5)))
            self.assertEqual(accepted.result, "Accepted")
            kept = ChargingProfile.objects.get()
            period = kept.profile["chargingSchedule"]["chargingSchedulePeriod"][0]
            self.assertEqual((kept.number, period["limit"]), (1, 4100.5))

    def test_misspelled_answers_are_understood(self) -> None:
        with self.emulated("misspelled-answers") as station:
            self.ready(station)
            accepted = self.settled(self.command("SetChargingProfile", profile("A", 10.1)))
            self.assertEqual((accepted.state, accepted.result), ("answered", "Accepted"))
            self.assertEqual(ChargingProfile.objects.count(), 1)
            station.model.outlet(1).lock = Lock.JAMMED
            unlock = self.settled(self.command("UnlockConnector", {"connectorId": 1}))
            self.assertEqual((unlock.state, unlock.result), ("answered", "UnlockFailed"))
            self.assert_noted("enum_spelling")

    def test_invented_error_is_shown_as_it_is(self) -> None:
        with self.emulated("invented-errors") as station:
            station.wait_ready()
            command = self.settled(self.command("UnlockConnector", {"connectorId": 1}))
            self.assertEqual((command.state, command.result), ("failed", "ChargerIsBusy"))
            self.assertIn("try again later", command.error)
            row = self.logged(message_id=command.message_id)
            self.assertEqual(row.outcome, "ChargerIsBusy")
            station.tell("Heartbeat")
            self.assertEqual(station.wait_answer("Heartbeat")[0], 3)

    def test_strict_server_takes_no_misspelled_answer(self) -> None:
        self.strict()
        with self.emulated("misspelled-answers") as station:
            self.ready(station)
            command = self.settled(self.command("SetChargingProfile", profile("A", 10.0)))
            self.assertEqual((command.state, command.result), ("failed", "PropertyConstraintViolation"))
            self.assertEqual(command.reply, {"status": "accepted"})
            self.assertFalse(ChargingProfile.objects.exists())
            self.assert_noted("invalid_answer")
