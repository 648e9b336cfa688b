"""Whatever fits its schema is answered as its schema says, stored before that, and survived: over a real socket."""

from __future__ import annotations

import os
from collections import Counter

from django.test import override_settings
from hypothesis import HealthCheck, given, settings

from stations import dispatch
from stations.models import Message
from stations.ocpp import directions, schemas
from stations.ocpp.frames import Payload
from tests.stations.support import Client, SocketCase
from tests.stations.valid import payloads

EXAMPLES = int(os.environ.get("TEST_PROTOCOL_EXAMPLES", "6"))
"""Of each action of each version."""

VERSIONS = ("1.6", "2.0.1", "2.1")

REFUSALS = frozenset({"PropertyConstraintViolation", "SecurityError"})
"""What a payload may be refused with although it fits: numbers that mean nothing, such as a connector -1."""


@override_settings(OPEN=True)
class EveryValidPayload(SocketCase):
    def test_is_answered_and_stored(self) -> None:
        for version in VERSIONS:
            with (
                self.subTest(version=version),
                self.assertNoLogs(level="ERROR"),
                self.server.station(f"CP{version}", versions=(f"ocpp{version}",)) as client,
            ):
                for action in sorted(directions.from_stations(version) & dispatch.ROUTES[version].keys()):
                    self.check(client, version, action)
                self.assertEqual(client.ask("Heartbeat")[0], 3, "it lives")

    def check(self, client: Client, version: str, action: str) -> None:
        outcomes: Counter[str] = Counter()

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(payloads(version, action))
        def exchange(payload: Payload) -> None:
            outcomes[self.exchange(client, version, action, payload)] += 1

        exchange()
        self.assertIn("CALLRESULT", outcomes, f"{action} of {version} was refused whatever it was")

    def exchange(self, client: Client, version: str, action: str, payload: Payload) -> str:
        """The outcome, as it is in the message log."""
        before = Message.objects.latest("pk").pk if Message.objects.exists() else 0
        frame = client.ask(action, payload)
        logged = Message.objects.get(pk__gt=before, direction="in")
        self.assertEqual((logged.ocpp_version, logged.action, logged.message_id), (version, action, frame[1]))
        if frame[0] == 3:
            self.assertEqual(logged.outcome, "CALLRESULT")
            self.assertEqual(schemas.response_problems(version, action, frame[2]), [])
        else:
            self.assertEqual((frame[0], frame[2]), (4, logged.outcome))
            self.assertIn(frame[2], REFUSALS, f"{action} of {version} was not taken: {payload}")
        return logged.outcome
