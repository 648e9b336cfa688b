"""The socket of a station: handshake, frames in and out; nothing else."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, ClassVar

import orjson
from django.conf import settings

from smartserver.core import clock, metrics, tracing, wire_log
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
from stations import dispatch, liveness, remote
from stations.authentication import authenticate, require_encryption
from stations.connections import Connections
from stations.handshake import Spoken, identity_of, negotiate
from stations.incoming import CallLine, forget
from stations.ocpp import session as ocpp
from stations.ocpp import versions
from stations.ocpp.v16.reversed_calls import is_state_request
from stations.services import commands
from stations.services.context import Policy
from stations.services.equipment import connections as use_cases
from stations.services.equipment.passwords import take_next_password

logger = logging.getLogger(__name__)


LONGEST_REQUEST = 32
"""Texts that are no frames and have a meaning are short; longer ones need not be looked at."""

QUIET_SECONDS = 5.0
"""A station that boots says so at once; one that only comes back may be silent for long, and then gets its commands."""


class StationSocket(Socket):
    """One connection of one station."""

    purpose: ClassVar[str] = "station socket"

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, runtime: Runtime, connections: Connections
    ) -> None:
        super().__init__(scope, receive, send)
        self.station_id = 0
        self.generation = 0
        self.identity = ""
        self._runtime = runtime
        self._connections = connections
        self._spoken = Spoken(None, None)
        self._station: use_cases.Candidate | None = None
        self._session = ocpp.Session(role=ocpp.Role.CSMS, version="1.6")
        self._begin_session(self._session)
        self._heard = 0.0
        self._asked: float | None = None
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
        require_encryption(self.scope.get("scheme", ""), self.headers.get(b"x-forwarded-proto", b""), station)
        if await authenticate(self.headers.get(b"authorization", b""), station):
            await self._runtime.writer.run(partial(take_next_password, station_id=station.station_id))
        self._spoken = negotiate(self.scope.get("subprotocols", ()), settings.OCPP_DEFAULT_VERSION)
        if self._spoken.version is not None:
            await self._begin(station, self._spoken.version)
        return self._spoken.subprotocol

    async def _begin(self, station: use_cases.Candidate, version: str) -> None:
        self._station = station
        self.station_id = station.station_id
        self.identity = station.identity
        self.generation = await self._runtime.writer.run(
            partial(use_cases.connect_station, station_id=station.station_id, version=version, now=clock.now())
        )
        self._begin_session(
            ocpp.Session(
                role=ocpp.Role.CSMS,
                version=version,
                call_timeout=settings.OCPP_CALL_TIMEOUT,
                strict=station.strict,
                series=str(self.generation),
            )
        )

    def _begin_session(self, session: ocpp.Session) -> None:
        self._session = session
        self._commands = remote.CommandLine(
            session, self.station_id, self.generation, submit=self._submit, wake=self.wake
        )
        self._calls = CallLine(
            session,
            self.station_id,
            self.identity,
            trace=tracing.active.parent(self.headers) if tracing.active is not None else None,
            policy=Policy(settings.OCPP_ACCEPT_UNKNOWN_TOKENS, settings.OCPP_HEARTBEAT_INTERVAL),
            submit=self._submit,
            wake=self.wake,
            answered=self._answered,
            failed=self._failed,
            is_current=partial(use_cases.is_current, station_id=self.station_id, generation=self.generation),
            outdated=partial(self.close, POLICY_VIOLATION, "replaced by a newer connection"),
        )

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
        wire_log.lifecycle(
            "connected" if self.generation == 1 else "reconnected",
            self.identity,
            version=self._session.version,
            address=(self.scope.get("client") or ("",))[0],
        )

    async def closed(self, code: int) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._station is None:
            return
        self._connections.detach(self)
        metrics.STATIONS.set(len(self._connections))
        self._calls.close()
        self._commands.abandon()
        self._store_close()
        reason = self._closing[1] if self._closing is not None else "by the station"
        wire_log.lifecycle("closed", self.identity, code=code, reason=reason)

    def _store_close(self) -> None:
        self._gone = True
        unit = partial(use_cases.disconnect_station, station_id=self.station_id, generation=self.generation)
        try:
            self._runtime.writer.submit(unit, forget)
        except Unavailable:
            logger.debug("The server ended before the close of station %s was stored.", self.station_id)

    def _failed(self) -> None:
        """The record of a failure, stored after the close, must not bring the station back online."""
        if self._gone:
            self._store_close()

    # -- frames in ---------------------------------------------------------------------

    async def on_message(self, data: str | bytes) -> None:
        if self._closing is not None:
            return  # what comes now is not answered, so its sender keeps it
        self._heard = clock.monotonic()
        if wire_log.frames is not None:
            wire_log.frames.note(self.identity, wire_log.IN, data)
        if len(data) < LONGEST_REQUEST and self._is_state_request(data):
            self._calls.take_state_request()
            await self._wait_for_room()
            return
        event = self._session.receive(data, self._heard)
        match event:
            case ocpp.CallReceived():
                quirks = event.quirks if isinstance(data, str) else ("binary_frame", *event.quirks)
                self._take_call(event, quirks)
            case ocpp.CallAnswered():
                self._commands.take_answer(event)
            case ocpp.FrameRefused():
                self._calls.take_refused(event, data)
            case ocpp.SendReceived():
                quirks = event.quirks if isinstance(data, str) else ("binary_frame", *event.quirks)
                self._calls.take_send(event, quirks, self._heard)
            case ocpp.ResultRejected():
                self._calls.take_rejection(event)
            case ocpp.Unexpected():  # pragma: no branch  (the last kind)
                # Hidden before it is cut: it may be the configuration, late, and half of it not be recognised.
                self._calls.log(event.id, dispatch.without_secrets(str(data))[:1000], "UnexpectedAnswer")
        await self._wait_for_room()

    def _is_state_request(self, data: str | bytes) -> bool:
        return isinstance(data, str) and is_state_request(data) and not self._session.strict

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
        self._calls.take(event, quirks, self._heard)

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

    def _answered(self, action: str, payload: str) -> None:
        """A call was answered: the station can be asked something, by what it knows of its registration."""
        if action == "BootNotification":
            self._commands.register(orjson.loads(payload)["status"])
        else:
            self._commands.release()

    def _expire(self) -> None:
        self._commands.expire(clock.monotonic())

    # -- frames out --------------------------------------------------------------------

    def next_frame(self) -> str | None:
        before = self._session.deadline
        frame = self._session.next_frame(clock.monotonic())
        if frame is not None:
            if wire_log.frames is not None:
                wire_log.frames.note(self.identity, wire_log.OUT, frame)
            deadline = self._session.deadline
            if deadline is not None and deadline != before:
                self._after(deadline - clock.monotonic(), self._expire)
        return frame

    # -- help --------------------------------------------------------------------------

    def _record(self, unit: Any) -> None:
        """Store something whose outcome nobody waits for."""
        self._submit(unit, forget)

    def _submit(self, unit: Any, done: Any) -> None:
        try:
            self._runtime.writer.submit(unit, done, self._loop)
        except Unavailable:
            self.close(RESTART, "the server is shutting down")

    def _after(self, seconds: float, function: Any) -> None:
        timers = [timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()]
        self._timers = [*timers, asyncio.get_running_loop().call_later(max(0.0, seconds) + 0.01, function)]

    def _watch(self) -> None:
        """Find out that the station is gone (FIELD 2), by the rule of `liveness`."""
        assert self._station is not None
        now = clock.monotonic()
        check = settings.HEARTBEAT_CHECK
        patience = liveness.patience_for(
            heartbeat=self._station.heartbeat_interval or settings.OCPP_HEARTBEAT_INTERVAL,
            # One that was turned away answers nothing, and says nothing before its next boot.
            check=None if self._commands.turned_away else check,
            call_timeout=settings.OCPP_CALL_TIMEOUT,
        )
        step = liveness.next_step(patience, now=now, heard=self._heard, asked=self._asked)
        if isinstance(step, liveness.Close):
            self.close(POLICY_VIOLATION, "nothing heard for too long")
            return
        if isinstance(step, liveness.Ask):
            self._asked = now
            self._commands.probe()
            wire_log.lifecycle("probed", self.identity, silent=f"{now - self._heard:.0f} s")
        self._after(step.seconds if check is None else min(step.seconds, check), self._watch)
