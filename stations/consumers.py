"""The socket of a station: handshake, frames in and out; nothing else."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, ClassVar

from django.conf import settings

from smartserver.core import clock, metrics
from smartserver.core.errors import Unavailable
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import (
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
    RESTART,
    Receive,
    Refused,
    Scope,
    Send,
    Socket,
)
from stations import dispatch, remote
from stations.authentication import authenticate
from stations.connections import Connections
from stations.handshake import Spoken, identity_of, negotiate
from stations.ocpp import session as ocpp
from stations.ocpp import versions
from stations.ocpp.errors import CallError
from stations.ocpp.frames import UNREADABLE_ID
from stations.services import commands, messages
from stations.services import connections as use_cases
from stations.services.context import Policy

logger = logging.getLogger(__name__)


QUIET_SECONDS = 5.0
"""A station that boots says so at once; one that only comes back may be silent for long, and then gets its commands."""

NOTED_EVERY = 1.0
"""Seconds between two updates of "last seen" for a station that talks without a pause."""


class StationSocket(Socket):
    """One connection of one station."""

    purpose: ClassVar[str] = "station socket"

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, runtime: Runtime, connections: Connections
    ) -> None:
        super().__init__(scope, receive, send)
        self.station_id = 0
        self.generation = 0
        self._runtime = runtime
        self._connections = connections
        self._spoken = Spoken(None, None)
        self._station: use_cases.Candidate | None = None
        self._session = ocpp.Session(role=ocpp.Role.CSMS, version="1.6")
        self._commands = self._command_line()
        self._policy = Policy(settings.OCPP_ACCEPT_UNKNOWN_TOKENS, settings.OCPP_HEARTBEAT_INTERVAL)
        self._heard = 0.0
        self._noted = 0.0
        self._first_call = True
        self._gone = False
        self._timers: list[asyncio.TimerHandle] = []

    # -- handshake ---------------------------------------------------------------------

    async def open(self) -> str | None:
        await self._runtime.start()
        if self._runtime.stopping:
            raise Refused(503, "The server is shutting down.", [(b"retry-after", b"5")])
        self._connections.join(self._runtime.peers)
        raw_path = self.scope.get("raw_path") or self.scope["path"].encode()
        identity = identity_of(raw_path, settings.OCPP_PATHS)
        if identity is None:
            raise Refused(404, "A station connects to /ocpp/<identity>.")
        station = await self._runtime.writer.run(
            partial(
                use_cases.look_up_station,
                identity=identity,
                address=str((self.scope.get("client") or ("",))[0]),
                create_unknown=settings.OPEN,
                now=clock.now(),
            )
        )
        if station is None:
            raise Refused(404, "This station is not known here.")
        await authenticate(self.headers.get(b"authorization", b""), station)
        self._spoken = negotiate(self.scope.get("subprotocols", ()), settings.OCPP_DEFAULT_VERSION)
        if self._spoken.version is not None:
            await self._begin(station, self._spoken.version)
        return self._spoken.subprotocol

    async def _begin(self, station: use_cases.Candidate, version: str) -> None:
        self._station = station
        self.station_id = station.station_id
        self.generation = await self._runtime.writer.run(
            partial(use_cases.connect_station, station_id=station.station_id, version=version, now=clock.now())
        )
        self._session = ocpp.Session(
            role=ocpp.Role.CSMS,
            version=version,
            call_timeout=settings.OCPP_CALL_TIMEOUT,
            strict=station.strict,
            series=str(self.generation),
        )
        self._commands = self._command_line()

    def _command_line(self) -> remote.CommandLine:
        return remote.CommandLine(self._session, self.station_id, self.generation, submit=self._submit, wake=self.wake)

    def look_for_commands(self) -> None:
        """Somebody has asked something of this station."""
        self._commands.look()

    async def opened(self) -> None:
        if self._station is None:
            self.close(PROTOCOL_ERROR, "no common subprotocol")
            return
        self._connections.attach(self)
        self._after(QUIET_SECONDS, self._commands.release)
        metrics.STATIONS.set(len(self._connections))
        self._heard = clock.monotonic()
        self._watch()

    async def closed(self, code: int) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._station is None:
            return
        self._connections.detach(self)
        metrics.STATIONS.set(len(self._connections))
        self._commands.abandon()
        self._store_close()

    def _store_close(self) -> None:
        self._gone = True
        unit = partial(use_cases.disconnect_station, station_id=self.station_id, generation=self.generation)
        try:
            self._runtime.writer.submit(unit, _forget)
        except Unavailable:
            logger.debug("The server ended before the close of station %s was stored.", self.station_id)

    # -- frames in ---------------------------------------------------------------------

    async def on_message(self, data: str | bytes) -> None:
        if self._closing is not None:
            return  # what comes now is not answered, so its sender keeps it
        self._heard = clock.monotonic()
        event = self._session.receive(data, self._heard)
        match event:
            case ocpp.CallReceived():
                quirks = event.quirks if isinstance(data, str) else ("binary_frame", *event.quirks)
                self._take_call(event, quirks)
            case ocpp.CallAnswered():
                self._commands.take_answer(event)
            case ocpp.FrameRefused():
                self._take_refused(event, data)
            case ocpp.SendReceived():
                self._log_unanswered(event.id, f"{event.action}: {event.payload}", messages.SEND)
            case ocpp.ResultRejected():
                self._log_unanswered(event.id, str(event.error), event.error.code)
            case ocpp.Unexpected():  # pragma: no branch  (the last kind)
                self._log_unanswered(event.id, str(data)[:1000], "UnexpectedAnswer")
        await self._wait_for_room()

    async def _wait_for_room(self) -> None:
        """Stop reading while the writer or this station's answers are behind."""
        if self._runtime.writer.full:
            await self._runtime.writer.room()
        if self._session.backlog >= ocpp.MAX_BACKLOG:
            await self.wait_while(lambda: self._session.backlog >= ocpp.MAX_BACKLOG)

    def _take_call(self, event: ocpp.CallReceived, quirks: tuple[str, ...]) -> None:
        if self._first_call:
            self._first_call = False
            self._greet(event)
        call = dispatch.Incoming(
            self.station_id,
            self._session.version,
            self._session.strict,
            str(event.ticket.id),
            event.action,
            event.payload,
            clock.now(),
            self._policy,
            quirks,
            self._is_news(),
        )
        try:
            unit = dispatch.prepare(call)
        except CallError as error:
            self._fail(event.ticket, call, error)
        except Exception:
            logger.exception("%s of station %s could not be understood.", call.action, self.station_id)
            self._fail(event.ticket, call, dispatch.internal_error())
        else:
            self._submit(unit, partial(self._stored, event.ticket, call))

    def _is_news(self) -> bool:
        """Whether it is worth noting that the station lives: at most once a second."""
        if self._heard - self._noted < NOTED_EVERY:
            return False
        self._noted = self._heard
        return True

    def _greet(self, event: ocpp.CallReceived) -> None:
        """The first call tells the version where none was negotiated, and whether the station has booted."""
        assert self._station is not None
        if self._spoken.assumed:
            version = versions.recognise(event.action, event.payload) or self._session.version
            if version != self._session.version:
                self._session.version = version
                unit = partial(
                    use_cases.change_version,
                    station_id=self.station_id,
                    generation=self.generation,
                    version=version,
                )
                self._record(unit)
        if event.action != "BootNotification":
            self._record(partial(commands.ask_how_things_are, station_id=self.station_id, booted=self._station.booted))

    def _stored(
        self, ticket: ocpp.Ticket, call: dispatch.Incoming, payload: str | None, error: BaseException | None
    ) -> None:
        """The effect of a call is on disk, or could not get there."""
        if error is None:
            assert payload is not None
            metrics.message(call.version, call.action, messages.CALLRESULT)
            self._session.answer_encoded(ticket, payload)
            self.wake()
            self._commands.release()
        elif isinstance(error, CallError):
            self._fail(ticket, call, error)
        elif isinstance(error, Unavailable):
            self._refuse_call(ticket, call, dispatch.internal_error())
        else:
            logger.error("%s of station %s failed.", call.action, self.station_id, exc_info=error)
            self._fail(ticket, call, dispatch.internal_error())

    def _fail(self, ticket: ocpp.Ticket, call: dispatch.Incoming, error: CallError) -> None:
        """Log the failed call, then answer it with a CALLERROR."""
        self._submit(
            dispatch.prepare_failure(call, error), lambda _value, _error: self._refuse_call(ticket, call, error)
        )
        if self._gone:  # this row, stored after the close, must not bring the station back online
            self._store_close()

    def _refuse_call(self, ticket: ocpp.Ticket, call: dispatch.Incoming, error: CallError) -> None:
        metrics.message(call.version, call.action, error.code)
        self._session.fail(ticket, error)
        self.wake()

    def _take_refused(self, event: ocpp.FrameRefused, data: str | bytes) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        metrics.message(self._session.version, "", event.error.code)
        self._log_unanswered(event.error.id, text, event.error.code)
        if event.ticket is not None:
            self.wake()

    def _expire(self) -> None:
        self._commands.expire(clock.monotonic())

    # -- frames out --------------------------------------------------------------------

    def next_frame(self) -> str | None:
        before = self._session.deadline
        frame = self._session.next_frame(clock.monotonic())
        if frame is not None:
            deadline = self._session.deadline
            if deadline is not None and deadline != before:
                self._after(deadline - clock.monotonic(), self._expire)
        return frame

    # -- help --------------------------------------------------------------------------

    def _log_unanswered(self, message_id: Any, text: str, outcome: str) -> None:
        unit = dispatch.prepare_unreadable(
            station_id=self.station_id,
            version=self._session.version,
            message_id=str(message_id if message_id is not None else UNREADABLE_ID),
            text=text,
            outcome=outcome,
            received_at=clock.now(),
        )
        self._record(unit)

    def _record(self, unit: Any) -> None:
        """Store something whose outcome nobody waits for."""
        self._submit(unit, _forget)

    def _submit(self, unit: Any, done: Any) -> None:
        try:
            self._runtime.writer.submit(unit, done, self._loop)
        except Unavailable:
            self.close(RESTART, "the server is shutting down")

    def _after(self, seconds: float, function: Any) -> None:
        timers = [timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()]
        self._timers = [*timers, asyncio.get_running_loop().call_later(max(0.0, seconds) + 0.01, function)]

    def _watch(self) -> None:
        """Close when nothing at all was heard for longer than two heartbeats (FIELD: dead peers)."""
        limit = 2.0 * settings.OCPP_HEARTBEAT_INTERVAL + 60.0
        silent = clock.monotonic() - self._heard
        if silent >= limit:
            self.close(POLICY_VIOLATION, "nothing heard for too long")
        else:
            self._after(limit - silent, self._watch)


def _forget(_value: Any, error: BaseException | None) -> None:
    """For units whose outcome nobody waits for; a failure is worth a line."""
    if error is not None:
        logger.error("A record could not be stored.", exc_info=error)
