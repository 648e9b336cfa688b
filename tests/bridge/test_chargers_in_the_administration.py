"""Chargers in the admin: let in by name there, too; what they told is only read."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from bridge.cms.models import Alert, Charger, HardwareEvent
from tests.bridge.chargers import make_charger, show, tell
from tests.stations.factories import StationFactory
from tests.stations.support import NOON


class Administration(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("admin"))

    def test_a_station_is_let_in_by_its_name_before_its_bridge_has_reported(self) -> None:
        station = StationFactory.create()
        self.client.post(reverse("admin:bridge_charger_add"), {"station": station.pk, "open_name": "on"})
        self.assertTrue(Charger.objects.get(station=station).open_name)

    def test_a_change_touches_nothing_that_the_bridge_has_reported_meanwhile(self) -> None:
        charger = make_charger(open_name=True)
        address = reverse("admin:bridge_charger_change", args=[charger.pk])
        self.assertContains(self.client.get(address), "Its bridge cannot send a password")
        show(charger.station, now=NOON + timedelta(minutes=1))
        self.client.post(address, {"bridge_version": "made up"})
        charger.refresh_from_db()
        self.assertEqual((charger.open_name, charger.bridge_version), (False, ""))
        self.assertEqual(charger.state_at, NOON + timedelta(minutes=1))

    def test_events_and_alerts_are_read_and_not_written(self) -> None:
        station = make_charger().station
        tell(station, "alert", 1, code=17)
        tell(station, "alert", 1, code=16)
        tell(station, "alert", None, code=19)
        for model, row in (("alert", Alert.objects.earliest("pk")), ("hardwareevent", HardwareEvent.objects.first())):
            with self.subTest(model):
                assert row is not None
                self.assertContains(self.client.get(reverse(f"admin:bridge_{model}_changelist")), "EC-1")
                change = reverse(f"admin:bridge_{model}_change", args=[row.pk])
                self.assertEqual(self.client.get(change).status_code, 200)
                self.assertEqual(self.client.post(change, {"kind": "x"}).status_code, 403)
                self.assertEqual(self.client.get(reverse(f"admin:bridge_{model}_add")).status_code, 403)
        standing = self.client.get(reverse("admin:bridge_alert_changelist"), {"cleared_at__isempty": "1"})
        self.assertContains(standing, "power loss")
        self.assertNotContains(standing, f">{Alert.objects.earliest('pk').pk}</a>")
