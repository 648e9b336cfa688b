"""One emulated station on a real socket: connects, speaks for its model, and connects again."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

from websockets.exceptions import ConnectionClosed, WebSocketException

from stations.emulator import calls
from stations.emulator.effects import Reconnect
from stations.emulator.keys import StationKeys
from stations.emulator.line import Broken, Line, Lines
from stations.emulator.message import Message
from stations.emulator.model import ChargePointModel
from stations.emulator.quirks import REGULAR, Quirk, Said
from stations.emulator.quirks.base import Reply
from stations.emulator.statistics import Statistics
from stations.emulator.tls import Tls
from stations.emulator.trace import Trace
from stations.emulator.transfers import Transfers, Trust
from stations.ocpp import schemas
from stations.ocpp import session as ocpp
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload

BACKOFF_FIRST = 1.0
BACKOFF_LONGEST = 30.0
T = TypeVar("T")
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
    tls: Tls = field(default_factory=Tls)
    trace: Trace = field(default_factory=Trace)


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
        self._line: Line | None = None
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
        self._away: float | None = None
        """Seconds to stay away for after the present connection; None: as its failures suggest."""
        self._back_at = 0.0
        self._ping_due = inf
        self._transfers = Transfers(Trust(plan.tls.ca_file, plan.tls.insecure))

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

    def do(self, action: Callable[[ChargePointModel, float], T]) -> T:
        """Have something happen at the station, now: `client.do(lambda model, now: model.outlet(1).plug_in(now))`."""
        self._model.step(self._now())
        result = action(self._model, self._now())
        self._wake.set()
        return result

    act = do

    def drop(self, seconds: float = inf) -> None:
        """Lose the connection without a word, and stay away for so many real seconds, or until `come_back`."""
        self._away = seconds
        self._back_at = asyncio.get_running_loop().time() + seconds
        if self._line is not None:
            self._line.abort()
        self._wake.set()

    def come_back(self) -> None:
        """Connect again now."""
        self._away, self._back_at = None, 0.0
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
                    self._plan.trace.event(self._model.identity, self.trouble)
                if not self._stopping:
                    await self._stay_offline()
        finally:
            self._transfers.stop()
            await self._lines.close_left()

    async def _stay_offline(self) -> None:
        """Wait before the next attempt, longer each time, never all stations alike; the station lives on meanwhile."""
        loop = asyncio.get_running_loop()
        pause = min(BACKOFF_LONGEST, self._plan.backoff * 2.0**self._failures) * self._chance.uniform(0.5, 1.5)
        self._failures = min(self._failures + 1, 10)
        away, self._away = self._away, None
        self._back_at = loop.time() + (pause if away is None else away)
        while not self._stopping and loop.time() < self._back_at:
            self._model.step(self._now())
            if self._run_errands():
                self._back_at = loop.time() + (self._away or 0.0)
                self._away = None
            await self._sleep(self._back_at)

    def _run_errands(self) -> bool:
        """What the station wants done; whether it wants to be gone."""
        leaves = False
        for effect in self._model.take_effects():
            if isinstance(effect, Reconnect):
                self._away, leaves = effect.after / self._plan.speed, True
            else:
                self._transfers.start(effect, downloaded=self._downloaded, uploaded=self._uploaded)
        return leaves

    def _downloaded(self, job: int, content: bytes | None) -> None:
        self.do(lambda model, now: model.downloaded(job, content, now))

    def _uploaded(self, job: int, success: bool) -> None:
        self.do(lambda model, now: model.uploaded(job, success, now))

    async def _connect(self) -> None:
        model, plan = self._model, self._plan
        keys = model.security.keys
        line = await self._lines.open(
            plan.url,
            model.identity,
            subprotocol=f"ocpp{model.version}",
            password=(model.password or plan.password).encode(),
            tls=plan.tls.context(keys if isinstance(keys, StationKeys) else None)
            if plan.url.startswith("wss:")
            else None,
        )
        self._line = line
        plan.trace.event(model.identity, "connected" if not self._connects else "reconnected")
        try:
            if not line.agreed:
                raise _Unusable(f"The server does not speak OCPP {model.version}.")
            await self._live(line)
        finally:
            self._line = None
            await line.close()
            plan.trace.event(model.identity, "disconnected")

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
            if self._run_errands() or (self._stopping and not len(self._model.outbox)):
                return
            await self._ping(line)
            deadline = self._session.deadline
            await self._sleep(min(self._ping_due, inf if deadline is None else deadline))
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
                self._plan.trace.frame(self._model.identity, "←", text)
                if not self._model.deaf:
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
