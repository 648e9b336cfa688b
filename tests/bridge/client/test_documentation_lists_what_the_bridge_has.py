"""docs/noc-bridge.md lists the options, metrics and exit codes that the code has."""

from __future__ import annotations

import re
import unittest

from bridge.client.management.commands import run_noc_bridge
from bridge.client.metrics import StatusCollector
from bridge.client.options import OPTIONS
from tests.bridge.client.statuses import charger
from tests.operations.support import ROOT

TEXT = (ROOT / "docs" / "noc-bridge.md").read_text()


def table(head: str) -> list[list[str]]:
    """The rows below this head."""
    lines = TEXT.partition(head)[2].splitlines()[2:]
    end = next(place for place, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


class DocumentationTests(unittest.TestCase):
    maxDiff = None

    def test_options_are_those_of_the_table_in_its_order(self) -> None:
        def code(text: str, otherwise: str) -> str:
            return f"`{text}`" if text else otherwise

        expected = [
            [code(each.flag, "–"), code(each.env, "–"), each.kind, code(each.default, "empty"), each.help]
            for each in OPTIONS
        ]
        self.assertEqual(table("| Option | Variable | Kind | Default | Meaning |"), expected)

    def test_metrics(self) -> None:
        collector = StatusCollector(lambda: {"chargers": [charger()], "traffic": {"feed": (1, 1)}})
        samples = (sample for metric in collector.collect() for sample in metric.samples)
        expected = {f"{sample.name}{{{','.join(sorted(sample.labels))}}}" for sample in samples}
        cells = " ".join(row[0] for row in table("| Metric | Meaning |"))
        listed = {
            f"{name}{{{','.join(sorted(labels.split(',')))}}}"
            for name, labels in re.findall(r"`(noc_bridge_\w+)\{([\w,]+)\}`", cells)
        }
        self.assertEqual(listed, expected)

    def test_exit_codes(self) -> None:
        self.assertEqual([row[0] for row in table("| Exit code | Meaning |")], ["0", "1", "2", "3"])
        self.assertEqual((run_noc_bridge.WRONG_OPTIONS, run_noc_bridge.NO_HEALTH), (2, 3))

    def test_the_names_of_the_original_are_all_there(self) -> None:
        seconds = {"POLLING_INTERVAL", "SleepTime", "RetryTime", "CMS_CHECK_INTERVAL", "LARGE_FILE_TIMEOUT"}
        places = {"SERVER_URL", "HARDWARE_HOST", "HARDWARE_PORT", "WEBSOCKET_URL"}
        limits = {"MAX_RESPONSE_SIZE", "MAX_STATE_LOG_LINES", "MAX_EVENT_STATE_LOG_LINES", "MAX_OCPP_LOG_LINES"}
        self.assertLessEqual(seconds | places | limits, {option.env for option in OPTIONS})
