"""Live = snapshot, then numbered changes: what a page holds is what a fresh snapshot would show."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from smartserver.core.outbox import TopicOutbox
from smartserver.core.query import Query, parse
from smartserver.core.topic import Delta, Snapshot
from smartserver.core.view import LiveRow, View
from tests.core import reference
from tests.core.strategies import COLUMNS, queries, rows

KEYS = st.integers(1, 6)
STEPS = st.one_of(
    st.tuples(st.just("change"), st.dictionaries(KEYS, st.none() | rows(), min_size=1, max_size=4)),
    st.tuples(st.just("read"), st.none()),
    st.tuples(st.just("resync"), st.none()),
)


class Table:
    """The table behind a topic, and one page that watches it through an outbox."""

    def __init__(self, query: list[str], found: dict[int, dict[str, Any]]) -> None:
        self.query = parse(query, COLUMNS)
        self.rows = found
        self.outbox = TopicOutbox("things", query)
        self.page = reference.Page()
        self.begin()

    def begin(self) -> None:
        live = [LiveRow.build(key, values) for key, values in self.rows.items()]
        self.outbox.begin(Snapshot("things", View(self.query, live), len(self.rows)))

    def change(self, changes: dict[int, dict[str, Any] | None]) -> None:
        delta: dict[int, LiveRow | None] = {}
        for key, values in changes.items():
            if values is None:
                self.rows.pop(key, None)
                delta[key] = None
            else:
                self.rows[key] = values
                delta[key] = LiveRow.build(key, values)
        self.outbox.add(Delta("things", delta, len(self.rows), ()))

    def read(self) -> None:
        while (frame := self.outbox.take()) is not None:
            self.page.take(frame)


class SnapshotPlusChanges(SimpleTestCase):
    @given(queries(COLUMNS), st.dictionaries(KEYS, rows(), max_size=6), st.lists(STEPS, max_size=8))
    @settings(max_examples=150, deadline=None)
    def test_they_equal_a_fresh_snapshot(
        self, query: list[str], found: dict[int, dict[str, Any]], steps: list[tuple[str, Any]]
    ) -> None:
        table = Table(query, found)
        for step, argument in steps:
            if step == "change":
                table.change(argument)
            elif step == "resync":
                table.begin()
            else:
                table.read()
                self.assertEqual(table.page.rows, reference.select(table.rows, query, COLUMNS))
                self.assertEqual(table.page.total, len(table.rows))
        table.read()
        self.assertEqual(table.page.rows, reference.select(table.rows, query, COLUMNS))
        self.assertEqual(table.page.total, len(table.rows))


class Coalescing(SimpleTestCase):
    def setUp(self) -> None:
        self.table = Table(["sort:power:>"], {key: row(key) for key in range(1, 4)})
        self.table.read()

    def test_a_slow_browser_gets_each_row_once_with_its_newest_values(self) -> None:
        for power in range(500):
            self.table.change({1: row(power), 2: row(power + 0.5)})
        frame = self.table.outbox.take()
        assert frame is not None
        ops = orjson.loads(frame)["ops"]
        self.assertEqual([op[2][0] for op in ops], [1, 2])
        self.assertEqual([op[2][3] for op in ops], [499, 499.5])
        self.assertIsNone(self.table.outbox.take())

    def test_rows_come_in_the_order_of_their_last_change(self) -> None:
        for key, power in ((1, 5), (2, 5), (1, 6)):
            self.table.change({key: row(power)})
        self.assertEqual([op[2][0] for op in self.ops()], [2, 1])

    def test_a_row_that_came_and_went_unseen_is_not_mentioned(self) -> None:
        self.table.change({9: row(9)})
        self.table.change({9: None})
        self.assertIsNone(self.table.outbox.take())

    def test_what_waited_when_a_snapshot_was_taken_is_part_of_it(self) -> None:
        self.table.change({1: row(77)})
        self.table.begin()
        self.table.read()
        self.assertEqual(self.table.page.seq, 0)
        self.assertEqual(self.table.page.rows[-1][0], 1)

    def test_before_the_first_snapshot_nothing_is_said(self) -> None:
        outbox = TopicOutbox("things", [])
        outbox.add(Delta("things", {1: LiveRow.build(1, row(1))}, 1, ()))
        self.assertIsNone(outbox.take())

    def test_the_size_of_the_table_is_kept_up_to_date_also_by_rows_that_do_not_match(self) -> None:
        table = Table(["filter:power:>:1000"], {})
        table.read()
        self.assertEqual(table.page.total, 0)
        table.change({1: row(1)})
        table.read()
        self.assertEqual((table.page.rows, table.page.total), ([], 1))
        table.change({1: row(2)})
        self.assertIsNone(table.outbox.take(), "The size is the same: nothing to say.")

    def test_a_change_says_where_the_row_was_and_where_it_is(self) -> None:
        self.table.change({1: row(2.5)})
        self.assertEqual(self.ops(), [[0, 1, [1, "n", "online", 2.5, 1, None]]])
        self.table.change({2: row(2)})
        self.assertEqual(self.ops(), [[0, 0, [2, "n", "online", 2, 1, None]]])
        self.table.change({4: row(0)})
        self.assertEqual(self.ops(), [[-1, 0, [4, "n", "online", 0, 1, None]]])
        self.table.change({3: None})
        self.assertEqual(self.ops(), [[3, -1, None]])

    def ops(self) -> Any:
        frame = self.table.outbox.take()
        assert frame is not None
        return orjson.loads(frame)["ops"]


class TheViewItself(SimpleTestCase):
    def test_it_counts_the_rows_that_match(self) -> None:
        view = View(parse(["filter:power:>:1"], COLUMNS), [LiveRow.build(key, row(key)) for key in (1, 2, 3)])
        self.assertEqual(len(view), 2)
        view.apply({2: None})
        self.assertEqual(len(view), 1)

    def test_a_row_is_encoded_once_for_all_browsers(self) -> None:
        live = LiveRow.build(7, row(1))
        first, second = View(Query(), []), View(Query(), [])
        encoded = [bytes(orjson.dumps(view.apply({7: live}))) for view in (first, second)]
        self.assertEqual(encoded[0], encoded[1])
        self.assertIn(live.encoded, encoded[0])


class TablesWithoutEnd(SimpleTestCase):
    """A view with a limit holds the newest rows of those that match, and so does what waits for a browser."""

    @given(queries(COLUMNS), st.lists(st.tuples(st.integers(1, 12), st.none() | rows()), max_size=30), st.data())
    @settings(max_examples=150, deadline=None)
    def test_it_holds_the_newest_that_match(
        self, query: list[str], steps: list[tuple[int, dict[str, Any] | None]], data: st.DataObject
    ) -> None:
        parsed = parse(query, COLUMNS)
        present: dict[int, dict[str, Any]] = {}
        view = View(parsed, [], limit=3)
        page = reference.Page()
        newest: set[int] = set()
        for key, values in steps:
            live = None if values is None else LiveRow.build(key, values)
            reference.operate(page.rows, orjson.loads(orjson.dumps(view.apply({key: live}))))
            newest.discard(key)
            if values is None:
                present.pop(key, None)
            else:
                present[key] = values
                newest |= {key} if parsed.matches(values) else set()
            newest = set(sorted(newest)[-3:])
            shown = {each: present[each] for each in newest}
            self.assertEqual(page.rows, reference.select(shown, query, COLUMNS))

    def test_a_snapshot_has_the_newest_in_the_order_of_the_query(self) -> None:
        found = [LiveRow.build(key, row(-key)) for key in range(1, 9)]
        view = View(parse(["sort:power:>"], COLUMNS), found, limit=3)
        self.assertEqual([each.key for each in view.initial], [8, 7, 6])

    def test_a_row_that_left_by_itself_is_not_taken_out_again(self) -> None:
        view = View(Query(), [LiveRow.build(key, row(key)) for key in (1, 2)], limit=2)
        view.apply({1: None})
        new: dict[int, LiveRow | None] = {key: LiveRow.build(key, row(key)) for key in (3, 4)}
        ops = [(old, place) for old, place, _ in view.apply(new)]
        self.assertEqual(ops, [(-1, 1), (-1, 2), (0, -1)])

    def test_rows_that_come_and_go_leave_nothing_behind(self) -> None:
        view = View(Query(), [], limit=2)
        for _ in range(50):
            view.apply({1: LiveRow.build(1, row(1))})
            view.apply({1: None})
        self.assertLessEqual(len(view._ages), 5)

    def test_a_browser_that_does_not_read_has_no_more_waiting_than_it_can_show(self) -> None:
        outbox = TopicOutbox("things", [])
        query = parse(["filter:power:<:100"], COLUMNS)
        page = reference.Page()
        outbox.begin(Snapshot("things", View(query, [LiveRow.build(1, row(1))], limit=3), 1))
        page.take(outbox.take() or b"")
        for key in range(2, 50):
            outbox.add(Delta("things", {key: LiveRow.build(key, row(key))}, key, ()))
        outbox.add(Delta("things", {50: LiveRow.build(50, row(100)), 49: LiveRow.build(49, row(100)), 1: None}, 50, ()))
        self.assertLessEqual(len(outbox._pending), 6)
        page.take(outbox.take() or b"")
        self.assertEqual([each[0] for each in page.rows], [46, 47, 48])
        self.assertEqual(page.total, 50)


def row(power: float) -> dict[str, Any]:
    return {"name": "n", "state": "online", "power": power, "count": 1, "seen": None}
