"""Connectors unlocked by the operator."""

from __future__ import annotations

from tests.certification.central.support import CentralCase

UNLOCK = "UnlockConnector"


class Unlock(CentralCase):
    def unlock(self, answer: str, connector: int = 1) -> None:
        with self.booted() as client:
            self.ask(client, UNLOCK, {"connectorId": connector}, {"status": answer})

    def test_tc_017_1_without_session(self) -> None:
        self.unlock("Unlocked")

    def test_tc_017_2_without_session_fixed_cable(self) -> None:
        self.unlock("NotSupported")

    def test_tc_018_1_with_session(self) -> None:
        with self.booted() as client:
            number = client.charge()
            self.ask(client, UNLOCK, {"connectorId": 1}, {"status": "Unlocked"})
            client.stop(number, "UnlockCommand")
            client.tell(1, "Finishing")
            client.tell(1, "Available")
            self.assert_ended(number, "UnlockCommand")

    def test_tc_018_2_with_session_fixed_cable(self) -> None:
        with self.booted() as client:
            client.charge()
            self.ask(client, UNLOCK, {"connectorId": 1}, {"status": "NotSupported"})
            self.assertTrue(self.transaction().active)

    def test_tc_030_lock_fails(self) -> None:
        self.unlock("UnlockFailed")

    def test_tc_031_unknown_connector(self) -> None:
        self.unlock("NotSupported", connector=9)
