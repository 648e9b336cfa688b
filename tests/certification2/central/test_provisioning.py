"""Boots, variables, reports and resets, as the server sees them (block B)."""

from __future__ import annotations

from stations.models import NetworkProfile, Registration, Report, Station, Variable
from stations.ocpp.frames import Payload
from tests.certification2.central.support import ACCEPTED, CentralCase2, ScriptedStation2, now
from tests.certification2.support import named, token

INTERVAL = named("OCPPCommCtrlr", "HeartbeatInterval")
TIMEOUT = named("TxCtrlr", "EVConnectionTimeOut")


class Boots(CentralCase2):
    def test_tc_b_01_accepted(self) -> None:
        with self.connected() as client:
            answer = client.power_up()
            self.assertEqual((answer["status"], answer["interval"]), ("Accepted", 300))
            for evse in (1, 2):
                client.tell(evse, "Available")
            self.assertIn("currentTime", client.call("Heartbeat"))
            row = self.row()
            self.assertEqual((row["state"], row["status"], row["vendor"]), ("online", "Available", "Vendor"))

    def hold(self, registration: str) -> None:
        Station.objects.filter(pk=self.station.pk).update(registration=registration, heartbeat_interval=7)

    def test_tc_b_02_pending(self) -> None:
        self.hold(Registration.PENDING)
        with self.connected() as client:
            answer = client.power_up()
            self.assertEqual((answer["status"], answer["interval"]), ("Pending", 7))
            result = TIMEOUT | {"attributeStatus": "Accepted"}
            data = {"setVariableData": [TIMEOUT | {"attributeValue": "60"}]}
            self.ask(client, "SetVariables", data, {"setVariableResult": [result]}, "")
            self.hold(Registration.ACCEPTED)
            self.assertEqual(client.power_up()["status"], "Accepted")
            client.tell(1, "Available")
            self.assertEqual(self.status(1), "Available")

    def test_tc_b_30_said_too_early(self) -> None:
        self.hold(Registration.PENDING)
        with self.connected() as client:
            self.assertEqual(client.power_up()["status"], "Pending")
            refused = client.ask("Authorize", {"idToken": token()})
            self.assertEqual((refused[0], refused[2]), (4, "SecurityError"))

    def test_tc_b_31_boot_is_triggered(self) -> None:
        self.hold(Registration.PENDING)
        with self.connected() as client:
            self.assertEqual(client.power_up()["status"], "Pending")
            self.ask(client, "TriggerMessage", {"requestedMessage": "BootNotification"}, ACCEPTED)
            self.hold(Registration.ACCEPTED)
            self.assertEqual(client.power_up("Triggered")["status"], "Accepted")

    def test_tc_b_58_version(self) -> None:
        with self.connected(versions=("ocpp0.1",)) as client:
            self.assertIsNone(client.subprotocol)
            self.assertEqual(client.close_code(), 1002)
        with self.connected(versions=("ocpp0.1", "ocpp2.0.1")) as client:
            self.assertEqual(client.subprotocol, "ocpp2.0.1")
            self.assertEqual(client.power_up()["status"], "Accepted")


class Variables(CentralCase2):
    def read(self, values: dict[str, str]) -> None:
        """The operator reads variables of `OCPPCommCtrlr`, and what the station tells is kept."""
        wanted = [named("OCPPCommCtrlr", name) for name in values]
        results = [
            each | {"attributeStatus": "Accepted", "attributeValue": value}
            for each, value in zip(wanted, values.values(), strict=True)
        ]
        with self.booted() as client:
            self.ask(client, "GetVariables", {"getVariableData": wanted}, {"getVariableResult": results}, "")
        found = Variable.objects.filter(station=self.station, component="OCPPCommCtrlr")
        self.assertEqual(dict(found.values_list("variable", "value")), values)

    def test_tc_b_06_read_one(self) -> None:
        self.read({"HeartbeatInterval": "300"})

    def test_tc_b_07_read_several(self) -> None:
        self.read({"HeartbeatInterval": "300", "NetworkProfileConnectionAttempts": "3"})

    def set(self, *statuses: str) -> None:
        data = [each | {"attributeValue": "60"} for each in (INTERVAL, TIMEOUT)[: len(statuses)]]
        results = [
            {"component": each["component"], "variable": each["variable"], "attributeStatus": status}
            for each, status in zip(data, statuses, strict=True)
        ]
        with self.booted() as client:
            self.ask(client, "SetVariables", {"setVariableData": data}, {"setVariableResult": results}, "")
        taken = {row.variable for row in Variable.objects.filter(station=self.station, value="60")}
        names = ("HeartbeatInterval", "EVConnectionTimeOut")
        wanted = {name for name, status in zip(names, statuses, strict=False) if status == "Accepted"}
        self.assertEqual(taken, wanted)

    def test_tc_b_09_set_one(self) -> None:
        self.set("Accepted")

    def test_tc_b_10_set_several(self) -> None:
        self.set("Accepted", "Rejected")


class Reports(CentralCase2):
    def report(self, client: ScriptedStation2, number: int, *names: str) -> None:
        """The station tells of a variable in each part; the parts arrive in order."""
        for sequence, name in enumerate(names):
            data = named("TxCtrlr", name) | {
                "variableAttribute": [{"value": "1", "mutability": "ReadWrite"}],
                "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False},
            }
            more = sequence < len(names) - 1
            part = {"requestId": number, "generatedAt": now(), "seqNo": sequence, "tbc": more, "reportData": [data]}
            self.assertEqual(client.call("NotifyReport", **part), {})

    def asked_for(self, action: str, payload: Payload) -> None:
        request = {"requestId": 77} | payload
        with self.booted() as client:
            self.ask(client, action, request, ACCEPTED)
            self.report(client, 77, "EVConnectionTimeOut", "MaxEnergyOnInvalidId")
        report = Report.objects.get(request=77)
        self.assertEqual((report.state, report.parts), ("complete", 2))
        found = set(Variable.objects.filter(station=self.station).values_list("variable", flat=True))
        self.assertEqual(found, {"EVConnectionTimeOut", "MaxEnergyOnInvalidId"})

    def test_tc_b_12_what_can_be_configured(self) -> None:
        self.asked_for("GetBaseReport", {"reportBase": "ConfigurationInventory"})

    def test_tc_b_13_all_there_is(self) -> None:
        self.asked_for("GetBaseReport", {"reportBase": "FullInventory"})

    def test_tc_b_14_summary(self) -> None:
        self.asked_for("GetBaseReport", {"reportBase": "SummaryInventory"})

    def test_tc_b_18_of_named_variables_by_criteria(self) -> None:
        wanted = {"componentVariable": [TIMEOUT], "componentCriteria": ["Active"]}
        self.asked_for("GetReport", wanted)


class Resets(CentralCase2):
    def test_tc_b_20_when_idle_without_a_transaction(self) -> None:
        self.asked("Reset", {"type": "OnIdle"})
        with self.connected() as client:
            self.boot(client, "RemoteReset")
            self.assertEqual((self.row()["state"], self.row()["status"]), ("online", "Available"))

    def test_tc_b_21_when_idle_with_a_transaction(self) -> None:
        with self.charging() as (client, _):
            self.ask(client, "Reset", {"type": "OnIdle"}, {"status": "Scheduled"})
            self.assertTrue(self.transaction().active)
            client.end("StopAuthorized", "Local", idToken={"idToken": self.card.value, "type": "ISO14443"})
            self.assert_over("Local")
        with self.connected() as client:
            self.boot(client, "ScheduledReset")

    def test_tc_b_22_at_once_with_a_transaction(self) -> None:
        with self.charging() as (client, _):
            self.ask(client, "Reset", {"type": "Immediate"}, ACCEPTED)
            client.end("ResetCommand", "ImmediateReset")
        self.assert_over("ImmediateReset")
        with self.connected() as client:
            self.boot(client, "RemoteReset")

    def test_tc_b_25_evse_without_a_transaction(self) -> None:
        self.asked("Reset", {"type": "OnIdle", "evseId": 1})

    def test_tc_b_26_evse_when_idle_with_a_transaction(self) -> None:
        with self.charging() as (client, _):
            self.ask(client, "Reset", {"type": "OnIdle", "evseId": 1}, {"status": "Scheduled"})
            client.end("EVCommunicationLost", "EVDisconnected")
            self.assert_over("EVDisconnected")
            client.tell(1, "Unavailable")
            client.tell(1, "Available")
            self.assertEqual(self.status(1), "Available")

    def test_tc_b_27_evse_at_once_with_a_transaction(self) -> None:
        with self.charging() as (client, _):
            self.ask(client, "Reset", {"type": "Immediate", "evseId": 1}, ACCEPTED)
            client.end("ResetCommand", "ImmediateReset")
            self.assert_over("ImmediateReset")
            self.assertEqual(self.row()["state"], "online", "only the EVSE was reset")


class Networks(CentralCase2):
    DATA: Payload = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.example.com/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }

    def set(self, result: str) -> list[NetworkProfile]:
        self.asked("SetNetworkProfile", {"configurationSlot": 2, "connectionData": self.DATA}, result)
        return list(NetworkProfile.objects.filter(station=self.station))

    def test_tc_b_42_accepted(self) -> None:
        (kept,) = self.set("Accepted")
        self.assertEqual((kept.slot, kept.url), (2, self.DATA["ocppCsmsUrl"]))

    def test_tc_b_44_failed(self) -> None:
        self.assertEqual(self.set("Failed"), [])


class Only21(CentralCase2):
    version = "2.1"

    def test_tc_b_103_reset_and_resume(self) -> None:
        with self.charging() as (client, reference):
            self.ask(client, "Reset", {"type": "ImmediateAndResume"}, ACCEPTED)
        with self.connected() as client:
            self.boot(client, "RemoteReset")
            client._sequence = 2
            client.event("Updated", "TxResumed", "Charging", reference=reference)
            self.assertTrue(self.transaction().active)
            client.end("StopAuthorized", "Local")
            self.assert_over("Local")

    def test_tc_b_104_reset_and_resume_without_a_transaction(self) -> None:
        self.asked("Reset", {"type": "ImmediateAndResume"})
        with self.connected() as client:
            self.boot(client, "RemoteReset")
