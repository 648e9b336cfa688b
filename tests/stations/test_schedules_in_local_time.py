"""Schedules in the station's local time begin at the same hour in summer and in winter (2.1 useLocalTime)."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from stations.ocpp.charging import Profile, composite
from stations.ocpp.local_times import moment_of, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)
"""The days on which the clock is put forward and back."""

HOUR = 3600


def nightly(start: str, *, kind: str = "Recurring", local: bool = True, zone: Any = BERLIN) -> Profile:
    """Half of the power for an hour at this time of each day."""
    payload: dict[str, Any] = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": kind,
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": start,
                "duration": HOUR,
                "chargingRateUnit": "W",
                "useLocalTime": local,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5500.0}],
            }
        ],
    }
    if kind == "Recurring":
        payload["recurrencyKind"] = "Daily"
    return Profile.read(payload, received_at=datetime(2026, 1, 1, tzinfo=UTC), zone=zone)


def hours(profile: Profile, begin: datetime, days: int = 1) -> list[str]:
    """When it begins to limit, by the clock in Berlin."""
    seconds = days * 24 * HOUR
    found = composite([profile], start=begin.astimezone(UTC), duration=seconds, unit="W", connector=1)
    moments = [begin.astimezone(UTC) + timedelta(seconds=each.start_seconds) for each in found if each.limit]
    return [f"{each.astimezone(BERLIN):%d %H:%M}" for each in moments]


class LocalTimes(unittest.TestCase):
    def test_a_recurring_schedule_follows_the_clock_on_the_wall(self) -> None:
        profile = nightly("2026-01-01T08:00:00Z")
        self.assertEqual(hours(profile, SPRING - timedelta(days=1), 3), ["28 08:00", "29 08:00", "30 08:00"])
        self.assertEqual(hours(profile, AUTUMN - timedelta(days=1), 3), ["24 08:00", "25 08:00", "26 08:00"])

    def test_without_it_each_day_has_24_hours(self) -> None:
        profile = nightly("2026-01-01T08:00:00+01:00", local=False)
        self.assertEqual(hours(profile, SPRING - timedelta(days=1), 3), ["28 08:00", "29 09:00", "30 09:00"])

    def test_the_offset_that_was_sent_does_not_matter(self) -> None:
        for start in ("2026-02-01T08:00:00Z", "2026-02-01T08:00:00-05:00", "2026-02-01T08:00:00"):
            self.assertEqual(hours(nightly(start, kind="Absolute"), datetime(2026, 2, 1, tzinfo=BERLIN)), ["01 08:00"])

    def test_an_hour_that_comes_twice_is_the_first_one(self) -> None:
        profile = nightly("2026-01-01T02:45:00Z")
        self.assertEqual(hours(profile, AUTUMN), ["25 02:45"])
        # At 02:30 for the second time it has begun already, 45 minutes ago.
        again = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN).astimezone(UTC)
        self.assertIsNotNone(profile.step_at(again))
        self.assertIsNone(profile.step_at(again + timedelta(minutes=15)))

    def test_a_time_that_is_left_out_is_as_long_after_the_hour_before(self) -> None:
        self.assertEqual(hours(nightly("2026-01-01T02:30:00Z"), SPRING), ["29 03:30"])

    def test_before_its_first_day_there_is_none(self) -> None:
        profile = nightly("2026-02-01T08:00:00Z")
        self.assertEqual(hours(profile, datetime(2026, 1, 30, tzinfo=BERLIN), 2), [])
        self.assertIsNone(profile.step_at(datetime(2026, 1, 31, 7, 30, tzinfo=UTC)))

    def test_a_schedule_without_a_start_is_relative_all_the_same(self) -> None:
        payload: dict[str, Any] = {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [
                {"id": 1, "chargingRateUnit": "W", "useLocalTime": True, "chargingSchedulePeriod": [{"startPeriod": 0}]}
            ],
        }
        begun = datetime(2026, 5, 1, tzinfo=UTC)
        profile = Profile.read(payload, received_at=begun, zone=BERLIN)
        self.assertIsNone(profile.start_schedule)
        self.assertIsNotNone(profile.step_at(begun))


class Zones(unittest.TestCase):
    def test_a_name_goes_before_an_offset(self) -> None:
        self.assertEqual(zone_of("Europe/Berlin", "+05:00"), BERLIN)

    def test_an_offset_counts_where_no_zone_is_named(self) -> None:
        self.assertEqual(zone_of("", "+05:30"), timezone(timedelta(hours=5, minutes=30)))
        self.assertEqual(zone_of("Nowhere/Land", "-3:00"), timezone(timedelta(hours=-3)))

    def test_what_is_neither_says_nothing(self) -> None:
        for name, offset in (("", ""), ("Europe", ""), ("../etc", "five"), ("", "+25:00")):
            self.assertIsNone(zone_of(name, offset))

    def test_a_time_out_of_reach_is_no_time(self) -> None:
        for text in ("9999-12-31T23:59:59", "soon"):
            with self.assertRaises(ValueError):
                moment_of(text, timezone(timedelta(hours=-12)))
