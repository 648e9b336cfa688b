"""Firmware updates, plain and signed, as far as the station itself goes: the files come from a test."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import SimpleTestCase

from stations.emulator.keys import StationKeys
from stations.emulator.point.effects import Download, Reconnect
from tests.emulator.certificates import Authority
from tests.emulator.scripted import Scripted

URL = "http://files/firmware-9.8.7.bin"


class FirmwareCase(SimpleTestCase):
    action = "FirmwareStatusNotification"
    version = "1.6"

    def setUp(self) -> None:
        self.keys = StationKeys()
        self.drive = Scripted(self, self.version, keys=self.keys, security_profile=1)
        self.station = self.drive.station

    def download(self) -> Download:
        effects = self.station.take_effects()
        self.assertEqual(len(effects), 1, effects)
        assert isinstance(effects[0], Download)
        return effects[0]

    def deliver(self, content: bytes | None) -> None:
        self.station.downloaded(self.download().job, content, self.drive.now)
        self.drive.run(0)

    def told(self) -> list[str]:
        return [each["status"] for each in self.drive.of(self.action)]

    def events(self) -> list[str]:
        return [each["type"] for each in self.drive.of("SecurityEventNotification")]


class Plain(FirmwareCase):
    def update(self, seconds: float = 0.0, **options: Any) -> None:
        payload = {"location": URL, "retrieveDate": self.drive.at(seconds)} | options
        self.assertEqual(self.drive.ask("UpdateFirmware", **payload), {})

    def test_is_fetched_installed_and_running_after_a_restart(self) -> None:
        self.update(seconds=30)
        self.drive.run(29)
        self.assertEqual(self.told(), [])
        self.drive.run(2)
        self.deliver(b"image")
        self.drive.run(11)
        self.assertEqual(self.told(), ["Downloading", "Downloaded", "Installing", "Installed"])
        self.drive.restart()
        self.assertEqual(self.drive.of("BootNotification")[0]["firmwareVersion"], "9.8.7")
        self.assertEqual(self.told()[-1], "Installed")

    def test_is_fetched_again_after_a_failure(self) -> None:
        self.update(retries=1, retryInterval=20)
        self.deliver(None)
        self.drive.run(21)
        self.deliver(None)
        self.drive.run(600)
        self.assertEqual(self.told(), ["Downloading", "Downloading", "DownloadFailed"])
        self.assertEqual(self.station.take_effects(), [])

    def test_waits_for_the_sessions_to_end(self) -> None:
        self.drive.charge()
        self.update()
        self.deliver(b"image")
        self.drive.run(300)
        self.assertEqual(self.told(), ["Downloading", "Downloaded"])
        self.drive.unplug()
        self.drive.run(20)
        self.assertEqual(self.told()[-1], "Installed")

    def test_may_not_be_installable(self) -> None:
        version = self.station.plate.firmware
        for content, fails in ((b"", False), (b"image", True)):
            self.station.firmware.fails = fails
            self.update()
            self.deliver(content)
            self.drive.run(20)
            self.assertEqual(self.told()[-1], "InstallationFailed")
        self.assertEqual(self.station.plate.firmware, version)

    def test_is_replaced_by_a_newer_one(self) -> None:
        self.update()
        old = self.download()
        self.update()
        self.station.downloaded(old.job, b"old", self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.told(), ["Downloading", "Downloading"])
        self.deliver(b"new")
        self.assertEqual(self.told()[2:], ["Downloaded", "Installing"])

    def test_tells_how_it_stands_when_asked(self) -> None:
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        self.update()
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        self.drive.ask("ExtendedTriggerMessage", requestedMessage=self.action)
        self.assertEqual(self.told(), ["Idle", "Downloading", "Downloading"])
        self.assertEqual(self.drive.of("SignedFirmwareStatusNotification"), [{"status": "Downloading"}])

    def test_without_a_version_in_its_name_is_the_next_one(self) -> None:
        head, last = self.station.plate.firmware.rsplit(".", 1)
        self.update(location="http://files/latest")
        self.deliver(b"image")
        self.drive.run(20)
        self.assertEqual(self.station.plate.firmware, f"{head}.{int(last) + 1}")


class SignedCase(FirmwareCase):
    action = "SignedFirmwareStatusNotification"
    call = "SignedUpdateFirmware"

    def setUp(self) -> None:
        super().setUp()
        self.maker = Authority("Maker")
        self.key, self.certificate = self.maker.issue("Signer")
        self.image = b"image"

    def update(self, request: int = 5, *, signature: bytes | None = None, certificate: str = "", **more: Any) -> str:
        signed = self.key.sign(self.image, ec.ECDSA(hashes.SHA256())) if signature is None else signature
        firmware = {
            "location": URL,
            "retrieveDateTime": self.drive.at(),
            "signingCertificate": certificate or self.certificate,
            "signature": base64.b64encode(signed).decode(),
        } | more
        return self.drive.status_of(self.call, requestId=request, firmware=firmware)


class Signed(SignedCase):
    def test_is_verified_installed_and_told_of_after_the_restart(self) -> None:
        self.assertEqual(self.update(), "Accepted")
        self.deliver(self.image)
        self.drive.run(11)
        steps = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"]
        self.assertEqual(self.told(), steps)
        self.drive.restart()
        self.assertEqual(self.told(), [*steps, "Installed"])
        self.assertEqual({each["requestId"] for each in self.drive.of(self.action)}, {5})
        self.assertEqual(self.events(), ["StartupOfTheDevice", "FirmwareUpdated"])

    def test_waits_for_its_times(self) -> None:
        self.update(retrieveDateTime=self.drive.at(60), installDateTime=self.drive.at(120))
        self.drive.run(61)
        self.deliver(self.image)
        self.drive.run(40)
        self.assertEqual(
            self.told(), ["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"]
        )
        self.drive.run(31)
        self.assertEqual(self.told()[-1], "InstallRebooting")

    def test_with_a_wrong_signature_is_not_installed(self) -> None:
        self.update(signature=self.key.sign(b"another image", ec.ECDSA(hashes.SHA256())))
        self.deliver(self.image)
        self.drive.run(60)
        self.assertEqual(self.told()[-1], "InvalidSignature")
        self.assertEqual(self.events(), ["InvalidFirmwareSignature"])

    def test_of_an_unknown_maker_is_refused(self) -> None:
        root = {"certificateType": "ManufacturerRootCertificate", "certificate": self.maker.certificate}
        self.assertEqual(self.drive.status_of("InstallCertificate", **root), "Accepted")
        _, stranger = Authority("Stranger").issue("Signer")
        self.assertEqual(self.update(certificate=stranger), "InvalidCertificate")
        self.assertEqual(self.update(certificate="nonsense"), "InvalidCertificate")
        self.assertEqual(self.update(), "Accepted")
        self.assertEqual(self.events(), ["InvalidFirmwareSigningCertificate"] * 2)

    def test_with_a_revoked_certificate_is_refused(self) -> None:
        self.keys.revoked.add(self.maker.last_serial)
        self.assertEqual(self.update(), "RevokedCertificate")

    def test_cancels_the_one_before(self) -> None:
        self.assertEqual(self.update(1), "Accepted")
        self.assertEqual(self.update(2), "AcceptedCanceled")
        self.drive.ask("ExtendedTriggerMessage", requestedMessage="FirmwareStatusNotification")
        self.assertEqual([each.get("requestId") for each in self.drive.of(self.action)], [1, 2, 2])

    def test_needs_keys(self) -> None:
        self.station.security.keys = None
        self.assertEqual(self.update(), "InvalidCertificate")
        self.assertFalse(self.station.security.verifies(self.certificate, "", b""))

    def test_does_not_reboot_before_it_is_installed(self) -> None:
        self.update()
        self.deliver(self.image)
        self.drive.run(5)
        self.assertFalse(any(isinstance(each, Reconnect) for each in self.station.take_effects()))


class Of2(SignedCase):
    """UpdateFirmware of 2.x has a requestId, and need not be signed."""

    action = "FirmwareStatusNotification"
    call = "UpdateFirmware"
    version = "2.0.1"

    def test_is_verified_installed_and_told_of_after_the_restart(self) -> None:
        self.assertEqual(self.update(), "Accepted")
        self.deliver(self.image)
        self.drive.run(11)
        steps = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"]
        self.assertEqual(self.told(), steps)
        self.drive.restart()
        self.assertEqual(self.told(), [*steps, "Installed"])
        self.assertEqual({each["requestId"] for each in self.drive.of(self.action)}, {5})
        (boot,) = self.drive.of("BootNotification")
        self.assertEqual(boot["chargingStation"]["firmwareVersion"], "9.8.7")

    def plain(self, request: int = 6, seconds: float = 0.0, **more: Any) -> str:
        firmware = {"location": URL, "retrieveDateTime": self.drive.at(seconds)} | more
        return self.drive.status_of(self.call, requestId=request, firmware=firmware)

    def test_without_a_signature_is_installed_unverified(self) -> None:
        self.assertEqual(self.plain(seconds=30, installDateTime=self.drive.at(60)), "Accepted")
        self.drive.run(31)
        self.deliver(self.image)
        self.drive.run(40)
        steps = ["DownloadScheduled", "Downloading", "Downloaded", "InstallScheduled", "Installing", "InstallRebooting"]
        self.assertEqual(self.told(), steps)

    def test_needs_both_signature_and_certificate(self) -> None:
        self.assertEqual(self.plain(signature="c2ln"), "InvalidCertificate")
        self.assertEqual(self.plain(signingCertificate=self.certificate), "Accepted")
        self.deliver(self.image)
        self.assertEqual(self.told()[-1], "InvalidSignature")

    def test_that_is_empty_does_not_verify(self) -> None:
        self.plain()
        self.deliver(b"")
        self.assertEqual(self.told()[-1], "InstallVerificationFailed")
        self.assertFalse(self.station.firmware.busy)

    def test_cancels_the_one_before_and_tells_how_it_stands(self) -> None:
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        self.assertEqual(self.plain(1), "Accepted")
        self.assertEqual(self.plain(2), "AcceptedCanceled")
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        told = [(each["status"], each.get("requestId")) for each in self.drive.of(self.action)]
        self.assertEqual(told, [("Idle", None), ("Downloading", 1), ("Downloading", 2), ("Downloading", 2)])
