"""Whether certificates were revoked: of our own by what is stored, of others by their responders (M06, M07).

What a responder has said is kept until its next update, and says so for everybody.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.x509.ocsp import OCSPResponseStatus

from smartserver.core.batch import Batch
from stations.models import Certificate, CertificateStatus, Contract
from stations.ocpp.certificates import (
    ChainStatusAnswered,
    ChainStatusRequested,
    StatusAnswered,
    StatusKnown,
    StatusRequested,
    StatusSource,
)
from stations.ocpp.facts import CertificateHash
from stations.services.certificates import ocsp, pki, responders
from stations.services.certificates.keeping import Authority
from stations.services.certificates.pem import issuer_hash, read_chain
from stations.services.certificates.responders import Heard
from stations.services.context import Context
from stations.services.enquiries import Enquiry

FAILED = "Failed"
ASK_AGAIN = timedelta(hours=1)
"""When it is worth asking again after nobody could say anything."""


class Known(NamedTuple):
    """`ocsp`: the answer as a responder would give it, base64. `cancelled`: a contract of ours that has ended."""

    status: str
    next_update: datetime
    ocsp: str = ""
    verified: bool = True
    cancelled: bool = False


# -- what stations ask ---------------------------------------------------------------------------------


def tell_status(batch: Batch, context: Context, fact: StatusRequested) -> StatusAnswered | Enquiry:
    """GetCertificateStatus (M06): the responder's own words, which the vehicle or the station checks for itself."""
    source, at = fact.source, context.received_at
    try:
        known = look_up(source, at)
    except ocsp.Misfit as misfit:
        return StatusAnswered(FAILED, reason=str(misfit))
    if known is not None:
        return StatusAnswered("Accepted", known.ocsp)
    return Enquiry(partial(responders.ask, source), partial(_tell_heard, at=at))


def _tell_heard(batch: Batch, heard: Heard, *, at: datetime) -> StatusAnswered:
    try:
        return StatusAnswered("Accepted", take(heard, at).ocsp)
    except ocsp.Misfit as misfit:
        return StatusAnswered(FAILED, reason=str(misfit))


def tell_chain_status(batch: Batch, context: Context, fact: ChainStatusRequested) -> ChainStatusAnswered | Enquiry:
    """GetCertificateChainStatus (2.1): a word for each. Good is only what its issuer has signed."""
    at = context.received_at
    missing = missing_of(fact.sources, at)
    if not missing:
        return _words(fact.sources, at)
    return Enquiry(partial(responders.ask_all, missing), partial(_words_heard, sources=fact.sources, at=at))


def _words_heard(
    batch: Batch, heard: Sequence[Heard], *, sources: Sequence[StatusSource], at: datetime
) -> ChainStatusAnswered:
    take_all(heard, at)
    return _words(sources, at)


def _words(sources: Sequence[StatusSource], at: datetime) -> ChainStatusAnswered:
    return ChainStatusAnswered(tuple(_word(source, at) for source in sources))


def _word(source: StatusSource, at: datetime) -> StatusKnown:
    known = look_up_or_fail(source, at)
    return StatusKnown(source, known.status if known.verified else FAILED, known.next_update)


# -- what is known -------------------------------------------------------------------------------------


def look_up(source: StatusSource, at: datetime) -> Known | None:
    """What is known of a certificate; None: it has to be asked. `ocsp.Misfit` where the question makes no sense."""
    ours = authority_of(source.certificate)
    if ours is not None:
        return _of_ours(ours, source.certificate, at)
    row = CertificateStatus.objects.filter(**_named(source), next_update__gt=at).first()
    return None if row is None else Known(row.status, row.next_update, row.ocsp, row.verified)


def look_up_or_fail(source: StatusSource, at: datetime) -> Known:
    """The same once everybody was asked."""
    try:
        known = look_up(source, at)
    except ocsp.Misfit:
        known = None
    return known or Known(FAILED, at + ASK_AGAIN)


def missing_of(sources: Iterable[StatusSource], at: datetime) -> list[StatusSource]:
    """What has to be asked."""
    found = []
    for source in sources:
        try:
            known = look_up(source, at)
        except ocsp.Misfit:
            continue
        if known is None:
            found.append(source)
    return found


def respond(question: bytes, at: datetime) -> bytes:
    """What our own responder answers: DER in, DER out (`stations/ocsp.py`)."""
    try:
        certificate = ocsp.read_question(question)
    except ocsp.Misfit:
        return ocsp.refusal(OCSPResponseStatus.MALFORMED_REQUEST)
    ours = authority_of(certificate)
    if ours is None:
        return ocsp.refusal(OCSPResponseStatus.UNAUTHORIZED)
    return base64.b64decode(_of_ours(ours, certificate, at).ocsp)


def authority_of(certificate: CertificateHash) -> Authority | None:
    """Which of our authorities has issued a certificate."""
    return next((each for each in pki.own() if _is_of(each, certificate)), None)


def _is_of(authority: Authority, certificate: CertificateHash) -> bool:
    named = (certificate.issuer_name_hash, certificate.issuer_key_hash)
    return issuer_hash(authority.certificate, certificate.algorithm) == named


def _of_ours(authority: Authority, certificate: CertificateHash, at: datetime) -> Known:
    status, revoked_at, cancelled = _standing(authority.certificate, certificate.serial_number)
    answer = ocsp.own_answer(authority, certificate, status, at, revoked_at=revoked_at)
    return Known(status, at + ocsp.VALID, ocsp.encoded(answer), cancelled=cancelled)


def _standing(issuer: x509.Certificate, serial: str) -> tuple[str, datetime | None, bool]:
    """Good, Revoked (when), or Unknown for a number that this authority never gave; and whether it is a contract."""
    for row in Certificate.objects.filter(serial_number=serial).exclude(pem=""):
        if _comes_from(row.pem, issuer):
            return (ocsp.REVOKED if row.revoked_at else ocsp.GOOD), row.revoked_at, False
    for contract in Contract.objects.filter(serial_number=serial).exclude(pem=""):
        if _comes_from(contract.pem, issuer):
            return (ocsp.REVOKED if contract.cancelled_at else ocsp.GOOD), contract.cancelled_at, True
    authorities = (each.certificate for each in pki.own())
    if any(f"{each.serial_number:x}" == serial and each.issuer == issuer.subject for each in authorities):
        return ocsp.GOOD, None, False
    return ocsp.UNKNOWN, None, False


def _comes_from(pem: str, issuer: x509.Certificate) -> bool:
    return any(each.issuer == issuer.subject for each in read_chain(pem)[:1])


# -- what was heard ------------------------------------------------------------------------------------


def take_all(heard: Iterable[Heard], at: datetime, issuers: Sequence[x509.Certificate] = ()) -> None:
    """Keep what responders have said; what makes no sense is as if nobody had answered."""
    for each in heard:
        try:
            take(each, at, issuers)
        except ocsp.Misfit:
            continue


def take(heard: Heard, at: datetime, issuers: Sequence[x509.Certificate] = ()) -> Known:
    """Keep what a responder has said; `ocsp.Misfit` when it is of no use. `issuers`: trusted beside all others."""
    if not heard.der:
        raise ocsp.Misfit(heard.error)
    read = ocsp.read_list if heard.source.kind == "CRL" else ocsp.read_answer
    standing = read(heard.der, heard.source.certificate, (*pki.trusted(), *issuers), at)
    answer = "" if heard.source.kind == "CRL" else ocsp.encoded(heard.der)
    CertificateStatus.objects.filter(next_update__lte=at).delete()
    values: dict[str, Any] = {
        "status": standing.status,
        "verified": standing.verified,
        "ocsp": answer,
        "responder": heard.url[:2000],
        "asked_at": at,
        "next_update": standing.next_update,
    }
    CertificateStatus.objects.update_or_create(**_named(heard.source), defaults=values)
    return Known(standing.status, standing.next_update, answer, standing.verified)


def _named(source: StatusSource) -> dict[str, Any]:
    certificate = source.certificate
    return {
        "kind": source.kind,
        "hash_algorithm": certificate.algorithm,
        "issuer_name_hash": certificate.issuer_name_hash,
        "issuer_key_hash": certificate.issuer_key_hash,
        "serial_number": certificate.serial_number,
    }
