"""Power in both directions, as the server sees it (block Q of 2.1)."""

from __future__ import annotations

from typing import Any

from smartserver.core.errors import BadInput
from stations.models import ChargingLimit, ChargingNeeds, ChargingProfile, ChargingTerms, Command, IdToken
from stations.ocpp.frames import Payload
from tests.certification2.central.support import ACCEPTED, REJECTED, ScriptedStation2
from tests.certification2.central.test_smart_charging import ProfileCase, profile
from tests.certification2.support import named, token

BOTH_WAYS, ONE_WAY = "AC_BPT", "AC_three_phase"
PERIODS = "chargingSchedulePeriod"


class Bidirectional(ProfileCase):
    version = "2.1"

    def allow(self, *modes: str) -> None:
        """In which ways energy may be transferred in the sessions of the card."""
        IdToken.objects.filter(pk=self.card.pk).update(energy_transfer=list(modes))

    def needs(self, client: ScriptedStation2, transfer: str) -> Payload:
        """The answer to what a vehicle of ISO 15118-20 wants."""
        limits: Payload = {
            "acChargingParameters": {
                "energyAmount": 20_000,
                "evMinCurrent": 6,
                "evMaxCurrent": 16,
                "evMaxVoltage": 400,
            }
        }
        if transfer == BOTH_WAYS:
            limits = {"v2xChargingParameters": {"maxChargePower": 11_000.0, "maxDischargePower": 5_000.0}}
        wanted = {
            "requestedEnergyTransfer": transfer,
            "availableEnergyTransfer": [BOTH_WAYS, ONE_WAY],
            "controlMode": "ScheduledControl",
        }
        return client.call("NotifyEVChargingNeeds", evseId=1, maxScheduleTuples=4, chargingNeeds=wanted | limits)

    def planned(self, client: ScriptedStation2) -> Payload:
        """The profile that the server sends for them."""
        found: Payload = client.expect("SetChargingProfile")["chargingProfile"]
        client.reply(ACCEPTED)
        self.assert_answered(self.newest("SetChargingProfile"), "Accepted")
        return found

    def scheduled(self, period: Payload, **more: Any) -> Payload:
        given = profile(**more)
        given["chargingSchedule"][0][PERIODS] = [{"startPeriod": 0} | period]
        return given

    def dynamic(self, period: Payload, **schedule: Any) -> Payload:
        found: Payload = {"id": 1, "chargingRateUnit": "W", PERIODS: [{"startPeriod": 0} | period], **schedule}
        return profile(7, chargingProfileKind="Dynamic", chargingSchedule=[found])

    def not_sent(self, given: Payload) -> None:
        """What can never be right is refused before it is queued."""
        before = Command.objects.filter(action="SetChargingProfile").count()
        with self.assertRaises(BadInput):
            self.command("SetChargingProfile", {"evseId": 1, "chargingProfile": given})
        self.assertEqual(Command.objects.filter(action="SetChargingProfile").count(), before)

    # -- who allows it --------------------------------------------------------------------

    def test_tc_q_102_nothing_is_known_of_what_is_allowed(self) -> None:
        """Nothing is said of the ways of energy transfer, and the vehicle charges only."""
        with self.charging() as (client, _):
            answer = client.call("Authorize", idToken=token())
            self.assertEqual(answer, {"idTokenInfo": {"status": "Accepted"}})
            self.assertEqual(self.needs(client, ONE_WAY), ACCEPTED)
            self.assertNotIn("operationMode", self.planned(client)["chargingSchedule"][0][PERIODS][0])
            self.allow(BOTH_WAYS, ONE_WAY)
            answer = client.call("Authorize", idToken=token())
            self.assertEqual(answer["allowedEnergyTransfer"], [BOTH_WAYS, ONE_WAY])

    def test_tc_q_103_needs_in_a_way_that_is_not_allowed(self) -> None:
        self.allow(ONE_WAY)
        with self.charging() as (client, _):
            self.assertEqual(self.needs(client, BOTH_WAYS), REJECTED)
            self.assertFalse(Command.objects.filter(action="SetChargingProfile").exists())
            self.assertEqual(ChargingNeeds.objects.get().result, "Rejected")

    def test_tc_q_107_only_charging_at_first(self) -> None:
        self.allow(ONE_WAY)
        with self.charging() as (client, reference):
            self.assertEqual(self.needs(client, ONE_WAY), ACCEPTED)
            number = self.planned(client)["id"]
            more: Payload = {"number": number, "purpose": "TxProfile", "transactionId": reference}
            only = {"operationMode": "ChargingOnly", "limit": 6000.0}
            self.put(client, self.scheduled(only, **more))
            for value in ("dischargeLimit", "setpoint"):
                self.not_sent(self.scheduled(only | {value: -1000.0}, **more))
            info = {"operationMode": "ChargingOnly"}
            client.event("Updated", "OperationModeChanged", "Charging", info=info)
            self.assertEqual(self.transaction().operation_mode, "ChargingOnly")
            allowed = {"transactionId": reference, "allowedEnergyTransfer": [BOTH_WAYS]}
            self.ask(client, "NotifyAllowedEnergyTransfer", allowed, ACCEPTED)
            self.assertEqual(ChargingTerms.objects.get().allowed_energy_transfer, [BOTH_WAYS])
            self.assertEqual(self.needs(client, BOTH_WAYS), ACCEPTED)
            self.assertEqual(self.planned(client)["id"], number)
            self.put(client, self.scheduled({"operationMode": "CentralSetpoint", "setpoint": -2000.0}, **more))
            info = {"operationMode": "CentralSetpoint"}
            client.event("Updated", "OperationModeChanged", "Charging", info=info)
            self.assertEqual(self.transaction().operation_mode, "CentralSetpoint")

    # -- who else decides -----------------------------------------------------------------

    def others(self, given: Payload, values: Payload) -> None:
        """They may set what the server leaves to them, and the station tells of it."""
        with self.charging() as (client, _):
            self.put(client, given)
            self.assertEqual(ChargingProfile.objects.get().profile, given)
            limit = {"chargingLimitSource": "EMS", "isGridCritical": False}
            mode = given["chargingSchedule"][0][PERIODS][0]["operationMode"]
            period = {"startPeriod": 0, "operationMode": mode, **values}
            schedule = {"id": 1, "chargingRateUnit": "W", PERIODS: [period]}
            answer = client.call("NotifyChargingLimit", evseId=1, chargingLimit=limit, chargingSchedule=[schedule])
            self.assertEqual(answer, {})
            kept = ChargingLimit.objects.get()
            self.assertEqual((kept.source, kept.schedules, kept.cleared_at), ("EMS", [schedule], None))
            info = {"operationMode": mode}
            client.event("Updated", "OperationModeChanged", "Charging", info=info)
            self.assertEqual(self.transaction().operation_mode, mode)

    def test_tc_q_111_setpoint_of_others(self) -> None:
        self.others(
            self.dynamic({"operationMode": "ExternalSetpoint", "limit": 9000.0, "dischargeLimit": -5000.0}),
            {"setpoint": -3000.0},
        )
        self.not_sent(self.dynamic({"operationMode": "ExternalSetpoint", "setpoint": 1.0}))

    def test_tc_q_112_limit_of_others(self) -> None:
        self.others(self.dynamic({"operationMode": "ExternalLimits"}), {"limit": 3000.0, "dischargeLimit": -1000.0})
        self.not_sent(self.dynamic({"operationMode": "ExternalLimits", "limit": 1.0}))

    def test_tc_q_117_frequency_support_is_pushed(self) -> None:
        period: Payload = {"operationMode": "CentralFrequency", "setpoint": 1000.0}
        with self.charging() as (client, _):
            self.put(client, self.dynamic(period, duration=900))
            update = {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -2500.0}}
            self.ask(client, "UpdateDynamicSchedule", update, ACCEPTED)
            (kept,) = ChargingProfile.objects.get().profile["chargingSchedule"][0][PERIODS]
            self.assertEqual(kept["setpoint"], -2500.0)
            self.not_sent(self.dynamic(period | {"limit": 5000.0}))
            self.not_sent(self.scheduled(period))

    def test_tc_q_121_frequency_support_on_site(self) -> None:
        curve = [{"frequency": hertz, "power": watts} for hertz, watts in ((49.5, -1000.0), (50.5, 1000.0))]
        period: Payload = {"operationMode": "LocalFrequency", "v2xBaseline": 7000.0, "v2xFreqWattCurve": curve}
        with self.charging() as (client, reference):
            more: Payload = {"purpose": "TxProfile", "transactionId": reference}
            for wrong in ({"v2xFreqWattCurve": curve[:1]}, {"limit": 1.0}, {"setpoint": 1.0}):
                self.not_sent(self.scheduled(period | wrong, **more))
            self.not_sent(self.scheduled({"operationMode": "LocalFrequency", "v2xFreqWattCurve": curve}, **more))
            given = self.scheduled(period, **more)
            self.put(client, given)
            self.assertEqual(ChargingProfile.objects.get().profile, given)

    def test_tc_q_124_load_balancing_on_site(self) -> None:
        """The thresholds are variables, and the profile leaves the rest to the station."""
        wanted = {"UpperThreshold": "2000", "LowerThreshold": "-1000", "UpperOffset": "200", "LowerOffset": "0"}
        paths = [named("V2XChargingCtrlr", "LocalLoadBalancing", evse=1, instance=name) for name in wanted]
        data = [path | {"attributeValue": value} for path, value in zip(paths, wanted.values(), strict=True)]
        with self.charging() as (client, _):
            results = [path | {"attributeStatus": "Accepted"} for path in paths]
            self.ask(client, "SetVariables", {"setVariableData": data}, {"setVariableResult": results}, "")
            given = self.scheduled({"operationMode": "LocalLoadBalancing"})
            self.put(client, given)
            self.assertEqual(ChargingProfile.objects.get().profile, given)
            self.not_sent(self.scheduled({"operationMode": "LocalLoadBalancing", "limit": 1.0}))
