"""Messages of ISO 15118-2 about contracts: written, read, refused; and the key that only one vehicle can read."""

from __future__ import annotations

import base64
import unittest

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp import iso15118
from stations.ocpp.iso15118 import Request, Response, Unreadable


def coded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def message(body: str) -> str:
    spaces = 'xmlns="urn:iso:15118:2:2013:MsgDef" xmlns:b="urn:iso:15118:2:2013:MsgBody"'
    return coded(f"<V2G_Message {spaces}><Header/><Body>{body}</Body></V2G_Message>")


class Messages(unittest.TestCase):
    def test_what_is_written_is_read(self) -> None:
        for request in (
            Request("Install", (b"car",)),
            Request("Update", (b"contract", b"sub", b"root"), "DE8AA1A2B3C4D5"),
        ):
            self.assertEqual(iso15118.read_request(iso15118.write_request(request), request.action), request)
        for action, chain in (("Install", (b"contract",)), ("Update", (b"contract", b"sub"))):
            response = Response(chain, "DE8AA1A2B3C4D5", b"key", b"ephemeral")
            written = iso15118.write_response(response, action, signers=(b"signer",))
            self.assertEqual(iso15118.read_response(written, action), response)

    def test_what_is_none_is_refused_with_a_reason(self) -> None:
        for text, reason in (
            ("?", "base64"),
            ("gJgC", "EXI"),
            (coded("<a"), "no XML"),
            (coded('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "document type"),
            (coded("<a/>"), "no CertificateInstallationReq"),
            (message("<b:CertificateInstallationReq/>"), "no OEMProvisioningCert"),
            (
                message(
                    "<b:CertificateInstallationReq><b:OEMProvisioningCert>?</b:OEMProvisioningCert>"
                    "</b:CertificateInstallationReq>"
                ),
                "base64",
            ),
        ):
            with self.subTest(reason), self.assertRaisesRegex(Unreadable, reason):
                iso15118.read_request(text, "Install")
        for body in (
            "<b:CertificateUpdateReq/>",
            "<b:CertificateUpdateReq><b:ContractSignatureCertChain/></b:CertificateUpdateReq>",
        ):
            with self.assertRaisesRegex(Unreadable, "no ContractSignatureCertChain"):
                iso15118.read_request(message(body), "Update")

    @given(st.binary(max_size=80) | st.text(max_size=60).map(lambda text: f"<{text}".encode()))
    def test_anything_is_read_or_refused(self, content: bytes) -> None:
        for action in ("Install", "Update"):
            with self.assertRaises(Unreadable):
                iso15118.read_request(base64.b64encode(content).decode(), action)


class Keys(unittest.TestCase):
    def setUp(self) -> None:
        self.car = ec.generate_private_key(iso15118.CURVE)
        self.key = ec.generate_private_key(iso15118.CURVE)

    def test_the_receiver_reads_it(self) -> None:
        wrapped, ephemeral = iso15118.wrap(self.key, self.car.public_key())
        self.assertEqual(iso15118.unwrap(wrapped, ephemeral, self.car).private_numbers(), self.key.private_numbers())

    def test_nobody_else_does(self) -> None:
        wrapped, ephemeral = iso15118.wrap(self.key, self.car.public_key())
        other = ec.generate_private_key(iso15118.CURVE)
        try:
            found = iso15118.unwrap(wrapped, ephemeral, other)
        except Unreadable:
            return
        self.assertNotEqual(found.private_numbers(), self.key.private_numbers())

    def test_what_is_no_key(self) -> None:
        wrapped, ephemeral = iso15118.wrap(self.key, self.car.public_key())
        for content, public in ((b"short", ephemeral), (wrapped, b"no point")):
            with self.assertRaises(Unreadable):
                iso15118.unwrap(content, public, self.car)
