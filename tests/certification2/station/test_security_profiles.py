"""The emulator raises its security, with real TLS, and goes from one central system to another (blocks A and B)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stations.emulator.keys import read
from stations.models import Certificate, SecurityEvent
from stations.ocpp.frames import Payload
from stations.services.certificates import ask_for_request, install_certificate
from tests.certification.certificates import Issued
from tests.certification.station.support import ChargePoint
from tests.certification2.front import Front, front, outdated
from tests.certification2.station.support import RESTARTED
from tests.certification2.station.test_security import CENTRAL, STARTED, STATION, SecureCase
from tests.certification2.support import named
from tests.waiting import eventually

PRIORITY = named("OCPPCommCtrlr", "NetworkConfigurationPriority")
MOVED = (*RESTARTED, STARTED)


def profile(url: str, security: int, **more: object) -> Payload:
    """A NetworkConnectionProfileType."""
    return {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": f"{url}/ocpp/",
        "messageTimeout": 30,
        "securityProfile": security,
        "ocppInterface": "Wired0",
        **more,
    }


class ProfileCase(SecureCase):
    def believe(self, root: Issued) -> None:
        self.order(install_certificate, use=CENTRAL, pem=root.pem)
        self.assert_answered(self.newest("InstallCertificate"), "Accepted")

    def fill(self, url: str, security: int, slot: int = 2) -> None:
        self.ask("SetNetworkProfile", {"configurationSlot": slot, "connectionData": profile(url, security)})

    def prefer(self, slots: str, status: str = "RebootRequired", reason: str = "") -> None:
        (result,) = self.set_variables(PRIORITY | {"attributeValue": slots})
        found = result.get("attributeStatusInfo", {}).get("reasonCode", "")
        self.assertEqual((result["attributeStatus"], found), (status, reason))

    def order_of_slots(self) -> str:
        (told,) = self.get_variables(PRIORITY)
        return str(told["attributeValue"])

    def restart(self, *story: str) -> None:
        self.ask("Reset", {"type": "Immediate"})
        self.assert_story(*(story or MOVED))
        eventually(lambda: not self.station.commands.filter(settled_at=None).exists())

    def told_profile(self) -> str:
        (told,) = self.get_variables(named("SecurityCtrlr", "SecurityProfile"))
        return str(told["attributeValue"])

    def certify(self, point: ChargePoint) -> int:
        """It has a certificate signed; the serial number."""
        self.order(ask_for_request, use=STATION)
        self.assert_answered(self.newest("TriggerMessage"), "Accepted")
        newest = Certificate.objects.filter(use=STATION, state=Certificate.State.INSTALLED)
        eventually(lambda: newest.exists())
        self.assertEqual(self.requests("SignCertificate")[-1]["certificateType"], STATION)
        self.assert_story("SignCertificate")
        return self.serial(point)

    def serial(self, point: ChargePoint) -> int:
        keys = point.model.security.keys
        assert keys is not None
        return read(keys.chain(STATION))[0].serial_number

    @contextmanager
    def raised(self, first: Front, **options: object) -> Iterator[ChargePoint]:
        """A station that was raised to security profile 2, and speaks TLS with this central system."""
        with self.secure() as point:
            self.believe(first.root)
            self.fill(first.url, 2)
            self.prefer("2,1")
            self.restart()
            yield point


class Raised(ProfileCase):
    def test_tc_a_19_to_tls(self) -> None:
        with front(self.server.port) as system, self.raised(system) as point:
            self.assertEqual((point.model.networks.active, len(system.shown)), ("2", 1))
            self.assertEqual((self.told_profile(), self.order_of_slots()), ("2", "2"), "there is no way back")
            self.prefer("1", "Rejected", "NoSecurityDowngrade")
            self.restart()
            self.assertEqual(len(system.shown), 2)

    def test_tc_a_19_to_certificates_of_the_station(self) -> None:
        with front(self.server.port, client_certificates=True) as system, self.secure() as point:
            self.believe(system.root)
            serial = self.certify(point)
            self.fill(system.url, 3)
            self.prefer("2")
            self.restart()
            self.assertEqual((self.told_profile(), system.shown), ("3", [serial]))

    def test_tc_a_20_no_root(self) -> None:
        with self.secure() as point:
            self.fill("wss://127.0.0.1:9", 2)
            self.prefer("2", "Rejected", "InvalidCertificate")
            self.assertEqual((self.order_of_slots(), point.model.security.profile), ("1", 1))

    def test_tc_a_21_no_certificate(self) -> None:
        with self.secure() as point:
            self.believe(Issued("Root"))
            self.fill("wss://127.0.0.1:9", 3)
            self.prefer("2", "Rejected", "InvalidCertificate")
            self.assertEqual((self.order_of_slots(), point.model.security.profile), ("1", 1))

    def test_tc_a_11_used_at_once(self) -> None:
        """The station connects with its new certificate, and does not boot for it."""
        with front(self.server.port, client_certificates=True) as system, self.secure() as point:
            self.believe(system.root)
            first = self.certify(point)
            self.fill(system.url, 3)
            self.prefer("2")
            self.restart()
            self.order(ask_for_request, use=STATION)
            eventually(lambda: len(system.shown) == 2 and self.row()["state"] == "online")
            self.assertEqual(system.shown, [first, self.serial(point)])
            self.assertNotEqual(first, self.serial(point))
            self.assert_calls("SignCertificate")


class Refused(ProfileCase):
    def fails(self, url: str, event: str) -> None:
        """The new central system is not to be trusted: the station goes back, and tells of it, once."""
        with self.secure() as point:
            self.believe(Issued("Another root"))
            self.fill(url, 2)
            self.prefer("2,1")
            self.restart(MOVED[0], f"SecurityEventNotification {event}", *MOVED[1:])
            self.assertEqual((point.model.networks.active, self.told_profile()), ("1", "1"))
            self.assertEqual(SecurityEvent.objects.filter(station=self.station, type=event).count(), 1)

    def test_tc_a_05_told_of_later(self) -> None:
        with front(self.server.port) as system:
            self.fails(system.url, "InvalidCsmsCertificate")
            self.assertEqual(system.shown, [], "not a word was said there")

    def test_tc_a_06_outdated_version(self) -> None:
        refusals: list[str] = []
        with outdated(refusals) as (url, _):
            self.fails(url, "InvalidTLSVersion")
        self.assertEqual(refusals, ["UNSUPPORTED_PROTOCOL"] * 3)


class Moves(ProfileCase):
    def test_tc_b_47_and_back(self) -> None:
        with front(self.server.port) as first, front(self.server.port) as second, self.raised(first) as point:
            self.believe(Issued("A root that the other one does not come from"))
            self.fill(second.url, 2, slot=3)
            self.set_variable("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "2")
            self.prefer("3,2")
            self.restart(MOVED[0], "SecurityEventNotification InvalidCsmsCertificate", *MOVED[1:])
            self.assertEqual((point.model.networks.active, second.shown), ("2", []))

    def test_tc_b_50_new_root(self) -> None:
        with front(self.server.port) as first, front(self.server.port) as second, self.raised(first) as point:
            self.believe(second.root)
            self.fill(second.url, 2, slot=3)
            self.prefer("3,2")
            self.restart()
            self.assertEqual((point.model.networks.active, len(second.shown)), ("3", 1))
            self.assertEqual(len(first.shown), 1)
