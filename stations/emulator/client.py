"""One emulated station on a real socket: connects, speaks for its model, and connects again."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable
from math import inf
from typing import TypeVar

from websockets.exceptions import WebSocketException

from stations.emulator.keys import StationKeys
from stations.emulator.line import Line, Lines
from stations.emulator.plan import Pace, Plan
from stations.emulator.point.effects import Publish, Reconnect, Withdraw
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.security import ROOT
from stations.emulator.pulse import Pulse
from stations.emulator.quirks import REGULAR, Quirk
from stations.emulator.shelf import Shelf
from stations.emulator.statistics import Statistics
from stations.emulator.talk import Talk, Unusable
from stations.emulator.tls import distrusted
from stations.emulator.transfers import Transfers, Trust

__all__ = ["Pace", "Plan", "StationClient"]

BACKOFF_LONGEST = 30.0

T = TypeVar("T")


class StationClient:
    """`run()` until `stop()`; then running sessions end, and what is due gets its answer.

    A station that lost its connection comes back for that, too, unless it was told to stay away.
    """

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
        self._pulse = Pulse(plan.speed)
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._connects = 0
        self._failures = 0
        self._online = False
        self._away: float | None = None
        """Seconds to stay away for after the present connection; None: as its failures suggest."""
        self._back_at = 0.0
        self._transfers = Transfers(Trust(plan.tls.ca_file, plan.tls.insecure))
        self._shelf = Shelf(self._fetching)
        self._host = "127.0.0.1"
        """The station's own address in the network, as its last connection had it."""

    @property
    def model(self) -> ChargePointModel:
        return self._model

    @property
    def online(self) -> bool:
        return self._online

    # -- life -----------------------------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        self._pulse.start()
        self._task = asyncio.create_task(self._run())
        return self._task

    def stop(self) -> None:
        """End in an orderly way; at once where nothing is owed to a server that was ever reached."""
        self._stopping = True
        self._model.step(self._pulse.now)
        self._model.shut_down(self._pulse.now)
        if not self._online and self._task is not None:
            if self._over or self._back_at == inf:
                self._task.cancel()
            else:
                self.come_back()
        self._pulse.wake()

    def do(self, action: Callable[[ChargePointModel, float], T]) -> T:
        """Have something happen at the station, now: `client.do(lambda model, now: model.outlet(1).plug_in(now))`."""
        self._model.step(self._pulse.now)
        result = action(self._model, self._pulse.now)
        self._pulse.wake()
        return result

    def drop(self, seconds: float = inf) -> None:
        """Lose the connection without a word, and stay away for so many real seconds, or until `come_back`."""
        self._away = seconds
        self._back_at = asyncio.get_running_loop().time() + seconds
        if self._line is not None:
            self._line.abort()
        self._pulse.wake()

    def come_back(self) -> None:
        """Connect again now."""
        self._away, self._back_at = None, 0.0
        self._pulse.wake()

    def close_books(self) -> None:
        """Count what nobody answered; once, at the end."""
        statistics = self._statistics
        statistics.unreached += not self._connects and bool(self.trouble)
        statistics.dropped += self._model.outbox.dropped
        for message in self._model.outbox:
            if message.attempts:
                statistics.lost[message.action] += 1
            elif message.kept:
                statistics.waiting[message.action] += 1

    @property
    def _over(self) -> bool:
        """It shall end, and has no message of a transaction left for a server that it could reach before."""
        owes = self._connects and any(message.kept for message in self._model.outbox)
        return self._stopping and not owes

    async def _run(self) -> None:
        try:
            while not self._over:
                try:
                    await self._pace.turn()
                    await self._connect()
                except (OSError, TimeoutError, WebSocketException, Unusable) as error:
                    named = not isinstance(error, Unusable)
                    self._note_failure(error)
                    self.trouble = f"{type(error).__name__}: {error}" if named else str(error)
                    self._plan.trace.event(self._model.identity, self.trouble)
                if not self._over:
                    await self._stay_offline()
        finally:
            self._transfers.stop()
            await self._shelf.stop()
            await self._lines.close_left()

    def _note_failure(self, error: Exception) -> None:
        """The next network profile may have its turn; a server that was not trusted is an event."""
        self._model.networks.failed()
        if (event := distrusted(error)) is not None:
            self._model.security.distrust(event, self._pulse.now)

    async def _stay_offline(self) -> None:
        """Wait before the next attempt, longer each time, never all stations alike; the station lives on meanwhile."""
        loop = asyncio.get_running_loop()
        pause = min(BACKOFF_LONGEST, self._plan.backoff * 2.0**self._failures) * self._chance.uniform(0.5, 1.5)
        self._failures = min(self._failures + 1, 10)
        away, self._away = self._away, None
        self._back_at = loop.time() + (pause if away is None else away)
        while not self._over and loop.time() < self._back_at:
            self._model.step(self._pulse.now)
            if self._run_errands():
                self._back_at = loop.time() + (self._away or 0.0)
                self._away = None
            await self._pulse.sleep(self._back_at, self._model.due)

    def _run_errands(self) -> bool:
        """What the station wants done; whether it wants to be gone."""
        leaves = False
        for effect in self._model.take_effects():
            match effect:
                case Reconnect():
                    self._away, leaves = effect.after / self._plan.speed, True
                case Publish():
                    self._shelf.put(effect, self._host, self._published)
                case Withdraw():
                    self._shelf.withdraw(effect.checksum)
                case _:
                    self._transfers.start(effect, downloaded=self._downloaded, uploaded=self._uploaded)
        return leaves

    def _downloaded(self, job: int, content: bytes | None) -> None:
        self.do(lambda model, now: model.downloaded(job, content, now))

    def _uploaded(self, job: int, success: bool) -> None:
        self.do(lambda model, now: model.uploaded(job, success, now))

    def _published(self, checksum: str, locations: tuple[str, ...]) -> None:
        self.do(lambda model, now: model.published(checksum, locations, now))

    def _fetching(self, checksum: str, begins: bool) -> None:
        self._model.publications.fetch(checksum, begins=begins)

    async def _connect(self) -> None:
        model, plan, networks = self._model, self._plan, self._model.networks
        url = networks.url or plan.url
        line = await self._lines.open(
            url,
            networks.identity,
            subprotocol=f"ocpp{model.version}",
            password=(networks.password or plan.password).encode(),
            tls=self._security() if url.startswith("wss:") else None,
        )
        networks.reached(self._pulse.now)
        model.security.trust()
        self._line, self._host = line, line.host
        plan.trace.event(model.identity, "connected" if not self._connects else "reconnected")
        try:
            if self._away is not None:
                raise Unusable("The network was lost meanwhile.")
            if not line.agreed:
                raise Unusable(f"The server does not speak OCPP {model.version}.")
            await self._live(line)
        finally:
            self._line = None
            await line.close()
            plan.trace.event(model.identity, "disconnected")

    def _security(self) -> ssl.SSLContext:
        """With what the server has installed and signed meanwhile."""
        security = self._model.security
        keys = security.keys if isinstance(security.keys, StationKeys) else None
        return self._plan.tls.context(keys, security.roots(ROOT))

    async def _live(self, line: Line) -> None:
        statistics, model = self._statistics, self._model
        statistics.reconnects += self._connects > 0
        statistics.connected += self._connects == 0
        self._connects += 1
        talk = Talk(model, self._plan, statistics, self._quirks, pulse=self._pulse, complain=self._complain)
        self._online = True
        statistics.online += 1
        model.step(self._pulse.now)
        model.connected(self._pulse.now)
        try:
            await talk.run(line, self._is_over)
        finally:
            self._online = False
            statistics.online -= 1
            if talk.heard:
                self._failures = 0
            lost = model.disconnected(self._pulse.now)
            statistics.lost.update(message.action for message in lost if message.attempts)

    def _is_over(self) -> bool:
        return self._run_errands() or (self._stopping and not len(self._model.outbox))

    def _complain(self, trouble: str) -> None:
        self.trouble = trouble
