"""The emulator's password and certificates (blocks A and M)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartserver.core.credentials import hash_key
from stations.models import Certificate, SecurityEvent, Station
from stations.ocpp.frames import Payload
from stations.services.certificates import ask_for_request, delete_certificate, install_certificate, list_certificates
from tests.certification.certificates import Issued
from tests.certification.station.support import ChargePoint
from tests.certification.support import IDENTITY
from tests.certification2.station.support import BOOTED, StationCase2
from tests.certification2.support import named
from tests.waiting import eventually

OLD, NEW = "the-old-password-1", "the-new-password-2"
STARTED = "SecurityEventNotification StartupOfTheDevice"
"""Comes last where there is security (profile 1 and more)."""

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
STATION, V2G = "ChargingStationCertificate", "V2GCertificate"

State = Certificate.State


class SecureCase(StationCase2):
    """A station with a password: security profile 1."""

    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD))

    @contextmanager
    def secure(self) -> Iterator[ChargePoint]:
        point = self.charge_point(password=OLD, security_profile=1)
        with point:
            self.wait_booted(*BOOTED, STARTED)
            yield point

    def assert_event(self, kind: str) -> None:
        self.assert_story(f"SecurityEventNotification {kind}")
        self.assertTrue(SecurityEvent.objects.filter(station=self.station, type=kind).exists())


class Passwords(SecureCase):
    def test_tc_a_01_right_password(self) -> None:
        with self.charge_point(password="something-else-0") as wrong:
            eventually(lambda: "401" in wrong.client.trouble)
            self.assertEqual(self.story(), [])
        with self.charge_point(password=OLD):
            self.assert_story(*BOOTED)

    def test_tc_a_09_changed(self) -> None:
        with self.secure() as point:
            self.set_variable("SecurityCtrlr", "BasicAuthPassword", NEW)
            point.go_offline()
            point.come_back()
            eventually(lambda: self.row()["state"] == "online")
            self.assertEqual(point.model.password, NEW)
            self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD.encode())

    def test_tc_a_10_not_changed(self) -> None:
        with self.secure() as point:
            # The server would not send this; another one might.
            data = named("SecurityCtrlr", "BasicAuthPassword") | {"attributeValue": "short"}
            answer = point.receive("SetVariables", {"setVariableData": [data]})
            self.assertEqual(answer["setVariableResult"][0]["attributeStatus"], "Rejected")
            self.assertEqual(point.model.password, OLD)
            self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=b"short")


class Signing(SecureCase):
    def renewed(self, use: str) -> None:
        with self.secure() as point:
            self.order(ask_for_request, use=use)
            self.assert_answered(self.newest("TriggerMessage"), "Accepted")
            self.assert_answered(self.newest("CertificateSigned"), "Accepted")
            self.assertEqual(self.requests("SignCertificate")[0]["certificateType"], use)
            keys = point.model.security.keys
            assert keys is not None
            self.assertNotEqual(keys.chain(use), "")
            self.assertTrue(Certificate.objects.filter(use=use, state=State.INSTALLED).exists())

    def test_tc_a_11_renewed(self) -> None:
        self.renewed(STATION)

    def test_tc_a_14_invalid(self) -> None:
        with self.secure() as point:
            wrong = {"certificateChain": Issued("Somebody else").pem, "certificateType": STATION}
            self.ask("CertificateSigned", wrong, "Rejected")
            self.assert_event("InvalidChargingStationCertificate")
            keys = point.model.security.keys
            assert keys is not None
            self.assertFalse(keys.certified)


class Stores(SecureCase):
    def install(self, use: str) -> Certificate:
        made = self.order(install_certificate, use=use, pem=Issued("Root").pem)
        self.assert_answered(self.newest("InstallCertificate"), "Accepted")
        made.refresh_from_db()
        self.assertEqual(made.state, State.INSTALLED)
        return made

    def installed(self, use: str) -> None:
        with self.secure() as point:
            self.install(use)
            self.assertEqual(len(point.model.security.roots(use)), 1)

    def test_tc_m_01_of_the_central_system(self) -> None:
        self.installed(CENTRAL)

    def test_tc_m_02_of_the_manufacturer(self) -> None:
        self.installed(MANUFACTURER)

    def test_tc_m_03_of_v2g(self) -> None:
        self.installed("V2GRootCertificate")

    def test_tc_m_04_of_a_mobility_operator(self) -> None:
        self.installed("MORootCertificate")

    def test_tc_m_07_none(self) -> None:
        with self.secure() as point:
            wrong = {"certificateType": "CSMSRootCertificate", "certificate": "this is no certificate"}
            self.ask("InstallCertificate", wrong, "Rejected")
            self.assert_event("InvalidCsmsCertificate")
            self.assertEqual(point.model.security.roots(CENTRAL), [])

    def listed(self, use: str) -> None:
        with self.secure():
            self.order(list_certificates, use=use)
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "NotFound")
            made = self.install(use)
            self.order(list_certificates, use=use)
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted")
            self.assertEqual(Certificate.objects.get(state=State.INSTALLED), made, "the station lists just this one")

    def test_tc_m_12_roots_of_the_central_system(self) -> None:
        self.listed(CENTRAL)

    def test_tc_m_13_roots_of_the_manufacturer(self) -> None:
        self.listed(MANUFACTURER)

    def test_tc_m_14_roots_of_v2g(self) -> None:
        self.listed("V2GRootCertificate")

    def test_tc_m_16_roots_of_mobility_operators(self) -> None:
        self.listed("MORootCertificate")

    def listed_at_once(self, *kinds: str) -> list[str]:
        with self.secure():
            for use in (CENTRAL, MANUFACTURER, "MORootCertificate"):
                self.install(use)
            reply: Payload = self.ask("GetInstalledCertificateIds", {"certificateType": list(kinds)} if kinds else {})
            return [each["certificateType"] for each in reply["certificateHashDataChain"]]

    def test_tc_m_17_roots_of_two_kinds(self) -> None:
        wanted = ["CSMSRootCertificate", MANUFACTURER]
        self.assertEqual(self.listed_at_once(*wanted), wanted)

    def test_tc_m_18_all(self) -> None:
        self.assertEqual(self.listed_at_once(), ["CSMSRootCertificate", MANUFACTURER, "MORootCertificate"])

    def test_tc_m_19_none_of_a_kind(self) -> None:
        with self.secure():
            self.ask("GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]}, "NotFound")

    def test_tc_m_20_deleted(self) -> None:
        with self.secure() as point:
            made = self.install(CENTRAL)
            self.direct(delete_certificate, certificate_id=made.pk)
            self.assert_answered(self.newest("DeleteCertificate"), "Accepted")
            made.refresh_from_db()
            self.assertEqual((made.state, point.model.security.roots(CENTRAL)), (State.DELETED, []))

    def test_tc_m_22_deleted_where_there_is_none(self) -> None:
        with self.secure():
            unknown = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
            self.ask("DeleteCertificate", {"certificateHashData": unknown}, "NotFound")


class Profiles(SecureCase):
    """The security profile is that of the network profile in use (A05, B09)."""

    def network(self, security: int) -> Payload:
        return {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": f"{self.server.ws}/ocpp/",
            "messageTimeout": 30,
            "securityProfile": security,
            "ocppInterface": "Wired0",
        }

    def test_tc_a_22_lowered(self) -> None:
        with self.secure() as point:
            self.ask("SetNetworkProfile", {"configurationSlot": 2, "connectionData": self.network(0)}, "Rejected")
            self.assertEqual(point.model.security.profile, 1)
