"""Summaries: told at once, then read again at most once a second, and only while somebody watches and rows change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any
from unittest import TestCase

from django.contrib.auth.models import User
from django.test import TestCase as DatabaseTestCase

from smartserver.core.events import Published
from smartserver.core.live import Hub
from smartserver.core.peers import Peers
from smartserver.core.query import Column
from smartserver.core.summaries import INTERVAL, Summary
from smartserver.core.tables import states_of
from smartserver.core.topic import Topic
from tests.core.live_support import Things, changed
from tests.core.support import SetClockLoop, run_with_set_clock, settle, until


class Watcher:
    """Somebody who notes what is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def __call__(self, name: str, value: bytes) -> None:
        self.told.append((name, json.loads(value)))

    @property
    def values(self) -> list[int]:
        return [value["rows"] for _, value in self.told]


class Scene:
    """A hub with one table and a summary of it: how many rows it has. The clock is the test's."""

    def __init__(self, loop: SetClockLoop) -> None:
        self.loop = loop
        self.things = Things()
        self.reads = 0
        self.fault: Exception | None = None
        summary = Summary("things.number", frozenset({"things", "others"}), self._load)
        self.peers = Peers(None)
        self.hub = Hub([self.things.topic], self.peers, summaries=[summary])

    def _load(self) -> dict[str, Any]:
        self.reads += 1
        found = len(self.things.rows)
        self.things.held.set()
        assert self.things._free.wait(10)
        if self.fault is not None:
            raise self.fault
        return {"rows": found}

    def watch(self, watcher: Watcher | None = None) -> Watcher:
        watcher = watcher or Watcher()
        self.hub.summaries.watch("things.number", watcher)
        return watcher

    async def change(self, topic: str = "things") -> None:
        self.things[len(self.things.rows)] = 0
        self.hub.publish(changed(1, topic=topic))
        await settle()
        await self.quiet()

    async def quiet(self) -> None:
        """Wait for what is being read."""
        await asyncio.to_thread(self.hub._reader.submit(lambda: None).result, 10)
        await settle()


def run(test: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def with_scene(loop: SetClockLoop) -> None:
        scene = Scene(loop)
        await scene.hub.start()
        try:
            await test(scene)
        finally:
            scene.things.free()
            await scene.hub.stop()

    run_with_set_clock(with_scene)


class Watching(TestCase):
    def test_who_begins_to_watch_is_told_at_once(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            self.assertEqual(watcher.told, [("things.number", {"rows": 0})])

        run(test)

    def test_changes_of_a_second_are_one_read(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            for _ in range(5):
                await scene.change()
            self.assertEqual((scene.reads, watcher.values), (1, [0]))
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual((scene.reads, watcher.values), (2, [0, 5]))

        run(test)

    def test_after_a_quiet_time_a_change_is_shown_without_waiting(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            await scene.loop.pass_time(60)
            await scene.change("others")
            await scene.loop.pass_time(0)
            await scene.quiet()
            self.assertEqual(watcher.values, [0, 1])

        run(test)

    def test_it_is_not_read_without_a_change_nor_for_rows_of_other_tables_nor_for_nobody(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            await scene.change("elsewhere")
            await scene.loop.pass_time(60)
            self.assertEqual(scene.reads, 1)
            scene.hub.summaries.unwatch("things.number", watcher)
            await scene.change()
            await scene.loop.pass_time(60)
            self.assertEqual(scene.reads, 1)

        run(test)

    def test_a_value_that_is_the_same_is_not_told_twice(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            scene.hub.publish(changed(1))
            await settle()
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual((scene.reads, watcher.values), (2, [0]))

        run(test)

    def test_changes_during_a_read_are_read_a_second_later(self) -> None:
        async def test(scene: Scene) -> None:
            scene.things.hold()
            watcher = scene.watch()
            await scene.things.reading()
            scene.things[1] = 0
            scene.hub.publish(changed(1))
            await settle()
            scene.things.free()
            await scene.quiet()
            self.assertEqual(watcher.values, [0])
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual(watcher.values, [0, 1])

        run(test)


class SeveralWatchers(TestCase):
    def test_one_read_serves_all_and_a_late_one_gets_what_is_known(self) -> None:
        async def test(scene: Scene) -> None:
            first, second = scene.watch(), scene.watch()
            await scene.quiet()
            late = scene.watch()
            self.assertEqual((first.values, second.values, late.values), ([0], [0], [0]))
            self.assertEqual(scene.reads, 1)

        run(test)

    def test_what_is_known_for_longer_is_read_again_for_a_late_one(self) -> None:
        async def test(scene: Scene) -> None:
            first = scene.watch()
            await scene.quiet()
            await scene.change()
            scene.loop._ahead += 2 * INTERVAL  # the timer's turn has not come yet
            late = scene.watch()
            await scene.quiet()
            await scene.loop.pass_time(0)
            await scene.quiet()
            self.assertEqual((first.values, late.values, scene.reads), ([0, 1], [1], 2))

        run(test)

    def test_who_asks_again_is_told_again_and_alone(self) -> None:
        async def test(scene: Scene) -> None:
            first, second = scene.watch(), scene.watch()
            await scene.quiet()
            scene.watch(second)
            self.assertEqual((first.values, second.values), ([0], [0, 0]))

        run(test)

    def test_one_that_leaves_disturbs_nobody_and_may_leave_twice(self) -> None:
        async def test(scene: Scene) -> None:
            first, second = scene.watch(), scene.watch()
            await scene.quiet()
            for _ in range(2):
                scene.hub.summaries.unwatch("things.number", second)
            await scene.change()
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual((first.values, second.values), ([0, 1], [0]))
            scene.hub.publish(changed(1))
            await settle()
            for _ in range(2):
                scene.hub.summaries.unwatch("things.number", first)
            await scene.loop.pass_time(60)
            self.assertEqual(scene.reads, 2)

        run(test)


class Trouble(TestCase):
    def test_what_could_not_be_read_is_tried_again_until_it_can(self) -> None:
        async def test(scene: Scene) -> None:
            scene.fault = OSError("disk")
            with self.assertLogs("smartserver.core.live", "ERROR"):
                watcher = scene.watch()
                await scene.quiet()
            self.assertEqual(watcher.told, [])
            scene.fault = None
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual(watcher.values, [0])

        run(test)

    def test_what_other_processes_changed_and_what_was_lost_on_the_way_is_read(self) -> None:
        async def test(scene: Scene) -> None:
            watcher = scene.watch()
            await scene.quiet()
            scene.things[1] = 0
            scene.hub._from_peer({"rows": {"things": [1]}, "events": []})
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            scene.things[2] = 0  # nobody was told
            scene.hub._resync_all()
            await scene.loop.pass_time(INTERVAL)
            await scene.quiet()
            self.assertEqual(watcher.values, [0, 1, 2])

        run(test)

    def test_before_its_start_and_after_its_end_nothing_is_read(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            scene = Scene(loop)
            scene.watch()
            scene.hub._take(Published({"things": {1}}, []))
            await scene.hub.start()
            scene.things.hold()
            watcher = scene.watch()
            await scene.things.reading()
            scene.hub.publish(changed(1))
            await settle()
            scene.things.free()
            await scene.hub.stop()
            await settle()
            await loop.pass_time(60)
            self.assertEqual((scene.reads, watcher.values), (1, [0]))

        run_with_set_clock(test)

    def test_a_timer_that_is_set_ends_with_the_hub(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            scene = Scene(loop)
            await scene.hub.start()
            scene.watch()
            await until(lambda: scene.reads == 1)
            await scene.quiet()
            scene.hub.publish(changed(1))
            await settle()
            await scene.hub.stop()
            await loop.pass_time(60)
            self.assertEqual(scene.reads, 1)

        run_with_set_clock(test)


class States(DatabaseTestCase):
    def test_rows_are_counted_by_state_in_one_query_and_states_without_rows_are_0(self) -> None:
        for name, first in (("a", "on"), ("b", "on"), ("c", "off")):
            User.objects.create_user(name, first_name=first)
        column = Column("state", "State", "state", path="first_name", options=("never", "on", "off"))
        topic = Topic("users", (column,), lambda condition: (), User.objects.count, follows=frozenset({"groups"}))
        summary = states_of(topic, column, lambda: User.objects.order_by("username"))
        self.assertEqual((summary.name, summary.topics), ("users.states", {"users", "groups"}))
        with self.assertNumQueries(1):
            value = summary.load()
        self.assertEqual(value, {"states": {"never": 0, "on": 2, "off": 1}})
        self.assertEqual(list(value["states"]), ["never", "on", "off"])
