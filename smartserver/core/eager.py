"""Begin a coroutine at once, without a task; finish it in one only if it has to wait.

Sending a frame waits only while the peer's buffer is full. Waking a task for each frame costs more
than the frame itself, so frames are sent where they become ready, in a plain callback.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any


class Waiting:
    """What is left of a coroutine that was begun and has to wait. `await` it in a task to go on."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        # The future that the coroutine waits for has not been seen by any task yet: this one takes
        # it as if it had run the coroutine from the start.
        awaited = self._awaited
        step: Callable[[], Any]
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001  (a cancelled task cancels the coroutine)
                step = partial(self._coroutine.throw, error)
            else:
                step = partial(self._coroutine.send, sent)
            try:
                awaited = step()
            except StopIteration:
                return


def begin(coroutine: Coroutine[Any, Any, Any]) -> Waiting | None:
    """Run a coroutine until its end (None), or until it waits for the first time."""
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return Waiting(coroutine, awaited)
