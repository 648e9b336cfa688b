"""Threads that do not end before the bridge does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bridge.client.context import Context
from bridge.client.link import Task
from bridge.client.transport import Stopped

PAUSE_SECONDS = 5.0
"""After a fault of ours, before the task begins anew."""

logger = logging.getLogger("bridge")


class Runner:
    """One task: whatever goes wrong is logged and counted, and it begins anew."""

    def __init__(self, context: Context, task: Task, run: Callable[[], None]) -> None:
        self._context = context
        self._run = run
        self.task = task
        self.faults = 0
        self._thread = threading.Thread(target=self._always, name=f"{context.label} {task}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Whether it has ended."""
        if self._thread.ident is not None:  # it has begun
            self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _always(self) -> None:
        stop = self._context.stop
        while not stop.is_set():
            try:
                self._run()
            except Stopped:
                continue
            except Exception:  # a task that is gone would be a promise broken in silence
                if stop.is_set():
                    return
                self.faults += 1
                fields = {"fields": {"charger": self._context.label, "task": self.task.value, "faults": self.faults}}
                logger.exception("The task %s failed; it begins anew in %.0f s", self.task, PAUSE_SECONDS, extra=fields)
                self._context.clock.wait(PAUSE_SECONDS, stop)
