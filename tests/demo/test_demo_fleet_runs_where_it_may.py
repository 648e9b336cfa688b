"""The demo fleet: only where it may, never twice, and never longer than its server."""

from __future__ import annotations

import subprocess
import sys
from unittest import mock

import requests
from django.test import SimpleTestCase, override_settings

from devices.models import SolMate
from smartserver.accounts.roles import Role
from smartserver.core.errors import Conflict
from smartserver.demo import access, fleet
from tests.api.support import ApiCase
from tests.server import PASSWORD, ServerProcess
from tests.stations.factories import StationFactory
from tests.waiting import eventually

LOOPBACK = {"OPEN": True, "DEMO": None, "REDIS_URL": "", "SERVED_HOST": "127.0.0.1"}


def emulators(server: ServerProcess) -> int:
    """How many emulating programs talk to this server."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return sum("--with-parent" in line and f":{server.port}/" in line for line in listed.splitlines())


class WhereItMay(SimpleTestCase):
    def test_an_open_server_for_this_machine_may(self) -> None:
        for host in ("127.0.0.1", "127.1.2.3", "localhost", "::1"):
            with self.subTest(host), override_settings(**LOOPBACK | {"SERVED_HOST": host}):
                self.assertEqual(access.reason_against(), "")
                self.assertTrue(access.may_switch(Role.VIEWER))
                self.assertFalse(access.may_switch(None))

    def test_others_say_why_not(self) -> None:
        for changed, reason in (
            ({"OPEN": False}, "closed server"),
            ({"OPEN": False, "DEMO": True}, "closed server"),
            ({"DEMO": False}, "switches the demo fleet off"),
            ({"REDIS_URL": "redis://x"}, "one process"),
            ({"SERVED_HOST": "0.0.0.0"}, "SMARTSERVER_DEMO allows it"),
            ({"SERVED_HOST": ""}, "SMARTSERVER_DEMO allows it"),
            ({"SERVED_HOST": "127.evil.example"}, "SMARTSERVER_DEMO allows it"),
        ):
            with self.subTest(changed), override_settings(**LOOPBACK | changed):
                self.assertIn(reason, access.reason_against())

    @override_settings(**LOOPBACK | {"SERVED_HOST": "0.0.0.0", "DEMO": True})
    def test_where_it_is_allowed_to_everybody_only_administrators_start_it(self) -> None:
        self.assertEqual(access.reason_against(), "")
        self.assertEqual([access.may_switch(role) for role in Role], [role == Role.ADMINISTRATOR for role in Role])

    def test_it_connects_to_where_the_server_listens(self) -> None:
        for host, address in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("", "127.0.0.1")):
            with override_settings(SERVED_HOST=host, SERVED_AT="http://127.0.0.1:8123"):
                self.assertEqual(access.own_address(), f"{address}:8123")


@override_settings(**LOOPBACK)
class OverRest(ApiCase):
    def test_real_stations_and_devices_are_left_in_peace(self) -> None:
        for make in (
            lambda: StationFactory.create(state="online"),
            lambda: SolMate.objects.create(serial_number="0001", state="online"),
        ):
            row = make()
            with mock.patch.object(fleet, "_begin") as begin:
                answer = self.stranger.post("/api/v1/demo/start", {}, format="json")
            self.assertEqual((answer.status_code, answer.json()["code"]), (409, "conflict"))
            begin.assert_not_called()
            row.delete()

    def test_pages_of_others_may_not_start_it(self) -> None:
        answer = self.stranger.post("/api/v1/demo/start", {}, format="json", headers={"origin": "https://evil.example"})
        self.assertIn(answer.status_code, (401, 403))
        self.assertEqual(fleet.fleet.state, "off")

    @override_settings(SERVED_HOST="0.0.0.0", DEMO=True)
    def test_a_visitor_of_a_server_for_many_may_look_only(self) -> None:
        state = self.stranger.get("/api/v1/demo").json()
        self.assertEqual((state["available"], state["allowed"]), (True, False))
        for action in ("start", "stop"):
            self.assertIn(self.stranger.post(f"/api/v1/demo/{action}", {}, format="json").status_code, (401, 403))

    def test_a_program_that_cannot_be_started_is_said_in_words(self) -> None:
        with mock.patch.object(sys, "executable", "/nowhere/python"), self.assertRaises(Conflict) as caught:
            fleet.fleet.start("127.0.0.1:1")
        self.assertIn("No such file", str(caught.exception))
        self.assertEqual(fleet.fleet.state, "off")


class ItsEnd(SimpleTestCase):
    """With a real server and real programs."""

    def post(self, server: ServerProcess, action: str) -> dict[str, object]:
        answer = requests.post(f"{server.http}/api/v1/demo/{action}", json={}, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    def test_it_is_started_once_and_ends_with_the_server_even_if_that_is_killed(self) -> None:
        with ServerProcess() as server:
            for _ in range(2):
                self.assertEqual(self.post(server, "start")["state"], "running")
            self.assertEqual(emulators(server), 2)
            self.assertEqual(self.post(server, "stop")["state"], "off")
            self.assertEqual(emulators(server), 0)
            self.post(server, "start")
            server.stop()
            self.assertEqual(emulators(server), 0)
            server.start()
            self.post(server, "start")
            server.kill()
            eventually(lambda: emulators(server) == 0, 30)

    def test_half_of_it_is_none_and_says_why(self) -> None:
        with ServerProcess() as server:
            self.post(server, "start")
            listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
            pid = next(
                line.split()[0]
                for line in listed.splitlines()
                if "emulate_devices" in line and f":{server.port}/" in line
            )
            subprocess.run(["kill", "-9", pid], check=True)
            eventually(lambda: requests.get(f"{server.http}/api/v1/demo", timeout=10).json()["state"] == "failed")
            state = requests.get(f"{server.http}/api/v1/demo", timeout=10).json()
            self.assertIn("the emulated devices ended with code -9", state["error"])
            self.assertEqual(emulators(server), 0)

    def test_a_closed_server_has_none(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server:
            self.assertEqual(requests.get(f"{server.http}/api/v1/demo", timeout=10).status_code, 401)
            session = requests.Session()
            session.get(f"{server.http}/login/", timeout=10)
            token = session.cookies["csrftoken"]
            login = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token}
            session.post(f"{server.http}/login/", data=login, timeout=10)
            headers = {"X-CSRFToken": session.cookies["csrftoken"]}
            answer = session.post(f"{server.http}/api/v1/demo/start", json={}, headers=headers, timeout=10)
            self.assertEqual(answer.status_code, 409, answer.text)
            self.assertIn("closed server", answer.json()["detail"])
