"""Time in the test's hand: a writer whose batches are put together on purpose, a loop whose clock is set."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from django.contrib.auth.models import Group

from smartserver.core.batch import Batch, Unit
from smartserver.core.events import DEVICE_ONLINE, Published
from smartserver.core.writer import Writer

T = TypeVar("T")

WAIT = 10.0
"""Seconds after which a test gives up."""

# -- the writer --------------------------------------------------------------------------------


class Gate:
    """A unit that holds the writer's thread until the test opens it: what is submitted meanwhile is the next batch."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, batch: Batch) -> str:
        self.entered.set()
        assert self._open.wait(WAIT)
        return "gate"

    def open(self) -> None:
        self._open.set()

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, WAIT)


class WatchedWriter(Writer):
    """A writer that sleeps only on paper, whose clock stands still, and that remembers what it published."""

    def __init__(self, *, timer: Callable[[], float] = lambda: 0.0, **options: Any) -> None:
        self.slept: list[float] = []
        self.published: list[Published] = []
        options.setdefault("publish", self.published.append)
        super().__init__(sleep=self.slept.append, timer=timer, **options)

    async def together(self, *units: Unit[Any]) -> list[Any]:
        """Have these units taken as one batch; for each its value or its error."""
        gate = Gate()
        held = asyncio.ensure_future(self.run(gate))
        await gate.reached()
        waiting = [asyncio.ensure_future(self.run(unit)) for unit in units]
        await until(lambda: self.waiting == len(units) + 1)
        gate.open()
        await held
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), WAIT)


def adding(name: str) -> Unit[str]:
    """A unit that stores a group and returns its name."""

    def unit(batch: Batch) -> str:
        Group.objects.create(name=name)
        batch.publish(DEVICE_ONLINE, {"device": name})
        return name

    return unit


def failing(error: BaseException, name: str = "never") -> Unit[str]:
    """A unit that stores something and then fails."""

    def unit(batch: Batch) -> str:
        Group.objects.create(name=name)
        batch.publish(DEVICE_ONLINE, {"device": name})
        batch.changed("groups", 1)
        raise error

    return unit


def deferring(name: str) -> Unit[str]:
    """A unit that leaves its row for the end of the batch."""

    def unit(batch: Batch) -> str:
        batch.defer(insert_groups, name)
        batch.publish(DEVICE_ONLINE, {"device": name})
        return name

    return unit


def insert_groups(batch: Batch, names: list[str]) -> None:
    Group.objects.bulk_create([Group(name=name) for name in names])


ROLES = ("viewer", "operator", "administrator")
"""Groups that are there from the start."""


def stored() -> list[str]:
    """The names of all groups in the order in which they were stored."""
    return list(Group.objects.exclude(name__in=ROLES).order_by("pk").values_list("name", flat=True))


def told(published: Iterable[Published]) -> list[str]:
    """The names that were published, in order."""
    return [data["device"] for each in published for _, data in each.events]


# -- loops -------------------------------------------------------------------------------------


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as something that happens elsewhere has happened."""
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        await asyncio.sleep(0.002)


class SetClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock moves ahead when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    async def pass_time(self, seconds: float) -> None:
        """Let the timers of so many seconds go off, and what they start settle."""
        self._ahead += seconds
        await settle()


async def settle() -> None:
    """Let everything run that can run without waiting for anything outside."""
    for _ in range(20):
        await asyncio.sleep(0)


def run_with_set_clock(test: Callable[[SetClockLoop], Coroutine[Any, Any, T]]) -> T:
    with asyncio.Runner(loop_factory=SetClockLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SetClockLoop)
        return runner.run(test(loop))
