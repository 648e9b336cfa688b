"""Meter values of the emulator (block J)."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.waiting import eventually


class Meters(StationCase2):
    def readings(self, kind: str, trigger: str = "") -> list[Payload]:
        """The samples of the events of this kind."""
        return [
            sample
            for event in self.requests("TransactionEvent")
            if event["eventType"] == kind and trigger in ("", event["triggerReason"])
            for value in event.get("meterValue", [])
            for sample in value["sampledValue"]
        ]

    def assert_context(self, found: list[Payload], context: str) -> None:
        self.assertEqual({each["context"] for each in found}, {context})
        self.assertIn("Energy.Active.Import.Register", {each["measurand"] for each in found})

    def test_tc_j_07_with_the_start(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.assert_context(self.readings("Started"), "Transaction.Begin")

    def test_tc_j_09_at_intervals(self) -> None:
        with self.booted() as point:
            self.set_variable("SampledDataCtrlr", "TxUpdatedInterval", "2")
            running = self.charge(point)
            eventually(lambda: self.story().count("Updated MeterValuePeriodic") >= 3)
            self.assert_context(self.readings("Updated", "MeterValuePeriodic"), "Sample.Periodic")
            registers = [row.energy_wh or 0.0 for row in running.meter_values.order_by("pk")]
            self.assertEqual(registers, sorted(registers))

    def test_tc_j_10_with_the_end(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assert_context(self.readings("Ended"), "Transaction.End")

    def test_tc_j_01_round_times_without_a_transaction(self) -> None:
        with self.booted():
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: len(self.requests("MeterValues")) >= 2)
            told = self.requests("MeterValues")[0]
            self.assert_context(told["meterValue"][0]["sampledValue"], "Sample.Clock")

    def test_tc_j_02_round_times_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: self.story().count("Updated MeterValueClock") >= 2)
            self.assert_context(self.readings("Updated", "MeterValueClock"), "Sample.Clock")
