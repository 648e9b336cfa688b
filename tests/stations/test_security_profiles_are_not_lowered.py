"""SetNetworkProfile: what would lower a station's security is refused before it is sent (2.x A05)."""

from __future__ import annotations

from django.test import TestCase

from smartserver.core.errors import InvalidPayload
from stations.models import Command, Variable
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run


class Profiles(TestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create(identity="CP1", ocpp_version="2.0.1")

    def told(self, value: str, variable: str = "SecurityProfile") -> None:
        Variable.objects.filter(variable=variable).delete()
        Variable.objects.create(
            station=self.station,
            component="SecurityCtrlr",
            variable=variable,
            attribute="Actual",
            value=value,
            mutability="ReadOnly",
            reported_at=NOON,
        )

    def send(self, profile: int, url: str = "wss://csms.example/ocpp") -> None:
        data: Payload = {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": url,
            "messageTimeout": 30,
            "securityProfile": profile,
            "ocppInterface": "Wired0",
        }
        payload = {"configurationSlot": 1, "connectionData": data}
        run(lambda b: queue_command(b, station_id=self.station.pk, action="SetNetworkProfile", payload=payload))

    def test_what_is_lower_than_the_station_has_told_is_refused(self) -> None:
        self.told("2")
        with self.assertRaisesRegex(InvalidPayload, ""):
            self.send(1)
        for profile in (2, 3):
            self.send(profile)
        self.assertEqual(Command.objects.count(), 2)

    def test_from_three_to_two_where_the_station_allows_it(self) -> None:
        self.told("3")
        self.told("false", "AllowSecurityProfileDowngrade")
        with self.assertRaises(InvalidPayload):
            self.send(2)
        self.told("True", "AllowSecurityProfileDowngrade")
        self.send(2)
        with self.assertRaises(InvalidPayload):
            self.send(1)

    def test_by_variables(self) -> None:
        self.told("2")
        self.set("NetworkConfiguration", "SecurityProfile", "2")
        self.set("NetworkConfiguration", "SecurityProfile", "none")  # what that is the station knows best
        self.set("Another", "SecurityProfile", "1")
        with self.assertRaises(InvalidPayload) as caught:
            self.set("networkConfiguration", "securityProfile", "1")
        self.assertIn("setVariableData/0/attributeValue", str(caught.exception))
        self.assertEqual(Command.objects.count(), 3)

    def set(self, component: str, variable: str, value: str) -> None:
        data = {"component": {"name": component, "instance": "2"}, "variable": {"name": variable}}
        payload = {"setVariableData": [data | {"attributeValue": value}]}
        run(lambda b: queue_command(b, station_id=self.station.pk, action="SetVariables", payload=payload))

    def test_nothing_is_lower_than_what_nobody_knows(self) -> None:
        self.send(1, "ws://csms.example/ocpp")
        self.told("unknown")
        self.send(1)

    def test_from_the_second_on_they_are_encrypted(self) -> None:
        with self.assertRaises(InvalidPayload):
            self.send(2, "ws://csms.example/ocpp")
