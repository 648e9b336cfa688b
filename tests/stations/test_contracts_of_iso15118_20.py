"""Messages of ISO 15118-20 about contracts: written, read, refused; and the key that only one vehicle can read."""

from __future__ import annotations

import base64
import unittest
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp import iso15118_20
from stations.ocpp.iso15118 import INSTALL, UPDATE, Made, Request, Response, Unreadable
from tests.stations.pki import Issuer

EMAID, CAR = "DE8AA1A2B3C4D5", "WP0EXAMPLE0000001"
ISSUER = Issuer("MO root")


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


CONTRACT = der(ISSUER.issue(EMAID)[1])


def coded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def request(body: str) -> str:
    return coded(f'<CertificateInstallationReq xmlns="{iso15118_20.SCHEMA}">{body}</CertificateInstallationReq>')


class Messages(unittest.TestCase):
    def test_what_is_written_is_read(self) -> None:
        for chain, preferred in (((b"car",), ()), ((b"car", b"sub", b"root"), ("A", "B"))):
            asked = Request(INSTALL, chain, most=3, preferred=preferred)
            self.assertEqual(iso15118_20.read_request(iso15118_20.write_request(asked), INSTALL), asked)
        response = Response((CONTRACT, b"sub"), EMAID, b"key", b"ephemeral", 2)
        written = iso15118_20.write_response(response, INSTALL, signers=(b"signer", b"sub"))
        self.assertEqual(iso15118_20.read_response(written, INSTALL), response)

    def test_the_emaid_is_the_name_in_the_certificate(self) -> None:
        self.assertEqual(self.emaid_of(CONTRACT), EMAID)
        self.assertEqual(self.emaid_of(der(ISSUER.issue("")[1])), "", "it has none")
        with self.assertRaisesRegex(Unreadable, "cannot be read"):
            self.emaid_of(b"no certificate")

    def emaid_of(self, contract: bytes) -> str:
        written = iso15118_20.write_response(Response((contract,), "", b"k", b"e"), INSTALL, signers=(b"s",))
        return iso15118_20.read_response(written, INSTALL).emaid

    def test_what_is_none_is_refused_with_a_reason(self) -> None:
        chain = "<OEMProvisioningCertificateChain><Certificate>AAAA</Certificate></OEMProvisioningCertificateChain>"
        number = "<MaximumContractCertificateChains>{}</MaximumContractCertificateChains>"
        for text, reason in (
            ("gJgC", "EXI"),
            (coded("<a/>"), "no CertificateInstallationReq"),
            (request(number.format(1)), "no OEMProvisioningCertificateChain"),
            (request("<OEMProvisioningCertificateChain/>" + number.format(1)), "no OEMProvisioningCertificateChain"),
            (request(chain), "no MaximumContractCertificateChains"),
            (request(chain + number.format("many")), "no number"),
            (request(chain + number.format(1000)), "no number"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(Unreadable, reason):
                iso15118_20.read_request(text, INSTALL)
        with self.assertRaisesRegex(Unreadable, "no update"):
            iso15118_20.read_request(request(chain + number.format(1)), UPDATE)
        answer = f'<CertificateInstallationRes xmlns="{iso15118_20.SCHEMA}"/>'
        with self.assertRaisesRegex(Unreadable, "no SignedInstallationData"):
            iso15118_20.read_response(coded(answer), INSTALL)

    @given(st.binary(max_size=80) | st.text(max_size=60).map(lambda text: f"<{text}".encode()))
    def test_anything_is_read_or_refused(self, content: bytes) -> None:
        with self.assertRaises(Unreadable):
            iso15118_20.read_request(base64.b64encode(content).decode(), INSTALL)


class Keys(unittest.TestCase):
    def setUp(self) -> None:
        self.car = ec.generate_private_key(iso15118_20.CURVE)
        self.key = ec.generate_private_key(iso15118_20.CURVE)
        made = Made(self.key, (CONTRACT,), (b"signer",), EMAID, CAR, 1)
        self.response = iso15118_20.read_response(iso15118_20.write_made(made, INSTALL, self.car.public_key()), INSTALL)

    def read(self, response: Response, car: ec.EllipticCurvePrivateKey, vehicle: str = CAR) -> object:
        key = iso15118_20.unwrap(response.key, response.ephemeral, car, vehicle, response.chain[0])
        return key.private_numbers()

    def test_the_receiver_reads_it(self) -> None:
        self.assertEqual(self.read(self.response, self.car), self.key.private_numbers())
        self.assertEqual((self.response.emaid, self.response.remaining), (EMAID, 1))

    def test_nobody_else_does_and_nobody_changes_it(self) -> None:
        other = der(ISSUER.issue(EMAID)[1])
        changed = self.response.key[:-1] + bytes((self.response.key[-1] ^ 1,))
        for response, car, vehicle in (
            (self.response, ec.generate_private_key(iso15118_20.CURVE), CAR),
            (self.response, self.car, "ANOTHER"),
            (replace(self.response, chain=(other,)), self.car, CAR),
            (replace(self.response, key=changed), self.car, CAR),
            (replace(self.response, key=b"short"), self.car, CAR),
            (replace(self.response, ephemeral=b"no point"), self.car, CAR),
        ):
            with self.assertRaises(Unreadable):
                self.read(response, car, vehicle)
