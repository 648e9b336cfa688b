"""To a bridge 500 says that something is not supported, so it drops it. A fault of ours is 503: it comes again."""

from __future__ import annotations

from unittest import mock

from django.test import override_settings

from bridge.cms.models import HardwareEvent
from bridge.cms.services import reports
from tests.bridge.cms.calling import CallCase

EVENT = {"type": "alert", "timestamp": 1_795_000_000_000, "outlet": "1", "payload": {"code": 17}}


@override_settings(OPEN=True)
class Faults(CallCase):
    def test_what_nobody_expected_is_sent_again_and_then_stored(self) -> None:
        with (
            mock.patch.object(reports, "log", side_effect=RuntimeError("a fault of ours")),
            self.assertLogs("bridge.cms.application", "ERROR"),
        ):
            answer = self.post("LogEvent", id="EC-1", ev=str(EVENT).replace("'", '"'), expect=503)
        self.assertEqual(answer.json()["code"], "unavailable")
        self.assertNotIn("ours", answer.text)
        self.assertIn("Retry-After", answer.headers)
        self.assertEqual(HardwareEvent.objects.count(), 0)
        self.event(EVENT)
        self.assertEqual(HardwareEvent.objects.count(), 1)
