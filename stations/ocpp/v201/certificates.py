"""Certificates (use cases A02 to A04, C07, C08, M01 to M06): what stations say, our calls, and what answers tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stations.ocpp.certificates import (
    COMBINED,
    CertificateAnswered,
    CertificateDeleted,
    CertificateListed,
    CertificatesListed,
    ContractAnswered,
    ContractPresented,
    ContractRequested,
    SignedCertificate,
    StatusAnswered,
    StatusRequested,
    StatusSource,
    read_hash,
    write_hash,
)
from stations.ocpp.facts import (
    CertificateHash,
    CertificateRequested,
    Decided,
    SecurityEventReported,
    TokenPresented,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, long_text, stamp, text
from stations.ocpp.v201 import transactions

WORDS: Mapping[str, str] = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
"""Uses that 1.6 has under another name, which is the one of our rows."""

OURS: Mapping[str, str] = {theirs: ours for ours, theirs in WORDS.items()}

INSTALLABLE = (
    "CentralSystemRootCertificate",
    "ManufacturerRootCertificate",
    "MORootCertificate",
    "V2GRootCertificate",
)
LISTABLE = (*INSTALLABLE, "V2GCertificateChain")

LARGEST = 5500
"""Characters of a certificate that is installed."""

LARGEST_EXI, LARGEST_OCSP = 7500, 5500
"""Characters of our answers (exiResponse, ocspResult)."""

LONGEST_EXI = 20_000
"""Characters of a request that are looked at; no version allows for so many."""

TRIGGERS: Mapping[str, str] = {
    "ChargingStationCertificate": "SignChargingStationCertificate",
    "CombinedCertificate": "SignCombinedCertificate",
    "V2GCertificate": "SignV2GCertificate",
}
RENEWABLE = tuple(TRIGGERS)

# -- what stations say ---------------------------------------------------------------------------


def read_security_event(payload: Payload) -> SecurityEventReported:
    return SecurityEventReported(text(payload, "type"), stamp(payload.get("timestamp")), text(payload, "techInfo"))


def read_signing_request(payload: Payload) -> CertificateRequested:
    """Without a type the certificate is for the server and for vehicles (A02, SignCombinedCertificate)."""
    use = text(payload, "certificateType") or COMBINED
    number, root = payload.get("requestId", -1), payload.get("hashRootCertificate")
    return CertificateRequested(
        long_text(payload, "csr"),
        use,
        int(number) if 0 <= number <= MAX_NUMBER else None,
        read_hash(root) if root else None,
    )


def write_signing_request(answer: Decided) -> Payload:
    return {"status": answer.status}


def read_authorize(payload: Payload) -> TokenPresented | ContractPresented:
    """A vehicle's contract is a token, too; what it brings along makes it another fact (C07, C08)."""
    presented = transactions.read_authorize(payload)
    chain = long_text(payload, "certificate")
    sources = tuple(_source(each) for each in payload.get("iso15118CertificateHashData") or ())
    return ContractPresented(presented.token, chain, sources) if chain or sources else presented


def read_contract_request(payload: Payload) -> ContractRequested:
    return ContractRequested(
        text(payload, "iso15118SchemaVersion"),
        payload["action"],
        str(payload["exiRequest"])[:LONGEST_EXI],
        payload.get("maximumContractCertificateChains"),
        tuple(map(str, payload.get("prioritizedEMAIDs") or ())),
    )


def write_contract(answer: ContractAnswered, largest: int = LARGEST_EXI) -> Payload:
    """An answer that a vehicle could not read whole is none."""
    if len(answer.exi) > largest:
        answer = ContractAnswered("Failed", reason=f"The contract is longer than {largest} characters.")
    return {"status": answer.status, "exiResponse": answer.exi} | info("NoContract", answer.reason)


def read_status_request(payload: Payload) -> StatusRequested:
    return StatusRequested(_source(payload["ocspRequestData"]))


def write_status(answer: StatusAnswered, largest: int = LARGEST_OCSP) -> Payload:
    if len(answer.ocsp) > largest:
        answer = StatusAnswered("Failed", reason=f"The responder's answer is longer than {largest} characters.")
    told = {"ocspResult": answer.ocsp} if answer.ocsp else {}
    return {"status": answer.status} | told | info("NoStatus", answer.reason)


def info(code: str, reason: str) -> Payload:
    """`statusInfo` of an answer that is no; nothing without a reason."""
    return {"statusInfo": {"reasonCode": code, "additionalInfo": reason[:512]}} if reason else {}


def _source(data: Payload) -> StatusSource:
    return StatusSource(read_hash(data), (str(data["responderURL"]),))


# -- what the server asks ------------------------------------------------------------------------


def write_signed(signed: SignedCertificate) -> Payload:
    return {"certificateChain": signed.chain} | ({} if signed.use == COMBINED else {"certificateType": signed.use})


def write_install(*, use: str, pem: str) -> Payload:
    return {"certificateType": WORDS.get(use, use), "certificate": pem}


def write_delete(*, certificate: CertificateHash) -> Payload:
    return {"certificateHashData": write_hash(certificate)}


def write_list(*, uses: Sequence[str]) -> Payload:
    """Nothing named is everything (M03)."""
    return {"certificateType": [WORDS.get(use, use) for use in uses]} if uses else {}


def write_renewal(*, use: str) -> tuple[str, Payload]:
    """The action and payload by which a station is told to ask for a certificate (A02, A03, F06)."""
    return "TriggerMessage", {"requestedMessage": TRIGGERS[use]}


# -- what answers tell -----------------------------------------------------------------------------


def read_signed(request: Payload, reply: Payload) -> CertificateAnswered:
    use = request.get("certificateType", COMBINED)
    return CertificateAnswered(use, request["certificateChain"], reply["status"])


def read_install(request: Payload, reply: Payload) -> CertificateAnswered:
    return CertificateAnswered(_our(request["certificateType"]), request["certificate"], reply["status"])


def read_delete(request: Payload, reply: Payload) -> CertificateDeleted:
    return CertificateDeleted(read_hash(request["certificateHashData"]), reply["status"])


def read_list(request: Payload, reply: Payload) -> CertificatesListed:
    """`NotFound` (no certificates of these types) is an empty list."""
    found = reply.get("certificateHashDataChain") or () if reply["status"] == "Accepted" else ()
    uses = tuple(_our(use) for use in request.get("certificateType") or ())
    return CertificatesListed(uses, tuple(_listed(each) for each in found))


def _listed(data: dict[str, Any]) -> CertificateListed:
    children = data.get("childCertificateHashData") or ()
    return CertificateListed(
        _our(data["certificateType"]), read_hash(data["certificateHashData"]), tuple(map(read_hash, children))
    )


def _our(use: str) -> str:
    return OURS.get(use, use)
