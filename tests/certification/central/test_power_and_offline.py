"""Stations that lost their power or their connection, as the server sees them."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from smartserver.core.clock import isoformat
from tests.certification.central.support import CentralCase
from tests.certification.support import CARD, STRANGER
from tests.waiting import eventually


class PowerFailure(CentralCase):
    def test_tc_032_1_told_before_going_down(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.stop(number, "PowerLoss")
            client.vanish()
        self.assert_ended(number, "PowerLoss")
        with self.booted():
            self.assertEqual(self.row()["status"], "Available")

    def test_tc_032_2_told_after_the_boot(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.vanish()
        self.assertTrue(self.transaction().active)
        with self.connected() as client:
            client.power_up()
            client.tell(0, "Available")
            client.tell(1, "Finishing")
            client.stop(number, "PowerLoss")
        self.assert_ended(number, "PowerLoss")

    def test_tc_034_unavailable_connector(self) -> None:
        with self.booted() as client:
            reply = {"status": "Accepted"}
            self.ask(client, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, reply)
            client.tell(1, "Unavailable")
            client.vanish()
        with self.connected() as client:
            client.power_up()
            client.tell(0, "Available")
            client.tell(1, "Unavailable")
            self.assertEqual(self.status(1), "Unavailable")


class Offline(CentralCase):
    def earlier(self, minutes: int) -> str:
        return isoformat(clock.now() - timedelta(minutes=minutes))

    def test_tc_036_connection_lost_during_a_transaction(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.vanish()
        eventually(lambda: self.row()["state"] == "offline")
        self.assertTrue(self.transaction().active, "a lost connection ends no session")
        with self.connected() as client:
            sampled = {"value": "2500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
            client.call(
                "MeterValues",
                connectorId=1,
                transactionId=number,
                meterValue=[{"timestamp": self.earlier(1), "sampledValue": [sampled]}],
            )
            self.assertEqual(self.row()["session_energy_wh"], 1500.0)
            client.stop(number, idTag=CARD)
        self.assert_ended(number, "Local")

    def test_tc_037_1_started_offline_accepted(self) -> None:
        with self.booted() as client:
            answer = client.start(timestamp=self.earlier(10))
            self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
            client.tell(1, "Charging")
            begun = self.transaction()
            self.assertTrue(begun.active)
            assert begun.started_at_station is not None
            self.assertLess(begun.started_at_station, begun.started_at - timedelta(minutes=9))

    def test_tc_037_2_started_offline_refused_goes_on(self) -> None:
        with self.booted() as client:
            answer = client.start(STRANGER, timestamp=self.earlier(10))
            self.assertEqual(answer["idTagInfo"]["status"], "Invalid")
            client.tell(1, "SuspendedEVSE")
            self.assertTrue(self.transaction().active)
            self.assertEqual(self.row()["status"], "SuspendedEVSE")

    def test_tc_037_3_started_offline_refused_ends(self) -> None:
        with self.booted() as client:
            answer = client.start(STRANGER, timestamp=self.earlier(10))
            self.assertEqual(answer["idTagInfo"]["status"], "Invalid")
            client.stop(answer["transactionId"], "DeAuthorized", meter=1100)
            client.tell(1, "Finishing")
            self.assert_ended(answer["transactionId"], "DeAuthorized", energy=100.0)

    def test_tc_038_ended_offline(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.vanish()
        with self.connected() as client:
            client.stop(number, idTag=CARD, timestamp=self.earlier(0))
            client.tell(1, "Finishing")
        self.assert_ended(number, "Local")

    def test_tc_039_started_and_ended_offline(self) -> None:
        with self.booted() as client:
            begun, ended = self.earlier(30), self.earlier(5)
            number = client.start(timestamp=begun)["transactionId"]
            client.stop(number, idTag=CARD, timestamp=ended)
            self.assert_ended(number, "Local")
            done = self.transaction()
            assert done.started_at_station is not None
            assert done.ended_at_station is not None
            self.assertEqual([isoformat(done.started_at_station), isoformat(done.ended_at_station)], [begun, ended])
