"""Security that is raised, passwords that come with network profiles, and what takes several calls (blocks A and B)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import override_settings

from smartserver.core.credentials import hash_key
from stations.models import ChargingProfile, NetworkProfile, Station, Variable
from stations.ocpp.frames import Payload
from stations.services.equipment.variables import ask_for_variables
from tests.certification.support import IDENTITY
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2, now
from tests.certification2.front import Front, front
from tests.certification2.support import named
from tests.waiting import eventually

OLD, NEW = b"the-old-password-1", b"the-new-password-2"

PRIORITY = named("OCPPCommCtrlr", "NetworkConfigurationPriority")


class NetworkCase(CentralCase2):
    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD.decode()))

    def profile(self, url: str, security: int, **more: object) -> Payload:
        return {
            "ocppVersion": "OCPP20" if self.version == "2.0.1" else "OCPP21",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": f"{url}/ocpp/",
            "messageTimeout": 30,
            "securityProfile": security,
            "ocppInterface": "Wired0",
            **more,
        }

    def set(self, client: ScriptedStation2, data: list[Payload], status: str = "Accepted") -> None:
        """The operator sets variables."""
        results = [
            {"component": each["component"], "variable": each["variable"], "attributeStatus": status} for each in data
        ]
        command = self.command("SetVariables", {"setVariableData": data})
        self.assertEqual(client.expect("SetVariables"), {"setVariableData": data})
        client.reply({"setVariableResult": results})
        self.assert_answered(command)

    def move(self, client: ScriptedStation2) -> None:
        """Slot 2 is used from the next boot on, which comes at once."""
        self.set(client, [PRIORITY | {"attributeValue": "2,1"}], "RebootRequired")
        self.ask(client, "Reset", {"type": "Immediate"}, ACCEPTED)

    def report(self, client: ScriptedStation2, **values: str) -> None:
        """The server asks for the inventory after the boot; the station tells of these variables of SecurityCtrlr."""
        asked = client.expect("GetBaseReport")
        client.reply(ACCEPTED)
        data = [
            named("SecurityCtrlr", name)
            | {
                "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
                "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
            }
            for name, value in values.items()
        ]
        part = {"requestId": asked["requestId"], "generatedAt": now(), "seqNo": 0, "tbc": False, "reportData": data}
        self.assertEqual(client.call("NotifyReport", **part), {})


@override_settings(HTTPS=True)
class Raised(NetworkCase):
    """A server behind TLS knows which connections are encrypted."""

    @contextmanager
    def encrypted(self, system: Front) -> Iterator[ScriptedStation2]:
        url = f"{system.url}/ocpp/{IDENTITY}"
        options: dict[str, Any] = {"versions": ("ocpp2.0.1",), "user": IDENTITY, "password": OLD}
        client = ScriptedStation2(url, tls=system.trusting(), **options)
        try:
            yield client
        finally:
            client.close()

    def test_tc_a_19_raised(self) -> None:
        with front(self.server.port) as system:
            with self.connected(user=IDENTITY, password=OLD) as client:
                self.assertEqual(client.power_up()["status"], "Accepted")
                self.report(client, SecurityProfile="1")
                data = {"configurationSlot": 2, "connectionData": self.profile(system.url, 2)}
                self.ask(client, "SetNetworkProfile", data, ACCEPTED)
                self.assertEqual(NetworkProfile.objects.get(station=self.station).security_profile, 2)
                self.move(client)
            with self.encrypted(system) as client:
                self.assertEqual(client.power_up("RemoteReset")["status"], "Accepted")
                self.report(client, SecurityProfile="2")
            refused = self.assert_refused(f"/ocpp/{IDENTITY}", 403, user=IDENTITY, password=OLD)
            self.assertIn(b"security profile 2", refused.resp_body or b"")
            with self.encrypted(system) as client:
                self.assertEqual(client.power_up()["status"], "Accepted")

    def test_tc_a_19_others_come_as_before(self) -> None:
        """A station that has told of no more than a password needs no TLS."""
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")
            self.report(client, SecurityProfile="1")
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")


class ManyVariables(CentralCase2):
    NAMES = ("HeartbeatInterval", "OfflineThreshold", "RetryBackOffWaitMinimum", "MessageAttempts", "MessageTimeout")

    def test_tc_b_08_read_in_portions(self) -> None:
        """The station takes two at a time."""
        wanted = [named("OCPPCommCtrlr", name) for name in self.NAMES]
        with self.booted() as client:
            most = named("DeviceDataCtrlr", "ItemsPerMessage", instance="GetVariables")
            self.read(client, [most], "2")
            names = {
                "component_instance": "",
                "evse": 0,
                "connector": 0,
                "variable_instance": "",
                "attribute": "Actual",
            }
            commands = self.order(
                ask_for_variables,
                variables=[{"component": "OCPPCommCtrlr", "variable": name, **names} for name in self.NAMES],
            )
            for portion in (wanted[:2], wanted[2:4], wanted[4:]):
                self.assertEqual(client.expect("GetVariables"), {"getVariableData": portion})
                client.reply(self.told(portion, "7"))
            for command in commands:
                self.assert_answered(command)
        found = Variable.objects.filter(station=self.station, component="OCPPCommCtrlr", value="7")
        self.assertEqual(set(found.values_list("variable", flat=True)), set(self.NAMES))

    def told(self, wanted: list[Payload], value: str) -> Payload:
        return {
            "getVariableResult": [
                {
                    "component": each["component"],
                    "variable": each["variable"],
                    "attributeStatus": "Accepted",
                    "attributeValue": value,
                }
                for each in wanted
            ]
        }

    def read(self, client: ScriptedStation2, wanted: list[Payload], value: str) -> None:
        self.ask(client, "GetVariables", {"getVariableData": wanted}, self.told(wanted, value), "")


class Only21(NetworkCase):
    version = "2.1"

    def comes_with(self, password: bytes) -> None:
        with self.connected(user=IDENTITY, password=password) as client:
            self.assertEqual(client.power_up("RemoteReset")["status"], "Accepted")

    def test_tc_b_100_identity_and_password(self) -> None:
        data = self.profile(self.server.ws, 1, identity=IDENTITY, basicAuthPassword=NEW.decode())
        with self.booted(user=IDENTITY, password=OLD) as client:
            command = self.command("SetNetworkProfile", {"configurationSlot": 2, "connectionData": data})
            self.assertEqual(client.expect("SetNetworkProfile")["connectionData"], data)
            client.reply(ACCEPTED)
            done = self.assert_answered(command, "Accepted")
            kept = NetworkProfile.objects.get(station=self.station)
            self.assertEqual(kept.profile["identity"], IDENTITY)
            self.assertNotIn(NEW.decode(), f"{kept.profile} {done.payload}", "it is kept nowhere")
            self.move(client)
        self.comes_with(NEW)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD)

    def password_sent(self, client: ScriptedStation2) -> None:
        """A network profile with the new password is on its way to the station."""
        data = self.profile(self.server.ws, 1, basicAuthPassword=NEW.decode())
        self.command("SetNetworkProfile", {"configurationSlot": 2, "connectionData": data})
        client.expect("SetNetworkProfile")

    def test_tc_b_100_the_answer_is_lost(self) -> None:
        """Nobody knows whether the station has the password: either is right, until it has used the new one."""
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.password_sent(client)
        self.comes_with(OLD)
        self.comes_with(NEW)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD)

    def test_tc_b_100_it_is_refused(self) -> None:
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.password_sent(client)
            client.reply(REJECTED)
            self.assert_answered(self.newest("SetNetworkProfile"), "Rejected")
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=NEW)
        self.comes_with(OLD)

    def test_tc_b_105_one_after_the_other(self) -> None:
        """The password comes behind the address; the station refuses it first."""
        slot = {"name": "NetworkConfiguration", "instance": "2"}
        address, password = (
            {"component": slot, "variable": {"name": name}, "attributeValue": value}
            for name, value in (("OcppCsmsUrl", f"{self.server.ws}/ocpp/"), ("BasicAuthPassword", NEW.decode()))
        )
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.set(client, [address])
            self.set(client, [password], "Rejected")
            self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=NEW)
            self.set(client, [password])
        self.comes_with(NEW)

    def test_tc_b_100_of_somebody_else(self) -> None:
        """What a station is called at another central system, and its password there, are nothing to this one."""
        for url, identity in (("ws://csms.example.org", IDENTITY), (self.server.ws, "CP1-AT-HOME")):
            data = self.profile(url, 1, identity=identity, basicAuthPassword=NEW.decode())
            with self.booted(user=IDENTITY, password=OLD) as client:
                self.ask(client, "SetNetworkProfile", {"configurationSlot": 2, "connectionData": data}, ACCEPTED)
            self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=NEW)

    def test_tc_b_105_by_variables(self) -> None:
        values = {
            "OcppCsmsUrl": f"{self.server.ws}/ocpp/",
            "OcppInterface": "Wired0",
            "OcppTransport": "JSON",
            "MessageTimeout": "30",
            "SecurityProfile": "1",
            "Identity": IDENTITY,
            "BasicAuthPassword": NEW.decode(),
        }
        slot = {"name": "NetworkConfiguration", "instance": "2"}
        data = [
            {"component": slot, "variable": {"name": name}, "attributeValue": value} for name, value in values.items()
        ]
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.set(client, data)
            kept = dict(Variable.objects.filter(station=self.station).values_list("variable", "value"))
            self.assertEqual({**kept, "BasicAuthPassword": ""}, {**values, "BasicAuthPassword": ""})
            self.assertNotIn(NEW.decode(), str(kept), "it is kept nowhere")
            self.move(client)
        self.comes_with(NEW)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD)

    def test_tc_b_116_resumed_with_a_charging_profile(self) -> None:
        """The limit of the transaction outlasts the restart, and ends with the transaction."""
        with self.charged() as (client, reference):
            profile = {
                "id": 9,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "transactionId": reference,
                "chargingSchedule": [
                    {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}
                ],
            }
            self.ask(client, "SetChargingProfile", {"evseId": 1, "chargingProfile": profile}, ACCEPTED)
            self.ask(client, "Reset", {"type": "ImmediateAndResume"}, ACCEPTED)
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.boot(client, "RemoteReset")
            client._sequence = 2
            client.event("Updated", "TxResumed", "Charging", reference=reference)
            self.assertTrue(self.transaction().active)
            self.assertEqual(self.in_force(), [9])
            client.end("StopAuthorized", "Local")
            self.assert_over("Local")
            eventually(lambda: self.in_force() == [])

    @contextmanager
    def charged(self) -> Iterator[tuple[ScriptedStation2, str]]:
        with self.booted(user=IDENTITY, password=OLD) as client:
            yield client, client.charge()

    def in_force(self) -> list[int]:
        return list(ChargingProfile.objects.filter(station=self.station).values_list("number", flat=True))
