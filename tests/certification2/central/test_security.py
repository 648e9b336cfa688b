"""Passwords, certificates and firmware, as the server sees them (blocks A, L and M)."""

from __future__ import annotations

import hashlib
from typing import ClassVar

import requests

from smartserver.core import clock
from smartserver.core.credentials import hash_key
from stations.emulator.keys import StationKeys
from stations.models import Certificate, FileJob, Station
from stations.ocpp.frames import Payload
from stations.services.certificates import delete_certificate, install_certificate, list_certificates
from stations.services.files import publish_firmware, start_firmware_update, store_firmware
from tests.certification.certificates import Issued
from tests.certification.support import IDENTITY, OPERATOR
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


class Firmware(CentralCase2):
    def begin(self, client: ScriptedStation2, reply: Payload = ACCEPTED, **more: object) -> tuple[FileJob, Payload]:
        """A signed update, and what the station hears of it."""
        signer = Issued("Firmware signer", Issued("Manufacturer"))
        file = store_firmware(
            name="wallbox-2.0.bin",
            chunks=[IMAGE],
            version="2.0",
            signature=signer.sign(IMAGE),
            signing_certificate=signer.pem,
            by=OPERATOR,
        )
        job = self.order(start_firmware_update, firmware_id=file.pk, signed=True, retries=0, **more)
        heard: Payload = client.expect("UpdateFirmware")
        client.reply(reply)
        self.assert_answered(self.newest("UpdateFirmware"), reply["status"])
        return job, heard["firmware"]

    def report(self, client: ScriptedStation2, job: FileJob, *statuses: str) -> None:
        for status in statuses:
            self.assertEqual(client.call("FirmwareStatusNotification", status=status, requestId=job.pk), {})
        job.refresh_from_db()

    def told(self, state: str, *statuses: str, **more: object) -> None:
        """What becomes of the job, by what the station tells."""
        with self.booted() as client:
            job, firmware = self.begin(client, **more)  # type: ignore[arg-type]
            self.assertEqual(requests.get(firmware["location"], timeout=10).content, IMAGE)
            self.assertTrue(StationKeys().verifies(firmware["signingCertificate"], firmware["signature"], IMAGE))
            self.report(client, job, *statuses)
            self.assertEqual((job.state, job.status), (state, statuses[-1]))

    FETCHED = ("Downloading", "Downloaded")
    CHECKED = (*FETCHED, "SignatureVerified")

    def test_tc_l_01_installed(self) -> None:
        self.told(FileJob.State.DONE, *self.CHECKED, "Installing", "InstallRebooting", "Installed")

    def test_tc_l_02_installed_later(self) -> None:
        later = ("InstallScheduled", "Installing", "Installed")
        self.told(FileJob.State.DONE, *self.CHECKED, *later, install_at=clock.now())

    def test_tc_l_03_fetched_later(self) -> None:
        later = ("DownloadScheduled", *self.CHECKED, "Installing", "Installed")
        self.told(FileJob.State.DONE, *later, retrieve_at=clock.now())

    def refused(self, answer: str) -> None:
        with self.booted() as client:
            job, _ = self.begin(client, {"status": answer})
            job.refresh_from_db()
            self.assertEqual((job.state, job.reason), (FileJob.State.FAILED, f"The station answered {answer}."))

    def test_tc_l_04_revoked_certificate(self) -> None:
        self.refused("RevokedCertificate")

    def test_tc_l_05_invalid_certificate(self) -> None:
        self.refused("InvalidCertificate")

    def test_tc_l_06_wrong_signature(self) -> None:
        self.told(FileJob.State.FAILED, *self.FETCHED, "InvalidSignature")

    def test_tc_l_07_not_fetched(self) -> None:
        self.told(FileJob.State.FAILED, "Downloading", "DownloadFailed")

    def test_tc_l_08_not_verified(self) -> None:
        self.told(FileJob.State.FAILED, *self.CHECKED, "Installing", "InstallVerificationFailed")

    def test_tc_l_09_not_installed(self) -> None:
        self.told(FileJob.State.FAILED, *self.CHECKED, "Installing", "InstallationFailed")

    def test_tc_l_10_another_takes_its_place(self) -> None:
        with self.booted() as client:
            first, _ = self.begin(client)
            self.report(client, first, "Downloading")
            self.begin(client, {"status": "AcceptedCanceled"})
            first.refresh_from_db()
            self.assertEqual(first.state, FileJob.State.CANCELLED)

    def test_tc_l_11_not_given_up_any_more(self) -> None:
        with self.booted() as client:
            first, _ = self.begin(client)
            self.report(client, first, "Downloading")
            second, _ = self.begin(client, REJECTED)
            for job, state in ((first, FileJob.State.RUNNING), (second, FileJob.State.FAILED)):
                job.refresh_from_db()
                self.assertEqual(job.state, state)

    def published(self, state: str, *statuses: str) -> None:
        file = store_firmware(name="wallbox-2.0.bin", chunks=[IMAGE], version="2.0", by=OPERATOR)
        with self.booted() as client:
            job = self.order(publish_firmware, firmware_id=file.pk, checksum=MD5)
            heard = client.expect("PublishFirmware")
            self.assertEqual((heard["checksum"], heard["requestId"]), (MD5, job.pk))
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("PublishFirmware"), "Accepted")
            for status in statuses:
                place = {"location": ["https://controller/fw.bin"]} if status == "Published" else {}
                client.call("PublishFirmwareStatusNotification", status=status, requestId=job.pk, **place)
            job.refresh_from_db()
            self.assertEqual((job.state, job.status), (state, statuses[-1]))

    def test_tc_l_17_published(self) -> None:
        self.published(FileJob.State.DONE, *self.FETCHED, "ChecksumVerified", "Published")

    def test_tc_l_19_wrong_checksum(self) -> None:
        self.published(FileJob.State.FAILED, *self.FETCHED, "InvalidChecksum")

    def test_tc_l_20_not_published(self) -> None:
        self.published(FileJob.State.FAILED, *self.FETCHED, "ChecksumVerified", "PublishFailed")

    def test_tc_l_24_not_fetched_for_publication(self) -> None:
        self.published(FileJob.State.FAILED, "Downloading", "DownloadFailed")

    def test_tc_l_21_withdrawn(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "Unpublished")

    def test_tc_l_22_withdrawn_where_there_is_none(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "NoFirmware")

    def test_tc_l_23_withdrawn_while_fetched(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "DownloadOngoing")
