"""The message log: one row per exchange; every answered one also says that its station lives."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows, update_rows
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Message, State, Station

CALLRESULT = Message.Outcome.CALLRESULT.value
SEND = Message.Outcome.SEND.value
CALLRESULTERROR = Message.Outcome.CALLRESULTERROR.value
TIMED_OUT = Message.Outcome.TIMED_OUT.value
CONNECTION_LOST = Message.Outcome.CONNECTION_LOST.value
UNANSWERED = frozenset({TIMED_OUT, CONNECTION_LOST})

MAX_TEXT = 65_536
"""Characters of a request or reply that are kept; larger ones end in an ellipsis."""


class Exchange(NamedTuple):
    """The columns of a message, in the order in which they are inserted."""

    station_id: int
    ocpp_version: str
    direction: str
    action: str
    message_id: str
    request: str
    reply: str
    outcome: str
    received_at: datetime
    answered_at: datetime | None


_FIELDS = (
    "station",
    "ocpp_version",
    "direction",
    "action",
    "message_id",
    "request",
    "reply",
    "outcome",
    "received_at",
    "answered_at",
)


def shorten(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def record(batch: Batch, exchange: Exchange, *, alive: bool = True) -> None:
    """Log an exchange; the rows of a batch are inserted together.

    An exchange with an answer says that its station lives. Who logs many of one station says so
    now and then (`alive`): "last seen" is for people, the log has every moment.
    """
    batch.defer(_insert, exchange)
    if alive and exchange.answered_at is not None:
        batch.defer(_see, (exchange.station_id, exchange.answered_at))


def note_alive(batch: Batch, *, station_id: int) -> None:
    """A station gave a sign of life of which nothing else is kept."""
    batch.defer(_see, (station_id, batch.now))


def _insert(batch: Batch, exchanges: list[Exchange]) -> None:
    insert_rows(Message, _FIELDS, exchanges)


def _see(batch: Batch, seen: list[tuple[int, datetime]]) -> None:
    newest = dict(seen)
    online = State.ONLINE.value
    update_rows(Station, ("last_seen_at", "state"), ((moment, online, key) for key, moment in sorted(newest.items())))
    for key in newest:
        batch.changed(TOPIC_STATIONS, key)
