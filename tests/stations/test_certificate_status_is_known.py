"""Whether certificates were revoked: asked of responders, believed of their issuers, and told of our own."""

from __future__ import annotations

import asyncio
import base64
import threading
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as der
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.test import SimpleTestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import Conflict, NotFound
from stations.models import Certificate, CertificateStatus
from stations.ocpp.certificates import StatusSource, write_hash
from stations.ocpp.facts import CertificateHash
from stations.ocpp.frames import Payload
from stations.services import certificates
from stations.services.certificates import chains, ocsp, pki, responders
from stations.services.certificates.pem import hash_of, pem_of
from tests.stations.certificate_case import CertificateCase
from tests.stations.pki import Issuer, Responder
from tests.stations.signing import csr_pem
from tests.stations.support import NOON, call
from tests.units import run

URL = "http://responder.example/"


class At(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))


class Chains(At):
    def setUp(self) -> None:
        super().setUp()
        self.root = Issuer("Root")
        self.sub = Issuer("Sub", self.root)

    def problem(self, *chain: x509.Certificate, trusted: tuple[x509.Certificate, ...] | None = None) -> str:
        return chains.problem_of(chain, (self.root.certificate,) if trusted is None else trusted, NOON)

    def test_that_lead_to_somebody_trusted_are_right(self) -> None:
        _, leaf = self.sub.issue("Leaf")
        self.assertEqual(self.problem(leaf, self.sub.certificate), "")
        self.assertEqual(self.problem(leaf, self.sub.certificate, self.root.certificate), "")
        self.assertEqual(self.problem(leaf, trusted=(self.sub.certificate,)), "", "a Sub-CA may be trusted, too")

    def test_that_lead_nowhere_are_not(self) -> None:
        _, leaf = self.sub.issue("Leaf")
        self.assertEqual(self.problem(leaf), "CertChainError")
        self.assertEqual(self.problem(leaf, self.sub.certificate, trusted=()), "CertChainError")
        circle = [self.root.certificate] * 9
        self.assertEqual(self.problem(leaf, self.sub.certificate, *circle, trusted=()), "CertChainError")

    def test_with_a_wrong_signature(self) -> None:
        _, leaf = Issuer("Sub", self.root).issue("Leaf")
        self.assertEqual(self.problem(leaf, self.sub.certificate), "SignatureError")

    def test_that_are_over(self) -> None:
        _, leaf = self.sub.issue("Leaf", days=-1)
        self.assertEqual(self.problem(leaf, self.sub.certificate), "CertificateExpired")

    def test_an_authority_is_no_leaf_and_a_leaf_no_authority(self) -> None:
        self.assertEqual(self.problem(self.sub.certificate), "CertChainError")
        key, leaf = self.sub.issue("Leaf")
        forger = Issuer("Leaf")
        forger.key, forger.certificate = key, leaf
        _, forged = forger.issue("Forged", issuer="Leaf")
        self.assertEqual(self.problem(forged, leaf, self.sub.certificate), "CertChainError")

    def test_an_authority_that_may_not_sign_so_far(self) -> None:
        short = Issuer("Short", path_length=0)
        _, leaf = Issuer("Below", short).issue("Leaf")
        chain = (leaf, Issuer("Below", short).certificate)
        self.assertEqual(self.problem(*chain, trusted=(short.certificate,)), "SignatureError")
        below = Issuer("Below", short)
        _, leaf = below.issue("Leaf")
        self.assertEqual(self.problem(leaf, below.certificate, trusted=(short.certificate,)), "CertChainError")

    def test_with_something_critical_that_nobody_understands(self) -> None:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        _, leaf = self.sub.issue("Leaf", extensions=((unknown, True),))
        self.assertEqual(self.problem(leaf, self.sub.certificate), "CertChainError")

    def test_an_authority_whose_key_is_for_something_else(self) -> None:
        usage = x509.KeyUsage(True, *[False] * 8)
        key = ec.generate_private_key(ec.SECP256R1())
        other = Issuer("Other")
        other.key = key
        other.certificate = self.root._signed("Other", key.public_key(), authority=True, extensions=((usage, True),))
        _, leaf = other.issue("Leaf")
        self.assertEqual(self.problem(leaf, other.certificate), "CertChainError")


class Answers(At):
    """What responders say, as DER."""

    def setUp(self) -> None:
        super().setUp()
        self.issuer = Issuer("Issuer")
        _, self.leaf = self.issuer.issue("Leaf")
        self.hash = self.issuer.hash_of(self.leaf)

    def read(self, content: bytes, *issuers: Issuer, certificate: CertificateHash | None = None) -> ocsp.Standing:
        return ocsp.read_answer(content, certificate or self.hash, [each.certificate for each in issuers], NOON)

    def test_of_the_issuer_are_verified(self) -> None:
        standing = self.read(self.issuer.answer(self.leaf), Issuer("Another"), self.issuer)
        self.assertEqual(standing, ocsp.Standing("Good", NOON + self.issuer.valid, True))
        self.issuer.revoked.add(self.leaf.serial_number)
        self.assertEqual(self.read(self.issuer.answer(self.leaf), self.issuer).status, "Revoked")

    def test_of_its_delegate_are_verified(self) -> None:
        delegate = self.issuer.delegate()
        self.assertTrue(self.read(self.issuer.answer(self.leaf, by=delegate), self.issuer).verified)

    def test_of_anybody_else_are_not(self) -> None:
        stranger = Issuer("Stranger")
        for by in (stranger.delegate(), self.issuer.issue("No responder"), stranger.issue("Stranger's")):
            self.assertFalse(self.read(self.issuer.answer(self.leaf, by=by), self.issuer).verified)
        self.assertFalse(self.read(self.issuer.answer(self.leaf)).verified, "nobody knows the issuer")

    def test_by_other_kinds_of_keys(self) -> None:
        for key, verified in (
            (rsa.generate_private_key(65537, 2048), True),
            (ed25519.Ed25519PrivateKey.generate(), False),
        ):
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
            signer = self.issuer._signed("Responder", key.public_key(), extensions=((purpose, False),))
            digest = hashes.SHA256() if verified else None
            answer = self.signed(key, signer, digest)
            self.assertEqual(self.read(answer, self.issuer).verified, verified)

    def signed(self, key: Any, signer: x509.Certificate, digest: Any) -> bytes:
        builder = der.OCSPResponseBuilder().add_response(
            self.leaf,
            self.issuer.certificate,
            hashes.SHA256(),
            der.OCSPCertStatus.GOOD,
            NOON,
            NOON + timedelta(hours=1),
            None,
            None,
        )
        builder = builder.responder_id(der.OCSPResponderEncoding.HASH, signer).certificates([signer])
        return builder.sign(key, digest).public_bytes(Encoding.DER)

    def test_hold_for_a_day_where_they_do_not_say_and_a_week_at_most(self) -> None:
        self.assertEqual(self.read(self.issuer.answer(self.leaf, open_end=True)).next_update, NOON + ocsp.VALID)
        self.issuer.valid = timedelta(days=300)
        self.assertEqual(self.read(self.issuer.answer(self.leaf)).next_update, NOON + ocsp.LONGEST_VALID)

    def test_that_say_nothing_of_it_are_refused(self) -> None:
        _, other = self.issuer.issue("Other")
        for content, reason in (
            (b"nonsense", "no OCSP response"),
            (ocsp.refusal(der.OCSPResponseStatus.TRY_LATER), "TRY_LATER"),
            (self.issuer.answer(other), "another certificate"),
            (self.issuer.answer(self.leaf, age=timedelta(days=3)), "out of date"),
            (self.issuer.answer(self.leaf, age=-timedelta(days=3)), "out of date"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(ocsp.Misfit, reason):
                self.read(content, self.issuer)
        with self.assertRaisesRegex(ocsp.Misfit, "hexadecimal"):
            self.read(self.issuer.answer(self.leaf), certificate=CertificateHash("SHA256", "x", "y", "z"))

    def test_lists_of_the_issuer(self) -> None:
        def read(content: bytes, *issuers: Issuer) -> ocsp.Standing:
            return ocsp.read_list(content, self.hash, [each.certificate for each in issuers], NOON)

        self.assertEqual(
            read(self.issuer.list_of_revoked(), self.issuer), ocsp.Standing("Good", NOON + self.issuer.valid)
        )
        self.issuer.revoked.add(self.leaf.serial_number)
        self.assertEqual(read(self.issuer.list_of_revoked(), self.issuer).status, "Revoked")
        self.assertFalse(read(Issuer("Issuer").list_of_revoked(), self.issuer).verified, "of the same name")
        self.assertFalse(read(self.issuer.list_of_revoked()).verified)
        for content in (b"nonsense", self.issuer.list_of_revoked(age=timedelta(days=3))):
            with self.assertRaises(ocsp.Misfit):
                read(content, self.issuer)

    def test_questions_are_read(self) -> None:
        for algorithm in ("SHA1", "SHA256"):
            named = self.issuer.hash_of(self.leaf, algorithm)
            self.assertEqual(ocsp.read_question(ocsp.question(named)), named)
        other = CertificateHash("SHA256", "aa", "bb", "1")
        odd = der.OCSPRequestBuilder().add_certificate(self.leaf, self.issuer.certificate, hashes.SHA224()).build()
        for content in (b"nonsense", odd.public_bytes(Encoding.DER)):
            with self.assertRaises(ocsp.Misfit):
                ocsp.read_question(content)
        with self.assertRaises((ocsp.Misfit, ValueError)):
            ocsp.question(other)


@override_settings(OCSP_HOSTS=["127.0.0.1"], OCSP_TIMEOUT=5.0)
class Asking(SimpleTestCase):
    def setUp(self) -> None:
        self.responder = Responder(lambda question: (200, b"said"))
        self.addCleanup(self.responder.close)

    def ask(self, *urls: str, kind: str = "OCSP", certificate: CertificateHash | None = None) -> responders.Heard:
        named = certificate or CertificateHash("SHA256", "a" * 64, "b" * 64, "1f")
        return asyncio.run(responders.ask(StatusSource(named, urls, kind)))

    def test_by_post_or_for_a_list(self) -> None:
        self.assertEqual(self.ask(self.responder.url).der, b"said")
        asked = der.load_der_ocsp_request(self.responder.asked[0])
        self.assertEqual((asked.serial_number, asked.issuer_name_hash.hex()), (31, "a" * 64))
        self.assertEqual(self.ask(self.responder.url, kind="CRL").url, self.responder.url)
        self.assertEqual(self.responder.asked[1], b"")

    def test_the_next_address_when_the_first_does_not_answer(self) -> None:
        heard = self.ask("http://127.0.0.1:1/", self.responder.url)
        self.assertEqual((heard.der, heard.url), (b"said", self.responder.url))

    def test_what_goes_wrong_is_said(self) -> None:
        self.responder.answer = lambda question: (503, b"")
        for url, reason in (
            (self.responder.url, "answered 503"),
            ("http://127.0.0.1:1/", "connection failed"),
            ("http://other.example/", "none of OCSP_HOSTS"),
            ("ftp://127.0.0.1/", "https://host"),
            ("", "https://host"),
        ):
            self.assertIn(reason, self.ask(url).error)
        self.assertIn("No responder", self.ask().error)
        self.assertIn(
            "hexadecimal", self.ask(self.responder.url, certificate=CertificateHash("SHA256", "x", "y", "z")).error
        )

    def test_answers_that_are_too_long(self) -> None:
        self.responder.answer = lambda question: (200, bytes(responders.LARGEST + 1))
        self.assertIn("too long", self.ask(self.responder.url).error)

    def test_private_networks_only_when_they_are_named(self) -> None:
        with override_settings(OCSP_HOSTS=[]):
            self.assertIn("private network", self.ask(self.responder.url).error)
        self.assertEqual(self.responder.asked, [])

    def test_nobody_is_waited_for_too_long(self) -> None:
        self.responder.hold = threading.Event()
        with override_settings(OCSP_TIMEOUT=0.2):
            self.assertIn("within 0.2 seconds", self.ask(self.responder.url, self.responder.url).error)


class Ours(CertificateCase):
    """Our own authorities answer for what they have signed."""

    def signed(self) -> Certificate:
        self.ask(csr_pem("CP1"))
        return Certificate.objects.latest("pk")

    def status(self, named: CertificateHash) -> der.OCSPResponse:
        body = ocsp.question(named)
        answer = self.client.post("/ocsp", body, content_type="application/ocsp-request")
        self.assertEqual((answer.status_code, answer["Content-Type"]), (200, "application/ocsp-response"))
        return der.load_der_ocsp_response(answer.content)

    def test_over_http_for_everybody(self) -> None:
        row = self.signed()
        named = hash_of(row.pem, "SHA1", issuers=[each.certificate for each in pki.own()])
        self.assertEqual(self.status(named).certificate_status, der.OCSPCertStatus.GOOD)
        run(lambda batch: certificates.revoke_certificate(batch, certificate_id=row.pk))
        answer = self.status(named)
        self.assertEqual((answer.certificate_status, answer.revocation_time_utc), (der.OCSPCertStatus.REVOKED, NOON))

    def test_that_of_an_authority_itself(self) -> None:
        signer = pki.v2g()
        named = hash_of(pem_of(signer.certificate), issuers=signer.chain)
        self.assertEqual(self.status(named).certificate_status, der.OCSPCertStatus.GOOD)

    def test_a_number_that_was_never_given(self) -> None:
        row = self.signed()
        known = hash_of(row.pem, issuers=[each.certificate for each in pki.own()])
        named = CertificateHash("SHA256", known.issuer_name_hash, known.issuer_key_hash, "1")
        self.assertEqual(self.status(named).certificate_status, der.OCSPCertStatus.UNKNOWN)

    def test_a_stranger_with_the_same_number_is_no_certificate_of_ours(self) -> None:
        row = self.signed()
        _, foreign = Issuer("Stranger").issue("Leaf")
        Certificate.objects.create(
            station=self.station, use=row.use, pem=pem_of(foreign), serial_number="2", created_at=NOON, changed_at=NOON
        )
        known = hash_of(row.pem, issuers=[each.certificate for each in pki.own()])
        named = CertificateHash("SHA256", known.issuer_name_hash, known.issuer_key_hash, "2")
        self.assertEqual(self.status(named).certificate_status, der.OCSPCertStatus.UNKNOWN)

    def test_what_is_no_question_or_not_for_us(self) -> None:
        stranger = Issuer("Stranger")
        _, leaf = stranger.issue("Leaf")
        self.assertEqual(self.status(stranger.hash_of(leaf)).response_status, der.OCSPResponseStatus.UNAUTHORIZED)
        answer = self.client.post("/ocsp", b"nonsense", content_type="application/ocsp-request")
        refused = der.load_der_ocsp_response(answer.content).response_status
        self.assertEqual(refused, der.OCSPResponseStatus.MALFORMED_REQUEST)
        self.assertEqual(
            self.client.post("/ocsp", bytes(5000), content_type="application/ocsp-request").status_code, 413
        )
        self.assertEqual(self.client.get("/ocsp").status_code, 405)

    def test_only_what_we_have_made_can_be_revoked_by_us(self) -> None:
        row = self.signed()
        revoked = run(lambda batch: certificates.revoke_certificate(batch, certificate_id=row.pk))[0]
        with clock.frozen(NOON + timedelta(days=1)):
            again = run(lambda batch: certificates.revoke_certificate(batch, certificate_id=row.pk))[0]
        self.assertEqual((revoked.revoked_at, again.revoked_at), (NOON, NOON))
        Certificate.objects.update(use="MORootCertificate")
        for error, pk in ((Conflict, row.pk), (NotFound, 0)):
            with self.assertRaises(error):
                run(lambda batch, pk=pk: certificates.revoke_certificate(batch, certificate_id=pk))  # type: ignore[misc]


class Kept(CertificateCase):
    """What responders have said is kept until their next update."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(OCSP_HOSTS=["127.0.0.1"]))
        self.issuer = Issuer("Foreign")
        _, self.leaf = self.issuer.issue("Leaf")
        self.responder = Responder(lambda question: (200, self.issuer.answer(self.leaf)))
        self.addCleanup(self.responder.close)

    def tell(self, **changes: str) -> Payload:
        data = self.issuer.data(self.leaf, self.responder.url) | changes
        unit = call(self.station, "GetCertificateStatus", {"ocspRequestData": data}, version="2.0.1", at=clock.now())
        answer: Payload = run(unit)[0]
        return answer

    def test_and_asked_again_afterwards(self) -> None:
        for minutes, asked in ((0, 1), (59, 1), (61, 2)):
            with clock.frozen(NOON + timedelta(minutes=minutes)):
                self.assertEqual(self.tell()["status"], "Accepted")
            self.assertEqual(len(self.responder.asked), asked)
        self.assertEqual(CertificateStatus.objects.count(), 1, "what is over is forgotten")

    def test_what_makes_no_sense_is_not(self) -> None:
        self.responder.answer = lambda question: (200, b"nonsense")
        self.assertEqual(self.tell()["statusInfo"]["additionalInfo"], "This is no OCSP response.")
        self.assertEqual(self.tell(serialNumber="zz")["status"], "Failed")
        self.assertEqual(CertificateStatus.objects.count(), 0)

    def test_a_chain_of_which_nobody_can_say_anything(self) -> None:
        named = write_hash(self.issuer.hash_of(self.leaf)) | {"serialNumber": "zz"}
        own = write_hash(
            hash_of(
                pem_of(pki.local(pki.MO_SUB).certificate),
                issuers=pki.local(pki.MO_SUB).chain[1:] or (pki.local(pki.MO_ROOT).certificate,),
            )
        )
        asked = [
            {"certificateHashData": each, "source": "OCSP", "urls": ["http://127.0.0.1:1/"]} for each in (named, own)
        ]
        unit = call(self.station, "GetCertificateChainStatus", {"certificateStatusRequests": asked}, version="2.1")
        told = run(unit)[0]["certificateStatus"]
        self.assertEqual([each["status"] for each in told], ["Failed", "Good"])

    def test_of_ours_it_has_to_be_a_number(self) -> None:
        signer = pki.v2g()
        named = write_hash(hash_of(pem_of(signer.certificate), issuers=signer.chain)) | {"serialNumber": "zz"}
        answer = self.tell(**named)
        self.assertEqual((answer["status"], answer["statusInfo"]["reasonCode"]), ("Failed", "NoStatus"))

    def test_our_answer_is_what_the_station_gets(self) -> None:
        answer = base64.b64decode(self.tell()["ocspResult"])
        self.assertEqual(der.load_der_ocsp_response(answer).serial_number, self.leaf.serial_number)
