"""The emulator without power, and without a connection."""

from __future__ import annotations

from stations.emulator.point.words import Reason
from stations.models import Transaction
from tests.certification.station.support import ChargePoint, StationCase
from tests.certification.support import CARD, STRANGER
from tests.waiting import eventually


class PowerFailure(StationCase):
    def test_tc_032_1_told_before_going_down(self) -> None:
        """The station has a buffer that lasts for a few words."""
        with self.booted() as point:
            self.charge(point)
            point.at(lambda outlet, now: outlet.stop(now, Reason.POWER_LOSS))
            self.assert_story("StopTransaction PowerLoss", "1 Finishing")
            point.do(lambda model, now: model.power_loss(now))
            self.assert_story("BootNotification", "0 Available", "1 Preparing", "2 Available")
            self.assert_ended("PowerLoss")

    def test_tc_032_2_told_after_the_boot(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.do(lambda model, now: model.power_loss(now))
            eventually(lambda: self.row()["state"] == "offline")
            self.assertTrue(self.transaction().active)
            self.assert_story(
                "BootNotification", "StopTransaction PowerLoss", "0 Available", "1 Preparing", "2 Available"
            )
            self.assert_ended("PowerLoss")

    def test_tc_034_unavailable_connector(self) -> None:
        with self.booted() as point:
            self.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
            self.assert_story("1 Unavailable")
            point.do(lambda model, now: model.power_loss(now))
            self.assert_story("BootNotification", "0 Available", "1 Unavailable", "2 Available")
            self.assertEqual(self.status(1), "Unavailable")
            self.ask("ChangeAvailability", {"connectorId": 1, "type": "Operative"})
            self.assert_story("1 Available")


class Offline(StationCase):
    def test_tc_036_connection_lost_during_a_transaction(self) -> None:
        with self.booted(configured={"MeterValueSampleInterval": "2"}) as point:
            running = self.charge(point)
            point.go_offline()
            eventually(lambda: self.row()["state"] == "offline")
            before = len(self.requests("MeterValues"))
            eventually(lambda: len(point.model.outbox) >= 2)
            point.come_back()
            eventually(lambda: len(self.requests("MeterValues")) >= before + 2)
            self.assertEqual({each["transactionId"] for each in self.requests("MeterValues")}, {running.pk})
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_calls("StopTransaction Local")
            eventually(lambda: self.status() == "Finishing")
            self.assert_ended("Local")

    def start_offline(self, point: ChargePoint, card: str) -> None:
        """Somebody comes while there is no connection; then it is back."""
        point.go_offline()
        point.plug_in()
        point.present(card)
        eventually(lambda: len(point.model.outbox) > 0)
        self.assertFalse(Transaction.objects.exists())
        point.come_back()

    def test_tc_037_1_started_offline_accepted(self) -> None:
        with self.booted() as point:
            self.start_offline(point, CARD)
            self.assert_calls("StartTransaction")
            eventually(lambda: self.status() == "Charging")
            self.assertEqual((self.transaction().active, point.charging), (True, True))

    def test_tc_037_2_started_offline_refused_goes_on(self) -> None:
        with self.booted(configured={"StopTransactionOnInvalidId": "false"}) as point:
            self.start_offline(point, STRANGER)
            self.assert_calls("StartTransaction")
            eventually(lambda: self.status() == "SuspendedEVSE")
            self.assertEqual((self.transaction().active, point.charging), (True, False))

    def test_tc_037_3_started_offline_refused_ends(self) -> None:
        with self.booted() as point:
            self.start_offline(point, STRANGER)
            self.assert_calls("StartTransaction", "StopTransaction DeAuthorized")
            eventually(lambda: self.status() == "Finishing")
            self.assert_ended("DeAuthorized")
            self.assertFalse(point.charging)

    def test_tc_038_ended_offline(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.go_offline()
            point.present(CARD)
            self.assertTrue(self.transaction().active)
            point.come_back()
            self.assert_calls("StopTransaction Local")
            eventually(lambda: self.status() == "Finishing")
            self.assert_ended("Local")

    def test_tc_039_started_and_ended_offline(self) -> None:
        with self.booted() as point:
            point.go_offline()
            point.plug_in()
            point.present(CARD)
            point.present(CARD)
            point.unplug()
            self.assertFalse(Transaction.objects.exists())
            point.come_back()
            self.assert_calls("StartTransaction", "StopTransaction Local")
            self.assertEqual(self.assert_ended("Local").id_token, self.card)
            self.assertEqual(self.row()["status"], "Available")
