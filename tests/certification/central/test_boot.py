"""Cold boots, as the server sees them."""

from __future__ import annotations

from stations.models import Registration, Station
from tests.certification.central.support import ACCEPTED, CentralCase


class Boot(CentralCase):
    def test_tc_001_cold_boot(self) -> None:
        with self.connected() as client:
            answer = client.power_up()
            self.assertEqual((answer["status"], answer["interval"]), ("Accepted", 300))
            self.assertTrue(answer["currentTime"].endswith("Z"))
            for connector in (0, 1, 2):
                client.tell(connector, "Available")
            self.assertIn("currentTime", client.call("Heartbeat"))
            row = self.row()
            self.assertEqual((row["state"], row["status"], row["vendor"]), ("online", "Available", "Vendor"))

    def test_tc_002_cold_boot_pending(self) -> None:
        Station.objects.filter(pk=self.station.pk).update(registration=Registration.PENDING, heartbeat_interval=7)
        with self.connected() as client:
            answer = client.power_up()
            self.assertEqual((answer["status"], answer["interval"]), ("Pending", 7))
            reply = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
            command = self.command("GetConfiguration", {"key": ["HeartbeatInterval"]})
            while client.expect("GetConfiguration") != {"key": ["HeartbeatInterval"]}:
                client.reply({"configurationKey": []})
            client.reply(reply)
            self.assertEqual(self.assert_answered(command).reply, reply)
            change = {"key": "HeartbeatInterval", "value": "60"}
            self.ask(client, "ChangeConfiguration", change, ACCEPTED)
            Station.objects.filter(pk=self.station.pk).update(registration=Registration.ACCEPTED)
            self.assertEqual(client.power_up()["status"], "Accepted")
            client.tell(0, "Available")
            client.tell(1, "Available")
            self.assertEqual(self.status(1), "Available")
