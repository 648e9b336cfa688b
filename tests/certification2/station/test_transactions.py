"""Transactions of the emulator: where they begin and end, offline, asked about, limited (block E)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import Transaction
from stations.ocpp.frames import Payload
from stations.services.sessions.limits import set_limits
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, STARTED, StationCase2
from tests.waiting import eventually

FREE = "1 Available"
LOCAL, UNPLUGGED = "Ended StopAuthorized Local", "Ended EVCommunicationLost EVDisconnected"
ENERGY = "Updated ChargingStateChanged"


class Starts(StationCase2):
    def test_tc_e_01_power_path(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "PowerPathClosed")
            point.plug_in()
            point.present(CARD)
            self.assert_story("1 Occupied", "Authorize", "Started ChargingStateChanged")
            self.assertTrue(point.charging)

    def test_tc_e_03_plugged_in_first(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            self.assertEqual((running.id_token, running.charging_state), (self.card, "Charging"))

    def test_tc_e_04_identified_first(self) -> None:
        story = ("Authorize", "1 Occupied", "Started CablePluggedIn", "Updated Authorized", ENERGY)
        with self.booted() as point:
            point.present(CARD)
            self.assert_story(*story[:2])
            point.plug_in()
            self.assert_story(*story[2:])

    def test_tc_e_09_connected(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            (event,) = self.requests("TransactionEvent")
            self.assertEqual((event["seqNo"], event["transactionInfo"]["chargingState"]), (0, "EVConnected"))

    def test_tc_e_10_authorized(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "Authorized")
            point.present(CARD)
            self.assert_story("Authorize", "Started Authorized", "1 Occupied")
            point.plug_in()
            self.assert_story("Updated CablePluggedIn", ENERGY)

    def test_tc_e_13_authorized_by_the_server(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "Authorized")
            self.start_remotely()
            self.assert_story("Started RemoteStart", "1 Occupied")
            self.assertEqual(self.transaction().remote_start, self.newest("RequestStartTransaction"))

    def test_tc_e_38_vehicle_is_not_ready(self) -> None:
        full = Vehicle(capacity_wh=77_000.0, soc=1.0, target=1.0, rating=Rating(11_000.0, 3))
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.plug_in(now, full))
            point.present(CARD)
            self.assert_story(*CHARGED)
            self.assertEqual((self.transaction().charging_state, point.charging), ("SuspendedEV", False))

    def test_tc_e_05_never_plugged_in(self) -> None:
        with self.booted(configured={"ConnectionTimeOut": "3"}) as point:
            point.present(CARD)
            self.assert_story("Authorize", "1 Occupied", FREE)
            self.assertFalse(Transaction.objects.exists())

    def test_tc_e_39_never_plugged_in_after_the_start(self) -> None:
        with self.booted(configured={"ConnectionTimeOut": "3"}) as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "Authorized")
            point.present(CARD)
            self.assert_story("Authorize", "Started Authorized", "1 Occupied", "Ended EVConnectTimeout Timeout", FREE)
            self.assert_ended("Timeout")


class Stops(StationCase2):
    def test_tc_e_06_on_site(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            point.present(CARD)
            self.assert_story(LOCAL)
            self.assertEqual((self.assert_ended("Local").stopped_by, running.id_token), (self.card, self.card))

    def test_tc_e_07_power_path_on_site(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "PowerPathClosed")
            self.put_variable(point, "TxCtrlr", "TxStopPoint", "PowerPathClosed")
            point.plug_in()
            point.present(CARD)
            self.assert_story("1 Occupied", "Authorize", "Started ChargingStateChanged")
            point.present(CARD)
            self.assert_story(LOCAL)
            self.assert_ended("Local")

    def test_tc_e_15_authorized_on_site(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.present(CARD)
            point.unplug()
            self.assert_story(LOCAL, FREE)
            self.assert_ended("Local")

    def test_tc_e_16_token_is_refused(self) -> None:
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.charge(point)
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)
            self.block(self.card)
            point.plug_in()
            point.present(CARD)
            self.assert_story(*STARTED, "Ended Deauthorized DeAuthorized")
            self.assert_ended("DeAuthorized")

    def test_tc_e_20_unplugged(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)
            self.assert_ended("EVDisconnected")

    def test_tc_e_21_by_the_server(self) -> None:
        with self.booted() as point:
            self.stop_remotely(self.charge(point).reference)
            self.assert_story("Ended RemoteStop Remote")
            self.assert_ended("Remote")

    def test_tc_e_35_power_path_by_the_server(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "PowerPathClosed")
            self.put_variable(point, "TxCtrlr", "TxStopPoint", "PowerPathClosed")
            self.start_remotely()
            self.assert_story("1 Occupied")
            point.plug_in()
            self.assert_story("Started ChargingStateChanged")
            self.stop_remotely(self.transaction().reference)
            self.assert_story("Ended RemoteStop Remote")

    def test_tc_e_37_power_path_unplugged(self) -> None:
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "PowerPathClosed")
            self.put_variable(point, "TxCtrlr", "TxStopPoint", "PowerPathClosed")
            point.plug_in()
            point.present(CARD)
            self.assert_story("1 Occupied", "Authorize", "Started ChargingStateChanged")
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)

    def test_tc_e_17_unplugged_and_not_authorized_any_more(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "StopTxOnEVSideDisconnect", "true")
            self.charge(point)
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)
            self.assert_ended("EVDisconnected")

    def test_tc_e_24_unplugged_and_unlocked(self) -> None:
        with self.booted() as point:
            self.set_variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true")
            self.charge(point)
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)

    def test_tc_e_25_unplugged_and_locked(self) -> None:
        with self.booted() as point:
            self.set_variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false")
            self.charge(point)
            point.unplug()
            self.assert_story(UNPLUGGED)
            point.present(CARD)
            self.assert_story("Authorize", FREE)

    def test_tc_e_26_unplugged_and_going_on(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
            self.charge(point)
            point.unplug()
            self.assert_story("Updated EVCommunicationLost")
            self.assertEqual((self.transaction().active, point.charging), (True, False))
            point.plug_in()
            self.assert_story(ENERGY)
            point.present(CARD)
            self.assert_story(LOCAL)
            self.assert_ended("Local")


class Offline(StationCase2):
    def test_tc_e_40_connection_lost(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            point.go_offline()
            eventually(lambda: self.row()["state"] == "offline")
            point.come_back()
            eventually(lambda: self.row()["state"] == "online")
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_calls(LOCAL)
            self.assertEqual(self.assert_ended("Local"), running)

    def test_tc_e_43_whole_transaction(self) -> None:
        with self.booted() as point:
            point.go_offline()
            point.plug_in()
            point.present(CARD)
            point.present(CARD)
            point.unplug()
            self.assertFalse(Transaction.objects.exists())
            point.come_back()
            self.assert_calls(*STARTED[1:], LOCAL)
            self.assertEqual(self.assert_ended("Local").id_token, self.card)
            self.assertTrue(all(each["offline"] for each in self.requests("TransactionEvent")))

    def test_tc_e_44_stopped(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.go_offline()
            point.present(CARD)
            self.assertTrue(self.transaction().active)
            point.come_back()
            self.assert_calls(LOCAL)
            self.assert_ended("Local")

    def test_tc_e_45_stopped_by_the_same_group(self) -> None:
        self.family("SISTER")
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.charge(point, "SISTER")
            point.unplug()
            self.assert_story(UNPLUGGED, FREE)
            self.charge(point)
            point.go_offline()
            point.present("SISTER")
            point.come_back()
            self.assert_calls(LOCAL)
            self.assert_ended("Local")


class Status(StationCase2):
    def ask_status(self, **which: str) -> Payload:
        return self.ask("GetTransactionStatus", which, "")

    def test_tc_e_28_unknown(self) -> None:
        with self.booted():
            told = self.ask_status(transactionId="T")
            self.assertEqual(told, {"ongoingIndicator": False, "messagesInQueue": False})

    def test_tc_e_30_running(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            eventually(lambda: not len(point.model.outbox))
            told = self.ask_status(transactionId=running.reference)
            self.assertEqual(told, {"ongoingIndicator": True, "messagesInQueue": False})
            self.assertIs(self.transaction().messages_in_queue, False)

    def test_tc_e_32_ended(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            point.present(CARD)
            self.assert_story(LOCAL)
            eventually(lambda: not len(point.model.outbox))
            told = self.ask_status(transactionId=running.reference)
            self.assertEqual(told, {"ongoingIndicator": False, "messagesInQueue": False})

    def test_tc_e_34_of_all(self) -> None:
        with self.booted():
            self.assertEqual(self.ask_status(), {"messagesInQueue": False})

    def waiting(self, point: ChargePoint, **which: str) -> Payload:
        """What the station would say while it cannot deliver its events."""
        return point.receive("GetTransactionStatus", which)

    def test_tc_e_29_running_with_messages_waiting(self) -> None:
        with self.booted(configured={"StopTransactionOnEVSideDisconnect": "false"}) as point:
            running = self.charge(point)
            point.go_offline()
            point.unplug()
            told = self.waiting(point, transactionId=running.reference)
            self.assertEqual(told, {"ongoingIndicator": True, "messagesInQueue": True})

    def test_tc_e_31_ended_with_messages_waiting(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            point.go_offline()
            point.present(CARD)
            told = self.waiting(point, transactionId=running.reference)
            self.assertEqual(told, {"ongoingIndicator": False, "messagesInQueue": True})

    def test_tc_e_33_of_all_with_messages_waiting(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.go_offline()
            point.present(CARD)
            self.assertEqual(self.waiting(point), {"messagesInQueue": True})


class Only21(StationCase2):
    version = "2.1"

    def limited(self, limits: dict[str, float], reason: str) -> None:
        """The server limits the transaction, and the station keeps to it."""
        with self.booted(configured={"MeterValueSampleInterval": "5"}, speed=60.0) as point:
            running = self.charge(point)

            def limit(batch: Batch, *, by: object) -> Transaction:
                return set_limits(batch, transaction_id=running.pk, limits=limits)

            self.direct(limit)
            self.assert_story("Updated LimitSet", f"Ended {reason} {reason}")
            self.assertEqual(self.assert_ended(reason).limits, limits)

    def test_tc_e_100_energy(self) -> None:
        self.limited({"maxEnergy": 50.0}, "EnergyLimitReached")

    def test_tc_e_105_time(self) -> None:
        self.limited({"maxTime": 1}, "TimeLimitReached")

    def test_tc_e_114_power_failure(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.do(lambda model, now: model.power_loss(now))
            self.assert_story(
                "BootNotification PowerUp", "Ended AbnormalCondition PowerLoss", "1 Occupied", "2 Available"
            )
            self.assert_ended("PowerLoss")
