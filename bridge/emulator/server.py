"""A running emulated charger: its clock, its absences, and the same in a thread for tests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from bridge.emulator import records
from bridge.emulator.application import Application
from bridge.emulator.faults import Faults
from bridge.emulator.feed import Feed
from bridge.emulator.hardware import Hardware
from bridge.emulator.journal import Journal
from bridge.emulator.listener import Listener
from bridge.emulator.model import Charger

TICK_SECONDS = 0.05
MAX_LEAP_SECONDS = 3600.0
"""So much emulated time passes in one tick at most."""

REBOOT_SECONDS = 5.0
LAST_WORDS_SECONDS = 0.05
"""Between the answer to a reset and the reset."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of charger. `speed`: emulated seconds in a real one; `habits`: drivers come by themselves."""

    name: str = "EMULATED-1"
    host: str = "127.0.0.1"
    port: int = 0
    outlets: int = 2
    seed: int = 1
    speed: float = 1.0
    habits: bool = True
    log_bytes: int = 800_000
    reboot_seconds: float = REBOOT_SECONDS
    faults: Faults = field(default_factory=Faults)


class Server:
    """`open()`, then `run(stop)` until `stop` is set."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._real, self._emulated = time.monotonic(), time.time()
        charger = Charger(name=plan.name, outlets=plan.outlets, now=self._emulated, seed=plan.seed, habits=plan.habits)
        hardware = Hardware(charger, log_lines=records.lines_of(plan.log_bytes))
        self.application = Application(
            hardware,
            faults=plan.faults.changed({"reboot": 0, "refuse": 0}),
            reboot_seconds=plan.reboot_seconds,
            tick=self.tick,
            away=self._leave,
        )
        self.listener = self.application.listener = Listener(self.application, host=plan.host, port=plan.port)
        self._absence: asyncio.Task[None] | None = None
        self._cut_at = 0.0
        self.absences = self.events = 0
        self.on_event: Callable[[dict[str, Any]], object] | None = None

    @property
    def charger(self) -> Charger:
        return self.application.hardware.charger

    @property
    def feed(self) -> Feed:
        return self.application.feed

    async def open(self) -> None:
        """`OSError` where the port cannot be had."""
        await self.listener.open()
        if self.plan.faults.reboot or self.plan.faults.refuse:
            self._leave(max(self.plan.faults.reboot, self.plan.faults.refuse), True)

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                self.tick()
                self._cut_sockets()
                try:
                    async with asyncio.timeout(TICK_SECONDS):
                        await stop.wait()
                except TimeoutError:
                    pass
        finally:
            await self.close()

    async def close(self) -> None:
        if self._absence is not None:
            self._absence.cancel()
            await asyncio.gather(self._absence, return_exceptions=True)
        await self.listener.close()

    def tick(self) -> None:
        """Let time pass until now, and its events out."""
        now = self._emulated + (time.monotonic() - self._real) * self.plan.speed
        self.charger.advance(min(now, self.charger.now + MAX_LEAP_SECONDS))
        events = self.charger.take_events()
        self.events += len(events)
        self.feed.publish(events)
        if self.on_event is not None:
            for event in events:
                self.on_event(event)

    def _cut_sockets(self) -> None:
        every, now = self.application.faults.drop, time.monotonic()
        if not every:
            self._cut_at = now
        elif now >= self._cut_at + every:
            self._cut_at = now
            self.feed.cut()

    def _leave(self, seconds: float, cut: bool) -> None:
        """Be away for so long; a second absence replaces the first."""
        if self._absence is not None:
            self._absence.cancel()
        self.absences += 1
        self._absence = asyncio.get_running_loop().create_task(self._absent(seconds, cut=cut))

    async def _absent(self, seconds: float, *, cut: bool) -> None:
        await asyncio.sleep(LAST_WORDS_SECONDS)
        self.listener.refuse()
        if cut:
            self.listener.cut()
        await asyncio.sleep(seconds)
        while not self.listener.is_open:
            try:
                await self.listener.open()
            except OSError:  # somebody else has the port for a moment
                await asyncio.sleep(TICK_SECONDS)


class EmulatedCharger:
    """An emulated charger in a thread of this process, for tests. Nobody comes by himself unless `habits`.

    with EmulatedCharger(name="CH-1", log_bytes=10_000) as charger:
        requests.get(f"{charger.url}/state")
        charger.do(lambda model: model.summon(model.outlets[0]))
        charger.set_faults(next_errors=1)
        charger.requests.count("GET", "/state")
    """

    def __init__(self, **options: Any) -> None:
        """`options` are those of `Plan`."""
        self.server = Server(Plan(**({"habits": False, "reboot_seconds": 0.5} | options)))
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="emulated-charger", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001  (handed to the thread that started this one)
            self._error = error
        finally:
            self._started.set()

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.server.open()
        self._started.set()
        await self.server.run(self._stop)

    def start(self) -> EmulatedCharger:
        self._thread.start()
        self._started.wait(10)
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if self._error is not None:
            raise self._error

    def __enter__(self) -> EmulatedCharger:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self.server.listener.port

    @property
    def url(self) -> str:
        return f"http://{self.server.plan.host}:{self.port}"

    @property
    def stream_url(self) -> str:
        return f"ws://{self.server.plan.host}:{self.port}/events/stream"

    @property
    def model(self) -> Charger:
        """For looking at; what changes it goes through `do`."""
        return self.server.charger

    @property
    def requests(self) -> Journal:
        return self.server.application.journal

    @property
    def clients(self) -> int:
        """Event sockets that are connected."""
        return self.server.feed.clients

    def do(self, function: Callable[[Charger], T]) -> T:
        """Call a function with the model in its own thread, and let the events out; its value."""

        async def call() -> T:
            self.server.tick()
            value = function(self.server.charger)
            self.server.tick()
            return value

        return self._in_loop(call())

    def set_faults(self, **values: Any) -> None:
        """As `PUT /emulator/faults`."""

        async def call() -> None:
            self.server.application.set_faults(values)

        self._in_loop(call())

    def _in_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)
