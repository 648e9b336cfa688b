"""What is in the certificate stores of stations: each answer leaves the right rows."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings

from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound
from stations import settlement
from stations.models import Certificate, Command, Station
from stations.ocpp.frames import Payload
from stations.services import certificates
from stations.services.certificates import authority, pem
from stations.services.commands import queue_command
from tests.stations.certificate_case import MAKER, OLGA, OWN, ROOT, CertificateCase
from tests.stations.factories import StationFactory
from tests.stations.signing import csr_pem, self_signed
from tests.stations.support import NOON
from tests.units import run


class Stores(CertificateCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = self_signed("Another root", ec.generate_private_key(ec.SECP256R1()))

    def install(self, use: str = MAKER, text: str | None = None) -> Certificate:
        text = pem.pem_of(self.root) if text is None else text
        made: Certificate = run(
            lambda batch: certificates.install_certificate(
                batch, station_id=self.station.pk, use=use, pem=text, by=OLGA
            )
        )[0]
        return made

    def hash_data(self, certificate: x509.Certificate, algorithm: str = "SHA256") -> Payload:
        found = pem.hash_of(pem.pem_of(certificate), algorithm)
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": found.issuer_name_hash.upper(),
            "issuerKeyHash": found.issuer_key_hash,
            "serialNumber": "00" + found.serial_number.upper(),
        }

    def list(self, use: str, *found: Payload) -> None:
        run(lambda b: certificates.list_certificates(b, station_id=self.station.pk, use=use, by=OLGA))
        self.answer({"status": "Accepted", "certificateHashData": list(found)} if found else {"status": "NotFound"})

    def test_installed(self) -> None:
        self.install()
        self.assertEqual(self.states(MAKER), ["issued"])
        sent = self.answer({"status": "Accepted"})
        self.assertEqual(sent.payload, {"certificateType": MAKER, "certificate": pem.pem_of(self.root)})
        self.assertEqual(self.states(MAKER), ["installed"])

    def test_not_installed(self) -> None:
        for status in ("Rejected", "Failed"):
            with self.subTest(status):
                self.install()
                self.answer({"status": status})
        self.assertEqual(self.states(MAKER), ["refused", "refused"])

    def test_our_own_root_without_pasting_it(self) -> None:
        self.install(ROOT, "")
        self.assertEqual(self.send().payload["certificate"], authority.root_pem())

    def test_a_pasted_private_key_goes_nowhere(self) -> None:
        key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
        self.install(text=pem.pem_of(self.root) + key)
        self.assertEqual(self.send().payload["certificate"], pem.pem_of(self.root))

    def test_what_cannot_be_installed(self) -> None:
        for error, use, text in (
            (BadInput, OWN, None),
            (BadInput, MAKER, "no certificate"),
            (
                InvalidPayload,
                MAKER,
                pem.pem_of(self_signed("Large", ec.generate_private_key(ec.SECP256R1()), padding=5000)),
            ),
        ):
            with self.subTest(use), self.assertRaises(error):
                self.install(use, text)
        self.assertEqual((Certificate.objects.count(), Command.objects.count()), (0, 0))

    def test_stations_that_do_not_exist_or_speak_another_version(self) -> None:
        """OEM roots are of 2.1."""
        with self.assertRaises(BadInput):
            self.install("OEMRootCertificate")
        Station.objects.update(ocpp_version="3.0")
        with self.assertRaises(Conflict):
            self.install()
        for use in (MAKER, "Unknown"):
            with self.assertRaises((NotFound, BadInput)):
                run(partial(certificates.list_certificates, station_id=0, use=use, by=OLGA))

    def test_deleted(self) -> None:
        for status, state in (("Failed", "installed"), ("Accepted", "deleted"), ("NotFound", "deleted")):
            with self.subTest(status):
                Certificate.objects.all().delete()
                row = self.install()
                self.answer({"status": "Accepted"})
                run(partial(certificates.delete_certificate, certificate_id=row.pk, by=OLGA))
                sent = self.answer({"status": status})
                named = pem.hash_of(pem.pem_of(self.root))
                self.assertEqual(sent.payload["certificateHashData"]["issuerKeyHash"], named.issuer_key_hash)
                self.assertEqual(self.states(MAKER), [state])

    def test_what_cannot_be_deleted(self) -> None:
        self.ask(csr_pem("CP1"))
        own = Certificate.objects.get()
        unknown = Certificate.objects.create(station=self.station, use=MAKER, created_at=NOON, changed_at=NOON)
        for error, pk in ((Conflict, own.pk), (Conflict, unknown.pk), (NotFound, 0)):
            with self.assertRaises(error):
                run(partial(certificates.delete_certificate, certificate_id=pk, by=OLGA))

    def test_the_list_of_the_station_counts(self) -> None:
        """One that we know, in another algorithm; one that nobody told us of; and one that is not there any more."""
        known, other = self.root, self_signed("Other", ec.generate_private_key(ec.SECP256R1()))
        gone = self_signed("Gone", ec.generate_private_key(ec.SECP256R1()))
        for root in (known, gone):
            self.install(text=pem.pem_of(root))
            self.answer({"status": "Accepted"})
        self.list(MAKER, self.hash_data(known, "SHA512"), self.hash_data(other))
        rows = {row.subject or "unknown": row for row in Certificate.objects.all()}
        self.assertEqual(
            {name: row.state for name, row in rows.items()},
            {"CN=Another root": "installed", "CN=Gone": "deleted", "unknown": "installed"},
        )
        self.assertEqual(rows["CN=Another root"].hash_algorithm, "SHA512")
        self.assertEqual((rows["unknown"].pem, rows["unknown"].use), ("", MAKER))

        self.list(MAKER, self.hash_data(known, "SHA512"), self.hash_data(other))
        self.assertEqual(Certificate.objects.count(), 3, "the same list again changes nothing")
        run(lambda b: certificates.delete_certificate(b, certificate_id=rows["unknown"].pk, by=OLGA))
        self.answer({"status": "Accepted"})
        self.assertEqual(self.states(MAKER), ["installed", "deleted", "deleted"])

    def test_an_empty_list(self) -> None:
        self.install()
        self.answer({"status": "Accepted"})
        self.install(ROOT, "")
        self.answer({"status": "Accepted"})
        self.list(MAKER)
        self.assertEqual((self.states(MAKER), self.states(ROOT)), (["deleted"], ["installed"]))

    def test_one_whose_installation_nobody_confirmed_is_found_by_the_list(self) -> None:
        self.install()
        sent = self.send()
        run(lambda batch: settlement.take_silence(batch, sent=sent))
        self.assertEqual(self.states(MAKER), ["issued"])
        self.list(MAKER, self.hash_data(self.root))
        self.assertEqual(self.states(MAKER), ["installed"])

    def test_stations_do_not_see_each_others_certificates(self) -> None:
        other = StationFactory.create(identity="CP2", ocpp_version="1.6")
        run(
            lambda b: certificates.install_certificate(
                b, station_id=other.pk, use=MAKER, pem=pem.pem_of(self.root), by=OLGA
            )
        )
        self.list(MAKER, self.hash_data(self.root))
        self.assertEqual(list(Certificate.objects.filter(station=other).values_list("state", flat=True)), ["issued"])

    def test_a_plain_command_needs_no_row(self) -> None:
        payload = {"certificateType": MAKER, "certificate": pem.pem_of(self.root)}
        run(lambda b: queue_command(b, station_id=self.station.pk, action="InstallCertificate", payload=payload))
        self.answer({"status": "Accepted"})
        self.assertEqual(Certificate.objects.count(), 0)

    def test_roots_of_others_do_not_need_our_authority(self) -> None:
        with override_settings(CA_CERTIFICATE_FILE=Path("/nowhere"), CA_KEY_FILE=Path("/nowhere")):
            self.assertNotEqual(self.install().issuer_key_hash, "")

    def test_what_expires_soon(self) -> None:
        self.install()
        self.answer({"status": "Accepted"})
        self.ask(csr_pem("CP1"))
        self.assertEqual(certificates.expiring(NOON, within=timedelta(days=300)), [])
        soon = certificates.expiring(NOON, within=timedelta(days=366))
        self.assertEqual([row.subject for row in soon], ["CN=Another root"])
