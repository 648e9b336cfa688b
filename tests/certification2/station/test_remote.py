"""What the server asks of the emulator: starts, stops, unlocking, triggers (block F)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import Transaction
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, StationCase2

REMOTE = ("Updated RemoteStart", "Updated ChargingStateChanged")


class Starts(StationCase2):
    def test_tc_f_01_plugged_in_first(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            answer = self.start_remotely()
            self.assert_story(*REMOTE)
            running = self.transaction()
            self.assertEqual((running.reference, running.id_token), (answer["transactionId"], self.card))
            self.assertEqual(running.remote_start, self.newest("RequestStartTransaction"))

    def test_tc_f_02_token_is_asked_about(self) -> None:
        with self.booted(configured={"AuthorizeRemoteTxRequests": "true"}) as point:
            self.start_remotely()
            self.assert_story("Authorize", "1 Occupied")
            point.plug_in()
            self.assert_story("Started CablePluggedIn", *REMOTE)

    def test_tc_f_03_token_is_taken_as_it_is(self) -> None:
        with self.booted() as point:
            self.start_remotely()
            self.assert_story("1 Occupied")
            point.plug_in()
            self.assert_story("Started CablePluggedIn", *REMOTE)

    def test_tc_f_04_nobody_plugs_in(self) -> None:
        with self.booted(configured={"ConnectionTimeOut": "3"}):
            self.start_remotely()
            self.assert_story("1 Occupied", "1 Available")
            self.assertFalse(Transaction.objects.exists())


class Stops(StationCase2):
    def test_tc_f_08_remote_stop(self) -> None:
        with self.booted() as point:
            self.stop_remotely(self.charge(point).reference)
            self.assert_story("Ended RemoteStop Remote")
            point.unplug()
            self.assert_story("1 Available")
            self.assert_ended("Remote")

    def test_tc_f_09_unknown_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.stop_remotely("another", "Rejected")
            self.assertTrue(point.charging)


class Unlocking(StationCase2):
    def unlock(self, result: str, connector: int = 1) -> None:
        self.ask("UnlockConnector", {"evseId": 1, "connectorId": connector}, result)

    def test_tc_f_05_while_a_transaction_runs(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.unlock("OngoingAuthorizedTransaction")
            self.assertTrue(point.charging)

    def test_tc_f_06_without_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.unlock("Unlocked")

    def test_tc_f_07_no_cable(self) -> None:
        with self.booted():
            self.unlock("Unlocked")

    def test_tc_f_10_unknown_connector(self) -> None:
        with self.booted():
            self.unlock("UnknownConnector", 2)


class Triggers(StationCase2):
    def trigger(self, message: str, result: str = "Accepted", **more: object) -> None:
        self.ask("TriggerMessage", {"requestedMessage": message, **more}, result)

    def test_tc_f_11_meter_values_of_an_evse(self) -> None:
        with self.booted():
            self.trigger("MeterValues", evse={"id": 2})
            self.assert_story("MeterValues")
            (told,) = self.requests("MeterValues")
            self.assertEqual(told["evseId"], 2)
            contexts = {each["context"] for each in told["meterValue"][0]["sampledValue"]}
            self.assertEqual(contexts, {"Trigger"})

    def test_tc_f_12_meter_values_of_all(self) -> None:
        with self.booted():
            self.trigger("MeterValues")
            self.assert_story("MeterValues", "MeterValues")
            self.assertEqual([each["evseId"] for each in self.requests("MeterValues")], [1, 2])

    def test_tc_f_13_transaction_of_an_evse(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.trigger("TransactionEvent", evse={"id": 1})
            self.assert_story("Updated Trigger")
            self.assertEqual(self.requests("TransactionEvent")[-1]["transactionInfo"]["chargingState"], "Charging")

    def test_tc_f_14_transactions_of_all(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            self.charge(point)
            point.plug_in(2)
            point.present("SISTER", 2)
            self.assert_story(*(each.replace("1 ", "2 ") for each in CHARGED))
            self.trigger("TransactionEvent")
            self.assert_story("Updated Trigger", "Updated Trigger")
            self.assertEqual({each["evse"]["id"] for each in self.requests("TransactionEvent")[-2:]}, {1, 2})

    def test_tc_f_15_logs_idle(self) -> None:
        with self.booted():
            self.trigger("LogStatusNotification")
            self.assert_story("LogStatusNotification Idle")

    def test_tc_f_17_firmware_with_an_evse(self) -> None:
        with self.booted():
            self.trigger("FirmwareStatusNotification", evse={"id": 1})
            self.assert_story("FirmwareStatusNotification Idle")

    def test_tc_f_18_firmware_idle(self) -> None:
        with self.booted():
            self.trigger("FirmwareStatusNotification")
            self.assert_story("FirmwareStatusNotification Idle")

    def test_tc_f_20_heartbeat(self) -> None:
        with self.booted():
            self.trigger("Heartbeat")
            self.assert_story("Heartbeat")

    def test_tc_f_23_status_available(self) -> None:
        with self.booted():
            self.trigger("StatusNotification", evse={"id": 1, "connectorId": 1})
            self.assert_story("1 Available")

    def test_tc_f_24_status_occupied(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            self.trigger("StatusNotification", evse={"id": 1, "connectorId": 1})
            self.assert_story("1 Occupied")

    @contextmanager
    def dead_end(self) -> Iterator[str]:
        """Where files are only ever on their way: nobody answers."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/file-1.2.3.bin"

    def test_tc_f_16_logs_uploading(self) -> None:
        with self.booted(), self.dead_end() as url:
            request = {"requestId": 7, "logType": "DiagnosticsLog", "log": {"remoteLocation": url}}
            self.ask("GetLog", request)
            self.assert_story("LogStatusNotification Uploading")
            self.trigger("LogStatusNotification")
            self.assert_story("LogStatusNotification Uploading")
            self.assertEqual(self.requests("LogStatusNotification")[-1]["requestId"], 7)

    def test_tc_f_19_firmware_downloading(self) -> None:
        with self.booted(), self.dead_end() as url:
            firmware = {"location": url, "retrieveDateTime": isoformat(clock.now())}
            self.ask("UpdateFirmware", {"requestId": 8, "firmware": firmware})
            self.assert_story("FirmwareStatusNotification Downloading")
            self.trigger("FirmwareStatusNotification")
            self.assert_story("FirmwareStatusNotification Downloading")
            self.assertEqual(self.requests("FirmwareStatusNotification")[-1]["requestId"], 8)

    def test_tc_f_27_not_implemented(self) -> None:
        """A station that has no keys of its own has nothing that could be signed."""
        with self.booted() as point:
            point.do(lambda model, now: setattr(model.security, "keys", None))
            self.trigger("SignV2GCertificate", "NotImplemented")
            self.assertEqual(self.requests("SignCertificate"), [])


class Boots(StationCase2):
    def test_tc_f_26_of_a_station_that_is_accepted(self) -> None:
        with self.booted():
            self.ask("TriggerMessage", {"requestedMessage": "BootNotification"}, "Rejected")
            self.assertEqual(len(self.requests("BootNotification")), 1)


class Only21(StationCase2):
    version = "2.1"

    def test_tc_f_100_of_the_vendor(self) -> None:
        """It has none."""
        with self.booted():
            request = {"requestedMessage": "CustomTrigger", "customTrigger": "Moonlight"}
            self.ask("TriggerMessage", request, "NotImplemented")
