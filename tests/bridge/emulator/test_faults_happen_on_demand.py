"""The faults of an emulated charger, as a client meets them on a real socket."""

from __future__ import annotations

import time
import tracemalloc
from collections import deque
from typing import Any

import requests
import websocket

from bridge.emulator import records
from bridge.emulator.faults import Faults
from tests.bridge.emulator.case import LONG, ChargerCase
from tests.waiting import eventually

LOG = "/controllers/1/api/outlets/1/log/state/full"


class Answers(ChargerCase):
    def test_the_next_errors(self) -> None:
        self.ask("PUT", "/emulator/faults", json={"next_errors": 2, "only": "/state"})
        self.assertEqual(
            [self.ask("GET", path).status_code for path in ("/state", "/id", "/state", "/state")], [500, 200, 500, 200]
        )

    def test_a_part_of_all_requests(self) -> None:
        self.charger.set_faults(errors=0.5)
        statuses = [self.ask("GET", "/id").status_code for _ in range(40)]
        self.assertTrue(5 < statuses.count(500) < 35)
        self.charger.set_faults(errors=1)
        self.assertEqual(self.ask("GET", "/id").status_code, 500)

    def test_slow_ones(self) -> None:
        self.charger.set_faults(slow=0.15)
        begun = time.monotonic()
        self.assertEqual(self.ask("GET", "/id").status_code, 200)
        self.assertGreaterEqual(time.monotonic() - begun, 0.15)

    def test_none(self) -> None:
        self.charger.set_faults(hang=True)
        with self.assertRaises(requests.ReadTimeout):
            self.session.get(f"{self.charger.url}/id", timeout=0.1)
        eventually(lambda: self.charger.requests.count("GET", "/id") == 1)
        self.assertEqual(self.charger.requests.newest()[0].status, 0)

    def test_those_that_break_off(self) -> None:
        self.charger.set_faults(truncate=1000)
        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
            self.ask("GET", LOG)
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")  # it is shorter

    def test_malformed_states(self) -> None:
        for kind, part in (("html", "<html>"), ("empty", "[]"), ("text", "starting"), ("missing", '"phs"')):
            self.charger.set_faults(state=kind)
            response = self.ask("GET", "/state")
            self.assertEqual(response.status_code, 200)
            self.assertIn(part, response.text)
        self.ask("DELETE", "/emulator/faults")
        self.assertEqual(len(self.get("/state")), 2)


class Logs(ChargerCase):
    options = {"log_bytes": 20_000_000}

    def test_the_newest_lines_can_be_verified_and_nothing_is_held(self) -> None:
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        newest: deque[str] = deque(maxlen=50)
        with self.ask("GET", LOG, stream=True) as response:
            self.assertEqual(response.headers["Content-Length"], "20000000")
            newest.extend(response.iter_lines(65_536, decode_unicode=True))
        self.assertLess(tracemalloc.get_traced_memory()[1], 5_000_000)
        self.assertEqual(list(newest), [records.line(number, "outlet=1") for number in range(124_950, 125_000)])

    def test_other_logs_are_others(self) -> None:
        for path, source in (
            ("/ocpp-client/logs/ocpp.log", "file=ocpp.log"),
            (LOG.replace("s/1", "s/2", 1), "outlet=2"),
        ):
            with self.ask("GET", path, stream=True) as response:
                first = next(response.iter_lines(1024, decode_unicode=True))
            self.assertEqual(first, records.line(0, source))

    def test_a_client_that_goes_stops_the_log(self) -> None:
        with self.ask("GET", LOG, stream=True) as response:
            response.raw.read(1000)
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")

    def test_endless_lines(self) -> None:
        self.charger.set_faults(endless=True)
        with self.ask("GET", LOG, stream=True) as response:
            self.assertNotIn("Content-Length", response.headers)
            read = 0
            for piece in response.iter_content(65_536):
                self.assertNotIn(b"\n", piece)
                read += len(piece)
                if read > 21_000_000:
                    break
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")


class Connections(ChargerCase):
    options = {"reboot_seconds": LONG}

    def test_a_reset_closes_everything_for_a_while(self) -> None:
        socket = self.listen()
        self.charger.do(lambda model: model.summon(model.outlets[0]))
        self.assertEqual(self.ask("POST", "/reset").status_code, 200)
        self.assertEqual([self.hear(socket)["type"] for _ in range(2)], ["session_start", "session_stop"])
        with self.assertRaises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            socket.recv()
        eventually(self.is_refused)
        self.come_back()
        self.assertEqual(self.get("/state")[0]["phs"], 1)

    def test_a_hanging_request_ends_with_the_reboot(self) -> None:
        self.charger.set_faults(hang=True)
        with self.assertRaises(requests.ConnectionError):
            self.charger.set_faults(reboot=LONG)
            requests.get(f"{self.charger.url}/id", timeout=10)
        self.charger.set_faults(hang=False)
        self.come_back()

    def test_refused_connections_leave_those_that_stand(self) -> None:
        socket = self.listen()
        self.charger.set_faults(refuse=LONG)
        eventually(self.is_refused)
        self.charger.do(lambda model: model.emit("alert", "", {"code": 19}))
        self.assertEqual(self.hear(socket)["payload"], {"code": 19})
        self.come_back()

    def test_event_sockets_are_dropped_again_and_again(self) -> None:
        self.charger.set_faults(drop=0.1)
        for _ in range(2):
            socket = self.listen()
            with self.assertRaises((websocket.WebSocketConnectionClosedException, ConnectionError)):
                socket.recv()
        self.assertEqual(self.ask("GET", "/id").text, "CH-1")


class FromTheBeginning(ChargerCase):
    options: dict[str, Any] = {"faults": Faults(refuse=LONG)}

    def test_a_charger_may_still_be_starting(self) -> None:
        eventually(self.is_refused)
        self.come_back()


class TheControl(ChargerCase):
    def test_shows_and_refuses(self) -> None:
        self.assertEqual(self.get("/emulator/faults"), Faults().shown())
        self.assertEqual(self.ask("PUT", "/emulator/faults", json={"slow": 0.01}).json()["slow"], 0.01)
        for body in ({"fire": 1}, {"errors": 7}):
            response = self.ask("PUT", "/emulator/faults", json=body)
            self.assertEqual(response.status_code, 400)
            self.assertIn(next(iter(body)), response.json()["message"])
        self.assertEqual(self.ask("POST", "/emulator/faults").status_code, 405)
        self.assertEqual(self.ask("PUT", "/emulator/faults", data=b"{").status_code, 400)
        for body_, status in (({"outlet": 9}, 404), ({"outlet": "x"}, 400), ({"user": ""}, 400)):
            self.assertEqual(self.ask("POST", "/emulator/summon", json=body_).status_code, status)

    def test_is_not_disturbed_by_faults(self) -> None:
        self.charger.set_faults(errors=1, hang=True)
        self.assertEqual(self.ask("DELETE", "/emulator/faults").status_code, 200)

    def test_requests_are_counted(self) -> None:
        self.ask("POST", "/outlets/1/powercap?x=1", json={"PowerCapW": 1})
        self.ask("GET", "/nothing")
        self.assertEqual(self.charger.requests.count("POST", "/outlets/1/powercap"), 1)
        first, second = self.charger.requests.newest()
        self.assertEqual((first.query, first.body, first.status), ("x=1", b'{"PowerCapW": 1}', 200))
        self.assertEqual((second.path, second.status), ("/nothing", 404))
        self.assertEqual(self.get("/emulator/requests")["counts"], {"GET /nothing": 1, "POST /outlets/1/powercap": 1})
