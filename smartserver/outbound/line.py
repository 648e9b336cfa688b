"""One request at a time to one receiver: HTTP/1.1, no redirects, no proxies, no cookies, and an end to everything.

Small and our own because of what it has to refuse: the name is resolved here, judged, and the very address that was
judged is connected to, with the certificate checked against the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeAlias

import h11

from smartserver.core.errors import BadInput
from smartserver.outbound.addresses import Address, Target, is_public, parse

TIMEOUT = 10.0
"""Seconds for one attempt in all: name, connection, TLS, sending, the answer."""

MAX_BODY = 4096
"""Bytes of an answer that are read, unless a line is made for more; only its beginning is kept."""

_CHUNK = 16_384

Headers: TypeAlias = Sequence[tuple[str, str]]
Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[Address]]]

_names = ThreadPoolExecutor(max_workers=4, thread_name_prefix="outbound-names")
"""Threads of its own: a name server that does not answer must not hold up anything else."""


async def resolve(host: str) -> list[Address]:
    """The addresses of a host, those that the system prefers first."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_names, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    return [ip_address(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. `status` None: no answer, `error` says why. `whole`: nothing of the body was left out.

    The names of `headers` are in small letters.
    """

    status: int | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True
    error: str = ""

    @property
    def success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and self.whole


class _Stale(Exception):
    """The connection was closed while nothing was under way: not a failure, but worth a new one."""


class Line:
    """A connection to one receiver at a time, kept open between requests."""

    private_refusal = "The receiver is in a private network."
    """What is said of a receiver in a private network."""

    def __init__(
        self,
        *,
        allow_private: bool,
        timeout: float = TIMEOUT,
        max_body: int = MAX_BODY,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._timeout = timeout
        self._max_body = max_body
        self._resolve = resolve
        self._tls = tls
        self._to: tuple[str, str, int] | None = None
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None
        self._http = h11.Connection(h11.CLIENT)

    async def request(self, method: str, url: str, headers: Headers = (), body: bytes = b"") -> Answer:
        """Ask and hear the answer. Whatever goes wrong is part of it."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(method, parse(url), headers, body)
        except TimeoutError:
            error = f"No complete answer within {self._timeout:g} seconds."
        except BadInput as refused:
            error = str(refused)
        except h11.RemoteProtocolError as broken:
            error = f"The answer is no HTTP: {broken}"
        except _Stale:
            error = "The receiver closed the connection without an answer."
        except socket.gaierror:
            error = "The name of the receiver cannot be resolved."
        except (OSError, UnicodeError) as failed:
            error = f"The connection failed: {failed}"
        except BaseException:  # cancelled: nothing may be left open
            self.close()
            raise
        self.close()
        return Answer(error=error)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def _exchange(self, method: str, target: Target, headers: Headers, body: bytes) -> Answer:
        if self._writer is not None and self._to == (target.scheme, target.host, target.port):
            try:
                return await self._ask(method, target, headers, body)
            except (_Stale, ConnectionError):
                pass  # the receiver closed it meanwhile; once more, on a new one
        self.close()
        await self._connect(target)
        try:
            return await self._ask(method, target, headers, body)
        except ConnectionError as error:
            raise _Stale from error

    async def _connect(self, target: Target) -> None:
        literal = target.literal
        found = [literal] if literal is not None else await self._resolve(target.host)
        allowed = [address for address in found if self._allow_private or is_public(address)]
        if not allowed:
            raise BadInput(self.private_refusal)
        tls, name = None, None
        if target.scheme == "https":
            tls, name = self._tls or await asyncio.to_thread(ssl.create_default_context), target.host
            self._tls = tls
        for address in allowed[:-1]:
            try:
                self._reader, self._writer = await self._open(address, target.port, tls, name)
                break
            except OSError:
                continue  # the next one; the error of the last one counts
        else:
            self._reader, self._writer = await self._open(allowed[-1], target.port, tls, name)
        self._to = (target.scheme, target.host, target.port)
        self._http = h11.Connection(h11.CLIENT)

    async def _open(
        self, address: Address, port: int, tls: ssl.SSLContext | None, name: str | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(str(address), port, ssl=tls, server_hostname=name, limit=_CHUNK)

    async def _ask(self, method: str, target: Target, headers: Headers, body: bytes) -> Answer:
        assert self._writer is not None
        http = self._http
        request = h11.Request(
            method=method,
            target=target.path,
            headers=[("Host", target.authority), ("Content-Length", str(len(body))), *headers],
        )
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            self._writer.write(http.send(event) or b"")
        await self._writer.drain()
        return await self._hear()

    async def _hear(self) -> Answer:
        http, body, response, whole = self._http, b"", None, True
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(_CHUNK)
                if not data and response is None:
                    raise _Stale
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._max_body:
                    whole = False
                    self.close()
                    break
            elif isinstance(event, h11.EndOfMessage):
                self._prepare_next()
                break
        assert response is not None
        return Answer(response.status_code, dict(response.headers), body[: self._max_body], whole)

    def _prepare_next(self) -> None:
        try:
            self._http.start_next_cycle()
        except h11.LocalProtocolError:  # the receiver closes after this answer
            self.close()
