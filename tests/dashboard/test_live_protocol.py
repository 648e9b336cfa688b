"""The live protocol over real sockets, message by message as `docs/live-protocol.md` has it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from websocket import ABNF

import devices.selectors
import stations.selectors
from stations.models import Station
from tests.core import reference
from tests.core.reference import Page
from tests.dashboard.support import LiveClient, SiteCase
from tests.devices.support import storing


class Talk(SiteCase):
    def test_hello_says_who_when_and_which_columns(self) -> None:
        hello = self.live().hello
        self.assertEqual(hello["type"], "hello")
        self.assertEqual(hello["version"], settings.VERSION)
        self.assertRegex(hello["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(list(hello["topics"]), ["stations", "devices", "messages"])
        power = {"name": "power_w", "label": "Power", "kind": "number", "unit": "W"}
        self.assertIn(power, hello["topics"]["stations"]["columns"])
        self.assertEqual(hello["topics"]["devices"]["columns"][0]["name"], "serial_number")
        self.assertNotIn("path", hello["topics"]["devices"]["columns"][0], "Names of the database stay inside.")

    def test_ping_is_answered(self) -> None:
        self.assertEqual(self.live().ask({"type": "ping"}), {"type": "pong"})

    def test_a_snapshot_holds_every_matching_row_in_order(self) -> None:
        for i in range(5):
            self.station(f"CP{i}", power_w=float(i))
        page = self.live()
        snapshot = page.subscribe("stations", "filter:power_w:>:1", "sort:power_w:<:123")
        self.assertEqual((snapshot["type"], snapshot["seq"], snapshot["total"]), ("snapshot", 0, 5))
        self.assertEqual(snapshot["query"], ["filter:power_w:>:1", "sort:power_w:<:123"])
        self.assertEqual([row[1] for row in snapshot["rows"]], ["CP4", "CP3", "CP2"])
        self.assertEqual(len(snapshot["rows"][0]), 1 + len(page.hello["topics"]["stations"]["columns"]))

    def test_then_changes_keep_the_page_as_a_fresh_snapshot_would_be(self) -> None:
        query = ("filter:power_w:>:1", "sort:power_w:<")
        for i in range(5):
            self.station(f"CP{i}", power_w=float(i))
        page = self.live()
        page.subscribe("stations", *query)
        self.station("CP0", power_w=3.5)
        self.station("CP4", power_w=0.0)
        self.station("CP9", power_w=9.0)
        self.remove("CP2")
        self.station("last", power_w=100.0)
        rows = page.wait("stations", lambda rows: bool(rows) and rows[0][1] == "last")
        expected = reference.select(dict(stations.selectors.TOPIC.load(Q())), query, stations.selectors.COLUMNS)
        self.assertEqual(rows, expected)
        self.assertEqual([row[1] for row in rows], ["last", "CP9", "CP0", "CP3"])
        self.assertEqual(page.pages["stations"].total, 6)

    def test_both_topics_live_beside_each_other(self) -> None:
        page = self.live()
        page.subscribe("stations")
        page.subscribe("devices", "sort:serial_number:>")
        self.station("CP1")
        self.site.store(storing('0001:0001:{"power_inject": 12.5}'))
        page.wait("stations", lambda rows: len(rows) == 1)
        rows = page.wait("devices", lambda rows: len(rows) == 1)
        names = [column["name"] for column in page.hello["topics"]["devices"]["columns"]]
        self.assertEqual(dict(zip(names, rows[0][1:], strict=True))["power_inject"], 12.5)

    def test_two_pages_see_what_each_asked_for(self) -> None:
        high, low = self.live(), self.live()
        high.subscribe("stations", "filter:power_w:>:10")
        low.subscribe("stations", "filter:power_w:<=:10")
        self.station("CP1", power_w=5.0)
        low.wait("stations", lambda rows: len(rows) == 1)
        self.station("CP1", power_w=50.0)
        high.wait("stations", lambda rows: len(rows) == 1)
        low.wait("stations", lambda rows: rows == [])

    def test_a_row_that_does_not_match_still_counts(self) -> None:
        page = self.live()
        self.assertEqual(page.subscribe("stations", "filter:power_w:>:10")["total"], 0)
        self.station("CP1", power_w=5.0)
        message = page.take()
        self.assertEqual((message["type"], message["ops"], message["total"]), ("changes", [], 1))

    def test_a_second_subscribe_replaces_the_first(self) -> None:
        self.station("CP1", power_w=1.0)
        self.station("CP2", power_w=2.0)
        page = self.live()
        page.subscribe("stations", "filter:identity:==:CP1")
        self.station("CP1", power_w=1.5)
        self.assertEqual(page.take()["seq"], 1)
        snapshot = page.subscribe("stations", "filter:identity:==:CP2")
        self.assertEqual((snapshot["seq"], [row[1] for row in snapshot["rows"]]), (0, ["CP2"]))
        self.station("CP1", power_w=3.0)
        self.station("CP2", power_w=4.0)
        changes = page.take()
        self.assertEqual((changes["seq"], [op[2][1] for op in changes["ops"]]), (1, ["CP2"]))

    def test_of_several_subscribes_in_a_row_the_last_one_counts(self) -> None:
        self.station("CP1")
        page = self.live()
        for name in ("A", "B", "CP1"):
            page.say({"type": "subscribe", "topic": "stations", "query": [f"filter:identity:==:{name}"]})
        page.say({"type": "ping"})
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1].get("query") != ["filter:identity:==:CP1"]:
            heard.append(page.hear())
        self.assertEqual([row[1] for row in heard[-1]["rows"]], ["CP1"])
        self.assertIn({"type": "pong"}, heard)

    def test_a_resync_starts_the_numbers_again(self) -> None:
        page = self.live()
        page.subscribe("stations")
        self.station("CP1")
        self.assertEqual(page.take()["seq"], 1)
        page.say({"type": "resync", "topic": "stations"})
        snapshot = page.take()
        self.assertEqual((snapshot["type"], snapshot["seq"], len(snapshot["rows"])), ("snapshot", 0, 1))
        self.station("CP2")
        self.assertEqual(page.take()["seq"], 1)

    def test_after_unsubscribe_nothing_more_comes(self) -> None:
        page = self.live()
        page.subscribe("stations")
        page.subscribe("devices")
        page.say({"type": "unsubscribe", "topic": "stations"})
        self.assertEqual(page.ask({"type": "ping"}), {"type": "pong"})
        self.station("CP1")
        self.site.store(storing("0001:0001:{}"))
        self.assertEqual(page.take()["topic"], "devices")
        self.assertEqual(page.ask({"type": "resync", "topic": "stations"})["code"], "bad_query")
        page.say({"type": "unsubscribe", "topic": "stations"})
        self.assertEqual(page.ask({"type": "ping"}), {"type": "pong"})

    def test_markup_in_values_is_text_and_arrives_as_it_is(self) -> None:
        text = "<img src=x onerror=alert(1)>\"'&\u2028"
        page = self.live()
        page.subscribe("stations", "filter:vendor:=:<IMG")
        self.station("CP1", vendor=text)
        rows = page.wait("stations", lambda rows: len(rows) == 1)
        self.assertIn(text, rows[0])

    def test_what_is_lost_between_processes_is_read_again(self) -> None:
        page = self.live()
        page.subscribe("stations")
        Station.objects.create(identity="CP1")  # nobody was told
        self.site.in_loop(self.site.runtime.hub._resync_all)
        self.assertEqual([row[1] for row in page.take()["rows"]], ["CP1"])


class BadInput(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = self.live()

    def refused(self, message: Any) -> dict[str, Any]:
        error = self.page.ask(message)
        self.assertEqual(error["type"], "error", message)
        self.assertTrue(error["message"].endswith("."))
        return error

    def test_a_bad_query_is_refused_and_what_was_subscribed_goes_on(self) -> None:
        self.page.subscribe("stations", "filter:identity:^:CP")
        for query in (["filter:password_hash:^:a"], ["drop"], "text", None, [["filter"]], ["sort:identity:<"] * 21):
            error = self.refused({"type": "subscribe", "topic": "stations", "query": query})
            self.assertEqual((error["code"], error["topic"]), ("bad_query", "stations"))
        self.station("CP1")
        self.station("other")
        changes = self.page.take()
        self.assertEqual((changes["seq"], [op[2][1] for op in changes["ops"]]), (1, ["CP1"]))

    def test_no_query_reaches_a_field_or_table_that_is_not_listed(self) -> None:
        for field in ("owner__password", "owner_id", "key_hash", "pk", "id", "recent"):
            for entry in (f"filter:{field}:^:a", f"sort:{field}:<"):
                error = self.refused({"type": "subscribe", "topic": "devices", "query": [entry]})
                self.assertEqual((error["code"], error["topic"]), ("bad_query", "devices"))

    def test_topics_that_do_not_exist(self) -> None:
        for topic in ("users", "", None, 7, [], ["stations"], {}, {"a": 1}, True):
            for kind in ("subscribe", "resync", "unsubscribe"):
                error = self.refused({"type": kind, "topic": topic})
                self.assertEqual(error["code"], "bad_input")
                self.assertNotIn("topic", error)

    def test_a_resync_without_a_subscription(self) -> None:
        self.assertEqual(self.refused({"type": "resync", "topic": "stations"})["code"], "bad_query")

    def test_anything_else_is_refused_and_the_socket_lives(self) -> None:
        for message in ("", "{", "null", "[]", "7", '"ping"', "{}", '{"type":["ping"]}', '{"type":null,"topic":[]}'):
            self.assertEqual(self.refused(message)["code"], "bad_input")
        self.assertEqual(self.refused("[" * 100_000)["code"], "bad_input")
        self.page.socket.send(b"\xff\xfe\x00", ABNF.OPCODE_BINARY)
        self.assertEqual(self.page.hear()["code"], "bad_input")
        self.page.socket.send(b'{"type":"ping"}', ABNF.OPCODE_BINARY)
        self.assertEqual(self.page.hear(), {"type": "pong"})

    def test_bytes_that_are_no_text_close_only_this_socket(self) -> None:
        other = self.live()
        self.page.socket.send(b"\xff\xfe", ABNF.OPCODE_TEXT)
        self.assertEqual(self.page.close_code(), 1007)
        self.assertEqual(other.ask({"type": "ping"}), {"type": "pong"})


class ManyUpdates(SiteCase):
    def test_pages_with_different_queries_end_where_a_fresh_one_begins(self) -> None:
        queries = [(), ("filter:power_inject:>:50", "sort:power_inject:<"), ("sort:battery:>", "filter:battery:<:30")]
        pages: list[LiveClient] = []
        for query in queries:
            pages.append(self.live())
            pages[-1].subscribe("devices", *query)
        for i in range(120):
            values = f'{{"power_inject": {(i * 37) % 101}, "battery": {(i * 53) % 97}}}'
            self.site.store(storing(f"{i:04}:{i % 9:04}:{values}"))
        for page, query in zip(pages, queries, strict=True):
            fresh = self.live()
            fresh.subscribe("devices", *query)
            expected: Page = fresh.pages["devices"]
            page.wait("devices", lambda rows, expected=expected: rows == expected.rows)  # type: ignore[misc]
            naive = reference.select(dict(devices.selectors.load_rows(Q())), query, devices.selectors.COLUMNS)
            self.assertEqual(expected.rows, naive)
