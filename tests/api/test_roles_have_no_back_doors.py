"""What a role may not do it may not do in another way either; and trying costs the one who tries."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import override_settings
from django.urls import reverse

from smartserver.accounts.models import AuditEntry
from stations.models import Command, KnockingStation, Station
from tests.api.support import API, ApiCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON

ELSEWHERE = {"location": "https://evil.example/image.bin", "retrieveDate": "2026-06-21T12:00:00Z"}
SIGNED = {
    "requestId": 1,
    "firmware": {"location": "https://evil.example/x", "retrieveDateTime": "2026-06-21T12:00:00Z"},
}


class RawCommandTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        StationFactory.create(identity="CP1", ocpp_version="1.6")
        StationFactory.create(identity="CP2", ocpp_version="2.0.1")

    def test_operators_install_nothing_from_elsewhere(self) -> None:
        orders: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("CP1", "UpdateFirmware", ELSEWHERE),
            ("CP1", "SignedUpdateFirmware", SIGNED),
            ("CP2", "UpdateFirmware", SIGNED),
            ("CP2", "PublishFirmware", {"location": "https://evil.example/x", "checksum": "x", "requestId": 1}),
        )
        for identity, action, payload in orders:
            with self.subTest(action, identity=identity):
                order = {"action": action, "payload": payload}
                self.ask("post", f"stations/{identity}/commands", order, by=self.operator, expect=403)
                self.ask("post", "commands/bulk", {"stations": [identity], **order}, by=self.operator, expect=403)
        self.assertFalse(Command.objects.exists())
        self.assertEqual(AuditEntry.objects.filter(outcome="forbidden").count(), 2 * len(orders))

    def test_administrators_may(self) -> None:
        order = {"action": "UpdateFirmware", "payload": ELSEWHERE}
        self.ask("post", "stations/CP1/commands", order, expect=201)


class RefusalTests(ApiCase):
    @override_settings(API_RATE="3/hour")
    def test_refusals_count_so_that_nobody_fills_the_audit_log(self) -> None:
        for _ in range(3):
            self.ask("post", "groups", {"name": "x"}, by=self.viewer, expect=403)
        self.ask("post", "groups", {"name": "x"}, by=self.viewer, expect=429)
        self.assertEqual(AuditEntry.objects.count(), 3)

    @override_settings(API_RATE="1/hour")
    def test_the_document_is_made_as_often_as_anything_else(self) -> None:
        self.assertEqual(self.viewer.get("/api/schema/").status_code, 200)
        response = self.viewer.get("/api/schema/")
        self.assertEqual((response.status_code, response["Content-Type"]), (429, "application/problem+json"))

    def test_rows_that_may_be_very_large_come_in_smaller_portions(self) -> None:
        for address in ("messages", "commands", "security-events"):
            self.ask("get", address, limit=200)
            self.ask("get", address, limit=201, expect=400)

    def test_nobody_on_the_way_keeps_an_answer(self) -> None:
        for path in ("stations", "me", "transactions/export", "audit", "stations/NOBODY"):
            with self.subTest(path):
                self.assertEqual(self.administrator.get(API + path)["Cache-Control"], "no-store")
        made = self.administrator.post(API + "stations", {"identity": "CP1"}, format="json")
        self.assertIn("password", made.json())
        self.assertEqual((made["Cache-Control"], made["X-Content-Type-Options"]), ("no-store", "nosniff"))


class AdministrationTests(ApiCase):
    """Django's administration: who may look there gets no passwords."""

    def setUp(self) -> None:
        super().setUp()
        self.looker = User.objects.create_user("looker", is_staff=True)
        names = ("view_station", "view_knockingstation")
        self.looker.user_permissions.set(Permission.objects.filter(codename__in=names))
        self.client.force_login(self.looker)

    def act(self, model: str, action: str, key: int) -> str:
        data = {"action": action, "_selected_action": [key]}
        response = self.client.post(reverse(f"admin:stations_{model}_changelist"), data, follow=True)
        content: str = response.content.decode()
        return content

    def test_no_new_password_of_a_station(self) -> None:
        station = StationFactory.create(password_hash="kept")
        self.assertNotIn("shown only now", self.act("station", "give_new_password", station.pk))
        station.refresh_from_db()
        self.assertEqual(station.password_hash, "kept")

    def test_no_new_station(self) -> None:
        knocking = KnockingStation.objects.create(identity="CP9", first_at=NOON, last_at=NOON)
        self.assertNotIn("shown only now", self.act("knockingstation", "enrol", knocking.pk))
        self.assertFalse(Station.objects.exists())
