"""Passwords, certificates and firmware, as the server sees them (blocks A, L and M)."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from smartserver.core import clock
from smartserver.core.credentials import hash_key
from stations.emulator.keys import StationKeys
from stations.models import Certificate, Station
from stations.ocpp.frames import Payload
from stations.services.certificates import delete_certificate, install_certificate, list_certificates
from tests.certification.certificates import Issued
from tests.certification.support import IDENTITY
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2
from tests.certification2.support import named
from tests.waiting import eventually

OLD, NEW = b"the-old-password-1", b"the-new-password-2"
IMAGE = b"firmware " * 1000
MD5 = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()

State = Certificate.State


class Passwords(CentralCase2):
    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD.decode()))

    def test_tc_a_01_right_password(self) -> None:
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")

    def test_tc_a_02_another_user(self) -> None:
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user="somebody", password=OLD)

    def test_tc_a_03_wrong_password(self) -> None:
        self.assert_refused(f"/ocpp/{IDENTITY}", 401)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=NEW)

    def change_it(self, status: str) -> None:
        variable = named("SecurityCtrlr", "BasicAuthPassword")
        data = {"setVariableData": [variable | {"attributeValue": NEW.decode()}]}
        with self.booted(user=IDENTITY, password=OLD) as client:
            command = self.command("SetVariables", data)
            self.assertEqual(client.expect("SetVariables"), data)
            client.reply({"setVariableResult": [variable | {"attributeStatus": status}]})
            done = self.assert_answered(command)
            self.assertNotIn(NEW.decode(), str(done.payload), "it is not kept in readable form")

    def test_tc_a_09_changed(self) -> None:
        self.change_it("Accepted")
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD)
        with self.connected(user=IDENTITY, password=NEW) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")

    def test_tc_a_10_not_changed(self) -> None:
        self.change_it("Rejected")
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")


class Signing(CentralCase2):
    TRIGGERS: ClassVar[dict[str, str]] = {
        "ChargingStationCertificate": "SignChargingStationCertificate",
        "V2GCertificate": "SignV2GCertificate",
    }

    def renew(self, client: ScriptedStation2, use: str) -> tuple[StationKeys, str]:
        """The operator has the station ask for a certificate; its keys, and the chain that it gets."""
        self.ask(client, "TriggerMessage", {"requestedMessage": self.TRIGGERS[use]}, ACCEPTED)
        keys = StationKeys()
        answer = client.call("SignCertificate", csr=keys.request(IDENTITY, "Vendor", use), certificateType=use)
        self.assertEqual(answer, ACCEPTED)
        sent = client.expect("CertificateSigned")
        self.assertEqual(sent["certificateType"], use)
        chain: str = sent["certificateChain"]
        return keys, chain

    def answered_with(self, use: str, answer: Payload, state: str) -> None:
        with self.booted() as client:
            keys, chain = self.renew(client, use)
            self.assertTrue(keys.accept(chain, clock.now(), use), "it belongs to the station's key")
            client.reply(answer)
            eventually(lambda: Certificate.objects.filter(use=use, state=state).exists())

    def test_tc_a_11_renewed(self) -> None:
        self.answered_with("ChargingStationCertificate", ACCEPTED, State.INSTALLED)

    def test_tc_a_12_renewed_for_vehicles(self) -> None:
        self.answered_with("V2GCertificate", ACCEPTED, State.INSTALLED)

    def test_tc_a_14_invalid(self) -> None:
        self.answered_with("ChargingStationCertificate", REJECTED, State.REFUSED)


class Stores(CentralCase2):
    def install(self, client: ScriptedStation2, use: str, theirs: str = "", answer: str = "Accepted") -> Certificate:
        root = Issued("Root")
        made = self.order(install_certificate, use=use, pem=root.pem)
        asked = client.expect("InstallCertificate")
        self.assertEqual(asked, {"certificateType": theirs or use, "certificate": root.pem})
        client.reply({"status": answer})
        self.assert_answered(self.newest("InstallCertificate"), answer)
        made.refresh_from_db()
        self.assertEqual(made.state, State.INSTALLED if answer == "Accepted" else State.REFUSED)
        return made

    def installed(self, use: str, theirs: str = "") -> None:
        with self.booted() as client:
            self.install(client, use, theirs)

    def test_tc_m_01_of_the_central_system(self) -> None:
        self.installed("CentralSystemRootCertificate", "CSMSRootCertificate")

    def test_tc_m_02_of_the_manufacturer(self) -> None:
        self.installed("ManufacturerRootCertificate")

    def test_tc_m_03_of_v2g(self) -> None:
        self.installed("V2GRootCertificate")

    def test_tc_m_04_of_a_mobility_operator(self) -> None:
        self.installed("MORootCertificate")

    def test_tc_m_05_failed(self) -> None:
        with self.booted() as client:
            self.install(client, "ManufacturerRootCertificate", answer="Failed")

    def hashes(self, made: Certificate) -> Payload:
        return {
            "hashAlgorithm": made.hash_algorithm,
            "issuerNameHash": made.issuer_name_hash,
            "issuerKeyHash": made.issuer_key_hash,
            "serialNumber": made.serial_number,
        }

    def listed(self, use: str, theirs: str = "") -> None:
        """What the station names is installed there."""
        kind = theirs or use
        with self.booted() as client:
            made = self.install(client, use, theirs)
            Certificate.objects.filter(pk=made.pk).update(state=State.DELETED)
            self.order(list_certificates, use=use)
            self.assertEqual(client.expect("GetInstalledCertificateIds"), {"certificateType": [kind]})
            found = [{"certificateType": kind, "certificateHashData": self.hashes(made)}]
            client.reply({"status": "Accepted", "certificateHashDataChain": found})
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted")
            self.assertTrue(Certificate.objects.filter(use=use, state=State.INSTALLED).exists())

    def test_tc_m_12_roots_of_the_central_system(self) -> None:
        self.listed("CentralSystemRootCertificate", "CSMSRootCertificate")

    def test_tc_m_13_roots_of_the_manufacturer(self) -> None:
        self.listed("ManufacturerRootCertificate")

    def test_tc_m_14_roots_of_v2g(self) -> None:
        self.listed("V2GRootCertificate")

    def test_tc_m_16_roots_of_mobility_operators(self) -> None:
        self.listed("MORootCertificate")

    def listed_as(self, *kinds: str) -> None:
        """Of several kinds at once, as the operator asks for them by a command."""
        request = {"certificateType": list(kinds)} if kinds else {}
        shown = [
            {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": str(number)}
            for number in (1, 2)
        ]
        told = ("CSMSRootCertificate", "ManufacturerRootCertificate")
        found = [{"certificateType": kind, "certificateHashData": each} for kind, each in zip(told, shown, strict=True)]
        with self.booted() as client:
            reply = {"status": "Accepted", "certificateHashDataChain": found}
            self.ask(client, "GetInstalledCertificateIds", request, reply)
            self.assertEqual(Certificate.objects.filter(state=State.INSTALLED).count(), 2)

    def test_tc_m_17_roots_of_two_kinds(self) -> None:
        self.listed_as("CSMSRootCertificate", "ManufacturerRootCertificate")

    def test_tc_m_18_all(self) -> None:
        self.listed_as()

    def test_tc_m_19_none(self) -> None:
        request = {"certificateType": ["MORootCertificate"]}
        self.asked("GetInstalledCertificateIds", request, "NotFound")

    def deleted(self, answer: str, state: str) -> None:
        with self.booted() as client:
            made = self.install(client, "ManufacturerRootCertificate")
            self.direct(delete_certificate, certificate_id=made.pk)
            self.assertEqual(client.expect("DeleteCertificate")["certificateHashData"], self.hashes(made))
            client.reply({"status": answer})
            self.assert_answered(self.newest("DeleteCertificate"), answer)
            made.refresh_from_db()
            self.assertEqual(made.state, state)

    def test_tc_m_20_deleted(self) -> None:
        self.deleted("Accepted", State.DELETED)

    def test_tc_m_21_not_deleted(self) -> None:
        self.deleted("Failed", State.INSTALLED)
