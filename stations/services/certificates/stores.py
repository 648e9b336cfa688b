"""What certificates stations have: installed, deleted, listed by calls of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import ModuleType

from cryptography import x509

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Certificate, Command, Station
from stations.ocpp.certificates import (
    COMBINED,
    STATION,
    V2G,
    V2G20,
    V2G_CHAIN,
    CertificateAnswered,
    CertificateDeleted,
    CertificateListed,
    CertificatesListed,
    write_hash,
)
from stations.ocpp.facts import CertificateHash
from stations.ocpp.v16 import certificates as v16
from stations.ocpp.v21 import certificates as v21
from stations.ocpp.v201 import certificates as v201
from stations.services.certificates import authority, pki
from stations.services.certificates.pem import facts_of, hash_of, pem_of, read_certificate
from stations.services.commands import Requester, queue_command, version_of
from stations.services.settled import Settled

State = Certificate.State
Use = Certificate.Use

WRITERS: Mapping[str, ModuleType] = {"1.6": v16, "2.0.1": v201, "2.1": v21}
"""How the calls are written in each version."""

INSTALLABLE: tuple[str, ...] = v21.INSTALLABLE
LISTABLE: tuple[str, ...] = v21.LISTABLE
"""Of any version; which of them a station has is that of its own."""

_ROOTS = {Use.MO_ROOT.value: pki.MO_ROOT, Use.OEM_ROOT.value: pki.OEM_ROOT}

SHOWN: tuple[str, ...] = (STATION, COMBINED, V2G, V2G20)
"""What stations show to others: made by us, and replaced, never deleted."""

_CHAINS = (V2G_CHAIN, V2G, V2G20)
"""Rows of what a station lists as a chain for vehicles: what we have made, or what it says."""


def install_certificate(batch: Batch, *, station_id: int, use: str, pem: str, by: Requester) -> Certificate:
    """Have a station trust a root certificate (InstallCertificate). Empty `pem`: that of this server's authority."""
    station = _station(station_id)
    writer = writer_of(station)
    _check_use(use, writer.INSTALLABLE)
    # The certificate alone, whatever else the text holds.
    pem = pem_of(read_certificate(pem)) if pem.strip() else _root_for(use)
    certificate = row_of(station, use, pem, batch.now)
    certificate.save()
    payload = writer.write_install(use=use, pem=pem)
    queue_command(batch, station_id=station_id, action="InstallCertificate", payload=payload, by=by)
    return certificate


def _root_for(use: str) -> str:
    """The root of ours for this use: of vehicles, contracts and V2G certificates it is the one of `pki`."""
    if use == Use.V2G_ROOT:
        return pem_of(pki.v2g().root)
    name = _ROOTS.get(use)
    return authority.root_pem() if name is None else pem_of(pki.local(name).root)


def delete_certificate(batch: Batch, *, certificate_id: int, by: Requester) -> Command:
    """Have a station remove a certificate from its store (DeleteCertificate)."""
    certificate = Certificate.objects.select_related("station").filter(pk=certificate_id).first()
    if certificate is None:
        raise NotFound("There is no such certificate.")
    if certificate.use in (STATION, COMBINED):
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
    writer = writer_of(station)
    _check_use(use, writer.LISTABLE)
    payload = writer.write_list(uses=(use,))
    return queue_command(batch, station_id=station_id, action="GetInstalledCertificateIds", payload=payload, by=by)


def revoke_certificate(batch: Batch, *, certificate_id: int) -> Certificate:
    """Say from now on, to whoever asks, that a certificate of ours is not to be believed any more."""
    certificate = Certificate.objects.select_for_update(of=("self",)).filter(pk=certificate_id).first()
    if certificate is None:
        raise NotFound("There is no such certificate.")
    if certificate.use not in SHOWN or not certificate.pem:
        raise Conflict("Only certificates that this server has made for a station can be revoked by it.")
    if certificate.revoked_at is None:
        certificate.revoked_at = certificate.changed_at = batch.now
        certificate.save()
    return certificate


def take_answer(batch: Batch, settled: Settled, fact: CertificateAnswered) -> None:
    """The station installed a certificate, or refused it."""
    mine = Certificate.objects.filter(station_id=settled.station_id, use=fact.use)
    certificate = mine.filter(pem=fact.pem).select_for_update().order_by("-pk").first()
    if certificate is None:
        return  # sent as a plain command, without a row of its own
    accepted = fact.status == "Accepted"
    if accepted and fact.use in SHOWN:
        # A station has one certificate of each use: the new one is in the place of the old one.
        mine.filter(state=State.INSTALLED).exclude(pk=certificate.pk).update(state=State.DELETED, changed_at=settled.at)
    _become(certificate, State.INSTALLED if accepted else State.REFUSED, settled.at)


def take_deletion(batch: Batch, settled: Settled, fact: CertificateDeleted) -> None:
    """Accepted or NotFound: it is not there (any more). Failed changes nothing."""
    if fact.status in ("Accepted", "NotFound"):
        for certificate in _known(settled.station_id, fact.certificate):
            if certificate.use not in (STATION, COMBINED) and certificate.state != State.DELETED:
                _become(certificate, State.DELETED, settled.at)


def take_list(batch: Batch, settled: Settled, fact: CertificatesListed) -> None:
    """What the station has is installed, what it does not have is not, and what nobody knew is noted."""
    present: set[int] = set()
    for listed in fact.certificates:
        known = [each for each in _known(settled.station_id, listed.certificate) if each.use in _rows_of(listed.use)]
        certificate = known[0] if known else _reported(settled, listed)
        # What is needed to have it deleted is what the station says of it.
        certificate.hash_algorithm = listed.certificate.algorithm
        certificate.issuer_name_hash = listed.certificate.issuer_name_hash
        certificate.issuer_key_hash = listed.certificate.issuer_key_hash
        certificate.serial_number = listed.certificate.serial_number
        certificate.children = [write_hash(each) for each in listed.children]
        _become(certificate, State.INSTALLED, settled.at)
        present.add(certificate.pk)
    uses = [row for use in fact.uses or LISTABLE for row in _rows_of(use)]
    gone = Certificate.objects.filter(station_id=settled.station_id, use__in=uses, state=State.INSTALLED)
    gone.exclude(pk__in=present).update(state=State.DELETED, changed_at=settled.at)


def _rows_of(use: str) -> Sequence[str]:
    return _CHAINS if use == V2G_CHAIN else (use,)


def _known(station_id: int, wanted: CertificateHash) -> list[Certificate]:
    """The rows of a certificate, newest first; compared in the algorithm in which the station speaks of it."""
    rows = Certificate.objects.filter(station_id=station_id, serial_number=wanted.serial_number)
    return [row for row in rows.select_for_update().order_by("-pk") if _is(row, wanted)]


def _is(row: Certificate, wanted: CertificateHash) -> bool:
    if row.hash_algorithm == wanted.algorithm or not row.pem:
        return row.issuer_name_hash == wanted.issuer_name_hash
    return hash_of(row.pem, wanted.algorithm).issuer_name_hash == wanted.issuer_name_hash


def _reported(settled: Settled, listed: CertificateListed) -> Certificate:
    return Certificate(station_id=settled.station_id, use=listed.use, created_at=settled.at)


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
    """The certificates of our authorities; roots of others can be handled without them."""
    return tuple(each.certificate for each in pki.own())


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


def _check_use(use: str, possible: Sequence[str]) -> None:
    if use not in possible:
        raise BadInput(f"For this station the use is one of {', '.join(possible)}.")


def expiring(now: datetime, *, within: timedelta) -> list[Certificate]:
    """Installed certificates that expire soon, the first to expire first."""
    soon = Certificate.objects.filter(state=State.INSTALLED, valid_to__lte=now + within).select_related("station")
    return list(soon.order_by("valid_to"))
