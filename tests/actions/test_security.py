"""Security and certificates in 2.x: signing, stores, contracts of vehicles, status, events (blocks A, C and M)."""

from __future__ import annotations

import base64
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from django.test import override_settings

from stations.models import (
    Certificate,
    CertificateStatus,
    Contract,
    IdToken,
    SecurityEvent,
    SigningRequest,
)
from stations.ocpp import iso15118
from stations.ocpp.certificates import write_hash
from stations.ocpp.frames import Payload
from stations.services.certificates import authority, pki
from stations.services.certificates.pem import hash_of, pem_of, read_chain
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase, signing_request
from tests.stations.pki import Issuer, Responder

EMAID = "DE8AA1A2B3C4D5"
CAR = "WP0EXAMPLE0000001"


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class SecurityCase(ActionCase):
    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(CA_DIR=folder / "authority", V2G_DIR=folder / "v2g"))
        super().setUp()

    def responder(self, answer: Any) -> Responder:
        made = Responder(answer)
        self.addCleanup(made.close)
        self.enterContext(override_settings(OCSP_HOSTS=["127.0.0.1"]))
        return made

    def trust(self, *issuers: Issuer) -> None:
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "trusted.pem"
        file.write_text("".join(each.pem for each in issuers))
        self.enterContext(override_settings(V2G_TRUST_FILE=file))


@speaking("2.0.1", "2.1")
class Events(SecurityCase):
    @received("SecurityEventNotification", stored="`SecurityEvent`", seen="`/api/v1/security-events`")
    def test_security_event_notification(self) -> None:
        """Once, however often it is repeated, with its severity and its technical information."""
        for type, critical in (("TamperDetectionActivated", True), ("InvalidCsmsCertificate", False)):
            payload = {"type": type, "timestamp": now(), "techInfo": "lid"}
            for _ in range(2):
                self.assertEqual(self.tell("SecurityEventNotification", payload), {})
            row = SecurityEvent.objects.get(type=type)
            self.assertEqual((row.info, row.critical), ("lid", critical))
        seen = {each["type"]: each for each in self.see("security-events", station="CP1")["results"]}
        self.assertEqual((seen["TamperDetectionActivated"]["critical"], len(seen)), (True, 2))


@speaking("2.0.1", "2.1")
class Signing(SecurityCase):
    def uses(self) -> list[str]:
        """What a station of this version may ask for."""
        found = ["ChargingStationCertificate", "V2GCertificate"]
        return [*found, "V2G20Certificate"] if self.version == "2.1" else found

    def request(self, use: str, number: int) -> Payload:
        numbered = {"requestId": number} if self.version == "2.1" else {}
        return {"csr": signing_request("CP1"), "certificateType": use} | numbered

    @received(
        "SignCertificate",
        stored="`SigningRequest`, `Certificate`",
        seen="`/api/v1/signing-requests`, `/api/v1/certificates`",
    )
    def test_sign_certificate(self) -> None:
        """Of each kind by the authority that it takes, and sent with the number of its request."""
        for number, use in enumerate(self.uses(), 4):
            request = self.request(use, number)
            self.assertEqual(self.tell("SignCertificate", request), ACCEPTED)
            call = self.hear("CertificateSigned")
            self.assertEqual(call[3]["certificateType"], use)
            self.assertEqual(call[3].get("requestId"), request.get("requestId"))
            self.say(call, ACCEPTED)
            self.settled_last("CertificateSigned")
            leaf, *issuers = read_chain(call[3]["certificateChain"])
            self.assertEqual(leaf.public_key(), x509.load_pem_x509_csr(request["csr"].encode()).public_key())
            signer = authority.authority() if use.startswith("Charging") else pki.v2g()
            leaf.verify_directly_issued_by(signer.certificate)
            self.assertEqual(len(issuers), 0 if use.startswith("Charging") else 2)
            row = SigningRequest.objects.get(use=use)
            self.assertEqual((row.state, row.request), ("signed", request.get("requestId")))
            seen = self.see_one("certificates", station="CP1", use=use)
            self.assertEqual((seen["state"], int(seen["serial_number"], 16)), ("installed", leaf.serial_number))
        self.assertEqual(len(self.see("signing-requests", station="CP1")["results"]), len(self.uses()))

    def test_without_a_type_it_is_for_both(self) -> None:
        self.tell("SignCertificate", {"csr": signing_request("CP1")})
        call = self.hear("CertificateSigned")
        self.assertNotIn("certificateType", call[3])
        (leaf,) = read_chain(call[3]["certificateChain"])
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual(len(list(purposes)), 2)
        self.say(call, ACCEPTED)
        self.settled_last("CertificateSigned")
        self.assertEqual(self.see_one("certificates", station="CP1")["use"], "CombinedCertificate")

    @sent("CertificateSigned", stored="`Certificate`, `SigningRequest`", seen="`/api/v1/certificates`")
    def test_certificate_signed(self) -> None:
        use = "V2GCertificate"
        for word, state in (("Rejected", "refused"), ("Accepted", "installed")):
            self.tell("SignCertificate", self.request(use, 7))
            frame = self.hear("CertificateSigned")
            number = read_chain(frame[3]["certificateChain"])[0].serial_number
            self.say(frame, {"status": word})
            self.assertEqual(self.settled_last("CertificateSigned")["result"], word)
            self.assertEqual(Certificate.objects.get(serial_number=f"{number:x}").state, state)
            seen = {int(each["serial_number"], 16): each for each in self.see("certificates", station="CP1")["results"]}
            self.assertEqual(seen[number]["state"], state)


@speaking("2.1")
class Roots(SecurityCase):
    """2.0.1 has no hashRootCertificate."""

    def test_another_root_than_ours_waits_for_somebody_who_knows(self) -> None:
        stranger = Issuer("Another root")
        wanted = write_hash(hash_of(stranger.pem))
        csr = signing_request("CP1")
        payload = {"csr": csr, "certificateType": "V2GCertificate", "hashRootCertificate": wanted}
        self.assertEqual(self.tell("SignCertificate", payload), ACCEPTED)
        seen = self.see_one("signing-requests", station="CP1")
        self.assertEqual(
            (seen["state"], seen["reason"]), ("pending", "The station wants a certificate of another root.")
        )
        own = write_hash(hash_of(pem_of(pki.v2g().root)))
        self.tell("SignCertificate", payload | {"csr": signing_request("CP1"), "hashRootCertificate": own})
        self.hear("CertificateSigned")


@speaking("2.0.1", "2.1")
class Stores(SecurityCase):
    def installable(self) -> dict[str, str]:
        """By the name of our rows what this version calls it."""
        found = {
            "CentralSystemRootCertificate": "CSMSRootCertificate",
            "MORootCertificate": "MORootCertificate",
            "V2GRootCertificate": "V2GRootCertificate",
        }
        return found | ({"OEMRootCertificate": "OEMRootCertificate"} if self.version == "2.1" else {})

    def install(self, use: str = "MORootCertificate", word: str = "Accepted") -> int:
        row = self.do("stations/CP1/certificates", {"use": use})
        frame = self.hear("InstallCertificate")
        self.assertEqual(frame[3], {"certificateType": self.installable()[use], "certificate": row["pem"]})
        self.say(frame, {"status": word})
        self.settled_last("InstallCertificate")
        number: int = row["id"]
        return number

    @sent("InstallCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_install_certificate(self) -> None:
        for word, state in (("Failed", "refused"), ("Rejected", "refused"), ("Accepted", "installed")):
            for use in self.installable():
                number = self.install(use, word)
                self.assertEqual(Certificate.objects.get(pk=number).state, state)
                self.assertEqual(self.see(f"certificates/{number}")["state"], state)

    @sent("DeleteCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_delete_certificate(self) -> None:
        number = self.install()
        for word, state in (("Failed", "installed"), ("NotFound", "deleted")):
            self.do(f"certificates/{number}", {}, method="delete")
            frame = self.hear("DeleteCertificate")
            row = Certificate.objects.get()
            self.assertEqual(frame[3]["certificateHashData"], write_hash(hash_of(row.pem)))
            self.say(frame, {"status": word})
            self.assertEqual(self.settled_last("DeleteCertificate")["result"], word)
            self.assertEqual(self.see(f"certificates/{number}")["state"], state)

    @sent("GetInstalledCertificateIds", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_get_installed_certificate_ids(self) -> None:
        """Chains with their issuers, and roots under the names of the version."""
        self.install("CentralSystemRootCertificate")
        signer = pki.v2g()
        chain = [write_hash(hash_of("".join(map(pem_of, part)))) for part in self.issuers()]
        own = chain[0] | {"serialNumber": "1F"}
        root = write_hash(hash_of(authority.root_pem()))
        reply = {
            "status": "Accepted",
            "certificateHashDataChain": [
                {
                    "certificateType": "V2GCertificateChain",
                    "certificateHashData": own,
                    "childCertificateHashData": chain,
                },
                {"certificateType": "CSMSRootCertificate", "certificateHashData": root},
            ],
        }
        seen = self.ask("GetInstalledCertificateIds", {}, reply)
        self.assertEqual(seen["result"], "Accepted")
        known = self.see_one("certificates", station="CP1", use="V2GCertificateChain")
        self.assertEqual((known["serial_number"], known["children"], known["state"]), ("1f", chain, "installed"))
        self.assertEqual(
            self.see_one("certificates", station="CP1", use="CentralSystemRootCertificate")["state"], "installed"
        )
        self.assertTrue(signer.chain)
        self.ask("GetInstalledCertificateIds", {}, {"status": "NotFound"})
        self.assertEqual(set(Certificate.objects.values_list("state", flat=True)), {"deleted"})

    def issuers(self) -> list[tuple[x509.Certificate, ...]]:
        """The Sub-CAs of what stations show to vehicles, each with its issuer."""
        signer = pki.v2g()
        return [(signer.chain[0], signer.chain[1]), (signer.chain[1], signer.root)]

    def test_one_use_at_a_time_over_rest(self) -> None:
        command = self.do("stations/CP1/certificates/refresh", {"use": "CentralSystemRootCertificate"})
        self.answer(
            "GetInstalledCertificateIds",
            {"status": "NotFound"},
            command["id"],
            {"certificateType": ["CSMSRootCertificate"]},
        )


@speaking("2.0.1", "2.1")
class Contracts(SecurityCase):
    def vehicle(self, name: str = CAR) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
        """A car with a provisioning certificate of a maker whom this server trusts."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = authority.issue(subject, key.public_key(), pki.local(pki.OEM_ROOT), days=30)
        return key, made.public_bytes(serialization.Encoding.DER)

    def wanted(self, request: iso15118.Request, exi: str = "") -> Payload:
        return {
            "iso15118SchemaVersion": iso15118.SCHEMA,
            "action": request.action,
            "exiRequest": exi or iso15118.write_request(request),
        }

    @received("Get15118EVCertificate", stored="`Contract`", seen="`/api/v1/contracts`")
    def test_get_15118_ev_certificate(self) -> None:
        """Installed, and renewed: only the vehicle can read the key."""
        key, provisioning = self.vehicle()
        made = self.do("contracts", {"emaid": EMAID, "vehicle": CAR})
        reply = self.tell("Get15118EVCertificate", self.wanted(iso15118.Request("Install", (provisioning,))))
        self.assertEqual(reply["status"], "Accepted", reply)
        got = iso15118.read_response(reply["exiResponse"], "Install")
        contract = x509.load_der_x509_certificate(got.chain[0])
        own = iso15118.unwrap(got.key, got.ephemeral, key)
        self.assertEqual((contract.public_key(), got.emaid), (own.public_key(), EMAID))
        seen = self.see(f"contracts/{made['id']}")
        self.assertEqual(int(seen["serial_number"], 16), contract.serial_number)

        update = iso15118.Request("Update", got.chain, EMAID)
        renewed = self.tell("Get15118EVCertificate", self.wanted(update))
        newer = iso15118.read_response(renewed["exiResponse"], "Update")
        self.assertEqual(
            iso15118.unwrap(newer.key, newer.ephemeral, own).public_key(),
            x509.load_der_x509_certificate(newer.chain[0]).public_key(),
        )
        self.assertEqual(Contract.objects.filter(emaid=EMAID).count(), 2)
        self.do(f"contracts/{made['id']}/cancel", {})
        self.assertEqual(self.tell("Get15118EVCertificate", self.wanted(update))["status"], "Failed")

    def test_what_cannot_be_provided(self) -> None:
        _, provisioning = self.vehicle()
        request = iso15118.Request("Install", (provisioning,))
        for exi, reason in (("", "no contract for this vehicle"), ("gJgC", "EXI cannot be read here")):
            reply = self.tell("Get15118EVCertificate", self.wanted(request, exi))
            self.assertEqual((reply["status"], reply["exiResponse"]), ("Failed", ""))
            self.assertIn(reason, reply["statusInfo"]["additionalInfo"])

    def contract(self) -> tuple[Payload, x509.Certificate]:
        """An Authorize with a contract of ours."""
        _, provisioning = self.vehicle()
        self.do("contracts", {"emaid": EMAID, "vehicle": CAR})
        reply = self.tell("Get15118EVCertificate", self.wanted(iso15118.Request("Install", (provisioning,))))
        chain = [
            x509.load_der_x509_certificate(each)
            for each in iso15118.read_response(reply["exiResponse"], "Install").chain
        ]
        token = {"idToken": EMAID, "type": "eMAID"}
        return {"idToken": token, "certificate": "".join(map(pem_of, chain))}, chain[0]

    def test_a_contract_is_authorized(self) -> None:
        """A contract of ours charges while it runs, when its eMAID may."""
        payload, _ = self.contract()
        reply = self.tell("Authorize", payload)
        self.assertEqual((reply["idTokenInfo"]["status"], reply["certificateStatus"]), ("Unknown", "Accepted"))
        IdToken.objects.filter(value=EMAID).update(status=IdToken.Status.ACCEPTED)
        reply = self.tell("Authorize", payload)
        self.assertEqual((reply["idTokenInfo"]["status"], reply["certificateStatus"]), ("Accepted", "Accepted"))
        self.assertIn(EMAID, [each["value"] for each in self.see("id-tokens")["results"]])
        self.assertEqual(
            self.tell("Authorize", {"idToken": payload["idToken"]}), {"idTokenInfo": {"status": "Accepted"}}
        )
        self.do(f"contracts/{Contract.objects.get().pk}/cancel", {})
        reply = self.tell("Authorize", payload)
        self.assertEqual((reply["idTokenInfo"]["status"], reply["certificateStatus"]), ("Invalid", "ContractCancelled"))

    def test_a_contract_of_somebody_else(self) -> None:
        """The responders of its issuers are asked, and believed for what they have signed."""
        root = Issuer("Foreign MO root")
        sub = Issuer("Foreign MO sub", root)
        IdToken.objects.create(value=EMAID)
        responder = self.responder(lambda question: (200, self.said(sub, root, question)))
        _, leaf = sub.issue(EMAID)
        self.known = {each.serial_number: each for each in (leaf, sub.certificate)}
        self.trust(root)
        payload = {
            "idToken": {"idToken": EMAID, "type": "eMAID"},
            "certificate": pem_of(leaf) + sub.pem,
            "iso15118CertificateHashData": [
                sub.data(leaf, responder.url),
                root.data(sub.certificate, responder.url),
            ],
        }
        for _ in range(2):
            reply = self.tell("Authorize", payload)
            self.assertEqual((reply["idTokenInfo"]["status"], reply["certificateStatus"]), ("Accepted", "Accepted"))
        self.assertEqual(len(responder.asked), 2, "what was said is kept until its next update")
        self.assertEqual({each["status"] for each in self.see("certificate-statuses")["results"]}, {"Good"})
        sub.revoked.add(leaf.serial_number)
        CertificateStatus.objects.all().delete()
        self.assertEqual(self.tell("Authorize", payload)["certificateStatus"], "CertificateRevoked")

    def said(self, sub: Issuer, root: Issuer, question: bytes) -> bytes:
        certificate = self.known[ocsp.load_der_ocsp_request(question).serial_number]
        return (root if certificate == sub.certificate else sub).answer(certificate)


@speaking("2.0.1", "2.1")
class Statuses(SecurityCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = Issuer("Foreign root")
        _, self.leaf = self.root.issue("Leaf")

    @received("GetCertificateStatus", stored="`CertificateStatus`", seen="`/api/v1/certificate-statuses`")
    def test_get_certificate_status(self) -> None:
        """In the responder's own words, asked once."""
        said = self.root.answer(self.leaf)
        responder = self.responder(lambda question: (200, said))
        payload = {"ocspRequestData": self.root.data(self.leaf, responder.url)}
        for _ in range(2):
            reply = self.tell("GetCertificateStatus", payload)
            self.assertEqual(reply, {"status": "Accepted", "ocspResult": base64.b64encode(said).decode()})
        self.assertEqual(len(responder.asked), 1)
        row = CertificateStatus.objects.get()
        self.assertEqual((row.status, row.responder, row.verified), ("Good", responder.url, False))
        seen = self.see_one("certificate-statuses")
        self.assertEqual(int(seen["serial_number"], 16), self.leaf.serial_number)

    def test_nobody_answers(self) -> None:
        responder = self.responder(lambda question: (500, b""))
        payload = {"ocspRequestData": self.root.data(self.leaf, responder.url)}
        reply = self.tell("GetCertificateStatus", payload)
        self.assertEqual(
            (reply["status"], reply["statusInfo"]["additionalInfo"]), ("Failed", "The responder answered 500.")
        )
        self.assertEqual(CertificateStatus.objects.count(), 0)

    def test_our_own_authorities_answer_for_themselves(self) -> None:
        self.tell("SignCertificate", {"csr": signing_request("CP1"), "certificateType": "V2GCertificate"})
        self.hear("CertificateSigned")
        row = Certificate.objects.get()
        named = write_hash(hash_of(row.pem))
        for revoked, status in ((False, ocsp.OCSPCertStatus.GOOD), (True, ocsp.OCSPCertStatus.REVOKED)):
            if revoked:
                self.assertIsNotNone(self.do(f"certificates/{row.pk}/revoke", {})["revoked_at"])
            reply = self.tell("GetCertificateStatus", {"ocspRequestData": named | {"responderURL": ""}})
            answer = ocsp.load_der_ocsp_response(base64.b64decode(reply["ocspResult"]))
            self.assertEqual(answer.certificate_status, status)

    @received(
        "GetCertificateChainStatus",
        stored="`CertificateStatus`",
        seen="`/api/v1/certificate-statuses`",
        versions=("2.1",),
    )
    def test_get_certificate_chain_status(self) -> None:
        """By OCSP and by list, of who is trusted."""
        _, gone = self.root.issue("Gone")
        self.root.revoked.add(gone.serial_number)
        responder = self.responder(
            lambda question: (200, self.root.answer(self.leaf) if question else self.root.list_of_revoked())
        )
        asked = [
            {
                "certificateHashData": write_hash(self.root.hash_of(self.leaf)),
                "source": "OCSP",
                "urls": [responder.url],
            },
            {"certificateHashData": write_hash(self.root.hash_of(gone)), "source": "CRL", "urls": [responder.url]},
        ]
        reply = self.tell("GetCertificateChainStatus", {"certificateStatusRequests": asked})
        self.assertEqual([each["status"] for each in reply["certificateStatus"]], ["Failed", "Failed"])
        CertificateStatus.objects.all().delete()
        self.trust(self.root)
        reply = self.tell("GetCertificateChainStatus", {"certificateStatusRequests": asked})
        self.assertEqual([each["status"] for each in reply["certificateStatus"]], ["Good", "Revoked"])
        self.assertEqual(
            [each["certificateHashData"] for each in reply["certificateStatus"]],
            [each["certificateHashData"] for each in asked],
        )
        seen = {each["kind"]: each["status"] for each in self.see("certificate-statuses")["results"]}
        self.assertEqual(seen, {"OCSP": "Good", "CRL": "Revoked"})
