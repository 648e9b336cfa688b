"""Transactions of the emulator that outlast a loss of power, or do not (2.1, block E; use case E17)."""

from __future__ import annotations

from stations.models import Transaction
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2

BOOT, STATUSES = "BootNotification PowerUp", ("1 Occupied", "2 Available")
LOST = "Ended AbnormalCondition PowerLoss"


class Interrupted(StationCase2):
    version = "2.1"

    def interrupt(self, point: ChargePoint, *told: str, timeout: int, seconds: float = 5.0) -> Transaction:
        """The power fails in a transaction; what runs before it, and what the station tells afterwards."""
        self.set_variable("TxCtrlr", "TxResumptionTimeout", str(timeout))
        running = self.charge(point)
        point.do(lambda model, now: model.power_loss(now, seconds))
        self.assert_story(BOOT, *told, *STATUSES)
        return running

    def resume(self, point: ChargePoint, state: str) -> None:
        before = self.interrupt(point, "Updated TxResumed", timeout=600)
        self.assertEqual(self.transaction(), before)
        self.assertEqual((self.transaction().active, self.transaction().charging_state), (True, state))
        resumed = self.requests("TransactionEvent")[-1]
        self.assertEqual(resumed["transactionInfo"]["transactionId"], before.reference)
        self.assertEqual(resumed["seqNo"], self.requests("TransactionEvent")[-2]["seqNo"] + 1)

    def stop(self, point: ChargePoint) -> None:
        point.present(CARD)
        self.assert_story("Ended StopAuthorized Local")
        self.assert_ended("Local")

    def test_tc_e_112_energy_stays_off(self) -> None:
        with self.booted() as point:
            self.resume(point, "SuspendedEVSE")
            self.assertFalse(point.charging)
            self.stop(point)

    def test_tc_e_113_energy_flows_again(self) -> None:
        with self.booted() as point:
            self.set_variable("TxCtrlr", "TxAllowEnergyTransferResumption", "true")
            self.resume(point, "Charging")
            self.assertTrue(point.charging)
            self.stop(point)

    def test_tc_e_115_not_resumed(self) -> None:
        with self.booted() as point:
            self.interrupt(point, LOST, timeout=0)
            self.assert_ended("PowerLoss")
            self.assertFalse(point.charging)

    def test_tc_e_116_too_long_to_be_resumed(self) -> None:
        with self.booted() as point:
            self.interrupt(point, LOST, timeout=2, seconds=10.0)
            self.assert_ended("PowerLoss")
            self.assertFalse(point.charging)
