"""A table in memory behind a real hub, and browsers that note what they get."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from smartserver.core.events import Published
from smartserver.core.live import Hub
from smartserver.core.peers import Peers
from smartserver.core.query import Column, Query
from smartserver.core.topic import Delta, Topic
from tests.core.support import WAIT

COLUMNS = (Column("name", "Name"), Column("power", "Power", "number", "W"))


class Things:
    """A topic whose rows stand in a dictionary. Reads can be counted, held up and made to fail."""

    def __init__(self, name: str = "things") -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.reads: list[Q] = []
        self.fault: Exception | None = None
        self.held = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self.topic = Topic(name, COLUMNS, self._load, lambda: len(self.rows))

    def __setitem__(self, key: int, power: float) -> None:
        self.rows[key] = {"name": f"thing {key}", "power": power}

    def _load(self, condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
        self.reads.append(condition)
        wanted = next((keys for name, keys in conditions(condition) if name == "pk__in"), None)
        found = [(key, dict(row)) for key, row in self.rows.items() if wanted is None or key in wanted]
        self.held.set()
        assert self._free.wait(WAIT)
        if self.fault is not None:
            raise self.fault
        return found

    @property
    def keys_read(self) -> list[set[int]]:
        """The keys of every read that was made for changes."""
        return [set(keys) for read in self.reads for name, keys in conditions(read) if name == "pk__in"]

    def hold(self) -> None:
        """Let reads take until `free`. What they return they found before."""
        self.held.clear()
        self._free.clear()

    def free(self) -> None:
        self._free.set()

    async def reading(self) -> None:
        assert await asyncio.to_thread(self.held.wait, WAIT)


def conditions(query: Q) -> list[tuple[str, Any]]:
    return [child for child in query.children if isinstance(child, tuple)]


class Browser:
    """A listener of the hub."""

    def __init__(self, *topics: str) -> None:
        self.topics = topics or ("things",)
        self.wanted = Query()
        self.got: list[Any] = []
        self._news = asyncio.Event()

    def query(self, topic: str) -> Query:
        return self.wanted

    def deliver(self, delta: Delta) -> None:
        self.note(delta)

    def resync(self) -> None:
        self.note("resync")

    def note(self, what: Any) -> None:
        self.got.append(what)
        self._news.set()

    async def hears(self, count: int = 1) -> list[Any]:
        """The first things that arrive, as soon as there are so many."""
        while len(self.got) < count:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), WAIT)
        return self.got

    def powers(self) -> list[dict[int, float | None]]:
        return [
            {key: row.values["power"] if row else None for key, row in delta.rows.items()}
            for delta in self.got
            if isinstance(delta, Delta)
        ]


def changed(*keys: int, topic: str = "things") -> Published:
    return Published({topic: set(keys)}, [])


def hub_of(*things: Things, peers: Peers | None = None, interval: float = 0.005) -> Hub:
    return Hub([each.topic for each in things], peers or Peers(None), interval=interval)
