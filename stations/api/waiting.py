"""Waiting for what becomes of a command, without letting those who wait take every thread of the process."""

from __future__ import annotations

import threading
import time

from django.conf import settings
from django.db import connection

from stations.models import Command

OPEN_STATES = frozenset({Command.State.QUEUED, Command.State.SENT})

FIRST_LOOK, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two looks: most stations answer at once, some after long."""

_lock = threading.Lock()
_waiting = 0


def wait_for(command: Command, seconds: float) -> Command:
    """The command as soon as it has ended, or as it is after `seconds` (at most API_MAX_WAIT).

    Returns at once when API_MAX_WAITERS requests of this process wait already.
    """
    if command.state not in OPEN_STATES or not _enter():
        return command
    try:
        return _look_until(command, time.monotonic() + min(seconds, settings.API_MAX_WAIT))
    finally:
        _leave()


def _look_until(command: Command, deadline: float) -> Command:
    pause = FIRST_LOOK
    while command.state in OPEN_STATES and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)
        found = Command.objects.select_related("station").filter(pk=command.pk).first()
        if found is None:  # its station was removed
            return command
        command = found
        if pause == LONGEST_PAUSE and not connection.in_atomic_block:
            connection.close()  # who waits for long needs no connection in between
    return command


def _enter() -> bool:
    global _waiting
    with _lock:
        if _waiting >= settings.API_MAX_WAITERS:
            return False
        _waiting += 1
        return True


def _leave() -> None:
    global _waiting
    with _lock:
        _waiting -= 1
