"""Requests to the hardware behind a NOC bridge, through the same outbox as calls to all other stations."""

from __future__ import annotations

from typing import Any

from bridge.cms.services import commands
from smartserver.accounts.models import AuditEntry
from smartserver.core.clock import now
from stations.models import Command, Message
from tests.api.support import ApiCase
from tests.bridge.chargers import make_charger
from tests.stations.factories import StationFactory
from tests.units import run

STATE = {"method": "GET", "path": "/outlets/1/state"}


class HardwareCase(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = make_charger().station

    def order(self, payload: Any, *, action: str = "HardwareRequest", expect: int = 201, by: Any = None) -> Any:
        body = {"action": action, "payload": payload}
        return self.ask("post", "stations/EC-1/commands", body, by=by or self.operator, expect=expect)


class AcceptedTests(HardwareCase):
    def test_what_can_be_asked_is_listed_with_its_schemas(self) -> None:
        found = self.ask("get", "stations/EC-1/actions", by=self.viewer)
        self.assertEqual(found["version"], "NOC")
        self.assertEqual([each["action"] for each in found["actions"]], ["GetLogFile", "HardwareRequest"])
        self.assertEqual(found["actions"][1]["request"]["required"], ["method", "path"])
        self.assertIn("status", found["actions"][1]["reply"]["properties"])

    def test_operators_ask_for_requests_and_logs(self) -> None:
        self.order(STATE)
        self.order({"method": "PUT", "path": "/outlets/2/powercap?now=1", "body": '{"PowerCapW": 9000}'})
        self.order({"method": "POST", "path": "/reset", "body": "now", "is_json": False})
        self.order({"path": "/ocpp-client/logs/ocpp.log", "lines": 500}, action="GetLogFile")
        self.assertEqual(Command.objects.filter(state="queued", station=self.station).count(), 4)

    def test_many_chargers_are_asked_at_once_and_each_answers_for_itself(self) -> None:
        StationFactory.create(identity="CP1", ocpp_version="1.6")
        body = {"stations": ["EC-1", "CP1"], "action": "HardwareRequest", "payload": STATE}
        first, second = self.ask("post", "commands/bulk", body, by=self.operator)["results"]
        self.assertEqual(first["command"]["payload"], STATE)
        self.assertEqual(second["problem"]["code"], "unknown_action")


class RefusedTests(HardwareCase):
    def tearDown(self) -> None:
        self.assertFalse(Command.objects.exists())
        super().tearDown()

    def test_a_call_of_ocpp_is_unknown_and_the_answer_lists_those_that_there_are(self) -> None:
        found = self.order({"type": "Soft"}, action="Reset", expect=400)
        self.assertEqual((found["code"], found["actions"]), ("unknown_action", ["GetLogFile", "HardwareRequest"]))

    def test_a_path_that_is_not_allowed_is_named_with_the_reason(self) -> None:
        for payload, reason in (
            ({"method": "GET", "path": "/etc/passwd"}, "not on the list"),
            ({"method": "DELETE", "path": "/id"}, "DELETE of /id is not allowed"),
            ({"method": "GET", "path": "/outlets/1/../../secret"}, "no path of the hardware"),
            ({"method": "GET", "path": "/outlets/%31/state"}, "no path of the hardware"),
        ):
            with self.subTest(payload):
                found = self.order(payload, expect=400)
                self.assertEqual(found["code"], "invalid_payload")
                self.assertEqual([each["path"] for each in found["problems"]], ["path"])
                self.assertIn(reason, found["problems"][0]["reason"])

    def test_other_mistakes_have_their_place(self) -> None:
        for payload, place in (
            ({"path": "/id"}, ""),
            ({"method": "HEAD", "path": "/id"}, "method"),
            ({"method": "PUT", "path": "/outlets/1/powercap", "body": "{"}, "body"),
            ({"method": "PUT", "path": "/outlets/1/powercap", "body": {"PowerCapW": 1}}, "body"),
            ({**STATE, "port": 80}, ""),
        ):
            with self.subTest(payload):
                found = self.order(payload, expect=400)
                self.assertEqual([each["path"] for each in found["problems"]], [place])
        found = self.order({"path": "/ocpp-client/logs/x.log", "lines": 0}, action="GetLogFile", expect=400)
        self.assertEqual(found["problems"][0]["path"], "lines")


class OfAdministratorsTests(HardwareCase):
    POWERFUL = (
        {"method": "POST", "path": "/docker-apps/containers/create", "body": "{}"},
        {"method": "POST", "path": "/docker-apps/containers/abc/start"},
        {"method": "GET", "path": "/scripts?list=1"},
    )

    def test_operators_run_no_code_on_a_charger(self) -> None:
        for payload in self.POWERFUL:
            with self.subTest(payload["path"]):
                self.assertEqual(self.order(payload, expect=403)["code"], "forbidden")
                body = {"stations": ["EC-1"], "action": "HardwareRequest", "payload": payload}
                self.ask("post", "commands/bulk", body, by=self.operator, expect=403)
        self.order({"path": "/scripts/run.log"}, action="GetLogFile", expect=403)
        self.assertFalse(Command.objects.exists())
        self.assertEqual(AuditEntry.objects.filter(outcome="forbidden").count(), 7)

    def test_administrators_may(self) -> None:
        for payload in self.POWERFUL:
            self.order(payload, by=self.administrator)

    def test_operators_set_no_passwords_of_the_hardware(self) -> None:
        config = {"method": "PUT", "path": "/ocpp-client/config", "body": '{"url": "ws://x", "password": "sesame-1"}'}
        self.order(config, expect=403)
        self.order({**config, "body": '{"url": "ws://x"}'})
        self.order(config, by=self.administrator)


class SecretsTests(HardwareCase):
    def test_passwords_are_sent_and_never_shown(self) -> None:
        body = '{"user":"x","password":"sesame-1"}'
        made = self.order({"method": "PUT", "path": "/ocpp-client/config", "body": body}, by=self.administrator)
        (sent,) = run(lambda batch: commands.next_command(batch, station_id=self.station.pk, ours=True, now=now()))
        self.assertEqual(sent.body, body)
        reply = {"user": "x", "password": "sesame-1", "note": "kept"}
        run(
            lambda batch: commands.take_result(
                batch, station_id=self.station.pk, command_id=made["id"], status=200, answer=reply
            )
        )
        found = self.ask("get", f"commands/{made['id']}", by=self.viewer)
        self.assertEqual((found["state"], found["result"]), ("answered", "200"))
        self.assertEqual(found["reply"]["body"], {"user": "x", "password": "***", "note": "kept"})
        for place in (found, made, AuditEntry.objects.get().summary, list(Message.objects.values())):
            self.assertNotIn("sesame-1", str(place))

    def test_an_answer_that_is_no_json_is_searched_too(self) -> None:
        made = self.order({"method": "GET", "path": "/ocpp-client/config"})
        run(lambda batch: commands.next_command(batch, station_id=self.station.pk, ours=True, now=now()))
        text = 'password: \'sesame-1\', {"password": "sesame-1"}'
        run(
            lambda batch: commands.take_result(
                batch, station_id=self.station.pk, command_id=made["id"], status=500, answer=text
            )
        )
        shown = self.ask("get", f"commands/{made['id']}")["reply"]["body"]
        self.assertIn('{"password": "***"}', shown)
