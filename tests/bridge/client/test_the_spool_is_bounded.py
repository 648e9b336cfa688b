"""The spool's order, steps, and bounds."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.client.spool import FRESH_SECONDS, Bounds, Event, Spool, Step
from bridge.client.store import Store, StoreError, file_name
from tests.bridge.client.support import FakeClock

WIDE = Bounds(1000, 10**6, 10**6)


class SpoolTests(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = FakeClock()

    def spool(self, bounds: Bounds = WIDE) -> Spool:
        store = Store(None)
        self.addCleanup(store.close)
        return Spool(store, bounds, self.clock)

    def bodies(self, spool: Spool) -> list[str]:
        """All that wait, in their order; they are gone then."""
        found = []
        while event := spool.next_event():
            found.append(event.body)
            spool.done(event)
        return found

    def next(self, spool: Spool) -> Event:
        event = spool.next_event()
        assert event is not None
        return event

    def test_too_many(self) -> None:
        spool = self.spool(WIDE._replace(events=3))
        for number in range(5):
            spool.add(str(number), outlet="", charger="")
        self.assertEqual((spool.depth[0], dict(spool.lost)), (3, {"overflow": 2}))
        self.assertEqual(self.bodies(spool), ["2", "3", "4"])

    def test_too_large_together_and_the_newest_stays_whatever_its_size(self) -> None:
        spool = self.spool(WIDE._replace(bytes=100))
        for body in ("a" * 40, "b" * 40, "c" * 40):
            spool.add(body, outlet="", charger="")
        self.assertEqual(spool.depth, (2, 80))
        spool.witness(10, "s" * 30)
        self.assertEqual(spool.depth, (1, 70))
        spool.add("d" * 500, outlet="", charger="")
        self.assertEqual(self.bodies(spool), ["d" * 500])
        self.assertEqual((spool.depth, spool.lost["overflow"]), ((0, 0), 3))

    def test_too_old(self) -> None:
        spool = self.spool(WIDE._replace(age=60))
        spool.add("old", outlet="", charger="")
        self.clock.advance(50)
        spool.add("new", outlet="", charger="")
        self.clock.advance(11)
        self.assertEqual(spool.expire(), 1)
        self.assertEqual((self.bodies(spool), dict(spool.lost)), (["new"], {"expired": 1}))

    def test_a_clock_that_was_not_set_ages_nothing(self) -> None:
        """Chargers begin in 1970, and jump when they hear of the time."""
        self.clock = FakeClock(100.0)
        spool = self.spool(WIDE._replace(age=60))
        spool.add("before", outlet="", charger="")
        self.clock.advance(1_800_000_000)
        self.assertEqual(spool.expire(), 0)
        self.assertEqual(self.bodies(spool), ["before"])

    def test_a_state_that_is_still_taken_holds_up_no_other_event(self) -> None:
        spool = self.spool()
        spool.add("1", outlet="1", charger="")
        first = self.next(spool)
        spool.advance(first, Step.STATE, 7)
        spool.add("2", outlet="1", charger="")
        self.assertEqual(self.next(spool).body, "2")
        spool.witness(first.seq, "state")
        again = self.next(spool)
        self.assertEqual((again.body, again.state, again.session_id, again.step), ("1", "state", 7, Step.STATE))

    def wants_log(self, spool: Spool, body: str, outlet: str, session: int) -> None:
        spool.add(body, outlet=outlet, charger="")
        event = self.next(spool)
        spool.advance(event, Step.STATE, session)
        spool.advance(event, Step.LOG)

    def logs(self, spool: Spool) -> list[str]:
        found = []
        while event := spool.next_log():
            found.append(event.body)
            spool.done(event)
        self.assertEqual(spool.depth, (0, 0))
        return found

    def test_a_newer_log_of_the_same_session_replaces_one_that_waits(self) -> None:
        spool = self.spool()
        for body, outlet, session in (("1", "1", 5), ("2", "2", 5), ("3", "1", 6), ("4", "1", 5)):
            self.wants_log(spool, body, outlet, session)
        self.assertEqual(self.logs(spool), ["2", "3", "4"])

    def test_after_an_outage_only_the_newest_log_of_an_outlet_is_sent(self) -> None:
        """All of them would be the same lines: those of now."""
        spool = self.spool()
        for number in range(5):
            spool.add(str(number), outlet="1", charger="")
        self.clock.advance(FRESH_SECONDS + 1)
        for number in range(5):
            event = self.next(spool)
            spool.advance(event, Step.STATE, number)
            spool.advance(event, Step.LOG)
        self.wants_log(spool, "fresh", "1", 9)
        self.wants_log(spool, "also fresh", "1", 10)
        self.assertEqual(self.logs(spool), ["fresh", "also fresh"])

    def test_a_log_waits_its_time_and_lets_others_pass(self) -> None:
        spool = self.spool()
        for body in "12":
            spool.add(body, outlet=body, charger="")
            spool.advance(self.next(spool), Step.LOG, 1)
        first = spool.next_log()
        assert first is not None
        self.assertEqual(spool.attempted(first, 60), 1)
        second = spool.next_log()
        assert second is not None
        self.assertEqual(second.body, "2")
        self.clock.advance(61)
        again = spool.next_log()
        assert again is not None
        self.assertEqual((again.body, again.attempts), ("1", 1))

    def test_a_clock_that_is_set_back_keeps_no_log_waiting(self) -> None:
        spool = self.spool()
        self.wants_log(spool, "1", "1", 1)
        event = spool.next_log()
        assert event is not None
        spool.attempted(event, 60)
        self.assertIsNone(spool.next_log())
        self.clock.advance(-1e6)
        self.assertEqual(self.logs(spool), ["1"])

    @given(
        st.lists(st.tuples(st.sampled_from("adwx"), st.integers(0, 60)), max_size=40),
        st.integers(1, 6),
        st.integers(1, 200),
    )
    @settings(max_examples=40, deadline=None)
    def test_it_counts_right_whatever_happens(self, steps: list[tuple[str, int]], events: int, size: int) -> None:
        store = Store(None)
        spool = Spool(store, Bounds(events, size, 1e9), self.clock)
        for step, length in steps:
            event = spool.next_event()
            match step:
                case "a":
                    spool.add("é" * length, outlet="1", charger="C")
                case "d" if event:
                    spool.done(event)
                case "w":
                    spool.witness(10**6, "s" * length)
                case "x" if event:
                    spool.advance(event, Step(min(event.step + 1, 2)), 1)
            row = store.row("SELECT COUNT(*) AS count, COALESCE(SUM(size), 0) AS size FROM event")
            assert row is not None
            self.assertEqual(spool.depth, (row["count"], row["size"]))
            self.assertLessEqual(spool.depth[0], events)
            self.assertTrue(spool.depth[1] <= size or spool.depth[0] == 1)
        store.close()


class StoreTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "spool" / file_name("fe80::1", 3001)

    def opened(self) -> Store:
        store = Store(self.path)
        self.addCleanup(store.close)
        return store

    def test_what_was_there_is_there(self) -> None:
        store = Store(self.path)
        Spool(store, WIDE, FakeClock()).add("{}", outlet="1", charger="C")
        store.set_fact("charger", "C")
        store.close()
        store = self.opened()
        spool = Spool(store, WIDE, FakeClock())
        event = spool.next_event()
        assert event is not None
        self.assertEqual((event.body, event.outlet, event.is_witnessed, event.state), ("{}", "1", True, None))
        self.assertEqual(store.fact("charger"), "C")
        self.assertEqual(store.rows("PRAGMA synchronous")[0][0], 2)  # FULL
        self.assertEqual(store.rows("PRAGMA journal_mode")[0][0], "wal")

    def test_two_bridges_do_not_share_a_file(self) -> None:
        self.opened()
        with self.assertRaisesRegex(StoreError, "another bridge runs for this charger"):
            Store(self.path)

    def test_a_file_that_is_damaged_is_put_aside(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(b"no database at all" * 100)
        with self.assertLogs("bridge.client.store", "ERROR"):
            store = self.opened()
        self.assertEqual(store.fact("charger"), "")
        self.assertTrue(self.path.with_name(f"{self.path.name}.broken").exists())

    def test_a_file_of_another_version(self) -> None:
        store = Store(self.path)
        with store.change() as connection:
            connection.execute("PRAGMA user_version = 99")
        store.close()
        with self.assertRaisesRegex(StoreError, "another version of the bridge"):
            Store(self.path)

    def test_a_folder_that_cannot_be_made(self) -> None:
        self.path.parent.write_text("a file")
        with self.assertRaisesRegex(StoreError, "Choose another with --spool-dir"):
            Store(self.path)

    def test_a_change_that_fails_leaves_nothing(self) -> None:
        store = self.opened()
        with self.assertRaises(KeyError), store.change() as connection:
            connection.execute("INSERT INTO fact VALUES ('a', 'b')")
            raise KeyError
        self.assertEqual(store.fact("a"), "")
