"""The message log, security events, the audit log, devices, webhooks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock

from devices.models import DeviceSample, SolMate
from smartserver.accounts import audit
from smartserver.accounts.models import AuditEntry
from smartserver.core import clock
from smartserver.webhooks.models import Delivery, Subscription
from stations.api import records
from stations.models import Message, SecurityEvent, Station
from tests.api.support import ApiCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON


def message(station: Station, minute: int = 0, **fields: Any) -> Message:
    given: dict[str, Any] = {
        "direction": "in",
        "action": "Heartbeat",
        "message_id": "1",
        "request": "{}",
        "reply": '{"currentTime": "now"}',
        "outcome": "CALLRESULT",
        "received_at": NOON + timedelta(minutes=minute),
    }
    return Message.objects.create(station=station, **(given | fields))


class MessageTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1")

    def ids(self, **query: Any) -> list[int]:
        return [row["id"] for row in self.read("messages", query, by=self.viewer)["results"]]

    def test_filters(self) -> None:
        beat = message(self.station)
        reset = message(self.station, 1, action="Reset", direction="out", outcome="TimedOut", reply="")
        other = message(StationFactory.create(), 2)
        for query, expected in (
            ({}, [other, reset, beat]),
            ({"station": "CP1"}, [reset, beat]),
            ({"station": "nobody"}, []),
            ({"action": "Reset"}, [reset]),
            ({"direction": "out"}, [reset]),
            ({"outcome": "TimedOut"}, [reset]),
            ({"since": "2026-06-21T12:01:00Z", "station": "CP1"}, [reset]),
            ({"until": "2026-06-21T12:01:00+00:00"}, [beat]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.ids(**query), [each.pk for each in expected])
        self.assertIsNone(self.ask("get", f"messages/{reset.pk}")["reply"])
        self.assertEqual(self.ask("get", f"messages/{beat.pk}")["reply"], {"currentTime": "now"})

    def test_slices_of_one_station_go_by_time(self) -> None:
        """Also where rows of the same moment fall on the border of two slices."""
        expected = [message(self.station, minute).pk for minute in (0, 1, 1, 1, 2)][::-1]
        for query in ({"station": "CP1"}, {}):
            found: list[int] = []
            content = self.read("messages", {"limit": 2, **query})
            while True:
                found += [row["id"] for row in content["results"]]
                if content["next"] is None:
                    break
                content = self.viewer.get(content["next"]).json()
            self.assertEqual(found, expected)

    def test_what_is_older_than_a_message(self) -> None:
        rows = [message(self.station, minute).pk for minute in (0, 1, 1, 2)]
        other = message(StationFactory.create(), 1).pk
        self.assertEqual(self.ids(before=rows[2], station="CP1"), [rows[1], rows[0]])
        self.assertEqual(self.ids(before=other), rows[::-1])
        self.ask("get", "messages", before=other + 1, expect=400)
        self.ask("get", "messages", before=0, expect=400)

    def test_an_export_has_every_message_on_a_line_of_its_own(self) -> None:
        secret = '{"key": "AuthorizationKey", "value": "0123456789abcdef"}'
        with mock.patch.object(records, "ROWS_AT_ONCE", 2):
            for minute in range(5):
                message(self.station, minute, message_id=f"a\n{minute}")
            message(StationFactory.create(), 7, action="ChangeConfiguration", direction="out", request=secret)
            for query, expected in (
                ({}, [6, 5, 4, 3, 2, 1]),
                ({"station": "CP1", "since": "2026-06-21T12:01:00Z", "until": "2026-06-21T12:04:00Z"}, [4, 3, 2]),
                ({"station": "nobody"}, []),
            ):
                answer = self.viewer.get("/api/v1/messages/export", query)
                self.assertEqual(answer["Content-Type"], "application/x-ndjson")
                self.assertIn("messages.jsonl", answer["Content-Disposition"])
                text = answer.getvalue().decode()
                self.assertNotIn("0123456789abcdef", text)
                rows = [json.loads(line) for line in text.splitlines()]
                first = Message.objects.order_by("pk")[0].pk
                self.assertEqual([row["id"] - first + 1 for row in rows], expected)
        self.assertEqual(self.client.get("/api/v1/messages/export").status_code, 401)
        self.ask("get", "messages/export", since="yesterday", expect=400)

    def test_what_is_wrong_is_pointed_at(self) -> None:
        payload = {"connectorId": "1", "errorCode": "NoError", "status": "Sleeping", "secret": "0123456789abcdef"}
        row = message(self.station, action="StatusNotification", ocpp_version="1.6", request=json.dumps(payload))
        found = self.ask("get", f"messages/{row.pk}")["problems"]
        self.assertEqual(
            {(each["part"], each["path"], each["keyword"], each["rule"]) for each in found},
            {
                ("request", "/connectorId", "type", "number_as_text"),
                ("request", "/status", "enum", ""),
                ("request", "/secret", "additionalProperties", "unknown_field"),
                ("reply", "/currentTime", "additionalProperties", ""),
            },
        )
        self.assertNotIn("0123456789abcdef", str([each["reason"] for each in found]))
        self.assertEqual(self.ask("get", f"messages/{message(self.station).pk}")["problems"], [])

    def test_a_cursor_of_another_question_is_refused(self) -> None:
        for minute in range(3):
            message(self.station, minute)
        address = self.ask("get", "messages", limit=1, station="CP1")["next"]
        self.assertEqual(self.viewer.get(address.replace("station=CP1", "")).status_code, 400)

    def test_secrets_are_masked(self) -> None:
        message(
            self.station,
            action="ChangeConfiguration",
            direction="out",
            request='{"key": "AuthorizationKey", "value": "0123456789abcdef"}',
        )
        found = self.ask("get", "messages")["results"][0]
        self.assertNotIn("0123456789abcdef", str(found))
        self.assertEqual(found["request"]["key"], "AuthorizationKey")

    def test_what_is_no_json_is_text(self) -> None:
        message(self.station, request="[2,", outcome="FormationViolation")
        self.assertEqual(self.ask("get", "messages")["results"][0]["request"], "[2,")

    def test_security_events(self) -> None:
        SecurityEvent.objects.create(station=self.station, type="InvalidFirmware", critical=True, received_at=NOON)
        SecurityEvent.objects.create(station=self.station, type="StartupOfTheDevice", received_at=NOON)
        for query in ({"critical": "true"}, {"type": "InvalidFirmware", "station": "CP1"}):
            found = self.read("security-events", query, by=self.viewer)["results"]
            self.assertEqual([row["type"] for row in found], ["InvalidFirmware"])


class AuditTests(ApiCase):
    def test_it_can_be_searched(self) -> None:
        self.ask("post", "groups", {"name": "family"}, by=self.operator, expect=201)
        self.ask("post", "groups", {"name": "family"}, by=self.operator, expect=409)
        self.ask("post", "stations", {"identity": "CP1"}, expect=201)
        for query, expected in (
            ({}, ["createStation", "createGroup", "createGroup"]),
            ({"actor": "operator", "outcome": "done"}, ["createGroup"]),
            ({"target": "station CP1"}, ["createStation"]),
            ({"action": "createGroup", "outcome": "conflict"}, ["createGroup"]),
            ({"until": "2020-01-01T00:00:00Z"}, []),
        ):
            with self.subTest(query=query):
                found = self.read("audit", query)["results"]
                self.assertEqual([row["action"] for row in found], expected)
        entry = self.ask("get", "audit", target="group family", outcome="done")["results"][0]
        self.assertEqual(
            (entry["role"], entry["address"], entry["summary"]), ("operator", "127.0.0.1", {"name": "family"})
        )

    def test_what_is_refused_as_bad_input_is_no_change(self) -> None:
        self.ask("post", "groups", {}, by=self.operator, expect=400)
        self.assertFalse(AuditEntry.objects.exists())

    def test_summaries_are_short_and_without_secrets(self) -> None:
        deep: Any = "x"
        for _ in range(10):
            deep = {"x": deep}
        found = audit.summarise(
            {
                "password": "p",
                "secret": None,
                "text": "x" * 500,
                "many": list(range(500)),
                "deep": deep,
                "at": NOON,
                "other": frozenset({1}),
                "thing": ValueError("v"),
            }
        )
        self.assertEqual((found["password"], found["secret"]), (audit.MASK, None))
        self.assertEqual(len(found["text"]), audit.MAX_TEXT + 1)
        self.assertEqual(len(found["many"]), audit.MAX_ITEMS)
        self.assertIn("…", str(found["deep"]))
        self.assertEqual((found["at"], found["other"], found["thing"]), ("2026-06-21T12:00:00.000Z", [1], "v"))


class DeviceTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.device = SolMate.objects.create(
            serial_number="S/1", state="online", battery=5.0, owner=self.users[min(self.users)], postcode="8010"
        )
        SolMate.objects.create(serial_number="S2", battery=1.0)

    def test_filters_search_and_order(self) -> None:
        for query, expected in (
            ({}, ["S/1", "S2"]),
            ({"state": "online"}, ["S/1"]),
            ({"search": "VIEWER"}, ["S/1"]),
            ({"search": "80"}, ["S/1"]),
            ({"order": "battery"}, ["S2", "S/1"]),
        ):
            found = self.read("devices", query, by=self.viewer)["results"]
            self.assertEqual([row["serial_number"] for row in found], expected)

    def test_history_and_samples(self) -> None:
        SolMate.objects.filter(pk=self.device.pk).update(serial_number="S1")
        now = clock.now()
        for minute in range(3):
            DeviceSample.objects.create(
                device=self.device,
                received_at=now - timedelta(minutes=minute),
                power_income=minute,
                power_inject=0,
                power_consumption=0,
                battery=0,
            )
        self.assertEqual(self.ask("get", "devices/S1", by=self.viewer)["owner"], "viewer")
        history = self.ask("get", "devices/S1/history", minutes=10)
        self.assertEqual([len(series) for series in history["series"]], [3] * len(history["columns"]))
        samples = self.ask("get", "devices/S1/samples", limit=2)
        self.assertEqual([row["power_income"] for row in samples["results"]], [0.0, 1.0])
        self.assertEqual([row["power_income"] for row in self.viewer.get(samples["next"]).json()["results"]], [2.0])
        since = (now - timedelta(seconds=30)).isoformat()
        self.assertEqual(len(self.ask("get", "devices/S1/samples", since=since)["results"]), 1)
        self.assertEqual(len(self.ask("get", "devices/S1/samples", until=since)["results"]), 2)
        self.ask("get", "devices/S9", expect=404)


class WebhookTests(ApiCase):
    URL = "https://example.org/hook"

    def make(self, **body: Any) -> Any:
        return self.ask("post", "webhooks", {"url": self.URL, **body}, expect=201)

    def test_a_secret_is_shown_once_and_rotated(self) -> None:
        made = self.make(kinds=["command.settled"], stations=["CP1"])
        row = Subscription.objects.get()
        self.assertEqual((made["secret"], made["kinds"], made["stations"]), (row.secret, ["command.settled"], ["CP1"]))
        self.assertNotIn(row.secret, str(self.ask("get", f"webhooks/{row.pk}")) + str(self.ask("get", "webhooks")))
        rotated = self.ask("post", f"webhooks/{row.pk}/rotate-secret")["secret"]
        row.refresh_from_db()
        self.assertEqual((row.secret, row.previous_secret), (rotated, made["secret"]))
        self.assertNotIn(rotated, str(list(AuditEntry.objects.values())))

    def test_it_is_changed_and_ended(self) -> None:
        key = self.make()["id"]
        changed = self.ask("patch", f"webhooks/{key}", {"active": False, "description": "x"})
        self.assertEqual((changed["active"], changed["description"], changed["kinds"]), (False, "x", ["*"]))
        self.ask("post", f"webhooks/{key}/test", expect=409)
        self.ask("delete", f"webhooks/{key}", expect=204)
        self.ask("get", f"webhooks/{key}", expect=404)

    def test_deliveries_are_logged_and_made_again(self) -> None:
        key = self.make()["id"]
        delivery = self.ask("post", f"webhooks/{key}/test", expect=202)["delivery"]
        found = self.ask("get", f"webhooks/{key}/deliveries", state="pending")["results"]
        self.assertEqual([(row["id"], row["kind"]) for row in found], [(delivery, "webhook.test")])
        self.assertIsInstance(found[0]["body"], dict)
        Delivery.objects.update(state=Delivery.State.GIVEN_UP, attempts=9)
        again = self.ask("post", f"deliveries/{delivery}/redeliver", expect=202)
        self.assertEqual((again["state"], again["attempts"]), ("pending", 0))
        self.assertEqual(self.ask("get", f"deliveries/{delivery}/attempts"), [])
        self.ask("post", "deliveries/999/redeliver", expect=404)

    def test_mistakes(self) -> None:
        for body in (
            {"url": "ftp://example.org"},
            {"url": self.URL, "kinds": ["nothing.happened"]},
            {"url": self.URL, "kinds": []},
            {},
        ):
            with self.subTest(body=body):
                self.ask("post", "webhooks", body, expect=400)
        self.assertFalse(Subscription.objects.exists())
