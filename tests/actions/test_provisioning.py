"""Provisioning in 2.x: boots, status, variables, reports, networks, customers (blocks B, G, N09, N10, P)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import override_settings

from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Connector, NetworkProfile, Report, Station, Variable
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, BOOTS, ActionCase
from tests.stations import test_data_of_vendors_is_handled as vendors
from tests.waiting import eventually

REPORTS = "`/api/v1/stations/{identity}/reports`"
VARIABLES = "`/api/v1/stations/{identity}/variables`"
SHOWN = "`/api/v1/commands`, tab “Commands”"


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def named(component: str, variable: str, evse: int = 0) -> Payload:
    found: Payload = {"component": {"name": component}, "variable": {"name": variable}}
    if evse:
        found["component"]["evse"] = {"id": evse}
    return found


def reported(component: str, variable: str, value: str) -> Payload:
    return named(component, variable) | {
        "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
    }


@speaking("2.0.1", "2.1")
class Boots(ActionCase):
    @received(
        "BootNotification",
        stored="`Station`: name plate, time and registration",
        seen="`/api/v1/stations`, tab “Stations”",
    )
    def test_boot_notification(self) -> None:
        station = {"vendorName": "Nord", "model": "N1", "serialNumber": "S1", "firmwareVersion": ""}
        boot = {"reason": "PowerUp", "chargingStation": station}
        for word in ("Pending", "Rejected"):
            Station.objects.update(registration=word)
            answer = self.tell("BootNotification", boot)
            self.assertEqual((answer["status"], answer["interval"]), (word, 300))
            self.assertEqual(self.see("stations/CP1")["registration"], word)
        before = Station.objects.get().booted_at
        self.assertEqual(before, self.before, "only a boot that is accepted is one")
        Station.objects.update(registration="Accepted")
        self.assertEqual(self.tell("BootNotification", boot)["status"], "Accepted")
        seen = self.see("stations/CP1")
        self.assertEqual((seen["vendor"], seen["boot_reason"], seen["serial_number"]), ("Nord", "PowerUp", "S1"))
        self.assertGreater(Station.objects.get().booted_at, self.before)
        self.see_station(vendor="Nord", model="N1", state="online", ocpp_version=self.version)

    def setUp(self) -> None:
        super().setUp()
        self.before: Any = Station.objects.get().booted_at

    def test_a_station_that_waits_is_not_asked_to_start_anything(self) -> None:
        """B02: variables may be read and set meanwhile; remote starts wait."""
        Station.objects.update(registration="Pending")
        self.assertEqual(self.tell("BootNotification", BOOTS[self.version])["status"], "Pending")
        start = {"idToken": {"idToken": "CARD1", "type": "Central"}, "remoteStartId": 1, "evseId": 1}
        waiting = self.do("stations/CP1/commands", {"action": "RequestStartTransaction", "payload": start})
        self.ask("TriggerMessage", {"requestedMessage": "BootNotification"}, ACCEPTED)
        self.see_command(waiting["id"], state="queued")
        Station.objects.update(registration="Accepted")
        self.assertEqual(self.tell("BootNotification", BOOTS[self.version])["status"], "Accepted")
        self.answer("RequestStartTransaction", ACCEPTED, waiting["id"], start)

    def test_the_first_boot_has_the_inventory_told_and_so_has_another_firmware(self) -> None:
        for known, firmware in ((None, ""), (datetime.now(UTC), "2.0")):
            Station.objects.update(configured_at=known)
            station = {"vendorName": "Nord", "model": "N1"} | ({"firmwareVersion": firmware} if firmware else {})
            self.tell("BootNotification", {"reason": "PowerUp", "chargingStation": station})
            frame = self.hear("GetBaseReport")
            self.assertEqual(frame[3]["reportBase"], "FullInventory")
            self.say(frame, ACCEPTED)
            self.settled_last("GetBaseReport")

    @received("Heartbeat", stored="`Station.last_seen_at`", seen="`/api/v1/stations`, tab “Stations”")
    def test_heartbeat(self) -> None:
        # A connection notes its first message, and later ones now and then; see `messages.record`.
        self.station.close()
        self.station = self.connect()
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        Station.objects.update(last_seen_at=long_ago)
        self.dashboard.subscribe(TOPIC_STATIONS)
        self.see_station(last_seen_at=isoformat(long_ago))
        self.assertRegex(self.tell("Heartbeat", {})["currentTime"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        eventually(lambda: Station.objects.get().last_seen_at != long_ago)
        self.assertGreater(datetime.fromisoformat(self.see("stations/CP1")["last_seen_at"]), long_ago)
        self.watch(TOPIC_STATIONS, self.row.pk, lambda row: datetime.fromisoformat(row["last_seen_at"]) > long_ago)

    @received(
        "StatusNotification",
        stored="`Connector`",
        seen="`/api/v1/stations/{identity}/connectors`, tab “Stations”",
    )
    def test_status_notification(self) -> None:
        for word in ("Occupied", "Faulted"):
            payload = {"timestamp": now(), "connectorStatus": word, "evseId": 2, "connectorId": 1}
            self.assertEqual(self.tell("StatusNotification", payload), {})
            self.assertEqual(Connector.objects.get().status, word)
            (seen,) = self.see("stations/CP1/connectors")
            self.assertEqual((seen["evse"], seen["number"], seen["status"]), (2, 1, word))
            self.see_station(status=word)

    @received("DataTransfer", stored="`Message`, and what the vendor's handler keeps", seen="`/api/v1/messages`")
    def test_data_transfer(self) -> None:
        answer = self.tell("DataTransfer", {"vendorId": "org.nobody", "messageId": "m", "data": {"any": ["thing"]}})
        self.assertEqual(answer["status"], "UnknownVendorId")
        with override_settings(DATA_TRANSFER_HANDLERS=[f"{vendors.__name__}.HANDLERS"]):
            answer = self.tell("DataTransfer", {"vendorId": "com.acme", "messageId": "Keep", "data": "kept"})
        self.assertEqual(answer, {"status": "Accepted", "data": {"kept": "kept"}})
        self.assertEqual(self.see("stations/CP1")["note"], "kept")


@speaking("2.0.1", "2.1")
class Reports(ActionCase):
    def part(self, number: int, request: int, *data: Payload, more: bool = False) -> None:
        payload = {"requestId": request, "generatedAt": now(), "seqNo": number, "tbc": more, "reportData": list(data)}
        self.assertEqual(self.tell("NotifyReport", payload), {})

    def values(self) -> dict[str, str]:
        return {each["variable"]: each["value"] for each in self.see("stations/CP1/variables")["results"]}

    @sent("GetBaseReport", stored="`Report`", seen=REPORTS)
    def test_get_base_report(self) -> None:
        for request, (word, state) in enumerate((("EmptyResultSet", "empty"), ("NotSupported", "refused")), 1):
            self.ask("GetBaseReport", {"requestId": request, "reportBase": "SummaryInventory"}, {"status": word})
            seen = self.see("stations/CP1/reports")["results"][0]
            self.assertEqual((seen["request"], seen["state"], seen["result"]), (request, state, word))
        command = self.do("stations/CP1/variables/refresh", {})
        frame = self.hear("GetBaseReport")
        self.assertEqual(frame[3]["reportBase"], "FullInventory")
        self.say(frame, ACCEPTED)
        self.settled(command["id"])
        seen = self.see("stations/CP1/reports")["results"][0]
        self.assertEqual((seen["state"], seen["parts"], seen["command"]), ("running", 0, command["id"]))

    @received("NotifyReport", stored="`Report`, `Variable`", seen=f"{REPORTS}, {VARIABLES}")
    def test_notify_report(self) -> None:
        self.part(0, 1, reported("Clock", "Gone", "1"))
        self.ask("GetBaseReport", {"requestId": 2, "reportBase": "FullInventory"}, ACCEPTED)
        self.part(1, 2, reported("Clock", "Zone", "UTC"))
        self.assertEqual(self.values(), {"Gone": "1", "Zone": "UTC"}, "what is told is seen at once")
        self.part(0, 2, reported("Clock", "Source", "NTP"), more=True)
        self.assertEqual(self.values(), {"Source": "NTP", "Zone": "UTC"})
        self.assertEqual(Report.objects.get(request=2).state, "complete")
        seen = self.see("stations/CP1/reports", state="complete", kind="inventory")["results"]
        self.assertEqual([(each["request"], each["parts"], each["missing"]) for each in seen], [(2, 2, []), (1, 1, [])])

    @sent("GetReport", stored="`Report`", seen=REPORTS)
    def test_get_report(self) -> None:
        wanted = {"requestId": 7, "componentVariable": [named("Clock", "Zone")], "componentCriteria": ["Enabled"]}
        self.ask("GetReport", wanted, {"status": "NotSupported"})
        self.assertEqual(self.see_one("stations/CP1/reports")["state"], "refused")
        self.ask("GetReport", wanted | {"requestId": 8}, ACCEPTED)
        self.part(0, 8, reported("Clock", "Zone", "UTC"))
        self.assertEqual(self.see("stations/CP1/reports")["results"][0]["state"], "complete")
        self.assertEqual(self.values(), {"Zone": "UTC"})

    CUSTOMER: Payload = {"requestId": 5, "report": True, "clear": False, "customerIdentifier": "4711"}

    @sent("CustomerInformation", stored="`Report`", seen=REPORTS)
    def test_customer_information(self) -> None:
        self.ask("CustomerInformation", self.CUSTOMER | {"report": False, "clear": True}, ACCEPTED)
        self.assertEqual(self.see("stations/CP1/reports")["results"], [], "nothing is to be reported")
        self.ask("CustomerInformation", self.CUSTOMER, {"status": "Invalid"})
        self.assertEqual(self.see_one("stations/CP1/reports")["state"], "refused")

    @received("NotifyCustomerInformation", stored="`Report`: the whole text", seen=REPORTS)
    def test_notify_customer_information(self) -> None:
        self.ask("CustomerInformation", self.CUSTOMER, ACCEPTED)
        part = {"requestId": 5, "generatedAt": now()}
        self.tell("NotifyCustomerInformation", part | {"seqNo": 1, "tbc": False, "data": "since 2024"})
        self.assertEqual(self.see_one("stations/CP1/reports")["text"], "", "its beginning is missing")
        self.tell("NotifyCustomerInformation", part | {"seqNo": 0, "tbc": True, "data": "Customer "})
        self.assertEqual(Report.objects.get().text, "Customer since 2024")
        seen = self.see_one("stations/CP1/reports")
        self.assertEqual((seen["state"], seen["text"]), ("complete", "Customer since 2024"))


@speaking("2.0.1", "2.1")
class Variables(ActionCase):
    INTERVAL: Payload = named("OCPPCommCtrlr", "HeartbeatInterval")

    @sent("GetVariables", stored="`Variable`", seen=VARIABLES)
    def test_get_variables(self) -> None:
        wanted = [self.INTERVAL, named("Nothing", "Zone", evse=1)]
        results = [
            self.INTERVAL | {"attributeStatus": "Accepted", "attributeValue": "300"},
            wanted[1] | {"attributeStatus": "UnknownComponent"},
        ]
        self.ask("GetVariables", {"getVariableData": wanted}, {"getVariableResult": results})
        self.assertEqual(Variable.objects.get().value, "300")
        seen = self.see_one("stations/CP1/variables")
        self.assertEqual(
            (seen["component"], seen["variable"], seen["value"]), ("OCPPCommCtrlr", "HeartbeatInterval", "300")
        )

    def set(self, status: str) -> None:
        wanted = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}
        command = self.do("stations/CP1/variables", {"variables": [wanted]})
        payload = {"setVariableData": [self.INTERVAL | {"attributeValue": "60"}]}
        result = self.INTERVAL | {"attributeStatus": status}
        self.answer("SetVariables", {"setVariableResult": [result]}, command["id"], payload)

    @sent("SetVariables", stored="`Variable`", seen=VARIABLES)
    def test_set_variables(self) -> None:
        for status in ("Rejected", "RebootRequired"):
            self.set(status)
            self.assertEqual(self.see("stations/CP1/variables")["results"], [], "it is not in force")
        self.set("Accepted")
        self.assertEqual(Variable.objects.get().value, "60")
        self.assertEqual(self.see_one("stations/CP1/variables")["value"], "60")

    def test_what_waits_for_a_reboot_is_read_after_it(self) -> None:
        self.set("RebootRequired")
        self.tell("BootNotification", BOOTS[self.version] | {"reason": "RemoteReset"})
        self.say(self.hear("GetBaseReport"), ACCEPTED)
        self.settled_last("GetBaseReport")


@speaking("2.0.1", "2.1")
class Controls(ActionCase):
    PROFILE: Payload = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.example.org/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
        "vpn": {
            "server": "v",
            "user": "u",
            "password": "hidden-vpn-password",
            "key": "hidden-vpn-key",
            "type": "IPSec",
        },
    }

    @sent(
        "SetNetworkProfile",
        stored="`NetworkProfile`, without passwords",
        seen="`/api/v1/stations/{identity}/network-profiles`",
    )
    def test_set_network_profile(self) -> None:
        wanted = {"configurationSlot": 2, "connectionData": self.PROFILE}
        for word in ("Rejected", "Accepted"):
            self.assertEqual(self.see("stations/CP1/network-profiles"), [])
            command = self.do("stations/CP1/commands", {"action": "SetNetworkProfile", "payload": wanted})
            self.say(self.hear("SetNetworkProfile", wanted), {"status": word})
            self.assertEqual(self.settled(command["id"])["result"], word)
        (seen,) = self.see("stations/CP1/network-profiles")
        self.assertEqual((seen["slot"], seen["url"], seen["security_profile"]), (2, self.PROFILE["ocppCsmsUrl"], 2))
        stored = [str(NetworkProfile.objects.get().profile), str(seen), str(self.see(f"commands/{command['id']}"))]
        self.assertFalse([each for each in stored if "hidden" in each])

    @sent("Reset", stored="`Command`", seen=f"{SHOWN}; the boot that follows")
    def test_reset(self) -> None:
        for word, payload in (
            ("Rejected", {"type": "Immediate", "evseId": 9}),
            ("Scheduled", {"type": "OnIdle", "evseId": 1}),
            ("Accepted", {"type": "Immediate"}),
        ):
            self.assertEqual(self.ask("Reset", payload, {"status": word})["result"], word)
        self.station.close()
        self.see_station(state="offline")
        self.station = self.connect()
        self.tell("BootNotification", BOOTS[self.version] | {"reason": "RemoteReset"})
        self.assertEqual(self.see("stations/CP1")["boot_reason"], "RemoteReset")
        self.see_station(state="online")

    @sent("ClearCache", stored="`Command`", seen=SHOWN)
    def test_clear_cache(self) -> None:
        for word in ("Rejected", "Accepted"):
            self.assertEqual(self.ask("ClearCache", {}, {"status": word})["result"], word)

    @sent("DataTransfer", stored="`Command`", seen=SHOWN)
    def test_data_transfer(self) -> None:
        payload = {"vendorId": "com.acme", "messageId": "m", "data": {"any": ["thing"]}}
        for reply in ({"status": "UnknownVendorId"}, {"status": "Accepted", "data": [1, {"a": "b"}]}):
            self.assertEqual(self.ask("DataTransfer", payload, reply)["result"], reply["status"])

    @sent("TriggerMessage", stored="`Command`, and what the station then sends", seen=SHOWN)
    def test_trigger_message(self) -> None:
        payload = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
        self.assertEqual(self.ask("TriggerMessage", payload, {"status": "NotImplemented"})["result"], "NotImplemented")
        self.ask("TriggerMessage", payload, ACCEPTED)
        status = {"timestamp": now(), "connectorStatus": "Reserved", "evseId": 1, "connectorId": 1}
        self.tell("StatusNotification", status)
        self.see_station(status="Reserved")
