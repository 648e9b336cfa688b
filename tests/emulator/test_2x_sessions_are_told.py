"""What a 2.x station tells of its transactions: every trigger that has an occasion (E01 to E16, J02)."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import SimpleTestCase

from stations.emulator.keys import StationKeys
from stations.emulator.point.variables import Path
from stations.emulator.point.vehicle import Rating, Vehicle
from tests.emulator.scripted import Scripted
from tests.emulator.scripted2 import Scripted2, group, token


def profile(watts: float, **changes: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}]}
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    } | changes


class Story(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def test_from_the_cable_to_the_departure(self) -> None:
        self.drive.charge()
        self.drive.run(12)
        self.drive.present()
        self.assertEqual(
            self.drive.story(),
            [
                "Started CablePluggedIn EVConnected",
                "Updated Authorized EVConnected",
                "Updated ChargingStateChanged Charging",
                "Updated MeterValuePeriodic Charging",
                "Ended StopAuthorized Local",
            ],
        )
        first, authorized, charging, _, ended = self.drive.events()
        self.assertIn(first["cableMaxCurrent"], (13, 20, 32, 63))
        self.assertEqual(authorized["idToken"], token())
        self.assertGreaterEqual(charging["numberOfPhasesUsed"], 1)
        self.assertEqual(ended["idToken"], token())
        self.assertGreaterEqual(ended["transactionInfo"]["timeSpentCharging"], 11)

    def test_begins_at_the_point_that_is_set(self) -> None:
        for points, told in (
            ("Authorized", ["Started Authorized Idle", "Updated CablePluggedIn EVConnected"]),
            ("EVConnected", ["Started CablePluggedIn EVConnected", "Updated Authorized EVConnected"]),
            ("PowerPathClosed", ["Started ChargingStateChanged Charging"]),
        ):
            with self.subTest(points):
                drive = Scripted2(self)
                drive.set_variable("TxCtrlr", "TxStartPoint", points)
                drive.present()
                drive.plug_in()
                energy = [] if points == "PowerPathClosed" else ["Updated ChargingStateChanged Charging"]
                self.assertEqual(drive.story(), told + energy)
                self.assertEqual(sum("idToken" in event for event in drive.events()), 1)

    def test_ends_when_nobody_plugs_in(self) -> None:
        self.drive.set_variable("TxCtrlr", "TxStartPoint", "Authorized")
        self.drive.present()
        self.drive.run(61)
        self.assertEqual(self.drive.story(), ["Started Authorized Idle", "Ended EVConnectTimeout Timeout"])

    def test_is_taken_back_by_the_same_card(self) -> None:
        self.drive.set_variable("TxCtrlr", "TxStartPoint", "Authorized")
        self.drive.present()
        self.drive.present()
        self.assertEqual(self.drive.story()[-1], "Ended StopAuthorized Local")

    def test_goes_on_without_its_vehicle_where_it_may(self) -> None:
        self.drive.set(StopTransactionOnEVSideDisconnect=False)
        self.drive.charge()
        self.drive.unplug()
        self.drive.plug_in()
        self.assertEqual(
            self.drive.story()[-2:], ["Updated EVCommunicationLost Idle", "Updated ChargingStateChanged Charging"]
        )

    def test_tells_when_the_vehicle_is_full(self) -> None:
        self.drive.outlet.plug_in(0.0, Vehicle(50_000, 0.899, 0.9, Rating(11_000, 3)))
        self.drive.present()
        self.drive.run(120)
        self.assertIn("Updated ChargingStateChanged SuspendedEV", self.drive.story())

    def test_tells_of_another_rate_and_of_none(self) -> None:
        self.drive.charge()
        charge = self.drive.outlet.charge
        for watts, told in (
            (2_000.0, "Updated ChargingRateChanged Charging"),
            (0.0, "Updated ChargingStateChanged SuspendedEVSE"),
        ):
            assert charge is not None
            installed = profile(watts, transactionId=charge.reference)
            self.drive.station.profiles.install(1, installed, charge, self.drive.station.clock(self.drive.now))
            self.drive.run(11)
            self.assertIn(told, self.drive.story())

    def test_has_the_readings_of_round_times(self) -> None:
        self.drive.charge()
        self.drive.run(900)
        self.assertIn("Updated MeterValueClock Charging", self.drive.story())
        self.assertEqual({each["evseId"] for each in self.drive.of("MeterValues")}, {2}, "J01: outside of transactions")

    def test_comes_when_it_is_asked_for(self) -> None:
        self.drive.charge()
        self.drive.said.clear()
        self.assertEqual(self.drive.status_of("TriggerMessage", requestedMessage="TransactionEvent"), "Accepted")
        self.assertEqual(self.drive.story(), ["Updated Trigger Charging"])
        self.assertEqual(self.drive.events()[0]["meterValue"][0]["sampledValue"][0]["context"], "Trigger")

    def test_is_replayed_with_what_happened_offline(self) -> None:
        self.drive.plug_in()
        self.drive.lose_connection()
        self.drive.present()
        self.drive.run(11)
        self.drive.unplug()
        self.drive.reconnect()
        flags = [event.get("offline", False) for event in self.drive.events()]
        self.assertEqual(flags, [False] + [True] * (len(flags) - 1))
        self.assertEqual([event["seqNo"] for event in self.drive.events()], list(range(len(flags))))
        self.assertEqual(self.drive.story()[-1], "Ended EVCommunicationLost EVDisconnected")

    def test_ends_with_the_power(self) -> None:
        self.drive.charge()
        self.drive.station.power_loss(self.drive.now)
        self.drive.lose_connection()
        self.drive.run(6)
        self.drive.reconnect()
        self.assertEqual(self.drive.story()[-1], "Ended AbnormalCondition PowerLoss")


class SignedReadings(SimpleTestCase):
    def energies(self, drive: Scripted2) -> list[dict[str, Any]]:
        values = [value for event in drive.events() for value in event.get("meterValue", ())]
        return [value["sampledValue"][0] for value in values]

    def test_are_those_of_the_meter(self) -> None:
        for version in ("2.0.1", "2.1"):
            drive = Scripted2(self, version, keys=StationKeys())
            drive.set_variable("SampledDataCtrlr", "SignReadings", "true")
            drive.charge()
            drive.unplug()
            for energy in self.energies(drive):
                signed = energy["signedMeterValue"]
                mark, content, signature = base64.b64decode(signed["signedMeterData"]).decode().split("|")
                self.assertEqual((mark, json.loads(content)["RD"][0]["RV"]), ("OCMF", energy["value"]))
                key = serialization.load_der_public_key(base64.b64decode(signed["publicKey"]))
                assert isinstance(key, ec.EllipticCurvePublicKey)
                value = bytes.fromhex(json.loads(signature)["SD"])
                key.verify(value, content.encode(), ec.ECDSA(hashes.SHA256()))

    def test_are_so_only_where_it_is_asked_for_and_can_be(self) -> None:
        drive = Scripted2(self, keys=StationKeys())
        drive.charge()
        self.assertNotIn("signedMeterValue", self.energies(drive)[0])
        status = Scripted2(self).station.variables.change(Path("SampledDataCtrlr", "SignReadings"), "true", 0.0)
        self.assertEqual(status, "UnknownVariable")


class Version16(SimpleTestCase):
    def test_has_no_words_for_what_happens_in_between(self) -> None:
        drive = Scripted(self)
        drive.charge()
        outlet, words = drive.outlet, drive.station.words
        assert outlet.charge is not None
        reading = outlet.reading(drive.now)
        for say in (words.admitted, words.progressed, words.unplugged, words.unlocked, words.triggered, words.limited):
            self.assertEqual(say(outlet.charge, reading), [])
        self.assertEqual((words.reservation_ended(1, "Expired"), words.limits({})), ([], None))


class Limits(SimpleTestCase):
    """E16."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def limited(self, **limits: float) -> None:
        self.drive.registry.limits = limits
        self.drive.outlet.plug_in(0.0, Vehicle(50_000, 0.5, 1.0, Rating(11_000, 3)))
        self.drive.present()

    def test_are_confirmed_once(self) -> None:
        self.limited(maxCost=20.0, maxEnergy=5_000.0)
        told = [event for event in self.drive.events() if event["triggerReason"] == "LimitSet"]
        (info,) = [event["transactionInfo"] for event in told]
        self.assertEqual(info["transactionLimit"], {"maxCost": 20.0, "maxEnergy": 5_000.0})

    def test_end_the_session(self) -> None:
        for limits, end in (
            ({"maxEnergy": 1_000.0}, "Ended EnergyLimitReached EnergyLimitReached"),
            ({"maxTime": 300}, "Ended TimeLimitReached TimeLimitReached"),
            ({"maxSoC": 55}, "Ended SoCLimitReached SOCLimitReached"),
        ):
            with self.subTest(end):
                self.drive = Scripted2(self)
                self.limited(**limits)
                self.drive.run(3600)
                self.assertEqual(self.drive.story()[-1], end)

    def test_of_a_session_that_is_over_change_nothing(self) -> None:
        self.drive.charge()
        charge = self.drive.outlet.charge
        assert charge is not None
        self.drive.unplug()
        self.drive.said.clear()
        self.drive.outlet.limit_session(charge, {"maxEnergy": 1.0}, self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.drive.said, [])


class Groups(SimpleTestCase):
    """C09, C16."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def test_members_stop_each_others_sessions(self) -> None:
        for name in ("MINE", "OURS"):
            self.drive.registry.tokens[name] = {"status": "Accepted", "groupIdToken": group("FAMILY")}
        self.drive.charge("MINE")
        self.drive.present("STRANGER")
        self.assertTrue(self.drive.outlet.running)
        self.drive.present("OURS")
        self.assertEqual(self.drive.story()[-1], "Ended StopAuthorized Local")
        self.assertEqual(self.drive.events()[-1]["idToken"], token("OURS"))

    def test_a_master_pass_stops_all_and_starts_none(self) -> None:
        self.drive.registry.tokens["CHIEF"] = {"status": "Accepted", "groupIdToken": group("MASTERS")}
        self.drive.set_variable("AuthCtrlr", "MasterPassGroupId", "MASTERS")
        self.drive.plug_in()
        self.drive.present("CHIEF")
        self.assertFalse(self.drive.outlet.running)
        self.drive.present("CARD")
        self.drive.present("CHIEF")
        self.assertEqual(self.drive.story()[-1], "Ended StopAuthorized MasterPass")

    def test_other_kinds_of_tokens_are_told_as_such(self) -> None:
        self.drive.charge("KeyCode:4711")
        self.assertEqual(self.drive.of("Authorize"), [{"idToken": token("4711", "KeyCode")}])

    def test_a_token_may_be_for_other_evses(self) -> None:
        self.drive.registry.tokens["CARD"] = {"status": "Accepted", "evseId": [2]}
        self.drive.plug_in(1)
        self.drive.present("CARD", 1)
        self.assertFalse(self.drive.outlet.running)
        self.drive.charge("CARD", 2)
