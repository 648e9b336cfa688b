"""Contracts of vehicles: which there are, whether one that is shown may charge, how a vehicle gets its certificate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Contract, Station
from stations.ocpp.certificates import (
    ContractAnswered,
    ContractPresented,
    ContractRequested,
    StatusSource,
)
from stations.ocpp.facts import TokenJudged, TokenPresented
from stations.services.authorization import tokens
from stations.services.certificates import ocsp, pki, responders, status
from stations.services.certificates.chains import CHAIN_ERROR, is_for_tls, issuer_of, problem_of
from stations.services.certificates.pem import hash_of, pem_of, read_chain
from stations.services.certificates.providers import ContractProvider, Provided, Refused
from stations.services.certificates.responders import Heard
from stations.services.context import Context
from stations.services.enquiries import Enquiry

logger = logging.getLogger(__name__)

ACCEPTED, CANCELLED, REVOKED, UNAVAILABLE = (
    "Accepted",
    "ContractCancelled",
    "CertificateRevoked",
    "NoCertificateAvailable",
)

FAILURE = "The provider of contracts failed."

EMAID = 14
"""Characters of an eMAID without its check digit (ISO 15118-2 annex H)."""


# -- to charge by contract (C07, C08) ------------------------------------------------------------------


def present_contract(batch: Batch, context: Context, fact: ContractPresented) -> TokenJudged | Enquiry:
    """Authorize with a contract: its certificates are checked here or by the station, the eMAID is a token like others.

    Who has issued them is asked whether one was revoked, where that is not known yet.
    """
    chain = read_chain(fact.chain) if fact.chain else []
    problem = _problem(fact, chain, context.received_at)
    sources = fact.sources or tuple(_sources(chain))
    missing = [] if problem else status.missing_of(sources, context.received_at)
    judge = partial(_judge, context=context, fact=fact, problem=problem, sources=sources)
    if not missing:
        return judge(batch)

    def conclude(later: Batch, heard: Sequence[Heard]) -> TokenJudged:
        # The chain leads to somebody whom we trust, so its issuers may speak for what they have signed.
        status.take_all(heard, context.received_at, chain[1:])
        return judge(later)

    return Enquiry(partial(responders.ask_all, missing), conclude)


def _problem(fact: ContractPresented, chain: Sequence[x509.Certificate], at: datetime) -> str:
    """What is wrong with the chain; nothing where the station has checked it itself, and sends only hashes.

    Of contracts of our own we know all the same whose they are.
    """
    if not fact.chain:
        return CHAIN_ERROR if _is_of_another(fact) else ""
    try:
        if not chain or is_for_tls(chain[0]) or _folded(_common_name(chain[0])) != _folded(fact.token.value):
            return CHAIN_ERROR
        return problem_of(chain, pki.trusted(*pki.CONTRACTS), at)
    except ValueError:  # a part of a certificate that is only read when it is looked at
        return CHAIN_ERROR


def _is_of_another(fact: ContractPresented) -> bool:
    ours = [each.certificate for each in fact.sources if status.authority_of(each.certificate) is not None]
    named = Contract.objects.filter(serial_number__in=[each.serial_number for each in ours])
    return any(_folded(emaid) != _folded(fact.token.value) for emaid in named.values_list("emaid", flat=True))


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _folded(emaid: str) -> str:
    """eMAIDs compare without hyphens, case and check digit."""
    return emaid.replace("-", "").upper()[:EMAID]


def _sources(chain: Sequence[x509.Certificate]) -> list[StatusSource]:
    """Where the certificates themselves say that their status can be asked, those of our own included."""
    candidates = (*chain[1:], *pki.issuers())
    found = []
    for certificate in chain:
        if certificate.issuer == certificate.subject or issuer_of(certificate, candidates) is None:
            continue
        source = StatusSource(hash_of(pem_of(certificate), issuers=candidates), tuple(_addresses(certificate)))
        if source.urls or status.authority_of(source.certificate) is not None:
            found.append(source)
    return found


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    wanted = [each for each in access if each.access_method == AuthorityInformationAccessOID.OCSP]
    return [str(each.access_location.value) for each in wanted]


def _judge(
    batch: Batch, *, context: Context, fact: ContractPresented, problem: str, sources: Sequence[StatusSource]
) -> TokenJudged:
    word = problem or _worst([status.look_up_or_fail(source, context.received_at) for source in sources])
    if word == ACCEPTED:
        judged = tokens.authorize(batch, context, TokenPresented(fact.token))
        return replace(judged, certificate=word)
    judged = TokenJudged("Invalid", certificate=word)
    station = Station.objects.only("identity").get(pk=context.station_id)
    tokens.announce_refusal(batch, context, station, fact.token, judged)
    return judged


def _worst(found: Sequence[status.Known]) -> str:
    """Revoked is believed of anybody; good only of who has issued it."""
    if any(each.status == ocsp.REVOKED for each in found):
        return CANCELLED if any(each.cancelled for each in found) else REVOKED
    if any(each.status == ocsp.UNKNOWN for each in found):
        return CHAIN_ERROR
    return ACCEPTED if all(each.status == ocsp.GOOD and each.verified for each in found) else UNAVAILABLE


# -- to get a contract certificate (M01, M02) ----------------------------------------------------------


def request_contract(batch: Batch, context: Context, fact: ContractRequested) -> Enquiry:
    """Get15118EVCertificate: whoever provides contracts answers, in the vehicle's own words."""
    provider: ContractProvider = import_string(settings.CONTRACT_PROVIDER)()

    def conclude(later: Batch, heard: Provided | Refused) -> ContractAnswered:
        if isinstance(heard, Refused):
            return _refused(heard)
        try:
            with later.attempt():  # a provider that fails leaves nothing behind
                provided = provider.conclude(later, fact, heard)
        except Refused as refused:
            return _refused(refused)
        except (OperationalError, InterfaceError):
            raise  # the database itself: the batch is tried again
        except Exception:
            logger.exception("The provider of contracts failed for station %s.", context.station_id)
            return _refused(Refused(FAILURE))
        return ContractAnswered(ACCEPTED, provided.exi, provided.remaining)

    return Enquiry(partial(_ask, provider, fact), conclude)


async def _ask(provider: ContractProvider, fact: ContractRequested) -> Provided | Refused:
    """What the provider says, or why it does not."""
    try:
        async with asyncio.timeout(settings.CONTRACT_PROVIDER_TIMEOUT):
            return await provider.ask(fact)
    except Refused as refused:
        return refused
    except TimeoutError:
        return Refused(f"The provider of contracts did not answer within {settings.CONTRACT_PROVIDER_TIMEOUT:g} s.")
    except Exception:
        logger.exception("The provider of contracts failed.")
        return Refused(FAILURE)


def check_provider(**_: Any) -> list[CheckMessage]:
    """A system check: a provider that cannot be imported."""
    try:
        provider = import_string(settings.CONTRACT_PROVIDER)
    except (ImportError, ValueError) as error:
        return [Error(f"CONTRACT_PROVIDER: {error}", id="smartserver.E023")]
    fits = isinstance(provider, type) and issubclass(provider, ContractProvider)
    return [] if fits else [Error("CONTRACT_PROVIDER is no ContractProvider.", id="smartserver.E023")]


def _refused(refused: Refused) -> ContractAnswered:
    return ContractAnswered("Failed", reason=str(refused))


# -- which contracts there are -------------------------------------------------------------------------


def register_contract(batch: Batch, *, emaid: str, vehicle: str) -> Contract:
    """A vehicle may get a certificate for this contract, by the name in its provisioning certificate."""
    if len(_folded(emaid)) < EMAID:
        raise BadInput(f"An eMAID has at least {EMAID} characters without its hyphens.")
    known = Contract.objects.filter(emaid__iexact=emaid, vehicle=vehicle, cancelled_at=None)
    if known.exists():
        raise Conflict("This vehicle has this contract already.")
    return Contract.objects.create(emaid=emaid, vehicle=vehicle, created_at=batch.now)


def cancel_contract(batch: Batch, *, contract_id: int) -> Contract:
    """The contract has ended: its certificates count as revoked, and there are no new ones."""
    contract = Contract.objects.select_for_update().filter(pk=contract_id).first()
    if contract is None:
        raise NotFound("There is no such contract.")
    same = Contract.objects.filter(emaid__iexact=contract.emaid, vehicle=contract.vehicle, cancelled_at=None)
    same.update(cancelled_at=batch.now)
    contract.refresh_from_db()
    return contract
