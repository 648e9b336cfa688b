"""Templates: what variables should be, where stations differ from that, and how that is mended."""

from __future__ import annotations

from typing import Any

from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, Station, Variable, VariableTemplate
from stations.services.equipment import templates
from stations.services.equipment.templates import NAMES, Drift, drift_of
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON


def wanted(variable: str, value: str, **more: Any) -> dict[str, Any]:
    nothing = {"component_instance": "", "evse": 0, "connector": 0, "variable_instance": ""}
    return {"component": "Clock", "variable": variable, "value": value} | nothing | more


class TemplateCase(AskedCase):
    version = "2.0.1"

    def setUp(self) -> None:
        super().setUp()
        Station.objects.update(vendor="Nord", model="N1")
        self.station.refresh_from_db()

    def add(self, name: str, *values: dict[str, Any], vendor: str = "", model: str = "") -> VariableTemplate:
        made: VariableTemplate = self.do(
            lambda batch: templates.add_template(batch, name=name, vendor=vendor, model=model, values=list(values))
        )
        return made

    def has(self, variable: str, value: str, station: Station | None = None, **more: Any) -> None:
        names = {name: each for name, each in wanted(variable, value, **more).items() if name in NAMES}
        Variable.objects.create(
            station=station or self.station,
            **names,
            attribute="Actual",
            value=value,
            mutability="ReadWrite",
            reported_at=NOON,
        )

    def drift(self) -> dict[str, tuple[str, str | None, str]]:
        return {each.names["variable"]: (each.wanted, each.value, each.template) for each in drift_of(self.station)}


class Differences(TemplateCase):
    def test_are_named(self) -> None:
        self.assertEqual(drift_of(self.station), [])
        self.has("Zone", "UTC")
        self.has("source", "NTP")
        self.has("On", "TRUE")
        self.add("t", wanted("Zone", "CET"), wanted("Source", "NTP"), wanted("On", "true"), wanted("Other", "1"))
        self.assertEqual(self.drift(), {"Zone": ("CET", "UTC", "t"), "Other": ("1", None, "t")})
        first = drift_of(self.station)[0]
        self.assertEqual(templates.names_of([first])[0]["wanted"], "CET")
        self.assertIsInstance(first, Drift)

    def test_templates_of_others_do_not_count(self) -> None:
        self.add("other vendor", wanted("A", "1"), vendor="Sued")
        self.add("other model", wanted("B", "1"), vendor="nord", model="N2")
        self.add("mine", wanted("C", "1"), vendor="NORD", model="n1")
        self.assertEqual(self.drift(), {"C": ("1", None, "mine")})
        Station.objects.update(ocpp_version="1.6")
        self.station.refresh_from_db()
        self.assertEqual(self.drift(), {}, "1.6 has no variables")

    def test_the_one_that_is_closest_counts(self) -> None:
        self.add("a model's", wanted("Zone", "1"), model="N1")
        self.add("b vendor's", wanted("Zone", "2"), vendor="Nord")
        self.add("c everybody's", wanted("Zone", "3"))
        self.assertEqual(self.drift(), {"Zone": ("1", None, "a model's")})


class Templates(TemplateCase):
    def test_are_changed_and_removed(self) -> None:
        row = self.add("t", wanted("Zone", "CET"))
        self.do(lambda batch: templates.change_template(batch, template_id=row.pk, changes={"vendor": "Sued"}))
        self.assertEqual(self.drift(), {})
        changes = {"vendor": "", "values": [wanted("Zone", "EET")]}
        self.do(lambda batch: templates.change_template(batch, template_id=row.pk, changes=changes))
        self.assertEqual(self.drift(), {"Zone": ("EET", None, "t")})
        self.do(lambda batch: templates.remove_template(batch, template_id=row.pk))
        self.assertEqual(self.drift(), {})
        self.refused(NotFound, lambda batch: templates.change_template(batch, template_id=row.pk, changes={}))

    def test_what_makes_no_sense_is_refused(self) -> None:
        self.add("t", wanted("Zone", "CET"))
        with self.assertRaises(Conflict):
            self.add("t", wanted("Zone", "CET"))
        for values, path in (
            ([wanted("Zone", "1"), wanted("zone", "2")], "values/1"),
            ([wanted("BasicAuthPassword", "0123456789abcdef")], "values/0/variable"),
        ):
            with self.assertRaises(BadInput) as caught:
                self.add("other", *values)
            self.assertEqual([each["path"] for each in caught.exception.details["problems"]], [path])


class Mending(TemplateCase):
    def align(self) -> list[Command]:
        found: list[Command] = self.do(lambda batch: templates.align(batch, station=self.station))
        return found

    def align_all(self, row: VariableTemplate) -> tuple[int, int]:
        found = templates.differing(row)
        asked: tuple[int, int] = self.do(lambda batch: templates.align_all(batch, station_ids=found))
        return asked

    def test_sets_what_differs_and_nothing_else(self) -> None:
        self.has("Zone", "UTC")
        self.has("Source", "NTP")
        self.add("t", wanted("Zone", "CET"), wanted("Source", "NTP"))
        (command,) = self.align()
        (data,) = command.payload["setVariableData"]
        self.assertEqual((data["variable"]["name"], data["attributeValue"]), ("Zone", "CET"))
        result = {name: data[name] for name in ("component", "variable")} | {"attributeStatus": "Accepted"}
        self.answer({"setVariableResult": [result]})
        self.assertEqual(self.drift(), {})
        self.assertEqual(self.align(), [])

    def test_no_more_at_once_than_the_station_takes(self) -> None:
        self.add("t", *(wanted(f"V{number}", "1") for number in range(12)))
        self.assertEqual([len(each.payload["setVariableData"]) for each in self.align()], [10, 2])
        self.has("ItemsPerMessage", "5", component="DeviceDataCtrlr", variable_instance="SetVariables")
        self.assertEqual([len(each.payload["setVariableData"]) for each in self.align()], [5, 5, 2])

    def test_all_stations_of_a_template(self) -> None:
        self.has("Zone", "CET")
        for version, vendor in (("2.1", "Nord"), ("1.6", "Nord"), ("2.1", "Sued")):
            StationFactory.create(ocpp_version=version, vendor=vendor, model="N1")
        row = self.add("t", wanted("Zone", "CET"), vendor="Nord", model="N1")
        self.assertEqual(self.align_all(row), (1, 0), "one has the value already")
        self.assertEqual(Command.objects.get().station.ocpp_version, "2.1")
        row = self.add("all", wanted("Other", "1"))
        self.assertEqual(self.align_all(row), (3, 0))

    def test_a_station_whose_queue_is_full_does_not_hold_up_the_others(self) -> None:
        StationFactory.create(ocpp_version="2.1")
        row = self.add("t", wanted("Zone", "CET"))
        Command.objects.bulk_create(
            Command(station=self.station, action="ClearCache", created_at=NOON, expires_at=NOON) for _ in range(1000)
        )
        self.assertEqual(self.align_all(row), (1, 1))
