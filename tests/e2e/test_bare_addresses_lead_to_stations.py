"""A station whose address is its identity alone, as the client of seed 004 has it, to the end of its exchange."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import orjson
import websocket
from django.test import SimpleTestCase

from tests.clients import Device
from tests.collector import Collector
from tests.operator import Operator
from tests.server import ServerProcess
from tests.stations.support import Client
from tests.waiting import eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"

PATHS = "/,/ocpp/,/steve/websocket/CentralSystemService/"

PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000}]},
}


def now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


class BareAddresses(SimpleTestCase):
    def test_client_of_seed_004_runs_to_its_end(self) -> None:
        with closing(Collector()) as collector:
            with ServerProcess(OCPP_PATHS=PATHS, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as server:
                self.run_client(server)
                operator = Operator(server)
                self.check_what_is_stored(operator)
                self.check_other_addresses(server)
                self.assertEqual([row["identity"] for row in operator.get("stations")["results"]], ["CP_1"])
            # Its messages are in the trace that it began with the headers of its connection.
            for part in (TRACE, PARENT):
                self.assertIn(bytes.fromhex(part), collector.body)

    def run_client(self, server: ServerProcess) -> None:
        client = Client(f"{server.ws}/CP_1", versions=(), headers=[f"traceparent: 00-{TRACE}-{PARENT}-01"])
        with closing(client):
            self.assertIsNone(client.subprotocol)

            def told(action: str, payload: dict[str, Any]) -> dict[str, Any]:
                frame = client.ask(action, payload)
                self.assertEqual(frame[0], 3, frame)
                answer: dict[str, Any] = frame[2]
                return answer

            boot = {"chargePointVendor": "RalphCo", "chargePointModel": "RalphModel1"}
            self.assertEqual(told("BootNotification", boot)["status"], "Accepted")
            self.assertEqual(told("Authorize", {"idTag": "TEST"})["idTagInfo"]["status"], "Accepted")
            status = {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
            self.assertEqual(told("StatusNotification", status), {})
            start = {"connectorId": 1, "idTag": "TEST", "meterStart": 0, "timestamp": now()}
            number = told("StartTransaction", start)["transactionId"]
            setting = {"connectorId": 1, "chargingProfile": PROFILE}
            self.assertEqual(told("SetChargingProfile", setting), {"status": "Accepted"})
            self.assertIn("currentTime", told("Heartbeat", {}))
            for energy in ("100", "200"):
                reading = {"timestamp": now(), "sampledValue": [{"value": energy}]}
                metered = {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
                self.assertEqual(told("MeterValues", metered), {})
            (session,) = self.dump(client)
            self.assertEqual(
                (session["chargePointId"], session["boot_accepted"], session["active_transaction_id"]),
                ("CP_1", True, number),
            )
            self.assertEqual(
                (session["last_meter_wh"], session["charging_profiles"]), (200, [{"id": 1, "limit_w": 7000}])
            )
            self.assertEqual(told("ClearChargingProfile", {"chargingProfileId": 1}), {"status": "Accepted"})
            self.assertEqual(self.dump(client)[0]["charging_profiles"], [])
            stop = {"transactionId": number, "meterStop": 200, "timestamp": now(), "idTag": "TEST"}
            self.assertEqual(told("StopTransaction", stop), {"idTagInfo": {"status": "Accepted"}})

    def dump(self, client: Client) -> list[dict[str, Any]]:
        client.say("DUMP_STATE")
        while not isinstance(frame := orjson.loads(client.socket.recv()), dict):
            self.assertEqual(frame[0], 2, "a call of the server")
        sessions: list[dict[str, Any]] = frame["sessions"]
        return sessions

    def check_what_is_stored(self, operator: Operator) -> None:
        (session,) = operator.get("transactions", station="CP_1")["results"]
        self.assertEqual((session["active"], session["energy_wh"], session["id_token"]), (False, 200, "TEST"))
        eventually(lambda: operator.get("stations/CP_1")["state"] == "offline")
        (station,) = operator.get("stations")["results"]
        self.assertEqual((station["identity"], station["vendor"], station["ocpp_version"]), ("CP_1", "RalphCo", "1.6"))

    def check_other_addresses(self, server: ServerProcess) -> None:
        """None of the others leads to a station of that name, and unknown ones lead nowhere."""
        with Device(server.ws, "0001") as device:
            device.update(power_income=1.0)
        browser = websocket.create_connection(f"{server.ws}/client/", timeout=10, suppress_origin=True)
        with closing(browser):
            self.assertIn("ClientConsumer", browser.recv())
        for path in ("/", "/ocpp", "/ocpp/", "/steve", "/nowhere/CP_1", "/wss/CP_1"):
            with self.subTest(path), self.assertRaises(websocket.WebSocketBadStatusException) as caught:
                Client(f"{server.ws}{path}")
            self.assertEqual(caught.exception.status_code, 404)
        with closing(Client(f"{server.ws}/ocpp/CP_1")) as client:
            self.assertEqual(client.boot()[0], 3)
