"""A vehicle's own schedule is compared with the profile that it was given (2.x K15)."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from stations.ocpp.charging import Profile
from stations.ocpp.ev_schedules import exceeds
from tests.stations.support import NOON
from tests.stations.test_composite_schedules_of_2x import HOUR, profile, step

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

    def test_where_either_says_nothing_nothing_is_exceeded(self) -> None:
        self.assertFalse(self.exceeds((0, None)))
        self.assertFalse(self.exceeds((10, 3_000.0), duration=10))
        self.assertFalse(self.exceeds((0, 20_000.0), minutes=-90, duration=HOUR))
        only_asks = profile({"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 500.0})
        self.assertFalse(self.exceeds((0, 20_000.0), plan=only_asks))

    def test_other_units_are_not_compared(self) -> None:
        self.assertFalse(self.exceeds((0, 99.0), unit="A"))
