"""A report says what was when it was asked for; its late parts do not undo what was set meanwhile (2.x B05, B07)."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from stations.models import Variable
from stations.ocpp.frames import Payload
from tests.stations.support import NOON, NOON_TEXT, call
from tests.stations.test_variables_are_set_and_kept import INTERVAL, VariablesCase
from tests.units import run


class LateReports(VariablesCase):
    def setUp(self) -> None:
        super().setUp()
        self.settle("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})

    def part(self, number: int, variable: str, value: str, minutes: float) -> None:
        """A part, so long after noon; the last one is 1."""
        data: Payload = {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": variable},
            "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
            "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False},
        }
        report = {"requestId": 7, "generatedAt": NOON_TEXT, "seqNo": number, "tbc": number < 1, "reportData": [data]}
        at = NOON + timedelta(minutes=minutes)
        run(call(self.station, "NotifyReport", report, version="2.0.1", at=at))

    def set_at(self, minutes: float) -> None:
        with clock.frozen(NOON + timedelta(minutes=minutes)):
            self.set(INTERVAL)

    def value(self, variable: str = "HeartbeatInterval") -> str | None:
        return Variable.objects.get(variable=variable).value

    def test_what_was_set_meanwhile_stays(self) -> None:
        self.set_at(1)
        self.part(0, "HeartbeatInterval", "300", 2)
        self.part(1, "Other", "5", 3)
        kept = Variable.objects.get(variable="HeartbeatInterval")
        self.assertEqual((kept.value, kept.characteristics.get("dataType")), ("60", "integer"))
        self.assertEqual(self.value("Other"), "5")

    def test_what_was_not_set_is_as_it_is_told(self) -> None:
        self.set_at(0)  # before it was asked
        self.part(0, "HeartbeatInterval", "300", 2)
        self.assertEqual(self.value(), "300")

    def test_a_report_that_nobody_asked_for_tells_how_things_are(self) -> None:
        self.set_at(1)
        self.part(0, "HeartbeatInterval", "300", 2)
        self.part(1, "Other", "5", 3)
        self.part(1, "HeartbeatInterval", "300", 4)  # the station begins anew
        self.assertEqual(self.value(), "300")
