"""Small objects about whole tables, kept up to date for whoever watches them: counts, sums, the newest few.

Nobody gets changes of a summary: its value is read again, at most once a second, while somebody watches it and rows
of its topics change, whichever process changed them. Who begins to watch is told at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import orjson

T = TypeVar("T")

INTERVAL = 1.0
"""Seconds from one read of a summary to the next."""

Tell = Callable[[str, bytes], None]
"""Called in the event loop with a summary's name and its value as JSON; must not block."""


@dataclass(frozen=True, slots=True)
class Summary:
    """`load` makes the value, a small object of plain values, in the reader's thread; `topics` are what it is about.

    The name is none of a topic's.
    """

    name: str
    topics: frozenset[str]
    load: Callable[[], dict[str, Any]]


class Read(Protocol):
    """Runs its first argument in the reader's thread, then its second with what that returned (None: it failed)."""

    def __call__(self, read: Callable[[], T], ready: Callable[[T | None], None]) -> None: ...


@dataclass(slots=True)
class _Watched:
    """A summary that somebody watches. `told`: what each watcher was told last."""

    summary: Summary
    told: dict[Tell, bytes | None] = field(default_factory=dict)
    value: bytes | None = None
    begun: float = 0.0
    reading: bool = False
    changed: bool = False
    timer: asyncio.TimerHandle | None = None


class Summaries:
    """The summaries of one process. All methods belong to the event loop."""

    def __init__(self, summaries: Iterable[Summary], read: Read, *, interval: float = INTERVAL) -> None:
        self.known = {summary.name: summary for summary in summaries}
        self._read = read
        self._interval = interval
        self._watched: dict[str, _Watched] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def stop(self) -> None:
        self._loop = None
        for watched in self._watched.values():
            _cancel(watched)

    def watch(self, name: str, tell: Tell) -> None:
        """Tell the present value, and each later one that differs. Who watches already is told again."""
        watched = self._watched.setdefault(name, _Watched(self.known[name]))
        watched.told[tell] = None
        if self._loop is None or watched.reading:
            return  # the value that is being read is for this watcher, too
        if watched.value is not None and self._age(self._loop, watched) < self._interval:
            self._hand_out(watched)
        else:
            self._begin(watched)

    def unwatch(self, name: str, tell: Tell) -> None:
        watched = self._watched.get(name)
        if watched is None:
            return
        watched.told.pop(tell, None)
        if not watched.told:  # its value may be out of date before the next one watches
            _cancel(watched)
            del self._watched[name]

    def changed(self, topics: Iterable[str]) -> None:
        """Rows of these topics changed."""
        names = frozenset(topics)
        for watched in self._watched.values():
            if not names.isdisjoint(watched.summary.topics):
                self._again(watched)

    def read_again(self) -> None:
        """What changed is not known."""
        for watched in self._watched.values():
            self._again(watched)

    def _again(self, watched: _Watched) -> None:
        watched.changed = True
        if self._loop is not None and not watched.reading and watched.timer is None:
            wait = self._interval - self._age(self._loop, watched)
            watched.timer = self._loop.call_later(max(wait, 0.0), self._begin, watched)

    def _age(self, loop: asyncio.AbstractEventLoop, watched: _Watched) -> float:
        return loop.time() - watched.begun

    def _begin(self, watched: _Watched) -> None:
        assert self._loop is not None
        _cancel(watched)
        watched.begun = self._loop.time()
        watched.reading = True
        watched.changed = False

        def ready(value: bytes | None) -> None:
            watched.reading = False
            if value is not None:
                watched.value = value
                self._hand_out(watched)
            if watched.told and (watched.changed or value is None):
                self._again(watched)  # what could not be read is tried until it can

        self._read(lambda: orjson.dumps(watched.summary.load()), ready)

    def _hand_out(self, watched: _Watched) -> None:
        assert watched.value is not None
        for tell, told in tuple(watched.told.items()):
            if told != watched.value:
                watched.told[tell] = watched.value
                tell(watched.summary.name, watched.value)


def _cancel(watched: _Watched) -> None:
    if watched.timer is not None:
        watched.timer.cancel()
        watched.timer = None
