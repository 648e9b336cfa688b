"""The hub: changes of a moment are read once, encoded once, in order, for whoever watches, or not at all."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any
from unittest import IsolatedAsyncioTestCase, TestCase, mock

from smartserver.core.events import DEVICE_UPDATED, Published
from smartserver.core.live import MOMENT, Hub
from smartserver.core.peers import Peers
from smartserver.core.query import Query, parse
from tests.core.live_support import COLUMNS, Browser, Things, changed, conditions, hub_of
from tests.core.support import WAIT, run_with_set_clock, settle, until


class HubCase(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.things = Things()
        self.others = Things("others")
        self.hub = hub_of(self.things, self.others)
        await self.hub.start()
        self.addAsyncCleanup(self.hub.stop)
        self.addCleanup(self.things.free)

    def watching(self, *topics: str) -> Browser:
        browser = Browser(*topics)
        self.hub.listeners.add(browser)
        return browser


class Changes(HubCase):
    async def test_the_changes_of_a_moment_are_one_read_with_the_newest_values(self) -> None:
        browser = self.watching()
        for power in range(50):
            self.things[power % 3] = power
            self.hub.publish(changed(power % 3))
        await browser.hears()
        self.assertEqual(self.things.keys_read, [{0, 1, 2}])
        self.assertEqual(browser.powers(), [{0: 48, 1: 49, 2: 47}])

    async def test_one_read_and_one_encoding_serve_all_browsers(self) -> None:
        browsers = [self.watching() for _ in range(5)]
        self.things[1] = 5
        self.hub.publish(changed(1))
        deltas = [(await browser.hears())[0] for browser in browsers]
        self.assertEqual(len(self.things.reads), 1)
        self.assertTrue(all(delta.rows[1] is deltas[0].rows[1] for delta in deltas))

    async def test_when_nobody_watches_nothing_is_read(self) -> None:
        elsewhere = self.watching("others")
        self.hub.publish(changed(1))
        self.hub.publish(changed(1, topic="others"))
        await elsewhere.hears()
        self.assertEqual(self.things.reads, [])
        self.assertEqual(len(self.others.reads), 1)
        self.hub.listeners.clear()
        self.hub.publish(changed(2, topic="others"))
        browser = self.watching()
        self.hub.publish(changed(1))
        await browser.hears()
        self.assertEqual(len(self.others.reads), 1)

    async def test_a_row_that_is_gone_is_said_to_be_gone(self) -> None:
        browser = self.watching()
        self.things[1] = 5
        self.hub.publish(changed(1, 2))
        delta = (await browser.hears())[0]
        self.assertEqual(browser.powers(), [{1: 5, 2: None}])
        self.assertEqual((delta.topic, delta.total), ("things", 1))

    async def test_a_topic_that_follows_another_is_read_with_its_keys_and_by_its_own_field(self) -> None:
        follower = Things("followers")
        topic = replace(follower.topic, key="owner", follows=frozenset({"things"}))
        hub = Hub([self.things.topic, topic], Peers(None), interval=0.005)
        await hub.start()
        self.addAsyncCleanup(hub.stop)
        browser = Browser("followers")
        hub.listeners.add(browser)
        hub.publish(Published({"things": {1, 2}, "followers": {2, 3}}))
        await browser.hears()
        self.assertEqual([conditions(read) for read in follower.reads], [[("owner__in", [1, 2, 3])]])
        self.assertEqual(self.things.reads, [], "Nobody watches those.")

    async def test_very_many_keys_are_read_in_parts(self) -> None:
        browser = self.watching()
        for key in range(5):
            self.things[key] = key
        with mock.patch("smartserver.core.live.MAX_KEYS", 2):
            self.hub.publish(changed(*range(5)))
            await browser.hears()
        self.assertEqual([len(keys) for keys in self.things.keys_read], [2, 2, 1])
        self.assertEqual(browser.powers(), [{key: key for key in range(5)}])

    async def test_changes_during_a_read_come_with_the_next_one(self) -> None:
        browser = self.watching()
        self.things[1] = 1
        self.things.hold()
        self.hub.publish(changed(1))
        await self.things.reading()
        self.things[1] = 2
        for _ in range(3):
            self.hub.publish(changed(1))
            await asyncio.sleep(0.01)
        self.assertEqual(len(self.things.reads), 1, "One read at a time.")
        self.things.free()
        await browser.hears(2)
        self.assertEqual(browser.powers(), [{1: 1}, {1: 2}])

    async def test_events_come_in_order_with_the_rows(self) -> None:
        browser = self.watching()
        events = [(DEVICE_UPDATED, {"key": 1, "message": f"{i}"}) for i in range(3)]
        for event in events:
            self.hub.publish(Published({"things": {1}}, [event]))
        delta = (await browser.hears())[0]
        self.assertEqual(list(delta.events), events)

    async def test_a_browser_that_leaves_while_changes_are_handed_out_disturbs_nobody(self) -> None:
        first, second = self.watching(), self.watching()
        for browser in (first, second):
            browser.note = lambda what, own=browser: self.leave(own)  # type: ignore[method-assign,misc]
        self.hub.publish(changed(1))
        await until(lambda: not self.hub.listeners)

    def leave(self, browser: Browser) -> None:
        self.hub.listeners.discard(browser)

    async def test_after_a_failed_read_everybody_asks_again_and_the_next_change_is_shown(self) -> None:
        browser, elsewhere = self.watching(), self.watching("others")
        self.things.fault = OSError("disk")
        with self.assertLogs("smartserver.core.live", "ERROR"):
            self.hub.publish(changed(1))
            await browser.hears()
        self.assertEqual((browser.got, elsewhere.got), (["resync"], ["resync"]))
        self.things.fault = None
        self.things[1] = 3
        self.hub.publish(changed(1))
        await browser.hears(2)
        self.assertEqual(browser.powers(), [{1: 3}])


class Snapshots(HubCase):
    async def test_it_holds_what_matches_in_order(self) -> None:
        for key, power in enumerate((5, 9, 7)):
            self.things[key] = power
        browser = Browser()
        query = parse(["filter:power:>:5", "sort:power:<"], COLUMNS)
        self.hub.snapshot(self.things.topic, query, browser.note)
        snapshot = (await browser.hears())[0]
        self.assertEqual([row.key for row in snapshot.view.initial], [1, 2])
        self.assertEqual((snapshot.topic, snapshot.total), ("things", 3))

    async def test_changes_handed_out_before_it_are_part_of_it_and_later_ones_follow(self) -> None:
        browser = self.watching()
        self.things[1] = 1
        self.things.hold()
        self.hub.publish(changed(1))
        await self.things.reading()
        self.hub.snapshot(self.things.topic, Query(), browser.note)
        self.things[1] = 2
        self.hub.publish(changed(1))
        self.things.free()
        before, snapshot, after = await browser.hears(3)
        self.assertEqual(before.rows[1].values["power"], 1)
        self.assertEqual(snapshot.view.initial[0].values["power"], 2)
        self.assertEqual(after.rows[1].values["power"], 2)

    async def test_one_that_cannot_be_read_is_none(self) -> None:
        self.things.fault = OSError("disk")
        browser = Browser()
        with self.assertLogs("smartserver.core.live", "ERROR"):
            self.hub.snapshot(self.things.topic, Query(), browser.note)
            self.assertEqual(await browser.hears(), [None])


class Life(TestCase):
    def test_changes_are_gathered_for_a_moment_and_no_longer(self) -> None:
        async def test(loop: Any) -> None:
            things, browser = Things(), Browser()
            hub = hub_of(things, interval=60)
            hub.listeners.add(browser)
            await hub.start()
            await loop.pass_time(100)
            hub.publish(changed(1))
            await settle()
            await loop.pass_time(MOMENT)
            await browser.hears()
            self.assertEqual(things.keys_read, [{1}], "After a silence nobody waits.")
            hub.publish(changed(2))
            await settle()
            await loop.pass_time(30)
            hub.publish(changed(3))
            await loop.pass_time(29)
            self.assertEqual(things.keys_read, [{1}])
            await loop.pass_time(2)
            await browser.hears(2)
            self.assertEqual(things.keys_read, [{1}, {2, 3}])
            await hub.stop()

        run_with_set_clock(test)

    def test_rows_that_change_all_the_time_are_read_less_often_when_that_costs_much(self) -> None:
        """Others are not: they would only come later, and not be read less often."""

        async def test(loop: Any) -> None:
            things, browser = Things(), Browser()
            hub = hub_of(things, interval=0.03)
            hub.listeners.add(browser)
            await hub.start()
            await loop.pass_time(100)
            for again, late in ((1, 0.03), (3, 0.1)):
                for _ in range(again):
                    hub.publish(changed(1))
                await settle()
                await loop.pass_time(MOMENT)
                await browser.hears()
                hub._read_seconds = 1.0
                hub.publish(changed(2))
                await settle()
                reads = len(things.keys_read)
                await loop.pass_time(late - MOMENT - 0.005)
                self.assertEqual(len(things.keys_read), reads, late)
                await loop.pass_time(0.02)
                await browser.hears(2)
                self.assertEqual(things.keys_read[reads:], [{2}])
                browser.got.clear()
                await loop.pass_time(100)
            await hub.stop()

        run_with_set_clock(test)

    def test_before_its_start_and_after_its_end_nothing_is_read(self) -> None:
        async def test(loop: Any) -> None:
            things, browser = Things(), Browser()
            hub = hub_of(things, interval=60)
            hub.listeners.add(browser)
            hub.publish(changed(1))
            hub.snapshot(things.topic, Query(), browser.note)
            await hub.start()
            hub.publish(changed(1))
            await settle()
            await hub.stop()
            hub._committed(changed(2))  # a commit that was on its way
            hub.publish(changed(3))
            hub.snapshot(things.topic, Query(), browser.note)
            await loop.pass_time(120)
            self.assertEqual((things.reads, browser.got), ([], []))

        run_with_set_clock(test)

    def test_a_read_that_ends_after_the_hub_starts_no_new_one(self) -> None:
        async def test() -> None:
            things, browser = Things(), Browser()
            hub = hub_of(things)
            hub.listeners.add(browser)
            await hub.start()
            things.hold()
            hub.publish(changed(1))
            await things.reading()
            hub.publish(changed(2))
            await settle()
            threading.Timer(0.02, things.free).start()
            await hub.stop()
            await browser.hears()
            await settle()
            self.assertEqual(things.keys_read, [{1}])

        asyncio.run(test())

    def test_an_event_loop_that_ended_is_no_error_for_writer_and_reader(self) -> None:
        things = Things()
        hub = Hub([things.topic], Peers(None))

        async def begin() -> None:
            await hub.start()
            things.hold()
            hub.snapshot(things.topic, Query(), lambda snapshot: self.fail("Nobody is left."))
            await things.reading()

        asyncio.run(begin())
        with self.assertNoLogs("smartserver.core.live", "INFO"):
            hub.publish(changed(1))
            things.free()
            hub._reader.submit(lambda: None).result(WAIT)
        asyncio.run(hub.stop())
