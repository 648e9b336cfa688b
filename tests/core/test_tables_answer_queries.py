"""The tables of stations, devices and alerts, read through the database: the same rows in the same order as by hand.

The database narrows a query down (`Query.q`), Python decides (`Query.matches`): what the database leaves
out can never come back, so it may leave out nothing that matches. Runs on PostgreSQL too (`test_on_postgresql`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model, Q
from django.test import TestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from hypothesis.strategies import SearchStrategy

import bridge.cms.charger_table
import bridge.cms.selectors
import devices.selectors
import stations.selectors
import stations.session_table
from bridge.cms.models import Alert, Charger
from devices.models import SolMate
from smartserver.core.query import parse
from smartserver.core.topic import Topic
from smartserver.core.view import View
from stations.models import EVSE, IdToken, Station, Transaction
from tests.core import reference
from tests.core.strategies import MOMENTS, NOON, NUMBERS, WORDS, queries

TEXTS = st.sampled_from(WORDS)
STATES = st.sampled_from(("never", "online", "stale", "offline"))

STATIONS: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "state": STATES,
        "status": TEXTS,
        "vendor": TEXTS,
        "model": TEXTS,
        "power_w": st.none() | st.sampled_from(NUMBERS),
        "session_energy_wh": st.none() | st.sampled_from(NUMBERS),
        "sessions": st.integers(0, 3),
        "last_seen_at": st.none() | st.sampled_from(MOMENTS),
    }
)

DEVICES: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "state": STATES,
        "country": TEXTS,
        "local_time": TEXTS,
        "power_inject": st.sampled_from(NUMBERS),
        "battery": st.sampled_from(NUMBERS),
        "pv_connectors": st.none() | st.integers(-3, 3),
        "owner_id": st.none() | st.sampled_from((1, 2)),
        "manufacturing_date": st.sampled_from(MOMENTS),
        "last_status_update": st.none() | st.sampled_from(MOMENTS),
    }
)

ALERTS: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "station_id": st.sampled_from((1, 2)),
        "outlet": st.integers(0, 2),
        "source": TEXTS,
        "message": TEXTS,
        "session": TEXTS,
        "raised_at": st.sampled_from(MOMENTS),
        "cleared_at": st.none() | st.sampled_from(MOMENTS),
    }
)

SESSIONS: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "station_id": st.sampled_from((1, 2)),
        "evse_id": st.none() | st.sampled_from((1, 2)),
        "id_token_id": st.none() | st.sampled_from((1, 2)),
        "active": st.booleans(),
        "charging_state": TEXTS,
        "energy_wh": st.none() | st.sampled_from(NUMBERS),
        "started_at": st.sampled_from(MOMENTS),
        "ended_at": st.none() | st.sampled_from(MOMENTS),
        "remark": TEXTS,
    }
)

CHARGERS: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "state": STATES,
        "status": TEXTS,
        "power_w": st.none() | st.sampled_from(NUMBERS),
        "bridge_version": TEXTS,
        "fed_at": st.none() | st.sampled_from(MOMENTS),
        "pushed_since": st.none() | st.sampled_from(MOMENTS),
        "alerts": st.integers(0, 2),
    }
)

OUTLETS = {1: 0.5, 2: None}

OWNERS = {1: "Kim", 2: "çelik"}

Changes = list[tuple[int, dict[str, Any] | None]]


def changes(rows: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Changes]:
    return st.lists(st.tuples(st.integers(1, 6), st.none() | rows), min_size=1, max_size=12)


# PostgreSQL takes its time for each of the many small tables; what Python decides is the same there.
QUICK = settings(
    max_examples=80 if connection.vendor == "sqlite" else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class TableCase(HypothesisTestCase):
    def check(
        self, topic: Topic, model: type[Model], name: str, entries: list[str], happens: Changes, read_at: int
    ) -> None:
        """A snapshot somewhere on the way, kept up to date with the changes after it, equals one at the end."""
        User.objects.bulk_create([User(pk=pk, username=name) for pk, name in OWNERS.items()])
        query = parse(entries, topic.columns)
        for key, values in happens[:read_at]:
            self.apply(model, name, key, values)
        view = View(query, topic.rows(query.q()))
        page = reference.Page()
        page.rows = [[row.key, *row.values.values()] for row in view.initial]
        self.assertEqual(page.rows, self.naive(topic, entries))
        for key, values in happens[read_at:]:
            self.apply(model, name, key, values)
            found = {row.key: row for row in topic.rows_of([key])}
            for old, new, _ in view.apply({key: found.get(key)}):
                if old >= 0:
                    del page.rows[old]
                if new >= 0:
                    page.rows.insert(new, [key, *found[key].values.values()])
            self.assertEqual(page.rows, self.naive(topic, entries))
        fresh = View(query, topic.rows(query.q()))
        self.assertEqual(page.rows, [[row.key, *row.values.values()] for row in fresh.initial])
        self.assertEqual(topic.count(), model._default_manager.count())

    def naive(self, topic: Topic, entries: list[str]) -> list[list[Any]]:
        return reference.select(dict(topic.load(Q())), entries, topic.columns)

    def apply(self, model: type[Model], name: str, key: int, values: dict[str, Any] | None) -> None:
        rows = model._default_manager.filter(pk=key)
        if values is None:
            rows.delete()
        elif not rows.update(**values):
            # Such names that sorting and searching them is not trivial.
            model._default_manager.create(pk=key, **{name: f"{'KkiIéß'[key - 1]} {key}"}, **values)


class TablesAnswerQueries(TableCase):
    @given(queries(stations.selectors.COLUMNS), changes(STATIONS), st.integers(0, 12))
    @QUICK
    def test_stations(self, query: list[str], happens: Changes, read_at: int) -> None:
        self.check(stations.selectors.TOPIC, Station, "identity", query, happens, read_at)

    @given(queries(devices.selectors.COLUMNS), changes(DEVICES), st.integers(0, 12))
    @QUICK
    def test_devices(self, query: list[str], happens: Changes, read_at: int) -> None:
        self.check(devices.selectors.TOPIC, SolMate, "serial_number", query, happens, read_at)


class AlertsAnswerQueries(TableCase):
    """Their station is another table's, and their state is not a column of any."""

    @given(queries(bridge.cms.selectors.COLUMNS), changes(ALERTS), st.integers(0, 12))
    @QUICK
    def test_alerts(self, query: list[str], happens: Changes, read_at: int) -> None:
        Station.objects.bulk_create([Station(pk=pk, identity=name) for pk, name in OWNERS.items()])
        self.check(bridge.cms.selectors.ALERTS, Alert, "meaning", query, happens, read_at)

    def apply(self, model: type[Model], name: str, key: int, values: dict[str, Any] | None) -> None:
        super().apply(model, name, key, values if values is None else {**values, "code": key})


class SessionsAnswerQueries(TableCase):
    """Station, outlet and token are other tables', state and power are columns of none."""

    @given(queries(stations.session_table.COLUMNS), changes(SESSIONS), st.integers(0, 12))
    @QUICK
    def test_sessions(self, query: list[str], happens: Changes, read_at: int) -> None:
        Station.objects.bulk_create([Station(pk=pk, identity=name) for pk, name in OWNERS.items()])
        EVSE.objects.bulk_create([EVSE(pk=pk, station_id=1, number=pk, power_w=power) for pk, power in OUTLETS.items()])
        IdToken.objects.bulk_create([IdToken(pk=pk, value=value) for pk, value in ((1, "KIOSK"), (2, "\u212a1"))])
        self.check(stations.session_table.TOPIC, Transaction, "reference", query, happens, read_at)


class ChargersAnswerQueries(TableCase):
    """Rows are known by the keys of their stations."""

    @given(queries(bridge.cms.charger_table.COLUMNS), changes(CHARGERS), st.integers(0, 12))
    @QUICK
    def test_chargers(self, query: list[str], happens: Changes, read_at: int) -> None:
        self.check(bridge.cms.charger_table.TOPIC, Charger, "", query, happens, read_at)

    def apply(self, model: type[Model], name: str, key: int, values: dict[str, Any] | None) -> None:
        Station.objects.filter(pk=key).delete()
        if values is None:
            return
        own = {field: values[field] for field in ("bridge_version", "fed_at", "pushed_since")}
        station = {field: values[field] for field in ("state", "status", "power_w")}
        Station.objects.create(pk=key, identity=f"{'KkiIéß'[key - 1]} {key}", **station)
        Charger.objects.create(pk=100 - key, station_id=key, **own)
        Alert.objects.bulk_create(
            [Alert(station_id=key, code=code, raised_at=NOON) for code in range(values["alerts"])]
        )


class RowsByTheirKeys(TestCase):
    """What is read for changes is what is read for a snapshot."""

    def check(self, topic: Topic, keys: list[int]) -> None:
        for wanted in ([], keys[:1], keys[:3], [*keys[:5], 10**6], keys):
            expected = {row.key: row.encoded for row in topic.rows(Q(pk__in=wanted))}
            self.assertEqual({row.key: row.encoded for row in topic.rows_of(wanted)}, expected)

    def test_stations(self) -> None:
        moment = datetime(2026, 6, 21, 12, 0, 0, 123_456, UTC)
        rows = [Station(identity=f"CP{n}", power_w=n / 3, last_seen_at=moment if n % 2 else None) for n in range(1100)]
        Station.objects.bulk_create(rows)
        self.check(stations.selectors.TOPIC, list(Station.objects.values_list("pk", flat=True)))

    def test_devices(self) -> None:
        owner = User.objects.create_user("Kim")
        for number in range(7):
            SolMate.objects.create(serial_number=f"{number}", battery=number, owner=owner if number % 2 else None)
        self.check(devices.selectors.TOPIC, list(SolMate.objects.values_list("pk", flat=True)))

    def test_they_cost_one_query_and_nothing_for_nobody(self) -> None:
        for keys, queries_made in ((range(0), 0), (range(1, 513), 1), (range(1, 514), 2)):
            with self.assertNumQueries(queries_made):
                self.assertEqual(stations.selectors.TOPIC.rows_of(keys), [])


class FoundByHypothesis(TestCase):
    """Queries for which the database once left out rows that match."""

    def test_a_whole_number_is_greater_than_a_negative_fraction(self) -> None:
        Station.objects.create(identity="A", sessions=0)
        SolMate.objects.create(serial_number="1", pv_connectors=-2)
        self.assert_found(stations.selectors.TOPIC, "filter:sessions:>:-0.5")
        self.assert_found(devices.selectors.TOPIC, "filter:pv_connectors:>:-2.5")
        self.assert_found(devices.selectors.TOPIC, "filter:pv_connectors:>=:-2.5")

    def test_times_are_compared_as_they_are_shown_in_milliseconds(self) -> None:
        Station.objects.create(identity="A", last_seen_at=datetime(2026, 6, 21, 12, 0, 0, 123_456, UTC))
        for entry in ("==:2026-06-21T12:00:00.123Z", "<=:2026-06-21T12:00:00.123Z", "<:2026-06-21T12:00:00.123100Z"):
            self.assert_found(stations.selectors.TOPIC, f"filter:last_seen_at:{entry}")

    def test_the_last_moment_of_the_calendar_can_be_asked_for(self) -> None:
        Station.objects.create(identity="A", last_seen_at=datetime(2026, 6, 21, tzinfo=UTC))
        self.assert_found(stations.selectors.TOPIC, "filter:last_seen_at:<=:9999-12-31T23:59:59.999999Z")
        self.assert_found(stations.selectors.TOPIC, "filter:last_seen_at:>=:0001-01-01T00:00:00Z")

    def test_letters_beyond_ascii_that_fold_to_ascii_are_found(self) -> None:
        Station.objects.create(identity="A", vendor="\u212aIOSK", model="DİN")
        self.assert_found(stations.selectors.TOPIC, "filter:vendor:^:kiosk")
        self.assert_found(stations.selectors.TOPIC, "filter:vendor:==:Kiosk")
        self.assert_found(stations.selectors.TOPIC, "filter:model:=:i")

    def test_wildcards_of_the_database_are_ordinary_letters(self) -> None:
        Station.objects.create(identity="A", vendor="100%_\\")
        Station.objects.create(identity="B", vendor="1000 a")
        for entry in ("=:100%", "^:100%_", "==:100%_\\", "=:\\"):
            self.assert_found(stations.selectors.TOPIC, f"filter:vendor:{entry}")

    def assert_found(self, topic: Topic, entry: str) -> None:
        """One row matches, and reading the table finds it."""
        with self.subTest(entry=entry):
            query = parse([entry], topic.columns)
            self.assertEqual(len([row for row in topic.rows(Q()) if query.matches(row.values)]), 1)
            self.assertEqual(len(View(query, topic.rows(query.q()))), 1)


class OnlyWhatIsAskedFor(TestCase):
    """The database does narrow down: a table of thousands is not read for a handful of rows."""

    searches: ClassVar = {
        "filter:identity:^:cp7": 1,
        "filter:identity:==:CP3": 1,
        "filter:power_w:>:7": 2,
        "filter:sessions:==:4": 1,
        "filter:state:==:online": 0,
        "filter:last_seen_at:<:2026-06-21T12:00:03.5Z": 4,
    }

    def test_rows_that_do_not_match_are_not_read(self) -> None:
        for i in range(10):
            moment = datetime(2026, 6, 21, 12, 0, i, tzinfo=UTC)
            Station.objects.create(identity=f"CP{i}", power_w=i, sessions=i, last_seen_at=moment)
        for entry, expected in self.searches.items():
            with self.subTest(entry=entry):
                query = parse([entry], stations.selectors.COLUMNS)
                self.assertEqual(len(list(stations.selectors.TOPIC.load(query.q()))), expected)
