"""What certificates stations have: installed, deleted, listed by calls of the server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import ModuleType

from cryptography import x509

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound, Unavailable
from stations.models import Certificate, Command, Station
from stations.ocpp.told import CertificateAnswered, CertificateDeleted, CertificateHash, CertificatesListed
from stations.ocpp.v16 import certificates as v16
from stations.services.certificates import authority
from stations.services.certificates.pem import facts_of, hash_of, pem_of, read_certificate
from stations.services.commands import Requester, queue_command, version_of
from stations.services.settled import Settled

State = Certificate.State
Use = Certificate.Use

WRITERS: Mapping[str, ModuleType] = {"1.6": v16}
"""How the calls are written in each version."""

INSTALLABLE = (Use.CENTRAL_ROOT.value, Use.MANUFACTURER_ROOT.value)


def install_certificate(batch: Batch, *, station_id: int, use: str, pem: str, by: Requester) -> Certificate:
    """Have a station trust a root certificate (InstallCertificate). Empty `pem`: that of this server's authority."""
    station = _station(station_id)
    _check_use(use)
    # The certificate alone, whatever else the text holds.
    pem = pem_of(read_certificate(pem)) if pem.strip() else authority.root_pem()
    certificate = row_of(station, use, pem, batch.now)
    certificate.save()
    payload = writer_of(station).write_install(use=use, pem=pem)
    queue_command(batch, station_id=station_id, action="InstallCertificate", payload=payload, by=by)
    return certificate


def delete_certificate(batch: Batch, *, certificate_id: int, by: Requester) -> Command:
    """Have a station remove a certificate from its store (DeleteCertificate)."""
    certificate = Certificate.objects.select_related("station").filter(pk=certificate_id).first()
    if certificate is None:
        raise NotFound("There is no such certificate.")
    if certificate.use == Use.STATION:
        raise Conflict("A station's own certificate cannot be deleted, only replaced.")
    if not certificate.issuer_key_hash:
        raise Conflict("The issuer's key is not known; list the station's certificates first.")
    named = CertificateHash(
        certificate.hash_algorithm,
        certificate.issuer_name_hash,
        certificate.issuer_key_hash,
        certificate.serial_number,
    )
    payload = writer_of(certificate.station).write_delete(certificate=named)
    return queue_command(batch, station_id=certificate.station_id, action="DeleteCertificate", payload=payload, by=by)


def list_certificates(batch: Batch, *, station_id: int, use: str, by: Requester) -> Command:
    """Ask a station which certificates it has (GetInstalledCertificateIds); its answer corrects our rows."""
    station = _station(station_id)
    _check_use(use)
    payload = writer_of(station).write_list(use=use)
    return queue_command(batch, station_id=station_id, action="GetInstalledCertificateIds", payload=payload, by=by)


def take_answer(batch: Batch, settled: Settled, fact: CertificateAnswered) -> None:
    """The station installed a certificate, or refused it."""
    mine = Certificate.objects.filter(station_id=settled.station_id, use=fact.use)
    certificate = mine.filter(pem=fact.pem).select_for_update().order_by("-pk").first()
    if certificate is None:
        return  # sent as a plain command, without a row of its own
    accepted = fact.status == "Accepted"
    if accepted and fact.use == Use.STATION:
        # A station has one certificate of its own: the new one is in the place of the old one.
        mine.filter(state=State.INSTALLED).exclude(pk=certificate.pk).update(state=State.DELETED, changed_at=settled.at)
    _become(certificate, State.INSTALLED if accepted else State.REFUSED, settled.at)


def take_deletion(batch: Batch, settled: Settled, fact: CertificateDeleted) -> None:
    """Accepted or NotFound: it is not there (any more). Failed changes nothing."""
    if fact.status in ("Accepted", "NotFound"):
        for certificate in _known(settled.station_id, fact.certificate):
            if certificate.use != Use.STATION and certificate.state != State.DELETED:
                _become(certificate, State.DELETED, settled.at)


def take_list(batch: Batch, settled: Settled, fact: CertificatesListed) -> None:
    """What the station has is installed, what it does not have is not, and what nobody knew is noted."""
    present: set[int] = set()
    for listed in fact.certificates:
        known = [each for each in _known(settled.station_id, listed) if each.use == fact.use]
        certificate = known[0] if known else _reported(settled, fact.use, listed)
        # What is needed to have it deleted is what the station says of it.
        certificate.hash_algorithm = listed.algorithm
        certificate.issuer_name_hash = listed.issuer_name_hash
        certificate.issuer_key_hash = listed.issuer_key_hash
        certificate.serial_number = listed.serial_number
        _become(certificate, State.INSTALLED, settled.at)
        present.add(certificate.pk)
    gone = Certificate.objects.filter(station_id=settled.station_id, use=fact.use, state=State.INSTALLED)
    gone.exclude(pk__in=present).update(state=State.DELETED, changed_at=settled.at)


def _known(station_id: int, wanted: CertificateHash) -> list[Certificate]:
    """The rows of a certificate, newest first; compared in the algorithm in which the station speaks of it."""
    rows = Certificate.objects.filter(station_id=station_id, serial_number=wanted.serial_number)
    return [row for row in rows.select_for_update().order_by("-pk") if _is(row, wanted)]


def _is(row: Certificate, wanted: CertificateHash) -> bool:
    if row.hash_algorithm == wanted.algorithm or not row.pem:
        return row.issuer_name_hash == wanted.issuer_name_hash
    return hash_of(row.pem, wanted.algorithm).issuer_name_hash == wanted.issuer_name_hash


def _reported(settled: Settled, use: str, listed: CertificateHash) -> Certificate:
    return Certificate(
        station_id=settled.station_id, use=use, serial_number=listed.serial_number, created_at=settled.at
    )


def _become(certificate: Certificate, state: Certificate.State, at: datetime) -> None:
    certificate.state = state
    certificate.changed_at = at
    certificate.save()


def row_of(station: Station, use: str, pem: str, now: datetime) -> Certificate:
    facts = facts_of(read_certificate(pem))
    named = hash_of(pem, issuers=_our_own())
    return Certificate(
        station=station,
        use=use,
        pem=pem,
        subject=facts.subject,
        serial_number=facts.serial_number,
        hash_algorithm=named.algorithm,
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        created_at=now,
        changed_at=now,
    )


def _our_own() -> tuple[x509.Certificate, ...]:
    """The certificate of our authority; roots of others can be handled without it."""
    try:
        return (authority.authority().certificate,)
    except Unavailable:
        return ()


def _station(station_id: int) -> Station:
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    return station


def writer_of(station: Station) -> ModuleType:
    version = version_of(station)
    if version not in WRITERS:
        raise Conflict(f"Certificates of stations with OCPP {version} are not supported yet.")
    return WRITERS[version]


def _check_use(use: str) -> None:
    if use not in INSTALLABLE:
        raise BadInput(f"The use is one of {', '.join(INSTALLABLE)}.")


def expiring(now: datetime, *, within: timedelta) -> list[Certificate]:
    """Installed certificates that expire soon, the first to expire first."""
    soon = Certificate.objects.filter(state=State.INSTALLED, valid_to__lte=now + within).select_related("station")
    return list(soon.order_by("valid_to"))
