"""A browser that does not read gets the newest values only, and is left when it is hopeless."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any
from unittest import mock

from django.test import SimpleTestCase, override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from smartserver.core.events import DEVICE_UPDATED, TOPIC_DEVICES, Published
from smartserver.core.live import Hub
from smartserver.core.metrics import BROWSERS
from smartserver.core.outbox import Hopeless
from smartserver.core.peers import Peers
from smartserver.core.topic import Delta
from smartserver.dashboard import live
from smartserver.dashboard.consumers import LIVE_PROTOCOL, SILENCE, BrowserSocket
from smartserver.dashboard.live import LiveSubscriptions
from smartserver.dashboard.plain import PlainSubscription
from tests.core.asgi import Peer
from tests.core.live_support import Things, changed, hub_of
from tests.core.reference import Page
from tests.core.strategies import junk
from tests.core.support import SetClockLoop, run_with_set_clock, settle, until
from tests.dashboard.support import SiteCase
from tests.devices.support import storing
from tests.waiting import eventually

SUBSCRIBE = json.dumps({"type": "subscribe", "topic": "things", "query": ["sort:power:<"]})


class Runtime:
    """As much of a runtime as a browser's socket needs."""

    stopping = False

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def start(self) -> None:
        pass


@override_settings(OPEN=True)
class ByHand(SimpleTestCase):
    """Browsers whose reading the test controls."""

    def run_test(self, test: Callable[[SetClockLoop, Things, Hub], Coroutine[Any, Any, None]]) -> None:
        async def with_hub(loop: SetClockLoop) -> None:
            things = Things()
            hub = hub_of(things)
            await hub.start()
            try:
                await test(loop, things, hub)
            finally:
                things.free()
                await hub.stop()

        run_with_set_clock(with_hub)

    def connect(self, hub: Hub, *protocols: str) -> tuple[Peer, asyncio.Task[None]]:
        peer = Peer(subprotocols=protocols)
        runtime: Any = Runtime(hub)
        browser = BrowserSocket(peer.scope, peer.receive, peer.send, runtime=runtime)
        return peer, asyncio.ensure_future(browser.run())

    def test_it_gets_each_row_once_with_its_newest_values_when_it_reads_again(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            for key in range(3):
                things[key] = key
            peer, task = self.connect(hub, LIVE_PROTOCOL)
            peer.say(SUBSCRIBE)
            await until(lambda: len(peer.heard) == 2)
            peer.stop_reading()
            reads = len(things.reads)
            for power in range(40):
                things[power % 3] = 100 + power
                hub.publish(changed(power % 3))
                if power % 10 == 9:
                    seen = len(things.reads)
                    await until(lambda seen=seen: len(things.reads) > seen)  # type: ignore[misc]
            await until(lambda: hub._timer is None and not hub._reading)
            self.assertGreaterEqual(len(things.reads) - reads, 4)
            peer.read_again()
            page = Page()
            await until(lambda: len(peer.heard) >= 4)
            await settle()
            # One message was on its way when it stopped reading, one holds all that came after it.
            self.assertEqual(len(peer.heard), 4)
            for frame in peer.heard[1:]:
                page.take(frame)
            self.assertEqual([row[2] for row in page.rows], [139, 138, 137])
            peer.go()
            await task
            self.assertEqual(hub.listeners, set())

        self.run_test(test)

    def test_a_page_that_asks_and_asks_without_reading_is_closed(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            peer, task = self.connect(hub, LIVE_PROTOCOL)
            await until(lambda: len(peer.heard) == 1)
            peer.stop_reading()
            for _ in range(live.MAX_MESSAGES + 5):
                peer.say('{"type":"ping"}')
            await settle()
            for _ in range(10):
                await asyncio.sleep(0.005)
            peer.read_again()
            await asyncio.wait_for(task, 5)
            self.assertEqual(peer.close, (1013, "too slow"))
            self.assertLessEqual(len(peer.heard), live.MAX_MESSAGES + 2)
            self.assertEqual(hub.listeners, set())

        self.run_test(test)

    def test_a_page_that_says_nothing_for_long_is_gone(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            with mock.patch("smartserver.core.clock.monotonic", loop.time):
                peer, task = self.connect(hub, LIVE_PROTOCOL)
                quiet, quiet_task = self.connect(hub)
                await until(lambda: bool(peer.heard))
                for _ in range(6):  # a page of ours pings
                    await loop.pass_time(SILENCE / 2)
                    peer.say('{"type":"ping"}')
                    await settle()
                self.assertFalse(task.done())
                for _ in range(6):
                    await loop.pass_time(SILENCE / 3 + 1)
                await asyncio.wait_for(task, 5)
            self.assertEqual(peer.close, (1013, "nothing heard for too long"))
            self.assertFalse(quiet_task.done(), "A plain client may listen in silence.")
            quiet.go()
            await quiet_task

        run_with_set_clock(lambda loop: self.with_devices(loop, test))

    async def with_devices(self, loop: SetClockLoop, test: Any) -> None:
        things = Things(TOPIC_DEVICES)
        hub = hub_of(things)
        await hub.start()
        await test(loop, things, hub)
        await hub.stop()

    def test_rows_that_cannot_be_read_are_an_error_and_can_be_asked_for_again(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            peer, task = self.connect(hub, LIVE_PROTOCOL)
            things.fault = OSError("disk")
            with self.assertLogs("smartserver.core.live", "ERROR"):
                peer.say(SUBSCRIBE)
                await until(lambda: len(peer.heard) == 2)
            error = json.loads(peer.heard[1])
            self.assertEqual((error["type"], error["code"], error["topic"]), ("error", "unavailable", "things"))
            things.fault = None
            things[1] = 5
            peer.say('{"type":"resync","topic":"things"}')
            await until(lambda: len(peer.heard) == 3)
            self.assertEqual(json.loads(peer.heard[2])["rows"], [[1, "thing 1", 5]])
            peer.go()
            await task

        self.run_test(test)

    def test_rows_that_nobody_wants_any_more_may_fail_without_a_word(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            peer, task = self.connect(hub, LIVE_PROTOCOL)
            things.hold()
            peer.say(SUBSCRIBE)
            await things.reading()
            peer.say('{"type":"unsubscribe","topic":"things"}')
            await settle()
            things.fault = OSError("disk")
            with self.assertLogs("smartserver.core.live", "ERROR"):
                things.free()
                await asyncio.to_thread(hub._reader.submit(lambda: None).result, 5)
            peer.say('{"type":"ping"}')
            await until(lambda: len(peer.heard) == 2)
            self.assertEqual(json.loads(peer.heard[1]), {"type": "pong"})
            peer.go()
            await task

        self.run_test(test)

    def test_changes_before_the_first_rows_are_part_of_these(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            plain = PlainSubscription(hub, lambda: None, limit=10, give_up=lambda: None)
            event = (DEVICE_UPDATED, {"key": 1, "message": "0001:1:{}"})
            plain.deliver(Delta(TOPIC_DEVICES, {1: None}, 0, (event,)))
            self.assertIsNone(plain.next_frame())

        self.run_test(test)

    def test_rows_of_a_plain_query_that_was_replaced_are_dropped(self) -> None:
        async def test(loop: SetClockLoop, devices: Things, hub: Hub) -> None:
            plain = PlainSubscription(hub, lambda: None, limit=10, give_up=lambda: None)
            devices.hold()
            for query in (["filter:country:==:AT"], ["filter:country:==:DE"]):
                plain.receive({"type": "FILT", "message": query})
            devices.free()
            await until(lambda: len(devices.reads) == 2)
            await asyncio.to_thread(hub._reader.submit(lambda: None).result, 5)
            await settle()
            self.assertEqual(plain.next_frame(), b'{"type":"INIT","message":[]}')
            self.assertIsNone(plain.next_frame())

        run_with_set_clock(lambda loop: self.with_devices(loop, test))

    def test_one_that_is_gone_during_the_handshake_was_never_there(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            before = BROWSERS._value.get()
            for protocols in ((), (LIVE_PROTOCOL,)):
                peer, task = self.connect(hub, *protocols)
                peer.fault = OSError("gone")
                with self.assertNoLogs("smartserver.core.sockets"):
                    await task
                self.assertEqual(hub.listeners, set())
            self.assertEqual(BROWSERS._value.get(), before)

        self.run_test(test)

    def test_a_change_of_a_topic_that_was_left_meanwhile_is_nothing(self) -> None:
        async def test(loop: SetClockLoop, things: Things, hub: Hub) -> None:
            page = LiveSubscriptions(hub, lambda: None, user=None)
            page.deliver(Delta("things", {}, 0, ()))
            self.assertIsNone(page.next_frame())

        self.run_test(test)

    @given(st.lists(junk() | st.dictionaries(st.sampled_from(("type", "topic", "query")), junk()), max_size=8))
    @settings(max_examples=100, deadline=None)
    def test_whatever_a_page_says_it_is_answered_or_hopeless(self, messages: list[Any]) -> None:
        hub = Hub([Things().topic], Peers(None))
        page = LiveSubscriptions(hub, lambda: None, user=None)
        plain = PlainSubscription(hub, lambda: None, limit=100, give_up=lambda: None)
        for message in messages:
            if not isinstance(message, dict):
                continue
            for conversation in (page, plain):
                try:
                    conversation.receive(message)
                except Hopeless:
                    self.fail("Eight answers are not too many.")
                self.assertIn(json.loads(conversation.next_frame() or b"{}")["type"], ("error", "pong", "INFO"))


class OverTheWire(SiteCase):
    """A plain browser that connects, never reads, and does not go."""

    def test_it_is_left_and_what_it_holds_is_freed(self) -> None:
        self.site.store(storing("0001:0001:{}"))
        host, port = self.site.address.split(":")
        with (
            override_settings(BROWSER_OUTBOX=5),
            mock.patch.multiple("smartserver.core.sockets", SEND_TIMEOUT=0.2, CLOSE_TIMEOUT=0.1),
            socket.socket() as line,
        ):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect((host, int(port)))
            line.sendall(
                f"GET /client/ HTTP/1.1\r\nHost: {self.site.address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            eventually(lambda: self.site.browsers == 1)
            (listener,) = self.site.runtime.hub.listeners
            eventually(lambda: getattr(listener, "_shown", None) is not None)
            key = next(iter(getattr(listener, "_shown")))  # noqa: B009
            events = [(DEVICE_UPDATED, {"key": key, "message": "x" * 100_000}) for _ in range(10)]
            with self.assertLogs("smartserver.core.sockets", "INFO") as logs:
                deadline = time.monotonic() + 10
                while self.site.browsers:
                    self.assertLess(time.monotonic(), deadline, "It is still there.")
                    self.site.runtime.hub.publish(Published({TOPIC_DEVICES: {key}}, events))
                    time.sleep(0.02)
            self.assertIn("A browser socket does not take its messages", "".join(logs.output))
            reader = self.live()
            self.assertEqual(reader.ask({"type": "ping"}), {"type": "pong"}, "The others go on.")
