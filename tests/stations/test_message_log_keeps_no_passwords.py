"""What stations say of passwords, asked or not, late or garbled, is in no record."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from django.test import TestCase, override_settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from stations import settlement
from stations.models import Command, Message, Station, Variable
from stations.ocpp.errors import CallError
from stations.services.commands import queue_command
from stations.services.secrets import MASKED, without_echo
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, SocketCase, call
from tests.units import run

SECRET = "hunter2hunter2hunter2"
CHANGE = {"key": "AuthorizationKey", "value": SECRET}


def everything() -> str:
    """All that is kept of messages and commands."""
    rows = [*Message.objects.values_list("request", "reply"), *Command.objects.values_list("payload", "reply", "error")]
    return repr(rows)


class Told(TestCase):
    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(connection=7)

    def test_in_data_of_a_vendor(self) -> None:
        data = orjson.dumps({"WifiPassphrase": "x", "password": SECRET, "idTag": "CARD1"}).decode()
        run(call(self.station, "DataTransfer", {"vendorId": "v", "data": data}))
        self.assertNotIn(SECRET, everything())
        self.assertIn("CARD1", everything(), "the log is to show what was said")

    def test_in_a_report_of_variables(self) -> None:
        told = [
            {
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": name},
                "variableAttribute": [{"type": "Actual", "value": value}],
            }
            for name, value in (("BasicAuthPassword", SECRET), ("Identity", "CP1"))
        ]
        report = {"requestId": 1, "generatedAt": "2026-06-21T12:00:00Z", "seqNo": 0, "reportData": told}
        run(call(self.station, "NotifyReport", report, version="2.0.1"))
        self.assertNotIn(SECRET, everything())
        values = dict(Variable.objects.values_list("variable", "value"))
        self.assertEqual(values, {"BasicAuthPassword": MASKED, "Identity": "CP1"})

    def sent(self) -> settlement.Outgoing:
        def ask(batch: Batch) -> Command:
            return queue_command(batch, station_id=self.station.pk, action="ChangeConfiguration", payload=CHANGE)

        run(ask)
        take = partial(settlement.take_next, station_id=self.station.pk, generation=7, version="1.6")
        found: settlement.Outgoing = run(take)[0]
        return found

    def test_in_an_error_that_quotes_the_call(self) -> None:
        details = {"request": [CHANGE], SECRET: 1}
        error = CallError("InternalError", f"cannot set {SECRET}", details)
        run(partial(settlement.take_error, sent=self.sent(), error=error))
        self.assertNotIn(SECRET, everything())
        self.assertEqual(Command.objects.get().error, f"cannot set {MASKED}")

    def test_in_an_answer_that_quotes_the_call(self) -> None:
        reply: dict[str, Any] = {"status": "Rejected", "note": f"“{SECRET}” is too simple"}
        run(partial(settlement.take_answer, sent=self.sent(), reply=reply))
        self.assertNotIn(SECRET, everything())
        wrong = CallError("FormationViolation", "no status")
        run(partial(settlement.take_error, sent=self.sent(), error=wrong, reply={"value": SECRET}))
        self.assertNotIn(SECRET, everything())

    def test_short_texts_and_calls_without_secrets_stay_as_they_are(self) -> None:
        self.assertEqual(without_echo("Reset", {"type": "Soft"}, "Soft"), "Soft")
        short = {"key": "password", "value": "no"}
        self.assertEqual(
            without_echo("ChangeConfiguration", short, {"text": "not now", "n": 1}), {"text": "not now", "n": 1}
        )
        variables = {"setVariableData": [{"variable": {"name": "password"}, "attributeValue": SECRET}]}
        self.assertEqual(without_echo("SetVariables", variables, [SECRET]), [MASKED])


@override_settings(OPEN=True)
class OnTheWire(SocketCase):
    def test_in_answers_that_come_too_late_or_in_pieces(self) -> None:
        known = {
            "configurationKey": [{"value": SECRET, "readonly": False, "padding": "x" * 990, "key": "AuthorizationKey"}]
        }
        late = orjson.dumps([3, "long-ago", known]).decode()
        with self.server.station() as client:
            client.boot()
            for text, outcome in ((late, "UnexpectedAnswer"), (late[:-4], None)):
                with self.subTest(outcome):
                    client.say(text)
                    conditions = {"outcome": outcome} if outcome else {"request__contains": "AuthorizationKey"}
                    row = self.logged(**conditions)
                    self.assertIn("configurationKey", row.request)
            self.assertNotIn(SECRET, everything())
        self.assertTrue(Station.objects.filter(identity="CP1").exists())
