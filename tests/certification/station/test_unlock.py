"""Unlocking the emulator's connectors."""

from __future__ import annotations

from stations.emulator.point.connector import Lock
from tests.certification.station.support import ChargePoint, StationCase


class Unlock(StationCase):
    def unlock(self, result: str, connector: int = 1) -> None:
        self.ask("UnlockConnector", {"connectorId": connector}, result)

    def has_lock(self, point: ChargePoint, lock: Lock) -> None:
        point.at(lambda outlet, now: setattr(outlet, "lock", lock))

    def test_tc_017_1_without_session(self) -> None:
        with self.booted():
            self.unlock("Unlocked")

    def test_tc_017_2_without_session_fixed_cable(self) -> None:
        with self.booted() as point:
            self.has_lock(point, Lock.MISSING)
            self.unlock("NotSupported")

    def test_tc_018_1_with_session(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.unlock("Unlocked")
            self.assert_story("StopTransaction UnlockCommand", "1 Finishing")
            point.unplug()
            self.assert_story("1 Available")
            self.assert_ended("UnlockCommand")

    def test_tc_018_2_with_session_fixed_cable(self) -> None:
        with self.booted() as point:
            self.has_lock(point, Lock.MISSING)
            self.charge(point)
            self.unlock("NotSupported")
            self.assertTrue(point.charging)
            self.assertTrue(self.transaction().active)

    def test_tc_030_lock_fails(self) -> None:
        with self.booted() as point:
            self.has_lock(point, Lock.JAMMED)
            self.unlock("UnlockFailed")

    def test_tc_031_unknown_connector(self) -> None:
        with self.booted():
            self.unlock("NotSupported", connector=9)
