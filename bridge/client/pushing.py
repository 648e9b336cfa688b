"""The push channel: while it is open, events and commands travel over it in well under a second.

It is extra: where the CMS has none, or it breaks, everything takes the polling wire, and it is tried again with the
back-off. `bridge/push.py` has the frames.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from bridge import push
from bridge.client.backoff import Backoff
from bridge.client.cms import VERSION, place_of
from bridge.client.connection import Connection, Pulse, Socket, SocketError
from bridge.client.context import Context
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.wire import BadCommand, RemoteCommand, WireError, whole

ACK_SECONDS = 10.0
"""After so long without an acknowledgement the channel is taken for dead."""

MAX_STATE = 131_072
"""Characters of a state that goes into a frame."""

STILL_SECONDS = 300.0
"""Between two telemetry frames of a charger where nothing changes."""

MAX_RESULT = 262_144
"""Bytes of an answer that still goes into a frame."""


class Pushed(NamedTuple):
    """The server's word on what was sent: `refusal` is empty where it took it."""

    session_id: int | None
    refusal: str


class _Waiting:
    def __init__(self) -> None:
        self.event = threading.Event()
        self.word: Pushed | None = None

    def end(self, word: Pushed | None) -> None:
        self.word = word
        self.event.set()


class Pusher:
    """The task `push`. Any thread may send."""

    def __init__(
        self,
        context: Context,
        link: Link,
        on_command: Callable[[RemoteCommand], object],
        on_bad_command: Callable[[BadCommand], object],
        backoff: Backoff | None = None,
    ) -> None:
        self._context = context
        self._link = link
        self._on_command = on_command
        self._on_bad_command = on_bad_command
        self._lock = threading.Lock()
        self._socket: Socket | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._shown: bytes | None = None
        self._shown_at = 0.0
        self.connection = Connection(context, Task.PUSH, "Push channel", backoff)

    def run(self) -> None:
        while not self._context.name and not self._context.stop.is_set():
            self._context.wait(Task.PUSH, 60.0)
        self.connection.run(self._make, self._serve)

    # -- sending ----------------------------------------------------------------------------------

    def push_event(self, key: str, event: str, state: str | None, charger: str) -> Pushed | None:
        """None where the channel broke: the same event has to be sent again, with the same key."""
        return self._ask(key, push.EVENT, {"key": key, "event": orjson.loads(event), "state": state}, charger)

    def push_result(self, execution_id: int, status: int, answer: Any, milliseconds: int) -> Pushed | None:
        """None where the channel broke."""
        payload = {
            "command_id": execution_id,
            "status_code": status,
            "response": answer,
            "execution_time_ms": milliseconds,
        }
        return self._ask(f"command-{execution_id}", push.COMMAND_RESULT, payload)

    def show(self, state: str) -> None:
        """This is the newest state. One that says nothing new is not worth its bytes, but now and then."""
        content, now = _content(state), self._context.clock.monotonic()
        with self._lock:
            socket = self._socket
            is_old_news = content == self._shown and now - self._shown_at < STILL_SECONDS
            if socket is None or len(state) > MAX_STATE or is_old_news:
                return
            self._shown, self._shown_at = content, now
        try:
            self._send(socket, push.TELEMETRY, {"state": state})
        except SocketError:
            socket.shut_down()

    def _ask(self, key: str, kind: str, payload: dict[str, Any], charger: str = "") -> Pushed | None:
        waiting = _Waiting()
        with self._lock:
            socket = self._socket
            if socket is None:
                return None
            self._waiting[key] = waiting
        try:
            self._send(socket, kind, payload, charger)
            # Ends early when the channel does, or the bridge.
            waiting.event.wait(ACK_SECONDS)
        except SocketError:
            pass
        finally:
            with self._lock:
                self._waiting.pop(key, None)
        if waiting.word is None:
            socket.shut_down()
        return waiting.word

    def _send(self, socket: Socket, kind: str, payload: dict[str, Any], charger: str = "") -> None:
        milliseconds = int(self._context.clock.now() * 1000)
        frame = push.Envelope(kind, charger or self._context.name, milliseconds, payload).encode()
        if len(frame) > push.MAX_FRAME:
            raise SocketError("the frame is too long")
        socket.send(frame)

    # -- the connection ---------------------------------------------------------------------------

    def _make(self) -> Socket:
        place = place_of(self._context.options, self._context.charger)
        name = self._context.name
        url = f"ws{place.url.removeprefix('http')}{push.PATH.lstrip('/')}{quote(name, safe='')}"
        headers = {}
        if place.password:
            credentials = f"{place.user or name}:{place.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(credentials).decode()}"
        return Socket(url, headers, partial(self._context.traffic.add, "push"))

    def _serve(self, socket: Socket) -> None:
        self._send(socket, push.VERSION_INFO, {"version": VERSION})
        with self._lock:
            self._socket, self._shown = socket, None
        self._link.pushes(is_open=True)
        try:
            self._talk(socket)
        finally:
            with self._lock:
                self._socket = None
                waiting = list(self._waiting.values())
            for each in waiting:
                each.end(None)
            self._link.pushes(is_open=False)

    def _talk(self, socket: Socket) -> None:
        pulse = Pulse(push.HEARTBEAT_SECONDS, push.SILENCE_SECONDS, time.monotonic())
        while not self._context.stop.is_set():
            came, frame = socket.receive(1.0)
            now = time.monotonic()
            if came:
                pulse.hears(now)
            if frame is not None:
                self._receive(frame)
            if pulse.is_due(now):
                self._send(socket, push.HEARTBEAT, {})
                socket.ping()  # its pong shows that somebody is there

    def _receive(self, frame: bytes) -> None:
        try:
            envelope = push.decode(frame)
            match envelope.type:
                case push.COMMAND:
                    self._on_command(push.read_command(envelope.payload))
                case push.ACK | push.REFUSED:
                    self._word(envelope)
                case other:
                    self._context.say(Way.FROM_SERVER, f"A push frame of the unknown type {other[:100]} is ignored")
        except BadCommand as error:
            self._on_bad_command(error)
        except WireError as error:
            self._context.warn(Way.FROM_SERVER, f"A push frame is not understood: {error}")

    def _word(self, envelope: push.Envelope) -> None:
        payload = envelope.payload
        with self._lock:
            waiting = self._waiting.get(str(payload.get("key")))
        if waiting is None:
            return  # it came too late
        if envelope.type == push.REFUSED:
            waiting.end(Pushed(None, str(payload.get("reason") or "no reason")[:500]))
            return
        number = payload.get("session_id")
        waiting.end(Pushed(None if number is None else whole(number, "session_id"), ""))


def _content(state: str) -> bytes:
    """The state without the times at which it was taken."""
    value = orjson.loads(state)
    outlets = value if isinstance(value, list) else [value]
    kept = [{**each, "timestamp": None} if isinstance(each, dict) else each for each in outlets]
    return orjson.dumps(kept)
