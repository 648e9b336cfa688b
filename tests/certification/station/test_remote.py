"""Remote starts and stops of the emulator."""

from __future__ import annotations

from stations.models import Transaction
from tests.certification.station.support import StationCase
from tests.certification.support import CARD
from tests.waiting import eventually

START = "RemoteStartTransaction"


class RemoteStart(StationCase):
    def test_tc_010_cable_plugged_in_first(self) -> None:
        with self.booted() as point:
            self.change("AuthorizeRemoteTxRequests", "true")
            point.plug_in()
            self.assert_story("1 Preparing")
            self.ask(START, {"idTag": CARD, "connectorId": 1})
            self.assert_story("Authorize", "StartTransaction", "1 Charging")
            self.assertEqual(self.transaction().id_token, self.card)
            self.assertTrue(point.charging)

    def test_tc_011_1_remote_start_first(self) -> None:
        with self.booted() as point:
            self.ask(START, {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            eventually(lambda: point.running)
            point.unplug()
            self.assert_story("StopTransaction EVDisconnected", "1 Available")
            self.assert_ended("EVDisconnected")

    def test_tc_011_2_time_out(self) -> None:
        with self.booted() as point:
            self.change("ConnectionTimeOut", "3")
            self.ask(START, {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing", "1 Available")
            point.plug_in()
            self.assert_story("1 Preparing")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_026_rejected(self) -> None:
        """A session runs there already."""
        with self.booted() as point:
            self.charge(point)
            self.ask(START, {"idTag": CARD, "connectorId": 1}, "Rejected")
            self.assertEqual(Transaction.objects.count(), 1)

    def test_tc_027_connector_0(self) -> None:
        """The server would not send this; another one might."""
        with self.booted() as point:
            point.plug_in()
            self.assertEqual(point.receive(START, {"idTag": CARD, "connectorId": 0}), {"status": "Rejected"})
            self.assert_story("1 Preparing")


class RemoteStop(StationCase):
    def test_tc_012_remote_stop(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            self.ask("RemoteStopTransaction", {"transactionId": running.pk})
            self.assert_story("StopTransaction Remote", "1 Finishing")
            self.assertFalse(point.charging)
            point.unplug()
            self.assert_story("1 Available")
            self.assert_ended("Remote")

    def test_tc_028_rejected(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            self.ask("RemoteStopTransaction", {"transactionId": running.pk + 1}, "Rejected")
            self.assertTrue(point.charging)
            self.assertTrue(self.transaction().active)
