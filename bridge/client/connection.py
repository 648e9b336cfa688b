"""WebSocket connections that come back: one state machine, one way to connect, one way to end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import websocket
from websocket import ABNF

from bridge.client.backoff import Backoff
from bridge.client.context import Context
from bridge.client.link import Task
from bridge.client.logs import Way
from bridge.client.status import CONNECTED
from bridge.client.transport import shut_down

OPEN_SECONDS = 10.0
"""For connecting, encrypting and shaking hands together, twice over at most."""

MAX_MESSAGE = 1_048_576


class SocketError(Exception):
    """The connection could not be made, or has ended; `str(error)` says why. `status`: of a refused handshake."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class State(StrEnum):
    """idle ─► connecting ─► connected ─► waiting ─► connecting …, and from each of them to stopped."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONNECTED = CONNECTED
    WAITING = "waiting"
    STOPPED = "stopped"


class _Bounded(websocket.WebSocket):
    """Refuses messages before their length is in memory."""

    def _recv(self, bufsize: int) -> bytes:
        if (self.frame_buffer.length or 0) > MAX_MESSAGE:
            raise websocket.WebSocketPayloadException("the message is too long")
        return bytes(super()._recv(bufsize))  # type: ignore[no-untyped-call]

    def recv_frame(self) -> ABNF:
        frame: ABNF = super().recv_frame()  # type: ignore[no-untyped-call]
        before = self.cont_frame.cont_data
        if before and len(before[1]) + len(frame.data) > MAX_MESSAGE:
            raise websocket.WebSocketPayloadException("the message is too long")
        return frame


class Socket:
    """One connection. One thread receives, any may send."""

    def __init__(
        self, url: str, headers: dict[str, str], count: Callable[[int, int], None], *, is_local: bool = False
    ) -> None:
        """`count` is told the bytes sent and received. `is_local`: the environment's proxies do not count."""
        self._url = url
        self._more = {"http_no_proxy": ["*"]} if is_local else {}
        self._headers = headers
        self._count = count
        self._socket = _Bounded(enable_multithread=True)
        self._is_shut = False
        self._deadline: float | None = time.monotonic() + 2 * OPEN_SECONDS

    def open(self) -> None:
        with _told():
            try:
                self._socket.connect(  # type: ignore[no-untyped-call]
                    self._url,
                    timeout=OPEN_SECONDS,
                    header=self._headers,
                    suppress_origin=True,
                    redirect_limit=0,
                    **self._more,
                )
            finally:
                self._deadline = None
            if self._is_shut:  # while there was no socket yet
                raise SocketError("the bridge ends")

    def send(self, text: str) -> None:
        with _told():
            self._socket.send(text)
        self._count(len(text.encode()), 0)

    def ping(self) -> None:
        with _told():
            self._socket.ping()

    def receive(self, seconds: float) -> tuple[bool, bytes | None]:
        """`(something came, the message)`: a pong came but is no message; `SocketError` at the end."""
        with _told():
            self._socket.settimeout(max(seconds, 0.001))
            try:
                kind, content = self._socket.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                return False, None
        if kind == ABNF.OPCODE_CLOSE:
            raise SocketError("it was closed")
        if kind not in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
            return True, None
        self._count(0, len(content))
        return True, content if isinstance(content, bytes) else content.encode()

    def close(self) -> None:
        """Without waiting for the other end's answer."""
        try:
            self._socket.close(timeout=0)
        except (websocket.WebSocketException, OSError, ValueError, AttributeError):
            pass  # it has ended already
        finally:
            self._socket.shutdown()  # type: ignore[no-untyped-call]

    # -- of the switchboard -----------------------------------------------------------------------

    def shut_down(self) -> None:
        self._is_shut = True
        place: socket.socket | None = self._socket.sock
        shut_down(place)

    def tick(self, now: float) -> None:
        if self._deadline is not None and now > self._deadline:
            self.shut_down()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SocketError:
        raise
    except websocket.WebSocketBadStatusException as error:
        raise SocketError(f"the handshake was refused ({error.status_code})", error.status_code) from None
    except (websocket.WebSocketException, OSError, ValueError, AttributeError) as error:
        # The last two: what the library makes of a socket that is closed under it.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SocketError(reason.splitlines()[0][:200] if reason else type(error).__name__) from None


class Pulse:
    """Whether the other end still lives. Times are those of the sockets: the machine's, not a clock of ours."""

    def __init__(self, interval: float, silence: float, now: float) -> None:
        """A ping each `interval` seconds; dead after `silence` seconds without anything, not even a pong."""
        self._interval = interval
        self._silence = silence
        self._heard = self._beaten = now

    def hears(self, now: float) -> None:
        self._heard = now

    def is_due(self, now: float) -> bool:
        """Whether a ping has to be sent. `SocketError` where the other end is taken for dead."""
        if now - self._heard > self._silence:
            raise SocketError(f"nothing came for {self._silence:.0f} s")
        if now - self._beaten < self._interval:
            return False
        self._beaten = now
        return True


class Connection:
    """Keeps one socket open."""

    def __init__(self, context: Context, task: Task, what: str, backoff: Backoff | None = None) -> None:
        self._context = context
        self._task = task
        self._what = what
        self._backoff = backoff or Backoff()
        self._until = 0.0
        self.state = State.IDLE
        self.attempts = 0

    @property
    def word(self) -> str:
        """For people: `waiting 40 s`."""
        if self.state is State.WAITING:
            return f"waiting {max(0.0, self._until - self._context.clock.monotonic()):.0f} s"
        return self.state.value

    def run(self, make: Callable[[], Socket], serve: Callable[[Socket], None]) -> None:
        """Connect, serve until the connection ends, wait, and again until the bridge stops."""
        while not self._context.stop.is_set():
            self._once(make, serve)
            self.pause()
        self.state = State.STOPPED

    def _once(self, make: Callable[[], Socket], serve: Callable[[Socket], None]) -> None:
        clock = self._context.clock
        self.attempts += 1
        self.state = State.CONNECTING
        self._backoff.tries(clock.monotonic())
        connection = make()
        self._context.switchboard.add(connection)
        try:
            connection.open()
            self._backoff.opened(clock.monotonic())
            self.state = State.CONNECTED
            self._context.say(self._way, f"{self._what}: connected")
            serve(connection)
        except SocketError as error:
            if not self._context.stop.is_set():
                self._context.warn(self._way, f"{self._what}: {error}")
        finally:
            self._until = clock.monotonic() + self._backoff.lost(clock.monotonic())
            self.state = State.WAITING
            connection.close()

    def pause(self) -> None:
        """Rings do not shorten it."""
        clock, stop = self._context.clock, self._context.stop
        seconds = self._until - clock.monotonic()
        if seconds > 0 and not stop.is_set():
            self._context.say(self._way, f"{self._what}: next attempt in {seconds:.0f} s")
        while not stop.is_set() and (left := self._until - clock.monotonic()) > 0:
            self._context.wait(self._task, left)

    @property
    def _way(self) -> Way:
        return Way.FROM_SERVER if self._task is Task.PUSH else Way.FROM_HARDWARE
