"""`docs/ocpp-coverage.md` names a test for every action; with SMARTSERVER_WRITE_DOCS=1 it is written anew."""

from __future__ import annotations

import os
from importlib import import_module
from pkgutil import iter_modules

from django.test import SimpleTestCase

import tests.actions
from stations.ocpp import directions
from tests.actions import registry

MODULES = [import_module(f"{tests.actions.__name__}.{found.name}") for found in iter_modules(tests.actions.__path__)]
"""Imported for what their tests register."""


class CoverageDocument(SimpleTestCase):
    def test_every_action_has_its_test(self) -> None:
        for version in registry.VERSIONS:
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
