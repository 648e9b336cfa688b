"""The emulator's configuration keys."""

from __future__ import annotations

from stations.models import ConfigurationKey
from tests.certification.station.support import PATIENCE, StationCase


class Configuration(StationCase):
    def key(self, name: str) -> ConfigurationKey:
        return ConfigurationKey.objects.get(station=self.station, key=name)

    def test_tc_019_1_read_all(self) -> None:
        with self.booted():
            keys = self.ask("GetConfiguration", {}, "")["configurationKey"]
            self.assertEqual(self.station.configuration.count(), len(keys))
            self.assertEqual(
                [
                    (self.key(name).value, self.key(name).readonly)
                    for name in ("NumberOfConnectors", "HeartbeatInterval")
                ],
                [("2", True), ("300", False)],
            )

    def test_tc_019_2_read_one(self) -> None:
        with self.booted():
            reply = self.ask("GetConfiguration", {"key": ["ConnectionTimeOut", "Moonlight"]}, "")
            shown = {"key": "ConnectionTimeOut", "readonly": False, "value": PATIENCE}
            self.assertEqual(reply, {"configurationKey": [shown], "unknownKey": ["Moonlight"]})

    def test_tc_021_change(self) -> None:
        with self.booted() as point:
            self.change("MeterValueSampleInterval", "30")
            self.assertEqual(point.model.settings.text("MeterValueSampleInterval"), "30")
            self.assertEqual((self.key("MeterValueSampleInterval").value), "30")

    def test_tc_040_1_not_supported(self) -> None:
        with self.booted():
            self.change("Moonlight", "on", "NotSupported")
            self.assertEqual(self.key("Moonlight").answer, "NotSupported")

    def test_tc_040_2_senseless_value(self) -> None:
        with self.booted() as point:
            self.change("MeterValueSampleInterval", "often", "Rejected")
            self.assertEqual(point.model.settings.text("MeterValueSampleInterval"), "10")
            self.assertEqual(self.key("MeterValueSampleInterval").answer, "Rejected")
