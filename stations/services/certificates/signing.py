"""What stations ask to have signed: signed at once, or when an administrator says so."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound, SmartServerError
from smartserver.core.events import CERTIFICATE_REQUESTED
from stations.models import Certificate, Command, SigningRequest, Station
from stations.models import State as StationState
from stations.ocpp.certificates import V2G, V2G20, SignedCertificate
from stations.ocpp.facts import CertificateRequested, Decided
from stations.ocpp.frames import Payload
from stations.services.certificates import authority, pki
from stations.services.certificates.keeping import Authority
from stations.services.certificates.pem import hash_of, pem_of
from stations.services.certificates.stores import WRITERS, row_of, writer_of
from stations.services.commands import SERVER, Requester, queue_command
from stations.services.context import Context

Request = SigningRequest.State

RENEWAL = Requester("certificate renewal")
REMINDED_FOR = timedelta(days=1)
MAX_REMINDED = 100
"""Stations that are reminded in one unit."""

AUTO = "auto"

MAX_PENDING = 20
"""Requests of one station that wait for approval; an older one gives way to a newer."""


def request_certificate(batch: Batch, context: Context, fact: CertificateRequested) -> Decided:
    """A station asks for a certificate (SignCertificate). Accepted means that it will be looked at.

    The certificate itself comes with CertificateSigned, after the answer. The same request again has no second
    certificate: what was sent and not confirmed is sent once more.
    """
    station = Station.objects.select_for_update().get(pk=context.station_id)
    same = SigningRequest.objects.filter(station=station, csr=fact.csr, use=fact.use)
    known = same.select_related("certificate").first()
    if known is not None and (again := _answer_again(batch, station, known, fact)) is not None:
        return again
    request = SigningRequest(
        station=station, csr=fact.csr, use=fact.use, request=fact.request, received_at=context.received_at
    )
    try:
        csr = authority.read_request(fact.csr)
    except authority.BadRequest as error:
        _decide(batch, request, Request.REFUSED, str(error))
        return Decided("Rejected")
    request.subject = csr.subject.rfc4514_string()[:500]
    request.reason = _foreign_name(station, authority.common_name(csr)) or _foreign_root(fact)
    if settings.CERTIFICATE_APPROVAL != AUTO or request.reason or not _issue_now(batch, request):
        _make_room(batch, station)
        request.save()
        _tell(batch, request)
    return Decided("Accepted")


def approve(batch: Batch, *, request_id: int, by: Requester) -> SigningRequest:
    """Sign a request that waits, also one whose name is not that of the station."""
    request = _pending(request_id)
    _issue(batch, request, by)
    return request


def refuse(batch: Batch, *, request_id: int, by: Requester, reason: str = "") -> SigningRequest:
    """Do not sign a request. OCPP has no message for that; the station gives up by itself."""
    request = _pending(request_id)
    request.decided_by_id = by.user_id
    _decide(batch, request, Request.REFUSED, reason or f"Refused by {by.name}.")
    return request


def ask_for_request(
    batch: Batch, *, station_id: int, by: Requester, use: str = Certificate.Use.STATION.value
) -> Command:
    """Tell a station to ask for a certificate, which it does with a new key and SignCertificate."""
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    writer = writer_of(station)
    if use not in writer.RENEWABLE:
        raise Conflict(f"This station's version of OCPP knows no {use}.")
    action, payload = writer.write_renewal(use=use)
    return queue_command(batch, station_id=station_id, action=action, payload=payload, by=by)


def renew_expiring(batch: Batch, now: datetime) -> None:
    """Remind connected stations whose certificate expires soon, each once a day (A03, security whitepaper A03)."""
    renewable = Q()
    for version, writer in WRITERS.items():
        renewable |= Q(station__ocpp_version=version, use__in=writer.RENEWABLE)
    soon = Certificate.objects.filter(
        renewable,
        Q(reminded_at=None) | Q(reminded_at__lte=now - REMINDED_FOR),
        state=Certificate.State.INSTALLED,
        valid_to__lte=now + timedelta(days=settings.CERTIFICATE_RENEW_DAYS),
        station__state=StationState.ONLINE,
    )
    for certificate in soon.order_by("valid_to")[:MAX_REMINDED]:
        with contextlib.suppress(Conflict):  # a thousand commands wait for it: it is reminded another time
            ask_for_request(batch, station_id=certificate.station_id, by=RENEWAL, use=certificate.use)
            Certificate.objects.filter(pk=certificate.pk).update(reminded_at=now)


def _answer_again(batch: Batch, station: Station, known: SigningRequest, fact: CertificateRequested) -> Decided | None:
    """The answer to a request that was heard before; None when it has to be looked at anew."""
    if known.request != fact.request:  # asked again under another number, by which the station knows the answer
        known.request = fact.request
        SigningRequest.objects.filter(pk=known.pk).update(request=fact.request)
    if known.state == Request.PENDING:
        return Decided("Accepted")
    if known.state == Request.REFUSED:
        return Decided("Rejected") if known.decided_by_id is not None else None
    certificate = known.certificate
    if certificate is None or certificate.state != Certificate.State.ISSUED:
        return None  # it has the certificate, and asks for the next one
    under_way = Command.objects.filter(
        station=station, action="CertificateSigned", state__in=(Command.State.QUEUED, Command.State.SENT)
    )
    if not any(command.payload == _payload(station, known, certificate) for command in under_way):
        _send(batch, known, certificate, SERVER)
    return Decided("Accepted")


def _foreign_name(station: Station, name: str) -> str:
    """What is wrong with the common name, or an empty text.

    Security whitepaper, section 2.4: it is the unique serial number; identities that are names are as common.
    """
    if name == station.identity:
        return ""
    if not name:
        return "The request has no common name."
    if Station.objects.filter(identity=name).exists():
        return f"The common name {name[:100]} is another station's identity."
    if name == station.serial_number:
        return ""
    return f"The common name {name[:100]} is neither the station's identity nor its serial number."


def _foreign_root(fact: CertificateRequested) -> str:
    """What is wrong with the root that the station wants (2.1 hashRootCertificate), or an empty text."""
    if fact.root is None or fact.root == hash_of(pem_of(_signer(fact.use).root), fact.root.algorithm):
        return ""
    return "The station wants a certificate of another root."


def _signer(use: str) -> Authority:
    """What is only for vehicles comes from the V2G hierarchy; all else has to be believed by this server."""
    return pki.v2g() if use in (V2G, V2G20) else authority.authority()


def _issue_now(batch: Batch, request: SigningRequest) -> bool:
    """Sign without asking anybody. False: it cannot be done now, and waits for an administrator with the reason."""
    try:
        with batch.attempt():
            _issue(batch, request, SERVER)
    except SmartServerError as error:
        request.pk = None
        request.state, request.reason, request.certificate, request.decided_at = Request.PENDING, str(error), None, None
        return False
    return True


def _issue(batch: Batch, request: SigningRequest, by: Requester) -> None:
    station = request.station
    csr = authority.read_request(request.csr)
    signed = authority.sign(
        csr, identity=station.identity, days=settings.CERTIFICATE_DAYS, use=request.use, issuer=_signer(request.use)
    )
    certificate = row_of(station, request.use, signed.chain, batch.now)
    certificate.save()
    _send(batch, request, certificate, by)
    request.certificate = certificate
    request.decided_by_id = by.user_id
    _decide(batch, request, Request.SIGNED, request.reason)


def _send(batch: Batch, request: SigningRequest, certificate: Certificate, by: Requester) -> None:
    payload = _payload(request.station, request, certificate)
    queue_command(batch, station_id=request.station_id, action="CertificateSigned", payload=payload, by=by)


def _payload(station: Station, request: SigningRequest, certificate: Certificate) -> Payload:
    payload: Payload = writer_of(station).write_signed(SignedCertificate(certificate.pem, request.use, request.request))
    return payload


def _pending(request_id: int) -> SigningRequest:
    request = (
        SigningRequest.objects.select_for_update(of=("self",)).select_related("station").filter(pk=request_id).first()
    )
    if request is None:
        raise NotFound("There is no such request.")
    if request.state != Request.PENDING:
        raise Conflict(f"This request is {request.state} already.")
    return request


def _make_room(batch: Batch, station: Station) -> None:
    waiting = SigningRequest.objects.filter(station=station, state=Request.PENDING).order_by("-pk")
    for old in waiting[MAX_PENDING - 1 :]:
        _decide(batch, old, Request.REFUSED, "Displaced by newer requests.")


def _decide(batch: Batch, request: SigningRequest, state: SigningRequest.State, reason: str) -> None:
    request.state = state
    request.reason = reason[:255]
    request.decided_at = batch.now
    request.save()
    _tell(batch, request)


def _tell(batch: Batch, request: SigningRequest) -> None:
    data = {"request": request.pk, "station": request.station.identity, "subject": request.subject}
    batch.publish(CERTIFICATE_REQUESTED, data | {"state": str(request.state)})
