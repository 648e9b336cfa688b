"""The plain protocol of SMART-OS over real sockets: INFO, INIT, FILT, UPDT, for clients that ask for nothing more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from unittest import mock

from django.contrib.auth.models import User

from devices.models import SolMate
from smartserver.dashboard import plain
from tests.dashboard.support import Client, SiteCase
from tests.devices.support import device, storing

WELCOME = "Welcome to SMART-Server - SolMate Real-Time ObServer! - ClientConsumer: groups ['broadcast']"

FIELDS = [
    *("serial_number", "software_version", "country", "postcode", "manufacturing_date", "power_income"),
    *("power_inject", "power_consumption", "battery", "last_status_update", "solmate_version", "pv_connectors"),
    *("local_time", "owner", "statusdata_ptr"),
]


class PlainCase(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        # Rows enter and leave at once instead of after a second.
        patch = mock.patch.object(plain, "INIT_INTERVAL", 0.02)
        patch.start()
        self.addCleanup(patch.stop)

    def update(self, serial: str, message_id: int = 1, **values: Any) -> str:
        """Have a device report; the message that browsers get."""
        plain_numbers = {name: float(value) if isinstance(value, int) else value for name, value in values.items()}
        message = f"{message_id:04}:{serial}:{json.dumps(plain_numbers, separators=(',', ':'))}"
        self.site.store(storing(message))
        return message

    def watching(self, *query: str) -> tuple[Client, list[dict[str, Any]]]:
        """A client that was welcomed and has its rows, filtered when it asked for it."""
        self.site.settle()
        client = self.plain()
        self.assertEqual(client.hear(), {"type": "INFO", "message": WELCOME})
        rows = self.init(client)
        if query:
            client.say({"type": "FILT", "message": list(query)})
            rows = self.init(client)
        return client, rows

    def init(self, client: Client) -> list[dict[str, Any]]:
        found = client.hear()
        self.assertEqual(found["type"], "INIT")
        rows: list[dict[str, Any]] = found["message"]
        return rows

    def until_init(self, client: Client) -> tuple[list[str], list[str]]:
        """The updates that come before the next INIT, and the serial numbers in it."""
        updates = []
        while (found := client.hear())["type"] == "UPDT":
            updates.append(found["message"])
        self.assertEqual(found["type"], "INIT")
        return updates, serials(found["message"])


class Welcome(PlainCase):
    def test_it_says_welcome_and_then_every_row_with_exactly_these_fields(self) -> None:
        self.update("0001", power_inject=80.5, local_time="12:00", pv_connectors=2, country="AT", battery=7)
        self.update("0002")
        SolMate.objects.filter(serial_number="0001").update(owner=User.objects.create_user("kim"))
        _, rows = self.watching("sort:serial_number:>:abc")
        self.assertEqual([list(row) for row in rows], [FIELDS, FIELDS])
        first, second = rows
        expected = {
            "serial_number": "0001",
            "power_inject": 80.5,
            "battery": 7.0,
            "local_time": "12:00",
            "owner": "kim",
        }
        self.assertEqual({name: first[name] for name in expected}, expected)
        self.assertEqual((first["pv_connectors"], first["country"], first["software_version"]), (2, "AT", ""))
        self.assertEqual(first["statusdata_ptr"], device("0001").pk)
        self.assertEqual(first["last_status_update"], "2026-06-21T12:00:00.000Z")
        self.assertEqual((second["local_time"], second["owner"], second["pv_connectors"]), (None, None, None))

    def test_an_empty_table_is_an_empty_init(self) -> None:
        self.assertEqual(self.watching()[1], [])

    def test_markup_in_values_is_text(self) -> None:
        client, _ = self.watching()
        sent = self.update("0001", country="<script>alert(1)</script>")
        updates, _ = self.until_init(client)
        self.assertEqual(updates, [sent])


class Filters(PlainCase):
    def setUp(self) -> None:
        super().setUp()
        for i, (power, country) in enumerate([(10, "AT"), (30, "at-east"), (20, "DE: north"), (30, "DE")]):
            self.update(f"000{i}", power_inject=power, country=country)

    def test_filt_is_answered_by_init_with_the_rows_that_match(self) -> None:
        client, rows = self.watching()
        self.assertEqual(len(rows), 4)
        for query, expected in {
            "filter:power_inject:>:10": ["0001", "0002", "0003"],
            "filter:power_inject:<:20": ["0000"],
            "filter:power_inject:<=:20": ["0000", "0002"],
            "filter:power_inject:>=:30": ["0001", "0003"],
            "filter:power_inject:==:30": ["0001", "0003"],
            "filter:country:=:AT": ["0000", "0001"],
            "filter:country:^:de": ["0002", "0003"],
            "filter:country:^:DE: N": ["0002"],
            "filter:country:=:: ": ["0002"],
        }.items():
            client.say({"type": "FILT", "message": [query]})
            self.assertEqual(sorted(serials(self.init(client))), expected, query)

    def test_less_is_descending_and_greater_ascending(self) -> None:
        down = self.watching("sort:power_inject:<:123", "sort:serial_number:>:abc")[1]
        self.assertEqual(serials(down), ["0001", "0003", "0002", "0000"])
        up = self.watching("sort:power_inject:>:123", "sort:serial_number:<:abc")[1]
        self.assertEqual(serials(up), ["0000", "0002", "0003", "0001"])

    def test_several_filters_all_have_to_hold(self) -> None:
        rows = self.watching("filter:power_inject:==:30", "filter:country:^:DE")[1]
        self.assertEqual(serials(rows), ["0003"])

    def test_an_empty_filt_shows_everything_again(self) -> None:
        client, rows = self.watching("filter:power_inject:>:1000")
        self.assertEqual(rows, [])
        client.say({"type": "FILT", "message": []})
        self.assertEqual(len(self.init(client)), 4)

    def test_of_two_in_a_row_the_last_one_counts(self) -> None:
        client, _ = self.watching()
        client.say({"type": "FILT", "message": ["filter:country:^:AT"]})
        client.say({"type": "FILT", "message": ["filter:country:^:DE"]})
        rows = self.init(client)
        while sorted(serials(rows)) != ["0002", "0003"]:
            rows = self.init(client)

    def test_a_bad_filt_is_an_error_and_the_present_one_goes_on(self) -> None:
        client, _ = self.watching("filter:serial_number:==:0001")
        queries: list[Any] = [["filter:owner__password:^:a"], ["filter:x"], "text", None, [7], ["sort:recent:<"], {}]
        for query in queries:
            found = client.ask({"type": "FILT", "message": query})
            self.assertEqual(found["type"], "INFO")
            self.assertTrue(found["message"].startswith("ERROR: "), found)
        self.update("0000", 2, power_inject=11)
        sent = self.update("0001", 2, power_inject=11)
        self.assertEqual(client.hear(), {"type": "UPDT", "message": sent})

    def test_what_is_no_filt_is_an_error_and_the_socket_lives(self) -> None:
        client, _ = self.watching()
        for message in ("", "{", "[]", "null", '{"type":"INIT"}', '{"type":["FILT"]}', "{}", '{"type":"UPDT"}'):
            found = client.ask(message)
            self.assertEqual((found["type"], found["message"][:15]), ("INFO", "ERROR: expected"))
        client.say({"type": "FILT", "message": []})
        self.assertEqual(len(self.init(client)), 4)


class Updates(PlainCase):
    def test_updates_are_what_the_device_said(self) -> None:
        self.update("0001")
        client, _ = self.watching()
        sent = [self.update("0001", i, power_inject=i) for i in range(2, 6)]
        self.assertEqual([client.hear() for _ in sent], [{"type": "UPDT", "message": each} for each in sent])

    def test_only_rows_that_match_are_updated(self) -> None:
        self.update("0001", country="AT")
        self.update("0002", country="DE")
        client, _ = self.watching("filter:country:==:DE")
        self.update("0001", 2, power_inject=1)
        sent = self.update("0002", 2, power_inject=2)
        self.assertEqual(client.hear(), {"type": "UPDT", "message": sent})

    def test_a_row_that_begins_to_match_brings_init_again(self) -> None:
        self.update("0001", power_inject=1)
        client, rows = self.watching("filter:power_inject:>:10")
        self.assertEqual(rows, [])
        sent = self.update("0001", 2, power_inject=50)
        self.assertEqual(self.until_init(client), ([sent], ["0001"]))

    def test_a_row_that_matches_no_more_brings_init_without_it(self) -> None:
        self.update("0001", power_inject=50)
        client, rows = self.watching("filter:power_inject:>:10")
        self.assertEqual(serials(rows), ["0001"])
        self.update("0001", 2, power_inject=1)
        self.assertEqual(self.until_init(client), ([], []))

    def test_many_that_come_and_go_at_once_bring_init_once(self) -> None:
        with mock.patch.object(plain, "INIT_INTERVAL", 0.3):
            client, _ = self.watching()
            arriving = [storing(f"0001:{i:04}:{{}}") for i in range(12)]
            self.site.store(lambda batch: [unit(batch) for unit in arriving])
            updates, found = self.until_init(client)
        self.assertEqual(len(found), 12)
        self.assertLessEqual(len(updates), 12)
        sent = self.update("0001", 2, power_inject=3)
        self.assertEqual(client.hear(), {"type": "UPDT", "message": sent}, "No second INIT.")

    def test_what_is_lost_between_processes_is_read_again(self) -> None:
        client, _ = self.watching()
        SolMate.objects.create(serial_number="0009")  # nobody was told
        self.site.in_loop(self.site.runtime.hub._resync_all)
        self.assertEqual(serials(self.init(client)), ["0009"])

    def test_rows_that_cannot_be_read_are_an_error_and_can_be_asked_for_again(self) -> None:
        client, _ = self.watching()
        self.update("0001")
        self.until_init(client)
        topic = self.site.runtime.hub.topics["devices"]
        broken = replace(topic, load=mock.Mock(side_effect=OSError("disk")))
        with (
            self.assertLogs("smartserver.core.live", "ERROR"),
            mock.patch.dict(self.site.runtime.hub.topics, devices=broken),
        ):
            found = client.ask({"type": "FILT", "message": []})
        self.assertEqual((found["type"], found["message"][:6]), ("INFO", "ERROR:"))
        client.say({"type": "FILT", "message": []})
        self.assertEqual(serials(self.init(client)), ["0001"])


def serials(rows: list[dict[str, Any]]) -> list[str]:
    return [row["serial_number"] for row in rows]
