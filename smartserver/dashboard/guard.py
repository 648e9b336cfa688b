"""Who may go on watching is asked again every minute, and at once when an account changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from smartserver.core.events import HINT_ACCOUNTS
from smartserver.core.runtime import Runtime

_waiting: defaultdict[int | None, set[asyncio.Event]] = defaultdict(set)
"""Of the open sockets of this process, by the key of their user."""


async def listen(runtime: Runtime) -> None:
    """A task of the runtime: have sockets look at once when another process, or this one, tells of their account."""
    runtime.peers.on(HINT_ACCOUNTS, _wake)


def _wake(data: dict[str, Any]) -> None:
    for event in _waiting.get(data["user"], ()):
        event.set()


class Guard:
    """Of one open socket; use as a context manager in its event loop."""

    def __init__(self, user: int | None) -> None:
        self._user = user
        self._news = asyncio.Event()

    def __enter__(self) -> Guard:
        _waiting[self._user].add(self._news)
        return self

    def __exit__(self, *_: object) -> None:
        waiting = _waiting[self._user]
        waiting.discard(self._news)
        if not waiting:
            del _waiting[self._user]

    async def wait(self, seconds: float) -> None:
        """Until this user's account changes, at most so many seconds."""
        try:
            # Not wait_for: before Python 3.12 it may swallow a cancellation.
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()
