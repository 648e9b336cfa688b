"""Network profiles of 2.1: by variables, in order, with identity and password, and never less secure (block B)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartserver.core.credentials import hash_key
from stations.models import Station
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import IDENTITY
from tests.certification2.front import front
from tests.certification2.station.test_security import NEW
from tests.certification2.station.test_security_profiles import ProfileCase, profile
from tests.certification2.support import named
from tests.waiting import eventually


class NetworkCase(ProfileCase):
    version = "2.1"

    def field(self, slot: int, name: str) -> Payload:
        """A variable of a slot."""
        return {"component": {"name": "NetworkConfiguration", "instance": str(slot)}, "variable": {"name": name}}

    def write(self, slot: int, reason: str = "", **values: str | int) -> None:
        """Set variables of a slot; all of them are accepted, or all are rejected for this reason."""
        results = self.set_variables(
            *(self.field(slot, name) | {"attributeValue": str(value)} for name, value in values.items())
        )
        found = {
            (each["attributeStatus"], each.get("attributeStatusInfo", {}).get("reasonCode", "")) for each in results
        }
        self.assertEqual(found, {("Rejected", reason) if reason else ("Accepted", "")})

    def read(self, slot: int, *names: str) -> list[str]:
        told = self.get_variables(*(self.field(slot, name) for name in names))
        return [str(each.get("attributeValue", each["attributeStatus"])) for each in told]

    def refuse(self, slot: int, data: Payload, reason: str) -> None:
        """A SetNetworkProfile."""
        reply = self.ask("SetNetworkProfile", {"configurationSlot": slot, "connectionData": data}, "Rejected")
        self.assertEqual(reply["statusInfo"]["reasonCode"], reason)

    def write_whole(self, slot: int, security: int = 1, **more: str) -> None:
        self.write(
            slot,
            "",
            OcppCsmsUrl=f"{self.server.ws}/ocpp/",
            OcppInterface="Wired0",
            OcppTransport="JSON",
            MessageTimeout=30,
            SecurityProfile=security,
            **more,
        )


class Slots(NetworkCase):
    def test_tc_b_105_by_variables(self) -> None:
        with self.secure() as point:
            self.prefer("2", "Rejected", "InvalidNetworkConf")
            self.write(2, OcppCsmsUrl=f"{self.server.ws}/ocpp/", OcppInterface="Wired0")
            self.prefer("2", "Rejected", "InvalidNetworkConf")
            self.write(2, "InvalidValue", OcppTransport="SOAP", SecurityProfile=4, OcppInterface="Radio")
            self.write(2, OcppTransport="JSON", MessageTimeout=30, SecurityProfile=1)
            self.assertEqual(self.read(2, "OcppCsmsUrl", "SecurityProfile"), [f"{self.server.ws}/ocpp/", "1"])
            self.prefer("2,1")
            self.restart()
            self.assertEqual(point.model.networks.active, "2")

    def test_tc_b_107_enter_and_leave_the_order(self) -> None:
        with self.secure() as point:
            self.write_whole(2)
            self.write_whole(3)
            self.prefer("3,2,1")
            self.restart()
            self.assertEqual((self.order_of_slots(), point.model.networks.active), ("3,2,1", "3"))
            self.write(2, "PriorityNetworkConf", MessageTimeout=60)
            self.prefer("3,1")
            self.restart()
            self.assertEqual(self.order_of_slots(), "3,1")
            self.write(2, MessageTimeout=60)
            self.prefer("2,2", "Rejected", "InvalidValue")
            self.prefer("4", "Rejected", "InvalidValue")
            self.prefer("2")
            self.restart()
            self.assertEqual((self.order_of_slots(), point.model.networks.active), ("2", "2"))
            self.assertEqual(self.read(2, "MessageTimeout"), ["60"])

    def test_tc_b_108_the_one_in_use_stays(self) -> None:
        with self.secure() as point:
            data = profile(self.server.ws, 1, ocppVersion="OCPP21")
            self.refuse(1, data, "PriorityNetworkConf")
            self.write(1, "PriorityNetworkConf", OcppCsmsUrl="ws://127.0.0.1:9/ocpp/", SecurityProfile=3)
            self.write_whole(2)
            self.prefer("2")
            self.refuse(2, data, "PriorityNetworkConf")
            self.restart()
            self.assertEqual(point.model.networks.active, "2")
            self.refuse(2, data, "PriorityNetworkConf")
            self.write(2, "PriorityNetworkConf", OcppCsmsUrl="ws://127.0.0.1:9/ocpp/", SecurityProfile=3)
            self.assertEqual(self.read(2, "OcppCsmsUrl", "SecurityProfile"), [f"{self.server.ws}/ocpp/", "1"])

    def test_tc_b_109_identity_and_password(self) -> None:
        """The station is somebody else at the new central system, with another password."""
        other = Station.objects.create(identity="CP1-AT-HOME", password_hash=hash_key(NEW), strict=True)
        with self.secure() as point:
            self.write_whole(2, Identity=other.identity, BasicAuthPassword=NEW)
            self.assertEqual(self.read(2, "Identity", "BasicAuthPassword"), [other.identity, "Rejected"])
            self.prefer("2,1")
            self.ask("Reset", {"type": "Immediate"})
            eventually(lambda: Station.objects.get(pk=other.pk).state == "online")
            eventually(lambda: Station.objects.get(pk=other.pk).booted_at is not None)
            self.assertEqual(self.row()["state"], "offline")
            (told,) = self.get_variables_of(point, named("SecurityCtrlr", "Identity"))
            self.assertEqual(told["attributeValue"], other.identity)
            self.assertEqual(point.model.identity, IDENTITY, "what it is called at the other one is still known")

    def get_variables_of(self, point: ChargePoint, *wanted: Payload) -> list[Payload]:
        found: list[Payload] = point.receive("GetVariables", {"getVariableData": list(wanted)})["getVariableResult"]
        return found


class Security(NetworkCase):
    @contextmanager
    def at_two(self, allowed: str) -> Iterator[ChargePoint]:
        """A station of security profile 2; whether it may be lowered is as it says."""
        with front(self.server.port) as system, self.secure() as point:
            self.believe(system.root)
            self.fill(system.url, 2)
            self.prefer("2")
            self.restart()
            self.set_variable("SecurityCtrlr", "AllowSecurityProfileDowngrade", allowed)
            yield point
            self.assertEqual(point.model.security.profile, 2)

    def lowered_as_a_whole(self, allowed: str) -> None:
        with self.at_two(allowed) as point:
            data = profile(self.server.ws, 1, ocppVersion="OCPP21")
            # The server would not send this; another one might.
            answer = point.receive("SetNetworkProfile", {"configurationSlot": 3, "connectionData": data})
            self.assertEqual(answer, {"status": "Rejected", "statusInfo": {"reasonCode": "NoSecurityDowngrade"}})
            self.assertEqual(self.read(3, "OcppCsmsUrl"), [""])

    def lowered_by_variables(self, allowed: str) -> None:
        with self.at_two(allowed) as point:
            self.refused_lower(point, 1)
            self.prefer("1", "Rejected", "NoSecurityDowngrade")
            self.prefer("2,1", "Rejected", "NoSecurityDowngrade")

    def refused_lower(self, point: ChargePoint, security: int) -> None:
        """The server would not send this; another one might."""
        data = self.field(3, "SecurityProfile") | {"attributeValue": str(security)}
        (told,) = point.receive("SetVariables", {"setVariableData": [data]})["setVariableResult"]
        self.assertEqual(
            (told["attributeStatus"], told["attributeStatusInfo"]), ("Rejected", {"reasonCode": "NoSecurityDowngrade"})
        )

    def test_tc_b_110_profile_of_the_network(self) -> None:
        self.lowered_as_a_whole("true")

    def test_tc_b_111_variable(self) -> None:
        self.lowered_by_variables("true")

    def test_tc_b_112_profile_of_the_network(self) -> None:
        self.lowered_as_a_whole("false")

    def test_tc_b_113_variable(self) -> None:
        self.lowered_by_variables("false")

    def test_tc_b_111_but_from_3_to_2(self) -> None:
        """Both are encrypted: that may be allowed, and then it is done."""
        with (
            front(self.server.port, client_certificates=True) as strict,
            front(self.server.port) as other,
            self.secure() as point,
        ):
            self.believe(strict.root)
            self.certify(point)
            self.fill(strict.url, 3)
            self.prefer("2")
            self.restart()
            self.believe(other.root)
            self.refused_lower(point, 2)
            self.set_variable("SecurityCtrlr", "AllowSecurityProfileDowngrade", "true")
            self.write_whole(3, security=2)
            self.write(3, OcppCsmsUrl=f"{other.url}/ocpp/")
            self.prefer("3")
            self.restart()
            self.assertEqual((self.told_profile(), len(other.shown)), ("2", 1))
