"""Many emulated stations in one process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from stations.emulator.cars import ElectricCar
from stations.emulator.client import StationClient
from stations.emulator.keys import StationKeys
from stations.emulator.plan import Pace, Plan
from stations.emulator.point.model import ChargePointModel, drivers
from stations.emulator.quirks import named
from stations.emulator.statistics import Statistics

STALLED_SECONDS = 5.0
DRAIN_SECONDS = 30.0
"""How long the end may take: without any answer, and at all."""

CONNECTS_PER_SECOND = 50.0
JOURNAL_LINES = 20
"""What each station of a fleet remembers of its life: ten thousand of them share the memory."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which stations. `versions` take turns; `rate` is messages a second of all together, None: as it happens."""

    count: int
    versions: tuple[str, ...] = ("1.6",)
    prefix: str = "CP"
    connectors: int = 2
    seed: int = 1
    rate: float | None = None
    connects_per_second: float = CONNECTS_PER_SECOND
    stalled_seconds: float = STALLED_SECONDS
    drain_seconds: float = DRAIN_SECONDS
    quirks: tuple[str, ...] = ()
    """Names; every station has all of them."""
    security_profile: int = 0
    slots: int = 0
    """For batteries that are swapped, of each station with 2.1."""
    without: tuple[str, ...] = ()
    """What stations of 2.x cannot do (`device_model.OPTIONAL`)."""
    manual: bool = False
    """Nobody comes by habit: only what the server asks for happens, and who brings the cable for it comes."""
    car: str = ""
    """A provisioning certificate with its key (PEM): this car comes to the first station of 2.x (`cars.py`)."""


class Fleet:
    """`run(stop)` until `stop` is set."""

    def __init__(self, order: Order, plan: Plan) -> None:
        self.statistics = Statistics()
        self._order = order
        pace = Pace(order.connects_per_second)
        self._clients = [
            StationClient(station, plan, self.statistics, pace, named(order.quirks))
            for station in _stations(order, plan)
        ]

    @property
    def clients(self) -> list[StationClient]:
        """For who makes trouble on the way, or compares books at the end."""
        return self._clients

    async def run(self, stop: asyncio.Event) -> None:
        tasks = [client.start() for client in self._clients]
        waiter = asyncio.create_task(stop.wait())
        # A client ends by itself only through a fault of the emulator; that has to be seen at once.
        await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        for client in self._clients:
            client.stop()
        await self._drain(tasks)
        for client in self._clients:
            client.close_books()
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None:
                raise fault

    async def _drain(self, tasks: list[asyncio.Task[None]]) -> None:
        """Let the stations say what they still have to say, as long as the server answers."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._order.drain_seconds
        late, answered = set(tasks), -1
        while late and loop.time() < end and answered != self.statistics.answered:
            answered = self.statistics.answered
            _, late = await asyncio.wait(late, timeout=min(self._order.stalled_seconds, end - loop.time()))
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def troubles(self) -> list[tuple[str, int]]:
        """What went wrong, the most frequent first, and for how many stations."""
        return Counter(client.trouble for client in self._clients if client.trouble).most_common()

    def line(self) -> str:
        line = f"{self._order.count} stations, {self.statistics.line()}"
        trouble = next((client.trouble for client in self._clients if client.trouble and not client.online), "")
        return f"{line}; {trouble}" if trouble else line


def _stations(order: Order, plan: Plan) -> Iterator[ChargePointModel]:
    started, tokens = datetime.now(UTC), drivers(order.seed)
    car = ElectricCar(order.car) if order.car else None
    steady = order.count / order.rate * plan.speed if order.rate else None
    for number in range(1, order.count + 1):
        station = ChargePointModel(
            f"{order.prefix}{number:04d}",
            order.versions[(number - 1) % len(order.versions)],
            started=started,
            seed=order.seed,
            connectors=order.connectors,
            speed=plan.speed,
            steady=steady,
            tokens=tokens,
            keys=StationKeys(),
            password=plan.password,
            security_profile=order.security_profile,
            journal_lines=JOURNAL_LINES,
            manual=order.manual,
            slots=order.slots,
            without=frozenset(order.without),
        )
        if order.manual:
            station.summon_drivers()
        if car is not None and station.version != "1.6":
            station.security.contracts.adopt(car)
            car = None
        yield station
