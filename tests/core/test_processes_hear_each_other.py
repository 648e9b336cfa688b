"""Peers: what one process changes, the browsers of another see; what is lost on the way is noticed."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from unittest import IsolatedAsyncioTestCase, mock

from channels_redis.pubsub import RedisPubSubChannelLayer

from smartserver.core.events import DEVICE_UPDATED, Published
from smartserver.core.live import PEER_KIND
from smartserver.core.peers import KIND_BEAT, QUEUE, Peers
from tests.core.live_support import Browser, Things, changed, hub_of
from tests.core.support import until
from tests.services import REDIS_URL, needs_redis


class Wire:
    """What connects the layers of several processes."""

    def __init__(self) -> None:
        self.channels: list[asyncio.Queue[Any]] = []


class Layer:
    """A channel layer of one process that can fail and lose messages."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._mine: asyncio.Queue[Any] | None = None
        self.broken: Exception | None = None
        self.joined = 0
        self.sent: list[dict[str, Any]] = []

    async def new_channel(self) -> str:
        if self.broken:
            raise self.broken
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        self._mine = asyncio.Queue()
        self._wire.channels.append(self._mine)
        self.joined += 1

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.broken:
            raise self.broken
        self.sent.append(message)
        for channel in self._wire.channels:
            channel.put_nowait(message)

    async def receive(self, channel: str) -> Any:
        assert self._mine is not None
        message = await self._mine.get()
        if isinstance(message, Exception):
            raise message
        return message

    def leave(self) -> None:
        """Hear nothing more, without noticing."""
        assert self._mine is not None
        self._wire.channels.remove(self._mine)

    def return_(self) -> None:
        assert self._mine is not None
        self._wire.channels.append(self._mine)

    def fail_to_receive(self) -> None:
        assert self._mine is not None
        self._wire.channels.remove(self._mine)
        self._mine.put_nowait(OSError("connection lost"))


class Process:
    """One process: its peers, what it heard, how often it had to read everything again."""

    def __init__(self, wire: Wire, *, beat: float = 3600) -> None:
        self.layer = Layer(wire)
        self.peers = Peers(self.layer, beat=beat)
        self.heard: list[Any] = []
        self.gaps = 0
        self.peers.on("note", lambda data: self.heard.append(data["n"]))
        self.peers.on_gap(self._gap)

    def _gap(self) -> None:
        self.gaps += 1

    def say(self, number: int) -> None:
        self.peers.send("note", {"n": number})


class PeersCase(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.wire = Wire()

    async def process(self, **options: Any) -> Process:
        made = Process(self.wire, **options)
        await made.peers.start()
        self.addAsyncCleanup(made.peers.stop)
        await until(lambda: made.layer.joined == 1)
        return made

    async def pair(self) -> tuple[Process, Process]:
        return await self.process(), await self.process()


class Hints(PeersCase):
    async def test_all_others_hear_them_in_order_and_the_sender_does_not(self) -> None:
        a, b = await self.pair()
        c = await self.process()
        for number in range(20):
            a.say(number)
        await until(lambda: len(b.heard) == len(c.heard) == 20)
        self.assertEqual((b.heard, c.heard, a.heard), (list(range(20)), list(range(20)), []))
        self.assertEqual((a.gaps, b.gaps, c.gaps), (0, 0, 0))

    async def test_all_who_asked_for_a_kind_hear_it(self) -> None:
        a, b = await self.pair()
        also: list[int] = []
        b.peers.on("note", lambda data: also.append(data["n"]))
        a.say(1)
        await until(lambda: len(also) == 1)
        b.peers.share("note", {"n": 2})
        self.assertEqual((b.heard, also), ([1, 2], [1, 2]))

    async def test_each_sender_counts_for_itself(self) -> None:
        a, b = await self.pair()
        c = await self.process()
        for number in range(5):
            a.say(number)
            b.say(number)
        await until(lambda: len(c.heard) == 10)
        self.assertEqual(c.gaps, 0)
        self.assertEqual([message["seq"] for message in a.layer.sent], [1, 2, 3, 4, 5])

    async def test_kinds_that_nobody_knows_are_let_pass(self) -> None:
        a, b = await self.pair()
        a.peers.send("news of a later version", {"n": 1})
        a.say(2)
        await until(lambda: b.heard == [2])
        self.assertEqual(b.gaps, 0)

    async def test_a_process_alone_sends_nothing(self) -> None:
        alone = Peers(None)
        await alone.start()
        alone.send("note", {})
        self.assertTrue(alone._queue.empty())
        await alone.stop()


class Lost(PeersCase):
    async def test_a_missing_number_is_noticed_with_the_next_message(self) -> None:
        a, b = await self.pair()
        a.say(1)
        await until(lambda: b.heard == [1])
        b.layer.leave()
        a.say(2)
        await until(lambda: len(a.layer.sent) == 2)
        b.layer.return_()
        with self.assertLogs("smartserver.core.peers", "WARNING") as logs:
            a.say(3)
            await until(lambda: b.heard == [1, 3])
        self.assertEqual(b.gaps, 1)
        self.assertIn("Missed 1 messages", logs.output[0])
        a.say(4)
        await until(lambda: b.heard == [1, 3, 4])
        self.assertEqual(b.gaps, 1, "Once is enough.")

    async def test_the_beat_tells_when_nothing_else_does(self) -> None:
        a, b = await self.process(beat=0.03), await self.process()
        await until(lambda: bool(a.layer.sent))
        b.layer.leave()
        a.say(1)
        await until(lambda: any(message["kind"] == "note" for message in a.layer.sent))
        b.layer.return_()
        with self.assertLogs("smartserver.core.peers", "WARNING"):
            await until(lambda: b.gaps == 1)
        self.assertEqual(b.heard, [])
        self.assertEqual(a.layer.sent[-1]["kind"], KIND_BEAT)

    async def test_what_was_said_before_one_listened_is_noticed_too(self) -> None:
        a = await self.process()
        a.say(1)
        await until(lambda: len(a.layer.sent) == 1)
        b = await self.process()
        a.say(2)
        await until(lambda: b.heard == [2])
        self.assertEqual(b.gaps, 1)

    async def test_a_message_that_the_layer_did_not_take_is_counted_and_noticed(self) -> None:
        a, b = await self.pair()
        a.say(1)
        await until(lambda: b.heard == [1])
        a.layer.broken = OSError("redis is away")
        with self.assertLogs("smartserver.core.peers", "WARNING") as logs, without_pauses():
            a.say(2)
            await until(lambda: a.peers.lost_hints == 1)
            a.layer.broken = None
            a.say(3)
            await until(lambda: b.heard == [1, 3])
        self.assertIn("could not be told", logs.output[0])
        self.assertEqual(b.gaps, 1)

    async def test_a_full_queue_loses_hints_and_never_blocks_or_grows(self) -> None:
        a = Process(self.wire)  # not started: nothing leaves
        for number in range(QUEUE + 7):
            a.say(number)
        self.assertEqual(a.peers.lost_hints, 7)
        b = await self.process()
        await a.peers.start()
        self.addAsyncCleanup(a.peers.stop)
        await until(lambda: len(b.heard) == QUEUE)
        with self.assertLogs("smartserver.core.peers", "WARNING") as logs:
            a.say(-1)
            await until(lambda: b.heard[-1] == -1)
        self.assertEqual(b.gaps, 1)
        self.assertIn("Missed 7 messages", logs.output[0])

    async def test_a_receiver_that_fails_reads_everything_again_and_joins_anew(self) -> None:
        a, b = await self.pair()
        a.say(1)
        await until(lambda: b.heard == [1])
        b.layer.broken = OSError("still away")
        with self.assertLogs("smartserver.core.peers", "WARNING"), without_pauses():
            b.layer.fail_to_receive()
            await until(lambda: b.gaps >= 2)
            b.layer.broken = None
            await until(lambda: b.layer.joined == 2)
        a.say(2)
        await until(lambda: b.heard == [1, 2])

    async def test_stopping_ends_everything_and_may_happen_twice(self) -> None:
        a, b = await self.pair()
        await b.peers.stop()
        await b.peers.stop()
        a.say(1)
        await until(lambda: len(a.layer.sent) == 1)
        self.assertEqual(b.heard, [])

    async def test_stopping_ends_also_when_the_layer_swallows_a_cancellation(self) -> None:
        a = await self.process()
        swallowed: list[None] = []

        async def send(group: str, message: Any) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed.append(None)
                if len(swallowed) > 1:
                    raise

        with mock.patch.object(a.layer, "group_send", send):
            a.say(1)
            await until(a.peers._queue.empty)
            a.say(2)  # what it turns to instead of ending
            await asyncio.wait_for(a.peers.stop(), 5)
        self.assertEqual(len(swallowed), 2)


class HubsOfTwoProcesses(PeersCase):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.things = Things()
        self.a, self.b = await self.pair()
        self.hub_a = hub_of(self.things, peers=self.a.peers)
        self.hub_b = hub_of(self.things, peers=self.b.peers)
        self.browser = Browser()
        self.hub_b.listeners.add(self.browser)
        for hub in (self.hub_a, self.hub_b):
            await hub.start()
            self.addAsyncCleanup(hub.stop)

    async def test_a_change_in_one_is_shown_in_the_other(self) -> None:
        self.things[1] = 5
        event = (DEVICE_UPDATED, {"key": 1, "message": "0001:1:{}"})
        self.hub_a.publish(Published({"things": {1}}, [event]))
        delta = (await self.browser.hears())[0]
        self.assertEqual(self.browser.powers(), [{1: 5}])
        self.assertEqual([tuple(each) for each in delta.events], [event])
        self.assertEqual(len(self.things.reads), 1, "Nobody watches in the first process.")

    async def test_changes_of_a_moment_are_one_message_with_keys_and_no_values(self) -> None:
        for key in range(10):
            self.things[key] = key
            self.hub_a.publish(changed(key))
        await self.browser.hears()
        (message,) = self.a.layer.sent
        self.assertEqual(message["kind"], PEER_KIND)
        self.assertNotIn("thing", message["data"].replace('"things"', ""))
        self.assertEqual(self.things.keys_read, [set(range(10))])

    async def test_what_was_heard_is_not_told_on(self) -> None:
        self.hub_a.publish(changed(1))
        await self.browser.hears()
        await asyncio.sleep(0.03)
        self.assertEqual(self.b.layer.sent, [])

    async def test_events_of_an_unknown_kind_are_dropped(self) -> None:
        self.a.peers.send(PEER_KIND, {"rows": {"things": [1]}, "events": [["a later version's", {}]]})
        delta = (await self.browser.hears())[0]
        self.assertEqual(list(delta.events), [])

    async def test_after_a_gap_every_browser_reads_again(self) -> None:
        self.hub_a.publish(changed(1))
        await self.browser.hears()
        self.browser.got.clear()
        self.a.peers._seq += 5
        with self.assertLogs("smartserver.core.peers", "WARNING"):
            self.hub_a.publish(changed(1))
            self.assertEqual((await self.browser.hears(2))[0], "resync")


@needs_redis
class OverRedis(IsolatedAsyncioTestCase):
    """The same with the real channel layer."""

    async def asyncSetUp(self) -> None:
        prefix = f"smartserver-test-{uuid.uuid4().hex}"
        self.layers = [RedisPubSubChannelLayer(hosts=[REDIS_URL], prefix=prefix) for _ in range(2)]
        self.a, self.b = (Peers(layer, beat=0.05) for layer in self.layers)
        self.heard: list[Any] = []
        self.gaps: list[None] = []
        self.b.on("note", lambda data: self.heard.append(data["n"]))
        self.b.on_gap(lambda: self.gaps.append(None))
        for peers, layer in zip((self.a, self.b), self.layers, strict=True):
            self.addAsyncCleanup(layer.flush)
            await peers.start()
            self.addAsyncCleanup(peers.stop)
        # The other has joined as soon as it hears the beats.
        await until(lambda: self.a.origin in self.b._seen)
        self.gaps.clear()

    async def test_messages_arrive_in_order_and_none_is_missing(self) -> None:
        for number in range(200):
            self.a.send("note", {"n": number})
        await until(lambda: len(self.heard) == 200)
        self.assertEqual(self.heard, list(range(200)))
        self.assertEqual(self.gaps, [])

    async def test_what_a_process_missed_it_notices_with_the_next_beat(self) -> None:
        self.a._seq += 3  # three messages that Redis lost
        with self.assertLogs("smartserver.core.peers", "WARNING"):
            await until(lambda: len(self.gaps) == 1)


def without_pauses() -> Any:
    sleep = asyncio.sleep

    async def at_once(seconds: float, *_: object) -> None:
        await sleep(0 if seconds < 3600 else seconds)

    return mock.patch("smartserver.core.peers.asyncio.sleep", at_once)
