"""What periods may say in each operation mode, and what follows where others ask for something, too (2.1 block Q)."""

from __future__ import annotations

import unittest
from typing import Any

from stations.models import Variable
from stations.ocpp.charging import Allowance, Profile, allowed_at, composite
from stations.ocpp.operation_modes import MODES, period_faults
from tests.stations.support import NOON
from tests.stations.test_composite_schedules_of_2x import OFF, profile, step
from tests.stations.test_smart_charging_of_2x import ChargingCase
from tests.stations.test_smart_charging_of_2x import dynamic as sent_dynamic
from tests.stations.test_smart_charging_of_2x import profile as sent

FREQUENCY: dict[str, Any] = {
    "operationMode": "LocalFrequency",
    "v2xBaseline": 500.0,
    "v2xFreqWattCurve": [{"frequency": 49.5, "power": -500.0}, {"frequency": 50.5, "power": 500.0}],
}
CENTRAL: dict[str, Any] = {"startPeriod": 0, "operationMode": "CentralSetpoint"}


class Rules(unittest.TestCase):
    def faults(self, period: dict[str, Any], purpose: str = "TxProfile", unit: str = "W") -> list[tuple[str, str]]:
        return [(each.field, each.code) for each in period_faults(period, purpose=purpose, unit=unit)]

    def test_what_each_mode_is_made_for(self) -> None:
        for mode, rule in MODES.items():
            period = {"operationMode": mode} | dict.fromkeys(rule.needs, 1.0)
            found = self.faults(period | (FREQUENCY if mode == "LocalFrequency" else {}))
            self.assertEqual(found, [], mode)
            if rule.needs:
                self.assertEqual(self.faults({"operationMode": mode}), [("", "InvalidSchedule")])

    def test_without_a_mode_it_is_for_charging_only(self) -> None:
        self.assertEqual(self.faults({"limit": 1.0}), [])
        self.assertEqual(self.faults({"limit": 1.0, "setpoint": 1.0}), [("setpoint", "InvalidSchedule")])

    def test_values_that_a_mode_has_not(self) -> None:
        for name in ("limit", "dischargeLimit", "setpoint", "setpointReactive"):
            self.assertEqual(self.faults({"operationMode": "Idle", name: 0.0}), [(name, "InvalidSchedule")])

    def test_modes_that_a_purpose_has_not(self) -> None:
        fault = ("operationMode", "InvalidOperationMode")
        external = "ChargingStationExternalConstraints"
        for purpose in ("ChargingStationMaxProfile", "PriorityCharging", "LocalGeneration", external):
            self.assertIn(fault, self.faults({"operationMode": "Idle"}, purpose), purpose)
        self.assertEqual(self.faults({"operationMode": "ExternalSetpoint"}, external), [])
        self.assertEqual(self.faults({"operationMode": "ExternalLimits"}, "LocalGeneration"), [])

    def test_phases(self) -> None:
        period = {"operationMode": "CentralSetpoint", "setpoint": 1.0, "setpoint_L2": 1.0}
        self.assertEqual(self.faults(period), [])
        self.assertEqual(self.faults(period, "TxDefaultProfile"), [("setpoint_L2", "PhaseConflict")])
        alone = {"operationMode": "CentralSetpoint", "setpoint": 1.0, "limit_L2": 1.0}
        self.assertEqual(self.faults(alone, "TxDefaultProfile"), [("limit_L2", "InvalidSchedule")])

    def test_local_frequency(self) -> None:
        self.assertEqual(self.faults({"operationMode": "LocalFrequency"}), [("", "NoFreqWattCurve")] * 2)
        self.assertEqual(self.faults(FREQUENCY, unit="A"), [("", "UnsupportedRateUnit")])
        for points, found in ((1, [("v2xSignalWattCurve", "InvalidSchedule")]), (2, [])):
            curve = [{"signal": each, "power": 0.0} for each in range(points)]
            self.assertEqual(self.faults(FREQUENCY | {"v2xSignalWattCurve": curve}), found)


class Together(unittest.TestCase):
    def allowed(self, *profiles: Profile, **more: Any) -> Allowance:
        return allowed_at(profiles, NOON, connector=1, sessions=OFF, **more)

    def external(self, **values: float) -> Profile:
        period = {"startPeriod": 0, "operationMode": "ExternalSetpoint"} | values
        return profile(period, purpose="ChargingStationExternalConstraints", number=9)

    def test_idle_is_nothing(self) -> None:
        idle = profile({"startPeriod": 0, "operationMode": "Idle", "evseSleep": True, "preconditioningRequest": False})
        self.assertEqual(self.allowed(idle), Allowance(0.0, 0.0, None, "Idle", frozenset({"evseSleep"})))
        self.assertEqual(self.allowed(idle, self.external(setpoint=-5000.0)).setpoint, 0.0)
        (period,) = composite([idle], start=NOON, duration=60, unit="W", connector=1)
        self.assertEqual((period.limit, period.discharge_limit), (0.0, 0.0))

    def test_others_ask_where_the_server_does_not(self) -> None:
        local = profile({"startPeriod": 0, "operationMode": "ExternalSetpoint", "dischargeLimit": -3000.0})
        self.assertEqual(self.allowed(local, self.external(setpoint=-5000.0)).setpoint, -3000.0)

    def test_who_goes_first_is_configured(self) -> None:
        central = profile(CENTRAL | {"setpoint": -1000.0})
        for first, setpoint in ((False, -1000.0), (True, -5000.0)):
            found = self.allowed(central, self.external(setpoint=-5000.0), external_first=first)
            self.assertEqual(found.setpoint, setpoint)
        self.assertEqual(self.allowed(central, external_first=True).setpoint, -1000.0, "nobody else asks")

    def test_nothing_goes_back_where_it_is_for_charging_only(self) -> None:
        for own in ([], [profile(step(9000.0))], [profile(step(9000.0, operationMode="ChargingOnly"))]):
            self.assertEqual(self.allowed(*own, self.external(setpoint=-5000.0)).setpoint, 0.0)
            self.assertEqual(self.allowed(*own, self.external(setpoint=5000.0)).setpoint, 5000.0)


class RefusedByTheServer(ChargingCase):
    def wrong(self, path: str, found: Any) -> None:
        reasons = self.problems_of("SetChargingProfile", {"evseId": 1, "chargingProfile": found})
        self.assertEqual([each.removeprefix("chargingProfile/") for each in reasons], [path])

    def test_central_frequency_is_dynamic_and_without_limits(self) -> None:
        path = "chargingSchedule/0/chargingSchedulePeriod/0"
        period = {"startPeriod": 0, "operationMode": "CentralFrequency", "setpoint": 5.0}
        self.wrong(f"{path}/operationMode", sent(steps=[period]))
        self.wrong(f"{path}/limit", sent_dynamic(steps=[period | {"limit": 16.0}]))
        self.wrong(f"{path}/dischargeLimit", sent_dynamic(steps=[period | {"dischargeLimit": -16.0}]))
        self.give(sent_dynamic(steps=[period]))

    def test_modes_that_the_evse_does_not_know(self) -> None:
        balancing = sent(steps=[{"startPeriod": 0, "operationMode": "LocalLoadBalancing"}])
        self.give(balancing)
        Variable.objects.create(
            station=self.station,
            component="V2XChargingCtrlr",
            variable="SupportedOperationModes",
            attribute="Actual",
            evse=1,
            value="ChargingOnly, CentralSetpoint",
            reported_at=NOON,
        )
        self.wrong("chargingSchedule", balancing)
        self.give(sent(steps=[CENTRAL | {"setpoint": 3.0}]))
        self.give(sent())
