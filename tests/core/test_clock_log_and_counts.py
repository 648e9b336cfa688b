"""Time that tests can set, log lines for machines, counters that do not grow without end, errors with a status."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime, timedelta, timezone
from unittest import mock

from django.test import SimpleTestCase
from prometheus_client import REGISTRY, generate_latest

from smartserver.core import clock, errors, metrics
from smartserver.core.logs import JsonFormatter

NOON = datetime(2026, 6, 21, 12, 0, 0, 123_999, UTC)


class Clock(SimpleTestCase):
    def test_now_is_aware_and_in_utc(self) -> None:
        before = datetime.now(UTC)
        self.assertLessEqual(before, clock.now())
        self.assertEqual(clock.now().utcoffset(), timedelta(0))

    def test_a_test_can_stop_it_and_it_goes_on_afterwards(self) -> None:
        with clock.frozen(NOON):
            self.assertEqual(clock.now(), NOON)
            with clock.frozen(NOON + timedelta(hours=1)):
                self.assertEqual(clock.now(), NOON + timedelta(hours=1))
            self.assertEqual(clock.now(), NOON)
        with self.assertRaises(ValueError), clock.frozen(NOON):
            raise ValueError
        self.assertNotEqual(clock.now(), NOON)

    def test_monotonic_never_goes_back(self) -> None:
        first = clock.monotonic()
        self.assertGreaterEqual(clock.monotonic(), first)

    def test_times_are_written_in_utc_with_milliseconds_and_z(self) -> None:
        self.assertEqual(clock.isoformat(NOON), "2026-06-21T12:00:00.123Z")
        elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        self.assertEqual(clock.isoformat(elsewhere), "2026-06-21T12:00:00.123Z")
        self.assertEqual(clock.isoformat(NOON.replace(microsecond=0)), "2026-06-21T12:00:00.000Z")


class JsonLogs(SimpleTestCase):
    def line(self, text: str, *args: object, **more: object) -> dict[str, object]:
        record = logging.LogRecord("stations", logging.WARNING, "", 1, text, args, None)
        vars(record).update(more)
        formatted = JsonFormatter().format(record)
        self.assertNotIn("\n", formatted, "One line is one object.")
        found: dict[str, object] = json.loads(formatted)
        return found

    def test_a_line_says_when_how_bad_who_and_what(self) -> None:
        line = self.line("%d of %s\nare gone", 3, "CP1")
        moment = datetime.fromisoformat(str(line.pop("time")))
        self.assertLess(datetime.now(UTC) - moment, timedelta(minutes=1))
        self.assertEqual(line, {"level": "WARNING", "logger": "stations", "message": "3 of CP1\nare gone"})

    def test_further_fields_are_kept_whatever_they_are(self) -> None:
        line = self.line("x", station="CP1", count=3, error_type=ValueError("a"), taskName="Task-1")
        self.assertEqual((line["station"], line["count"], line["error_type"]), ("CP1", 3, "a"))
        self.assertNotIn("taskName", line)

    def test_an_exception_comes_with_its_trace(self) -> None:
        try:
            raise ValueError("broken")
        except ValueError:
            line = self.line("x", exc_info=sys.exc_info())
        self.assertIn("Traceback", str(line["error"]))
        self.assertIn("ValueError: broken", str(line["error"]))


class Counts(SimpleTestCase):
    def setUp(self) -> None:
        patch = mock.patch.dict(metrics._cells, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def count(self, action: str, outcome: str = "CALLRESULT", version: str = "1.6-test") -> float:
        labels = {"version": version, "action": action, "outcome": outcome}
        return REGISTRY.get_sample_value("smartserver_ocpp_calls_total", labels) or 0.0

    def test_calls_are_counted_by_version_action_and_outcome(self) -> None:
        for _ in range(3):
            metrics.message("1.6-test", "Heartbeat", "CALLRESULT")
        metrics.message("1.6-test", "Reset", "CALLRESULT")
        self.assertEqual((self.count("Heartbeat"), self.count("Reset")), (3, 1))

    def test_names_of_calls_that_were_refused_are_not_kept(self) -> None:
        before = self.count("other", "NotImplemented")
        for i in range(20):
            metrics.message("1.6-test", f"Invented{i}", "NotImplemented")
        self.assertEqual(self.count("other", "NotImplemented"), before + 20)
        self.assertNotIn(b"Invented", generate_latest())

    def test_a_station_that_invents_names_does_not_hide_the_real_ones(self) -> None:
        for i in range(metrics.MAX_SERIES + 50):
            metrics.message("1.6-test", f"Invented{i}", "NotImplemented")
        metrics.message("1.6-test", "Authorize", "CALLRESULT")
        self.assertEqual(self.count("Authorize"), 1)
        self.assertLess(len(metrics._cells), 10)

    def test_the_number_of_series_is_bounded(self) -> None:
        before = self.count("other")
        with mock.patch.object(metrics, "MAX_SERIES", 5):
            for i in range(20):
                metrics.message("1.6-test", f"Many{i}", "CALLRESULT")
            metrics.message("1.6-test", "Many1", "CALLRESULT")
        self.assertEqual(len(metrics._cells), 5)
        self.assertEqual(self.count("Many1"), 2)
        self.assertEqual(self.count("Many19"), 0)
        self.assertEqual(self.count("other"), before + 15)


class Errors(SimpleTestCase):
    def test_each_has_the_code_and_status_that_its_docstring_lists(self) -> None:
        tree = errors.__doc__ or ""
        found = [
            each for each in vars(errors).values() if isinstance(each, type) and each.__module__ == errors.__name__
        ]
        kinds = [each for each in found if issubclass(each, errors.SmartServerError)]
        self.assertEqual((len(found), len(kinds)), (10, 10))
        for kind in kinds:
            if kind is not errors.SmartServerError:
                self.assertRegex(tree, rf"── {kind.__name__} +{kind.code} +{kind.status}\n")
            self.assertEqual(str(kind("A sentence.")), "A sentence.")
