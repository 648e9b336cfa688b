"""Stations in the admin: enrolled, given passwords, looked at."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from smartserver.core.credentials import key_matches
from stations.models import IdToken, KnockingStation, Message, Quirk, Station
from tests.stations.factories import (
    ConnectorFactory,
    EvseFactory,
    StationFactory,
    TokenFactory,
    TransactionFactory,
)
from tests.stations.support import NOON, call
from tests.units import run


class AdminCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("admin"))

    def act(self, model: str, action: str, *keys: int) -> str:
        """Run an action of a list; the page that follows."""
        data = {"action": action, "_selected_action": keys}
        response = self.client.post(reverse(f"admin:stations_{model}_changelist"), data, follow=True)
        self.assertEqual(response.status_code, 200)
        return response.content.decode()

    def password_of(self, page: str, station: Station) -> None:
        """The page shows a password, and it is the station's."""
        found = re.search(rf"Password of station {station.identity}, shown only now: (\S{{40}})", page)
        assert found is not None, page
        station.refresh_from_db()
        self.assertTrue(key_matches([found[1]], station.password_hash))


class Stations(AdminCase):
    def test_new_one_gets_a_password_that_is_shown_once(self) -> None:
        response = self.client.post(reverse("admin:stations_station_add"), {"identity": "CP1"}, follow=True)
        station = Station.objects.get(identity="CP1")
        self.password_of(response.content.decode(), station)
        page = self.client.get(reverse("admin:stations_station_change", args=[station.pk])).content.decode()
        self.assertNotIn("shown only now", page)
        self.assertNotIn(station.password_hash, page)

    def test_change_keeps_the_password(self) -> None:
        station = StationFactory.create(password_hash="kept")
        data = {"identity": "Renamed", "strict": "on"}
        self.client.post(reverse("admin:stations_station_change", args=[station.pk]), data)
        station.refresh_from_db()
        self.assertEqual((station.identity, station.strict, station.password_hash), ("Renamed", True, "kept"))

    def test_new_passwords_can_be_given(self) -> None:
        one, two = StationFactory.create(password_hash="old"), StationFactory.create()
        page = self.act("station", "give_new_password", one.pk, two.pk)
        self.password_of(page, one)
        self.password_of(page, two)
        self.assertNotEqual(one.password_hash, two.password_hash)

    def test_values_with_markup_are_shown_as_text(self) -> None:
        StationFactory.create(vendor="<script>alert(1)</script>")
        page = self.client.get(reverse("admin:stations_station_changelist")).content.decode()
        self.assertIn("&lt;script&gt;alert(1)", page)
        self.assertNotIn("<script>alert(1)", page)


class Knocking(AdminCase):
    def knock(self, identity: str) -> KnockingStation:
        return KnockingStation.objects.create(identity=identity, first_at=NOON, last_at=NOON)

    def test_strangers_can_be_enrolled(self) -> None:
        page = self.act("knockingstation", "enrol", self.knock("CP1").pk)
        self.password_of(page, Station.objects.get(identity="CP1"))
        self.assertFalse(KnockingStation.objects.exists())

    def test_one_that_is_known_by_now_keeps_its_password(self) -> None:
        StationFactory.create(identity="CP1", password_hash="kept")
        page = self.act("knockingstation", "enrol", self.knock("CP1").pk)
        self.assertNotIn("shown only now", page)
        self.assertEqual(Station.objects.get().password_hash, "kept")
        self.assertFalse(KnockingStation.objects.exists())


class Records(AdminCase):
    def test_are_to_be_read_not_edited(self) -> None:
        station = StationFactory.create(identity="CP1")
        evse = EvseFactory.create(station=station)
        ConnectorFactory.create(evse=evse)
        TransactionFactory.create(station=station, evse=evse, id_token=TokenFactory.create())
        run(
            call(station, "Authorize", {"idTag": 7}),
            call(
                station,
                "TransactionEvent",
                {
                    "eventType": "Updated",
                    "timestamp": "2026-06-21T12:00:00Z",
                    "triggerReason": "MeterValuePeriodic",
                    "seqNo": 1,
                    "transactionInfo": {"transactionId": "T1"},
                    "meterValue": [{"timestamp": "2026-06-21T12:00:00Z", "sampledValue": [{"value": 1}]}],
                },
                version="2.0.1",
            ),
            call(
                station,
                "NotifyReport",
                {
                    "requestId": 1,
                    "generatedAt": "2026-06-21T12:00:00Z",
                    "seqNo": 0,
                    "reportData": [{"component": {"name": "C"}, "variable": {"name": "V"}, "variableAttribute": [{}]}],
                },
                version="2.0.1",
            ),
        )
        rows: dict[str, Any] = {"message": Message.objects.first(), "quirk": Quirk.objects.get()}
        for model in (
            "evse",
            "connector",
            "transaction",
            "transactionevent",
            "metervalue",
            "variable",
            "message",
            "quirk",
        ):
            with self.subTest(model):
                page = self.client.get(reverse(f"admin:stations_{model}_changelist"))
                self.assertEqual(page.status_code, 200)
                self.assertContains(page, 'id="result_list"')
                self.assert_forbidden("get", reverse(f"admin:stations_{model}_add"))
                row = rows.get(model)
                if row is not None:
                    address = reverse(f"admin:stations_{model}_change", args=[row.pk])
                    self.assertEqual(self.client.get(address).status_code, 200)
                    self.assert_forbidden("post", address)

    def assert_forbidden(self, method: str, address: str) -> None:
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(getattr(self.client, method)(address).status_code, 403)

    def test_tokens_can_be_entered(self) -> None:
        data = {"value": "CARD", "status": "Accepted"}
        self.client.post(reverse("admin:stations_idtoken_add"), data)
        self.assertEqual(IdToken.objects.get().value, "CARD")
        response = self.client.post(reverse("admin:stations_idtoken_add"), data | {"value": "card"})
        self.assertEqual((response.status_code, IdToken.objects.count()), (200, 1))
