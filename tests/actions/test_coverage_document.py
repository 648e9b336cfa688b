"""`docs/ocpp-coverage.md` names a test for every action; with SMARTSERVER_WRITE_DOCS=1 it is written anew."""

from __future__ import annotations

import os

from django.test import SimpleTestCase

from stations.ocpp import directions
from tests.actions import registry, test_from_stations, test_monitoring, test_provisioning, test_to_stations

MODULES = (test_from_stations, test_monitoring, test_provisioning, test_to_stations)  # imported for their registrations


class CoverageDocument(SimpleTestCase):
    def test_every_action_has_its_test(self) -> None:
        for version in ("1.6",):
            for table, actions in (
                (registry.FROM_STATIONS, directions.from_stations(version)),
                (registry.TO_STATIONS, directions.to_stations(version)),
            ):
                self.assertEqual({action for spoken, action in table if spoken == version}, actions)

    def test_the_document_says_so(self) -> None:
        text = registry.document()
        if os.environ.get("SMARTSERVER_WRITE_DOCS"):
            registry.DOCUMENT.write_text(text)
        self.assertEqual(registry.DOCUMENT.read_text(), text, "Run it with SMARTSERVER_WRITE_DOCS=1.")
