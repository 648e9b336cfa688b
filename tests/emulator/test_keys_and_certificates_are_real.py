"""Certificates of the station and of others (security whitepaper, use cases A02, A03, M03 to M05)."""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import SimpleTestCase

from stations.emulator.keys import StationKeys
from tests.emulator.certificates import Authority
from tests.emulator.fakes import STARTED
from tests.emulator.scripted import Scripted

ROOT, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


class SecurityCase(SimpleTestCase):
    def setUp(self) -> None:
        self.keys = StationKeys()
        self.drive = Scripted(self, keys=self.keys, security_profile=1)
        self.authority = Authority("Operator")

    def install(self, kind: str = ROOT, certificate: str = "") -> str:
        return self.drive.status_of(
            "InstallCertificate", certificateType=kind, certificate=certificate or self.authority.certificate
        )

    def installed(self, kind: str = ROOT) -> list[Any]:
        return list(self.drive.ask("GetInstalledCertificateIds", certificateType=kind).get("certificateHashData", []))

    def delete(self, data: dict[str, Any]) -> str:
        return self.drive.status_of("DeleteCertificate", certificateHashData=data)

    def events(self) -> list[str]:
        return [each["type"] for each in self.drive.of("SecurityEventNotification")]


class OwnCertificate(SecurityCase):
    def request(self) -> str:
        wanted = self.drive.status_of("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
        self.assertEqual(wanted, "Accepted")
        return str(self.drive.of("SignCertificate")[-1]["csr"])

    def test_is_asked_for_signed_and_used(self) -> None:
        self.drive.set(CpoName="Stromwerk")
        request = x509.load_pem_x509_csr(self.request().encode())
        self.assertTrue(request.is_signature_valid)
        self.assertEqual(request.subject.rfc4514_string(), "O=Stromwerk,CN=CP1")
        chain = self.authority.sign(request.public_bytes(Encoding.PEM).decode())
        self.assertEqual(self.drive.status_of("CertificateSigned", certificateChain=chain), "Accepted")
        self.assertTrue(self.keys.certified)

    def test_for_another_key_is_refused(self) -> None:
        old = self.authority.sign(self.request())
        self.request()
        self.assertEqual(self.drive.status_of("CertificateSigned", certificateChain=old), "Rejected")
        self.assertEqual(self.drive.status_of("CertificateSigned", certificateChain="nonsense"), "Rejected")
        self.assertEqual(self.events(), ["InvalidChargePointCertificate"] * 2)

    def test_whose_chain_does_not_hold_is_refused(self) -> None:
        chain = self.authority.sign(self.request()).replace(
            self.authority.certificate, Authority("Stranger").certificate
        )
        self.assertEqual(self.drive.status_of("CertificateSigned", certificateChain=chain), "Rejected")

    def test_that_is_too_long_is_refused(self) -> None:
        self.drive.set(CertificateSignedMaxChainSize=100)
        chain = self.authority.sign(self.request())
        self.assertEqual(self.drive.status_of("CertificateSigned", certificateChain=chain), "Rejected")

    def test_needs_keys(self) -> None:
        drive = Scripted(self)
        wanted = drive.status_of("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
        self.assertEqual(wanted, "NotImplemented")
        self.assertEqual(drive.status_of("CertificateSigned", certificateChain="x"), "Rejected")
        install = drive.status_of("InstallCertificate", certificateType=MAKER, certificate="x")
        self.assertEqual(install, "Rejected")
        data = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
        self.assertEqual(drive.status_of("DeleteCertificate", certificateHashData=data), "NotFound")


class Roots(SecurityCase):
    def test_are_installed_listed_and_deleted_by_their_hashes(self) -> None:
        self.assertEqual(self.installed(), [])
        self.assertEqual(self.install(), "Accepted")
        self.assertEqual(self.installed(MAKER), [])
        (data,) = self.installed()
        self.assertEqual(len(data["issuerNameHash"]), 64)
        self.assertEqual(data["serialNumber"], f"{self.authority.root.serial_number:x}")
        self.assertEqual(self.delete(data | {"serialNumber": "1"}), "NotFound")
        self.assertEqual(self.delete(data), "Accepted")
        self.assertEqual(self.delete(data), "NotFound")

    def test_are_found_by_other_hashes_too(self) -> None:
        self.install()
        found = self.keys.identify(self.authority.certificate, "SHA512")
        assert found is not None
        self.assertEqual(self.delete(found.data("SHA512")), "Accepted")

    def test_have_to_be_certificates(self) -> None:
        self.assertEqual(self.install(certificate="nonsense"), "Rejected")
        self.assertEqual(self.install(MAKER, certificate="nonsense"), "Rejected")
        self.assertEqual(self.events(), ["InvalidCentralSystemCertificate", "InvalidFirmwareSigningCertificate"])

    def test_have_limited_room(self) -> None:
        self.drive.set(CertificateStoreMaxLength=1)
        self.assertEqual(self.install(), "Accepted")
        self.assertEqual(self.install(), "Accepted", "It is the same one.")
        self.assertEqual(self.install(certificate=Authority("Other").certificate), "Failed")

    def test_that_the_connection_rests_on_stay(self) -> None:
        self.install()
        (data,) = self.installed()
        self.drive.set(SecurityProfile=2)
        self.assertEqual(self.delete(data), "Failed")
        self.install(certificate=Authority("Other").certificate)
        self.assertEqual(self.delete(data), "Accepted")

    def test_may_be_of_rsa(self) -> None:
        authority = Authority("Old", key=rsa.generate_private_key(65537, 2048))
        self.assertEqual(self.install(certificate=authority.certificate), "Accepted")
        self.assertEqual(len(self.installed()), 1)


class SecurityProfile(SecurityCase):
    def change(self, value: str) -> str:
        return self.drive.status_of("ChangeConfiguration", key="SecurityProfile", value=value)

    def test_rises_only_with_what_it_needs_and_never_falls(self) -> None:
        self.assertEqual(self.change("0"), "Rejected")
        self.assertEqual(self.change("x"), "Rejected")
        self.assertEqual(self.change("2"), "Rejected")
        self.install()
        self.assertEqual(self.change("2"), "Rejected")
        self.drive.ask("ChangeConfiguration", key="AuthorizationKey", value="0123456789abcdef")
        self.assertEqual(self.change("2"), "RebootRequired")
        self.assertEqual(self.change("3"), "Rejected")
        self.drive.ask("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
        chain = self.authority.sign(self.drive.of("SignCertificate")[0]["csr"])
        self.drive.ask("CertificateSigned", certificateChain=chain)
        self.assertEqual(self.change("3"), "RebootRequired")

    def test_zero_reports_no_events(self) -> None:
        drive = Scripted(self)
        drive.station.security.report("TamperDetectionActivated", drive.now, "lid")
        drive.run(0)
        self.assertEqual(drive.said, [])

    def test_one_does_also_those_of_the_time_offline(self) -> None:
        self.drive.lose_connection()
        self.drive.station.security.report("TamperDetectionActivated", self.drive.now, "lid")
        self.drive.reconnect()
        (event,) = self.drive.of("SecurityEventNotification")
        self.assertEqual((event["type"], event["techInfo"]), ("TamperDetectionActivated", "lid"))


class Signatures(SimpleTestCase):
    def setUp(self) -> None:
        self.keys = StationKeys()

    def test_of_rsa_are_verified_in_both_paddings(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        certificate = Authority("Signer", key=key).certificate
        digest = hashes.SHA256()
        for padded in (padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), padding.PKCS1v15()):
            signature = self.encoded(key.sign(b"image", padded, digest))
            self.assertTrue(self.keys.verifies(certificate, signature, b"image"))
            self.assertFalse(self.keys.verifies(certificate, signature, b"another"))

    def test_that_are_none_are_refused(self) -> None:
        certificate = Authority("Signer").certificate
        self.assertFalse(self.keys.verifies(certificate, "!", b"image"))
        self.assertFalse(self.keys.verifies("nonsense", "", b"image"))

    def test_of_other_kinds_of_keys_are_refused(self) -> None:
        for key in (ed25519.Ed25519PrivateKey.generate(), dsa.generate_private_key(2048)):
            authority = Authority("Signer")
            certificate = authority._made(authority.root.subject, authority.root.subject, key.public_key())
            text = certificate.public_bytes(Encoding.PEM).decode()
            self.assertFalse(self.keys.verifies(text, "", b"image"))
            self.assertIsNotNone(self.keys.identify(text, "SHA256"))

    def test_of_an_expired_certificate_do_not_count(self) -> None:
        _, certificate = Authority("Maker").issue("Signer", days=2)
        self.assertEqual(self.keys.signer_problem(certificate, [], STARTED), "")
        late = STARTED.replace(year=2026)
        self.assertEqual(self.keys.signer_problem(certificate, [], late), "InvalidCertificate")

    @staticmethod
    def encoded(signature: bytes) -> str:

        return base64.b64encode(signature).decode()
