"""Whatever is done to a valid payload: it is understood in the end, or refused with a code; nothing else."""

from __future__ import annotations

import copy
import unittest
from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stations import dispatch
from stations.ocpp import facts, repairs, schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.routes import AnyFact
from tests.stations.payloads import ACTIONS, payload
from tests.stations.test_frames_are_read_and_written import JSON

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        "",
        " ",
        "7",
        "-1",
        "1e99",
        "9" * 400,
        "NaN",
        "Accepted",
        "charging",
        "x" * 2000,
        "2026-06-21T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        0,
        -1,
        2**31,
        2**63,
        2**64 - 1,
        -(2**63),
        1.5,
        1e300,
        -1e308,
        [],
        [[]],
        [None],
        {},
        {"a": {}},
    ]
)

ANYTHING = (ODD | JSON).map(copy.deepcopy)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, Payload]:
    """A valid payload with some of its values replaced, removed, doubled or moved."""
    version, action = draw(st.sampled_from(ACTIONS))
    made = payload(version, action)
    for _ in range(draw(st.integers(0, 6))):
        _damage(draw, made)
    return version, action, made


def _damage(draw: st.DrawFn, value: Any) -> None:
    """Walk some way into the value, then do something to what is there."""
    while True:
        if isinstance(value, dict):
            if not value or draw(st.integers(0, 9)) == 0:
                value[draw(st.text(max_size=5) | st.sampled_from(["value", "timestamp", "evse", "meterValue"]))] = draw(
                    ANYTHING
                )
                return
            key: Any = draw(st.sampled_from(sorted(value)))
        elif isinstance(value, list) and value:
            key = draw(st.integers(0, len(value) - 1))
        else:
            return
        inner = value[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
            value = inner
            continue
        match draw(st.integers(0, 4)):
            case 0:
                del value[key]
            case 1 if isinstance(value, list):
                value.append(copy.deepcopy(inner))
            case 2:
                value[key] = [copy.deepcopy(inner)]
            case 3:
                value[key] = str(inner)
            case _:
                value[key] = draw(ANYTHING)
        return


class AnyPayload(unittest.TestCase):
    @settings(max_examples=600, deadline=None)
    @given(damaged())
    @example(("1.6", "StartTransaction", payload("1.6", "StartTransaction") | {"meterStart": "9" * 400}))
    @example(("1.6", "StopTransaction", payload("1.6", "StopTransaction") | {"transactionId": "1e99"}))
    @example(("2.1", "MeterValues", {"evseId": 1e300, "meterValue": []}))
    @example(("2.0.1", "TransactionEvent", payload("2.0.1", "TransactionEvent") | {"evse": {}}))
    def test_becomes_a_fact_or_a_call_error(self, found: tuple[str, str, Payload]) -> None:
        version, action, given_ = found
        before = copy.deepcopy(given_)
        valid = not schemas.request_problems(version, action, given_)
        try:
            mended, quirks = repairs.check(version, action, given_)
            fact = dispatch.ROUTES[version][action].read(mended)
        except CallError as error:
            self.assertTrue(error.description)
            orjson.dumps(error.details)
        else:
            self.assertIn(type(fact), dispatch.USE_CASES)
            self.assertEqual(not quirks, valid, "rules are named exactly when they were needed")
            self._storable(fact)
        self.assertEqual(before, given_, "what came in is what is logged")

    @settings(max_examples=200, deadline=None)
    @given(damaged())
    def test_that_was_mended_needs_no_more_mending(self, found: tuple[str, str, Payload]) -> None:
        version, action, given_ = found
        try:
            mended, quirks = repairs.check(version, action, given_)
        except CallError:
            return
        again, still = repairs.check(version, action, mended)
        self.assertEqual(again, mended)
        self.assertLessEqual(set(still), set(quirks))

    @settings(max_examples=200, deadline=None)
    @given(damaged())
    def test_is_taken_by_strict_only_as_the_schema_takes_it(self, found: tuple[str, str, Payload]) -> None:
        version, action, given_ = found
        try:
            taken, _ = repairs.check(version, action, given_, strict=True)
        except CallError:
            self.assertTrue(schemas.request_problems(version, action, given_))
        else:
            self.assertIs(taken, given_)
            self.assertFalse(schemas.request_problems(version, action, given_))

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(ACTIONS), st.dictionaries(st.text(max_size=10), JSON, max_size=4))
    def test_that_has_nothing_to_do_with_the_action_is_no_accident(
        self, route: tuple[str, str], given_: Payload
    ) -> None:
        version, action = route
        try:
            mended, _ = repairs.check(version, action, given_)
            dispatch.ROUTES[version][action].read(mended)
        except CallError:
            pass

    def _storable(self, fact: AnyFact) -> None:
        """Numbers that go into columns of 32 bits fit there; readings are finite; texts are cut."""
        for name in ("evse", "connector", "sequence"):
            number = getattr(fact, name, None)
            if number is not None and not isinstance(fact, facts.InventoryReported):
                self.assertIn(number, range(2**31))
        for reading in getattr(fact, "readings", ()):
            orjson.dumps(reading.samples)
            for quantity in reading[2:7]:
                self.assertTrue(quantity is None or abs(quantity) < 1e18, quantity)
        for name in getattr(fact, "__dataclass_fields__", ()):
            text = getattr(fact, name)
            if isinstance(text, str) and name != "data":  # which is only logged, or a vendor's own business
                self.assertLessEqual(len(text), 10_000 if name == "csr" else 1000)
