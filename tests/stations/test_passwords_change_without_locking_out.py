"""A station gets a new password (ChangeConfiguration of AuthorizationKey): whatever is lost on the way, it gets in."""

from __future__ import annotations

from functools import partial

from django.test import override_settings

from smartserver.core import change
from smartserver.core.credentials import hash_key
from stations.models import Command, Message, Station
from stations.services.commands import queue_command
from tests.stations.support import Client, SocketCase
from tests.waiting import eventually

OLD, NEW = "the-old-password-1", "the-new-password-2"


@override_settings(OPEN=False)
class PasswordsChange(SocketCase):
    def setUp(self) -> None:
        self.row = Station.objects.create(identity="CP1", password_hash=hash_key(OLD))

    def connect(self, password: str) -> Client:
        client = Client(f"{self.server.ws}/ocpp/CP1", user="CP1", password=password.encode())
        self.addCleanup(client.close)
        client.boot()
        return client

    def refused(self, password: str) -> None:
        self.assert_refused("/ocpp/CP1", 401, user="CP1", password=password.encode())

    def ask(self, client: Client) -> list[object]:
        payload = {"key": "AuthorizationKey", "value": NEW}
        change.store(partial(queue_command, station_id=self.row.pk, action="ChangeConfiguration", payload=payload))
        while (frame := client.hear_call())[2] != "ChangeConfiguration":
            client.say([3, frame[1], {"configurationKey": []}])
        self.assertEqual(frame[3], payload)
        return frame

    def tearDown(self) -> None:
        self.doCleanups()
        super().tearDown()

    def command(self) -> Command:
        return Command.objects.get(action="ChangeConfiguration")

    def test_accepted_the_new_one_counts(self) -> None:
        client = self.connect(OLD)
        frame = self.ask(client)
        client.say([3, frame[1], {"status": "Accepted"}])
        eventually(lambda: self.command().state == "answered")
        self.refused(OLD)
        self.connect(NEW)
        self.assertNotIn(NEW, str(self.command().payload))
        self.assertNotIn(NEW, Message.objects.get(action="ChangeConfiguration").request)

    def test_lost_either_counts_until_the_new_one_was_used(self) -> None:
        client = self.connect(OLD)
        self.ask(client)
        client.vanish()
        self.connect(OLD).vanish()
        self.connect(NEW)
        self.refused(OLD)

    def test_rejected_the_old_one_stays(self) -> None:
        client = self.connect(OLD)
        frame = self.ask(client)
        client.say([3, frame[1], {"status": "Rejected"}])
        eventually(lambda: self.command().state == "answered")
        self.refused(NEW)
        self.connect(OLD)

    def test_after_a_reboot_it_is_used(self) -> None:
        client = self.connect(OLD)
        frame = self.ask(client)
        client.say([3, frame[1], {"status": "RebootRequired"}])
        eventually(lambda: self.command().state == "answered")
        self.connect(OLD).vanish()
        self.connect(NEW)
        self.refused(OLD)
