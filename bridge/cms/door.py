"""Who may speak for a charger, over whichever wire."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings

from bridge.cms.services import admission
from bridge.cms.services.admission import Caller
from smartserver.core import clock
from smartserver.core.errors import BadInput, NotAuthenticated, NotFound, SmartServerError
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import Refused
from stations.authentication import CHALLENGE, authenticate


async def admit(runtime: Runtime, scope: Any, *, name: str, credentials: bytes) -> Caller:
    """The charger of this name, in which the peer of `scope` may speak; `credentials` are its Authorization header.

    `BadInput` for what is no name, `NotFound` for an unknown charger, `NotAuthenticated` without its password.
    """
    if not admission.is_name(name):
        raise BadInput("A charger's name has 1 to 255 printable characters.")
    unit = partial(
        admission.look_up,
        name=name,
        address=str((scope.get("client") or ("",))[0]),
        create_unknown=settings.OPEN,
        now=clock.now(),
    )
    caller = await runtime.writer.run(unit)
    if caller is None:
        raise NotFound("This charger is not known here.")
    if credentials or not caller.open_name:
        try:
            await authenticate(credentials, caller.station)
        except Refused as error:
            raise NotAuthenticated(str(error)) from None
    return caller


def headers_of(error: SmartServerError) -> list[tuple[bytes, bytes]]:
    """What belongs to the answer that refuses somebody."""
    if error.status == 401:
        return [CHALLENGE]
    if error.status == 405:
        return [(b"allow", str(error.details["allow"]).encode())]
    return [(b"retry-after", b"5")] if error.status in (429, 503) else []
