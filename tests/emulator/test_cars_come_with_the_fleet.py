"""`--car`: a vehicle with a provisioning certificate comes to the first station of 2.x."""

from __future__ import annotations

import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, override_settings

from stations.emulator.fleet import Order, _stations
from stations.emulator.plan import Plan


class Cars(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(V2G_DIR=self.folder / "v2g"))

    def test_come_to_one_station_that_can_get_them_a_contract(self) -> None:
        out = StringIO()
        call_command("v2g", "vehicle", "WP0EXAMPLE0000001", stdout=out)
        order = Order(count=3, versions=("1.6", "2.1"), car=out.getvalue())
        asked = []
        for station in _stations(order, Plan(url="ws://127.0.0.1:1/")):
            station.connected(0.0)
            station.registration.take({"status": "Accepted", "interval": 300}, 0.0)
            asked.append(any(message.action == "Get15118EVCertificate" for message in station.outbox))
        self.assertEqual(asked, [False, True, False])

    def test_what_is_no_car_is_told_at_once(self) -> None:
        (self.folder / "car.pem").write_text("nonsense")
        for name in ("nowhere.pem", "car.pem"):
            with self.assertRaisesRegex(CommandError, "--car"):
                call_command("emulate_stations", car=str(self.folder / name))
