"""A server for models without sockets, and one with."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from stations.emulator.point.driver import Habits
from stations.emulator.point.message import Message
from stations.emulator.point.model import ChargePointModel
from stations.ocpp import schemas
from stations.ocpp import session as ocpp
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.versions import version_of

QUIET = logging.getLogger("tests.emulator")
QUIET.setLevel(logging.ERROR)

STARTED = datetime(2025, 3, 1, 8, tzinfo=UTC)
VERSIONS = ("1.6", "2.0.1", "2.1")
HOUR = 3600.0
EAGER = Habits(first_arrival=(0.0, 60.0), idle_mean=120.0, patience_mean=1200.0, fault_per_hour=0.2)


def model(version: str, **options: Any) -> ChargePointModel:
    return ChargePointModel("CP1", version, started=STARTED, **options)


class Answers:
    """What a server says to each action."""

    def __init__(self, *, interval: int = 300) -> None:
        self.interval = interval
        self.token_status: Callable[[str], str] = lambda action: "Accepted"
        self.boot_status = "Accepted"
        self._numbers = itertools.count(1001)

    def to(self, action: str, payload: Payload) -> Payload:
        if action == "BootNotification":
            return {"status": self.boot_status, "interval": self.interval, "currentTime": "2025-03-01T08:00:00Z"}
        if action == "Heartbeat":
            return {"currentTime": "2025-03-01T08:00:00Z"}
        old = {"idTagInfo": {"status": self.token_status(action)}}
        new = {"idTokenInfo": {"status": self.token_status(action)}}
        if action == "StartTransaction":
            return {"transactionId": next(self._numbers)} | old
        if action == "Authorize":
            return old if "idTag" in payload else new
        if action == "TransactionEvent":
            return new if "idToken" in payload else {}
        if action in ("NotifyEVChargingNeeds", "NotifyEVChargingSchedule"):
            return {"status": "Accepted"}
        return {}


class Drive:
    """Lets time pass for a model; everything that it says is checked against the schemas, kept, and answered."""

    def __init__(self, station: ChargePointModel, answers: Answers | None = None) -> None:
        self.station = station
        self.answers = answers or Answers()
        self.now = 0.0
        self.said: list[tuple[float, str, Payload]] = []
        self.problems: list[str] = []

    def connect(self) -> Drive:
        self.station.connected(self.now)
        return self

    def listen(self, *, answer: bool = True) -> Message | None:
        """Hear all that the station has to say; without answers only the first message, which is returned."""
        while (message := self.station.next_message()) is not None:
            payload = message.complete()
            self.said.append((self.now, message.action, payload))
            for problem in schemas.request_problems(self.station.version, message.action, payload):
                self.problems.append(f"{message.action} {problem.path} {problem.message}")
            if not answer:
                return message
            self.station.answered(message, self.answers.to(message.action, payload), self.now)
        return None

    def run(self, seconds: float) -> Drive:
        end = self.now + seconds
        self.listen()
        while self.station.due <= end:
            self.now = max(self.now, self.station.due)
            self.station.step(self.now)
            self.listen()
        self.now = end
        return self

    def of(self, action: str) -> list[Payload]:
        return [payload for _, each, payload in self.said if each == action]

    def times(self, action: str) -> list[float]:
        return [time for time, each, _ in self.said if each == action]


class TinyServer:
    """OCPP over real sockets: checks and answers; can be told to misbehave."""

    def __init__(self, answers: Answers | None = None) -> None:
        self.answers = answers or Answers()
        self.port = 0
        self.received: Counter[str] = Counter()
        self.payloads: list[tuple[str, str, Payload]] = []
        self.problems: list[str] = []
        self.headers: list[str | None] = []
        self.replies: list[ocpp.CallAnswered] = []
        self.questions: list[tuple[str, Payload]] = []
        self.others: list[ocpp.Event] = []
        """What was neither a call nor an answer to one."""
        self.silent = False
        self.refuses: set[str] = set()
        self.garbles: set[str] = set()
        self.noise: list[str] = []
        """Texts that a new connection hears first."""
        self.sockets: set[ServerConnection] = set()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp/"

    @asynccontextmanager
    async def running(self, port: int = 0, **options: Any) -> Any:
        subprotocols = [Subprotocol(f"ocpp{version}") for version in VERSIONS]
        async with serve(self._serve, "127.0.0.1", port, subprotocols=subprotocols, logger=QUIET, **options) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.subprotocol is not None
        assert socket.request is not None
        self.sockets.add(socket)
        self.headers.append(socket.request.headers.get("Authorization"))
        session = ocpp.Session(role=ocpp.Role.CSMS, version=version_of(socket.subprotocol))
        for noise in self.noise:
            await socket.send(noise)
        for action, payload in self.questions:
            session.call(action, payload)
        loop = asyncio.get_running_loop()
        identity = socket.request.path.rsplit("/", 1)[-1]
        try:
            async for text in socket:
                self._take(session, identity, session.receive(text, loop.time()))
                while not self.silent and (frame := session.next_frame(loop.time())) is not None:
                    await socket.send(frame)
        except ConnectionClosed:
            pass
        finally:
            self.sockets.discard(socket)

    def _take(self, session: ocpp.Session, identity: str, event: ocpp.Event) -> None:
        if isinstance(event, ocpp.CallAnswered):
            self.replies.append(event)
        elif not isinstance(event, ocpp.CallReceived):
            self.others.append(event)
        if not isinstance(event, ocpp.CallReceived):
            return
        self.received[event.action] += 1
        self.payloads.append((identity, event.action, event.payload))
        for problem in schemas.request_problems(session.version, event.action, event.payload):
            self.problems.append(f"{event.action} {problem.path} {problem.message}")
        if event.action in self.refuses:
            session.fail(event.ticket, CallError("InternalError", "on purpose"))
        elif event.action in self.garbles:
            session.answer(event.ticket, {"status": 5})
        else:
            session.answer(event.ticket, self.answers.to(event.action, event.payload))
