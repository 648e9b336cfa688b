"""Transactions, meter values, CSV, id tokens, groups."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import requests

from smartserver.accounts.models import AuditEntry
from smartserver.accounts.roles import Role
from stations.models import Command, IdToken, IdTokenGroup, MeterValue, Station, Transaction
from tests.api.support import API, ApiCase, LiveCase
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON


class TransactionTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1")
        self.card = TokenFactory.create(value="CARD1")

    def ids(self, **query: Any) -> list[int]:
        return [row["id"] for row in self.read("transactions", query, by=self.viewer)["results"]]

    def test_filters(self) -> None:
        old = TransactionFactory.create(station=self.station, active=False, started_at=NOON - timedelta(days=2))
        new = TransactionFactory.create(station=self.station, id_token=self.card)
        other = TransactionFactory.create()
        for query, expected in (
            ({}, [other, new, old]),
            ({"station": "CP1"}, [new, old]),
            ({"active": "true", "station": "CP1"}, [new]),
            ({"active": "false"}, [old]),
            ({"id_token": "card1"}, [new]),
            ({"since": "2026-06-20T00:00:00Z"}, [other, new]),
            ({"until": "2026-06-20T00:00:00Z"}, [old]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.ids(**query), [each.pk for each in expected])

    def test_slices_lead_to_older_rows_without_gaps_or_repetition(self) -> None:
        expected = [TransactionFactory.create(station=self.station).pk for _ in range(5)][::-1]
        found, address = [], f"{API}transactions?limit=2&station=CP1"
        while address:
            content = self.viewer.get(address).json()
            found += [row["id"] for row in content["results"]]
            address = content["next"]
        self.assertEqual(found, expected)

    def test_cursors_of_others_are_refused(self) -> None:
        for cursor in ("x", "!!", "W10", "WyJhIl0", "WzFd" * 40, "WzEsICIyMDI2Il0"):
            with self.subTest(cursor=cursor):
                self.ask("get", "transactions", cursor=cursor, expect=400)

    def test_meter_values_newest_first(self) -> None:
        transaction = TransactionFactory.create(station=self.station)
        other = TransactionFactory.create(station=self.station)
        for minute in range(4):
            MeterValue.objects.create(
                station=self.station,
                transaction=transaction if minute != 2 else other,
                received_at=NOON + timedelta(minutes=minute),
                energy_wh=100.0 * minute,
                samples='[{"value": "1"}]',
            )
        first = self.ask("get", f"transactions/{transaction.pk}/meter-values", limit=2)
        self.assertEqual([row["energy_wh"] for row in first["results"]], [300.0, 100.0])
        self.assertEqual(first["results"][0]["samples"], [{"value": "1"}])
        rest = self.viewer.get(first["next"]).json()
        self.assertEqual([row["energy_wh"] for row in rest["results"]], [0.0])
        self.assertIsNone(rest["next"])

    def test_a_ghost_is_closed_in_the_books_once(self) -> None:
        ghost = TransactionFactory.create(station=self.station, evse=EvseFactory.create(station=self.station))
        closed = self.ask("post", f"transactions/{ghost.pk}/close", by=self.operator)
        self.assertFalse(closed["active"])
        self.assertTrue(closed["end_reason"])
        self.assertFalse(Command.objects.exists())
        self.assertEqual(self.ask("post", f"transactions/{ghost.pk}/close", expect=409)["code"], "conflict")
        self.assertEqual(
            list(AuditEntry.objects.order_by("pk").values_list("target", "outcome")),
            [(f"transaction {ghost.pk}", "done"), (f"transaction {ghost.pk}", "conflict")],
        )

    def test_a_stop_is_a_command_in_the_words_of_the_version(self) -> None:
        transaction = TransactionFactory.create(station=self.station, reference="tx-1")
        command = self.ask("post", f"transactions/{transaction.pk}/stop", by=self.operator, expect=201)
        self.assertEqual(
            (command["action"], command["payload"]), ("RemoteStopTransaction", {"transactionId": transaction.pk})
        )
        Station.objects.update(ocpp_version="2.0.1")
        command = self.ask("post", f"transactions/{transaction.pk}/stop", by=self.operator, expect=201)
        self.assertEqual((command["action"], command["payload"]), ("RequestStopTransaction", {"transactionId": "tx-1"}))

    def test_numbers_that_fit_no_column_are_not_found(self) -> None:
        for number in ("0", "999999999999999999", "9" * 40):
            self.ask("get", f"transactions/{number}", expect=404)


class CsvTests(LiveCase):
    """Over a real server, where it is streamed."""

    def export(self, **query: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens[Role.VIEWER]}"}
        return requests.get(f"{self.http}{API}transactions/export", params=query, headers=headers, timeout=30)

    def test_every_transaction_is_a_line(self) -> None:
        station = StationFactory.create(identity="=CP1")
        rows = 1203  # more than two portions
        Transaction.objects.bulk_create(
            Transaction(station=station, started_at=NOON, energy_wh=number) for number in range(rows)
        )
        response = self.export(station="=CP1")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertNotIn("Content-Length", response.headers)
        lines = list(csv.DictReader(io.StringIO(response.text)))
        self.assertEqual([float(line["energy_wh"]) for line in lines], [float(n) for n in reversed(range(rows))])
        self.assertEqual(lines[0]["started_at"], "2026-06-21T12:00:00Z")
        self.assertEqual(lines[0]["station"], "'=CP1")  # no spreadsheet runs it
        self.assertEqual(lines[0]["id_token"], "")

    def test_mistakes_are_problems_here_too(self) -> None:
        response = self.export(station="\x00")
        self.assertEqual((response.status_code, response.headers["Content-Type"]), (400, "application/problem+json"))


class TokenTests(ApiCase):
    def test_a_token_is_entered_changed_and_forgotten(self) -> None:
        StationFactory.create(identity="CP1")
        self.ask("post", "groups", {"name": "family"}, by=self.operator, expect=201)
        body = {"value": "CARD1", "group": "Family", "stations": ["CP1"], "max_sessions": 1}
        token = self.ask("post", "id-tokens", body, by=self.operator, expect=201)
        self.assertEqual((token["group"], token["stations"], token["status"]), ("family", ["CP1"], "Accepted"))
        changed = self.ask("patch", f"id-tokens/{token['id']}", {"status": "Blocked", "group": None, "stations": []})
        self.assertEqual((changed["group"], changed["stations"], changed["status"]), (None, [], "Blocked"))
        self.ask("delete", f"id-tokens/{token['id']}", by=self.operator, expect=204)
        self.assertFalse(IdToken.objects.exists())

    def test_a_value_exists_once_in_any_case(self) -> None:
        TokenFactory.create(value="Card1")
        self.ask("post", "id-tokens", {"value": "CARD1"}, expect=409)

    def test_one_that_was_only_seen_is_taken_over(self) -> None:
        seen = TokenFactory.create(value="Card1", status=IdToken.Status.UNKNOWN)
        self.assertEqual(self.ask("post", "id-tokens", {"value": "card1"}, expect=201)["id"], seen.pk)
        seen.refresh_from_db()
        self.assertEqual(seen.status, IdToken.Status.ACCEPTED)

    def test_one_that_was_used_is_not_forgotten(self) -> None:
        token = TokenFactory.create()
        TransactionFactory.create(id_token=token)
        self.ask("delete", f"id-tokens/{token.pk}", expect=409)

    def test_mistakes_are_named(self) -> None:
        for body, path in (
            ({"value": " "}, "value"),
            ({"value": "a\x00"}, "value"),
            ({"value": "x", "group": "nobody"}, "group"),
            ({"value": "x", "stations": ["nobody"]}, "stations"),
            ({"value": "x", "expires_at": "yesterday"}, "expires_at"),
            ({"value": "x", "expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
            ({"value": "x", "status": "Unknown"}, "status"),
        ):
            with self.subTest(body=body):
                found = self.ask("post", "id-tokens", body, expect=400)
                self.assertEqual([each["path"] for each in found["problems"]], [path])
        self.assertFalse(IdToken.objects.exists())

    def test_searches(self) -> None:
        group = IdTokenGroup.objects.create(name="family")
        TokenFactory.create(value="AAA", holder="Ada", group=group)
        TokenFactory.create(value="BBB", status="Blocked")
        for query, expected in (
            ({"search": "ada"}, ["AAA"]),
            ({"group": "FAMILY"}, ["AAA"]),
            ({"status": "Blocked"}, ["BBB"]),
        ):
            found = self.read("id-tokens", query, by=self.viewer)["results"]
            self.assertEqual([row["value"] for row in found], expected)

    def test_a_dissolved_group_leaves_its_tokens(self) -> None:
        group = IdTokenGroup.objects.create(name="family")
        token = TokenFactory.create(group=group)
        self.ask("post", "groups", {"name": "FAMILY"}, expect=409)
        self.assertEqual(self.ask("patch", f"groups/{group.pk}", {"name": "Family"})["name"], "Family")
        self.ask("delete", f"groups/{group.pk}", expect=204)
        token.refresh_from_db()
        self.assertIsNone(token.group)
