"""What stations ask to have signed, and what is in their stores: each request and each answer leaves the right rows."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model
from django.test import TestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound
from smartserver.core.events import CERTIFICATE_REQUESTED
from stations import settlement
from stations.models import Certificate, Command, SigningRequest, Station
from stations.models import State as StationState
from stations.ocpp.frames import Payload
from stations.services import certificates
from stations.services.certificates import authority, pem, signing
from stations.services.commands import Requester, queue_command
from stations.settlement import Outgoing
from tests.stations.factories import StationFactory
from tests.stations.signing import csr_pem, self_signed
from tests.stations.support import NOON, call
from tests.units import run, run_published

OLGA = Requester("olga")
ROOT = "CentralSystemRootCertificate"
MAKER = "ManufacturerRootCertificate"
OWN = "ChargingStationCertificate"


class CertificateCase(TestCase):
    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.enterContext(override_settings(CA_DIR=folder / "authority", CA_CERTIFICATE_FILE=None, CA_KEY_FILE=None))
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(
            identity="CP1", serial_number="SN-1", connection=7, state=StationState.ONLINE, ocpp_version="1.6"
        )

    def ask(self, csr: str, station: Station | None = None) -> str:
        """SignCertificate; the status of the answer."""
        answer = run(call(station or self.station, "SignCertificate", {"csr": csr}))[0]
        status: str = answer["status"]
        return status

    def send(self) -> Outgoing:
        sent = run(lambda batch: settlement.take_next(batch, station_id=self.station.pk, generation=7, version="1.6"))[
            0
        ]
        assert isinstance(sent, Outgoing)
        return sent

    def answer(self, reply: Payload) -> Outgoing:
        sent = self.send()
        run(lambda batch: settlement.take_answer(batch, sent=sent, reply=reply))
        return sent

    def states(self, use: str = OWN) -> list[str]:
        return list(Certificate.objects.filter(use=use).order_by("pk").values_list("state", flat=True))

    def request(self) -> SigningRequest:
        return SigningRequest.objects.get()


class SignedAtOnce(CertificateCase):
    def test_the_certificate_follows_the_answer(self) -> None:
        self.assertEqual(self.ask(csr_pem("CP1", organization="Operator")), "Accepted")
        request = self.request()
        self.assertEqual((request.state, request.subject, request.reason), ("signed", "CN=CP1,O=Operator", ""))
        sent = self.answer({"status": "Accepted"})
        self.assertEqual(sent.action, "CertificateSigned")
        made = pem.read_certificate(sent.payload["certificateChain"])
        made.verify_directly_issued_by(authority.authority().certificate)
        row = Certificate.objects.get()
        self.assertEqual((row.state, row.use, row.pem), ("installed", OWN, sent.payload["certificateChain"]))
        self.assertEqual((row.subject, int(row.serial_number, 16)), ("CN=CP1,O=Operator", made.serial_number))
        self.assertEqual(row.valid_to, NOON + timedelta(days=365))
        self.assertEqual(request.certificate, row)

    def test_the_serial_number_is_a_name_of_the_station_too(self) -> None:
        """Security whitepaper 2.4: the common name is the unique serial number."""
        self.ask(csr_pem("SN-1"))
        self.assertEqual(self.request().state, "signed")

    def test_the_station_refuses_it(self) -> None:
        self.ask(csr_pem("CP1"))
        self.answer({"status": "Rejected"})
        self.assertEqual(self.states(), ["refused"])

    def test_the_next_one_takes_the_place_of_the_last_one(self) -> None:
        for _ in range(2):
            self.ask(csr_pem("CP1"))
            self.answer({"status": "Accepted"})
        self.assertEqual(self.states(), ["deleted", "installed"])

    def test_a_repeated_request_has_one_certificate(self) -> None:
        csr = csr_pem("CP1")
        for _ in range(2):
            self.assertEqual(self.ask(csr), "Accepted")
        self.assertEqual((SigningRequest.objects.count(), self.states()), (1, ["issued"]))
        self.assertEqual(Command.objects.count(), 1)

    def test_what_was_not_confirmed_is_sent_again(self) -> None:
        csr = csr_pem("CP1")
        self.ask(csr)
        sent = self.send()
        run(lambda batch: settlement.take_silence(batch, sent=sent))
        self.assertEqual(self.states(), ["issued"])
        self.assertEqual(self.ask(csr), "Accepted")
        self.assertEqual(self.answer({"status": "Accepted"}).payload, sent.payload)
        self.assertEqual(self.states(), ["installed"])

    def test_a_renewal_with_the_same_key_is_a_new_certificate(self) -> None:
        csr = csr_pem("CP1")
        for _ in range(2):
            self.ask(csr)
            self.answer({"status": "Accepted"})
        self.assertEqual(self.states(), ["deleted", "installed"])

    def test_a_request_that_cannot_be_signed(self) -> None:
        self.assertEqual(self.ask("nonsense"), "Rejected")
        request = self.request()
        self.assertEqual((request.state, request.certificate), ("refused", None))
        self.assertIn("no certificate signing request", request.reason)

    def test_nobody_gets_a_certificate_with_anothers_name(self) -> None:
        """The serial number is the station's own word: it does not open another station's identity."""
        StationFactory.create(identity="CP2")
        Station.objects.filter(identity="CP1").update(serial_number="CP2")
        for names, reason in ((("CP2",), "another station's identity"), (("X",), "neither"), ((), "no common name")):
            with self.subTest(names):
                self.assertEqual(self.ask(csr_pem(*names)), "Accepted")
                request = SigningRequest.objects.order_by("-pk")[0]
                self.assertEqual(request.state, "pending")
                self.assertIn(reason, request.reason)
        self.assertEqual((Certificate.objects.count(), Command.objects.count()), (0, 0))

    def test_an_authority_that_cannot_sign_now(self) -> None:
        """Nothing is lost: the request waits until the files are right."""
        with override_settings(CA_CERTIFICATE_FILE=Path("/nowhere"), CA_KEY_FILE=Path("/nowhere")):
            self.assertEqual(self.ask(csr_pem("CP1")), "Accepted")
        request = self.request()
        self.assertEqual(
            (request.state, request.reason), ("pending", "The files of the certificate authority cannot be read.")
        )
        run(lambda batch: certificates.approve(batch, request_id=request.pk, by=OLGA))
        self.assertEqual(self.states(), ["issued"])

    def test_whoever_listens_is_told(self) -> None:
        _, published = run_published(call(self.station, "SignCertificate", {"csr": csr_pem("CP1")}))
        told = [data for kind, data in published.events if kind == CERTIFICATE_REQUESTED]
        expected = {"request": self.request().pk, "station": "CP1", "subject": "CN=CP1", "state": "signed"}
        self.assertEqual(told, [expected])


@override_settings(CERTIFICATE_APPROVAL="manual")
class Approval(CertificateCase):
    def test_it_waits_until_somebody_approves(self) -> None:
        user = get_user_model().objects.create(username="olga")
        self.assertEqual(self.ask(csr_pem("CP1")), "Accepted")
        self.assertEqual((self.request().state, Certificate.objects.count()), ("pending", 0))
        run(lambda b: certificates.approve(b, request_id=self.request().pk, by=Requester("olga", user.pk)))
        request = self.request()
        self.assertEqual((request.state, request.decided_by, request.decided_at), ("signed", user, NOON))
        self.assertEqual(self.answer({"status": "Accepted"}).action, "CertificateSigned")
        self.assertEqual(Command.objects.get().origin, "olga")

    def test_somebody_refuses(self) -> None:
        user = get_user_model().objects.create(username="olga")
        csr = csr_pem("CP1")
        self.ask(csr)
        run(
            lambda b: certificates.refuse(
                b, request_id=self.request().pk, by=Requester("olga", user.pk), reason="Unknown"
            )
        )
        self.assertEqual((self.request().state, self.request().reason), ("refused", "Unknown"))
        self.assertEqual(self.ask(csr), "Rejected")
        self.assertEqual((SigningRequest.objects.count(), Command.objects.count()), (1, 0))

    def test_what_is_decided_stays_decided(self) -> None:
        self.ask(csr_pem("CP1"))
        pk = self.request().pk
        run(lambda batch: certificates.refuse(batch, request_id=pk, by=OLGA))
        self.assertEqual(self.request().reason, "Refused by olga.")
        for decide in (certificates.approve, certificates.refuse):
            with self.assertRaises(Conflict):
                run(partial(decide, request_id=pk, by=OLGA))
            with self.assertRaises(NotFound):
                run(partial(decide, request_id=0, by=OLGA))

    def test_a_repeated_request_waits_once(self) -> None:
        csr = csr_pem("CP1")
        for _ in range(2):
            self.assertEqual(self.ask(csr), "Accepted")
        self.assertEqual(SigningRequest.objects.count(), 1)

    def test_a_station_that_asks_again_and_again_fills_no_table(self) -> None:
        for _ in range(signing.MAX_PENDING + 3):
            self.ask(csr_pem("CP1"))
        self.assertEqual(SigningRequest.objects.filter(state="pending").count(), signing.MAX_PENDING)
        displaced = SigningRequest.objects.filter(state="refused")
        self.assertEqual(set(displaced.values_list("reason", flat=True)), {"Displaced by newer requests."})


class Renewal(CertificateCase):
    def setUp(self) -> None:
        super().setUp()
        self.ask(csr_pem("CP1"))
        self.answer({"status": "Accepted"})
        self.almost = NOON + timedelta(days=340)

    def renew(self, now: datetime) -> list[str]:
        """What stations are told."""
        known = Command.objects.count()
        with clock.frozen(now):
            run(lambda batch: certificates.renew_expiring(batch, now))
        return [command.payload["requestedMessage"] for command in Command.objects.order_by("pk")[known:]]

    def test_a_station_is_reminded_once_a_day(self) -> None:
        self.assertEqual(self.renew(NOON), [])
        self.assertEqual(self.renew(self.almost), ["SignChargePointCertificate"])
        self.assertEqual(self.renew(self.almost + timedelta(hours=23)), [])
        self.assertEqual(self.renew(self.almost + timedelta(hours=25)), ["SignChargePointCertificate"])

    def test_not_one_that_is_away_or_has_a_new_one(self) -> None:
        Station.objects.update(state=StationState.OFFLINE)
        self.assertEqual(self.renew(self.almost), [])
        Station.objects.update(state=StationState.ONLINE)
        with clock.frozen(self.almost):
            self.ask(csr_pem("CP1"))
            self.answer({"status": "Accepted"})
        self.assertEqual(self.renew(self.almost), [])

    def test_not_one_for_which_too_much_waits(self) -> None:
        with mock.patch("stations.services.commands.MAX_QUEUED", 0):
            self.assertEqual(self.renew(self.almost), [])
        self.assertEqual(len(self.renew(self.almost)), 1)

    def test_on_request(self) -> None:
        run(lambda batch: certificates.ask_for_request(batch, station_id=self.station.pk, by=OLGA))
        self.assertEqual(self.send().action, "ExtendedTriggerMessage")
        with self.assertRaises(NotFound):
            run(lambda batch: certificates.ask_for_request(batch, station_id=0, by=OLGA))


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
        Station.objects.update(ocpp_version="2.0.1")
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
