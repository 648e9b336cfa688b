"""Rule 5: the version belongs to the connection, not to the station (lbbrhzn/ocpp#2012)."""

from __future__ import annotations

from stations.models import Message
from tests.field.support import FieldCase


class VersionBelongsToTheConnection(FieldCase):
    def test_station_speaks_another_version_after_an_update(self) -> None:
        for version in ("1.6", "2.0.1", "1.6", "2.1"):
            with self.emulated(version=version) as station:
                self.assertEqual(station.wait_answer("BootNotification")[2]["status"], "Accepted")
                self.assertEqual(self.station().ocpp_version, version)
        boots = Message.objects.filter(action="BootNotification").order_by("pk")
        self.assertEqual(
            list(boots.values_list("ocpp_version", "outcome")),
            [(version, "CALLRESULT") for version in ("1.6", "2.0.1", "1.6", "2.1")],
        )

    def test_commands_are_written_for_the_version_of_the_connection(self) -> None:
        with self.emulated(version="2.0.1") as station:
            station.wait_answer("BootNotification")
        with self.emulated(version="1.6") as station:
            station.wait_answer("BootNotification")
            command = self.settled(self.command("ChangeAvailability", {"connectorId": 0, "type": "Operative"}))
            self.assertEqual((command.state, command.result, command.ocpp_version), ("answered", "Accepted", "1.6"))
