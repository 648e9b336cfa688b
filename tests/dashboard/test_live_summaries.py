"""Summaries over real sockets: at once, then when something changed; for a slow page only the newest."""

from __future__ import annotations

import json
from typing import Any

from django.test import SimpleTestCase

from smartserver.core.live import Hub
from smartserver.core.peers import Peers
from smartserver.core.summaries import Summary
from smartserver.dashboard.live import LiveSubscriptions
from tests.dashboard.support import SiteCase
from tests.waiting import eventually

SUBSCRIBE = {"type": "subscribe", "topic": "stations.states"}


def states(**counts: int) -> dict[str, Any]:
    value = {"states": {"never": 0, "online": 0, "stale": 0, "offline": 0} | counts}
    return {"type": "summary", "topic": "stations.states", "value": value}


class Talk(SiteCase):
    def test_hello_lists_them(self) -> None:
        self.assertEqual(self.live().hello["summaries"], ["stations.states", "devices.states"])

    def test_the_value_comes_at_once_and_again_when_it_is_different(self) -> None:
        self.station("CP1", state="online")
        page = self.live()
        self.assertEqual(page.ask(SUBSCRIBE), states(online=1))
        self.station("CP1", state="offline")
        self.station("CP2")
        while (message := page.hear()) != states(offline=1, never=1):
            self.assertEqual(message["type"], "summary")

    def test_a_page_that_asks_again_is_told_again(self) -> None:
        page = self.live()
        for message in (SUBSCRIBE, SUBSCRIBE, SUBSCRIBE | {"type": "resync"}):
            self.assertEqual(page.ask(message), states())

    def test_after_unsubscribe_nothing_more_comes(self) -> None:
        page = self.live()
        page.ask(SUBSCRIBE)
        page.say(SUBSCRIBE | {"type": "unsubscribe"})
        self.assertEqual(page.ask({"type": "ping"}), {"type": "pong"})
        self.assertEqual(self.site.in_loop(lambda: dict(self.site.runtime.hub.summaries._watched)), {})
        error = page.ask(SUBSCRIBE | {"type": "resync"})
        self.assertEqual((error["code"], error["topic"]), ("bad_query", "stations.states"))

    def test_a_page_that_is_gone_is_told_nothing(self) -> None:
        page = self.live()
        page.ask(SUBSCRIBE)
        page.close()
        eventually(lambda: not self.site.in_loop(lambda: dict(self.site.runtime.hub.summaries._watched)))

    def test_a_query_and_other_messages_are_refused(self) -> None:
        page = self.live()
        error = page.ask(SUBSCRIBE | {"query": ["filter:state:==:online"]})
        self.assertEqual((error["code"], error["topic"]), ("bad_query", "stations.states"))
        error = page.ask(SUBSCRIBE | {"type": "load"})
        self.assertEqual((error["code"], error["topic"]), ("bad_input", "stations.states"))
        self.assertEqual(page.ask(SUBSCRIBE | {"topic": "stations.passwords"})["code"], "bad_input")
        self.assertEqual(page.ask({"type": "ping"}), {"type": "pong"})


class Slow(SimpleTestCase):
    def test_a_page_that_does_not_read_gets_the_newest_value_only(self) -> None:
        hub = Hub([], Peers(None), summaries=[Summary("number", frozenset(), dict)])
        page = LiveSubscriptions(hub, lambda: None, user=None)
        page.receive({"type": "subscribe", "topic": "number"})
        for number in range(1000):
            page._tell("number", json.dumps({"number": number}).encode())
        self.assertEqual(
            json.loads(page.next_frame() or b""), {"type": "summary", "topic": "number", "value": {"number": 999}}
        )
        self.assertIsNone(page.next_frame())
