"""`/api/charger/…`, answered before Django looks at the request: the CMS wire of `bridge.wire`.

Plain ASGI, because a log of 70 MB streams to disk, and because nothing is answered before it is committed.
"""

from __future__ import annotations

import errno
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from bridge import wire
from bridge.cms import door
from bridge.cms.call import Call
from bridge.cms.calls import HANDLERS
from bridge.cms.services import reports
from bridge.cms.services.admission import Caller
from bridge.wire import WireError
from smartserver.core import clock, metrics
from smartserver.core.errors import BadInput, NotFound, SmartServerError, Unavailable
from smartserver.core.runtime import Runtime
from stations.files.exchange import Exchange, Interrupted
from stations.files.uploads import DiskFull

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[None]]

_PATH = re.compile(r"//?api/charger/([A-Za-z]+)/?")
MAX_PARAMETERS = 10


MAX_QUERY = 60_000
"""Bytes: an event travels in the query. HTTP servers take addresses of at most 64 KiB, and refuse longer ones less
clearly."""

SHORT_SECONDS = 60.0
"""So long a request may take in all, until it has a place among the long transfers: then `TRANSFER_SECONDS`."""

PER_CHARGER = 3
"""Long transfers of a charger at the same time: its bridge sends logs of events and of commands beside each other."""


class TooMany(SmartServerError):
    code = "too_many_requests"
    status = 429


class QueryTooLong(SmartServerError):
    code = "uri_too_long"
    status = 414


class MethodNotAllowed(SmartServerError):
    code = "method_not_allowed"
    status = 405


class ChargersFirst:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Application, runtime: Runtime) -> None:
        self._application = application
        self._runtime = runtime
        self._transfers: Counter[int] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        match = _PATH.fullmatch(scope["path"])
        if match is None:
            await self._application(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, idle=settings.TRANSFER_IDLE_SECONDS, seconds=SHORT_SECONDS)
        admission = _Admission(self._runtime, scope, exchange)
        outcome = "ok"
        try:
            await self._serve(match[1], scope, exchange, admission)
        except Interrupted:
            outcome = "interrupted"
        except Exception as error:  # noqa: BLE001  (each gets an answer, and what is unexpected a line in the log)
            refusal = _refusal_of(error)
            outcome = refusal.code
            self._note(match[1], admission.caller, refusal)
            await exchange.refuse(refusal, door.headers_of(refusal))
        metrics.BRIDGE_CALLS.labels(match[1] if match[1] in HANDLERS else "other", outcome).inc()

    async def _serve(self, name: str, scope: Any, exchange: Exchange, admit: _Admission) -> None:
        handler = HANDLERS.get(name)
        if handler is None:
            raise NotFound("There is no such call.")
        if exchange.method == "HEAD" and name == wire.LIVE_FEEDS:
            await exchange.answer(200, {})
            return
        if exchange.method != handler.method:
            raise MethodNotAllowed(f"This call is a {handler.method}.", allow=handler.method)
        await self._runtime.start()  # not every server (Daphne) speaks the lifespan protocol
        await handler.serve(Call(exchange, _parameters(scope), self._runtime, admit, partial(self._room, exchange)))

    def _note(self, name: str, caller: Caller | None, refusal: SmartServerError) -> None:
        """Have the refusal in the message log of the charger; nobody waits for that. Faults of ours are in the log."""
        if caller is None or refusal.status >= 500:
            return
        station_id = caller.station.station_id
        unit = partial(reports.take_refusal, station_id=station_id, action=name, refusal=refusal, now=clock.now())
        with suppress(Unavailable):  # the server ends
            self._runtime.writer.submit(unit, _ignore)

    @contextmanager
    def _room(self, exchange: Exchange, station_id: int) -> Iterator[None]:
        """A place among the long transfers of this process: a charger that sends many at once fills no disk."""
        if self._transfers.total() >= settings.MAX_TRANSFERS or self._transfers[station_id] >= PER_CHARGER:
            raise TooMany("Too many logs are being sent; come back later.")
        self._transfers[station_id] += 1
        exchange.allow(settings.TRANSFER_SECONDS)
        try:
            yield
        finally:
            self._transfers[station_id] -= 1
            if not self._transfers[station_id]:
                del self._transfers[station_id]


class _Admission:
    """Lets one request in; `caller` is the charger in whose name it then speaks."""

    def __init__(self, runtime: Runtime, scope: Any, exchange: Exchange) -> None:
        self.caller: Caller | None = None
        self._runtime = runtime
        self._scope = scope
        self._exchange = exchange

    async def __call__(self, name: str) -> Caller:
        credentials = self._exchange.header("authorization").encode("latin-1")
        self.caller = await door.admit(self._runtime, self._scope, name=name, credentials=credentials)
        return self.caller


def _ignore(value: object, error: BaseException | None) -> None:
    """Nobody waits for a refusal to be stored."""


def _refusal_of(error: Exception) -> SmartServerError:
    """What the peer is told. Never 500: to bridges that means "not supported", and they drop what they have sent."""
    match error:
        case SmartServerError():
            return error
        case WireError():
            return BadInput(str(error))
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            logger.error("No space is left for what a bridge sends.")
            return DiskFull("The server has no space for this.")
    logger.error("What a bridge sent could not be processed.", exc_info=error)
    return Unavailable("The server could not process this; try again.")


def _parameters(scope: Any) -> dict[str, str]:
    """The query; of a parameter that comes twice the last one."""
    if len(scope["query_string"]) > MAX_QUERY:
        raise QueryTooLong(f"A query may have at most {MAX_QUERY} bytes here.")
    query = scope["query_string"].decode("latin-1")
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:
        raise BadInput("The query cannot be read.") from None
    return {name: values[-1] for name, values in found.items()}
