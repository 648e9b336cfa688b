"""The socket of NOC bridges, `/ws/<name>`: handshake, frames in and out. `bridge.push` has the frames."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import orjson

from bridge import push
from bridge.cms import bodies, door, frames
from bridge.cms.offer import Offer
from bridge.cms.services import channels, reports
from bridge.cms.services.channels import Turn
from bridge.cms.uploads import MAX_SHORT
from bridge.wire import WireError
from smartserver.core import clock, metrics, wire_log
from smartserver.core.errors import BadInput, Forbidden, NotAuthenticated, NotFound, Unavailable
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import (
    FAILED,
    GOING_AWAY,
    POLICY_VIOLATION,
    RESTART,
    TOO_BIG,
    TRY_AGAIN,
    Receive,
    Refused,
    Scope,
    Send,
    Socket,
)
from stations.connections import Connections
from stations.files.threads import in_thread
from stations.handshake import identity_of
from stations.storage import Kept

logger = logging.getLogger(__name__)

UNANSWERED = 64
"""Frames of one socket that may wait for their answer before it stops reading."""

NOTED_EVERY = push.HEARTBEAT_SECONDS / 2
"""Seconds between two signs of life that are stored: who sends more often says nothing new."""

MAX_REASON = 120
"""Bytes of the reason of a close (RFC 6455 section 5.5 has 123)."""

Unit = Callable[..., Any]


class PushSocket(Socket):
    """One push channel of one charger's bridge."""

    purpose: ClassVar[str] = "push socket"

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, runtime: Runtime, connections: Connections
    ) -> None:
        super().__init__(scope, receive, send)
        self.station_id = 0
        self.generation = 0
        self._name = ""
        self._runtime = runtime
        self._connections = connections
        self._frames: deque[str] = deque()
        self._unanswered = 0
        self._state: str | None = None  # the newest, which waits for the one before it
        self._storing_state = False
        self._heard = 0.0
        self._noted = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._open = False

    # -- life --------------------------------------------------------------------------

    async def open(self) -> str | None:
        await self._runtime.start()
        if self._runtime.stopping:
            raise Refused(503, "The server is shutting down.", [(b"retry-after", b"5")])
        self._connections.join(self._runtime.peers)
        raw_path = self.scope.get("raw_path") or self.scope["path"].encode()
        name = identity_of(raw_path, (push.PATH,))
        if name is None:
            raise Refused(404, "A bridge connects to /ws/<name of its charger>.")
        credentials = self.headers.get(b"authorization", b"")
        try:
            caller = await door.admit(self._runtime, self.scope, name=name, credentials=credentials)
            self._name, self.station_id = name, caller.station.station_id
            unit = partial(channels.open_channel, station_id=self.station_id, now=clock.now())
            self.generation = await self._runtime.writer.run(unit)
        except (BadInput, Forbidden, NotFound, NotAuthenticated) as error:
            raise Refused(error.status, str(error), door.headers_of(error)) from None
        return None

    async def opened(self) -> None:
        self._open = True
        metrics.PUSH.inc()
        wire_log.lifecycle("push channel opened", self._name, address=(self.scope.get("client") or ("",))[0])
        self._heard = self._noted = clock.monotonic()
        self._offer = Offer(self._ask_for_command, self._send_command)
        self._connections.attach(self)
        self._watch(push.SILENCE_SECONDS)
        self._offer.look()

    async def closed(self, code: int) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._open:
            metrics.PUSH.dec()
            self._offer.end()
            self._connections.detach(self)
            reason = self._closing[1] if self._closing is not None else "by the bridge"
            wire_log.lifecycle("push channel closed", self._name, code=code, reason=reason)
        unit = partial(channels.close_channel, station_id=self.station_id, generation=self.generation)
        try:
            self._runtime.writer.submit(unit, _ignore)
        except Unavailable:
            logger.debug("The server ended before the close of a push channel was stored.")

    def _watch(self, seconds: float) -> None:
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._check_silence)

    def _check_silence(self) -> None:
        if self._is_behind() or self._runtime.writer.full:
            self._heard = clock.monotonic()  # nothing is read, so its silence says nothing
        left = self._heard + push.SILENCE_SECONDS - clock.monotonic()
        if left > 0:
            self._watch(left)
        else:
            self.close(GOING_AWAY, "silent for too long")

    # -- frames in ---------------------------------------------------------------------

    async def on_message(self, data: str | bytes) -> None:
        self._heard = clock.monotonic()
        await self.wait_while(self._is_behind)
        if self._closing is not None or self._is_behind():
            return  # replaced, shutting down or gone: what is not answered will be sent again
        if _is_too_long(data):
            self.close(TOO_BIG, f"a frame has at most {push.MAX_FRAME} bytes")
            return
        self._note_alive()
        try:
            await self._take(frames.read(data, self._name))
        except frames.Refusal as refusal:
            self._refuse_frame(refusal.key, refusal.reason)
        if self._runtime.writer.full:
            await self._runtime.writer.room()

    def _is_behind(self) -> bool:
        return self._unanswered + len(self._frames) >= UNANSWERED

    async def _take(self, frame: frames.Frame) -> None:
        now = clock.now()
        match frame:
            case frames.Heartbeat():
                pass  # that it came is all
            case frames.Version():
                self._submit(partial(reports.take_version, version=frame.version, now=now), self._stored)
            case frames.Telemetry():
                self._take_state(frame.state)
            case frames.Happened():
                if frame.state is not None:
                    self._state = None  # this one is newer
                unit = partial(reports.take_event, event=frame.event, text=frame.text, state=frame.state, now=now)
                self._acknowledge(frame.key, unit)
            case frames.Result():  # pragma: no branch  (the last kind)
                kept = await _long(frame.answer) if frame.status else None
                answer = frame.answer if kept is None else None
                result = partial(reports.take_result, number=frame.number, status=frame.status, answer=answer)
                self._acknowledge(frame.key, partial(result, kept=kept, now=now))

    def _note_alive(self) -> None:
        if self._heard - self._noted >= NOTED_EVERY:
            self._noted = self._heard
            unit = partial(channels.note_alive, generation=self.generation, now=clock.now())
            self._submit(unit, self._check_turn)

    def _take_state(self, state: str) -> None:
        """Store it after the one that is being stored; the newest of those that wait replaces the others."""
        if self._storing_state:
            self._state = state
            return
        self._storing_state = True
        self._submit(partial(reports.take_state, text=state, event_id=None, now=clock.now()), self._state_stored)

    def _state_stored(self, _value: Any, error: BaseException | None) -> None:
        self._storing_state = False
        self._stored(None, error)
        state, self._state = self._state, None
        if state is not None and self._closing is None:
            self._take_state(state)

    # -- storage -----------------------------------------------------------------------

    def _submit(self, unit: Unit, done: Callable[[Any, BaseException | None], None]) -> None:
        try:
            self._runtime.writer.submit(partial(unit, station_id=self.station_id), done, self._loop)
        except Unavailable:
            self.close(RESTART, "the server is shutting down")

    def _acknowledge(self, key: str, unit: Unit) -> None:
        """Store something, and say so after the commit. A value is the number that it got."""

        def done(value: int | None, error: BaseException | None) -> None:
            self._unanswered -= 1
            if error is None:
                self._say(push.ACK, {"key": key} if value is None else {"key": key, "session_id": value})
            else:
                self._stored(None, error)
                self.close(*FAILED)  # without an acknowledgement the bridge keeps it, and tries the other wire

        self._unanswered += 1
        self._submit(unit, done)

    def _stored(self, _value: Any, error: BaseException | None) -> None:
        if isinstance(error, WireError):
            self._refuse_frame("", str(error))
        elif isinstance(error, Forbidden | NotFound):  # it has gone over to OCPP, or was removed
            self.close(POLICY_VIOLATION, str(error)[:MAX_REASON])
        elif isinstance(error, Unavailable):
            self.close(TRY_AGAIN, "the server cannot store anything just now")
        elif error is not None:
            logger.error("The push channel of station %s met a fault.", self.station_id, exc_info=error)

    # -- commands ----------------------------------------------------------------------

    def look_for_commands(self) -> None:
        """Somebody has asked something of this charger, or a command has come to its end."""
        self._offer.look()

    def _ask_for_command(self, done: Callable[[Turn | None, BaseException | None], None]) -> None:
        def asked(turn: Turn | None, error: BaseException | None) -> None:
            self._check_turn(turn, error)
            done(turn, error)

        self._submit(partial(channels.next_command, generation=self.generation, now=clock.now()), asked)

    def _send_command(self, command: dict[str, Any]) -> None:
        self._say(push.COMMAND, command)

    def _check_turn(self, turn: Turn | None, error: BaseException | None) -> None:
        self._stored(None, error)
        if turn is not None and not turn.current:
            self.close(POLICY_VIOLATION, "replaced by a newer connection")

    # -- frames out --------------------------------------------------------------------

    def _refuse_frame(self, key: str, reason: str) -> None:
        self._say(push.REFUSED, {"key": key, "reason": reason})

    def _say(self, kind: str, payload: dict[str, Any]) -> None:
        milliseconds = int(clock.now().timestamp() * 1000)
        self._frames.append(push.Envelope(kind, self._name, milliseconds, payload).encode())
        self.wake()

    def next_frame(self) -> str | None:
        return self._frames.popleft() if self._frames else None


def _is_too_long(data: str | bytes) -> bool:
    size = len(data)
    if isinstance(data, str) and push.MAX_FRAME // 4 < size <= push.MAX_FRAME:
        size = len(data.encode())
    return size > push.MAX_FRAME


async def _long(answer: Any) -> Kept | None:
    """The file that an answer becomes which is too long to be kept with its command."""
    if isinstance(answer, str):
        text = answer
    elif isinstance(answer, dict | list):
        text = await in_thread(partial(_json, answer))
    else:
        return None
    return await in_thread(partial(bodies.keep_text, text)) if len(text.encode()) > MAX_SHORT else None


def _json(answer: Any) -> str:
    return orjson.dumps(answer).decode()


def _ignore(value: object, error: BaseException | None) -> None:
    """Nobody waits for the end of a channel to be stored."""
