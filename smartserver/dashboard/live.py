"""The live protocol of our own page: snapshots, then numbered changes (`docs/live-protocol.md`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import orjson
from django.conf import settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, BadQuery
from smartserver.core.live import Hub
from smartserver.core.outbox import PlainOutbox, TopicOutbox
from smartserver.core.query import Query, parse
from smartserver.core.topic import Delta, Snapshot, Topic

MAX_MESSAGES = 100
"""Answers and errors that may wait; a page that asks faster than it reads is hopeless."""

NO_MESSAGE = "A message is a JSON object with type subscribe, unsubscribe, resync or ping."


class LiveSubscriptions:
    """What one page watches. A `Listener` of the hub."""

    def __init__(self, hub: Hub, wake: Callable[[], None], *, user: str | None) -> None:
        self._hub = hub
        self._wake = wake
        self._user = user
        self._messages = PlainOutbox(MAX_MESSAGES)
        self._outboxes: dict[str, TopicOutbox] = {}
        self._queries: dict[str, Query] = {}
        self._watched: set[str] = set()
        self._values: dict[str, bytes] = {}

    @property
    def topics(self) -> Collection[str]:
        return self._outboxes.keys()

    def query(self, topic: str) -> Query:
        return self._queries[topic]

    def begin(self) -> None:
        topics = {
            name: {"columns": [column.describe() for column in topic.columns]}
            for name, topic in self._hub.topics.items()
        }
        self._say(
            {
                "type": "hello",
                "version": settings.VERSION,
                "time": clock.isoformat(clock.now()),
                "user": self._user,
                "read_only": self._user is None,
                "topics": topics,
                "summaries": list(self._hub.summaries.known),
            }
        )

    def end(self) -> None:
        """The page is gone."""
        for name in tuple(self._watched):
            self._unwatch(name)

    # -- from the page -----------------------------------------------------------------

    def receive(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        topic = message.get("topic")
        try:
            if kind == "ping":
                self._say({"type": "pong"})
            elif isinstance(topic, str) and topic in self._hub.summaries.known:
                self._receive_for_summary(kind, topic, message.get("query", []))
            elif kind == "subscribe":
                self._subscribe(self._topic(topic), message.get("query", []))
            elif kind == "resync":
                self._resync(self._topic(topic))
            elif kind == "unsubscribe":
                self._unsubscribe(self._topic(topic))
            else:
                raise BadInput(NO_MESSAGE)
        except BadInput as error:
            text = {"type": "error", "code": error.code, "message": str(error)}
            known = isinstance(topic, str) and (topic in self._hub.topics or topic in self._hub.summaries.known)
            self._say(text | ({"topic": topic} if known else {}))

    def _topic(self, name: Any) -> Topic:
        topic = self._hub.topics.get(name) if isinstance(name, str) else None
        if topic is None:
            raise BadInput("There is no such topic.")
        return topic

    def _subscribe(self, topic: Topic, entries: Any) -> None:
        query = parse(entries, topic.columns, newest_first=topic.newest_first)
        self._outboxes[topic.name] = TopicOutbox(topic.name, list(query.source))
        self._queries[topic.name] = query
        self._ask(topic)

    def _resync(self, topic: Topic) -> None:
        if topic.name not in self._outboxes:
            raise BadQuery("Subscribe to this topic first.")
        self._ask(topic)

    def _unsubscribe(self, topic: Topic) -> None:
        self._outboxes.pop(topic.name, None)
        self._queries.pop(topic.name, None)

    def _ask(self, topic: Topic) -> None:
        outbox = self._outboxes[topic.name]
        self._hub.snapshot(topic, self._queries[topic.name], partial(self._begin, outbox))

    def _begin(self, outbox: TopicOutbox, snapshot: Snapshot | None) -> None:
        if self._outboxes.get(outbox.name) is not outbox:
            return  # another query replaced this one meanwhile
        if snapshot is None:
            message = "The rows could not be read; try again."
            self._say({"type": "error", "code": "unavailable", "message": message, "topic": outbox.name})
            return
        outbox.begin(snapshot)
        self._wake()

    # -- summaries ---------------------------------------------------------------------

    def _receive_for_summary(self, kind: Any, name: str, query: Any) -> None:
        if kind == "subscribe" and query != []:
            raise BadQuery("A summary takes no query.")
        if kind == "resync" and name not in self._watched:
            raise BadQuery("Subscribe to this summary first.")
        if kind in ("subscribe", "resync"):
            self._watched.add(name)
            self._hub.summaries.watch(name, self._tell)
        elif kind == "unsubscribe":
            self._unwatch(name)
        else:
            raise BadInput(NO_MESSAGE)

    def _unwatch(self, name: str) -> None:
        self._watched.discard(name)
        self._values.pop(name, None)
        self._hub.summaries.unwatch(name, self._tell)

    def _tell(self, name: str, value: bytes) -> None:
        self._values[name] = value  # in the place of one that still waits
        self._wake()

    # -- from the hub ------------------------------------------------------------------

    def deliver(self, delta: Delta) -> None:
        outbox = self._outboxes.get(delta.topic)
        if outbox is not None:
            outbox.add(delta)
            self._wake()

    def resync(self) -> None:
        for name in self._outboxes:
            self._ask(self._hub.topics[name])

    # -- to the page -------------------------------------------------------------------

    def next_frame(self) -> bytes | None:
        if (message := self._messages.take()) is not None:
            return message
        if self._values:
            name = next(iter(self._values))
            value = orjson.Fragment(self._values.pop(name))
            return orjson.dumps({"type": "summary", "topic": name, "value": value})
        for outbox in self._outboxes.values():
            if (message := outbox.take()) is not None:
                return message
        return None

    def _say(self, message: dict[str, Any]) -> None:
        self.say(orjson.dumps(message))

    def say(self, text: bytes) -> None:
        """Queue a text for the page."""
        self._messages.add(text)
        self._wake()
