"""The routes of an emulated charger, over a real socket."""

from __future__ import annotations

import http.client
from typing import Any

from bridge import paths
from bridge.emulator.exchange import MAX_BODY
from bridge.emulator.routes import ROUTES
from bridge.wire import Method
from tests.bridge.emulator.case import ChargerCase

SAMPLES = (
    *("/id", "/state", "/release", "/version", "/macaddress", "/updates", "/reset", "/events/stream/inject"),
    *(f"/outlets/1/{what}" for what in ("state", "auth", "stop", "out_of_order", "powercap", "e-stop", "evseid")),
    *(f"/outlets/1/{what}" for what in ("cert", "debug", "unplug", "test")),
    *(f"/ocpp-client/{what}" for what in ("config", "start", "stop", "restart", "autoChargeMode", "servicestatus")),
    *("/ocpp-client/connectionstatus", "/ocpp-client/logs/ocpp.log", "/controllers/1/api/outlets/1/log/state/full"),
    *(f"/controllers/1/api/system/{what}" for what in ("facts", "iostate", "reboot", "update/status")),
    *(f"/services/{what}/config" for what in ("auth", "rfid", "led-ctrl", "powerblock", "ocpp")),
    *("/services/auth", "/scripts", "/scripts/a.js", "/hmi/config"),
    *("/docker-apps/images/load", "/docker-apps/containers/create", "/docker-apps/containers/json"),
    *(f"/docker-apps/containers/abcd/{what}" for what in ("start", "stop", "logs")),
)


class TheTable(ChargerCase):
    def test_every_route_that_a_bridge_may_call_is_there(self) -> None:
        for route in (*paths.COMMON, *paths.POWERFUL):
            with self.subTest(route.pattern.pattern):
                self.assertTrue(any(route.pattern.fullmatch(path) for path in SAMPLES))
        for path in SAMPLES:
            with self.subTest(path):
                found = next(route for route in ROUTES if route.pattern.fullmatch(path))
                for name in found.handlers:
                    paths.check(Method[name], path, powerful=True)

    def test_everything_that_can_be_read_is_json_or_text(self) -> None:
        for path in SAMPLES:
            found = next(route for route in ROUTES if route.pattern.fullmatch(path))
            if "GET" in found.handlers and "abcd" not in path and path != "/scripts/a.js":
                response = self.ask("GET", path)
                self.assertEqual(response.status_code, 200, path)
                if response.headers["Content-Type"] == "application/json":
                    response.json()

    def test_unknown_routes_and_wrong_methods(self) -> None:
        for path in ("/", "/nothing", "/outlets/1/fly", "/id/", "/outlets/x/state", "/emulator/x"):
            self.assertEqual(self.ask("GET", path).status_code, 404, path)
        for path in ("/outlets/3/state", "/controllers/9/api/system/facts", "/ocpp-client/logs/secrets.txt"):
            self.assertEqual(self.ask("GET", path).status_code, 404, path)
        refused = self.ask("DELETE", "/id")
        self.assertEqual((refused.status_code, refused.headers["Allow"]), (405, "GET"))
        self.assertEqual(self.ask("GET", "/events/stream").status_code, 426)
        self.assertIn("message", refused.json())

    def test_bad_bodies(self) -> None:
        for path, body, status in (
            ("/outlets/1/powercap", b"{", 400),
            ("/outlets/1/powercap", b"[]", 400),
            ("/outlets/1/powercap", b'{"PowerCapW": "much"}', 400),
            ("/outlets/1/powercap", b'{"PowerCapW": true}', 400),
            ("/outlets/1/powercap", b'{"PowerCapW": -1}', 400),
            ("/outlets/1/auth", b"{}", 400),
            ("/outlets/1/auth", b'{"user": ""}', 400),
            ("/outlets/1/stop", b'{"reason": 5}', 400),
            ("/outlets/1/out_of_order", b"{}", 400),
            ("/outlets/1/e-stop", b'{"pressed": 1}', 400),
            ("/events/stream/inject", b"{}", 400),
            ("/events/stream/inject", b'{"type": "alert", "outlet": true}', 400),
            ("/events/stream/inject", b'{"type": "alert", "payload": 7}', 400),
            ("/scripts", b"\xff", 400),
            ("/hmi/config", b" " * (MAX_BODY + 1), 413),
            ("/docker-apps/containers/create", b"nonsense", 400),
            ("/docker-apps/images/load", b"nonsense", 400),
        ):
            with self.subTest(path, body=body[:20]):
                self.assertEqual(self.ask("POST", path, data=body).status_code, status)
        self.assertEqual(self.ask("GET", "/state?" + "&".join(["a=1"] * 60)).status_code, 400)

    def test_raw_nonsense_is_refused_and_the_charger_lives(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.charger.port, timeout=5)
        self.addCleanup(connection.close)
        connection.putrequest("GET", "/id", skip_host=True)
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 400)
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")


class WhatItSays(ChargerCase):
    def test_identity_and_versions(self) -> None:
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")
        self.assertRegex(self.ask("GET", "/macaddress").text, r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertEqual(self.get("/release")["release"], self.ask("GET", "/version").text)
        self.assertEqual([state["outlet"] for state in self.get("/state")], ["1", "2"])
        self.assertEqual(self.get("/controllers/2/api/system/facts")["controller"], 2)

    def test_settings_are_kept(self) -> None:
        for path, change in (
            ("/ocpp-client/config", {"url": "wss://csms/"}),
            ("/outlets/2/debug", {"enabled": True}),
            ("/services/rfid/reader/1", {"beep": False}),
            ("/hmi/config", {"brightness": 10}),
        ):
            before = self.get(path)
            self.assertEqual(self.ask("PUT", path, json=change).json(), before | change)
            self.assertEqual(self.get(path), before | change)
        self.assertEqual(self.ask("DELETE", "/services/rfid/reader/1").json(), {})
        self.assertTrue(self.get("/ocpp-client/connectionstatus")["connected"])
        self.assertEqual(self.ask("POST", "/ocpp-client/stop").json(), {"status": "stopped"})
        self.assertFalse(self.get("/ocpp-client/connectionstatus")["connected"])
        self.assertEqual(self.ask("POST", "/ocpp-client/restart").json(), {"status": "running"})

    def test_memory_is_limited(self) -> None:
        statuses = {self.ask("PUT", f"/services/auth/{number}", json={"a": 1}).status_code for number in range(501)}
        self.assertEqual(statuses, {200, 507})
        statuses = {self.ask("PUT", f"/scripts/{number}", data=b"x").status_code for number in range(101)}
        self.assertEqual(statuses, {201, 507})

    def test_scripts_are_texts(self) -> None:
        made = self.ask("POST", "/scripts", data=b"let x = 1", headers={"Content-Type": "application/javascript"})
        self.assertEqual((made.status_code, made.json()), (201, {"name": "script.js", "bytes": 9}))
        self.ask("PUT", "/scripts/a.js", data=b"2")
        self.assertEqual(self.get("/scripts"), ["a.js", "script.js"])
        self.assertEqual(self.ask("GET", "/scripts/script.js").text, "let x = 1")
        self.assertEqual(self.ask("DELETE", "/scripts/a.js").json(), ["script.js"])
        self.assertEqual(self.ask("DELETE", "/scripts/a.js").status_code, 404)


class OutletsObey(ChargerCase):
    options = {"speed": 200.0}

    def until(self, phase: int) -> dict[str, Any]:
        for _ in range(400):
            state: dict[str, Any] = self.get("/outlets/1/state")
            if state["phs"] == phase:
                return state
        raise AssertionError(f"Phase {phase} did not come; it is {state['phs']}.")

    def test_a_session_by_commands(self) -> None:
        self.assertEqual(self.ask("POST", "/outlets/1/unplug").status_code, 409)
        self.assertEqual(self.ask("POST", "/outlets/1/stop").status_code, 409)
        self.assertEqual(self.ask("POST", "/outlets/1/test").status_code, 200)
        self.assertEqual(self.ask("POST", "/emulator/summon", json={"outlet": 1, "user": "TAG"}).status_code, 200)
        self.assertEqual(self.ask("POST", "/emulator/summon", json={"outlet": 1}).status_code, 409)
        self.assertEqual(self.ask("POST", "/outlets/1/test").status_code, 409)
        self.assertEqual(self.get("/outlets/1/auth"), {"auth": True, "user": "TAG"})
        self.until(7)
        self.assertTrue(self.get("/controllers/1/api/system/iostate")["contactor"])
        self.assertEqual(self.ask("PUT", "/outlets/1/powercap", json={"PowerCapW": 7000}).json()["pLimit"], 7000)
        self.assertLessEqual(self.get("/outlets/1/state")["pp"], 7010)
        self.assertEqual(self.ask("POST", "/outlets/1/stop", json={"reason": "Operator"}).status_code, 200)
        self.assertEqual(self.until(1)["stopReason"], "Operator")

    def test_the_emergency_stop_is_pressed_and_released(self) -> None:
        self.assertEqual(self.ask("POST", "/outlets/1/e-stop").json(), {"pressed": True})
        self.assertEqual(self.ask("POST", "/outlets/1/e-stop", json={"pressed": True}).json(), {"pressed": True})
        self.assertTrue(self.get("/controllers/1/api/system/iostate")["emergencyStop"])
        self.assertEqual(self.ask("POST", "/outlets/1/auth", json={"user": "TAG"}).status_code, 409)
        self.assertEqual(self.ask("PUT", "/outlets/1/e-stop", json={"pressed": False}).json(), {"pressed": False})
        self.ask("POST", "/outlets/2/e-stop")
        self.assertEqual(self.ask("DELETE", "/outlets/2/e-stop").json(), {"pressed": False})
        self.assertEqual(self.ask("POST", "/outlets/1/auth", json={"user": "TAG"}).status_code, 200)

    def test_out_of_order(self) -> None:
        self.assertEqual(
            self.ask("PUT", "/outlets/1/out_of_order", json={"out_of_order": True}).json(), {"out_of_order": True}
        )
        self.assertTrue(self.get("/outlets/1/out_of_order")["out_of_order"])
        self.assertTrue(self.get("/state")[0]["out_of_order"])
