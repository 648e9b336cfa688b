"""Messages that the emulator is asked for, and data of vendors."""

from __future__ import annotations

from tests.certification.station.support import StationCase


class Trigger(StationCase):
    def trigger(self, message: str, *told: str, connector: int | None = None) -> None:
        request: dict[str, object] = {"requestedMessage": message}
        if connector is not None:
            request["connectorId"] = connector
        self.ask("TriggerMessage", request)
        self.assert_story(*told)

    def test_tc_054_each_kind(self) -> None:
        with self.booted():
            self.trigger("MeterValues", "MeterValues", connector=1)
            (request,) = self.requests("MeterValues")
            contexts = {each["context"] for each in request["meterValue"][0]["sampledValue"]}
            self.assertEqual((request["connectorId"], contexts), (1, {"Trigger"}))
            self.trigger("Heartbeat", "Heartbeat")
            self.trigger("StatusNotification", "1 Available", connector=1)
            self.trigger("DiagnosticsStatusNotification", "DiagnosticsStatusNotification Idle")
            self.trigger("FirmwareStatusNotification", "FirmwareStatusNotification Idle")
            self.trigger("BootNotification", "BootNotification")

    def test_tc_055_rejected(self) -> None:
        with self.booted():
            self.ask("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}, "Rejected")
            self.assertEqual(self.requests("MeterValues"), [])


class DataTransfer(StationCase):
    def test_tc_062_to_the_station(self) -> None:
        with self.booted():
            self.ask("DataTransfer", {"vendorId": "com.example", "data": "hello"}, "UnknownVendorId")

    def test_tc_064_to_the_central_system(self) -> None:
        with self.booted() as point:
            point.tell("DataTransfer", {"vendorId": "com.example", "data": "hello"})
            self.assert_story("DataTransfer")
            self.assertEqual(point.wait_answer("DataTransfer")[2], {"status": "UnknownVendorId"})
