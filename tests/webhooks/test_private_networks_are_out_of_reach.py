"""Webhooks never reach what only the server can reach, under whatever name; and TLS is checked against the name."""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from smartserver.core import clock
from smartserver.core.errors import BadInput
from smartserver.outbound.addresses import Address, Target, check, is_public, parse
from smartserver.outbound.line import resolve
from smartserver.webhooks.client import Line
from tests.webhooks.support import Receiver

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "fd12::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "2001::1",
)
PUBLIC = ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::")


class Addresses(SimpleTestCase):
    def test_what_is_private_and_what_is_not(self) -> None:
        for text in PRIVATE:
            self.assertFalse(is_public(ip_address(text)), text)
        for text in PUBLIC:
            self.assertTrue(is_public(ip_address(text)), text)

    def test_an_address_is_taken_apart(self) -> None:
        self.assertEqual(parse("https://a.example"), Target("https", "a.example", 443, "/"))
        self.assertEqual(parse("https://A.Example:8443/x/y?z=1"), Target("https", "a.example", 8443, "/x/y?z=1"))
        self.assertEqual(parse("http://[::1]:80/").authority, "[::1]")
        self.assertEqual(parse("https://[::1]:80/").authority, "[::1]:80")
        self.assertEqual(parse("https://bücher.example/").host, "xn--bcher-kva.example")

    def test_what_is_no_address_is_refused(self) -> None:
        for url in (
            "",
            "receiver.example",
            "ftp://a.example/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://a.example:99999/",
            "https://a.example:0/",
            "https://user:password@a.example/",
            "https://a.example/#top",
            "https://a.example/ x",
            "https://a.example/\r\nX: y",
            "https://a.example/ä",
            "https://[::1/",
            "https://a..example/",
            "https://a.example/" + "x" * 1000,
        ):
            with self.subTest(url), self.assertRaises(BadInput):
                parse(url)

    @given(st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
    def test_any_text_is_an_address_or_refused(self, text: str) -> None:
        try:
            target = parse(text)
        except BadInput:
            return
        self.assertTrue(target.host)
        (target.authority + target.path).encode("ascii")

    def test_plain_http_is_for_this_machine_only(self) -> None:
        for url in ("http://localhost/", "http://127.0.0.1:8000/", "http://[::1]/"):
            check(url, allow_plain=False, allow_private=True)
        check("http://receiver.example/", allow_plain=True, allow_private=False)
        with self.assertRaisesMessage(BadInput, "TLS"):
            check("http://receiver.example/", allow_plain=False, allow_private=True)

    def test_addresses_that_are_private_on_their_face_are_refused_at_once(self) -> None:
        for url in ("https://localhost/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[fd00::1]/"):
            with self.subTest(url), self.assertRaisesMessage(BadInput, "private"):
                check(url, allow_plain=False, allow_private=False)
        check("https://1.1.1.1/", allow_plain=False, allow_private=False)


class Reaching(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    async def post(self, host: str, *, allow_private: bool, found: tuple[str, ...] = ()) -> str:
        async def pretend(name: str) -> list[Address]:
            return [ip_address(each) for each in found]

        line = Line(allow_private=allow_private, timeout=5.0, resolve=pretend if found else resolve)
        try:
            reply = await line.post(f"http://{host}:{self.receiver.port}/", (), b"{}")
        finally:
            line.close()
        return reply.error or str(reply.status)

    async def test_a_private_address_is_refused_when_it_comes_to_connecting(self) -> None:
        for host in ("127.0.0.1", "localhost"):
            self.assertIn("private network", await self.post(host, allow_private=False))
        self.assertEqual(self.receiver.posts, [])

    async def test_a_name_that_leads_to_a_private_address_is_refused(self) -> None:
        self.assertIn("private network", await self.post("innocent.example", allow_private=False, found=("127.0.0.1",)))
        self.assertEqual(self.receiver.posts, [])

    async def test_with_the_setting_it_is_reached_under_its_name(self) -> None:
        self.assertEqual(await self.post("receiver.example", allow_private=True, found=("127.0.0.1",)), "200")
        self.assertEqual(self.receiver.posts[0].headers["Host"], f"receiver.example:{self.receiver.port}")
        self.assertEqual(await self.post("localhost", allow_private=True), "200")

    async def test_of_several_addresses_the_first_that_answers_is_taken(self) -> None:
        self.assertEqual(await self.post("two.example", allow_private=True, found=("127.0.0.99", "127.0.0.1")), "200")

    async def test_a_name_that_nobody_has(self) -> None:
        self.assertIn("cannot be resolved", await self.post("nobody.invalid", allow_private=True))


class Encryption(IsolatedAsyncioTestCase):
    """A receiver with a certificate for `receiver.example`, of an authority that the line trusts."""

    async def asyncSetUp(self) -> None:
        log = logging.getLogger("asyncio")  # where the receiver complains of who hangs up
        self.addCleanup(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pem = Path(folder.name) / "receiver.pem"
        pem.write_bytes(certificate("receiver.example"))
        self.trusting = ssl.create_default_context(cafile=pem)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(pem)
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0, ssl=serving)
        self.port = server.sockets[0].getsockname()[1]
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def post(self, host: str, tls: ssl.SSLContext | None) -> str:
        async def here(name: str) -> list[Address]:
            return [ip_address("127.0.0.1")]

        line = Line(allow_private=True, timeout=5.0, resolve=here, tls=tls)
        try:
            reply = await line.post(f"https://{host}:{self.port}/", (), b"{}")
        finally:
            line.close()
        return reply.error or str(reply.status)

    async def test_the_certificate_is_checked_against_the_name_not_the_address(self) -> None:
        self.assertEqual(await self.post("receiver.example", self.trusting), "204")
        self.assertIn("certificate", (await self.post("other.example", self.trusting)).lower())

    async def test_an_authority_that_nobody_trusts_is_refused(self) -> None:
        self.assertIn("certificate", (await self.post("receiver.example", None)).lower())


def certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
