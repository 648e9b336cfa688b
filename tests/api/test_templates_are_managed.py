"""Templates of variables over REST: made, changed, compared with stations, and carried out."""

from __future__ import annotations

from stations.models import Command, Variable
from tests.api.support import ApiCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON

ZONE = {"component": "ClockCtrlr", "variable": "TimeZone", "value": "CET"}


class TemplateTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1", ocpp_version="2.0.1", vendor="Nord")
        Variable.objects.create(
            station=self.station,
            component="ClockCtrlr",
            variable="TimeZone",
            attribute="Actual",
            value="UTC",
            mutability="ReadWrite",
            reported_at=NOON,
        )

    def make(self, **changes: object) -> int:
        body = {"name": "clocks", "vendor": "Nord", "values": [ZONE]} | changes
        number: int = self.ask("post", "variable-templates", body, expect=201)["id"]
        return number

    def test_a_template_is_seen_changed_and_deleted(self) -> None:
        number = self.make()
        (listed,) = self.read("variable-templates", {}, by=self.viewer)["results"]
        self.assertEqual((listed["id"], listed["name"], listed["values"][0]["evse"]), (number, "clocks", 0))
        self.ask("patch", f"variable-templates/{number}", {"vendor": "Sued"})
        self.assertEqual(self.read(f"variable-templates/{number}", {}, by=self.viewer)["vendor"], "Sued")
        self.ask("delete", f"variable-templates/{number}", expect=204)
        self.ask("get", f"variable-templates/{number}", expect=404)

    def test_what_makes_no_sense_is_refused_with_its_place(self) -> None:
        self.make()
        self.ask("post", "variable-templates", {"name": "clocks", "values": [ZONE]}, expect=409)
        body = {"name": "other", "values": [ZONE, ZONE]}
        problem = self.ask("post", "variable-templates", body, expect=400)
        self.assertEqual(problem["problems"][0]["path"], "values/1")

    def test_drift_is_seen_and_mended_at_one_station_or_at_all(self) -> None:
        self.assertEqual(self.read("stations/CP1/variables/drift", {}, by=self.viewer), [])
        number = self.make()
        (found,) = self.read("stations/CP1/variables/drift", {}, by=self.viewer)
        self.assertEqual((found["variable"], found["value"], found["wanted"]), ("TimeZone", "UTC", "CET"))
        (command,) = self.ask("post", "stations/CP1/variables/align", by=self.operator, expect=201)
        self.assertEqual((command["action"], command["origin"]), ("SetVariables", "operator"))
        answer = self.ask("post", f"variable-templates/{number}/align", expect=201)
        self.assertEqual(answer, {"asked": 1, "refused": 0})
        self.assertEqual(Command.objects.count(), 2)
