"""The device model of 2.x: what its variables are, take and govern, and how they are reported (B05 to B08)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.device_model import ITEMS
from stations.emulator.point.inventory import PART_ITEMS
from stations.emulator.point.variables import READ_ONLY, Path, Variable
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Scripted

INTERVAL = ("OCPPCommCtrlr", "HeartbeatInterval")


def named(component: str, variable: str = "", *, instance: str = "", evse: int = 0, connector: int = 0) -> Payload:
    found: Payload = {"component": {"name": component}}
    if variable:
        found["variable"] = {"name": variable} | ({"instance": instance} if instance else {})
    if evse:
        found["component"]["evse"] = {"id": evse} | ({"connectorId": connector} if connector else {})
    return found


class ModelCase(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.0.1")

    def get(self, component: str, variable: str, kind: str = "", **more: Any) -> tuple[str, str | None]:
        data = named(component, variable, **more) | ({"attributeType": kind} if kind else {})
        (result,) = self.drive.ask("GetVariables", getVariableData=[data])["getVariableResult"]
        return result["attributeStatus"], result.get("attributeValue")

    def value(self, component: str, variable: str, **more: Any) -> str | None:
        status, value = self.get(component, variable, **more)
        self.assertEqual(status, "Accepted")
        return value

    def set(self, component: str, variable: str, value: str, kind: str = "", **more: Any) -> str:
        data = named(component, variable, **more) | {"attributeValue": value}
        data |= {"attributeType": kind} if kind else {}
        (result,) = self.drive.ask("SetVariables", setVariableData=[data])["setVariableResult"]
        return str(result["attributeStatus"])


class Values(ModelCase):
    def test_are_read(self) -> None:
        plate = self.drive.station.plate
        self.assertEqual(self.value("ChargingStation", "VendorName"), plate.vendor)
        self.assertEqual(self.value("SecurityCtrlr", "Identity"), "CP1")
        self.assertEqual(self.value("ocppcommctrlr", "heartbeatinterval"), "300")
        self.assertEqual(self.value("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport"), str(ITEMS))
        self.assertEqual(self.value("Connector", "ConnectorType", evse=2, connector=1), "sType2")
        self.assertEqual(self.value("ClockCtrlr", "DateTime"), self.drive.at())

    def test_follow_the_station(self) -> None:
        self.assertEqual(self.value("EVSE", "AvailabilityState", evse=1), "Available")
        self.assertEqual(self.value("EVSE", "Power", evse=1), "0")
        self.drive.charge()
        self.assertEqual(self.value("EVSE", "AvailabilityState", evse=1), "Occupied")
        self.assertGreater(float(self.value("EVSE", "Power", evse=1) or 0), 1000)
        self.drive.outlet.fault(self.drive.now)
        self.assertEqual(self.value("EVSE", "Problem", evse=1), "true")
        self.assertEqual(self.value("EVSE", "Problem", evse=2), "false")
        self.assertEqual(self.value("ChargingStation", "Problem"), "true")
        self.assertEqual(self.value("ChargingStation", "Available"), "true")
        self.assertEqual(self.value("EVSE", "Available", evse=1), "true")

    def test_that_there_are_not(self) -> None:
        self.assertEqual(self.get("Coffee", "Strength"), ("UnknownComponent", None))
        self.assertEqual(self.get("OCPPCommCtrlr", "Strength"), ("UnknownVariable", None))
        self.assertEqual(self.get("EVSE", "Power", evse=9), ("UnknownComponent", None))
        self.assertEqual(self.get(*INTERVAL, kind="MaxSet"), ("NotSupportedAttributeType", None))
        self.assertEqual(self.set(*INTERVAL, "60", kind="Target"), "NotSupportedAttributeType")
        self.assertEqual(self.set("Coffee", "Strength", "60", kind="Target"), "UnknownComponent")

    def test_that_are_secret_are_never_shown(self) -> None:
        self.assertEqual(self.set("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef"), "Accepted")
        self.assertEqual(self.drive.station.password, "0123456789abcdef")
        self.assertEqual(self.get("SecurityCtrlr", "BasicAuthPassword"), ("Rejected", None))
        self.drive.ask("GetBaseReport", requestId=1, reportBase="FullInventory")
        self.assertNotIn("0123456789abcdef", str(self.drive.of("NotifyReport")))

    def test_too_many_at_once_are_refused(self) -> None:
        data = [named(*INTERVAL)] * (ITEMS + 1)
        self.assertEqual(self.drive.refuses("GetVariables", getVariableData=data), "OccurrenceConstraintViolation")


class Changes(ModelCase):
    def test_take_what_fits(self) -> None:
        for component, variable, value in (
            (*INTERVAL, "60"),
            ("AuthCtrlr", "LocalPreAuthorize", "true"),
            ("SecurityCtrlr", "OrganizationName", "Somebody"),
            ("ClockCtrlr", "TimeZone", "Europe/Vienna"),
            ("TxCtrlr", "MaxEnergyOnInvalidId", "0"),
        ):
            self.assertEqual(self.set(component, variable, value), "Accepted", variable)
            self.assertEqual(self.value(component, variable), value)

    def test_refuse_what_does_not(self) -> None:
        for component, variable, value in (
            (*INTERVAL, "0"),
            (*INTERVAL, "-5"),
            (*INTERVAL, "often"),
            ("AuthCtrlr", "LocalPreAuthorize", "yes"),
            ("ClockCtrlr", "TimeZone", "x" * 51),
            ("SecurityCtrlr", "BasicAuthPassword", "short"),
            ("OCPPCommCtrlr", "NetworkConfigurationPriority", "1,9"),
            ("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,2"),
            ("OCPPCommCtrlr", "NetworkConfigurationPriority", ""),
            ("ChargingStation", "Model", "Other"),
        ):
            self.assertEqual(self.set(component, variable, value), "Rejected", (variable, value))

    def test_what_the_station_refuses_for_a_reason_of_its_own(self) -> None:
        rule = Variable(Path("SecurityCtrlr", "Level"), "integer", mutability="ReadWrite", setting="SecurityProfile")
        self.drive.station.variables.add(rule)
        self.assertEqual(self.set("SecurityCtrlr", "Level", "3"), "Rejected", "it has no certificate")

    def test_kinds(self) -> None:
        for kind, fits, unfit, more in (
            ("decimal", "-1.5", "1,5", {}),
            ("decimal", "2", "nan", {}),
            ("dateTime", "2026-06-21T12:00:00Z", "noon", {}),
            ("OptionList", "B", "C", {"options": ("A", "B")}),
            ("MemberList", "B,A", "A,C", {"options": ("A", "B")}),
            ("integer", "7", "8", {"high": 7}),
        ):
            variable = Variable(Path("C", "V"), kind, **more)
            self.assertTrue(variable.takes(fits), (kind, fits))
            self.assertFalse(variable.takes(unfit), (kind, unfit))

    def test_have_an_effect(self) -> None:
        self.set(*INTERVAL, "10")
        self.drive.run(60)
        self.assertEqual(len(self.drive.of("Heartbeat")), 6)
        self.set("SampledDataCtrlr", "TxUpdatedInterval", "30")
        self.drive.charge()
        self.drive.said.clear()
        self.drive.run(95)
        samples = [each for each in self.drive.of("TransactionEvent") if each["triggerReason"] == "MeterValuePeriodic"]
        self.assertEqual(len(samples), 3)
        self.set("AlignedDataCtrlr", "Interval", "60")
        self.drive.said.clear()
        self.drive.run(120)
        self.assertEqual(len(self.drive.of("MeterValues")), 4)

    def test_that_need_a_reboot_wait_for_it(self) -> None:
        profile = {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": "ws://other.example.org/ocpp",
            "messageTimeout": 30,
            "securityProfile": 0,
            "ocppInterface": "Wired0",
        }
        self.assertEqual(
            self.drive.status_of("SetNetworkProfile", configurationSlot=2, connectionData=profile), "Accepted"
        )
        self.assertEqual(self.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1"), "RebootRequired")
        self.assertEqual(self.value("OCPPCommCtrlr", "NetworkConfigurationPriority"), "1")
        self.drive.status_of("Reset", type="Immediate")
        self.drive.restart()
        self.assertEqual(self.value("OCPPCommCtrlr", "NetworkConfigurationPriority"), "2,1")
        self.assertEqual(self.value("OCPPCommCtrlr", "ActiveNetworkProfile"), "2")


class Watched(ModelCase):
    def test_who_watches_hears_of_each_change_once(self) -> None:
        heard: list[tuple[str, str]] = []
        station = self.drive.station
        self.drive.outlet.plug_in(self.drive.now)
        station.variables.watch(lambda path, value, now: heard.append((path.variable, value)), self.drive.now)
        times: list[float] = []
        station.variables.watch(lambda path, value, now: times.append(now), self.drive.now)
        self.set(*INTERVAL, "60")
        self.set(*INTERVAL, "60")
        station.variables.put(Path("ClockCtrlr", "TimeZone"), "UTC+1", self.drive.now)
        self.assertEqual(heard, [("HeartbeatInterval", "60"), ("TimeZone", "UTC+1")])
        self.assertEqual(times, [self.drive.now] * 2)
        heard.clear()
        self.drive.outlet.unplug(self.drive.now)
        station.variables.look(self.drive.now)
        self.assertEqual(heard, [("AvailabilityState", "Available")] * 2, "of the EVSE and of its connector")


class Reports(ModelCase):
    def parts(self, action: str, **payload: Any) -> list[Payload]:
        self.drive.said.clear()
        self.assertEqual(self.drive.status_of(action, requestId=7, **payload), "Accepted")
        parts = self.drive.of("NotifyReport")
        self.assertEqual({part["requestId"] for part in parts}, {7})
        self.assertEqual([part["seqNo"] for part in parts], list(range(len(parts))))
        self.assertEqual([part["tbc"] for part in parts], [True] * (len(parts) - 1) + [False])
        return parts

    def told(self, action: str, **payload: Any) -> list[Payload]:
        return [each for part in self.parts(action, **payload) for each in part["reportData"]]

    def names(self, **payload: Any) -> set[tuple[str, str, int]]:
        return {
            (each["component"]["name"], each["variable"]["name"], each["component"].get("evse", {}).get("id", 0))
            for each in self.told("GetReport", **payload)
        }

    def test_bases(self) -> None:
        full = self.told("GetBaseReport", reportBase="FullInventory")
        self.assertEqual(len(full), len(list(self.drive.station.variables)))
        self.assertGreater(len(self.drive.of("NotifyReport")), len(full) // (PART_ITEMS + 1))
        settable = self.told("GetBaseReport", reportBase="ConfigurationInventory")
        self.assertTrue(all(each["variableAttribute"][0]["mutability"] != READ_ONLY for each in settable))
        self.assertLess(len(settable), len(full))
        summary = self.told("GetBaseReport", reportBase="SummaryInventory")
        self.assertEqual({each["variable"]["name"] for each in summary}, {"Available", "AvailabilityState", "Problem"})

    def test_rules_of_a_variable(self) -> None:
        (found,) = self.told("GetReport", componentVariable=[named(*INTERVAL)])
        self.assertEqual(
            found["variableCharacteristics"],
            {"dataType": "integer", "unit": "s", "minLimit": 1, "maxLimit": 2**31 - 1, "supportsMonitoring": True},
        )
        (found,) = self.told("GetReport", componentVariable=[named("ChargingStation", "AvailabilityState")])
        self.assertIn("Occupied", found["variableCharacteristics"]["valuesList"].split(","))

    def test_what_is_not_named_may_be_anything(self) -> None:
        self.assertEqual(
            self.names(componentVariable=[named("EVSE", "Power")]), {("EVSE", "Power", 1), ("EVSE", "Power", 2)}
        )
        self.assertEqual({name for name, _, _ in self.names(componentVariable=[named("TxCtrlr")])}, {"TxCtrlr"})
        instances = self.told("GetReport", componentVariable=[named("DeviceDataCtrlr", "ItemsPerMessage")])
        self.assertEqual(len(instances), 3)

    def test_criteria(self) -> None:
        self.drive.outlet.fault(self.drive.now)
        self.assertEqual(
            {(name, evse) for name, _, evse in self.names(componentCriteria=["Problem"])},
            {("ChargingStation", 0), ("EVSE", 1), ("Connector", 1)},
        )
        self.drive.set(AuthorizationCacheEnabled=False)
        enabled = {name for name, _, _ in self.names(componentCriteria=["Enabled"])}
        self.assertNotIn("AuthCacheCtrlr", enabled)
        self.assertTrue({"AuthCtrlr", "TxCtrlr"} <= enabled, "what cannot be disabled is enabled")

    def test_nothing_fits(self) -> None:
        self.assertEqual(
            self.drive.status_of("GetReport", requestId=1, componentVariable=[named("Coffee")]), "EmptyResultSet"
        )
        self.assertEqual(self.drive.of("NotifyReport"), [])
