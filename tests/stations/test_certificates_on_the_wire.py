"""Certificates of 2.0.1 and 2.1 on the wire: what each version says, reads, and has no room for."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime
from typing import Any

from stations.ocpp import schemas
from stations.ocpp.certificates import (
    COMBINED,
    ChainStatusAnswered,
    ContractAnswered,
    ContractPresented,
    SignedCertificate,
    StatusAnswered,
    StatusKnown,
    StatusSource,
)
from stations.ocpp.facts import CertificateHash, TokenPresented
from stations.ocpp.frames import Payload
from stations.ocpp.v21 import certificates as v21
from stations.ocpp.v21.routes import ROUTES as ROUTES_21
from stations.ocpp.v201 import certificates as v201
from stations.ocpp.v201.routes import ROUTES as ROUTES_201

HASH: Payload = {"hashAlgorithm": "SHA256", "issuerNameHash": "Aa", "issuerKeyHash": "bB", "serialNumber": "00F1"}
READ = CertificateHash("SHA256", "aa", "bb", "f1")
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
WRITERS: dict[str, Any] = {"2.0.1": v201, "2.1": v21}


class FromStations(unittest.TestCase):
    def test_a_request_says_what_it_is_for(self) -> None:
        found = v201.read_signing_request({"csr": "x"})
        self.assertEqual((found.use, found.request, found.root), (COMBINED, None, None))
        found = v201.read_signing_request(
            {"csr": "x", "certificateType": "V2GCertificate", "requestId": 0, "hashRootCertificate": HASH}
        )
        self.assertEqual((found.use, found.request, found.root), ("V2GCertificate", 0, READ))
        self.assertIsNone(v201.read_signing_request({"csr": "x", "requestId": 2**31}).request)

    def test_a_contract_is_more_than_a_token(self) -> None:
        token = {"idToken": "DE8AA1A2B3C4D5", "type": "eMAID"}
        self.assertIsInstance(v201.read_authorize({"idToken": token}), TokenPresented)
        shown = v201.read_authorize(
            {"idToken": token, "iso15118CertificateHashData": [HASH | {"responderURL": "http://a"}]}
        )
        assert isinstance(shown, ContractPresented)
        self.assertEqual(shown.sources, (StatusSource(READ, ("http://a",)),))
        self.assertIsInstance(v201.read_authorize({"idToken": token, "certificate": "PEM"}), ContractPresented)

    def test_a_contract_request_has_more_in_2_1(self) -> None:
        payload = {"iso15118SchemaVersion": "s", "action": "Install", "exiRequest": "abc"}
        found = v201.read_contract_request(payload)
        self.assertEqual((found.exi, found.most, found.preferred), ("abc", None, ()))
        found = v201.read_contract_request(
            payload | {"maximumContractCertificateChains": 2, "prioritizedEMAIDs": ["A"]}
        )
        self.assertEqual((found.most, found.preferred), (2, ("A",)))


class Answers(unittest.TestCase):
    def write(self, version: str, action: str, answer: Any) -> Payload:
        written = {"2.0.1": ROUTES_201, "2.1": ROUTES_21}[version][action].write(answer)
        self.assertEqual(schemas.response_problems(version, action, written), [])
        return written

    def test_too_long_ones_are_failures(self) -> None:
        for version, contract, status in (("2.0.1", 7500, 5500), ("2.1", 17_000, 18_000)):
            for length, expected in ((0, "Accepted"), (1, "Failed")):
                told = self.write(
                    version, "Get15118EVCertificate", ContractAnswered("Accepted", "x" * (contract + length))
                )
                self.assertEqual(told["status"], expected)
                told = self.write(version, "GetCertificateStatus", StatusAnswered("Accepted", "x" * (status + length)))
                self.assertEqual(told["status"], expected)
                self.assertEqual("statusInfo" in told, bool(length))

    def test_remaining_contracts_are_told_in_2_1(self) -> None:
        answer = ContractAnswered("Accepted", "abc", 2)
        self.assertNotIn("remainingContracts", self.write("2.0.1", "Get15118EVCertificate", answer))
        self.assertEqual(self.write("2.1", "Get15118EVCertificate", answer)["remainingContracts"], 2)
        self.assertNotIn("remainingContracts", self.write("2.1", "Get15118EVCertificate", ContractAnswered("Failed")))

    def test_the_status_of_a_chain(self) -> None:
        request = {"certificateStatusRequests": [{"certificateHashData": HASH, "source": "CRL", "urls": ["a", "b"]}]}
        fact = v21.read_chain_status_request(request)
        self.assertEqual(fact.sources, (StatusSource(READ, ("a", "b"), "CRL"),))
        answer = ChainStatusAnswered((StatusKnown(fact.sources[0], "Good", NOON),))
        (told,) = self.write("2.1", "GetCertificateChainStatus", answer)["certificateStatus"]
        self.assertEqual(
            (told["status"], told["source"], told["nextUpdate"]), ("Good", "CRL", "2026-06-21T12:00:00.000Z")
        )


class ToStations(unittest.TestCase):
    def check(self, version: str, action: str, payload: Payload) -> None:
        self.assertEqual(schemas.request_problems(version, action, payload), [])

    def test_each_version_installs_and_lists_what_it_knows(self) -> None:
        for version, writer in WRITERS.items():
            for use in writer.INSTALLABLE:
                self.check(version, "InstallCertificate", writer.write_install(use=use, pem="x"))
            self.check(version, "GetInstalledCertificateIds", writer.write_list(uses=writer.LISTABLE))
            self.assertEqual(writer.write_list(uses=()), {})
            self.check(version, "DeleteCertificate", writer.write_delete(certificate=READ))
            for use in writer.RENEWABLE:
                self.check(version, *writer.write_renewal(use=use))

    def test_a_signed_certificate_names_its_use_and_its_request(self) -> None:
        for version, writer in WRITERS.items():
            for use in (COMBINED, "V2GCertificate"):
                for request in (None, 4):
                    payload = writer.write_signed(SignedCertificate("PEM", use, request))
                    self.check(version, "CertificateSigned", payload)
                    self.assertEqual("certificateType" in payload, use != COMBINED)
                    self.assertEqual("requestId" in payload, version == "2.1" and request is not None)
                    self.assertEqual(v201.read_signed(payload, {"status": "Accepted"}).use, use)

    def test_stores_are_read_under_our_names(self) -> None:
        request = {"certificateType": ["CSMSRootCertificate"]}
        listed = {
            "certificateType": "CSMSRootCertificate",
            "certificateHashData": HASH,
            "childCertificateHashData": [HASH],
        }
        found = v201.read_list(request, {"status": "Accepted", "certificateHashDataChain": [listed]})
        self.assertEqual(found.uses, ("CentralSystemRootCertificate",))
        self.assertEqual((found.certificates[0].use, found.certificates[0].children), (found.uses[0], (READ,)))
        self.assertEqual(v201.read_list({}, {"status": "NotFound"}).certificates, ())
        answered = v201.read_install(
            {"certificateType": "CSMSRootCertificate", "certificate": "x"}, {"status": "Failed"}
        )
        self.assertEqual((answered.use, answered.status), ("CentralSystemRootCertificate", "Failed"))
        self.assertEqual(v201.read_delete({"certificateHashData": HASH}, {"status": "Accepted"}).certificate, READ)
