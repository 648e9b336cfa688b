from __future__ import annotations

from typing import Any
from unittest import mock

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import RequestFactory, TestCase

from devices.admin import MAX_KEYS, SolMateAdmin
from devices.models import DeviceSample, SolMate
from smartserver.core.credentials import key_matches
from tests.devices.support import NOON, device, storing
from tests.units import run


class DeviceAdmin(TestCase):
    def setUp(self) -> None:
        self.admin = SolMateAdmin(SolMate, admin.site)
        self.request: Any = RequestFactory().get("/")
        self.request.user = User.objects.create_superuser("root")
        self.shown: list[str] = []

        def show(request: Any, message: str, level: int) -> None:
            self.shown.append(message)

        patch = mock.patch.object(self.admin, "message_user", show)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_new_key_is_shown_once_and_kept_as_a_hash(self) -> None:
        SolMate.objects.create(serial_number="0001")
        self.admin.give_new_key(self.request, SolMate.objects.all())
        (text,) = self.shown
        key = text.split(": ")[1].split(" ")[0]
        self.assertTrue(key_matches([key], device().key_hash))
        self.assertNotIn(key, device().key_hash)
        self.assertNotIn(key, LogEntry.objects.get().change_message)
        self.assertTrue(self.admin.has_key(device()))

    def test_the_number_of_keys_at_a_time_is_limited(self) -> None:
        SolMate.objects.bulk_create(SolMate(serial_number=f"{i:04d}") for i in range(MAX_KEYS + 1))
        self.admin.give_new_key(self.request, SolMate.objects.all())
        self.assertFalse(SolMate.objects.exclude(key_hash="").exists())
        self.assertEqual(len(self.shown), 1)

    def test_what_a_device_reports_is_read_only(self) -> None:
        form = self.admin.get_form(self.request)
        self.assertEqual(set(form.base_fields), {"serial_number", "owner", "manufacturing_date"})
        existing = SolMate.objects.create(serial_number="0001")
        form = self.admin.get_form(self.request, existing, change=True)
        self.assertEqual(set(form.base_fields), {"owner", "manufacturing_date"})

    def test_saving_does_not_overwrite_what_was_reported_meanwhile(self) -> None:
        opened = SolMate.objects.create(serial_number="0001")
        run(storing('1:0001:{"battery": 5}'))
        opened.owner = self.request.user
        self.admin.save_model(self.request, opened, mock.Mock(changed_data=["owner"]), change=True)
        self.assertEqual((device().battery, device().owner), (5.0, self.request.user))

    def test_a_device_can_be_registered(self) -> None:
        self.admin.save_model(self.request, SolMate(serial_number="0009"), mock.Mock(), change=False)
        self.assertEqual(str(device("0009")), "0009")

    def test_a_sample_has_a_name(self) -> None:
        run(storing('1:0001:{"battery": 5}', at=NOON))
        self.assertIn("2026-06-21 12:00:00", str(DeviceSample.objects.get()))
