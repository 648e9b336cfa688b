"""What charging profiles allow, each case computed by hand (1.6 sections 3.13 and 7.8 to 7.14).

Three phases of 230 V unless said otherwise: one ampere is 690 W, on one phase 230 W.
"""

from __future__ import annotations

import unittest
from datetime import timedelta

from stations.ocpp.charging import Period, Session, composite, limit_at
from stations.ocpp.times import written
from tests.stations.schedules import DAY, HOUR, TX, after, made, profile, session, whole
from tests.stations.support import NOON


class OneProfile(unittest.TestCase):
    def test_01_without_profiles_nothing_is_limited(self) -> None:
        self.assertEqual(made(), [(0, None)])
        self.assertIsNone(limit_at([], NOON, connector=1))

    def test_02_one_period_lasts_for_ever(self) -> None:
        # 16 A × 230 V × 3 phases = 11,040 W
        one = profile((0, 16))
        self.assertEqual(made(one), [(0, 16.0)])
        self.assertEqual(limit_at([one], after(days=4000), connector=1), 11040.0)

    def test_03_periods_count_from_the_start_of_the_schedule(self) -> None:
        # It began at 12:00; asked from 12:10 (600 s later): 32 A until 900 s, i.e. 300 s from now, then 10 A.
        one = profile((0, 32), (900, 10))
        self.assertEqual(made(one, start=after(minutes=10)), [(0, 32.0), (300, 10.0)])

    def test_04_before_its_start_it_says_nothing(self) -> None:
        # It begins at 12:30, 1,800 s from noon.
        self.assertEqual(made(profile((0, 8), start=after(minutes=30))), [(0, None), (1800, 8.0)])

    def test_05_a_duration_ends_it(self) -> None:
        # 600 s long: from 12:10 on nothing is limited.
        self.assertEqual(made(profile((0, 8), duration=600)), [(0, 8.0), (600, None)])

    def test_06_before_its_first_period_it_says_nothing(self) -> None:
        # Such a profile breaks 7.14 (the first period starts at 0), but some stations have one.
        self.assertEqual(made(profile((60, 8))), [(0, None), (60, 8.0)])

    def test_07_it_is_valid_from_the_one_to_the_other(self) -> None:
        # Valid from 12:10 (600 s) up to, not including, 12:20 (1,200 s).
        one = profile((0, 8), validFrom=written(after(minutes=10)), validTo=written(after(minutes=20)))
        self.assertEqual(made(one), [(0, None), (600, 8.0), (1200, None)])
        self.assertIsNone(limit_at([one], after(minutes=20), connector=1))

    def test_08_equal_neighbours_are_one_period(self) -> None:
        # 10, 10, 12, 12, 10: changes at 200 s and 400 s only.
        one = profile((0, 10), (100, 10), (200, 12), (300, 12), (400, 10))
        self.assertEqual(made(one), [(0, 10.0), (200, 12.0), (400, 10.0)])

    def test_09_another_number_of_phases_is_another_period(self) -> None:
        # 16 A on one phase are 3,680 W, on three 11,040 W.
        one = profile((0, 16, 1), (60, 16, 3))
        found = composite([one], start=NOON, duration=HOUR, unit="A", connector=1)
        self.assertEqual(found, (Period(0, 16.0, 1), Period(60, 16.0, 3)))
        self.assertEqual(made(one, unit="W"), [(0, 3680.0), (60, 11040.0)])

    def test_10_what_is_beyond_the_question_is_left_out(self) -> None:
        # The change at 3,600 s is the first moment after the hour.
        self.assertEqual(made(profile((0, 8), (HOUR, 6))), [(0, 8.0)])

    def test_11_parts_of_a_second_change_the_next_whole_second(self) -> None:
        # From 11:59:58.500 a change after 4 s comes at 2.5 s: at second 2 the old limit holds, at 3 the new one.
        one = profile((0, 8), (4, 6), start=NOON - timedelta(milliseconds=1500))
        self.assertEqual(made(one), [(0, 8.0), (3, 6.0)])


class Stacks(unittest.TestCase):
    def test_12_the_higher_level_counts_while_it_has_a_period(self) -> None:
        # Level 1 with 20 A for 1,800 s, above level 0 with 10 A: also when the lower one is the lower limit.
        low, high = profile((0, 10)), profile((0, 20), level=1, duration=1800, number=2)
        self.assertEqual(made(low, high), [(0, 20.0), (1800, 10.0)])

    def test_13_a_higher_level_that_is_not_valid_yet_gives_way(self) -> None:
        # Level 3 from 12:15 (900 s) on, level 2 up to 12:30 (1,800 s), level 0 always.
        profiles = (
            profile((0, 6)),
            profile((0, 12), level=2, number=2, validTo=written(after(minutes=30))),
            profile((0, 24), level=3, number=3, validFrom=written(after(minutes=15)), duration=1200),
        )
        # 12 A; from 900 s 24 A until its schedule ends at 1,200 s; 12 A again until 1,800 s; then 6 A.
        self.assertEqual(made(*profiles), [(0, 12.0), (900, 24.0), (1200, 12.0), (1800, 6.0)])

    def test_14_of_two_that_must_not_be_there_the_newer_counts(self) -> None:
        old = profile((0, 10), number=1, received=after(hours=-2))
        new = profile((0, 12), number=2, received=after(hours=-1))
        self.assertEqual(made(new, old), [(0, 12.0)])
        self.assertEqual(made(old, new), [(0, 12.0)])


class Purposes(unittest.TestCase):
    def test_15_the_station_s_limit_is_a_ceiling(self) -> None:
        # min(32, 20) = 20 A; after 600 s min(16, 20) = 16 A.
        self.assertEqual(made(profile((0, 32), (600, 16)), whole(20)), [(0, 20.0), (600, 16.0)])

    def test_16_its_stack_level_does_not_lift_a_default_over_the_ceiling(self) -> None:
        self.assertEqual(made(profile((0, 32), level=9), whole(20, level=0)), [(0, 20.0)])

    def test_17_the_transaction_s_profile_goes_before_the_default_one(self) -> None:
        # Also upwards: 24 A where the default is 10 A; for 1,200 s, then the default holds again.
        profiles = (profile((0, 10), level=5), session((0, 24), duration=1200))
        self.assertEqual(made(*profiles, transaction=TX), [(0, 24.0), (1200, 10.0)])

    def test_18_another_transaction_s_profile_says_nothing(self) -> None:
        profiles = (profile((0, 10)), session((0, 24)))
        self.assertEqual(made(*profiles, transaction=TX + 1), [(0, 10.0)])
        self.assertEqual(made(*profiles), [(0, 10.0)])

    def test_19_a_profile_of_a_remote_start_belongs_to_the_transaction_that_it_starts(self) -> None:
        # It has no transactionId (section 5.11).
        given = profile((0, 24), purpose="TxProfile", number=50)
        self.assertEqual(made(given, transaction=TX), [(0, 24.0)])
        self.assertEqual(made(given), [(0, None)])

    def test_20_a_connector_s_own_default_goes_before_the_one_for_all(self) -> None:
        # Connector 1 has its own for 600 s, though of a lower level; connector 2 has that of all.
        profiles = (profile((0, 8), connector=0, level=4, number=2), profile((0, 16), duration=600))
        self.assertEqual(made(*profiles), [(0, 16.0), (600, 8.0)])
        self.assertEqual(made(*profiles, connector=2), [(0, 8.0)])

    def test_21_another_connector_s_profiles_say_nothing(self) -> None:
        self.assertEqual(made(profile((0, 8)), session((0, 6)), connector=2, transaction=TX), [(0, None)])

    def test_22_all_three_together(self) -> None:
        # Ceiling 25 A; session 32 A for 900 s, then 6 A up to 1,800 s; default 20 A.
        # min(25, 32) = 25; min(25, 6) = 6; min(25, 20) = 20.
        profiles = (whole(25), session((0, 32), (900, 6), duration=1800), profile((0, 20)))
        self.assertEqual(made(*profiles, transaction=TX), [(0, 25.0), (900, 6.0), (1800, 20.0)])


class Kinds(unittest.TestCase):
    def test_23_daily(self) -> None:
        # Every day from 08:00: 6 A, from 20:00 (43,200 s later) 32 A. It began three weeks ago.
        # From noon: 6 A; 20:00 is 8 h = 28,800 s away; 08:00 next day 20 h = 72,000 s; 20:00 again 115,200 s.
        daily = profile((0, 6), (43200, 32), kind="Recurring", recurrencyKind="Daily", start=after(days=-21, hours=-4))
        self.assertEqual(
            made(daily, duration=2 * DAY), [(0, 6.0), (28800, 32.0), (72000, 6.0), (115200, 32.0), (158400, 6.0)]
        )

    def test_24_daily_for_some_hours(self) -> None:
        # Every day from 18:00 for 2 h: 6 h = 21,600 s from noon, to 28,800 s, and again a day (86,400 s) later.
        daily = profile((0, 6), kind="Recurring", recurrencyKind="Daily", start=after(days=-7, hours=6), duration=7200)
        expected = [(0, None), (21600, 6.0), (28800, None), (108000, 6.0), (115200, None)]
        self.assertEqual(made(daily, duration=2 * DAY), expected)

    def test_25_daily_across_midnight(self) -> None:
        # Every day from 23:00 for 14 h, i.e. until 13:00: at noon the one of yesterday holds for another hour.
        daily = profile(
            (0, 6), kind="Recurring", recurrencyKind="Daily", start=after(days=-3, hours=-13), duration=14 * HOUR
        )
        self.assertEqual(made(daily, duration=DAY), [(0, 6.0), (3600, None), (39600, 6.0)])

    def test_26_weekly(self) -> None:
        # Since last Wednesday noon: 32 A, after two days (172,800 s) 10 A. Noon is a Sunday, four days later:
        # 10 A until next Wednesday, 3 days = 259,200 s away, then 32 A for two days, until 432,000 s.
        weekly = profile((0, 32), (2 * DAY, 10), kind="Recurring", recurrencyKind="Weekly", start=after(days=-4))
        self.assertEqual(made(weekly, duration=6 * DAY), [(0, 10.0), (259200, 32.0), (432000, 10.0)])

    def test_27_nothing_recurs_before_its_first_time(self) -> None:
        daily = profile((0, 6), kind="Recurring", recurrencyKind="Daily", start=after(hours=2))
        self.assertEqual(made(daily, duration=3 * HOUR), [(0, None), (7200, 6.0)])

    def test_28_a_day_that_ends_early_falls_back_to_the_level_below(self) -> None:
        # Level 1, daily at noon for an hour: 6 A; below it 16 A.
        daily = profile((0, 6), kind="Recurring", recurrencyKind="Daily", level=1, number=2, duration=HOUR)
        self.assertEqual(made(daily, profile((0, 16)), duration=DAY + 60), [(0, 6.0), (3600, 16.0), (86400, 6.0)])

    def test_29_relative_counts_from_the_start_of_the_transaction(self) -> None:
        # The transaction began at 11:50: 32 A for 900 s, i.e. until 12:05 (300 s), then 8 A.
        relative = session((0, 32), (900, 8), kind="Relative", start=None, begun=after(minutes=-10))
        self.assertEqual(made(relative, transaction=TX), [(0, 32.0), (300, 8.0)])

    def test_30_relative_ignores_a_start_that_is_given_all_the_same(self) -> None:
        relative = session((0, 32), (900, 8), kind="Relative", start=after(days=-1), begun=after(minutes=-10))
        self.assertEqual(made(relative, transaction=TX), [(0, 32.0), (300, 8.0)])

    def test_31_absolute_without_a_start_counts_from_the_start_of_charging(self) -> None:
        # Section 7.13. Begun at 11:58: the change after 180 s is 60 s away.
        absolute = session((0, 32), (180, 8), start=None, begun=after(minutes=-2))
        self.assertEqual(made(absolute, transaction=TX), [(0, 32.0), (60, 8.0)])

    def test_32_relative_without_a_transaction_counts_from_its_arrival(self) -> None:
        relative = whole(10, kind="Relative", start=None, received=after(minutes=-1))
        self.assertEqual(made(relative, profile((0, 32))), [(0, 10.0)])

    def test_33_the_session_that_is_asked_about_has_the_last_word_on_its_beginning(self) -> None:
        # Two connectors share a default for all, 32 A for 600 s and then 6 A; their sessions began 9 and 2 minutes ago.
        shared = profile((0, 32), (600, 6), kind="Relative", start=None, connector=0)
        sessions = {1: Session(TX, after(minutes=-9)), 2: Session(TX + 1, after(minutes=-2))}
        self.assertEqual(made(shared, connector=1, sessions=sessions), [(0, 32.0), (60, 6.0)])
        self.assertEqual(made(shared, connector=2, sessions=sessions), [(0, 32.0), (480, 6.0)])
