"""Certificates of the emulator: chains, its own, their status, roots of others (block M)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import load_der_ocsp_response

from stations.emulator.keys import StationKeys
from stations.models import Certificate, Message
from stations.ocpp.certificates import V2G_CHAIN
from stations.services.certificates import ask_for_request, install_certificate, list_certificates
from stations.services.certificates.pem import pem_of
from tests.certification.certificates import Issued
from tests.certification.station.support import ChargePoint
from tests.certification.support import IDENTITY
from tests.certification2.contracts import ContractCase2
from tests.certification2.station.test_security import STATION, V2G, SecureCase
from tests.stations.pki import Issuer
from tests.waiting import eventually

State = Certificate.State


class CertificateCase2(ContractCase2, SecureCase):
    @contextmanager
    def certified(self, use: str) -> Iterator[tuple[ChargePoint, StationKeys]]:
        """A station for which the server has signed a certificate."""
        with self.secure() as point:
            if use == V2G:
                self.order(install_certificate, use="V2GRootCertificate", pem="")
                self.assert_answered(self.newest("InstallCertificate"), "Accepted")
            self.order(ask_for_request, use=use)
            self.assert_answered(self.newest("TriggerMessage"), "Accepted")
            self.assert_answered(self.newest("CertificateSigned"), "Accepted")
            keys = point.model.security.keys
            assert isinstance(keys, StationKeys)
            yield point, keys


class Own(CertificateCase2):
    def test_tc_m_15_chains_are_listed(self) -> None:
        with self.certified(V2G) as (_, keys):
            self.order(list_certificates, use=V2G_CHAIN)
            reply = self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted").reply
            assert reply is not None
            (chain,) = reply["certificateHashDataChain"]
            self.assertEqual(chain["certificateType"], V2G_CHAIN)
            told = [chain["certificateHashData"], *chain["childCertificateHashData"]]
            shown = x509.load_pem_x509_certificates(keys.chain(V2G).encode())
            self.assertEqual([each["serialNumber"] for each in told], [f"{each.serial_number:x}" for each in shown])
            self.assertEqual(len(Certificate.objects.get(use=V2G, state=State.INSTALLED).children), len(shown) - 1)

    def test_tc_m_23_its_own_is_not_deleted(self) -> None:
        with self.certified(STATION) as (_, keys):
            row = Certificate.objects.get(use=STATION, state=State.INSTALLED)
            named = {
                "hashAlgorithm": row.hash_algorithm,
                "issuerNameHash": row.issuer_name_hash,
                "issuerKeyHash": row.issuer_key_hash,
                "serialNumber": row.serial_number,
            }
            # The service would refuse this; an operator can send it as a command.
            self.ask("DeleteCertificate", {"certificateHashData": named}, "Failed")
            self.assertTrue(keys.certified)
            self.assertTrue(Certificate.objects.filter(use=STATION, state=State.INSTALLED).exists())

    def test_tc_m_24_status(self) -> None:
        """Of each certificate that is shown to vehicles, which are shown what its issuer says of it."""
        with self.certified(V2G) as (point, keys):
            shown = [f"{each.serial_number:x}" for each in x509.load_pem_x509_certificates(keys.chain(V2G).encode())]
            statuses = point.model.security.statuses
            eventually(lambda: set(statuses.answers) == set(shown))
            asked = [each["ocspRequestData"]["serialNumber"] for each in self.requests("GetCertificateStatus")]
            self.assertEqual(asked, shown)
            for answer in statuses.answers.values():
                told = load_der_ocsp_response(base64.b64decode(answer))
                self.assertEqual(told.certificate_status, ocsp.OCSPCertStatus.GOOD)

    def test_tc_m_25_no_status(self) -> None:
        """Nobody can say anything of a certificate of another operator; the station charges all the same."""
        operator = Issuer("CPO sub", Issuer("V2G root"))
        with self.secure() as point:
            keys = point.model.security.keys
            assert isinstance(keys, StationKeys)
            request = x509.load_pem_x509_csr(keys.request(IDENTITY, "Vendor", V2G).encode())
            leaf = operator._signed(IDENTITY, request.public_key(), responder="http://127.0.0.1:1/")
            chain = {"certificateChain": pem_of(leaf) + operator.pem, "certificateType": V2G}
            self.ask("CertificateSigned", chain)
            self.assert_story("GetCertificateStatus")
            (row,) = Message.objects.filter(action="GetCertificateStatus")
            self.assertEqual(orjson.loads(row.reply)["status"], "Failed")
            self.assertEqual((point.model.security.statuses.answers, keys.chain(V2G) != ""), ({}, True))
            self.charge(point)


class Only21(CertificateCase2):
    version = "2.1"

    def test_tc_m_101_root_of_a_vehicles_manufacturer(self) -> None:
        root = Issued("Root of vehicles")
        with self.secure() as point:
            made = self.order(install_certificate, use="OEMRootCertificate", pem=root.pem)
            done = self.assert_answered(self.newest("InstallCertificate"), "Accepted")
            self.assertEqual(done.payload["certificateType"], "OEMRootCertificate")
            self.assertEqual(point.model.security.roots("OEMRootCertificate"), [root.pem])
            made.refresh_from_db()
            self.assertEqual(made.state, State.INSTALLED)
            self.order(list_certificates, use="OEMRootCertificate")
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted")
            self.assertEqual(Certificate.objects.get(state=State.INSTALLED), made)
