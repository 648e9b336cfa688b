"""docs/webhooks.md: its table is that of the code, and its example verifies what the server signs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from django.test import SimpleTestCase

from smartserver.core.events import KINDS, WEBHOOK_EVENTS
from smartserver.webhooks.signing import new_secret, sign

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()


class ThePage(SimpleTestCase):
    def test_every_kind_is_listed_with_its_fields(self) -> None:
        rows = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", PAGE, re.MULTILINE)
        listed = {kind: re.findall(r"`(\w+)`", fields) for kind, fields in rows}
        self.assertEqual(listed, {kind: list(fields) for kind, fields in KINDS.items() if kind in WEBHOOK_EVENTS})

    def test_the_example_accepts_what_is_genuine_and_nothing_else(self) -> None:
        (code,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
        names: dict[str, Any] = {}
        exec(code, names)
        is_genuine = names["is_genuine"]
        secret, body, now = new_secret(), b'{"id":"evt_1"}', int(time.time())
        headers = {
            "Webhook-Id": "evt_1",
            "Webhook-Timestamp": str(now),
            "Webhook-Signature": sign([new_secret(), secret], "evt_1", now, body),
        }
        self.assertTrue(is_genuine(secret, headers, body))
        self.assertFalse(is_genuine(new_secret(), headers, body))
        self.assertFalse(is_genuine(secret, headers, body + b" "))
        self.assertFalse(is_genuine(secret, headers | {"Webhook-Timestamp": str(now - 3600)}, body))
