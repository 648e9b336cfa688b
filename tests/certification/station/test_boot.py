"""Cold boots of the emulator."""

from __future__ import annotations

from stations.models import Registration, Station
from tests.certification.station.support import BOOTED, StationCase
from tests.waiting import eventually


class Boot(StationCase):
    def test_tc_001_cold_boot(self) -> None:
        with self.charge_point() as point:
            self.assert_story(*BOOTED)
            self.assertEqual((self.row()["state"], self.row()["status"]), ("online", "Available"))
            (boot,) = self.requests("BootNotification")
            self.assertEqual(boot["chargePointVendor"], self.row()["vendor"])
            self.change("HeartbeatInterval", "1")
            eventually(lambda: len(self.requests("Heartbeat")) >= 2)
            self.assertTrue(point.client.online)

    def test_tc_002_cold_boot_pending(self) -> None:
        mine = Station.objects.filter(pk=self.station.pk)
        mine.update(registration=Registration.PENDING, heartbeat_interval=10)
        with self.charge_point():
            self.assert_story("BootNotification")
            self.ask("GetConfiguration", {"key": ["HeartbeatInterval"]}, "")
            self.change("HeartbeatInterval", "120")
            self.ask("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1})
            withheld = self.command("RemoteStopTransaction", {"transactionId": 1})
            eventually(lambda: "1 Available" in self.story())
            self.assertNotIn("0 Available", self.story(), "it says nothing by itself")
            withheld.refresh_from_db()
            self.assertEqual(withheld.state, "queued", "not while it is pending (section 4.2)")
            mine.update(registration=Registration.ACCEPTED)
            eventually(lambda: self.story()[-3:] == ["0 Available", "1 Available", "2 Available"])
            self.assert_answered(withheld, "Rejected")
