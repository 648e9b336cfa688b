"""Who gives vehicles their contract certificates: CONTRACT_PROVIDER names a class like these.

Elsewhere that is a market of its own (contract certificate pools, mobility operators). `exi` is passed on as it came
and goes back as it is answered: nothing of OCPP has to be known for it, and nothing of ISO 15118 is known here but
what `LocalProvider` needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import ModuleType
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from stations.models import Contract
from stations.ocpp import iso15118, iso15118_20
from stations.ocpp.certificates import ContractRequested
from stations.services.certificates import authority, pki
from stations.services.certificates.chains import problem_of
from stations.services.certificates.keeping import CLOCKS_DIFFER
from stations.services.certificates.pem import facts_of, pem_of

WORDS: Mapping[str, ModuleType] = {each.SCHEMA: each for each in (iso15118, iso15118_20)}
"""How vehicles of each edition ask, by the name of their schema."""

SESSION = timedelta(minutes=10)
"""So long a vehicle may take to fetch its contracts one by one."""

MAX_CERTIFICATES = 10
"""Certificates of one contract that are remembered; a vehicle that asks again and again fills no table."""


class Refused(Exception):
    """There is no certificate for this vehicle now; the text is what its station is told."""


class Provided(NamedTuple):
    """`exi`: the answer for the vehicle, base64. `remaining`: further contracts that it could ask for (2.1)."""

    exi: str = ""
    remaining: int | None = None


class ContractProvider(ABC):
    """One is made for each request. It refuses with `Refused`; any other error, and silence, is a refusal, too."""

    @abstractmethod
    async def ask(self, wanted: ContractRequested) -> Provided:
        """Ask whoever knows; it is given CONTRACT_PROVIDER_TIMEOUT seconds."""

    def conclude(self, batch: Batch, wanted: ContractRequested, heard: Provided) -> Provided:
        """What follows, in the transaction in which the call is stored; it may run twice."""
        return heard


class LocalProvider(ContractProvider):
    """Contracts of this server, for tests and for sites whose vehicles are known.

    A vehicle is known by its provisioning certificate, which has to come from somebody trusted, and gets the contracts
    that are registered for its name. It reads and writes the messages of ISO 15118-2 and -20 in XML: there is no EXI
    in Python's standard library, so what comes in EXI is refused.
    """

    async def ask(self, wanted: ContractRequested) -> Provided:
        return Provided()

    def conclude(self, batch: Batch, wanted: ContractRequested, heard: Provided) -> Provided:
        words = WORDS.get(wanted.schema)
        if words is None:
            raise Refused(f"Only {' and '.join(WORDS)} are understood here.")
        if wanted.most == 0:
            raise Refused("The vehicle takes no contract.")
        try:
            request: iso15118.Request = words.read_request(wanted.exi, wanted.action)
            chain = [x509.load_der_x509_certificate(each) for each in request.chain]
        except (iso15118.Unreadable, ValueError) as error:
            raise Refused(str(error) or "The certificate cannot be read.") from error
        kind = pki.VEHICLES if wanted.action == iso15118.INSTALL else pki.CONTRACTS
        if problem := problem_of(chain, pki.trusted(*kind), batch.now):
            raise Refused(f"The vehicle's certificate is not accepted: {problem}.")
        receiver = _key_of(chain[0], words.CURVE)
        if wanted.action == iso15118.INSTALL:
            contract, others = _to_install(_name_of(chain[0]), wanted, batch.now)
        else:
            contract, others = _to_update(request.emaid, f"{chain[0].serial_number:x}"), None
        try:
            made = _make(batch, contract, words.CURVE, others or 0)
        except Unavailable as error:
            raise Refused(str(error)) from error
        return Provided(words.write_made(made, wanted.action, receiver), others)


def _key_of(certificate: x509.Certificate, curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    """What the new key is encrypted for."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, type(curve)):
        return key
    raise Refused(f"The vehicle's key is not on the curve {curve.name} of its edition of ISO 15118.")


def _name_of(certificate: x509.Certificate) -> str:
    """The PCID, by which a vehicle is registered."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _to_install(vehicle: str, wanted: ContractRequested, now: datetime) -> tuple[Contract, int]:
    """The contract for this vehicle, what it prefers before the others; and how many others there are.

    A vehicle of ISO 15118-20 asks for one after the other: what it has got just now is none of the others.
    """
    rows = Contract.objects.filter(vehicle=vehicle, cancelled_at=None).exclude(vehicle="").order_by("pk")
    found = {row.emaid.upper(): row for row in rows}
    if not found:
        raise Refused("There is no contract for this vehicle.")
    preferred = [each.upper() for each in wanted.preferred if each.upper() in found]
    got = {emaid for emaid, row in found.items() if wanted.most is not None and _is_new(row, now)}
    first, *others = sorted((*preferred, *(each for each in found if each not in preferred)), key=got.__contains__)
    return found[first], sum(each not in got for each in others)


def _is_new(contract: Contract, now: datetime) -> bool:
    """Whether its certificate was made in this session of the vehicle."""
    return contract.valid_from is not None and contract.valid_from > now - CLOCKS_DIFFER - SESSION


def _to_update(emaid: str, serial: str) -> Contract:
    """The contract whose certificate the vehicle has; what was cancelled is not renewed."""
    row = Contract.objects.filter(emaid__iexact=emaid, serial_number=serial, cancelled_at=None).first()
    if row is None:
        raise Refused("There is no contract with this certificate.")
    return row


def _make(batch: Batch, contract: Contract, curve: ec.EllipticCurve, others: int) -> iso15118.Made:
    """A new certificate with a new key, which nobody can read but the vehicle: it is kept nowhere."""
    signer = pki.local(pki.MO_SUB)
    key = ec.generate_private_key(curve)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, contract.emaid[:64]),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "MO"),
        ]
    )
    made = authority.issue(subject, key.public_key(), signer, days=settings.CERTIFICATE_DAYS)
    chain = (made, *signer.chain)
    _remember(batch, contract, chain)
    signers = tuple(map(_der, signer.chain))
    return iso15118.Made(key, tuple(map(_der, chain)), signers, contract.emaid, contract.vehicle, others)


def _remember(batch: Batch, contract: Contract, chain: tuple[x509.Certificate, ...]) -> None:
    """In the contract's row, or in a new one beside those of its earlier certificates."""
    if contract.pem:
        contract = Contract(emaid=contract.emaid, vehicle=contract.vehicle, created_at=batch.now)
    facts = facts_of(chain[0])
    contract.pem = "".join(map(pem_of, chain))
    contract.serial_number = facts.serial_number
    contract.valid_from, contract.valid_to = facts.valid_from, facts.valid_to
    contract.save()
    same = Contract.objects.filter(emaid__iexact=contract.emaid, vehicle=contract.vehicle, cancelled_at=None)
    outdated = same.order_by("-pk").values_list("pk", flat=True)[MAX_CERTIFICATES:]
    Contract.objects.filter(pk__in=list(outdated)).delete()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
