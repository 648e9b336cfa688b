"""`POST /stations/{identity}/commands` against a real server and a station on a real socket."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from django.test import override_settings

from smartserver.accounts.models import AuditEntry
from smartserver.accounts.roles import Role
from smartserver.core import clock
from stations.models import Command, Station
from tests.api.support import LiveCase
from tests.stations.factories import StationFactory
from tests.waiting import eventually

RESET: dict[str, Any] = {"action": "Reset", "payload": {"type": "Soft"}}


class CommandTests(LiveCase):
    def send(self, identity: str = "CP1", expect: int = 200, role: Role = Role.OPERATOR, **body: Any) -> Any:
        return self.ask("post", f"stations/{identity}/commands", RESET | body, role=role, expect=expect)

    def test_the_reply_comes_in_the_same_response(self) -> None:
        with self.station(answers={"Reset": {"status": "Rejected"}}) as station:
            command = self.send(wait=20)
        self.assertEqual((command["state"], command["result"]), ("answered", "Rejected"))
        self.assertEqual(command["reply"], {"status": "Rejected"})
        self.assertEqual(command["origin"], "operator")
        self.assertEqual(station.calls("Reset"), [{"type": "Soft"}])

    def test_without_waiting_it_is_created_and_can_be_looked_up(self) -> None:
        with self.station():
            command = self.send(expect=201)
            self.assertIn(command["state"], ("queued", "sent"))
            eventually(lambda: self.ask("get", f"commands/{command['id']}")["state"] == "answered")

    def test_a_callerror_is_a_reply_too(self) -> None:
        with self.station(answers={"Reset": {"state": "?"}}):  # breaks the schema of the answer
            command = self.send(wait=20)
        self.assertEqual(command["state"], "failed")

    def test_an_offline_station_is_not_waited_for(self) -> None:
        StationFactory.create(identity="CP1")
        begun = clock.monotonic()
        command = self.send(expect=202, wait=20)
        self.assertLess(clock.monotonic() - begun, 10)
        self.assertEqual(command["state"], "queued")
        with self.station() as station:
            eventually(lambda: station.calls("Reset") == [{"type": "Soft"}])
            eventually(lambda: self.ask("get", f"commands/{command['id']}")["state"] == "answered")

    def test_a_station_that_does_not_answer_in_time_is_202(self) -> None:
        with self.station(answers={"Reset": None}) as station:
            command = self.send(expect=202, wait=0.2)
            self.assertIn(command["state"], ("queued", "sent"))
            eventually(lambda: len(station.calls("Reset")) == 1)

    @override_settings(API_MAX_WAIT=0.05)
    def test_the_server_has_a_limit_of_its_own(self) -> None:
        with self.station(answers={"Reset": None}):
            self.send(expect=202, wait=3600)

    @override_settings(API_MAX_WAITERS=1)
    def test_beyond_the_limit_nobody_waits(self) -> None:
        with self.station(answers={"Reset": None}):
            first: list[Any] = []
            waiting = threading.Thread(target=lambda: first.append(self.send(expect=202, wait=3)))
            waiting.start()
            eventually(lambda: Command.objects.filter(action="Reset").exists())
            begun = clock.monotonic()
            self.send(expect=202, wait=30)
            self.assertLess(clock.monotonic() - begun, 15)
            waiting.join(20)
            self.assertEqual(len(first), 1)

    def test_the_same_key_is_the_same_command(self) -> None:
        StationFactory.create(identity="CP1")
        first = self.send(expect=201, idempotency_key="k")
        again = self.send(expect=200, idempotency_key="k")
        self.assertEqual(first["id"], again["id"])
        other = self.ask(
            "post",
            "stations/CP1/commands",
            {"action": "ClearCache", "idempotency_key": "k"},
            role=Role.OPERATOR,
            expect=409,
        )
        self.assertEqual((other["code"], other["command"]), ("conflict", first["id"]))
        self.assertEqual(Command.objects.count(), 1)

    def test_a_command_that_waits_can_be_cancelled_once(self) -> None:
        StationFactory.create(identity="CP1")
        command = self.send(expect=201)
        cancelled = self.ask("post", f"commands/{command['id']}/cancel", role=Role.OPERATOR)
        self.assertEqual(cancelled["state"], "cancelled")
        self.assertEqual(self.ask("post", f"commands/{command['id']}/cancel", expect=409)["code"], "conflict")

    def test_how_long_it_may_wait_is_what_was_asked_for(self) -> None:
        StationFactory.create(identity="CP1")
        command = Command.objects.get(pk=self.send(expect=201, expires_in=60)["id"])
        self.assertEqual(command.expires_at - command.created_at, timedelta(seconds=60))

    def test_an_identity_may_hold_any_character(self) -> None:
        for identity, address in (
            ("CP/1", "CP%2F1"),
            ("Säule 1", "S%C3%A4ule%201"),
            ("100%", "100%25"),
            ("a+b?c#d", "a+b%3Fc%23d"),
            ("CP1/commands", "CP1%2Fcommands"),
        ):
            with self.subTest(identity), self.station(identity) as station:
                command = self.send(address, wait=20)
                self.assertEqual(command["station"], identity)
                self.assertEqual(station.calls("Reset"), [{"type": "Soft"}])
                self.assertEqual(self.ask("get", f"stations/{address}")["identity"], identity)
                self.assertEqual(self.ask("get", f"stations/{address}/")["identity"], identity)
                page = self.ask("get", f"stations/{address}/commands?limit=1")
                self.assertIsNotNone(page["next"])
                self.assertEqual(
                    self.ask("get", page["next"].removeprefix("/api/v1/"))["results"][0]["station"], identity
                )

    def test_one_command_for_many_stations(self) -> None:
        for identity in ("CP1", "CP2"):
            StationFactory.create(identity=identity)
        found = self.ask("post", "commands/bulk", RESET | {"stations": ["CP1", "nobody", "CP2", "CP1"]})["results"]
        self.assertEqual([each["station"] for each in found], ["CP1", "nobody", "CP2"])
        self.assertEqual([each["command"] and each["command"]["state"] for each in found], ["queued", None, "queued"])
        self.assertEqual(found[1]["problem"]["code"], "not_found")

    def test_who_asked_for_what_is_on_record(self) -> None:
        StationFactory.create(identity="CP1")
        self.send(expect=201)
        entry = AuditEntry.objects.get(action="sendCommand")
        self.assertEqual((entry.actor, entry.role, entry.target), ("operator", "operator", "station CP1"))
        self.assertEqual((entry.outcome, entry.address, entry.token), ("done", "127.0.0.1", entry.token))
        self.assertTrue(entry.token)
        self.assertEqual(entry.summary["payload"], {"type": "Soft"})


class BadCommandTests(LiveCase):
    def setUp(self) -> None:
        super().setUp()
        StationFactory.create(identity="CP1")

    def refused(self, body: Any, expect: int = 400, role: Role = Role.OPERATOR) -> Any:
        found = self.ask("post", "stations/CP1/commands", body, role=role, expect=expect)
        self.assertFalse(Command.objects.exists())
        return found

    def test_an_unknown_action_is_refused_with_the_list(self) -> None:
        found = self.refused({"action": "RequestStartTransaction"})  # 2.x
        self.assertEqual(found["code"], "unknown_action")
        self.assertIn("RemoteStartTransaction", found["actions"])
        self.assertNotIn("BootNotification", found["actions"])

    def test_the_version_of_the_station_decides(self) -> None:
        Station.objects.update(ocpp_version="2.0.1")
        self.assertIn("RequestStartTransaction", self.refused({"action": "RemoteStartTransaction"})["actions"])

    def test_an_invalid_payload_is_refused_with_reason_and_path(self) -> None:
        found = self.refused({"action": "Reset", "payload": {"type": "Medium"}})
        self.assertEqual(found["code"], "invalid_payload")
        self.assertEqual(found["problems"][0]["path"], "type")
        self.assertIn("Medium", found["problems"][0]["reason"])

    def test_input_of_other_forms(self) -> None:
        for body, path in (
            ({"action": "Reset", "payload": []}, "payload"),
            ({"action": "Reset", "payload": {"type": "So\x00ft"}}, "payload"),
            ({"action": "Re\x00set"}, "action"),
            ({"action": "Reset", "wait": -1}, "wait"),
            ({"action": "Reset", "wait": True}, "wait"),
            ({"action": "Reset", "expires_in": 10**30}, "expires_in"),
            ({"action": "Reset", "idempotencykey": "x"}, "idempotencykey"),
            ({}, "action"),
        ):
            with self.subTest(body=body):
                found = self.refused(body)
                self.assertEqual([each["path"] for each in found["problems"]], [path])

    def test_passwords_of_stations_are_for_administrators(self) -> None:
        body = {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": "0123456789abcdef"}}
        self.refused(body, expect=403)
        command = self.ask("post", "stations/CP1/commands", body, role=Role.ADMINISTRATOR, expect=201)
        self.assertNotIn("0123456789abcdef", str(command))
        self.assertNotIn("0123456789abcdef", str(list(AuditEntry.objects.values())))

    def test_the_actions_have_schemas(self) -> None:
        found = self.ask("get", "stations/CP1/actions", role=Role.VIEWER)
        self.assertEqual((found["version"], len(found["actions"])), ("1.6", 26))
        reset = self.ask("get", "stations/CP1/actions/Reset", role=Role.VIEWER)
        self.assertEqual(reset["request"]["required"], ["type"])
        self.ask("get", "stations/CP1/actions/Heartbeat", role=Role.VIEWER, expect=404)
