"""The emulator's password, certificates, security events and signed firmware."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartserver.core.credentials import hash_key
from stations.models import Certificate, FileJob, SecurityEvent, SigningRequest, Station
from stations.services.certificates import delete_certificate, install_certificate, list_certificates
from stations.services.files import open_upload, request_log, start_firmware_update, store_firmware
from tests.certification.certificates import Issued
from tests.certification.station.support import BOOTED, STARTED, ChargePoint, StationCase
from tests.certification.support import IDENTITY, OPERATOR
from tests.waiting import eventually

OLD, NEW = "the-old-password-1", "the-new-password-2"

CENTRAL_ROOT, MANUFACTURER_ROOT = "CentralSystemRootCertificate", "ManufacturerRootCertificate"

IMAGE = b"firmware " * 1000

State = Certificate.State


class SecureCase(StationCase):
    """A station with a password: security profile 1."""

    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD))

    @contextmanager
    def secure(self) -> Iterator[ChargePoint]:
        with self.booted(password=OLD, security_profile=1) as point:
            yield point


class Passwords(SecureCase):
    def test_tc_073_change_the_password(self) -> None:
        with self.secure() as point:
            self.change("AuthorizationKey", NEW)
            point.go_offline()
            point.come_back()
            eventually(lambda: len(self.requests("Heartbeat")) > 0)
            self.assertEqual(self.row()["state"], "online")
            self.assert_refused(f"/ocpp/{IDENTITY}", 401, user=IDENTITY, password=OLD.encode())

    def test_tc_085_basic_authentication(self) -> None:
        with self.charge_point(password="something-else-0") as wrong:
            eventually(lambda: "401" in wrong.client.trouble)
            self.assertEqual(self.story(), [])
        with self.charge_point(password=OLD):
            self.assert_story(*BOOTED)

    def test_tc_083_raise_the_security_profile(self) -> None:
        with self.secure() as point:
            self.change("SecurityProfile", "2", "Rejected")  # it could not check the server's certificate
            self.order(install_certificate, use=CENTRAL_ROOT, pem=Issued("Root").pem)
            self.assert_answered(self.newest("InstallCertificate"), "Accepted")
            self.change("SecurityProfile", "2", "RebootRequired")
            self.ask("Reset", {"type": "Hard"})
            self.assert_story(*BOOTED, STARTED)
            self.assertEqual(point.model.settings.text("SecurityProfile"), "2")

    def test_tc_084_lower_the_security_profile(self) -> None:
        with self.secure() as point:
            self.change("SecurityProfile", "0", "Rejected")
            self.assertEqual(point.model.settings.text("SecurityProfile"), "1")


class Certificates(SecureCase):
    def certificate(self, state: str) -> Certificate:
        eventually(lambda: Certificate.objects.filter(station=self.station, state=state).exists())
        return Certificate.objects.get(station=self.station, state=state)

    def test_tc_074_renew_the_certificate(self) -> None:
        with self.secure() as point:
            self.ask("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
            self.assert_story("SignCertificate")
            self.assertEqual(self.certificate(State.INSTALLED).use, Certificate.Use.STATION)
            self.assert_answered(self.newest("CertificateSigned"), "Accepted")
            keys = point.model.security.keys
            assert keys is not None
            self.assertTrue(keys.certified)

    def install(self, use: str) -> Certificate:
        made = self.order(install_certificate, use=use, pem=Issued("Root").pem)
        self.assert_answered(self.newest("InstallCertificate"), "Accepted")
        made.refresh_from_db()
        self.assertEqual(made.state, State.INSTALLED)
        return made

    def listed(self, use: str) -> str:
        self.order(list_certificates, use=use)
        return self.settled(self.newest("GetInstalledCertificateIds")).result

    def test_tc_075_1_install_a_manufacturer_root(self) -> None:
        with self.secure():
            self.assertEqual(self.listed(MANUFACTURER_ROOT), "NotFound")
            made = self.install(MANUFACTURER_ROOT)
            self.assertEqual(self.listed(MANUFACTURER_ROOT), "Accepted")
            self.assertEqual(self.certificate(State.INSTALLED), made, "the station lists just this one")

    def test_tc_075_2_install_a_central_system_root(self) -> None:
        with self.secure() as point:
            self.install(CENTRAL_ROOT)
            self.assertEqual(self.listed(CENTRAL_ROOT), "Accepted")
            self.assertEqual(len(point.model.security.roots(CENTRAL_ROOT)), 1)

    def test_tc_076_delete_a_certificate(self) -> None:
        with self.secure() as point:
            made = self.install(CENTRAL_ROOT)
            self.direct(delete_certificate, certificate_id=made.pk)
            self.assert_answered(self.newest("DeleteCertificate"), "Accepted")
            made.refresh_from_db()
            self.assertEqual((made.state, point.model.security.roots(CENTRAL_ROOT)), (State.DELETED, []))
            self.direct(delete_certificate, certificate_id=made.pk)
            self.assert_answered(self.newest("DeleteCertificate"), "NotFound")

    def assert_event(self, kind: str) -> None:
        self.assert_story(f"SecurityEventNotification {kind}")
        self.assertTrue(SecurityEvent.objects.filter(station=self.station, type=kind).exists())

    def test_tc_077_wrong_station_certificate(self) -> None:
        with self.secure() as point:
            self.ask("CertificateSigned", {"certificateChain": Issued("Somebody else").pem}, "Rejected")
            self.assert_event("InvalidChargePointCertificate")
            keys = point.model.security.keys
            assert keys is not None
            self.assertFalse(keys.certified)
            self.assertFalse(SigningRequest.objects.exists())

    def test_tc_078_wrong_central_system_certificate(self) -> None:
        with self.secure() as point:
            wrong = {"certificateType": CENTRAL_ROOT, "certificate": "this is no certificate"}
            self.ask("InstallCertificate", wrong, "Rejected")
            self.assert_event("InvalidCentralSystemCertificate")
            self.assertEqual(point.model.security.roots(CENTRAL_ROOT), [])


class Files(SecureCase):
    def test_tc_079_security_log(self) -> None:
        with self.secure():
            job = self.order(request_log, log_type="SecurityLog", retries=0)
            self.assert_story("LogStatusNotification Uploading", "LogStatusNotification Uploaded")
            eventually(lambda: FileJob.objects.get(pk=job.pk).state == FileJob.State.DONE)
            job.refresh_from_db()
            with open_upload(job).file as file:
                self.assertIn(b"StartupOfTheDevice", file.read())

    def update(self, signed: bytes) -> FileJob:
        """A firmware whose signature is that of `signed`."""
        signer = Issued("Firmware signer", Issued("Manufacturer"))
        file = store_firmware(
            name="wallbox-9.8.7.bin",
            chunks=[IMAGE],
            version="9.8.7",
            signature=signer.sign(signed),
            signing_certificate=signer.pem,
            by=OPERATOR,
        )
        return self.order(start_firmware_update, firmware_id=file.pk, signed=True, retries=0)

    def assert_firmware(self, *statuses: str) -> None:
        self.assert_story(*(f"SignedFirmwareStatusNotification {status}" for status in statuses))

    def test_tc_080_secure_update(self) -> None:
        with self.secure():
            job = self.update(IMAGE)
            self.assert_firmware("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
            self.assert_story(
                *BOOTED,
                STARTED,
                "SignedFirmwareStatusNotification Installed",
                "SecurityEventNotification FirmwareUpdated",
            )
            job.refresh_from_db()
            self.assertEqual((job.state, self.row()["firmware_version"]), (FileJob.State.DONE, "9.8.7"))

    def test_tc_081_wrong_signature(self) -> None:
        with self.secure():
            job = self.update(b"something else")
            self.assert_story(
                "SignedFirmwareStatusNotification Downloading",
                "SignedFirmwareStatusNotification Downloaded",
                "SignedFirmwareStatusNotification InvalidSignature",
                "SecurityEventNotification InvalidFirmwareSignature",
            )
            job.refresh_from_db()
            self.assertEqual((job.state, job.status), (FileJob.State.FAILED, "InvalidSignature"))
            self.assertNotEqual(self.row()["firmware_version"], "9.8.7")
