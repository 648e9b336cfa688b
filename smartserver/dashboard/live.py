"""The live protocol of our own page: snapshots, then numbered changes (`docs/live-protocol.md`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import orjson
from django.conf import settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, BadQuery
from smartserver.core.live import Delta, Hub, Snapshot, Topic
from smartserver.core.outbox import PlainOutbox, TopicOutbox
from smartserver.core.query import Query, parse

MAX_MESSAGES = 100
"""Answers and errors that may wait; a page that asks faster than it reads is hopeless."""


class LiveSubscriptions:
    """What one page watches. A `Listener` of the hub."""

    def __init__(self, hub: Hub, wake: Callable[[], None], *, user: str | None) -> None:
        self._hub = hub
        self._wake = wake
        self._user = user
        self._messages = PlainOutbox(MAX_MESSAGES)
        self._outboxes: dict[str, TopicOutbox] = {}
        self._queries: dict[str, Query] = {}

    @property
    def topics(self) -> Collection[str]:
        return self._outboxes.keys()

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
            }
        )

    # -- from the page -----------------------------------------------------------------

    def receive(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        topic = message.get("topic")
        try:
            if kind == "ping":
                self._say({"type": "pong"})
            elif kind == "subscribe":
                self._subscribe(self._topic(topic), message.get("query", []))
            elif kind == "resync":
                self._resync(self._topic(topic))
            elif kind == "unsubscribe":
                self._unsubscribe(self._topic(topic))
            else:
                raise BadInput("A message is a JSON object with type subscribe, unsubscribe, resync or ping.")
        except BadInput as error:
            text = {"type": "error", "code": error.code, "message": str(error)}
            known = isinstance(topic, str) and topic in self._hub.topics
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
