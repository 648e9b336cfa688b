"""What an emulated station prints of its conversation shows no token and no password."""

from __future__ import annotations

import json

from django.test import SimpleTestCase

from stations.emulator.trace import Trace, masked


class Frames(SimpleTestCase):
    def masked(self, payload: object) -> str:
        return masked(json.dumps([2, "1", "Anything", payload]))

    def test_show_no_tokens(self) -> None:
        for payload in (
            {"idTag": "SECRET", "connectorId": 1},
            {"idToken": {"idToken": "SECRET", "type": "ISO14443"}},
            {"localAuthorizationList": [{"idTag": "SECRET", "idTagInfo": {"parentIdTag": "SECRET"}}]},
        ):
            self.assertNotIn("SECRET", self.masked(payload))
        self.assertIn('"connectorId":1', self.masked({"idTag": "SECRET", "connectorId": 1}))

    def test_show_no_passwords(self) -> None:
        self.assertNotIn("SECRET", self.masked({"key": "AuthorizationKey", "value": "SECRET"}))
        variable = {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "SECRET"}
        self.assertNotIn("SECRET", self.masked({"setVariableData": [variable]}))
        self.assertIn("300", self.masked({"key": "HeartbeatInterval", "value": "300"}))

    def test_that_are_no_json_are_not_shown(self) -> None:
        self.assertNotIn("SECRET", masked('[2,"1","Authorize",{"idTag":"SECRET"'))


class Traces(SimpleTestCase):
    def test_write_only_what_is_wanted(self) -> None:
        for payload in (False, True):
            for lifecycle in (False, True):
                lines: list[str] = []
                trace = Trace(payload, lifecycle, lines.append)
                trace.frame("CP1", "→", "[]")
                trace.event("CP1", "connected")
                self.assertEqual(lines, ["CP1 → []"] * payload + ["CP1 connected"] * lifecycle)

    def test_are_silent_by_default(self) -> None:
        Trace(True).frame("CP1", "→", "[]")
