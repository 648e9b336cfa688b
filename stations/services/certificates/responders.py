"""Asking others whether certificates were revoked: over HTTP, within limits, and never in our own network unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.conf import settings

from smartserver.core.errors import BadInput
from smartserver.outbound.addresses import parse
from smartserver.outbound.line import Answer, Line
from stations.ocpp.certificates import StatusSource
from stations.services.certificates import ocsp

LARGEST = 256 * 1024
"""Bytes of an answer: lists of revoked certificates are longer than answers to one question."""

QUESTION = (("Content-Type", "application/ocsp-request"), ("Accept", "application/ocsp-response"))


class Heard(NamedTuple):
    """`der` empty: nobody has answered, `error` says why."""

    source: StatusSource
    der: bytes = b""
    url: str = ""
    error: str = ""


async def ask_all(sources: Iterable[StatusSource]) -> list[Heard]:
    """Ask the responders of several certificates at the same time."""
    return list(await asyncio.gather(*map(ask, sources)))


async def ask(source: StatusSource) -> Heard:
    """Ask for one certificate: its addresses one after the other, until one answers; all within OCSP_TIMEOUT."""
    tried: list[str] = []
    try:
        async with asyncio.timeout(settings.OCSP_TIMEOUT):
            for url in source.urls:
                answer = await _ask_one(source, url)
                if answer.success:
                    return Heard(source, answer.body, url)
                tried.append(_trouble(answer))
    except TimeoutError:
        tried.append(f"No complete answer within {settings.OCSP_TIMEOUT:g} seconds.")
    except ocsp.Misfit as misfit:
        tried.append(str(misfit))
    return Heard(source, error=" ".join(dict.fromkeys(tried)) or "No responder is named.")


async def _ask_one(source: StatusSource, url: str) -> Answer:
    try:
        line = Line(allow_private=_is_named(url), timeout=settings.OCSP_TIMEOUT, max_body=LARGEST)
    except BadInput as refused:
        return Answer(error=str(refused))
    try:
        if source.kind == "CRL":
            return await line.request("GET", url)
        return await line.request("POST", url, QUESTION, ocsp.question(source.certificate))
    finally:
        line.close()


def _is_named(url: str) -> bool:
    """Whether OCSP_HOSTS has this host. Then it may be in a private network; where the list has others only, `BadInput`."""
    hosts: Sequence[str] = settings.OCSP_HOSTS
    host = parse(url).host
    if hosts and host not in hosts:
        raise BadInput("This responder is none of OCSP_HOSTS.")
    return host in hosts


def _trouble(answer: Answer) -> str:
    if answer.error:
        return answer.error
    return "The answer is too long." if not answer.whole else f"The responder answered {answer.status}."
