"""Transactions that go on after a restart of the emulator (2.1 block B, use case E17)."""

from __future__ import annotations

from stations.models import Transaction
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2

BOOT = "BootNotification RemoteReset"
STATUSES = ("1 Occupied", "2 Available")


class Resumed(StationCase2):
    version = "2.1"

    def resume(self, point: ChargePoint, energy: str, state: str) -> Transaction:
        """The station restarts in a transaction, and goes on with it."""
        self.set_variable("TxCtrlr", "TxResumptionTimeout", "600")
        self.set_variable("TxCtrlr", "TxAllowEnergyTransferResumption", energy)
        before = self.charge(point)
        self.ask("Reset", {"type": "ImmediateAndResume"})
        self.assert_story(BOOT, "Updated TxResumed", *STATUSES)
        resumed = self.requests("TransactionEvent")[-1]
        info = resumed["transactionInfo"]
        self.assertEqual((info["transactionId"], info["chargingState"]), (before.reference, state))
        after = self.transaction()
        self.assertEqual((after.pk, after.active), (before.pk, True), "it is the same transaction")
        return after

    def test_tc_b_102_energy_stays_off(self) -> None:
        with self.booted() as point:
            self.resume(point, "false", "SuspendedEVSE")
            self.assertFalse(point.charging)
            register = point.model.outlet(1).register_wh
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assert_ended("Local")
            self.assertEqual(point.model.outlet(1).register_wh, register, "nothing flowed any more")

    def test_tc_b_103_energy_flows_again(self) -> None:
        with self.booted() as point:
            self.resume(point, "true", "Charging")
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assert_ended("Local")

    def test_tc_b_101_too_late(self) -> None:
        """The restart took longer than a transaction may wait."""
        with self.booted() as point:
            self.set_variable("TxCtrlr", "TxResumptionTimeout", "1")
            self.charge(point)
            self.ask("Reset", {"type": "ImmediateAndResume"})
            self.assert_story(BOOT, "Ended ResetCommand ImmediateReset", *STATUSES)
            self.assert_ended("ImmediateReset")

    def test_tc_b_103_of_one_evse(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "TxResumptionTimeout", "600")
            self.set_variable("TxCtrlr", "TxAllowEnergyTransferResumption", "true")
            self.charge(point)
            self.ask("Reset", {"type": "ImmediateAndResume", "evseId": 1})
            self.assert_story("1 Occupied", "Updated TxResumed")
            self.assertTrue(point.charging)
