"""Emulated stations with quirks, each in a thread, that do what a test says, against a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any

import orjson
from django.test import override_settings

from smartserver.core import change
from stations.emulator.client import Pace, Plan, StationClient
from stations.emulator.point.model import ChargePointModel
from stations.emulator.quirks import QUIRKS, Quirk, Quirks
from stations.emulator.statistics import Statistics
from stations.models import Command, Station, Transaction
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from tests.stations.support import SocketCase, rules_of
from tests.waiting import eventually

CARD = "04A1B2C3D4E5F6"

Frame = list[Any]


class Tap(Quirk):
    """Changes nothing, notes everything: the texts as they are on the wire."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.heard: list[str] = []

    def frames(self, text: str) -> list[str | bytes]:
        self.said.append(text)
        return [text]

    def breaks(self, text: str) -> None:
        self.heard.append(text)


class Emulated:
    """One station. Use as a context manager; it connects at once and stays until the end.

    It stands alone (`manual`): nobody comes, only the timers of the protocol run, `speed` times as fast.
    """

    def __init__(
        self,
        url: str,
        identity: str = "CP1",
        *quirks: str | Quirk,
        version: str = "1.6",
        connectors: int = 1,
        password: str = "",
        speed: float = 1.0,
        call_timeout: float = 30.0,
        seed: int = 1,
        slots: int = 0,
    ) -> None:
        self.identity = identity
        self.tap = Tap()
        self.statistics = Statistics()
        self.model = ChargePointModel(
            identity,
            version,
            started=datetime.now(UTC),
            seed=seed,
            connectors=connectors,
            speed=speed,
            manual=True,
            slots=slots,
        )
        self.client = StationClient(
            self.model,
            Plan(url=f"{url}/ocpp/", password=password, speed=speed, call_timeout=call_timeout, backoff=0.05),
            self.statistics,
            Pace(1000.0),
            Quirks([*(QUIRKS[quirk]() if isinstance(quirk, str) else quirk for quirk in quirks), self.tap]),
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)

    # -- life ---------------------------------------------------------------------------

    def __enter__(self) -> Emulated:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception as fault:  # noqa: BLE001  (raised where the test ends)
            self._fault = fault
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self.client.start()
        self._ready.set()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    def stop(self) -> None:
        """Switched off in an orderly way; what it has to say it still says, for a while."""
        if self._thread.is_alive():
            self._in_loop(self.client.stop)
            self._thread.join(5)
        self.vanish()

    def vanish(self) -> None:
        """The plug is pulled."""
        if self._thread.is_alive():
            self._in_loop(lambda: self._task and self._task.cancel())
            self._thread.join(5)
        assert not self._thread.is_alive()
        if self._fault is not None:
            raise self._fault

    def _in_loop(self, function: Callable[[], object]) -> None:
        async def work() -> None:
            function()

        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(5)

    # -- what happens there ---------------------------------------------------------------

    def act(self, do: Callable[[ChargePointModel, float], object]) -> None:
        self._in_loop(lambda: self.client.do(do))

    def drop(self) -> None:
        """Lose the connection, until `come_back`."""
        self._in_loop(self.client.drop)
        eventually(lambda: not self.client.online)

    def come_back(self) -> None:
        self._in_loop(self.client.come_back)

    def plug_in(self, outlet: int = 1) -> None:
        self.act(lambda model, now: model.outlet(outlet).plug_in(now))

    def present(self, token: str = CARD, outlet: int = 1) -> None:
        self.act(lambda model, now: model.outlet(outlet).present(token, now))

    def unplug(self, outlet: int = 1) -> None:
        self.act(lambda model, now: model.outlet(outlet).unplug(now))

    def tell(self, action: str, payload: Payload | None = None) -> None:
        self.act(lambda model, now: model.tell(action, payload or {}, now))

    # -- what can be seen of it -------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a session runs on its first outlet, of which the server knows, and whose it is."""
        charge = self.model.outlets[0].charge
        if charge is None or not charge.running:
            return False
        if self.model.version == "1.6":
            return charge.number is not None
        answered = [frame[1] for frame in self.answers("TransactionEvent")]
        return any(
            "idToken" in event and event["transactionInfo"]["transactionId"] == charge.reference
            for _, number, _, event in self.said("TransactionEvent")
            if number in answered
        )

    def said(self, action: str) -> list[Frame]:
        """Its calls, as far as they are frames."""
        return [frame for frame in map(_read, self.tap.said) if len(frame) > 2 and frame[2] == action]

    def answers(self, action: str) -> list[Frame]:
        """The answers to these calls, in the order in which they came."""
        ids = [frame[1] for frame in self.said(action)]
        return [frame for frame in self._heard() if frame[0] in (3, 4) and frame[1] in ids]

    def asked(self, action: str) -> list[Frame]:
        """The server's calls."""
        return [frame for frame in self._heard() if frame[0] == 2 and frame[2] == action]

    def _heard(self) -> list[Frame]:
        return [_read(text) for text in list(self.tap.heard)]

    def wait_answer(self, action: str, number: int = 1) -> Frame:
        """The `number`th answer to a call of this action."""
        eventually(lambda: len(self.answers(action)) >= number)
        return self.answers(action)[number - 1]

    def wait_refusal(self) -> Frame:
        """The first CALLERROR."""
        eventually(lambda: any(frame[0] == 4 for frame in self._heard()))
        return next(frame for frame in self._heard() if frame[0] == 4)

    def wait_ready(self) -> None:
        """Until the server has accepted it, and it has nothing more to say."""
        eventually(lambda: self.model.online and not len(self.model.outbox))

    def wait_answered(self, number: int) -> None:
        """Until so many of its calls have had their CALLRESULT."""
        eventually(lambda: self.statistics.answered >= number)


def _read(text: str) -> Frame:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    return frame if isinstance(frame, list) else []


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class FieldCase(SocketCase):
    """A server that lets everybody in."""

    def emulated(self, *quirks: str | Quirk, identity: str = "CP1", **options: Any) -> Emulated:
        return Emulated(self.server.ws, identity, *quirks, **options)

    def strict(self, identity: str = "CP1", **values: Any) -> Station:
        return Station.objects.create(identity=identity, strict=True, **values)

    def station(self, identity: str = "CP1") -> Station:
        """Its row, as soon as there is one."""
        eventually(lambda: Station.objects.filter(identity=identity).exists())
        return Station.objects.get(identity=identity)

    def rules(self, identity: str = "CP1") -> set[str]:
        """The tolerance rules that the station needed."""
        return set(rules_of(self.station(identity)))

    def assert_noted(self, *rules: str, identity: str = "CP1") -> None:
        eventually(lambda: set(rules) <= self.rules(identity))

    def command(self, action: str, payload: Payload, identity: str = "CP1") -> Command:
        """Have the server ask a station something, as the REST API does."""
        station = self.station(identity).pk

        return change.store(partial(queue_command, station_id=station, action=action, payload=payload))

    def settled(self, command: Command) -> Command:
        """The command, as soon as it is known what became of it."""
        eventually(lambda: Command.objects.filter(pk=command.pk, settled_at__isnull=False).exists())
        return Command.objects.get(pk=command.pk)

    def session(self, station: Emulated, token: str = CARD) -> Transaction:
        """Somebody comes, and charges."""
        station.wait_ready()
        station.plug_in()
        station.present(token)
        eventually(lambda: station.running)
        return Transaction.objects.filter(station__identity=station.identity).latest("pk")
