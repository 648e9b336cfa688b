"""Configuration keys, read and changed by the operator."""

from __future__ import annotations

from stations.models import ConfigurationKey
from tests.certification.central.support import ACCEPTED, REJECTED, CentralCase
from tests.waiting import eventually

INTERVAL = {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"}
CONNECTORS = {"key": "NumberOfConnectors", "readonly": True, "value": "2"}


class Configuration(CentralCase):
    def key(self, name: str) -> ConfigurationKey:
        eventually(lambda: ConfigurationKey.objects.filter(station=self.station, key=name).exists())
        return ConfigurationKey.objects.get(station=self.station, key=name)

    def test_tc_019_1_read_all(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            self.ask(client, "GetConfiguration", {}, {"configurationKey": [INTERVAL, CONNECTORS]})
            interval, connectors = self.key("MeterValueSampleInterval"), self.key("NumberOfConnectors")
            self.assertEqual((interval.value, interval.readonly), ("60", False))
            self.assertEqual((connectors.value, connectors.readonly), ("2", True))

    def test_tc_019_2_read_one(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            request = {"key": ["MeterValueSampleInterval", "Moonlight"]}
            self.ask(client, "GetConfiguration", request, {"configurationKey": [INTERVAL], "unknownKey": ["Moonlight"]})
            self.assertEqual(self.key("MeterValueSampleInterval").value, "60")
            self.assertTrue(self.key("Moonlight").unknown)

    def test_tc_021_change(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            self.ask(client, "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"}, ACCEPTED)
            key = self.key("MeterValueSampleInterval")
            self.assertEqual((key.value, key.answer), ("30", "Accepted"))

    def test_tc_040_1_not_supported(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            reply = {"status": "NotSupported"}
            self.ask(client, "ChangeConfiguration", {"key": "Moonlight", "value": "on"}, reply)
            key = self.key("Moonlight")
            self.assertEqual((key.value, key.answer), (None, "NotSupported"))

    def test_tc_040_2_senseless_value(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            self.ask(client, "GetConfiguration", {}, {"configurationKey": [INTERVAL]})
            self.ask(client, "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}, REJECTED)
            key = self.key("MeterValueSampleInterval")
            self.assertEqual((key.value, key.answer), ("60", "Rejected"), "it has its old value")
