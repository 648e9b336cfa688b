"""The page explains each tolerance rule and remark that the documents have, and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
from unittest import TestCase, skipUnless

import orjson

from tests.server import ROOT

NODE = shutil.which("node")
PROGRAM = "import { RULE_NAMES } from './static/js/station/rules.js'; console.log(JSON.stringify(RULE_NAMES));"

NAMED = re.compile(r"^(?:\| `(\w+)`(?: ○)? \||- ((?:`\w+`(?:, )?)+):)", re.MULTILINE)
"""A row of a table, or a point of the list of remarks."""


@skipUnless(NODE, "There is no Node.js.")
class Rules(TestCase):
    def test_each_has_a_sentence(self) -> None:
        assert NODE is not None
        command = [NODE, "--input-type=module", "-e", PROGRAM]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
        text = (ROOT / "docs" / "tolerance.md").read_text()
        named = [(row, *re.findall(r"\w+", points)) for row, points in NAMED.findall(text)]
        documented = {name for names in named for name in names if name}
        self.assertGreater(len(documented), 40)
        self.assertEqual(set(orjson.loads(shown)), documented)
