"""Passwords, certificates, security events, signed firmware."""

from __future__ import annotations

import requests

from smartserver.core import clock
from smartserver.core.clock import isoformat
from smartserver.core.credentials import hash_key
from stations.emulator.keys import StationKeys
from stations.models import Certificate, ConfigurationKey, FileJob, SecurityEvent, Station
from stations.ocpp.frames import Payload
from stations.services.certificates import delete_certificate, install_certificate, list_certificates
from stations.services.files import open_upload, request_log, start_firmware_update, store_firmware
from tests.certification.central.support import ACCEPTED, REJECTED, CentralCase, ScriptedStation
from tests.certification.certificates import Issued
from tests.certification.support import IDENTITY, OPERATOR
from tests.waiting import eventually

OLD, NEW = b"the-old-password-1", b"the-new-password-2"

CENTRAL_ROOT, MANUFACTURER_ROOT = "CentralSystemRootCertificate", "ManufacturerRootCertificate"

IMAGE = b"firmware " * 1000

State = Certificate.State


class Passwords(CentralCase):
    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD.decode()))

    def test_tc_073_change_the_password(self) -> None:
        with self.booted(user=IDENTITY, password=OLD) as client:
            change = {"key": "AuthorizationKey", "value": NEW.decode()}
            command = self.command("ChangeConfiguration", change)
            self.assertEqual(client.expect("ChangeConfiguration"), change)
            client.reply(ACCEPTED)
            done = self.assert_answered(command, "Accepted")
            self.assertNotIn(NEW.decode(), str(done.payload), "it is not kept in readable form")
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD)
        with self.connected(user=IDENTITY, password=NEW) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")

    def test_tc_085_basic_authentication(self) -> None:
        self.assert_refused(f"/ocpp/{IDENTITY}", 401)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=NEW)
        self.assert_refused(f"/ocpp/{IDENTITY}", 401, user="somebody", password=OLD)
        with self.connected(user=IDENTITY, password=OLD) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")

    def test_tc_083_raise_the_security_profile(self) -> None:
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.settle_first(client)
            reply = {"status": "RebootRequired"}
            self.ask(client, "ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}, reply)
            key = ConfigurationKey.objects.get(key="SecurityProfile")
            self.assertEqual((key.wanted, key.answer), ("2", "RebootRequired"))
            self.ask(client, "Reset", {"type": "Hard"}, ACCEPTED)
        with self.booted(user=IDENTITY, password=OLD) as client:
            client.expect("GetConfiguration")
            client.reply({"configurationKey": [{"key": "SecurityProfile", "readonly": False, "value": "2"}]})
            eventually(lambda: ConfigurationKey.objects.get(key="SecurityProfile").value == "2")

    def test_tc_084_lower_the_security_profile(self) -> None:
        with self.booted(user=IDENTITY, password=OLD) as client:
            self.settle_first(client)
            known = {"key": "SecurityProfile", "readonly": False, "value": "2"}
            self.ask(client, "GetConfiguration", {"key": ["SecurityProfile"]}, {"configurationKey": [known]})
            self.ask(client, "ChangeConfiguration", {"key": "SecurityProfile", "value": "1"}, REJECTED)
            key = ConfigurationKey.objects.get(key="SecurityProfile")
            self.assertEqual((key.value, key.answer), ("2", "Rejected"))


class Certificates(CentralCase):
    def renew(self, client: ScriptedStation) -> tuple[StationKeys, str]:
        """Have the station ask for a certificate; its keys, and the chain that it gets."""
        request: Payload = {"requestedMessage": "SignChargePointCertificate"}
        self.ask(client, "ExtendedTriggerMessage", request, ACCEPTED)
        keys = StationKeys()
        self.assertEqual(client.call("SignCertificate", csr=keys.request(IDENTITY, "Vendor")), ACCEPTED)
        chain: str = client.expect("CertificateSigned")["certificateChain"]
        return keys, chain

    def own(self, state: str) -> Certificate:
        eventually(lambda: Certificate.objects.filter(station=self.station, state=state).exists())
        return Certificate.objects.get(station=self.station, state=state)

    def test_tc_074_renew_the_certificate(self) -> None:
        with self.booted() as client:
            keys, chain = self.renew(client)
            self.assertTrue(keys.accept(chain, clock.now()), "it belongs to the station's key")
            client.reply(ACCEPTED)
            self.assertEqual(self.own(State.INSTALLED).use, Certificate.Use.STATION)

    def install(self, client: ScriptedStation, use: str, answer: str) -> Certificate:
        root = Issued("Root")
        made = self.order(install_certificate, use=use, pem=root.pem)
        self.assertEqual(client.expect("InstallCertificate"), {"certificateType": use, "certificate": root.pem})
        client.reply({"status": answer})
        self.assert_answered(self.newest("InstallCertificate"), answer)
        made.refresh_from_db()
        return made

    def test_tc_075_1_install_a_manufacturer_root(self) -> None:
        with self.booted() as client:
            made = self.install(client, MANUFACTURER_ROOT, "Accepted")
            self.assertEqual((made.state, made.use), (State.INSTALLED, MANUFACTURER_ROOT))

    def test_tc_075_2_install_a_central_system_root(self) -> None:
        with self.booted() as client:
            made = self.install(client, CENTRAL_ROOT, "Accepted")
            self.assertEqual((made.state, made.use), (State.INSTALLED, CENTRAL_ROOT))

    def test_tc_076_delete_a_certificate(self) -> None:
        with self.booted() as client:
            made = self.install(client, CENTRAL_ROOT, "Accepted")
            self.order(list_certificates, use=CENTRAL_ROOT)
            self.assertEqual(client.expect("GetInstalledCertificateIds"), {"certificateType": CENTRAL_ROOT})
            named = {
                "hashAlgorithm": made.hash_algorithm,
                "issuerNameHash": made.issuer_name_hash,
                "issuerKeyHash": made.issuer_key_hash,
                "serialNumber": made.serial_number,
            }
            client.reply({"status": "Accepted", "certificateHashData": [named]})
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted")
            self.direct(delete_certificate, certificate_id=made.pk)
            self.assertEqual(client.expect("DeleteCertificate"), {"certificateHashData": named})
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("DeleteCertificate"), "Accepted")
            made.refresh_from_db()
            self.assertEqual(made.state, State.DELETED)

    def report(self, client: ScriptedStation, kind: str) -> None:
        stamp = isoformat(clock.now())
        for _ in range(2):  # a repetition is the same event
            self.assertEqual(client.call("SecurityEventNotification", type=kind, timestamp=stamp), {})
        event = SecurityEvent.objects.get(station=self.station)
        self.assertEqual((event.type, event.critical), (kind, False))

    def test_tc_077_wrong_station_certificate(self) -> None:
        with self.booted() as client:
            self.renew(client)
            client.reply(REJECTED)
            self.assertEqual(self.own(State.REFUSED).use, Certificate.Use.STATION)
            self.report(client, "InvalidChargePointCertificate")

    def test_tc_078_wrong_central_system_certificate(self) -> None:
        with self.booted() as client:
            self.assertEqual(self.install(client, CENTRAL_ROOT, "Rejected").state, State.REFUSED)
            self.report(client, "InvalidCentralSystemCertificate")


class Files(CentralCase):
    def test_tc_079_security_log(self) -> None:
        with self.booted() as client:
            job = self.order(request_log, log_type="SecurityLog", retries=0)
            request = client.expect("GetLog")
            self.assertEqual((request["logType"], request["requestId"]), ("SecurityLog", job.pk))
            client.reply({"status": "Accepted", "filename": "security.log"})
            client.call("LogStatusNotification", status="Uploading", requestId=job.pk)
            requests.put(request["log"]["remoteLocation"], data=b"a tamper\n", timeout=10).raise_for_status()
            client.call("LogStatusNotification", status="Uploaded", requestId=job.pk)
            job.refresh_from_db()
            self.assertEqual((job.state, job.file_name), (FileJob.State.DONE, "security.log"))
            with open_upload(job).file as file:
                self.assertEqual(file.read(), b"a tamper\n")

    def update(self, client: ScriptedStation, *statuses: str) -> FileJob:
        signer = Issued("Firmware signer", Issued("Manufacturer"))
        file = store_firmware(
            name="wallbox-2.0.bin",
            chunks=[IMAGE],
            version="2.0",
            signature=signer.sign(IMAGE),
            signing_certificate=signer.pem,
            by=OPERATOR,
        )
        job = self.order(start_firmware_update, firmware_id=file.pk, signed=True, retries=0)
        request = client.expect("SignedUpdateFirmware")
        client.reply(ACCEPTED)
        firmware = request["firmware"]
        self.assertEqual(requests.get(firmware["location"], timeout=10).content, IMAGE)
        self.assertTrue(StationKeys().verifies(firmware["signingCertificate"], firmware["signature"], IMAGE))
        for status in statuses:
            answer = client.call("SignedFirmwareStatusNotification", status=status, requestId=request["requestId"])
            self.assertEqual(answer, {})
        job.refresh_from_db()
        self.assertEqual(job.status, statuses[-1])
        return job

    def test_tc_080_secure_update(self) -> None:
        with self.booted() as client:
            started = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
            job = self.update(client, *started)
            self.assertEqual(job.state, FileJob.State.RUNNING)
            client.power_up()
            client.call("SignedFirmwareStatusNotification", status="Installed", requestId=job.pk)
            job.refresh_from_db()
            self.assertEqual(job.state, FileJob.State.DONE)

    def test_tc_081_wrong_signature(self) -> None:
        with self.booted() as client:
            job = self.update(client, "Downloading", "Downloaded", "InvalidSignature")
            self.assertEqual(job.state, FileJob.State.FAILED)
            kind = "InvalidFirmwareSignature"
            client.call("SecurityEventNotification", type=kind, timestamp=isoformat(clock.now()))
            self.assertEqual(SecurityEvent.objects.get(station=self.station).type, kind)


class Handshake(CentralCase):
    def test_tc_088_version(self) -> None:
        with self.connected(versions=("ocpp0.1",)) as client:
            self.assertIsNone(client.subprotocol)
            self.assertEqual(client.close_code(), 1002, "as OCPP-J 1.6 section 3.1.2 wants it")
        with self.connected(versions=("ocpp0.1", "ocpp1.6")) as client:
            self.assertEqual(client.subprotocol, "ocpp1.6")
            self.assertEqual(client.power_up()["status"], "Accepted")
