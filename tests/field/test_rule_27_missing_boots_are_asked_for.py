"""Rule 27: without a BootNotification after a reconnect the server asks for one, and for status.

evcc#25069, lbbrhzn/ocpp#1529.
"""

from __future__ import annotations

from stations.models import Connector
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually


class MissingBootsAreAskedFor(FieldCase):
    def triggered(self, station: Emulated) -> list[str]:
        return [frame[3]["requestedMessage"] for frame in station.asked("TriggerMessage")]

    def test_station_that_never_booted_is_asked_to(self) -> None:
        with self.emulated("no-boot") as station:
            self.assertEqual(station.wait_answer("BootNotification")[2]["status"], "Accepted")
            eventually(lambda: len(self.triggered(station)) == 2)
            self.assertEqual(self.triggered(station), ["BootNotification", "StatusNotification"])
            self.assertEqual(station.tap.said[0].count("BootNotification"), 0)
            eventually(lambda: self.station().booted_at is not None)
            self.assertEqual(self.station().vendor, station.model.plate.vendor)

    def test_station_that_is_known_is_asked_for_its_status_only(self) -> None:
        with self.emulated() as station:
            station.wait_ready()
            self.assertEqual(self.triggered(station), [])
            # Meanwhile somebody wipes what is known of its connectors.
            Connector.objects.all().delete()
            station.drop()
            station.come_back()
            eventually(lambda: self.triggered(station) == ["StatusNotification"])
            eventually(lambda: Connector.objects.filter(evse__number=1, status="Available").exists())
            self.assertEqual(len(station.said("BootNotification")), 1)

    def test_session_goes_on_meanwhile(self) -> None:
        with self.emulated() as station:
            session = self.session(station)
            station.drop()
            station.come_back()
            eventually(lambda: self.triggered(station) == ["StatusNotification"])
            session.refresh_from_db()
            self.assertTrue(session.active)
            station.present()
            station.wait_answer("StopTransaction")
            session.refresh_from_db()
            self.assertFalse(session.active)
