"""Profiles of 2.x make composite schedules as those of 1.6 do, with more purposes (part 2, K01, K08, K21, K28)."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from stations.ocpp.charging import Allowance, Period, Profile, Session, Unit, allowed_at, composite, read_periods
from stations.ocpp.schemas import request_problems
from stations.ocpp.times import written
from tests.stations.schedules import after, whole
from tests.stations.schedules import profile as profile_16
from tests.stations.support import NOON

HOUR = 3600
TX = "tx-1"
ON, OFF = {1: Session(TX, NOON, priority=True)}, {1: Session(TX, NOON)}


def profile(
    *periods: dict[str, Any],
    purpose: str = "TxDefaultProfile",
    evse: int = 1,
    kind: str = "Absolute",
    unit: str = "W",
    number: int = 1,
    level: int = 0,
    chosen: int | None = None,
    schedules: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Profile:
    schedule: dict[str, Any] = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": list(periods)}
    if kind != "Dynamic":
        schedule["startSchedule"] = written(NOON)
    payload = {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedules or [schedule],
    } | more
    problems = request_problems("2.1", "SetChargingProfile", {"evseId": evse, "chargingProfile": payload})
    assert not problems, problems
    return Profile.read(payload, connector=evse, received_at=NOON, chosen=chosen)


def step(limit: float, start: int = 0, **more: Any) -> dict[str, Any]:
    return {"startPeriod": start, "limit": limit} | more


def made(*profiles: Profile, sessions: Any = OFF, unit: Unit = "W", evse: int = 1) -> list[tuple[int, float | None]]:
    found = composite(profiles, start=NOON, duration=HOUR, unit=unit, connector=evse, sessions=sessions)
    return [(period.start_seconds, period.limit) for period in found]


class Purposes(unittest.TestCase):
    def test_the_station_s_limit_has_either_name(self) -> None:
        for limit in (whole(10), profile(step(10), purpose="ChargingStationMaxProfile", evse=0, unit="A")):
            self.assertEqual(made(limit, profile(step(32), unit="A"), unit="A"), [(0, 10.0)])

    def test_a_profile_of_16_stands_beside_one_of_2x(self) -> None:
        self.assertEqual(made(profile_16((0, 10)), profile(step(16), unit="A", level=1), unit="A"), [(0, 16.0)])

    def test_a_transaction_is_known_by_its_text(self) -> None:
        mine = profile(step(3000), purpose="TxProfile", transactionId=TX)
        other = profile(step(1000), purpose="TxProfile", transactionId="tx-2", number=2, level=1)
        self.assertEqual(made(mine, other, profile(step(9000), number=3)), [(0, 3000.0)])

    def test_external_constraints_cap_what_is_below_them(self) -> None:
        of_evse = profile(step(5000), step(9000, 600), purpose="ChargingStationExternalConstraints", number=2)
        of_station = profile(step(7000), purpose="ChargingStationExternalConstraints", evse=0, number=3)
        default = profile(step(11000))
        self.assertEqual(made(default, of_evse), [(0, 5000.0), (600, 9000.0)])
        self.assertEqual(made(default, of_evse, of_station), [(0, 5000.0), (600, 7000.0)])
        self.assertEqual(made(of_station, evse=0), [(0, 7000.0)])

    def test_priority_goes_first_while_it_is_on(self) -> None:
        fast = profile(step(22000), purpose="PriorityCharging", evse=0, number=2)
        slow = profile(step(3000), purpose="TxProfile", transactionId=TX)
        self.assertEqual(made(fast, slow), [(0, 3000.0)])
        self.assertEqual(made(fast, slow, sessions=ON), [(0, 22000.0)])
        own = profile(step(15000), purpose="PriorityCharging", number=3)
        self.assertEqual(made(fast, own, slow, sessions=ON), [(0, 15000.0)])

    def test_what_is_generated_on_site_is_added_below_the_caps(self) -> None:
        sun = profile(step(2000), purpose="LocalGeneration", evse=0, number=2)
        roof = profile(step(500), purpose="LocalGeneration", number=3)
        default = profile(step(3000))
        self.assertEqual(made(default, sun), [(0, 5000.0)])
        self.assertEqual(made(default, sun, roof), [(0, 5500.0)])
        cap = profile(step(4000), purpose="ChargingStationExternalConstraints", evse=0, number=4)
        self.assertEqual(made(default, sun, cap), [(0, 4000.0)])
        self.assertEqual(made(sun), [(0, None)], "nothing limits, so there is nothing to add to")

    def test_what_is_generated_is_added_once_to_all_together(self) -> None:
        sun = profile(step(2000), purpose="LocalGeneration", evse=0, number=2)
        sessions = {1: Session(TX), 2: Session("tx-2")}
        default = profile(step(3000), evse=0)
        self.assertEqual(made(default, sun, evse=0, sessions=sessions), [(0, 8000.0)])
        most = profile(step(7000), purpose="ChargingStationMaxProfile", evse=0, number=3)
        self.assertEqual(made(default, sun, most, evse=0, sessions=sessions), [(0, 7000.0)])
        # One that only says what has to flow is no limit.
        point = profile({"startPeriod": 0, "setpoint": 100.0}, evse=0)
        self.assertEqual(made(point, evse=0, sessions=sessions), [(0, None)])


class Values(unittest.TestCase):
    def allowed(self, *profiles: Profile) -> Allowance:
        return allowed_at(profiles, NOON, connector=1, sessions=OFF)

    def test_phases_with_values_of_their_own(self) -> None:
        self.assertEqual(self.allowed(profile(step(1000.0, limit_L2=2000.0, limit_L3=500.0))).limit, 3500.0)
        self.assertEqual(self.allowed(profile(step(10.0, limit_L2=6.0), unit="A")).limit, 6.0 * 690)

    def test_a_setpoint_keeps_within_what_may_flow(self) -> None:
        for setpoint, kept in ((-9000.0, -5000.0), (-2000.0, -2000.0), (9000.0, 7000.0)):
            found = self.allowed(profile(step(7000.0, dischargeLimit=-5000.0, setpoint=setpoint)))
            self.assertEqual(found, Allowance(7000.0, -5000.0, kept))

    def test_a_setpoint_without_limits(self) -> None:
        found = self.allowed(profile({"startPeriod": 0, "setpoint": -10.0}, unit="A"))
        self.assertEqual(found, Allowance(None, None, -6900.0))

    def test_they_are_shown_in_the_unit_that_is_asked_for(self) -> None:
        given = profile(step(6900.0, dischargeLimit=-3450.0, setpoint=-690.0))
        found = composite([given], start=NOON, duration=60, unit="A", connector=1)
        self.assertEqual(found, (Period(0, 10.0, None, -5.0, -1.0),))

    def test_what_a_station_says_of_them_is_read(self) -> None:
        schedule = {"chargingSchedulePeriod": [step(6900.0, setpoint=-1.0), {"startPeriod": 60, "setpoint": 5.0}]}
        self.assertEqual(
            read_periods(schedule), (Period(0, 6900.0, None, None, -1.0), Period(60, None, None, None, 5.0))
        )


class Kinds(unittest.TestCase):
    def test_the_values_of_a_dynamic_profile_hold_from_when_they_were_told(self) -> None:
        later = written(after(minutes=10))
        told = profile(step(4000.0), kind="Dynamic", dynUpdateTime=later)
        self.assertEqual(made(told), [(0, None), (600, 4000.0)])
        self.assertEqual(made(profile(step(4000.0), kind="Dynamic")), [(0, 4000.0)])

    def test_they_end_where_nothing_new_is_told_for_too_long(self) -> None:
        schedule = {"id": 1, "duration": 300, "chargingRateUnit": "W", "chargingSchedulePeriod": [step(4000.0)]}
        self.assertEqual(made(profile(kind="Dynamic", schedules=[schedule])), [(0, 4000.0), (300, None)])

    def test_of_several_schedules_the_vehicle_s_choice_counts(self) -> None:
        schedules = [
            {
                "id": id,
                "startSchedule": written(NOON - timedelta(minutes=1)),
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [step(limit)],
            }
            for id, limit in ((1, 3000.0), (2, 9000.0))
        ]
        more: dict[str, Any] = {"purpose": "TxProfile", "transactionId": TX, "schedules": schedules}
        for chosen, limit in ((None, 3000.0), (2, 9000.0), (8, 3000.0)):
            self.assertEqual(made(profile(chosen=chosen, **more)), [(0, limit)])
