"""The server's certificate authority: what it signs, what it refuses, and what it is made of."""

from __future__ import annotations

import base64
import shutil
import stat
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.test import SimpleTestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Unavailable
from stations.services.certificates import authority, keeping, pem
from tests.stations.signing import csr_pem, self_signed
from tests.stations.support import NOON


class AuthorityCase(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        override = override_settings(CA_DIR=self.folder / "authority", CA_CERTIFICATE_FILE=None, CA_KEY_FILE=None)
        override.enable()
        self.addCleanup(override.disable)

    def sign(self, text: str, *, identity: str = "CP1", days: int = 365) -> x509.Certificate:
        return authority.sign(authority.read_request(text), identity=identity, days=days).certificate


class OwnRoot(AuthorityCase):
    def test_it_is_made_once(self) -> None:
        first = authority.authority()
        keeping.load.cache_clear()
        again = authority.authority()
        self.assertEqual(first.certificate, again.certificate)
        self.assertEqual(
            sorted(path.name for path in (self.folder / "authority").iterdir()), ["certificate.pem", "key.pem"]
        )

    def test_only_its_owner_can_read_the_key(self) -> None:
        authority.authority()
        self.assertEqual(stat.S_IMODE((self.folder / "authority" / "key.pem").stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.folder / "authority").stat().st_mode), 0o700)

    def test_who_comes_second_uses_the_key_of_the_first(self) -> None:
        """Two processes make their first signature at the same time: the key is there, its certificate is not yet."""
        authority.authority()
        key = (self.folder / "authority" / "key.pem").read_bytes()
        (self.folder / "authority" / "certificate.pem").unlink()
        keeping.load.cache_clear()
        made = authority.authority()
        self.assertEqual((self.folder / "authority" / "key.pem").read_bytes(), key)
        made.certificate.verify_directly_issued_by(made.certificate)

    def test_it_is_a_root_that_signs_stations_and_no_authorities(self) -> None:
        root = authority.authority().certificate
        constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertTrue(constraints.critical)
        self.assertEqual((constraints.value.ca, constraints.value.path_length), (True, 0))
        usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertEqual((usage.key_cert_sign, usage.crl_sign, usage.digital_signature), (True, True, False))
        self.assertEqual(authority.root_pem(), pem.pem_of(root))


class Signing(AuthorityCase):
    def test_a_certificate_for_a_station(self) -> None:
        with clock.frozen(NOON):
            made = self.sign(csr_pem("CP1", organization="Operator"), identity="CP/1", days=30)
        root = authority.authority().certificate
        made.verify_directly_issued_by(root)
        self.assertEqual(made.subject.rfc4514_string(), "CN=CP1,O=Operator")
        self.assertEqual(
            (made.not_valid_before_utc, made.not_valid_after_utc), (NOON - timedelta(days=1), NOON + timedelta(days=30))
        )
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.UniformResourceIdentifier), ["urn:ocpp:station:CP%2F1"])
        usages = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual(list(usages), [ExtendedKeyUsageOID.CLIENT_AUTH])
        self.assertFalse(made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        issuer = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        own = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        self.assertEqual(issuer.key_identifier, own.digest)

    def test_what_a_request_asks_for_beyond_its_name_is_not_granted(self) -> None:
        wish = x509.BasicConstraints(ca=True, path_length=None)
        made = self.sign(csr_pem("CP1", extension=wish))
        self.assertFalse(made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)

    def test_two_certificates_have_different_numbers(self) -> None:
        text = csr_pem("CP1")
        self.assertNotEqual(self.sign(text).serial_number, self.sign(text).serial_number)

    def test_none_outlives_the_authority(self) -> None:
        with clock.frozen(NOON):
            root = authority.authority().certificate
            made = self.sign(csr_pem("CP1"), days=365 * 100)
        self.assertEqual(made.not_valid_after_utc, root.not_valid_after_utc)
        with clock.frozen(root.not_valid_after_utc), self.assertRaisesRegex(Unavailable, "has expired"):
            self.sign(csr_pem("CP1"))

    def test_keys_that_are_strong_enough(self) -> None:
        for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
            self.assertEqual(self.sign(csr_pem("CP1", key=key)).public_key(), key.public_key())

    def test_keys_that_are_not(self) -> None:
        for key in (
            ec.generate_private_key(ec.SECP192R1()),
            rsa.generate_private_key(65537, 1024),
            ed25519.Ed25519PrivateKey.generate(),
        ):
            with self.subTest(type(key).__name__), self.assertRaises(authority.BadRequest):
                authority.read_request(csr_pem("CP1", key=key))

    def test_a_request_that_somebody_has_changed(self) -> None:
        der = bytearray(x509.load_pem_x509_csr(csr_pem("CP1").encode()).public_bytes(serialization.Encoding.DER))
        der[-1] ^= 1
        with self.assertRaises(authority.BadRequest):
            authority.read_request(x509_pem(bytes(der)))

    def test_texts_that_are_no_request(self) -> None:
        for text in (
            "",
            "no",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "ÄÖÜ",
            "QUJD",
        ):
            with self.subTest(text), self.assertRaises(authority.BadRequest):
                authority.read_request(text)

    def test_requests_as_stations_write_them(self) -> None:
        text = csr_pem("CP1")
        body = "".join(text.splitlines()[1:-1])
        for written in (
            text,
            text.replace("\n", "\r\n"),
            text.replace("\n", "\\n"),
            text.replace("\n", "\\r\\n"),
            body,
        ):
            self.assertEqual(authority.common_name(authority.read_request(written)), "CP1")

    def test_names_that_are_not_one(self) -> None:
        for names in ((), ("CP1", "CP2")):
            self.assertEqual(authority.common_name(authority.read_request(csr_pem(*names))), "")


def x509_pem(der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"


class OfOnesOwn(AuthorityCase):
    """CA_CERTIFICATE_FILE and CA_KEY_FILE."""

    def configure(self, certificates: str, key: Any) -> Any:
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "ca.pem").write_text(certificates)
        (self.folder / "ca.key").write_bytes(encoded)
        return override_settings(CA_CERTIFICATE_FILE=self.folder / "ca.pem", CA_KEY_FILE=self.folder / "ca.key")

    def test_an_intermediate_goes_along_and_its_root_does_not(self) -> None:
        root_key, key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
        root = self_signed("Root", root_key)
        between = self_signed("Between", key, issuer="Root", issuer_key=root_key)
        with self.configure(pem.pem_of(between) + pem.pem_of(root), key):
            signed = authority.sign(authority.read_request(csr_pem("CP1")), identity="CP1", days=1)
            signed.certificate.verify_directly_issued_by(between)
            chain = x509.load_pem_x509_certificates(signed.chain.encode())
            self.assertEqual(chain, [signed.certificate, between])
            self.assertEqual(authority.root_pem(), pem.pem_of(between))

    def test_files_that_cannot_be_used(self) -> None:
        key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        wrong = ed25519.Ed25519PrivateKey.generate()
        for certificates, private in (
            (pem.pem_of(self_signed("Root", key)), other),
            (pem.pem_of(self_signed("Root", key)), wrong),
            ("no certificate", key),
        ):
            keeping.load.cache_clear()
            with self.configure(certificates, private), self.assertRaises(Unavailable):
                authority.authority()


class Hashes(AuthorityCase):
    """By what OCPP names a certificate: as in an OCSP request (RFC 6960), which others compute, too."""

    def check(self, text: str, certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str) -> None:
        kinds: dict[str, hashes.HashAlgorithm] = {
            "SHA256": hashes.SHA256(),
            "SHA384": hashes.SHA384(),
            "SHA512": hashes.SHA512(),
        }
        request = OCSPRequestBuilder().add_certificate(certificate, issuer, kinds[algorithm]).build()
        found = pem.hash_of(text, algorithm, issuers=[issuer])
        self.assertEqual(found.issuer_name_hash, request.issuer_name_hash.hex())
        self.assertEqual(found.issuer_key_hash, request.issuer_key_hash.hex())
        self.assertEqual(int(found.serial_number, 16), request.serial_number)
        self.assertEqual(found.algorithm, algorithm)

    def test_as_others_compute_them(self) -> None:
        keys: list[Any] = [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())]
        for algorithm in ("SHA256", "SHA384", "SHA512"):
            for key in keys:
                root = self_signed("Root", key)
                self.check(pem.pem_of(root), root, root, algorithm)
        made = self.sign(csr_pem("CP1"))
        self.check(pem.pem_of(made), made, authority.authority().certificate, "SHA256")

    def test_the_issuer_may_stand_behind_it(self) -> None:
        key, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = self_signed("Root", key)
        made = self_signed("Leaf", leaf, issuer="Root", issuer_key=key)
        self.assertNotEqual(pem.hash_of(pem.pem_of(made) + pem.pem_of(root)).issuer_key_hash, "")

    def test_of_an_unknown_issuer_the_key_is_not_guessed(self) -> None:
        key, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        impostor = self_signed("Root", leaf)
        made = self_signed("Leaf", leaf, issuer="Root", issuer_key=key)
        self.assertEqual(pem.hash_of(pem.pem_of(made), issuers=[impostor]).issuer_key_hash, "")

    def test_a_key_of_another_kind(self) -> None:
        root = self_signed("Root", ed25519.Ed25519PrivateKey.generate())
        self.check(pem.pem_of(root), root, root, "SHA256")

    def test_facts_that_are_shown(self) -> None:
        with clock.frozen(NOON):
            made = self.sign(csr_pem("CP1"), days=1)
        facts = pem.facts_of(made)
        self.assertEqual((facts.subject, facts.valid_to), ("CN=CP1", NOON + timedelta(days=1)))
        self.assertEqual(int(facts.serial_number, 16), made.serial_number)

    def test_texts_that_are_no_certificate(self) -> None:
        for text in ("", "no", csr_pem("CP1")):
            with self.assertRaises(BadInput):
                pem.read_certificate(text)
