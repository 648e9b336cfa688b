"""Resets, asked by the operator."""

from __future__ import annotations

from tests.certification.central.support import ACCEPTED, CentralCase


class Reset(CentralCase):
    def restart(self) -> None:
        """The station comes back, and is known at once."""
        with self.booted():
            row = self.row()
            self.assertEqual((row["state"], row["status"]), ("online", "Available"))

    def test_tc_013_hard_without_transaction(self) -> None:
        with self.booted() as client:
            self.ask(client, "Reset", {"type": "Hard"}, ACCEPTED)
        self.restart()

    def test_tc_014_soft_without_transaction(self) -> None:
        with self.booted() as client:
            self.ask(client, "Reset", {"type": "Soft"}, ACCEPTED)
        self.restart()

    def test_tc_015_hard_with_transaction(self) -> None:
        """The end of the session is told after the boot."""
        with self.booted() as client:
            number = client.charge()
            self.ask(client, "Reset", {"type": "Hard"}, ACCEPTED)
        self.assertTrue(self.transaction().active)
        with self.booted() as client:
            client.stop(number, "HardReset")
        self.assert_ended(number, "HardReset")

    def test_tc_016_soft_with_transaction(self) -> None:
        """The end of the session is told before the station goes down."""
        with self.booted() as client:
            number = client.charge()
            self.ask(client, "Reset", {"type": "Soft"}, ACCEPTED)
            client.stop(number, "SoftReset")
            client.tell(1, "Finishing")
        self.assert_ended(number, "SoftReset")
        self.restart()
