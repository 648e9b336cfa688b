"""A station on a real socket, and an operator who asks the REST API."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.test import override_settings

from smartserver.core import clock
from stations.models import Command, IdToken, Station
from stations.ocpp.frames import Payload
from tests.stations.support import Client, SocketCase
from tests.waiting import eventually

ACCEPTED = {"status": "Accepted"}


@override_settings(OPEN=True)
class ActionCase(SocketCase):
    """The station `CP1` is connected and has booted."""

    def setUp(self) -> None:
        user = User.objects.create_superuser("olga", password="x")
        self.client.force_login(user)
        # Its configuration is known, so the server does not ask for it in between.
        self.row = Station.objects.create(identity="CP1")
        IdToken.objects.create(value="CARD1")
        self.station = Client(f"{self.server.ws}/ocpp/CP1")
        self.boot()

    def tearDown(self) -> None:
        self.station.close()
        super().tearDown()

    def boot(self) -> None:
        Station.objects.update(configured_at=clock.now(), firmware_version="")
        self.assertEqual(self.station.boot()[0], 3)

    # -- the operator --------------------------------------------------------------------

    def see(self, path: str, **query: Any) -> Any:
        """What GET answers."""
        answer = self.client.get(f"/api/v1/{path}", query)
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()

    def see_one(self, path: str, **query: Any) -> Any:
        """The only row of a list."""
        (row,) = self.see(path, **query)["results"]
        return row

    def do(self, path: str, body: Payload, *, method: str = "post") -> Any:
        answer = getattr(self.client, method)(f"/api/v1/{path}", body, content_type="application/json")
        self.assertIn(answer.status_code, (200, 201, 202, 204), answer.content)
        return answer.json() if answer.content else None

    # -- both ----------------------------------------------------------------------------

    def tell(self, action: str, payload: Payload) -> Payload:
        """The station calls; the payload of the CALLRESULT. The message log has the exchange."""
        frame = self.station.ask(action, payload)
        self.assertEqual(frame[0], 3, frame)
        newest = self.see("messages", station="CP1", action=action, direction="in")["results"][0]
        self.assertEqual((newest["request"], newest["reply"], newest["outcome"]), (payload, frame[2], "CALLRESULT"))
        answer: Payload = frame[2]
        return answer

    def ask(self, action: str, payload: Payload, reply: Payload) -> Any:
        """The operator asks, the station answers; the command as the operator sees it afterwards."""
        command = self.do("stations/CP1/commands", {"action": action, "payload": payload})
        self.assertEqual((command["action"], command["origin"]), (action, "olga"))
        return self.answer(action, reply, command["id"], payload)

    def answer(self, action: str, reply: Payload, command: int, payload: Payload | None = None) -> Any:
        """The station hears the call that belongs to a command, and answers."""
        frame = self.station.hear_call()
        self.assertEqual(frame[2], action)
        if payload is not None:
            self.assertEqual(frame[3], payload)
        self.station.say([3, frame[1], reply])
        seen = self.settled(command)
        self.assertEqual((seen["state"], seen["reply"]), ("answered", reply))
        logged = self.see_one("messages", station="CP1", action=action, direction="out")
        self.assertEqual((logged["reply"], logged["outcome"]), (reply, "CALLRESULT"))
        return seen

    def settled(self, command: int) -> Any:
        """The command as the operator sees it, once it has ended."""
        eventually(lambda: Command.objects.get(pk=command).settled_at is not None)
        return self.see(f"commands/{command}")


def signing_request(name: str) -> str:
    """A CSR with a fresh key, PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
