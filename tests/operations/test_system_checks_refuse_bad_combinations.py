"""Combinations of settings that would lose messages or open doors are found before the server runs."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.conf import settings
from django.core.checks import run_checks
from django.test import SimpleTestCase, override_settings


def found(*, deployment: bool = False, engine: str = "sqlite3", **changed: Any) -> set[str | None]:
    """The ids of our own messages with these settings."""
    database = mock.patch.dict(settings.DATABASES["default"], {"ENGINE": f"django.db.backends.{engine}"})
    with override_settings(**changed), database:
        messages = run_checks(include_deployment_checks=deployment)
    return {message.id for message in messages if str(message.id).startswith("smartserver.")}


class SystemCheckTests(SimpleTestCase):
    def test_the_defaults_are_fine(self) -> None:
        self.assertEqual(found(), set())

    def test_redis_with_sqlite_is_refused(self) -> None:
        self.assertEqual(found(REDIS_URL="redis://127.0.0.1:6379/0"), {"smartserver.E001"})

    def test_redis_with_postgresql_is_fine(self) -> None:
        self.assertEqual(found(REDIS_URL="redis://127.0.0.1:6379/0", engine="postgresql"), set())

    def test_an_open_server_is_no_deployment(self) -> None:
        self.assertEqual(found(OPEN=True), set())
        self.assertEqual(found(OPEN=True, deployment=True), {"smartserver.W001"})
        self.assertEqual(found(OPEN=False, deployment=True), set())

    def test_limits_that_stop_everything_are_refused(self) -> None:
        for name in ("MAX_FRAME_BYTES", "WRITER_QUEUE", "WRITER_MAX_UNITS", "BROWSER_OUTBOX", "STALE_AFTER"):
            with self.subTest(name):
                zero: dict[str, Any] = {name: 0}
                self.assertEqual(found(**zero), {"smartserver.E002"})

    def test_the_default_version_has_to_be_one_that_is_spoken(self) -> None:
        self.assertEqual(found(OCPP_DEFAULT_VERSION="1.5"), {"smartserver.E003"})
        self.assertEqual(found(OCPP_DEFAULT_VERSION=""), set())

    def test_retention_that_loses_what_is_needed_is_refused(self) -> None:
        bad: tuple[dict[str, Any], ...] = (
            {"MESSAGE_KEEP_DAYS": -1},
            {"METER_VALUE_KEEP_DAYS": 2},
            {"HARDWARE_EVENT_KEEP_DAYS": 29},
            {"METER_HOUR_KEEP_DAYS": 100},
            {"DEVICE_HOUR_KEEP_DAYS": 500, "DEVICE_SAMPLE_KEEP_DAYS": 0},
        )
        for changed in bad:
            with self.subTest(changed):
                self.assertEqual(found(**changed), {"smartserver.E006"})
        self.assertEqual(found(DEVICE_HOUR_KEEP_DAYS=500, MESSAGE_KEEP_DAYS=0), set())

    def test_paths_of_stations_stand_between_slashes(self) -> None:
        self.assertEqual(found(OCPP_PATHS=["/ocpp"]), {"smartserver.E004"})
