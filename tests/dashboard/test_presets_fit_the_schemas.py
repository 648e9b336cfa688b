"""What the dashboard offers as usual commands is what the schemas of their languages allow."""

from __future__ import annotations

import shutil
import subprocess
from unittest import TestCase, skipUnless

import orjson

from stations.services.languages import language_of
from tests.server import ROOT

NODE = shutil.which("node")
PROGRAM = """
import { presetsOf } from './static/js/presets.js';
const versions = ['1.6', '2.0.1', '2.1', 'NOC'];
console.log(JSON.stringify(Object.fromEntries(versions.map((version) => [version, presetsOf(version, 1)]))));
"""
OF_PEOPLE = {"idTag", "idToken", "transactionId"}
"""Fields that the operator fills in, or the page from what runs."""


@skipUnless(NODE, "There is no Node.js.")
class Presets(TestCase):
    def test_each_is_a_call_that_can_be_sent(self) -> None:
        assert NODE is not None
        shown = subprocess.run(
            [NODE, "--input-type=module", "-e", PROGRAM], cwd=ROOT, capture_output=True, check=True, timeout=60
        ).stdout
        for version, presets in orjson.loads(shown).items():
            language = language_of(version)
            self.assertGreater(len(presets), 3)
            for preset in presets:
                with self.subTest(version=version, preset=preset["label"]):
                    self.assertIn(preset["action"], language.actions)
                    problems = language.problems(preset["action"], preset["payload"])
                    self.assertEqual([each for each in problems if not OF_PEOPLE & {*map(str, each.path)}], [])
