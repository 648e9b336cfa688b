"""Of several external limits none is exceeded, several generators add up, and a vehicle's state of charge counts."""

from __future__ import annotations

import unittest

from stations.ocpp.charging import Profile, Session, allowed_at, limit_at
from tests.stations.support import NOON
from tests.stations.test_composite_schedules_of_2x import HOUR, made, profile, step

EXTERNAL, GENERATION = "ChargingStationExternalConstraints", "LocalGeneration"


def of_others(limit: float, number: int, *, purpose: str = EXTERNAL, evse: int = 1, level: int = 0) -> Profile:
    return profile(step(limit), purpose=purpose, evse=evse, number=-number, level=level)


class SeveralLimits(unittest.TestCase):
    def test_the_lowest_counts_whichever_came_last(self) -> None:
        high, low, default = of_others(9000, 1), of_others(5000, 2), profile(step(11000))
        for order in ((high, low), (low, high)):
            self.assertEqual(made(default, *order), [(0, 5000.0)])
        self.assertEqual(made(default, of_others(9000, 1, level=3), low), [(0, 5000.0)])

    def test_so_it_is_for_the_station(self) -> None:
        limits = [of_others(9000, 1, evse=0), of_others(5000, 2, evse=0)]
        self.assertEqual(made(*limits, evse=0), [(0, 5000.0)])
        self.assertEqual(made(profile(step(11000)), *limits), [(0, 5000.0)])

    def test_when_one_ends_the_others_hold_on(self) -> None:
        short = Profile.read(
            {
                "id": -1,
                "stackLevel": 0,
                "chargingProfilePurpose": EXTERNAL,
                "chargingProfileKind": "Absolute",
                "chargingSchedule": [
                    {
                        "id": 1,
                        "startSchedule": NOON.isoformat(),
                        "duration": 600,
                        "chargingRateUnit": "W",
                        "chargingSchedulePeriod": [step(2000)],
                    }
                ],
            },
            connector=1,
            received_at=NOON,
        )
        self.assertEqual(made(profile(step(11000)), short, of_others(5000, 2)), [(0, 2000.0), (600, 5000.0)])


class SeveralGenerators(unittest.TestCase):
    def test_each_adds_what_it_has(self) -> None:
        roof, battery = (of_others(watts, watts, purpose=GENERATION) for watts in (2000, 1000))
        self.assertEqual(made(profile(step(4000)), roof, battery), [(0, 7000.0)])
        self.assertEqual(made(profile(step(4000)), roof, battery, of_others(5000, 1)), [(0, 5000.0)])

    def test_of_several_levels_the_highest_speaks(self) -> None:
        planned = of_others(3000, 1, purpose=GENERATION, level=1)
        self.assertEqual(made(profile(step(4000)), planned, of_others(500, 2, purpose=GENERATION)), [(0, 7000.0)])

    def test_they_add_to_what_the_station_s_connectors_take_together(self) -> None:
        roof, battery = (of_others(watts, watts, purpose=GENERATION, evse=0) for watts in (2000, 1000))
        sessions = {1: Session("tx-1", NOON), 2: Session("tx-2", NOON)}
        defaults = [profile(step(4000)), profile(step(3000), evse=2, number=2)]
        self.assertEqual(made(*defaults, roof, battery, evse=0, sessions=sessions), [(0, 10000.0)])

    def test_one_without_a_number_adds_nothing(self) -> None:
        unknown = profile(
            {"startPeriod": 0, "operationMode": "ExternalLimits"}, purpose=GENERATION, evse=0, kind="Dynamic", number=3
        )
        self.assertEqual(made(profile(step(4000)), unknown, evse=0), [(0, 4000.0)])


class StatesOfCharge(unittest.TestCase):
    def limit(self, given: Profile, soc: float | None) -> float | None:
        sessions = {1: Session("tx-1", NOON, soc=soc)}
        return limit_at([given], NOON, connector=1, sessions=sessions)

    def capped(self, **values: float) -> Profile:
        schedule = {
            "id": 1,
            "startSchedule": NOON.isoformat(),
            "duration": HOUR,
            "chargingRateUnit": "W",
            "limitAtSoC": {"soc": 80, "limit": 3000.0},
            "chargingSchedulePeriod": [{"startPeriod": 0} | values],
        }
        return profile(schedules=[schedule])

    def test_from_one_on_the_limit_is_lower(self) -> None:
        given = self.capped(limit=9000.0)
        self.assertEqual(
            [self.limit(given, soc) for soc in (None, 79.9, 80.0, 100.0)], [9000.0, 9000.0, 3000.0, 3000.0]
        )

    def test_it_never_raises_a_limit(self) -> None:
        self.assertEqual(self.limit(self.capped(limit=2000.0), 90.0), 2000.0)

    def test_it_caps_what_is_asked_for_as_well(self) -> None:
        sessions = {1: Session("tx-1", NOON, soc=90.0)}
        found = allowed_at([self.capped(setpoint=7000.0)], NOON, connector=1, sessions=sessions)
        self.assertEqual((found.limit, found.setpoint), (3000.0, 3000.0))
