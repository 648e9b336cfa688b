"""The plain browser protocol of SMART-OS: INFO, INIT, FILT, UPDT, about devices only.

For clients that ask for no subprotocol. UPDT carries what a device said; it is sent for rows that
match the client's query. The protocol has no word for a row that leaves or enters, so the client
gets INIT again when that happens, at most once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import devices.selectors
from devices import protocol
from smartserver.core.errors import BadQuery
from smartserver.core.events import DEVICE_UPDATED, TOPIC_DEVICES
from smartserver.core.live import Hub
from smartserver.core.outbox import Hopeless, PlainOutbox
from smartserver.core.query import Query, parse
from smartserver.core.topic import Delta, Snapshot

WELCOME = "Welcome to SMART-Server - SolMate Real-Time ObServer! - ClientConsumer: groups ['broadcast']"

INIT_INTERVAL = 1.0


class PlainSubscription:
    """What one plain client watches. A `Listener` of the hub."""

    def __init__(self, hub: Hub, wake: Callable[[], None], *, limit: int, give_up: Callable[[], None]) -> None:
        self._hub = hub
        self._wake = wake
        self._give_up = give_up
        self._messages = PlainOutbox(limit)
        self._query = Query()
        self._shown: set[int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def topics(self) -> Collection[str]:
        return (TOPIC_DEVICES,)

    def query(self, topic: str) -> Query:
        return self._query

    def begin(self) -> None:
        self._say(protocol.INFO, WELCOME)
        self._ask()

    def receive(self, message: dict[str, Any]) -> None:
        if message.get("type") != "FILT":
            self._say(protocol.INFO, 'ERROR: expected {"type":"FILT","message":["filter:FIELD:OP:VALUE", …]}')
            return
        try:
            self._query = parse(message.get("message"), devices.selectors.TOPIC.columns)
        except BadQuery as error:
            self._say(protocol.INFO, f"ERROR: {error}")
            return
        self._ask()

    def deliver(self, delta: Delta) -> None:
        if self._shown is None:
            return  # the first snapshot is still to come, and holds all this
        moved = False
        for key, row in delta.rows.items():
            matches = row is not None and self._query.matches(row.values)
            if matches != (key in self._shown):
                moved = True
                (self._shown.add if matches else self._shown.discard)(key)
        for kind, data in delta.events:
            if kind == DEVICE_UPDATED and data["key"] in self._shown:
                self._say("UPDT", data["message"])
        if moved and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(INIT_INTERVAL, self._ask)

    def resync(self) -> None:
        self._ask()

    def next_frame(self) -> bytes | None:
        return self._messages.take()

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        query = self._query

        def ready(snapshot: Snapshot | None) -> None:
            if query is not self._query:
                return  # another query replaced this one meanwhile
            if snapshot is None:
                self._say(protocol.INFO, "ERROR: The rows could not be read; send FILT to try again.")
                return
            rows = snapshot.view.initial
            self._shown = {row.key for row in rows}
            self._say("INIT", [protocol.plain_row(row.key, row.values) for row in rows])

        self._hub.snapshot(self._hub.topics[TOPIC_DEVICES], query, ready)

    def _say(self, kind: str, message: object) -> None:
        self.say(protocol.encode(kind, message).encode())

    def say(self, text: bytes) -> None:
        """Queue a text for the page."""
        try:
            self._messages.add(text)
        except Hopeless:
            self._give_up()
        self._wake()
