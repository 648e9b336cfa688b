"""/state in every form: what can be read is read, what cannot is named."""

from __future__ import annotations

import math
import unittest
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import outlets, vendor
from bridge.outlets import Outlet, StateError, guns, read_state
from bridge.wire import Gun
from tests.bridge.strategies import bodies, objects

FIELDS = (
    *("outlet", "busy", "evsestat", "pilot", "phs", "user", "curr_ses_id", "curr_ses_active", "curr_ses_error"),
    *("curr_ses_errMsg", "curr_ses_Wh", "soc", "pv", "pc", "pp", "meter", "PowerCapW", "outletType", "online"),
)


def one(**fields: Any) -> Outlet:
    return read_state(orjson.dumps([fields]))[0]


class Forms(unittest.TestCase):
    def test_an_array_by_its_numbers(self) -> None:
        found = read_state('[{"outlet": "2", "phs": 7}, {"outlet": 1, "phs": 1}]')
        self.assertEqual([(each.number, each.phase, each.is_charging) for each in found], [(1, 1, False), (2, 7, True)])

    def test_one_object(self) -> None:
        self.assertEqual([each.number for each in read_state(b'{"phs": 1}')], [1])

    def test_outlets_without_a_number_count_by_their_place(self) -> None:
        found = read_state(b'[{"outlet": "left"}, {"outlet": 99}, {}, 5]')
        self.assertEqual([each.number for each in found], [1, 2, 3])
        self.assertEqual([each.oddities for each in found], [("outlet",), ("outlet",), ()])

    def test_letters_are_numbers(self) -> None:
        found = read_state(b'[{"outlet": "B"}, {"outlet": " a "}, {"outlet": "AB"}]')
        self.assertEqual([(each.number, each.oddities) for each in found], [(1, ()), (2, ()), (3, ("outlet",))])

    def test_the_first_of_two_with_one_number_counts(self) -> None:
        self.assertEqual(
            [each.user for each in read_state(b'[{"outlet":1,"user":"A"},{"outlet":1,"user":"B"}]')], ["A"]
        )

    def test_what_is_no_state(self) -> None:
        for text, reason in (
            (b"<html>", "not JSON"),
            (b"", "not JSON"),
            (b"\xff", "not JSON"),
            (b"7", "neither"),
            (b'"[]"', "neither"),
            (b"[]", "no outlet"),
            (b"[1, null]", "no outlet"),
        ):
            with self.subTest(text), self.assertRaisesRegex(StateError, reason):
                read_state(text)

    def test_there_are_no_more_than_letters(self) -> None:
        found = read_state(orjson.dumps([{"outlet": number} for number in range(1, 40)]))
        self.assertEqual(len(found), outlets.MAX_OUTLETS)


class Values(unittest.TestCase):
    def test_one_bad_value_loses_no_good_one(self) -> None:
        outlet = one(phs="seven", busy="perhaps", soc=[50], pv=400, pc="12.5", user={"a": 1}, meter=1e15, evsestat=1.5)
        self.assertEqual((outlet.voltage_v, outlet.current_a, outlet.power_w), (400.0, 12.5, 5000.0))
        self.assertEqual(set(outlet.oddities), {"phs", "busy", "soc", "user", "meter", "evsestat"})
        self.assertEqual((outlet.phase, outlet.soc, outlet.user, outlet.evsestat), (None, None, "", -1))

    def test_what_is_no_number_is_none(self) -> None:
        for word in ("nan", "inf", "-Infinity", "1e999", True):
            outlet = one(pv=word, soc=word, phs=word)
            self.assertEqual((outlet.voltage_v, outlet.soc, outlet.phase), (None, None, None))
            self.assertEqual(set(outlet.oddities), {"pv", "soc", "phs"})

    def test_power_in_watts_or_kilowatts(self) -> None:
        self.assertEqual(one(pv=400, pc=100, pp=40).power_w, 40_000.0)
        self.assertEqual(one(pv=400, pc=100, pp=39_500).power_w, 39_500.0)
        self.assertEqual(one(pv=0, pc=0, pp=0).power_w, 0.0)
        self.assertEqual(one(pp=12).power_w, 12.0)
        self.assertEqual(one(pv=400, pc=100).power_w, 40_000.0)

    def test_a_state_of_charge_that_no_car_tells(self) -> None:
        self.assertEqual((one(soc=-1).soc, one(soc=-1).oddities), (None, ()))
        self.assertEqual((one(soc=101).soc, one(soc=101).oddities), (None, ("soc",)))
        self.assertEqual(one(soc="80").soc, 80.0)

    def test_a_session_is_there_while_it_is_active(self) -> None:
        self.assertEqual(one(curr_ses_id=7, curr_ses_active=False).session, "")
        self.assertEqual(one(curr_ses_id=7).session, "7")

    def test_a_fault_without_a_code_is_not_taken_for_none(self) -> None:
        self.assertEqual([one(curr_ses_error=value).error for value in (True, False, 17, "17")], [-1, 0, 17, 17])

    def test_flags_in_their_forms(self) -> None:
        for value, expected in ((True, True), ("TRUE", True), (1, True), ("0", False), ("", False), (None, False)):
            self.assertEqual(one(busy=value).busy, expected)
        self.assertTrue(one(online=None).online)

    def test_texts_are_short_and_whole(self) -> None:
        self.assertEqual(one(user="a\x00b" + "c" * 2000).user, "ab" + "c" * (outlets.MAX_TEXT - 2))

    @settings(deadline=None)
    @given(bodies(*FIELDS))
    def test_any_bytes_are_a_state_or_a_clear_error(self, body: bytes) -> None:
        try:
            found = read_state(body)
        except StateError as error:
            self.assertTrue(str(error))
            return
        self.assertTrue(found)
        guns(found)

    @settings(deadline=None)
    @given(st.lists(objects(*FIELDS), min_size=1, max_size=4))
    def test_what_is_read_can_be_believed(self, state: list[dict[str, Any]]) -> None:
        for outlet in read_state(orjson.dumps(state)):
            self.assertTrue(1 <= outlet.number <= outlets.MAX_OUTLETS)
            self.assertTrue(outlet.soc is None or 0 <= outlet.soc <= 100)
            for value in (outlet.voltage_v, outlet.power_w, outlet.meter_wh, outlet.session_energy_wh):
                self.assertTrue(value is None or math.isfinite(value))
            for number in (outlet.evsestat, outlet.pilot, outlet.error, outlet.phase or 0):
                self.assertLessEqual(abs(number), 2**31)
            self.assertNotIn("\x00", outlet.user + outlet.session + outlet.version)


class LiveFeedsOfThem(unittest.TestCase):
    def test_outlet_one_is_gun_a(self) -> None:
        state = read_state(b'[{"outlet":1,"busy":true,"evsestat":1,"pilot":2,"curr_ses_error":17},{"outlet":3}]')
        self.assertEqual(guns(state), (Gun("A", True, 1, 2, 17), Gun("C")))
        self.assertEqual(guns([Outlet(number=27)]), ())


class Codes(unittest.TestCase):
    def test_have_a_meaning(self) -> None:
        self.assertEqual(vendor.meaning(vendor.EMERGENCY_STOP), "emergency stop pressed")
        self.assertEqual(vendor.meaning(4711), "fault 4711")
        self.assertEqual(sorted(vendor.PHASES), list(range(1, 9)))
