"""The demo fleet: two emulating programs as child processes, never more, and never longer than the server.

They end with the server in every case: it stops them when it stops, and should it be killed, they read the end of the
pipe that it holds (`--with-parent`).
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import IO, Literal

from django.conf import settings

from smartserver.core.errors import Conflict
from smartserver.core.runtime import Runtime

logger = logging.getLogger(__name__)

STATIONS = DEVICES = 12
PREFIX = "EMU"

STOP_SECONDS = 10.0
LOOK_EVERY = 1.0
MAX_ERROR = 300

State = Literal["off", "running", "failed"]


@dataclass(slots=True)
class _Child:
    kind: str
    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def last_words(self) -> str:
        """Why it ended, in a line."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        code = self.process.returncode
        text = f"the emulated {self.kind} ended with code {code}"
        return (f"{text}: {lines[-1]}" if lines else text)[:MAX_ERROR]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.errors.close()


class Fleet:
    """The one of this process. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: list[_Child] = []
        self.error = ""

    @property
    def state(self) -> State:
        with self._lock:
            self._look()
            return "running" if self._children else "failed" if self.error else "off"

    def start(self, address: str) -> None:
        """Start what does not run. `address`: host and port where this server listens."""
        with self._lock:
            self._look()
            if self._children:
                return
            self.error = ""
            try:
                for kind, arguments in commands(address).items():
                    self._children.append(_begin(kind, arguments))
            except OSError as error:
                self._end()
                raise Conflict(f"The demo fleet could not be started: {error.strerror}.") from None

    def stop(self) -> None:
        with self._lock:
            self.error = ""
            self._end()

    def look(self) -> None:
        """See whether all of it still runs."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        ended = next((child for child in self._children if child.process.poll() is not None), None)
        if ended is None:
            return
        self.error = ended.last_words()
        logger.warning("The demo fleet: %s.", self.error)
        self._end()  # half a fleet would be taken for a whole one

    def _end(self) -> None:
        children, self._children = self._children, []
        for child in children:
            child.process.terminate()
        for child in children:
            child.stop()


fleet = Fleet()


async def keep(runtime: Runtime) -> None:
    """Notice when the fleet ends by itself, and end it with the server."""
    try:
        while True:
            await asyncio.to_thread(fleet.look)
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await asyncio.to_thread(fleet.stop)


def commands(address: str) -> dict[str, list[str]]:
    """What is run: the arguments of `manage.py` for each kind."""
    path = settings.OCPP_PATHS[0]
    return {
        "stations": [
            *("emulate_stations", "--url", f"ws://{address}{path}", "--count", str(STATIONS), "--prefix", PREFIX),
            *("--version", "mixed", "--speed", "10", "--with-parent"),
        ],
        "devices": ["emulate_devices", "--url", f"ws://{address}/update/", "--count", str(DEVICES), "--with-parent"],
    }


def _begin(kind: str, arguments: list[str]) -> _Child:
    errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the child)
    try:
        process = subprocess.Popen(  # noqa: S603  (our own program, fixed arguments)
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            # A session of its own: Ctrl-C in the terminal reaches the server only, which stops it in order.
            start_new_session=True,
        )
    except OSError:
        errors.close()
        raise
    return _Child(kind, process, errors)
