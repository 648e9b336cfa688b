"""Triggered messages and vendors' data, as the server sees them."""

from __future__ import annotations

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import MeterValue
from tests.certification.central.support import ACCEPTED, REJECTED, CentralCase, ScriptedStation


class Trigger(CentralCase):
    def test_tc_054_each_kind(self) -> None:
        with self.booted() as client:
            for message in ("BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification"):
                self.trigger(client, message)
            self.assertEqual(client.power_up()["status"], "Accepted")
            self.assertEqual(client.call("DiagnosticsStatusNotification", status="Idle"), {})
            self.assertEqual(client.call("FirmwareStatusNotification", status="Idle"), {})
            self.trigger(client, "Heartbeat")
            self.assertIn("currentTime", client.call("Heartbeat"))
            self.trigger(client, "MeterValues", 1)
            sampled = {"value": "1234", "context": "Trigger"}
            reading = {"timestamp": isoformat(clock.now()), "sampledValue": [sampled]}
            self.assertEqual(client.call("MeterValues", connectorId=1, meterValue=[reading]), {})
            self.assertEqual(MeterValue.objects.get().energy_wh, 1234.0)
            self.trigger(client, "StatusNotification", 1)
            client.tell(1, "Preparing")
            self.assertEqual(self.row()["status"], "Preparing")

    def trigger(self, client: ScriptedStation, message: str, connector: int | None = None) -> None:
        request: dict[str, object] = {"requestedMessage": message}
        if connector is not None:
            request["connectorId"] = connector
        self.ask(client, "TriggerMessage", request, ACCEPTED)

    def test_tc_055_rejected(self) -> None:
        with self.booted() as client:
            request = {"requestedMessage": "MeterValues", "connectorId": 9}
            self.ask(client, "TriggerMessage", request, REJECTED)


class DataTransfer(CentralCase):
    def test_tc_062_to_the_station(self) -> None:
        with self.booted() as client:
            request = {"vendorId": "com.example", "messageId": "greet", "data": "hello"}
            reply = {"status": "UnknownVendorId"}
            self.ask(client, "DataTransfer", request, reply)

    def test_tc_064_to_the_central_system(self) -> None:
        with self.booted() as client:
            answer = client.call("DataTransfer", vendorId="com.example", messageId="greet", data="hello")
            self.assertEqual(answer, {"status": "UnknownVendorId"})
            self.assertEqual(self.requests("DataTransfer")[-1]["data"], "hello", "it is kept for whoever wants it")
