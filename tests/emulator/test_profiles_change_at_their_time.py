"""What profiles of 2.x allow changes at its time, not when an emulated station looks next (blocks K and Q)."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.driver import Habits
from tests.emulator.test_smart_charging_of_2x import HOUR, Station


class Changes(SimpleTestCase):
    def changes(self, station: Station, power: float) -> float:
        """When it does, in seconds; not before."""
        before, waits = station.power(), station.station.charging.due - station.now
        station.run(waits - 0.1)
        self.assertAlmostEqual(station.outlet.power_w, before, delta=200)
        station.run(0.2)
        self.assertAlmostEqual(station.outlet.power_w, power, delta=200)
        return waits

    def test_that_are_delayed(self) -> None:
        station = Station(self, habits=Habits(tick=HOUR))
        station.charge()
        station.install(rates={"randomizedDelay": 600})
        waits = self.changes(station, 4_000)
        self.assertLessEqual(waits, 601)
        self.assertGreater(waits, 1)

    def test_of_a_session(self) -> None:
        """By a profile that was there before it began."""
        station = Station(self, habits=Habits(tick=HOUR))
        steps = [{"startPeriod": 0, "limit": 9000.0}, {"startPeriod": 90, "limit": 4000.0}]
        station.install(chargingProfileKind="Relative", rates={"startSchedule": None}, steps=steps)
        station.run(10)
        station.charge()
        self.assertAlmostEqual(self.changes(station, 4_000), 90, delta=0.1)
