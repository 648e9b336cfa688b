"""Payloads that need repair, and what became of them."""

from __future__ import annotations

import unittest
from typing import Any

from stations.ocpp import repairs
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.stations.support import NOON_TEXT

GOOD = {"value": "1000", "measurand": "Energy.Active.Import.Register"}
GOOD_2 = {"value": 1000, "measurand": "Energy.Active.Import.Register"}


def meters(*samples: Any, timestamp: Any = NOON_TEXT, version: str = "1.6") -> Payload:
    place = "connectorId" if version == "1.6" else "evseId"
    return {place: 1, "meterValue": [{"timestamp": timestamp, "sampledValue": list(samples)}]}


class RepairCase(unittest.TestCase):
    def repair(self, version: str, action: str, given: Payload, *rules: str) -> Payload:
        """The mended payload, when just these rules were needed; and strict stations are refused."""
        mended, quirks = repairs.check(version, action, given)
        self.assertEqual(sorted(quirks), sorted(rules))
        if rules:
            self.assertIsNot(mended, given)
            with self.assertRaises(CallError):
                repairs.check(version, action, given, strict=True)
        else:
            self.assertIs(mended, given)
            self.assertIs(repairs.check(version, action, given, strict=True).payload, given)
        return mended

    def refused(self, version: str, action: str, given: Payload, *, strict: bool = False) -> CallError:
        with self.assertRaises(CallError) as caught:
            repairs.check(version, action, given, strict=strict)
        return caught.exception
