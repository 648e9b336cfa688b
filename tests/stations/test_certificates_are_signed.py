"""What stations ask to have signed: at once, after approval, and again before it runs out."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

from django.contrib.auth import get_user_model
from django.test import override_settings

from smartserver.core import clock
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import CERTIFICATE_REQUESTED
from stations import settlement
from stations.models import Certificate, Command, SigningRequest, Station
from stations.models import State as StationState
from stations.services import certificates
from stations.services.certificates import authority, pem, signing
from stations.services.commands import Requester
from tests.stations.certificate_case import OLGA, OWN, CertificateCase
from tests.stations.factories import StationFactory
from tests.stations.signing import csr_pem
from tests.stations.support import NOON, call
from tests.units import run, run_published


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

    def test_one_of_a_certain_root_while_nothing_can_be_signed(self) -> None:
        root = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1"}
        payload = {"csr": csr_pem("CP1"), "certificateType": "V2GCertificate", "hashRootCertificate": root}
        with override_settings(V2G_CERTIFICATE_FILE=Path("/nowhere"), V2G_KEY_FILE=Path("/nowhere")):
            answer = run(call(self.station, "SignCertificate", payload, version="2.1"))[0]
        self.assertEqual(answer, {"status": "Accepted"})
        self.assertIn("cannot be read", self.request().reason)

    def test_the_same_request_under_another_number(self) -> None:
        """A station of 2.1 knows the answer by the number that it gave last."""
        Station.objects.update(ocpp_version="2.1")
        csr = csr_pem("CP1")
        for number in (1, 2):
            payload = {"csr": csr, "certificateType": "ChargingStationCertificate", "requestId": number}
            run(call(self.station, "SignCertificate", payload, version="2.1"))
        self.assertEqual(SigningRequest.objects.get().request, 2)
        sent = [command.payload["requestId"] for command in Command.objects.order_by("pk")]
        self.assertEqual(sent, [1, 2])

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

    def test_in_2_x_by_the_word_for_its_use(self) -> None:
        Station.objects.update(ocpp_version="2.1")
        Certificate.objects.update(use="V2G20Certificate")
        self.assertEqual(self.renew(self.almost), ["SignV2G20Certificate"])
        Station.objects.update(ocpp_version="2.0.1")
        with clock.frozen(self.almost + timedelta(days=2)):
            self.assertEqual(self.renew(clock.now()), [], "2.0.1 knows no such certificate")
        with self.assertRaises(Conflict):
            run(partial(certificates.ask_for_request, station_id=self.station.pk, by=OLGA, use="V2G20Certificate"))

    def test_on_request(self) -> None:
        run(lambda batch: certificates.ask_for_request(batch, station_id=self.station.pk, by=OLGA))
        self.assertEqual(self.send().action, "ExtendedTriggerMessage")
        with self.assertRaises(NotFound):
            run(lambda batch: certificates.ask_for_request(batch, station_id=0, by=OLGA))
