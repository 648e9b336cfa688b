"""Which requests an emulated charger has received."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any, NamedTuple

KEPT = 10_000
KEPT_BODY = 65_536
KEPT_PATHS = 1_000


class Received(NamedTuple):
    """`status` is what was answered, 0 where nothing was."""

    method: str
    path: str
    query: str
    body: bytes
    status: int


class Journal:
    """The newest requests, and how many there were of each. Any thread may read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: deque[Received] = deque(maxlen=KEPT)
        self._counts: Counter[tuple[str, str]] = Counter()
        self.total = 0

    def add(self, received: Received) -> None:
        with self._lock:
            self.total += 1
            self._newest.append(received._replace(body=received.body[:KEPT_BODY]))
            key = (received.method, received.path)
            if key in self._counts or len(self._counts) < KEPT_PATHS:
                self._counts[key] += 1

    def count(self, method: str, path: str) -> int:
        with self._lock:
            return self._counts[(method, path)]

    def newest(self) -> list[Received]:
        with self._lock:
            return list(self._newest)

    def shown(self) -> dict[str, Any]:
        with self._lock:
            return {
                "total": self.total,
                "counts": {f"{method} {path}": count for (method, path), count in sorted(self._counts.items())},
            }
