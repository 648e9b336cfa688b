"""Composite schedules: units, what the hardware can do, the station as a whole, and odd questions."""

from __future__ import annotations

import unittest

from stations.ocpp.charging import LONGEST, Period, Profile, Session, composite, limit_at
from stations.ocpp.profiles import MAX_RATE
from tests.stations.schedules import DAY, HOUR, TX, after, made, profile, session, whole
from tests.stations.support import NOON


class Units(unittest.TestCase):
    def test_34_amperes_as_watts(self) -> None:
        # 10 A × 230 V × 3 = 6,900 W; × 2 phases = 4,600 W; × 1 = 2,300 W.
        one = profile((0, 10), (60, 10, 2), (120, 10, 1))
        self.assertEqual(made(one, unit="W"), [(0, 6900.0), (60, 4600.0), (120, 2300.0)])

    def test_35_watts_as_amperes(self) -> None:
        # 11,000 W / 690 = 15.942… A, rounded down; 3,680 W on one phase / 230 = 16 A.
        one = profile((0, 11000), (60, 3680, 1), unit="W")
        self.assertEqual(made(one), [(0, 15.9), (60, 16.0)])

    def test_36_another_voltage(self) -> None:
        # 16 A × 400 V × 3 = 19,200 W; 12,000 W / 1,200 = 10 A.
        self.assertEqual(made(profile((0, 16)), unit="W", voltage=400.0), [(0, 19200.0)])
        self.assertEqual(made(profile((0, 12000), unit="W"), voltage=400.0), [(0, 10.0)])

    def test_37_a_station_with_one_phase(self) -> None:
        # 16 A × 230 V × 1, though the profile speaks of three; 3,680 W / 230 = 16 A.
        self.assertEqual(made(profile((0, 16)), unit="W", phases=1), [(0, 3680.0)])
        self.assertEqual(made(profile((0, 3680), unit="W"), phases=1), [(0, 16.0)])

    def test_38_both_units_together(self) -> None:
        # Ceiling 8,000 W = 11.594… A; default 16 A = 11,040 W, later 10 A = 6,900 W.
        profiles = (whole(8000, unit="W"), profile((0, 16), (60, 10)))
        self.assertEqual(made(*profiles), [(0, 11.5), (60, 10.0)])
        self.assertEqual(made(*profiles, unit="W"), [(0, 8000.0), (60, 6900.0)])

    def test_39_on_one_phase_no_more_amperes_than_the_ceiling_has_a_phase(self) -> None:
        # 32 A on one phase are 7,360 W, less than the ceiling's 16 A × 690 = 11,040 W; but its 16 A are a phase's
        # limit: 16 A × 230 V = 3,680 W.
        profiles = (whole(16), profile((0, 32, 1)))
        self.assertEqual(composite(profiles, start=NOON, duration=60, unit="A", connector=1), (Period(0, 16.0, 1),))
        self.assertEqual(limit_at(profiles, NOON, connector=1), 3680.0)

    def test_40_decimals_stay_decimal(self) -> None:
        # 16.1 A × 690 = 11,109 W and back 16.1 A; in binary fractions it would be 11,108.999… and 16.0.
        self.assertEqual(made(profile((0, 16.1))), [(0, 16.1)])
        self.assertEqual(made(profile((0, 16.1)), unit="W"), [(0, 11109.0)])
        self.assertEqual(made(profile((0, 11109), unit="W")), [(0, 16.1)])

    def test_41_limits_without_end_are_read_as_very_high(self) -> None:
        self.assertEqual(limit_at([profile((0, 1e300), unit="W")], NOON, connector=1), float(MAX_RATE))


class Ceilings(unittest.TestCase):
    def test_42_the_hardware_limits_where_no_profile_does(self) -> None:
        # 32 A at most: before the profile's 40 A begin at 600 s, with them, and after 1,200 s with 8 A.
        one = profile((0, 40), (600, 8), start=after(minutes=10))
        self.assertEqual(made(one, ceiling=32.0), [(0, 32.0), (1200, 8.0)])

    def test_43_in_the_unit_that_is_asked_for(self) -> None:
        # 7,360 W of the hardware; the profile's 16 A are 11,040 W, 10 A are 6,900 W.
        self.assertEqual(made(profile((0, 16), (60, 10)), unit="W", ceiling=7360.0), [(0, 7360.0), (60, 6900.0)])


class TheStation(unittest.TestCase):
    """Connector 0: everything together (section 5.7)."""

    def test_44_its_own_limit(self) -> None:
        self.assertEqual(made(whole(40), profile((0, 16)), connector=0), [(0, 40.0)])

    def test_45_no_more_than_its_connectors_together(self) -> None:
        # 16 + 10 = 26 A, below 40; after 60 s 16 + 32 = 48 A, above 40.
        profiles = (whole(40), profile((0, 16)), profile((0, 10), (60, 32), connector=2, number=2))
        sessions = {1: Session(TX), 2: Session(TX + 1)}
        self.assertEqual(made(*profiles, connector=0, sessions=sessions), [(0, 26.0), (60, 40.0)])
        # (16 + 10) × 690 = 17,940 W; 40 × 690 = 27,600 W
        self.assertEqual(made(*profiles, connector=0, unit="W", sessions=sessions), [(0, 17940.0), (60, 27600.0)])

    def test_46_one_connector_without_a_limit_leaves_the_station_s(self) -> None:
        sessions = {1: Session(TX), 2: Session(TX + 1)}
        self.assertEqual(made(whole(40), profile((0, 16)), connector=0, sessions=sessions), [(0, 40.0)])
        self.assertEqual(made(profile((0, 16)), connector=0, sessions=sessions), [(0, None)])

    def test_47_its_connectors_where_it_has_no_limit_itself(self) -> None:
        # A default for all is each connector's own: 2 × 16 A.
        sessions = {1: Session(TX), 2: Session(TX + 1)}
        self.assertEqual(made(profile((0, 16), connector=0), connector=0, sessions=sessions), [(0, 32.0)])

    def test_48_each_transaction_s_own_profile(self) -> None:
        # Connector 1 has 6 A for its transaction, connector 2 the default of 16 A: 22 A.
        profiles = (profile((0, 16), connector=0), session((0, 6)))
        sessions = {1: Session(TX), 2: Session(TX + 1)}
        self.assertEqual(made(*profiles, connector=0, sessions=sessions), [(0, 22.0)])


class OddQuestions(unittest.TestCase):
    def test_a_question_about_years_is_answered_for_a_month(self) -> None:
        daily = profile((0, 6), (HOUR, 32), kind="Recurring", recurrencyKind="Daily")
        found = made(daily, duration=2**31 - 1)
        self.assertEqual(len(found), 2 * LONGEST.days)

    def test_recurring_without_saying_when_happens_once(self) -> None:
        once = profile((0, 6), kind="Recurring", duration=600)
        self.assertEqual(made(once, duration=2 * DAY), [(0, 6.0), (600, None)])

    def test_periods_in_any_order(self) -> None:
        self.assertEqual(made(profile((900, 10), (0, 32))), [(0, 32.0), (900, 10.0)])

    def test_no_phases_at_all_are_one(self) -> None:
        self.assertEqual(made(profile((0, 10, -1)), unit="W"), [(0, 2300.0)])

    def test_a_time_that_is_none_is_refused(self) -> None:
        # A leap second fits the schema.
        with self.assertRaisesRegex(ValueError, "validFrom"):
            profile((0, 6), validFrom="2016-12-31T23:59:60Z")

    def test_a_limit_that_is_none_is_refused(self) -> None:
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": None}]}
        payload = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        }
        with self.assertRaisesRegex(ValueError, "limit"):
            Profile.read(payload, received_at=NOON)

    def test_there_is_no_grid_without_voltage_or_phase(self) -> None:
        for grid in ({"voltage": 0.0}, {"phases": 0}):
            with self.assertRaises(ValueError):
                limit_at([], NOON, connector=1, **grid)

    def test_the_lowest_rate_is_kept(self) -> None:
        payload = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "minChargingRate": 6.5,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
            },
        }
        self.assertEqual(Profile.read(payload, received_at=NOON).min_rate, 6.5)
