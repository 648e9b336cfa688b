"""Probes learn whether all tasks run, people where the bridge stands; nobody can keep it busy."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import unittest
from argparse import Namespace
from unittest import mock

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from bridge.client import health
from bridge.client.health import Health, HealthError
from bridge.client.options import Options, read
from bridge.client.status import Status
from tests.bridge.client.statuses import charger
from tests.waiting import eventually


def options(host: str = "127.0.0.1", port: int = 3020) -> Options:
    return read(Namespace(health_host=host, health_port=str(port)), {})


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.status: Status = {"chargers": [charger()], "traffic": {"feed": (1000, 20)}}
        self.health = Health(options(port=0), lambda: self.status, CollectorRegistry())
        self.port = self.health.start()
        self.addCleanup(self.health.stop)

    def ask(self, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())

    def raw(self, request: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(request)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer


class ProbeTests(Case):
    def test_all_tasks_run(self) -> None:
        self.assertEqual(self.ask("/healthz")[:2], (200, "ok\n"))

    def test_a_charger_whose_tasks_have_ended(self) -> None:
        self.status["chargers"].append(charger("EC-2", is_alive=False))
        self.assertEqual(self.ask("/healthz")[0], 503)

    def test_no_charger_yet(self) -> None:
        self.status["chargers"].clear()
        self.assertEqual(self.ask("/healthz")[0], 503)

    def test_a_cms_that_is_away_is_no_reason_to_restart(self) -> None:
        self.status["chargers"][0]["connections"]["cms"] = "away"
        self.assertEqual(self.ask("/healthz")[0], 200)


class PeopleTests(Case):
    def test_status(self) -> None:
        status, body, headers = self.ask("/status?pretty")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body), {"chargers": [charger()], "traffic": {"feed": [1000, 20]}})

    def test_metrics(self) -> None:
        status, body, _ = self.ask("/metrics")
        self.assertEqual(status, 200)
        found = {
            (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
        }
        self.assertEqual(
            found,
            {
                ("noc_bridge_alive", "EC-1"): 1,
                ("noc_bridge_spool_events", "EC-1"): 3,
                ("noc_bridge_spool_bytes", "EC-1"): 900,
                ("noc_bridge_dropped_events_total", "EC-1"): 1,
                ("noc_bridge_connected", "EC-1", "cms"): 1,
                ("noc_bridge_connected", "EC-1", "events"): 0,
                ("noc_bridge_traffic_bytes_total", "sent", "feed"): 1000,
                ("noc_bridge_traffic_bytes_total", "received", "feed"): 20,
            },
        )

    def test_elsewhere_is_nothing(self) -> None:
        self.assertEqual(self.ask("/")[0], 404)
        self.assertEqual(self.ask("/healthz/more")[0], 404)


class LimitTests(Case):
    def test_only_get(self) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
            with self.subTest(method):
                status, _, headers = self.ask("/healthz", method)
                self.assertEqual((status, headers["Allow"]), (405, "GET"))
        self.assertEqual(self.ask("/healthz", "BREW")[0], 501)

    def test_requests_that_are_too_long(self) -> None:
        self.assertIn(b" 431 ", self.raw(b"GET /" + b"x" * 9000))
        # Exactly as much as is read, so that nothing is left unread when the connection is closed.
        self.assertIn(b" 404 ", self.raw(b"GET /" + b"x" * 8000 + b" HTTP/1.0\r\n\r\n"))

    def test_what_is_no_request(self) -> None:
        self.assertIn(b"400 Bad request", self.raw(b"\x16\x03\x01<b>\r\n\r\n"))
        self.assertEqual(self.raw(b"\r\n\r\n")[:5], b"")

    def test_what_breaks_off(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(b"GET /healthz")
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(100), b"")

    def test_a_trickle_is_cut_off_and_does_not_hold_up_others(self) -> None:
        with (
            mock.patch.object(health, "REQUEST_SECONDS", 0.1),
            socket.create_connection(("127.0.0.1", self.port), 5) as slow,
        ):
            begun = time.monotonic()
            slow.sendall(b"GET /healthz HTTP/1.0\r\n")
            self.assertEqual(self.ask("/healthz")[0], 200)
            self.assertEqual(slow.recv(100), b"")
            self.assertLess(time.monotonic() - begun, 3)

    def test_so_many_at_once_and_no_more(self) -> None:
        held = [socket.create_connection(("127.0.0.1", self.port), 5) for _ in range(health.MAX_REQUESTS)]
        self.assertEqual(self.raw(b""), b"", "the next one is turned away")
        for connection in held:
            connection.close()
        eventually(self.answers)

    def test_a_system_without_threads_costs_no_place(self) -> None:
        exhausted = mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread"))
        with exhausted, self.assertLogs("bridge.client.health", "WARNING"):
            for _ in range(health.MAX_REQUESTS + 1):
                self.assertEqual(self.raw(b""), b"")
        self.assertEqual(self.ask("/healthz")[0], 200)

    def answers(self) -> bool:
        try:
            return self.ask("/healthz")[0] == 200
        except OSError:
            return False

    def test_a_status_that_fails_is_logged_and_the_next_one_is_shown(self) -> None:
        status, self.status = self.status, {}  # type: ignore[typeddict-item]
        with self.assertLogs("bridge.client.health", "WARNING"):
            self.assertEqual(self.raw(b"GET /healthz HTTP/1.0\r\n\r\n"), b"")
        self.status = status
        self.assertEqual(self.ask("/healthz")[0], 200)


class PlaceTests(unittest.TestCase):
    def serve(self, chosen: Options) -> Health:
        return Health(chosen, lambda: {"chargers": [], "traffic": {}}, CollectorRegistry())

    def test_a_port_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with self.assertRaises(HealthError) as caught, self.serve(options(port=port)):
                self.fail("It was served all the same.")
        self.assertIn(f"127.0.0.1:{port} (Address already in use)", str(caught.exception))
        self.assertIn("--health-port 0", str(caught.exception))

    def test_a_host_that_is_not_ours(self) -> None:
        with self.assertRaises(HealthError):
            self.serve(options(host="192.0.2.1")).start()  # of a network that is nowhere (RFC 5737)

    def test_port_0_is_no_server(self) -> None:
        with self.serve(options(port=0)) as found:
            self.assertIsNone(found._server)

    def test_it_can_be_served_again_at_the_same_place(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        for _ in range(2):
            with self.serve(options(port=port)), socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                self.assertIn(b" 503 ", connection.recv(100))
