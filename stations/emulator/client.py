"""One emulated station on a real socket: connects, speaks for its model, and connects again."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from websockets.exceptions import ConnectionClosed, WebSocketException

from stations.emulator import calls
from stations.emulator.line import Broken, Line, Lines
from stations.emulator.message import Message
from stations.emulator.model import ChargePointModel
from stations.emulator.quirks import REGULAR, Quirk, Said
from stations.emulator.quirks.base import Reply
from stations.emulator.statistics import Statistics
from stations.ocpp import schemas
from stations.ocpp import session as ocpp
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload

BACKOFF_FIRST = 1.0
BACKOFF_LONGEST = 30.0
MAX_SILENCE = 2
"""Calls in a row without an answer after which the connection is taken for dead."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all stations of a run have in common."""

    url: str
    password: str = ""
    speed: float = 1.0
    """Seconds of the emulated station in a real one."""
    call_timeout: float = 30.0
    backoff: float = BACKOFF_FIRST


class Pace:
    """Spreads the connections of a fleet evenly, also when all of them come back at once."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._free = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free = max(now, self._free + self._gap)
        await asyncio.sleep(self._free - now)


class _Unusable(Exception):
    """The connection is open, but of no use."""


class StationClient:
    """`run()` until `stop()`; then running sessions end, and what is due gets its answer."""

    def __init__(
        self, model: ChargePointModel, plan: Plan, statistics: Statistics, pace: Pace, quirks: Quirk = REGULAR
    ) -> None:
        self.trouble = ""
        """Why there is, or last was, no connection."""
        self._quirks = quirks
        self._lines = Lines(quirks)
        self._model = model
        self._plan = plan
        self._statistics = statistics
        self._pace = pace
        self._chance = random.Random(f"client/{model.identity}")
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._begun = 0.0
        self._connects = 0
        self._failures = 0
        self._silence = 0
        self._sent_at = 0.0
        self._session = self._new_session()
        self._online = False

    @property
    def online(self) -> bool:
        return self._online

    # -- life -----------------------------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        self._begun = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._run())
        return self._task

    def stop(self) -> None:
        """End in an orderly way where there is a connection, else at once."""
        self._stopping = True
        self._model.step(self._now())
        self._model.shut_down(self._now())
        if not self._online and self._task is not None:
            self._task.cancel()
        self._wake.set()

    def act(self, do: Callable[[ChargePointModel, float], object]) -> None:
        """Have something happen at the station, now."""
        do(self._model, self._now())
        self._wake.set()

    def close_books(self) -> None:
        """Count what nobody answered; once, at the end."""
        statistics = self._statistics
        statistics.unreached += not self._connects and bool(self.trouble)
        statistics.dropped += self._model.outbox.dropped
        for message in self._model.outbox:
            if message.attempts:
                statistics.unanswered += 1
            elif message.kept:
                statistics.unsent += 1

    async def _run(self) -> None:
        try:
            while not self._stopping:
                try:
                    await self._pace.turn()
                    await self._connect()
                except (OSError, TimeoutError, WebSocketException, _Unusable) as error:
                    named = not isinstance(error, _Unusable)
                    self.trouble = f"{type(error).__name__}: {error}" if named else str(error)
                if not self._stopping:
                    await self._stay_offline()
        finally:
            await self._lines.close_left()

    async def _stay_offline(self) -> None:
        """Wait before the next attempt, longer each time, never all stations alike; the station lives on meanwhile."""
        pause = min(BACKOFF_LONGEST, self._plan.backoff * 2.0**self._failures) * self._chance.uniform(0.5, 1.5)
        self._failures = min(self._failures + 1, 10)
        until = asyncio.get_running_loop().time() + pause
        while not self._stopping and asyncio.get_running_loop().time() < until:
            self._model.step(self._now())
            await self._sleep(until)

    async def _connect(self) -> None:
        model, plan = self._model, self._plan
        line = await self._lines.open(
            plan.url, model.identity, subprotocol=f"ocpp{model.version}", password=plan.password.encode()
        )
        try:
            if not line.agreed:
                raise _Unusable(f"The server does not speak OCPP {model.version}.")
            await self._live(line)
        finally:
            await line.close()

    # -- a connection ---------------------------------------------------------------------

    async def _live(self, line: Line) -> None:
        statistics = self._statistics
        statistics.reconnects += self._connects > 0
        statistics.connected += self._connects == 0
        self._connects += 1
        self._session = self._new_session()
        self._silence = 0
        self._online = True
        statistics.online += 1
        self._model.step(self._now())
        self._model.connected(self._now())
        reader = asyncio.create_task(self._read(line))
        try:
            await self._speak(line, reader)
        finally:
            self._online = False
            statistics.online -= 1
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            self._give_up(self._model.disconnected(self._now()))

    async def _speak(self, line: Line, reader: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        while not reader.done():
            self._model.step(self._now())
            await self._flush(line)
            if self._stopping and not len(self._model.outbox):
                return
            deadline = self._session.deadline
            await self._sleep(inf if deadline is None else deadline)
            if (call := self._session.expire(loop.time())) is not None:
                self._take_silence(call)
        reader.result()

    async def _flush(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while (message := self._model.next_message()) is not None:
                self._say(message)
                self._sent_at = loop.time()
            frame = self._session.next_frame(loop.time())
            if frame is None:
                return
            await line.send(frame)

    def _say(self, message: Message) -> None:
        """Call the server, in the way that this station has (quirks)."""
        self._statistics.leaves(message)
        meant: Message | None = message
        for said in self._quirks.says(Said(message.action, message.complete())):
            # One of the calls is the message; answers to the others mean nothing to the station.
            ours = meant is not None and said.action == message.action
            self._session.call(said.action, said.payload, meant if ours else None)
            meant = None if ours else meant
        if meant is not None:
            self._statistics.succeeds(0.0)
            self._model.answered(meant, self._imagined(meant), self._now())

    def _imagined(self, message: Message) -> Payload:
        """What a station takes for the answer to a message that it did not send."""
        if message.action != "BootNotification":
            return {}
        return {"status": "Accepted", "interval": 0, "currentTime": self._model.moment(self._now()).stamp}

    async def _read(self, line: Line) -> None:
        try:
            async for text in line.texts():
                self._take(self._session.receive(text, asyncio.get_running_loop().time()))
                self._wake.set()
            raise _Unusable(f"The server closed the connection: {line.closed_because}")
        except (ConnectionClosed, Broken) as error:
            raise _Unusable(f"The connection broke: {error}") from error
        finally:
            self._wake.set()

    def _take(self, event: ocpp.Event) -> None:
        match event:
            case ocpp.CallAnswered():
                self._take_answer(event)
            case ocpp.CallReceived():
                self._take_call(event)
            case ocpp.FrameRefused() | ocpp.ResultRejected():
                self._statistics.errors += 1
                self.trouble = str(event.error)
            case ocpp.SendReceived() | ocpp.Unexpected():
                pass  # nothing is to be done about a SEND or a late answer

    def _take_answer(self, event: ocpp.CallAnswered) -> None:
        message: Message | None = event.call.token
        self._silence = self._failures = 0
        if message is None:
            return  # the quirks said it, not the model
        error = event.error
        if error is None and (wrong := schemas.response_problems(self._model.version, message.action, event.payload)):
            error = CallError(wrong[0].code, wrong[0].message)
            self._session.reject_result(event.call, error)
        if error is None:
            self._statistics.succeeds(asyncio.get_running_loop().time() - self._sent_at)
            self._model.answered(message, event.payload, self._now())
        else:
            self._statistics.errors += 1
            self.trouble = f"{message.action}: {error}"
            self._model.refused(message, self._now())

    def _take_call(self, event: ocpp.CallReceived) -> None:
        self._statistics.served += 1

        def regular() -> Reply:
            try:
                return calls.answer(self._model, event.action, event.payload, self._now())
            except CallError as error:
                return error

        reply = self._quirks.replies(event.action, event.payload, regular)
        if isinstance(reply, CallError):
            self._session.fail(event.ticket, reply)
        elif reply is not None:  # else silence: the call stays unanswered, and so do those after it
            self._session.answer(event.ticket, reply)

    def _take_silence(self, call: ocpp.OwnCall) -> None:
        self.trouble = f"{call.action} got no answer within {self._plan.call_timeout:g} s."
        given_up = self._model.unanswered(self._now())
        self._give_up([given_up] if given_up is not None else [])
        self._silence += 1
        if self._silence >= MAX_SILENCE:
            raise _Unusable(self.trouble)

    # -- help -----------------------------------------------------------------------------

    def _give_up(self, lost: list[Message]) -> None:
        self._statistics.unanswered += sum(message.attempts > 0 for message in lost)

    def _new_session(self) -> ocpp.Session:
        return ocpp.Session(
            role=ocpp.Role.STATION,
            version=self._model.version,
            call_timeout=self._plan.call_timeout,
            # A station that is switched on again begins anew, so counting connections is not enough.
            series=uuid.uuid4().hex[:12],
        )

    def _now(self) -> float:
        """Seconds of the emulated station."""
        return (asyncio.get_running_loop().time() - self._begun) * self._plan.speed

    async def _sleep(self, until: float) -> None:
        """Until something comes in, the model is due, or the loop's clock shows `until`."""
        loop = asyncio.get_running_loop()
        until = min(until, self._begun + self._model.due / self._plan.speed)
        timer = loop.call_at(until, self._wake.set) if until != inf else None
        try:
            await self._wake.wait()
            self._wake.clear()
        finally:
            if timer is not None:
                timer.cancel()
