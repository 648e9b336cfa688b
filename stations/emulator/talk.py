"""What one emulated station says and hears over one connection."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from math import inf

from stations.emulator.line import Broken, ConnectionClosed, Line
from stations.emulator.plan import Plan
from stations.emulator.point import calls
from stations.emulator.point.message import Message
from stations.emulator.point.model import ChargePointModel
from stations.emulator.pulse import Pulse
from stations.emulator.quirks import Quirk, Said
from stations.emulator.quirks.base import Reply
from stations.emulator.statistics import Statistics
from stations.ocpp import schemas
from stations.ocpp import session as ocpp
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload

MAX_SILENCE = 2
"""Calls in a row without an answer after which the connection is taken for dead."""


class Unusable(Exception):
    """The connection is open, but of no use."""


class Talk:
    """`run` until the connection ends, or `over()` says so."""

    def __init__(
        self,
        model: ChargePointModel,
        plan: Plan,
        statistics: Statistics,
        quirks: Quirk,
        *,
        pulse: Pulse,
        complain: Callable[[str], None],
    ) -> None:
        self.heard = False
        """Whether the server answered anything."""
        self._model = model
        self._plan = plan
        self._statistics = statistics
        self._quirks = quirks
        self._pulse = pulse
        self._complain = complain
        self._silence = 0
        self._sent_at = 0.0
        self._ping_due = inf
        self._session = ocpp.Session(
            role=ocpp.Role.STATION,
            version=model.version,
            call_timeout=plan.call_timeout,
            # A station that is switched on again begins anew, so counting connections is not enough.
            series=uuid.uuid4().hex[:12],
        )

    async def run(self, line: Line, over: Callable[[], bool]) -> None:
        reader = asyncio.create_task(self._read(line))
        try:
            await self._speak(line, reader, over)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _speak(self, line: Line, reader: asyncio.Task[None], over: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        while not reader.done():
            self._model.step(self._pulse.now)
            await self._flush(line)
            if over():
                return
            await self._ping(line)
            deadline = self._session.deadline
            await self._pulse.sleep(min(self._ping_due, inf if deadline is None else deadline), self._model.due)
            if (call := self._session.expire(loop.time())) is not None:
                self._take_silence(call)
        reader.result()

    async def _ping(self, line: Line) -> None:
        """WebSocketPingInterval; 0: the station sends none (section 9.1.35)."""
        now, seconds = asyncio.get_running_loop().time(), self._model.settings.number("WebSocketPingInterval")
        if not seconds:
            self._ping_due = inf
        elif self._ping_due == inf:
            self._ping_due = now + seconds / self._plan.speed
        elif self._ping_due <= now:
            self._ping_due = now + seconds / self._plan.speed
            self._plan.trace.event(self._model.identity, "ping")
            await line.ping()

    async def _flush(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while (message := self._model.next_message()) is not None:
                self._say(message)
                self._sent_at = loop.time()
            frame = self._session.next_frame(loop.time())
            if frame is None:
                return
            self._plan.trace.frame(self._model.identity, "→", frame)
            await line.send(frame)

    def _say(self, message: Message) -> None:
        """Call the server, in the way that this station has (quirks)."""
        if message.is_send:
            self._session.send(message.action, message.complete())
            self._model.left(message, self._pulse.now)
            return
        self._statistics.leaves(message)
        meant: Message | None = message
        for said in self._quirks.says(Said(message.action, message.complete())):
            # One of the calls is the message; answers to the others mean nothing to the station.
            ours = meant is not None and said.action == message.action
            self._session.call(said.action, said.payload, meant if ours else None)
            meant = None if ours else meant
        if meant is not None:
            self._statistics.succeeds(0.0)
            self._model.answered(meant, self._imagined(meant), self._pulse.now)

    def _imagined(self, message: Message) -> Payload:
        """What a station takes for the answer to a message that it did not send."""
        if message.action != "BootNotification":
            return {}
        return {"status": "Accepted", "interval": 0, "currentTime": self._model.moment(self._pulse.now).stamp}

    async def _read(self, line: Line) -> None:
        try:
            async for text in line.texts():
                self._plan.trace.frame(self._model.identity, "←", text)
                if not self._model.deaf:
                    self._take(self._session.receive(text, asyncio.get_running_loop().time()))
                self._pulse.wake()
            raise Unusable(f"The server closed the connection: {line.closed_because}")
        except (ConnectionClosed, Broken) as error:
            raise Unusable(f"The connection broke: {error}") from error
        finally:
            self._pulse.wake()

    def _take(self, event: ocpp.Event) -> None:
        match event:
            case ocpp.CallAnswered():
                self._take_answer(event)
            case ocpp.CallReceived():
                self._take_call(event)
            case ocpp.FrameRefused() | ocpp.ResultRejected():
                self._statistics.senseless += 1
                self._complain(str(event.error))
            case ocpp.SendReceived():
                self._model.heard(event.action, self._pulse.now)
            case ocpp.Unexpected():
                pass  # nothing is to be done about a late answer

    def _take_answer(self, event: ocpp.CallAnswered) -> None:
        message: Message | None = event.call.token
        self._silence, self.heard = 0, True
        if message is None:
            return  # the quirks said it, not the model
        error = event.error
        if error is None and (wrong := schemas.response_problems(self._model.version, message.action, event.payload)):
            error = CallError(wrong[0].code, wrong[0].message)
            self._session.reject_result(event.call, error)
        if error is None:
            self._statistics.succeeds(asyncio.get_running_loop().time() - self._sent_at)
            self._model.answered(message, event.payload, self._pulse.now)
        else:
            self._statistics.refused[message.action] += 1
            self._complain(f"{message.action}: {error}")
            self._model.refused(message, self._pulse.now)

    def _take_call(self, event: ocpp.CallReceived) -> None:
        self._statistics.served += 1

        def regular() -> Reply:
            try:
                return calls.answer(self._model, event.action, event.payload, self._pulse.now)
            except CallError as error:
                return error

        reply = self._quirks.replies(event.action, event.payload, regular)
        if isinstance(reply, CallError):
            self._session.fail(event.ticket, reply)
        elif reply is not None:  # else silence: the call stays unanswered, and so do those after it
            self._session.answer(event.ticket, reply)

    def _take_silence(self, call: ocpp.OwnCall) -> None:
        silence = f"{call.action} got no answer within {self._plan.call_timeout:g} s."
        self._complain(silence)
        given_up = self._model.unanswered(self._pulse.now)
        if given_up is not None and given_up.attempts:
            self._statistics.lost[given_up.action] += 1
        self._silence += 1
        if self._silence >= MAX_SILENCE:
            raise Unusable(silence)
