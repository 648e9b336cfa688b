"""Changes that do not come from a socket: REST requests, forms, commands. They take the writer's way too.

So there is one thread that writes, and whatever changes is published after its commit.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

from smartserver.core.batch import Sink, Unit, run_batch
from smartserver.core.errors import Unavailable
from smartserver.core.events import Published
from smartserver.core.writer import Writer

T = TypeVar("T")

TIMEOUT = 30.0
"""Seconds that a request waits for its commit."""

_writer: Writer | None = None
_sinks: tuple[Sink, ...] = ()


def pour_into(*sinks: Sink) -> None:
    """Where a process without a running writer has its batches followed; called once, when apps are ready."""
    global _sinks
    _sinks = sinks


def use(writer: Writer) -> None:
    """This process has a running writer."""
    global _writer
    _writer = writer


def leave(writer: Writer) -> None:
    global _writer
    if _writer is writer:
        _writer = None


def store(unit: Unit[T]) -> T:
    """Run a unit and wait for its commit; its value, or its error. Not for the event loop's thread.

    A process without a running server (a management command, a test) runs the unit by itself; the servers
    notice its commands by looking for them.
    """
    writer = _writer
    if writer is None:
        (value, error) = run_batch([unit], _nobody, sinks=_sinks)[0]
    else:
        value, error = _through(writer, unit)
    if error is not None:
        raise error
    result: T = value
    return result


def _through(writer: Writer, unit: Unit[Any]) -> tuple[Any, BaseException | None]:
    outcome: list[tuple[Any, BaseException | None]] = []
    done = threading.Event()

    def finish(value: Any, error: BaseException | None) -> None:
        outcome.append((value, error))
        done.set()

    writer.submit(unit, finish, _Here())
    if not done.wait(TIMEOUT):
        raise Unavailable("The change could not be stored in time; it may still be.")
    return outcome[0]


class _Here:
    """Runs what the writer hands back at once, in the writer's thread: all it does is wake the waiting one."""

    def call_soon_threadsafe(self, function: Any, *arguments: Any) -> None:
        function(*arguments)


def _nobody(_: Published) -> None:
    pass
