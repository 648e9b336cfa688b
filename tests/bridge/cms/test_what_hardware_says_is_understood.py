"""`bridge.cms.meaning`: events, states and feeds of the hardware as facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import TestCase

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bridge.cms import meaning
from bridge.outlets import Outlet
from bridge.wire import Gun, WireError
from stations.ocpp.facts import Stamp

NOW = Stamp("2026-11-28T12:00:00.000Z", datetime(2026, 11, 28, 12, tzinfo=UTC))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def event(**values: Any) -> meaning.Event:
    return meaning.read_event(orjson.dumps({"type": "alert", **values}))


class Events(TestCase):
    @given(
        JSON | st.fixed_dictionaries({"type": st.text(max_size=40), "payload": JSON, "timestamp": JSON, "outlet": JSON})
    )
    def test_anything_is_an_event_or_refused(self, value: Any) -> None:
        try:
            text = orjson.dumps(value)
        except (TypeError, ValueError):
            return  # no JSON of ours
        try:
            found = meaning.read_event(text)
        except WireError:
            return
        self.assertLessEqual(len(found.kind), 32)
        self.assertEqual(found.key, meaning.read_event(text).key)
        self.assertNotIn("\x00", found.session + found.user + found.kind)

    def test_what_is_no_event_is_refused(self) -> None:
        for text in (b"", b"{", b"[]", b'"alert"', b"{}", b'{"type": 1}', b'{"type": ""}'):
            with self.subTest(text), self.assertRaises(WireError):
                meaning.read_event(text)

    def test_the_order_of_fields_does_not_make_another_event(self) -> None:
        one = meaning.read_event(b'{"type":"alert","timestamp":1,"payload":{"a":1,"b":2}}')
        other = meaning.read_event(b'{"payload":{"b":2,"a":1},"timestamp":1,"type":"alert"}')
        later = meaning.read_event(b'{"type":"alert","timestamp":2,"payload":{"a":1,"b":2}}')
        self.assertEqual(one.key, other.key)
        self.assertNotEqual(one.key, later.key)

    @given(st.binary(max_size=200) | st.text(max_size=200), st.text(max_size=100))
    def test_any_bytes_are_an_event_or_refused(self, text: bytes | str, key: str) -> None:
        for content in (text, orjson.dumps({"type": "a", "payload": {"session": str(text[:9])}})):
            try:
                found = meaning.read_event(content, key.encode("utf-8", "replace").decode())
            except WireError:
                continue
            self.assertTrue(0 < len(found.key) <= 64)

    def test_long_keys_that_begin_alike_are_different(self) -> None:
        one, other = "k" * 64 + "1", "k" * 64 + "2"
        keys = {meaning.read_event(b'{"type":"a"}', key).key for key in (one, other, "k" * 64)}
        self.assertEqual(len(keys), 3)

    def test_outlets_are_numbers_texts_or_letters(self) -> None:
        for given_, outlet in (
            (1, 1),
            ("2", 2),
            (" 3 ", 3),
            ("A", 1),
            ("b", 2),
            ("", None),
            (None, None),
            (0, None),
            (27, None),
            ("AB", None),
            ([1], None),
            (True, None),
            (1.5, None),
        ):
            with self.subTest(given_):
                self.assertEqual(event(outlet=given_).outlet, outlet)

    def test_moments_are_milliseconds(self) -> None:
        self.assertEqual(event(timestamp=1_795_907_103_133).moment, datetime.fromtimestamp(1_795_907_103.133, UTC))
        for unusable in (None, "now", -1, 1e18, {"a": 1}):
            self.assertIsNone(event(timestamp=unusable).moment)

    def test_a_payload_that_is_none_is_empty(self) -> None:
        self.assertEqual(event(payload="text").payload, {})
        self.assertEqual((event().session, event().user), ("", ""))
        self.assertEqual(event(payload={"session": 7, "user": {"tag": "A"}}).session, "7")
        self.assertEqual(event(payload={"user": {"tag": "A"}}).user, '{"tag":"A"}')


class States(TestCase):
    def test_each_phase_is_a_status(self) -> None:
        found = {phase: meaning.status_of(Outlet(1, phase=phase), NOW).status for phase in range(1, 9)}
        self.assertEqual(found[1], "Available")
        self.assertEqual({found[phase] for phase in range(2, 7)}, {"Preparing"})
        self.assertEqual((found[7], found[8]), ("Charging", "Finishing"))

    def test_without_a_phase_it_is_in_use_or_not(self) -> None:
        self.assertEqual(meaning.status_of(Outlet(1, busy=True), NOW).status, "Preparing")
        self.assertEqual(meaning.status_of(Outlet(1), NOW).status, "Available")

    def test_out_of_order_and_offline_are_unavailable(self) -> None:
        self.assertEqual(meaning.status_of(Outlet(1, out_of_order=True, phase=7), NOW).status, "Unavailable")
        self.assertEqual(meaning.status_of(Outlet(1, online=False), NOW).status, "Unavailable")

    def test_a_fault_has_the_vendor_s_code_and_its_meaning(self) -> None:
        found = meaning.status_of(Outlet(2, error=90), NOW)
        self.assertEqual((found.evse, found.connector, found.status), (2, 1, "Faulted"))
        self.assertEqual(
            (found.error_code, found.vendor_error_code, found.info), ("GroundFailure", "90", "ground fault")
        )
        other = meaning.faulted(0, 4711, "Something else", NOW)
        self.assertEqual((other.connector, other.error_code, other.info), (0, "OtherError", "Something else"))

    def test_what_is_well_has_no_error(self) -> None:
        found = meaning.status(0, "Available", NOW)
        self.assertEqual((found.connector, found.status, found.error_code), (0, "Available", "NoError"))

    def test_only_what_is_measured_is_a_reading(self) -> None:
        self.assertIsNone(meaning.meters_of(Outlet(1), NOW))
        found = meaning.meters_of(Outlet(1, power_w=11_000.0, soc=40.0), NOW)
        assert found is not None
        self.assertEqual([each["measurand"] for each in found.readings[0].samples], ["Power.Active.Import", "SoC"])
        self.assertEqual((found.readings[0].power_w, found.readings[0].energy_wh), (11_000.0, None))


class Feeds(TestCase):
    def status(self, gun: Gun, *, before: str = "", charging: bool = False) -> tuple[int, str]:
        found = meaning.status_of_gun(gun, NOW, before=before, charging=charging)
        return found.evse, found.status

    def test_a_free_gun_is_available_unless_it_is_out_of_use(self) -> None:
        self.assertEqual(self.status(Gun("A", evsestat=0)), (1, "Available"))
        self.assertEqual(self.status(Gun("A"), before="Charging"), (1, "Available"))
        self.assertEqual(self.status(Gun("A"), before="Unavailable"), (1, "Unavailable"))

    def test_a_busy_gun_stays_what_is_known_better(self) -> None:
        self.assertEqual(self.status(Gun("B", busy=True)), (2, "Preparing"))
        self.assertEqual(self.status(Gun("B", busy=True), charging=True), (2, "Charging"))
        self.assertEqual(self.status(Gun("B", busy=True), before="Finishing"), (2, "Finishing"))

    def test_an_error_is_a_fault(self) -> None:
        self.assertEqual(self.status(Gun("C", error=17)), (3, "Faulted"))


class Values(TestCase):
    def test_numbers(self) -> None:
        for given_, number in ((1, 1.0), ("2.5", 2.5), ("x", None), (None, None), (True, None), (1e20, None)):
            self.assertEqual(meaning.number_of(given_), number)
        self.assertEqual([meaning.whole_of(each) for each in (3, "4", 1.5, None, 2**40)], [3, 4, None, None, None])

    def test_texts_are_cut_and_can_be_stored(self) -> None:
        self.assertEqual(meaning.text_of("a\x00b", 10), "ab")
        self.assertEqual(meaning.text_of(["a", 1], 5), '["a",')
        self.assertEqual(meaning.text_of(None), "")

    def test_what_is_nested_too_deep_is_cut(self) -> None:
        deep: Any = "bottom"
        for _ in range(meaning.MAX_DEPTH + 10):
            deep = [deep]
        self.assertIn("…", orjson.dumps(meaning.storable(deep)).decode())
