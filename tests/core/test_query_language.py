"""The query language: what each operator means, what is refused, and that nothing else can happen."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from smartserver.core.errors import BadQuery
from smartserver.core.query import MAX_ENTRIES, MAX_LENGTH, Column, Query, display, parse
from tests.core import reference
from tests.core.strategies import COLUMNS, junk, queries, rows

ROW: dict[str, Any] = {
    "name": "Solar Éclair: A",
    "state": "online",
    "power": 120.0,
    "count": 3,
    "seen": "2026-06-21T12:00:00.000Z",
}


class Meaning(SimpleTestCase):
    def assert_filter(self, entry: str, *, matches: bool, row: dict[str, Any] = ROW) -> None:
        with self.subTest(entry=entry):
            self.assertIs(parse([f"filter:{entry}"], COLUMNS).matches(row), matches)

    def test_numbers_compare_by_value(self) -> None:
        for entry in ("power:<:120.5", "power:<=:120", "power:>:9", "power:>=:1.2e2", "power:==:120.0", "count:==:3"):
            self.assert_filter(entry, matches=True)
        for entry in ("power:<:120", "power:>:120", "power:<=:119.9", "power:>=:121", "power:==:12"):
            self.assert_filter(entry, matches=False)

    def test_times_compare_by_moment_whatever_their_zone(self) -> None:
        for entry in ("seen:==:2026-06-21T14:00:00+02:00", "seen:<:2026-06-21T12:00:01Z", "seen:>=:2026-06-21T12:00"):
            self.assert_filter(entry, matches=True)
        for entry in ("seen:>:2026-06-21T12:00:00Z", "seen:<:2026-06-21", "seen:==:2026-06-21T12:00:00+02:00"):
            self.assert_filter(entry, matches=False)

    def test_texts_compare_in_any_case(self) -> None:
        for entry in ("name:==:SOLAR ÉCLAIR: a", "name:=:éclair", "name:^:solar É", "state:==:ONLINE", "name:=:"):
            self.assert_filter(entry, matches=True)
        for entry in ("name:==:solar", "name:^:éclair", "name:=:lunar", "state:==:offline"):
            self.assert_filter(entry, matches=False)

    def test_contains_and_starts_with_search_what_is_shown(self) -> None:
        for entry in ("power:^:12", "power:=:0", "count:=:3", "seen:^:2026-06-21T12"):
            self.assert_filter(entry, matches=True)
        self.assert_filter("power:=:.0", matches=False)
        self.assertEqual([display(value) for value in (120.0, 0.5, 3, 1e300)], ["120", "0.5", "3", "1e+300"])

    def test_what_is_alike_comes_in_the_order_of_its_making_or_the_newest_first(self) -> None:
        entries = ["sort:state:>:abc"]
        for newest_first, order in ((False, [1, 2, 3]), (True, [3, 2, 1])):
            query = parse(entries, COLUMNS, newest_first=newest_first)
            self.assertEqual(sorted((1, 2, 3), key=lambda key: query.sort_key(key, ROW)), order)

    def test_a_value_may_hold_colons(self) -> None:
        self.assert_filter("name:=:éclair: a", matches=True)
        self.assert_filter("seen:=:12:00:00", matches=True)

    def test_a_row_without_a_value_never_matches(self) -> None:
        nothing = dict.fromkeys(ROW)
        for op in ("<", ">", "<=", ">=", "==", "=", "^"):
            self.assert_filter(f"power:{op}:0", matches=False, row=nothing)
        for op in ("==", "=", "^"):
            self.assert_filter(f"name:{op}:", matches=False, row=nothing)

    def test_all_filters_have_to_hold(self) -> None:
        self.assertTrue(parse(["filter:power:>:1", "filter:name:^:solar"], COLUMNS).matches(ROW))
        self.assertFalse(parse(["filter:power:>:1", "filter:name:^:lunar"], COLUMNS).matches(ROW))

    def test_a_search_looks_into_every_text_and_state_and_into_nothing_else(self) -> None:
        for text in ("éclair", "LAR É", "lin", "ir: a", ""):
            self.assertTrue(parse([f"search:{text}"], COLUMNS).matches(ROW), text)
        for text in ("120", "2026", "lunar", "online solar"):
            self.assertFalse(parse([f"search:{text}"], COLUMNS).matches(ROW), text)
        nowhere = dict.fromkeys(ROW)
        self.assertFalse(parse(["search:"], COLUMNS).matches(nowhere))

    def test_a_search_and_all_filters_have_to_hold(self) -> None:
        for entries, matches in ((["filter:power:>:1"], True), (["filter:power:>:1000"], False)):
            self.assertIs(parse(["search:solar", *entries], COLUMNS).matches(ROW), matches)

    def test_less_sorts_downwards_and_greater_upwards_with_unknown_values_last(self) -> None:
        table = {key: ROW | {"power": power} for key, power in enumerate([5.0, None, 7.0, 5.0, -1.0])}
        self.assertEqual(order(["sort:power:<"], table), [2, 0, 3, 4, 1])
        self.assertEqual(order(["sort:power:>:123"], table), [4, 0, 3, 2, 1])

    def test_texts_sort_in_any_case_in_both_directions(self) -> None:
        table = {key: ROW | {"name": name} for key, name in enumerate(["b", "A", "c", "B", None, "a"])}
        self.assertEqual(order(["sort:name:>"], table), [1, 5, 0, 3, 2, 4])
        self.assertEqual(order(["sort:name:<:abc"], table), [2, 0, 3, 1, 5, 4])

    def test_several_sorts_apply_in_order(self) -> None:
        table = {1: ROW | {"count": 1, "power": 1.0}, 2: ROW | {"count": 2, "power": 1.0}, 3: ROW | {"power": 0.0}}
        self.assertEqual(order(["sort:power:<", "sort:count:<"], table), [2, 1, 3])

    def test_columns_describe_themselves(self) -> None:
        self.assertEqual(COLUMNS[2].describe(), {"name": "power", "label": "Power", "kind": "number", "unit": "W"})
        self.assertEqual(Column("owner", "Owner", path="owner__username").orm, "owner__username")

    @given(queries(COLUMNS), st.lists(rows(), max_size=6))
    @settings(max_examples=150, deadline=None)
    def test_it_is_what_the_documentation_says(self, query: list[str], found: list[dict[str, Any]]) -> None:
        table = dict(enumerate(found))
        expected = [row[0] for row in reference.select(table, query, COLUMNS)]
        self.assertEqual(order(query, table), expected)


class Refusals(SimpleTestCase):
    def assert_refused(self, entries: object, says: str) -> None:
        with self.subTest(entries=entries), self.assertRaisesRegex(BadQuery, says) as caught:
            parse(entries, COLUMNS)
        self.assertEqual((caught.exception.code, caught.exception.status), ("bad_query", 400))

    def test_what_is_not_a_list_of_texts(self) -> None:
        for entries in (None, 7, "filter:name:=:a", b"bytes", {"filter": 1}):
            self.assert_refused(entries, "list of texts")
        bad: list[Any] = [None, 7, ["sort"], {}, "x" * (MAX_LENGTH + 1), "filter:name:=:\x00"]
        for entry in bad:
            self.assert_refused([entry], "text of at most 200")

    def test_more_than_it_may_hold(self) -> None:
        self.assertEqual(len(parse(["sort:name:<"] * MAX_ENTRIES, COLUMNS).sorts), 20)
        self.assert_refused(["sort:name:<"] * (MAX_ENTRIES + 1), "at most 20")
        self.assert_refused(["search:a", "search:b"], "at most one search")
        longest = "filter:name:=:"
        self.assertEqual(len(parse([longest.ljust(MAX_LENGTH, "a")], COLUMNS).filters), 1)

    def test_other_verbs_and_shapes(self) -> None:
        for entry in ("", "drop:name", "FILTER:name:=:a"):
            self.assert_refused([entry], "neither filter, sort nor search")
        for entry in ("filter", "filter:", "filter:name", "filter:name:="):
            self.assert_refused([entry], "filter:FIELD:OPERATOR:VALUE")
        for entry in ("sort", "sort:name", "sort:name:up", "sort:name:<:abc:more", "sort:name:"):
            self.assert_refused([entry], "sort:FIELD")

    def test_columns_that_are_not_listed(self) -> None:
        for name in ("password", "owner__password", "pk", "", "Name", "__class__"):
            self.assert_refused([f"filter:{name}:^:a"], "no column")
            self.assert_refused([f"sort:{name}:<"], "no column")

    def test_operators_that_do_not_exist_or_do_not_fit(self) -> None:
        for op in ("", "!=", "===", "contains", "<>"):
            self.assert_refused([f"filter:power:{op}:1"], "is not one of")
        for op in ("<", ">", "<=", ">="):
            self.assert_refused([f"filter:name:{op}:a"], "compares numbers and times")

    def test_values_that_do_not_fit(self) -> None:
        for text in ("", "abc", "nan", "inf", "-Infinity", "1e999", "0x10"):
            self.assert_refused([f"filter:power:>:{text}"], "not a number")
        for text in ("", "noon", "2026-13-01", "12:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            self.assert_refused([f"filter:seen:>:{text}"], "not a time")

    @given(junk())
    @settings(max_examples=150, deadline=None)
    def test_no_json_does_anything_else(self, entries: Any) -> None:
        parse_or_refuse(entries)

    @given(st.lists(st.text(max_size=40) | junk(), max_size=25))
    @settings(max_examples=150, deadline=None)
    def test_no_list_does_anything_else(self, entries: list[Any]) -> None:
        parse_or_refuse(entries)

    @given(
        st.builds(
            "{}:{}:{}:{}".format,
            st.sampled_from(("filter", "sort")),
            st.sampled_from([column.name for column in COLUMNS]),
            st.sampled_from(("<", ">", "<=", ">=", "==", "=", "^", "")),
            st.text(max_size=30) | st.datetimes().map(str) | st.floats().map(str) | st.integers().map(str),
        ),
        rows(),
    )
    @settings(max_examples=150, deadline=None)
    def test_what_is_accepted_can_be_applied_to_any_row(self, entry: str, row: dict[str, Any]) -> None:
        query = parse_or_refuse([entry])
        if query is not None:
            query.matches(row)
            query.q()
            self.assertEqual(query.sort_key(1, row)[-1], 1)
            self.assertEqual(query.source, (entry,))


def parse_or_refuse(entries: Any) -> Query | None:
    try:
        return parse(entries, COLUMNS)
    except BadQuery:
        return None


def order(entries: list[str], table: dict[int, dict[str, Any]]) -> list[int]:
    query = parse(entries, COLUMNS)
    matching = [key for key, row in table.items() if query.matches(row)]
    return sorted(matching, key=lambda key: query.sort_key(key, table[key]))
