"""A vehicle's own schedule is compared with the profile that it was given (2.x K15)."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from stations.ocpp.charging import Profile
from stations.ocpp.ev_schedules import exceeds
from stations.ocpp.times import written
from tests.stations.support import NOON
from tests.stations.test_composite_schedules_of_2x import HOUR, profile, step

CENTRAL: dict[str, Any] = {"operationMode": "CentralSetpoint", "setpoint": 500.0}
PLAN = profile(step(11_000), step(4_000, HOUR), purpose="TxProfile")


def schedule(*steps: tuple[int, float | None], unit: str = "W", **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": start} | ({} if limit is None else {"limit": limit}) for start, limit in steps]
    return {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods} | more


class Schedules(unittest.TestCase):
    def exceeds(self, *steps: tuple[int, float | None], plan: Profile = PLAN, minutes: int = 0, **more: Any) -> bool:
        return exceeds(plan, schedule(*steps, **more), NOON + timedelta(minutes=minutes), NOON)

    def test_what_is_no_more_keeps_to_it(self) -> None:
        self.assertFalse(self.exceeds((0, 11_000.0), (HOUR, 4_000.05)))
        self.assertFalse(self.exceeds((0, 3_000.0)))

    def test_what_is_more_anywhere_does_not(self) -> None:
        self.assertTrue(self.exceeds((0, 11_001.0), (HOUR, 100.0)))
        self.assertTrue(self.exceeds((0, 11_000.0)), "the profile goes down after an hour")
        self.assertTrue(self.exceeds((0, 3_000.0), (2 * HOUR, 5_000.0)))

    def test_it_is_compared_where_it_holds(self) -> None:
        self.assertFalse(self.exceeds((0, 11_000.0), duration=HOUR))
        self.assertTrue(self.exceeds((0, 11_000.0), duration=HOUR, minutes=30))

    def test_a_few_seconds_are_nothing(self) -> None:
        """Either way: it begins a little after its profile, and times are whole seconds."""
        rising = profile(step(4_000), step(11_000, HOUR), step(5_000, 2 * HOUR), purpose="TxProfile")
        for late, more in ((-6, True), (-4, False), (4, False), (6, True)):
            steps = (0, 4_000.0), (HOUR + late, 11_000.0), (2 * HOUR + late, 5_000.0)
            self.assertEqual(self.exceeds(*steps, plan=rising), more, late)

    def test_a_profile_may_change_as_soon_as_it_begins(self) -> None:
        short = profile(step(11_000), step(4_000, 2), purpose="TxProfile")
        told = schedule((0, 11_000.0), (2, 4_000.0))
        self.assertFalse(exceeds(short, told, NOON + timedelta(milliseconds=60), NOON))
        self.assertTrue(exceeds(short, schedule((0, 11_000.0)), NOON + timedelta(milliseconds=60), NOON))

    def test_at_the_end_of_the_profile_only_what_follows_counts(self) -> None:
        given = schedule((0, 11_000.0), (HOUR, 4_000.0), duration=HOUR + 3, startSchedule=written(NOON))
        ends = profile(purpose="TxProfile", schedules=[given])
        self.assertFalse(self.exceeds((0, 11_000.0), (HOUR + 3, 22_000.0), plan=ends))
        mixed = profile(step(4_000), CENTRAL | {"startPeriod": 3}, step(4_000, 6), purpose="TxProfile")
        self.assertTrue(self.exceeds((0, 11_000.0), plan=mixed))

    def test_where_either_says_nothing_nothing_is_exceeded(self) -> None:
        self.assertFalse(self.exceeds((0, None)))
        self.assertFalse(self.exceeds((10, 3_000.0), duration=10))
        self.assertFalse(self.exceeds((0, 20_000.0), minutes=-90, duration=HOUR))
        only_asks = profile(CENTRAL | {"startPeriod": 0})
        self.assertFalse(self.exceeds((0, 20_000.0), plan=only_asks))

    def test_other_units_are_not_compared(self) -> None:
        self.assertFalse(self.exceeds((0, 99.0), unit="A"))
