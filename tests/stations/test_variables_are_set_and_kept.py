"""Variables of 2.x: what is set, and what of it is kept (use cases B05, B06 and B07)."""

from __future__ import annotations

from typing import Any

from smartserver.core.credentials import key_matches
from smartserver.core.errors import Conflict
from stations.models import Station, Variable
from stations.ocpp.frames import Payload
from stations.services.equipment import variables
from stations.services.secrets import MASKED
from tests.stations.asked import AskedCase
from tests.stations.support import NOON

INTERVAL = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}
OF_A_CONNECTOR = {
    "component": "Connector",
    "component_instance": "left",
    "evse": 1,
    "connector": 2,
    "variable": "Limit",
    "variable_instance": "peak",
    "attribute": "Target",
    "value": " 7 ",
}
NOTHING: dict[str, Any] = {
    "component_instance": "",
    "evse": 0,
    "connector": 0,
    "variable_instance": "",
    "attribute": "Actual",
}


class VariablesCase(AskedCase):
    version = "2.0.1"

    def set(self, *wanted: dict[str, Any], statuses: tuple[str, ...] = ("Accepted",)) -> Payload:
        """Set them, and have the station answer with these statuses; what it was sent."""
        full = [NOTHING | each for each in wanted]
        self.do(lambda batch: variables.set_variables(batch, station_id=self.station.pk, variables=full))
        waiting = self.station.commands.get(state="queued").payload["setVariableData"]
        results = [
            {name: value for name, value in each.items() if name != "attributeValue"} | {"attributeStatus": status}
            for each, status in zip(waiting, statuses, strict=True)
        ]
        sent: Payload = self.answer({"setVariableResult": results}).payload
        return sent


class Set(VariablesCase):
    def test_what_is_sent(self) -> None:
        sent = self.set(INTERVAL, OF_A_CONNECTOR, statuses=("Accepted", "Accepted"))
        self.assertEqual(
            sent["setVariableData"],
            [
                {
                    "component": {"name": "OCPPCommCtrlr"},
                    "variable": {"name": "HeartbeatInterval"},
                    "attributeValue": "60",
                },
                {
                    "component": {"name": "Connector", "instance": "left", "evse": {"id": 1, "connectorId": 2}},
                    "variable": {"name": "Limit", "instance": "peak"},
                    "attributeValue": " 7 ",
                    "attributeType": "Target",
                },
            ],
        )

    def test_what_was_accepted_is_the_value_now(self) -> None:
        known = Variable.objects.create(
            station=self.station,
            component="ocppcommctrlr",
            variable="heartbeatinterval",
            attribute="Actual",
            value="300",
            mutability="ReadWrite",
            reported_at=NOON,
        )
        self.set(INTERVAL, OF_A_CONNECTOR, statuses=("Accepted", "Accepted"))
        known.refresh_from_db()
        self.assertEqual(known.value, "60")
        new = Variable.objects.exclude(pk=known.pk).get()
        self.assertEqual(
            {name: getattr(new, name) for name in OF_A_CONNECTOR}, OF_A_CONNECTOR, "in each part of its name"
        )

    def test_what_was_not_accepted_changes_nothing(self) -> None:
        for status in ("Rejected", "RebootRequired", "UnknownVariable"):
            self.set(INTERVAL, statuses=(status,))
        self.assertFalse(Variable.objects.exists())

    def test_an_answer_about_something_else_is_no_answer(self) -> None:
        full = [NOTHING | INTERVAL]
        self.do(lambda batch: variables.set_variables(batch, station_id=self.station.pk, variables=full))
        other = {"attributeStatus": "Accepted", "component": {"name": "X"}, "variable": {"name": "Y"}}
        self.answer({"setVariableResult": [other]})
        self.assertFalse(Variable.objects.exists())

    def test_secrets_are_not_kept(self) -> None:
        self.set({"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "0123456789abcdef"})
        self.assertEqual(Variable.objects.get().value, MASKED)

    def test_what_needs_a_reboot_is_read_after_it(self) -> None:
        Station.objects.update(configured_at=NOON)
        self.set(INTERVAL, OF_A_CONNECTOR, statuses=("Accepted", "RebootRequired"))
        self.assertIsNone(Station.objects.get().configured_at)

    def test_stations_of_1_6_have_none(self) -> None:
        Station.objects.update(ocpp_version="1.6")
        with self.assertRaises(Conflict):
            self.set(INTERVAL)
        with self.assertRaises(Conflict):
            self.do(lambda batch: variables.read_variables(batch, station_id=self.station.pk))


class Passwords(VariablesCase):
    """A01: SecurityCtrlr.BasicAuthPassword is what the station logs in with."""

    NEW = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "a-new-password-of-20"}

    def setUp(self) -> None:
        super().setUp()
        Station.objects.update(password_hash="the old one")

    def hashes(self) -> tuple[str, str]:
        station = Station.objects.get()
        return station.password_hash, station.next_password_hash

    def test_an_accepted_one_counts(self) -> None:
        self.set(self.NEW)
        password, following = self.hashes()
        self.assertTrue(key_matches([self.NEW["value"]], password))
        self.assertEqual(following, "")

    def test_one_that_needs_a_reboot_comes_next(self) -> None:
        self.set(INTERVAL, self.NEW, statuses=("Accepted", "RebootRequired"))
        password, following = self.hashes()
        self.assertEqual(password, "the old one")
        self.assertTrue(key_matches([self.NEW["value"]], following))

    def test_a_refused_one_is_forgotten(self) -> None:
        self.set(self.NEW, statuses=("Rejected",))
        self.assertEqual(self.hashes(), ("the old one", ""))
        full = [NOTHING | self.NEW]
        self.do(lambda batch: variables.set_variables(batch, station_id=self.station.pk, variables=full))
        self.answer_error()
        self.assertEqual(self.hashes(), ("the old one", ""))

    def test_an_answer_that_does_not_speak_of_it_changes_nothing(self) -> None:
        full = [NOTHING | self.NEW]
        self.do(lambda batch: variables.set_variables(batch, station_id=self.station.pk, variables=full))
        other = {"attributeStatus": "Accepted", "component": {"name": "X"}, "variable": {"name": "Y"}}
        self.answer({"setVariableResult": [other]})
        self.assertEqual(self.hashes(), ("the old one", ""))

    def test_an_answer_that_is_lost_locks_nobody_out(self) -> None:
        full = [NOTHING | self.NEW]
        self.do(lambda batch: variables.set_variables(batch, station_id=self.station.pk, variables=full))
        self.say_nothing()
        password, following = self.hashes()
        self.assertEqual(password, "the old one")
        self.assertTrue(key_matches([self.NEW["value"]], following))

    def test_a_short_one_is_not_sent(self) -> None:
        data = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
            "attributeValue": "x",
        }
        found = self.problems_of("SetVariables", {"setVariableData": [data]})
        self.assertEqual(list(found), ["setVariableData/0/attributeValue"])


class Read(VariablesCase):
    def test_the_whole_inventory_is_asked_for(self) -> None:
        self.do(lambda batch: variables.read_variables(batch, station_id=self.station.pk))
        sent = self.answer("Accepted")
        self.assertEqual((sent.action, sent.payload["reportBase"]), ("GetBaseReport", "FullInventory"))

    def test_what_is_read_is_kept(self) -> None:
        named = {"component": {"name": "Clock", "evse": {"id": 3}}, "variable": {"name": "Zone"}}
        unknown = {"component": {"name": "Nothing"}, "variable": {"name": "Zone"}}
        self.settle(
            "GetVariables",
            {"getVariableData": [named, unknown]},
            {
                "getVariableResult": [
                    named | {"attributeStatus": "Accepted", "attributeValue": "UTC"},
                    unknown | {"attributeStatus": "UnknownComponent"},
                ]
            },
        )
        row = Variable.objects.get()
        self.assertEqual((row.component, row.evse, row.variable, row.value), ("Clock", 3, "Zone", "UTC"))
