"""HTTP requests that end: each has a time for its whole length, and each ends at once when the bridge stops.

requests has time-outs for single reads only; a partner that sends a byte now and then holds it for ever. So every
socket is known here, and `Switchboard.tick` shuts down those whose time is over, `Switchboard.stop` all of them.
"""

from __future__ import annotations

import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from bridge import wire
from bridge.client.traffic import Traffic

CONNECT_SECONDS = 5.0
TICK_SECONDS = 0.25
BLOCK = 65_536

Data = bytes | IO[bytes] | None


class TransportError(Exception):
    """No answer, or only a part of one; `str(error)` says why. `has_left`: the partner may have got the request."""

    def __init__(self, reason: str, *, has_left: bool = True) -> None:
        super().__init__(reason)
        self.has_left = has_left


class Stopped(TransportError):
    """The bridge ends."""


class Line(Protocol):
    """Something with sockets."""

    def shut_down(self) -> None: ...

    def tick(self, now: float) -> None: ...


class Switchboard:
    """All lines of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self.is_stopped = False

    def add(self, line: Line) -> None:
        with self._lock:
            self._lines.add(line)
        if self.is_stopped:
            line.shut_down()

    def tick(self) -> None:
        now = time.monotonic()
        for line in self._all():
            line.tick(now)

    def stop(self) -> None:
        self.is_stopped = True
        for line in self._all():
            line.shut_down()

    def _all(self) -> list[Line]:
        with self._lock:
            return list(self._lines)


def shut_down(place: socket.socket | None) -> None:
    """Whoever reads or writes there, in whichever thread, is told that it has ended."""
    if place is not None:
        try:
            # Not SSLSocket's own: that one takes the encryption away from under the thread that is reading.
            socket.socket.shutdown(place, socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended already


class Basic(AuthBase):
    """These credentials, or none at all; never those that a file of the user has for the host."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = requests.auth.HTTPBasicAuth(user.encode(), password.encode()) if password else None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return self._basic(request) if self._basic else request


class Response:
    """An answer whose body is still to be read, within its request's block."""

    def __init__(self, response: requests.Response, line: Transport, purpose: str) -> None:
        self._response = response
        self._line = line
        self._purpose = purpose
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, as it comes."""
        with self._line.told():
            for chunk in self._response.iter_content(BLOCK):
                self._line.traffic.add(self._purpose, received=len(chunk))
                yield chunk

    def read(self, limit: int) -> bytes:
        """The whole body; `TransportError` where it is longer than `limit` bytes."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > limit:
                raise TransportError(f"the answer is longer than {limit} bytes")
        return bytes(found)


class Transport:
    """One thread's requests to one partner."""

    def __init__(self, switchboard: Switchboard, traffic: Traffic, *, is_local: bool) -> None:
        """`is_local`: neither the environment's proxies nor connections that stay open."""
        self.traffic = traffic
        self._switchboard = switchboard
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._deadline: float | None = None
        self._is_over = False
        self._session = requests.Session()
        self._session.trust_env = not is_local
        self._is_local = is_local
        self._session.headers.update({"User-Agent": wire.OUR_AGENT})
        if is_local:
            self._session.headers["Connection"] = "close"
        adapter = _Adapter(self)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        switchboard.add(self)

    @contextmanager
    def request(
        self,
        method: str,
        url: str,
        *,
        purpose: str,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        data: Data = None,
        size: int = 0,
        auth: Basic | None = None,
        answer_purpose: str = "",
    ) -> Iterator[Response]:
        """`TransportError` where it does not work, also within the block. `seconds` are for all of it. The bytes count
        for `purpose`, those of the answer's body for `answer_purpose` where that is another one."""
        with self._lock:
            self._deadline, self._is_over = time.monotonic() + seconds, False
        try:
            with self.told():
                response = self._session.request(
                    method,
                    url,
                    data=data,
                    headers=dict(headers or {}),
                    auth=auth or Basic("", ""),
                    timeout=(min(CONNECT_SECONDS, seconds), seconds),
                    stream=True,
                    allow_redirects=False,
                )
            self.traffic.add(purpose, size + len(url) + _size(response.request.headers), _size(response.headers))
            with response:
                yield Response(response, self, answer_purpose or purpose)
        finally:
            with self._lock:
                self._deadline = None
            if self._is_local:
                self._session.close()  # not every partner says in its answer that it closes, too

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever can go wrong with a request, as one error that says it in words."""
        if self._switchboard.is_stopped:
            raise Stopped("the bridge ends", has_left=False)
        try:
            yield
            self._check()
        except TransportError:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError, AttributeError) as error:
            # The last two: what the libraries make of a socket that is shut down under them, or of a broken answer.
            self._check()
            raise TransportError(_words(error), has_left=not _never_left(error)) from None

    def _check(self) -> None:
        """Whether we ended it ourselves. To the libraries that may look like the end of a head, or of a body of which
        nobody said how long it is."""
        if self._switchboard.is_stopped:
            raise Stopped("the bridge ends") from None
        if self._is_over:
            raise TransportError("it did not end in time") from None

    def opened(self, place: socket.socket) -> None:
        with self._lock:
            self._sockets.add(place)
        if self._switchboard.is_stopped:
            shut_down(place)

    def tick(self, now: float) -> None:
        with self._lock:
            is_over = self._deadline is not None and now > self._deadline
            self._is_over = self._is_over or is_over
        if is_over:
            self.shut_down()

    def shut_down(self) -> None:
        with self._lock:
            places = list(self._sockets)
        for place in places:
            shut_down(place)

    def close(self) -> None:
        self._session.close()


class _Adapter(HTTPAdapter):
    """Tells its transport of every socket."""

    def __init__(self, line: Transport) -> None:
        self._line = weakref.ref(line)
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        found = self._line

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                _tell(found(), self.sock)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                _tell(found(), self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}


def _tell(line: Transport | None, place: socket.socket | None) -> None:
    if line is not None and place is not None:
        line.opened(place)


def _size(headers: Mapping[str, str | bytes]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.items())


def _never_left(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    return isinstance(error, requests.ConnectionError) and "NewConnectionError" in repr(error)


def _words(error: Exception) -> str:
    """Why, without addresses: those of the CMS hold whole events."""
    if isinstance(error, requests.ConnectTimeout):
        return "it cannot be reached in time"
    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no encrypted connection ({_innermost(error)})"
    if _never_left(error):
        return f"it cannot be reached ({_innermost(error)})"
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError | OSError | HTTPError):
        return f"the connection broke ({_innermost(error)})"
    return f"no valid answer ({type(error).__name__})"


def _innermost(error: BaseException) -> str:
    """The reason at the bottom of a chain of errors: `Connection refused`."""
    seen: BaseException = error
    for _ in range(10):
        inner = seen.__cause__ or seen.__context__
        inner = inner or next((each for each in seen.args if isinstance(each, BaseException)), None)
        if inner is None:
            break
        seen = inner
    if isinstance(seen, OSError) and seen.strerror:
        return seen.strerror
    return type(seen).__name__
