"""Rule 16: reports and frames over 64 kB work; over the limit the answer is a clean close (EVerest/libocpp#295)."""

from __future__ import annotations

import orjson

from stations.models import Message, MeterValue
from tests.field.support import FieldCase
from tests.waiting import eventually


class HugeFrames(FieldCase):
    def test_over_64_kilobytes_work(self) -> None:
        with self.emulated("huge-frames", speed=100.0) as station:
            session = self.session(station)
            self.assertEqual(station.wait_answer("MeterValues")[2], {})
            self.assertGreater(max(map(len, station.tap.said)), 65_536)
            eventually(lambda: MeterValue.objects.filter(transaction=session).exists())
            row = MeterValue.objects.filter(transaction=session).earliest("pk")
            self.assertEqual(
                len(orjson.loads(row.samples)),
                len(station.said("MeterValues")[0][3]["meterValue"][0]["sampledValue"]),
            )
            self.assertIsNotNone(row.energy_wh)

    def test_over_the_limit_the_socket_is_closed_cleanly(self) -> None:
        with self.emulated("endless-frame") as station:
            station.wait_answer("BootNotification")
            station.tell("Heartbeat")
            eventually(lambda: "1009" in station.client.trouble)
            # It comes back and goes on.
            eventually(lambda: self.station().connection == 2)
            station.tell("Heartbeat")
            station.wait_answer("Heartbeat", 2)
        self.assertFalse(Message.objects.filter(action="DataTransfer").exists())
