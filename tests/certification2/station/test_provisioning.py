"""Boots, variables, reports and resets of the emulator (block B)."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from stations.models import Registration, Report, Station
from stations.ocpp.frames import Payload
from stations.services.authorization.reservations import reserve
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import BOOTED, CHARGED, RESTARTED, StationCase2
from tests.certification2.support import named
from tests.waiting import eventually

BOOT = BOOTED[0]

MANDATORY = (
    ("AlignedDataCtrlr", "Interval"),
    ("AlignedDataCtrlr", "Measurands"),
    ("AuthCtrlr", "LocalAuthorizeOffline"),
    ("AuthCtrlr", "LocalPreAuthorize"),
    ("ChargingStation", "AvailabilityState"),
    ("ClockCtrlr", "DateTime"),
    ("Connector", "AvailabilityState"),
    ("DeviceDataCtrlr", "ItemsPerMessage"),
    ("EVSE", "AvailabilityState"),
    ("OCPPCommCtrlr", "FileTransferProtocols"),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("SecurityCtrlr", "SecurityProfile"),
    ("TxCtrlr", "EVConnectionTimeOut"),
    ("TxCtrlr", "TxStartPoint"),
    ("TxCtrlr", "TxStopPoint"),
)
"""Some of those that no station may be without (part 2, chapter 2 of the appendices)."""


class Boots(StationCase2):
    def test_tc_b_01_accepted(self) -> None:
        with self.booted():
            (boot,) = self.requests("BootNotification")
            self.assertEqual(boot["chargingStation"]["vendorName"], self.row()["vendor"])
            self.assertEqual((self.row()["state"], self.row()["status"]), ("online", "Available"))
            self.set_variable("OCPPCommCtrlr", "HeartbeatInterval", "1")
            eventually(lambda: len(self.requests("Heartbeat")) >= 2)

    def hold(self, registration: str) -> None:
        """The station will not be accepted, and comes back soon."""
        Station.objects.filter(pk=self.station.pk).update(registration=registration, heartbeat_interval=10)

    def test_tc_b_02_pending(self) -> None:
        self.hold(Registration.PENDING)
        with self.charge_point():
            eventually(lambda: BOOT in self.story())
            self.set_variable("OCPPCommCtrlr", "HeartbeatInterval", "120")
            (told,) = self.get_variables(named("OCPPCommCtrlr", "HeartbeatInterval"))
            self.assertEqual(told["attributeValue"], "120")
            withheld = self.command("RequestStopTransaction", {"transactionId": "T"})
            eventually(lambda: self.story().count(BOOT) >= 2)
            self.assertEqual(set(self.story()), {BOOT}, "it says nothing by itself")
            withheld.refresh_from_db()
            self.assertEqual(withheld.state, "queued", "not while it is pending")
            self.hold(Registration.ACCEPTED)
            eventually(lambda: "2 Available" in self.story())
            self.assert_answered(withheld, "Rejected")

    def test_tc_b_03_rejected(self) -> None:
        self.hold(Registration.REJECTED)
        with self.charge_point():
            eventually(lambda: self.story().count(BOOT) >= 2)
            self.assertEqual(set(self.story()), {BOOT})
            self.hold(Registration.ACCEPTED)
            eventually(lambda: "2 Available" in self.story())

    def test_tc_b_57_back_after_a_lost_connection(self) -> None:
        with self.booted() as point:
            point.go_offline()
            eventually(lambda: self.row()["state"] == "offline")
            point.come_back()
            eventually(lambda: self.row()["state"] == "online")
            self.assertEqual(self.story().count(BOOT), 1, "it has not booted")


class Variables(StationCase2):
    def test_tc_b_06_read_one(self) -> None:
        with self.booted():
            (told,) = self.get_variables(named("OCPPCommCtrlr", "HeartbeatInterval"))
            self.assertEqual((told["attributeStatus"], told["attributeValue"]), ("Accepted", "300"))

    def test_tc_b_07_read_several(self) -> None:
        with self.booted():
            state = named("EVSE", "AvailabilityState", evse=2)
            told = self.get_variables(named("TxCtrlr", "TxStartPoint"), state)
            self.assertEqual([each["attributeValue"] for each in told], ["EVConnected", "Available"])
            self.assertEqual(told[1]["component"], state["component"])

    def test_tc_b_09_set_one(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "EVConnectionTimeOut", "45")
            self.assertEqual(point.model.settings.number("ConnectionTimeOut"), 45)

    def test_tc_b_10_set_several(self) -> None:
        with self.booted():
            told = self.set_variables(
                named("TxCtrlr", "EVConnectionTimeOut") | {"attributeValue": "45"},
                named("AuthCtrlr", "LocalPreAuthorize") | {"attributeValue": "true"},
            )
            self.assertEqual([each["attributeStatus"] for each in told], ["Accepted"] * 2)
            told = self.get_variables(named("TxCtrlr", "EVConnectionTimeOut"), named("AuthCtrlr", "LocalPreAuthorize"))
            self.assertEqual([each["attributeValue"] for each in told], ["45", "true"])

    def refused(self, component: str, variable: str, status: str, *, attribute: str = "Actual") -> None:
        """Whether it is read or set."""
        data = named(component, variable) | {"attributeType": attribute}
        with self.booted():
            (read,), (set,) = self.get_variables(data), self.set_variables(data | {"attributeValue": "1"})
            self.assertEqual((read["attributeStatus"], set["attributeStatus"]), (status, status))

    def test_tc_b_11_impossible_value(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "EVConnectionTimeOut", "soon", "Rejected")
            self.assertEqual(point.model.settings.text("ConnectionTimeOut"), "600")

    def test_tc_b_32_read_of_an_unknown_component(self) -> None:
        self.refused("Moonlight", "Enabled", "UnknownComponent")

    def test_tc_b_33_read_an_unknown_variable(self) -> None:
        self.refused("TxCtrlr", "Moonlight", "UnknownVariable")

    def test_tc_b_34_read_another_attribute(self) -> None:
        self.refused("TxCtrlr", "EVConnectionTimeOut", "NotSupportedAttributeType", attribute="Target")

    def test_tc_b_35_set_of_an_unknown_component(self) -> None:
        with self.booted():
            self.set_variable("Moonlight", "Enabled", "true", "UnknownComponent")

    def test_tc_b_36_set_an_unknown_variable(self) -> None:
        with self.booted():
            self.set_variable("EVSE", "Moonlight", "true", "UnknownVariable", evse=1)

    def test_tc_b_37_set_another_attribute(self) -> None:
        with self.booted():
            data = named("TxCtrlr", "EVConnectionTimeOut") | {"attributeType": "MaxSet", "attributeValue": "5"}
            self.assertEqual(self.set_variables(data)[0]["attributeStatus"], "NotSupportedAttributeType")

    def test_tc_b_39_set_what_is_read_only(self) -> None:
        with self.booted():
            self.set_variable("ClockCtrlr", "DateTime", "2026-01-01T00:00:00Z", "Rejected")


class Reports(StationCase2):
    NUMBER = 4711

    def report(self, action: str, result: str = "Accepted", **criteria: object) -> list[Payload]:
        """What the station reports, put together from its parts."""
        self.ask(action, {"requestId": self.NUMBER, **criteria}, result)
        if result != "Accepted":
            return []
        eventually(lambda: Report.objects.filter(request=self.NUMBER, state="complete").exists())
        parts = [each for each in self.requests("NotifyReport") if each["requestId"] == self.NUMBER]
        self.assertEqual([each["seqNo"] for each in parts], list(range(len(parts))))
        self.assertEqual([each.get("tbc", False) for each in parts], [True] * (len(parts) - 1) + [False])
        return [data for part in parts for data in part["reportData"]]

    def base(self, kind: str) -> list[Payload]:
        return self.report("GetBaseReport", reportBase=kind)

    def test_tc_b_12_what_can_be_configured(self) -> None:
        with self.booted():
            found = self.base("ConfigurationInventory")
            names = {(each["component"]["name"], each["variable"]["name"]) for each in found}
            self.assertIn(("TxCtrlr", "EVConnectionTimeOut"), names)
            self.assertNotIn(("ClockCtrlr", "DateTime"), names)
            self.assertNotIn("ReadOnly", {each["variableAttribute"][0].get("mutability") for each in found})

    def test_tc_b_13_all_there_is(self) -> None:
        with self.booted() as point:
            self.assertEqual(len(self.base("FullInventory")), len(list(point.model.variables)))
            self.assertEqual(self.station.variables.count(), len(list(point.model.variables)))

    def test_tc_b_14_summary(self) -> None:
        with self.booted():
            found = self.base("SummaryInventory")
            self.assertLessEqual({"AvailabilityState"}, {each["variable"]["name"] for each in found})

    def test_tc_b_53_all_that_have_to_be_there(self) -> None:
        with self.booted():
            found = {(each["component"]["name"], each["variable"]["name"]) for each in self.base("FullInventory")}
            self.assertLessEqual(set(MANDATORY), found)

    def test_tc_b_16_by_criteria(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            found = self.report("GetReport", componentCriteria=["Problem"])
            self.assertIn({"id": 1}, [each["component"].get("evse") for each in found])
            self.assertNotIn({"id": 2}, [each["component"].get("evse") for each in found])

    def test_tc_b_17_of_named_variables(self) -> None:
        with self.booted():
            wanted = named("EVSE", "AvailabilityState", evse=1)
            (found,) = self.report("GetReport", componentVariable=[wanted])
            self.assertEqual(found["variableAttribute"][0]["value"], "Available")

    def test_tc_b_18_of_named_variables_by_criteria(self) -> None:
        with self.booted():
            wanted = [named("EVSE", "AvailabilityState", evse=each) for each in (1, 2)]
            found = self.report("GetReport", componentVariable=wanted, componentCriteria=["Available"])
            self.assertEqual(len(found), 2)

    def test_tc_b_19_nothing_meets_them(self) -> None:
        with self.booted():
            self.report("GetReport", "EmptyResultSet", componentCriteria=["Problem"])

    def test_tc_b_54_without_its_instance(self) -> None:
        with self.booted():
            found = self.report("GetReport", componentVariable=[named("DeviceDataCtrlr", "ItemsPerMessage")])
            instances = {each["variable"]["instance"] for each in found}
            self.assertEqual(instances, {"GetReport", "GetVariables", "SetVariables"})

    def test_tc_b_55_with_its_instance(self) -> None:
        with self.booted():
            wanted = named("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport")
            (found,) = self.report("GetReport", componentVariable=[wanted])
            self.assertEqual(found["variable"], wanted["variable"])

    def test_tc_b_56_of_all_evses(self) -> None:
        with self.booted():
            found = self.report("GetReport", componentVariable=[named("EVSE", "AvailabilityState")])
            self.assertEqual([each["component"]["evse"]["id"] for each in found], [1, 2])


class Resets(StationCase2):
    def reset(self, kind: str, result: str = "Accepted", **evse: int) -> None:
        self.ask("Reset", {"type": kind, **evse}, result)

    def test_tc_b_20_when_idle_without_a_transaction(self) -> None:
        with self.booted():
            self.reset("OnIdle")
            self.assert_story(*RESTARTED)

    def test_tc_b_21_when_idle_with_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("OnIdle", "Scheduled")
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local", "BootNotification ScheduledReset", "1 Occupied", BOOTED[2])
            self.assert_ended("Local")

    def test_tc_b_22_at_once_with_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("Immediate")
            self.assert_story(
                "BootNotification RemoteReset", "Ended ResetCommand ImmediateReset", "1 Occupied", "2 Available"
            )
            self.assert_ended("ImmediateReset")

    def test_tc_b_23_out_of_service_outlasts_it(self) -> None:
        with self.booted():
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
            self.assert_story("1 Unavailable")
            self.reset("Immediate")
            self.assert_story("BootNotification RemoteReset", "1 Unavailable", "2 Available")

    def test_tc_b_24_reserved_outlasts_it(self) -> None:
        with self.booted():
            self.order(reserve, evse=1, id_token=CARD, expires_at=clock.now() + timedelta(hours=1))
            self.assert_story("1 Reserved")
            self.reset("Immediate")
            self.assert_story("BootNotification RemoteReset", "1 Reserved", "2 Available")

    def test_tc_b_25_evse_without_a_transaction(self) -> None:
        with self.booted():
            self.reset("OnIdle", evseId=1)
            self.assert_story("1 Available")

    def test_tc_b_26_evse_when_idle_with_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("OnIdle", "Scheduled", evseId=1)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local", "1 Occupied")
            self.assert_ended("Local")

    def test_tc_b_27_evse_at_once_with_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("Immediate", evseId=1)
            self.assert_story("Ended ResetCommand ImmediateReset", "1 Occupied")
            self.assert_ended("ImmediateReset")

    def charge_at_both(self, point: ChargePoint) -> None:
        self.charge(point)
        point.plug_in(2)
        point.present("OTHER", 2)
        self.assert_story(*(each.replace("1 ", "2 ") for each in CHARGED))

    def test_tc_b_41_when_idle_with_several_transactions(self) -> None:
        self.card.__class__.objects.create(value="OTHER")
        with self.booted() as point:
            self.charge_at_both(point)
            self.reset("OnIdle", "Scheduled")
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assertFalse(point.model.down, "the other one still charges")
            point.present("OTHER", 2)
            self.assert_story(
                "Ended StopAuthorized Local", "BootNotification ScheduledReset", "1 Occupied", "2 Occupied"
            )


def profile(url: str, **more: object) -> Payload:
    """A NetworkConnectionProfileType."""
    return {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": 0,
        "ocppInterface": "Wired0",
        **more,
    }


class Networks(StationCase2):
    def test_tc_b_43_rejected(self) -> None:
        with self.booted():
            data = profile(f"{self.server.ws}/ocpp/")
            self.ask("SetNetworkProfile", {"configurationSlot": 9, "connectionData": data}, "Rejected")

    def move(self, url: str) -> None:
        self.ask("SetNetworkProfile", {"configurationSlot": 2, "connectionData": profile(url)})
        self.set_variable("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1", "RebootRequired")
        self.ask("Reset", {"type": "Immediate"})
        self.assert_story(*RESTARTED)

    def test_tc_b_45_move(self) -> None:
        with self.booted() as point:
            self.move(f"{self.server.ws}/ocpp/")
            self.assertEqual(point.model.networks.active, "2")

    def test_tc_b_46_move_and_back(self) -> None:
        with self.booted() as point:
            self.move("ws://127.0.0.1:9/ocpp/")
            self.assertEqual(point.model.networks.active, "1", "the other one was not to be reached")

    def test_tc_b_49_back_after_the_agreed_attempts(self) -> None:
        with self.booted() as point:
            self.set_variable("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "1")
            self.move("ws://127.0.0.1:9/ocpp/")
            self.assertEqual(point.model.networks.active, "1")


class Only21(StationCase2):
    version = "2.1"

    def test_tc_b_104_reset_and_resume_without_a_transaction(self) -> None:
        with self.booted():
            self.ask("Reset", {"type": "ImmediateAndResume"})
            self.assert_story(*RESTARTED)

    def test_tc_b_101_reset_and_not_resumed(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.ask("Reset", {"type": "ImmediateAndResume"})
            self.assert_story(
                "BootNotification RemoteReset", "Ended ResetCommand ImmediateReset", "1 Occupied", "2 Available"
            )
            point.unplug()
            self.assert_story("1 Available")

    def test_tc_b_100_network_profile_with_identity(self) -> None:
        with self.booted():
            data = profile(
                f"{self.server.ws}/ocpp/",
                ocppVersion="OCPP21",
                identity="CP1",
                basicAuthPassword="a-password-of-16",
            )
            self.ask("SetNetworkProfile", {"configurationSlot": 2, "connectionData": data})
            path = {"component": {"name": "NetworkConfiguration", "instance": "2"}}
            identity, password = self.get_variables(
                path | {"variable": {"name": "Identity"}}, path | {"variable": {"name": "BasicAuthPassword"}}
            )
            self.assertEqual((identity["attributeValue"], password["attributeStatus"]), ("CP1", "Rejected"))
