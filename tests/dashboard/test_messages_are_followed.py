"""The message log as a live table: nobody publishes its rows, and who watches sees them all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from unittest import mock

from django.db.models import Max
from django.test import override_settings

from smartserver.core import appended
from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows
from smartserver.core.query import parse
from smartserver.dashboard import exports
from stations import message_selectors
from stations.message_selectors import COLUMNS, TOPIC
from stations.models import Message
from stations.services import messages
from tests.dashboard.support import SiteCase
from tests.waiting import eventually

NAMES = [column.name for column in COLUMNS]
START = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def exchange(station: int, number: int = 1, **changed: Any) -> messages.Exchange:
    at = START + timedelta(seconds=number)
    values = messages.Exchange(
        station,
        "1.6",
        "in",
        "Heartbeat",
        f"m{number}",
        "{}",
        '{"a":"ü"}',
        "CALLRESULT",
        at,
        at + timedelta(seconds=0.0125),
    )
    return values._replace(**changed)


def shown(row: list[Any]) -> dict[str, Any]:
    return dict(zip(NAMES, row[1:], strict=True))


class MessagesAreFollowed(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = self.station("CP-1")
        self.other = self.station("CP-2")

    def log(self, *exchanges: messages.Exchange) -> None:
        def unit(batch: Batch) -> None:
            for each in exchanges:
                messages.record(batch, each, alive=False)

        self.site.store(unit)

    def ids(self, rows: list[list[Any]]) -> list[str]:
        return [shown(row)["message_id"] for row in rows]

    def test_new_ones_come_first_with_what_became_of_them(self) -> None:
        page = self.live()
        self.log(exchange(self.one))
        snapshot = page.subscribe("messages")
        self.assertEqual(
            [shown(row) for row in snapshot["rows"]],
            [
                {
                    "received_at": "2026-11-29T12:00:01.000Z",
                    "station": "CP-1",
                    "direction": "in",
                    "action": "Heartbeat",
                    "state": "answered",
                    "outcome": "CALLRESULT",
                    "duration_ms": 12,
                    "size": 12,
                    "version": "1.6",
                    "message_id": "m1",
                }
            ],
        )
        self.log(
            exchange(self.one, 2, outcome="TimedOut", answered_at=None),
            exchange(self.other, 3, outcome="FormationViolation", direction="out"),
        )
        rows = page.wait("messages", lambda rows: len(rows) == 3)
        self.assertEqual(self.ids(rows), ["m3", "m2", "m1"])
        self.assertEqual([shown(row)["state"] for row in rows], ["refused", "unanswered", "answered"])
        self.assertEqual([shown(row)["duration_ms"] for row in rows], [12, None, 12])
        self.assertEqual(page.pages["messages"].total, 3)

    def test_of_one_station_only_its_own_are_read(self) -> None:
        page = self.live()
        page.subscribe("messages", "filter:station:==:cp-1", "filter:state:==:answered")
        with mock.patch.object(message_selectors, "_rows", wraps=message_selectors._rows) as read:
            self.log(exchange(self.other, 1), exchange(self.one, 2), exchange(self.one, 3, outcome="TimedOut"))
            rows = page.wait("messages", lambda rows: bool(rows))
            self.assertEqual(self.ids(rows), ["m2"])
            found = [list(call.args[0]) for call in read.call_args_list]
        self.assertEqual([[message.message_id for message in each] for each in found], [["m2"]])

    def test_when_nobody_watches_nothing_is_asked_of_the_database(self) -> None:
        page = self.live()
        page.subscribe("messages")
        follower = self.site.runtime.hub._follower
        page.say({"type": "unsubscribe", "topic": "messages"})
        eventually(lambda: not follower._looking)
        self.log(exchange(self.one, 1))
        self.assertEqual(follower._tails, {})
        page.subscribe("messages")
        self.assertEqual(self.ids(page.pages["messages"].rows), ["m1"])
        self.log(exchange(self.one, 2))
        page.wait("messages", lambda rows: self.ids(rows) == ["m2", "m1"])

    def test_a_read_that_failed_costs_no_row(self) -> None:
        page = self.live()
        page.subscribe("messages")
        logged: list[str] = []

        def log_one() -> None:
            self.log(exchange(self.one, len(logged) + 1))
            logged.insert(0, f"m{len(logged) + 1}")

        broken = mock.patch.object(appended.Tail, "news", side_effect=RuntimeError("disk"))
        with broken as news, self.assertLogs(level="ERROR"):
            while not news.called:  # a read that was under way may have the first one
                log_one()
                page.wait("messages", lambda rows: self.ids(rows) == logged)
        log_one()
        page.wait("messages", lambda rows: self.ids(rows) == logged)

    def test_the_oldest_leave_when_there_are_too_many(self) -> None:
        page = self.live()
        page.subscribe("messages")
        self.log(*(exchange(self.one, number) for number in range(message_selectors.SHOWN + 20)))
        rows = page.wait("messages", lambda rows: len(rows) == message_selectors.SHOWN)
        self.assertEqual(shown(rows[0])["message_id"], f"m{message_selectors.SHOWN + 19}")
        self.assertEqual(shown(rows[-1])["message_id"], "m20")


class SearchesEnd(SiteCase):
    """The log is never read as a whole, whatever a query asks for."""

    def setUp(self) -> None:
        super().setUp()
        self.keys = [self.station(f"CP-{number}") for number in range(12)]
        rows = [exchange(self.keys[number % 12], number) for number in range(240)]
        insert_rows(Message, messages._FIELDS, rows)
        patched = mock.patch.object(message_selectors, "SEARCHED", 24)
        patched.start()
        self.addCleanup(patched.stop)

    def found(self, *query: str) -> list[str]:
        view = TOPIC.view(parse(list(query), COLUMNS, newest_first=True))
        return [str(row.values["message_id"]) for row in view.initial]

    def test_of_all_stations_the_newest_rows_are_searched(self) -> None:
        self.assertEqual(self.found(), [f"m{number}" for number in range(239, 215, -1)])
        self.assertEqual(self.found("filter:message_id:==:m3"), [])
        self.assertEqual(self.found("filter:duration_ms:>:100"), [])
        self.assertEqual(len(self.found("filter:duration_ms:<:100")), 24)

    def test_of_one_station_its_own_newest(self) -> None:
        self.assertEqual(self.found("filter:station:==:CP-3"), [f"m{number}" for number in range(231, 0, -12)])
        self.assertEqual(self.found("filter:station:==:cp-3", "search:m3"), ["m39", "m3"])
        self.assertEqual(self.found("filter:station:==:CP-3", "filter:message_id:==:m3"), ["m3"])
        self.assertEqual(self.found("filter:station:==:nobody"), [])

    def test_of_many_stations_the_newest_of_all(self) -> None:
        self.assertEqual(len(self.found("filter:station:^:CP")), 24)
        self.assertEqual(self.found("filter:station:=:CP-1", "filter:message_id:==:m3"), [])
        self.assertEqual(self.found("filter:station:^:CP-1", "filter:message_id:==:m13"), ["m13"])

    def test_how_many_there_are_is_not_counted(self) -> None:
        newest = Message.objects.aggregate(last=Max("pk"))["last"]
        Message.objects.filter(pk__lte=newest - 100).delete()
        self.assertEqual(TOPIC.count(), 100)
        Message.objects.all().delete()
        self.assertEqual(TOPIC.count(), 0)

    def test_a_file_has_what_the_table_has(self) -> None:
        query = parse([], COLUMNS, newest_first=True)
        self.assertEqual([row["message_id"] for row in exports._rows(TOPIC, query)], self.found())

    def pages(self, *query: str, before: int = 10**9) -> list[list[str]]:
        """The pages of the past, until there is no further one."""
        found: list[list[str]] = []
        following: int | None = before
        while following is not None:
            asked: dict[str, str | list[str]] = {"before": str(following), "q": list(query)}
            answer = self.client.get("/history/messages", asked)
            self.assertEqual(answer.status_code, 200)
            content = answer.json()
            self.assertTrue(content["next"] is None or content["next"] < following)
            following = content["next"]
            found.append([row[NAMES.index("message_id") + 1] for row in content["rows"]])
        return found

    def test_the_past_comes_in_pages_without_a_gap(self) -> None:
        everything = [f"m{number}" for number in range(239, -1, -1)]
        with mock.patch.object(message_selectors, "PAGE", 7):
            self.assertEqual(list(chain(*self.pages())), everything)
            own = self.pages("filter:station:==:cp-3")
            self.assertEqual(list(chain(*own)), [f"m{number}" for number in range(231, 0, -12)])
            some = self.pages("filter:station:^:CP-1", "search:m1")
            wanted = [number for number in range(239, -1, -1) if number % 12 in (1, 10, 11) and str(number)[0] == "1"]
            self.assertEqual(list(chain(*some)), [f"m{number}" for number in wanted])
            self.assertTrue(all(len(page) <= 7 for page in own))

    def test_a_search_without_success_goes_on_where_it_ended(self) -> None:
        pages = self.pages("filter:message_id:==:m3")
        self.assertEqual(list(chain(*pages)), ["m3"])
        self.assertEqual(len(pages), 240 // 24 + 1)
        self.assertEqual(self.pages("filter:station:==:nobody"), [[]])

    def test_a_bad_page_is_refused(self) -> None:
        bad: list[dict[str, str]] = [{}, {"before": "0"}, {"before": "x"}, {"before": "9" * 30}]
        for query in (*bad, {"before": "5", "q": "filter:reply:=:a"}):
            answer = self.client.get("/history/messages", query)
            self.assertEqual(answer.status_code, 400, query)
            self.assertTrue(answer.json()["message"].endswith("."))
        with override_settings(OPEN=False):
            self.assertEqual(self.client.get("/history/messages", {"before": 5}).status_code, 302)
