"""A station on a real socket, an operator who asks the REST API, and one who watches the dashboard's live tables."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import websocket
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.test import override_settings

from smartserver.core import clock
from smartserver.core.events import TOPIC_COMMANDS, TOPIC_STATIONS
from smartserver.routing import BROWSER_PATH, websockets
from stations.models import Command, IdToken, Station
from stations.ocpp.frames import Payload
from stations.selectors import COMMANDS, TOPIC
from tests.dashboard.support import LiveClient
from tests.stations.files.support import WholeServer
from tests.stations.support import Client, SocketCase
from tests.waiting import eventually

ACCEPTED = {"status": "Accepted"}

_BOOT_2: Payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "Vendor", "model": "Model"}}
BOOTS: dict[str, Payload] = {
    "1.6": {"chargePointVendor": "Vendor", "chargePointModel": "Model"},
    "2.0.1": _BOOT_2,
    "2.1": _BOOT_2,
}
"""What the station says of itself."""

Shown = dict[str, Any]
"""A row of a live table, by the names of its columns."""


class ActionServer(WholeServer):
    """Sockets of stations, addresses of files, and the sockets of browsers with both live tables of stations."""

    def __init__(self) -> None:
        super().__init__(topics=(TOPIC, COMMANDS))
        self._dashboard = websockets(self.runtime)

    async def _accept(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and scope["path"] == BROWSER_PATH:
            await self._dashboard(scope, receive, send)
        else:
            await super()._accept(scope, receive, send)


@override_settings(OPEN=True)
class ActionCase(SocketCase):
    """The station `CP1` is connected and has booted; `olga` is an administrator, and has the dashboard open."""

    server_class = ActionServer
    version: ClassVar[str] = "1.6"

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(PUBLIC_URL=self.server.http, FILES_DIR=Path(folder)))
        self.client.force_login(User.objects.create_superuser("olga", password="x"))
        # Its configuration is known, so the server does not ask for it in between.
        self.row = Station.objects.create(identity="CP1")
        IdToken.objects.create(value="CARD1")
        self.station = self.connect()
        self.boot()
        self.dashboard = self.open_dashboard()

    def tearDown(self) -> None:
        self.dashboard.close()
        self.station.close()
        super().tearDown()
        eventually(lambda: not self.server.runtime.hub.listeners)

    def connect(self) -> Client:
        return Client(f"{self.server.ws}/ocpp/CP1", versions=(f"ocpp{self.version}",))

    def boot(self) -> None:
        Station.objects.update(configured_at=clock.now(), firmware_version="")
        self.assertEqual(self.station.ask("BootNotification", BOOTS[self.version])[0], 3)

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

    # -- the operator's dashboard ----------------------------------------------------------

    def open_dashboard(self) -> LiveClient:
        """A page with the tabs "Stations" and "Commands", as `static/` opens it: over a socket, with a session."""
        address = self.server.http.removeprefix("http://")
        page = LiveClient(address, cookie=f"sessionid={self.client.cookies['sessionid'].value}")
        self.assertEqual(page.hello["user"], "olga")
        for topic in (TOPIC_STATIONS, TOPIC_COMMANDS):
            page.subscribe(topic)
        return page

    def watch(self, topic: str, key: int, condition: Callable[[Shown], bool]) -> Shown:
        """Wait until a live table shows the row with this key as `condition` wants it; the row."""
        names = [column["name"] for column in self.dashboard.hello["topics"][topic]["columns"]]

        def found() -> list[Shown]:
            return [dict(zip(names, row[1:], strict=True)) for row in self.dashboard.pages[topic].rows if row[0] == key]

        try:
            self.dashboard.wait(topic, lambda _: any(map(condition, found())))
        except websocket.WebSocketTimeoutException:
            self.fail(f"The dashboard still shows {found()}.")
        (row,) = found()
        return row

    def see_station(self, **values: Any) -> Shown:
        """Wait until the tab "Stations" shows the station with these values."""
        return self.watch(TOPIC_STATIONS, self.row.pk, lambda row: values.items() <= row.items())

    def see_command(self, command: int, **values: Any) -> Shown:
        """The same with the tab "Commands"."""
        return self.watch(TOPIC_COMMANDS, command, lambda row: values.items() <= row.items())

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
        frame = self.hear(action, payload)
        self.say(frame, reply)
        seen = self.settled(command)
        self.assertEqual((seen["state"], seen["reply"]), ("answered", reply))
        (logged,) = (
            row
            for row in self.see("messages", station="CP1", action=action, direction="out")["results"]
            if row["message_id"] == frame[1]
        )
        self.assertEqual((logged["request"], logged["reply"], logged["outcome"]), (frame[3], reply, "CALLRESULT"))
        return seen

    def hear(self, action: str, payload: Payload | None = None) -> list[Any]:
        """The next call that the station hears, which has to be this one."""
        frame = self.station.hear_call()
        self.assertEqual(frame[2], action)
        if payload is not None:
            self.assertEqual(frame[3], payload)
        return frame

    def say(self, frame: list[Any], reply: Payload) -> None:
        """The station answers a call."""
        self.station.say([3, frame[1], reply])

    def settled(self, command: int) -> Any:
        """The command as the operator sees it once it has ended: in REST, and the same in the tab "Commands"."""
        eventually(lambda: Command.objects.get(pk=command).settled_at is not None)
        seen = self.see(f"commands/{command}")
        same = {name: seen[name] for name in ("station", "action", "state", "result", "origin")}
        self.see_command(command, **same)
        return seen

    def settled_last(self, action: str) -> Any:
        """The same for the newest command of an action, which another part of the API made."""
        newest = self.see("commands", station="CP1", action=action)["results"][0]
        self.assertEqual(newest["action"], action)
        return self.settled(newest["id"])


def signing_request(name: str) -> str:
    """A CSR with a fresh key, PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
