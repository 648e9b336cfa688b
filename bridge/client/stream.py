"""The hardware's events: received at once, kept at once, whatever the CMS does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from functools import partial

from bridge.client.backoff import Backoff
from bridge.client.connection import Connection, Pulse, Socket
from bridge.client.context import Context
from bridge.client.events import EventError, read_event
from bridge.client.hardware import Hardware, HardwareError
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.spool import LOSS, Spool
from bridge.outlets import StateError, read_state

PING_SECONDS = 20.0
SILENCE_SECONDS = 35.0

WITNESS_SECONDS = 5.0


class EventStream:
    """The task `stream`."""

    def __init__(self, context: Context, link: Link, spool: Spool, backoff: Backoff | None = None) -> None:
        self._context = context
        self._link = link
        self._spool = spool
        self.connection = Connection(context, Task.STREAM, "Event stream", backoff)

    def run(self) -> None:
        self.connection.run(self._socket, self._serve)

    def _socket(self) -> Socket:
        count = partial(self._context.traffic.add, "hardware")
        return Socket(self._context.charger.websocket_url, {}, count, is_local=True)

    def _serve(self, socket: Socket) -> None:
        if self.connection.attempts > 1:
            self._context.bells.ring(Task.POLLER)  # nobody tells what happened meanwhile but the state
        pulse = Pulse(PING_SECONDS, SILENCE_SECONDS, time.monotonic())
        while not self._context.stop.is_set():
            came, frame = socket.receive(1.0)
            now = time.monotonic()
            if came:
                pulse.hears(now)
            if pulse.is_due(now):
                socket.ping()
            if frame is not None:
                self.take(frame)

    def take(self, frame: bytes) -> None:
        """One event, on the disk when this returns."""
        context = self._context
        try:
            event = read_event(frame)
        except EventError as error:
            self._spool.lose(LOSS.malformed)
            context.warn(Way.FROM_HARDWARE, f"An event is not understood: {error}")
            return
        context.last_event = context.clock.now()
        context.say(Way.FROM_HARDWARE, f"Event {event.kind or 'without type'}, outlet {event.outlet or 'none'}")
        if event.oddity:
            context.warn(Way.FROM_HARDWARE, f"It is passed on as it is: {event.oddity}")
        if not context.options.spool and not (self._link.is_open or self._link.is_pushing):
            self._spool.lose(LOSS.discarded)
            context.warn(Way.WITHIN, "The CMS is away, and there is no spool: the event is discarded")
            return
        try:
            self._spool.add(event.body, outlet=event.outlet, charger=context.name)
        except sqlite3.Error as error:
            self._spool.lose(LOSS.unstored)
            context.warn(Way.WITHIN, f"The event is lost, the spool cannot be written: {error}")
            return
        context.bells.ring(Task.WITNESS, Task.FORWARDER)


class Witness:
    """The task `witness`: takes the state beside events. One answer serves all events that came before it."""

    def __init__(
        self, context: Context, hardware: Hardware, spool: Spool, on_state: Callable[[str], None] | None = None
    ) -> None:
        self._context = context
        self._hardware = hardware
        self._spool = spool
        self._on_state = on_state

    def run(self) -> None:
        while not self._context.stop.is_set():
            if not self.look():
                self._context.wait(Task.WITNESS, 60.0)

    def look(self) -> bool:
        """Whether there was anything to do."""
        newest = self._spool.unwitnessed()
        if newest is None:
            return False
        state: str | None = None
        try:
            text = self._hardware.state(WITNESS_SECONDS)
            read_state(text)
            state = text
        except (HardwareError, StateError) as error:
            if self._context.stop.is_set():
                return False
            self._context.warn(Way.FROM_HARDWARE, f"No state beside the event: {error}")
        self._spool.witness(newest, state)
        if state is not None and self._on_state is not None:
            self._on_state(state)
        self._context.bells.ring(Task.FORWARDER)
        return True
