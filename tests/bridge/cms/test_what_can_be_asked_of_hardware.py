"""Commands to hardware are checked before they are accepted, whatever somebody asks for."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from bridge.cms import language
from bridge.cms.language import LOG, REQUEST
from bridge.wire import Method, RemoteCommand
from tests.bridge.strategies import BROKEN_TEXTS, json_values

VALUES = (
    json_values()
    | BROKEN_TEXTS
    | st.floats()
    | st.integers()
    | st.sampled_from(("/version", "/reset", "/hmi/config", "GET", "PUT", "{}"))
)

FIELDS = ("method", "path", "body", "is_json", "lines", "x")


def first(action: str, **payload: Any) -> tuple[tuple[Any, ...], str]:
    """Where the first problem is, and what it says."""
    found = language.problems(action, payload)
    return (found[0].path, found[0].message) if found else ((), "")


class Problems(TestCase):
    @given(
        st.sampled_from((REQUEST, LOG)),
        st.dictionaries(st.sampled_from(FIELDS), VALUES),
    )
    def test_any_payload_is_accepted_or_has_its_problems(self, action: str, payload: dict[str, Any]) -> None:
        if language.problems(action, payload):
            return
        command = language.remote_command(7, action, payload)
        self.assertIsInstance(command, RemoteCommand)
        self.assertIsInstance(language.may_repeat(action, payload), bool)

    @given(st.sampled_from((REQUEST, LOG)), VALUES)
    def test_what_is_no_object_has_problems(self, action: str, payload: Any) -> None:
        if not isinstance(payload, dict):
            self.assertTrue(language.problems(action, payload))
        self.assertIsInstance(language.of_administrators(action, payload), bool)

    @given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
    def test_whose_it_is_can_be_asked_of_anything(self, payload: dict[str, Any]) -> None:
        self.assertIsInstance(language.of_administrators(REQUEST, payload), bool)

    def test_what_is_wrong_is_named(self) -> None:
        self.assertEqual(first(REQUEST, method="GET", path="/version"), ((), ""))
        self.assertEqual(first(REQUEST, method="GET", path="/etc/passwd")[0], ("path",))
        self.assertIn("not allowed", first(REQUEST, method="DELETE", path="/version")[1])
        self.assertEqual(first(REQUEST, method="PATCH", path="/version")[0], ("method",))
        self.assertIn("not JSON", first(REQUEST, method="PUT", path="/hmi/config", body="{")[1])
        self.assertEqual(first(REQUEST, method="PUT", path="/hmi/config", body="{", is_json=False), ((), ""))
        self.assertEqual(first(LOG, path="/ocpp-client/logs/a.log", lines=0)[0], ("lines",))
        self.assertEqual(first(LOG, path="/ocpp-client/logs/../a")[0], ("path",))
        self.assertTrue(first(LOG)[1])

    def test_what_runs_code_or_sets_passwords_is_an_administrators(self) -> None:
        for payload, theirs in (
            ({"method": "POST", "path": "/scripts/a"}, True),
            ({"method": "PUT", "path": "/hmi/config", "body": '{"password":"x"}'}, True),
            ({"method": "PUT", "path": "/hmi/config", "body": '{"colour":"x"}'}, False),
            ({"method": "PUT"}, False),
            (None, False),
        ):
            self.assertEqual(language.of_administrators(REQUEST, payload), theirs)  # type: ignore[arg-type]

    def test_what_reads_may_be_repeated(self) -> None:
        self.assertTrue(language.may_repeat(LOG, {}))
        self.assertEqual(
            [language.may_repeat(REQUEST, {"method": each.name}) for each in Method], [True, False, False, False]
        )
