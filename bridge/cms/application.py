"""`/api/charger/…`, answered before Django looks at the request: the CMS wire of `bridge.wire`.

Plain ASGI, because a log of 70 MB streams to disk, and because nothing is answered before it is committed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from bridge import wire
from bridge.cms.calls import HANDLERS, Call
from bridge.cms.services import admission
from bridge.cms.services.admission import Caller
from bridge.wire import WireError
from smartserver.core import clock, metrics
from smartserver.core.errors import BadInput, NotAuthenticated, NotFound, SmartServerError
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import Refused
from stations.authentication import CHALLENGE, authenticate
from stations.files.exchange import Exchange, Interrupted

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[None]]

_PATH = re.compile(r"//?api/charger/([A-Za-z]+)/?")
MAX_PARAMETERS = 10


class MethodNotAllowed(SmartServerError):
    code = "method_not_allowed"
    status = 405


class ChargersFirst:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Application, runtime: Runtime) -> None:
        self._application = application
        self._runtime = runtime

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        match = _PATH.fullmatch(scope["path"])
        if match is None:
            await self._application(scope, receive, send)
            return
        exchange = Exchange(
            scope, receive, send, idle=settings.TRANSFER_IDLE_SECONDS, seconds=settings.TRANSFER_SECONDS
        )
        outcome = "ok"
        try:
            await self._serve(match[1], scope, exchange)
        except Interrupted:
            outcome = "interrupted"
        except WireError as error:
            outcome = "bad_input"
            await exchange.refuse(BadInput(str(error)))
        except SmartServerError as error:
            outcome = error.code
            await exchange.refuse(error, _headers_of(error))
        metrics.BRIDGE_CALLS.labels(match[1] if match[1] in HANDLERS else "other", outcome).inc()

    async def _serve(self, name: str, scope: Any, exchange: Exchange) -> None:
        handler = HANDLERS.get(name)
        if handler is None:
            raise NotFound("There is no such call.")
        if exchange.method == "HEAD" and name == wire.LIVE_FEEDS:
            await exchange.answer(200, {})
            return
        if exchange.method != handler.method:
            raise MethodNotAllowed(f"This call is a {handler.method}.", allow=handler.method)
        await self._runtime.start()  # not every server (Daphne) speaks the lifespan protocol
        admit = partial(self._admit, scope=scope, exchange=exchange)
        await handler.serve(Call(exchange, _parameters(scope), self._runtime, admit))

    async def _admit(self, name: str, *, scope: Any, exchange: Exchange) -> Caller:
        """The charger in whose name this request may speak."""
        if not admission.is_name(name):
            raise BadInput("A charger's name has 1 to 255 printable characters.")
        unit = partial(
            admission.look_up,
            name=name,
            address=str((scope.get("client") or ("",))[0]),
            create_unknown=settings.OPEN,
            now=clock.now(),
        )
        caller = await self._runtime.writer.run(unit)
        if caller is None:
            raise NotFound("This charger is not known here.")
        header = exchange.header("authorization").encode("latin-1")
        if header or not caller.open_name:
            try:
                await authenticate(header, caller.station)
            except Refused as error:
                raise NotAuthenticated(str(error)) from None
        return caller


def _parameters(scope: Any) -> dict[str, str]:
    """The query; of a parameter that comes twice the last one."""
    query = scope["query_string"].decode("latin-1")
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:
        raise BadInput("The query cannot be read.") from None
    return {name: values[-1] for name, values in found.items()}


def _headers_of(error: SmartServerError) -> list[tuple[bytes, bytes]]:
    if error.status == 401:
        return [CHALLENGE]
    if error.status == 405:
        return [(b"allow", str(error.details["allow"]).encode())]
    return [(b"retry-after", b"5")] if error.status == 503 else []
