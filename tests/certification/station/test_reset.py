"""Resets of the emulator."""

from __future__ import annotations

from tests.certification.station.support import BOOTED, StationCase


class Reset(StationCase):
    def reset(self, kind: str) -> None:
        self.ask("Reset", {"type": kind})

    def test_tc_013_hard_without_transaction(self) -> None:
        with self.booted():
            self.reset("Hard")
            self.assert_story(*BOOTED)
            self.assertEqual(self.row()["state"], "online")

    def test_tc_014_soft_without_transaction(self) -> None:
        with self.booted():
            self.reset("Soft")
            self.assert_story(*BOOTED)
            self.assertEqual(self.row()["state"], "online")

    def test_tc_015_hard_with_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("Hard")
            # The vehicle is still there, but its session did not survive.
            self.assert_story(
                "BootNotification", "StopTransaction HardReset", "0 Available", "1 Preparing", "2 Available"
            )
            self.assert_ended("HardReset")
            self.assertFalse(point.charging)

    def test_tc_016_soft_with_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.reset("Soft")
            self.assert_story("StopTransaction SoftReset", "1 Finishing")
            self.assert_story("BootNotification", "0 Available", "1 Preparing", "2 Available")
            self.assert_ended("SoftReset")
            self.assertFalse(point.charging)
