"""`/files/…`, answered before Django looks at the request.

    GET, HEAD  /files/firmware/<token>[/<name>]
    PUT, POST  /files/uploads/<token>[/<name>]
    PUT, POST  /files/guarded/<half of a token>[/<name>]   the other half is the password (RFC 7617)

The token is the permission: random, for one job, for a limited time. It stands in no log.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from smartserver.core import clock, metrics
from smartserver.core.errors import NotFound, SmartServerError, Unavailable
from smartserver.core.runtime import Runtime
from stations.files.downloads import download
from stations.files.exchange import Exchange, Interrupted
from stations.files.uploads import upload
from stations.models import FileJob
from stations.services.files.addresses import FIRMWARE, GUARDED, PREFIX, UPLOADS, USER, hash_of, job_at

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[None]]

METHODS = {FIRMWARE: ("GET", "HEAD"), UPLOADS: ("POST", "PUT"), GUARDED: ("POST", "PUT")}

PER_ADDRESS = 3
"""Transfers at one address at the same time: a station whose connection broke may come back before that shows."""

RETRY_AFTER = (b"retry-after", b"30")
LOGIN = (b"www-authenticate", b'Basic realm="files", charset="UTF-8"')


class NotAllowed(SmartServerError):
    code = "method_not_allowed"
    status = 405


class NotAuthenticated(SmartServerError):
    code = "not_authenticated"
    status = 401


class FilesFirst:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Application, runtime: Runtime) -> None:
        self._application = application
        self._runtime = runtime
        self._transfers: Counter[str] = Counter()
        # Of its own: strangers who try addresses keep neither the writer nor Django busy.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="addresses")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(PREFIX):
            await self._application(scope, receive, send)
            return
        exchange = Exchange(
            scope, receive, send, idle=settings.TRANSFER_IDLE_SECONDS, seconds=settings.TRANSFER_SECONDS
        )
        outcome = "complete"
        try:
            await self._serve(scope["path"], exchange)
        except Interrupted:
            outcome = "interrupted"
        except SmartServerError as error:
            outcome = error.code
            headers = {401: [LOGIN], 405: [(b"allow", str(error).encode())], 503: [RETRY_AFTER]}.get(error.status, [])
            await exchange.refuse(error, headers)
        metrics.FILE_TRANSFERS.labels(outcome).inc()

    async def _serve(self, path: str, exchange: Exchange) -> None:
        folder, token, name = _parts(path)
        if exchange.method not in METHODS[folder]:
            raise NotAllowed(", ".join(METHODS[folder]))
        if folder == GUARDED:
            token += _password(exchange.header("authorization"))
        await self._runtime.start()  # not every server (Daphne) speaks the lifespan protocol
        with self._room(token):
            loop = asyncio.get_running_loop()
            job = await loop.run_in_executor(self._reader, _job_at, folder, token)
            if folder == FIRMWARE:
                await download(exchange, self._runtime, job)
                return
            await upload(exchange, self._runtime, job, token=token, name=name, limit=settings.UPLOAD_MAX_BYTES)
            logger.debug("The file of job %d has arrived.", job.pk)

    def close(self) -> None:
        """Give back the connection to the database; for tests, since a process just ends."""
        self._reader.submit(lambda: connection.close())  # evaluated there: each thread has its own
        self._reader.shutdown()

    @contextmanager
    def _room(self, token: str) -> Iterator[None]:
        """A place among the transfers of this process."""
        key = hash_of(token)
        if self._transfers.total() >= settings.MAX_TRANSFERS or self._transfers[key] >= PER_ADDRESS:
            raise Unavailable("Too many files are being transferred; come back later.")
        self._transfers[key] += 1
        try:
            yield
        finally:
            self._transfers[key] -= 1
            if not self._transfers[key]:
                del self._transfers[key]


def _parts(path: str) -> tuple[str, str, str]:
    """Folder, token and name; doubled and trailing slashes mean nothing, as stations put a name behind an address."""
    parts = [part for part in path.removeprefix(PREFIX).split("/") if part]
    if not 2 <= len(parts) <= 3 or parts[0] not in METHODS:
        raise NotFound("There is no such address.")
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""


def _job_at(folder: str, token: str) -> FileJob:
    try:
        connection.close_if_unusable_or_obsolete()
        return job_at(folder, token, clock.now())
    except NotFound:
        if folder == GUARDED:  # whether the place or the password is wrong is nobody's business
            raise NotAuthenticated("Another user or password is needed.") from None
        raise
    except DatabaseError:
        raise Unavailable("The database is out of reach.") from None


def _password(authorization: str) -> str:
    """That of the only user, from a header of HTTP's basic authentication."""
    scheme, _, shown = authorization.partition(" ")
    try:
        user, mark, password = base64.b64decode(shown.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = mark = password = ""
    if scheme.lower() != "basic" or not mark or user != USER:
        raise NotAuthenticated("User and password are needed.")
    return password
