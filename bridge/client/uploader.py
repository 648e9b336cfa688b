"""Logs beside events: behind the events, in a thread of their own, because an upload may take minutes."""

from __future__ import annotations

from pathlib import Path

from bridge import wire
from bridge.client.answers import MAX_LINE, told
from bridge.client.backoff import grown
from bridge.client.bodies import Body
from bridge.client.cms import Cms, Fate
from bridge.client.context import Context
from bridge.client.hardware import Hardware, HardwareError
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.spool import Event, Spool
from bridge.client.tail import newest_lines
from bridge.client.transport import TransportError

LOOK_SECONDS = 30.0
MAX_ATTEMPTS = 12
"""About an hour; the log says nothing of an event that is longer ago."""


class Uploader:
    """The task `uploader`. `folder` is for files that have no name."""

    def __init__(self, context: Context, link: Link, hardware: Hardware, cms: Cms, spool: Spool, folder: Path) -> None:
        self._context = context
        self._link = link
        self._hardware = hardware
        self._cms = cms
        self._spool = spool
        self._folder = folder

    def run(self) -> None:
        while not self._context.stop.is_set():
            if not self.step():
                self._context.wait(Task.UPLOADER, min(LOOK_SECONDS, self._context.options.retry_time))

    def step(self) -> bool:
        """Whether there was something to do."""
        if not self._link.is_open or not self._context.name:
            return False
        event = self._spool.next_log()
        if event is None:
            return False
        try:
            with self._log(event) as body:
                reply = self._cms.post_full_state(body)
        except HardwareError as error:
            self._failed(event, str(error), is_final=400 <= error.status < 500)
        except OSError as error:
            self._failed(event, f"no room for the log ({error.strerror or error})")
        except TransportError as error:
            self._failed(event, str(error))
        else:
            self._answered(event, reply.status, reply.fate, was_packed=body.is_packed)
        return True

    def _log(self, event: Event) -> Body:
        """The newest lines of the outlet's log as a body, on its way never whole in memory."""
        options = self._context.options
        path = f"/controllers/{event.outlet}/api/outlets/1/log/state/full"
        with (
            self._hardware.get(path, options.large_file_timeout) as response,
            newest_lines(
                response.chunks(),
                lines=options.max_event_state_log_lines,
                max_line=MAX_LINE,
                max_bytes=options.max_response_size,
                directory=self._folder,
            ) as tail,
        ):
            newest = told(self._context, path, tail)
            pieces = wire.write_full_state(event.charger or self._context.name, event.session_id, newest)
            return Body.written(pieces, compress=self._link.takes_gzip, folder=self._folder)

    def _answered(self, event: Event, status: int, fate: Fate, *, was_packed: bool) -> None:
        if fate is Fate.TAKEN:
            self._spool.done(event)
        elif status == 415 and was_packed:
            self._link.takes_gzip = False  # it is asked again at once, plain
        elif fate is Fate.LATER:
            self._failed(event, f"status {status}")
        else:
            self._failed(event, f"status {status}", is_final=True)

    def _failed(self, event: Event, reason: str, *, is_final: bool = False) -> None:
        if self._context.stop.is_set():
            return
        wait = grown(self._context.options.retry_time, event.attempts + 1)
        if is_final or self._spool.attempted(event, wait) >= MAX_ATTEMPTS:
            self._context.warn(Way.WITHIN, f"The log beside an event is given up: {reason}")
            self._spool.done(event)
        else:
            self._context.warn(Way.WITHIN, f"The log beside an event has to wait {wait:.0f} s: {reason}")
