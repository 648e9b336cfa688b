"""`manage.py emulate_stations` takes its defaults from the environment of the first emulator (seed 001)."""

from __future__ import annotations

import io
from typing import Any
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase
from rich.console import Console

from stations.emulator.fleet import Order
from stations.emulator.plan import Plan
from stations.management.commands import emulate_stations
from stations.management.commands.emulate_stations import Command, is_on, url_of


class Environment(SimpleTestCase):
    def options(self, *arguments: str, **environment: str) -> dict[str, Any]:
        with mock.patch.dict("os.environ", environment):
            parser = Command().create_parser("manage.py", "emulate_stations")
            return vars(parser.parse_args(list(arguments)))

    def test_names_the_server(self) -> None:
        self.assertEqual(url_of({}), "ws://127.0.0.1:8000/ocpp/")
        self.assertEqual(url_of({"CS_HOST": "csms"}), "ws://csms:8080/ocpp/")
        self.assertEqual(url_of({"CS_PROTOCOL": "wss", "CS_HOST": "csms", "CS_PORT": "443"}), "wss://csms:443/ocpp/")
        self.assertEqual(self.options(CS_PORT="9000")["url"], "ws://localhost:9000/ocpp/")

    def test_says_how_many_stations_there_are(self) -> None:
        self.assertEqual(self.options()["count"], 10)
        self.assertEqual(self.options(CONCURRENCY_LEVEL="3")["count"], 3)
        self.assertEqual(self.options("--count", "4", CONCURRENCY_LEVEL="3")["count"], 4)
        with self.assertRaises((CommandError, SystemExit)), mock.patch("sys.stderr", io.StringIO()):
            self.options(CONCURRENCY_LEVEL="many")

    def test_switches_the_logs_on(self) -> None:
        for value, on in (("1", True), ("true", True), ("yes", True), ("0", False), ("False", False), ("", False)):
            self.assertEqual(is_on({"LOG_PAYLOAD": value}, "LOG_PAYLOAD"), on)
        options = self.options(LOG_PAYLOAD="1")
        self.assertEqual((options["log_payload"], options["log_lifecycle"]), (True, False))

    def test_is_explained_in_the_help(self) -> None:
        out = io.StringIO()
        with mock.patch("sys.stdout", out), self.assertRaises(SystemExit):
            Command().create_parser("manage.py", "emulate_stations").parse_args(["--help"])
        for name in ("CS_PROTOCOL", "CS_HOST", "CS_PORT", "CONCURRENCY_LEVEL", "LOG_PAYLOAD", "LOG_LIFECYCLE"):
            self.assertIn(name, out.getvalue())


class Mistakes(SimpleTestCase):
    """They are told at once, in a sentence, and nothing is begun."""

    def refused(self, *arguments: str, **environment: str) -> str:
        with (
            mock.patch.dict("os.environ", environment),
            mock.patch.object(emulate_stations, "Fleet", side_effect=AssertionError("It was begun.")),
            self.assertRaises(CommandError) as caught,
        ):
            call_command("emulate_stations", *arguments)
        return str(caught.exception)

    def test_of_the_address(self) -> None:
        self.assertIn("99999999", self.refused(CS_PORT="99999999"))
        self.assertIn("http://csms", self.refused(CS_PROTOCOL="http", CS_HOST="csms"))
        for url in ("nonsense", "ws://", "ws://host:port/ocpp/"):
            with self.subTest(url):
                self.assertIn(url, self.refused("--url", url))

    def test_of_the_certificates(self) -> None:
        secure = ("--url", "wss://localhost/ocpp/")
        self.assertIn("No such file", self.refused(*secure, "--ca-file", "/nowhere/ca.pem"))
        self.assertIn("No such file", self.refused(*secure, "--cert", "/nowhere/station.pem"))
        self.assertIn("cannot be read", self.refused(*secure, "--ca-file", __file__))


class Options(SimpleTestCase):
    def run_with(self, *arguments: str) -> tuple[Order, Plan]:
        """What the command would run."""
        seen: list[Any] = []

        async def run(order: Order, plan: Plan, duration: float | None, console: Console, *, lifeline: Any) -> Any:
            seen.extend((order, plan))
            fleet = mock.Mock()
            fleet.statistics.summary.return_value = []
            fleet.troubles.return_value = []
            return fleet

        with mock.patch.object(emulate_stations, "_run", run), mock.patch("sys.stdout", io.StringIO()):
            call_command("emulate_stations", *arguments)
        return seen[0], seen[1]

    def test_make_a_secure_connection(self) -> None:
        order, plan = self.run_with("--url", "wss://csms/", "--ca-file", "ca.pem", "--cert", "c.pem", "--key", "k.pem")
        self.assertEqual((plan.tls.ca_file, plan.tls.cert, plan.tls.key), ("ca.pem", "c.pem", "k.pem"))
        self.assertEqual(order.security_profile, 3)
        order, plan = self.run_with("--url", "wss://csms/", "--password", "secret", "--insecure")
        self.assertEqual((order.security_profile, plan.tls.insecure), (2, True))

    def test_say_how_secure_it_is(self) -> None:
        self.assertEqual(self.run_with()[0].security_profile, 0)
        self.assertEqual(self.run_with("--password", "secret")[0].security_profile, 1)

    def test_show_frames_and_leave_everything_to_the_server(self) -> None:
        order, plan = self.run_with("--log-payload", "--manual")
        self.assertTrue(order.manual)
        self.assertTrue(plan.trace.payload)
        self.assertFalse(plan.trace.lifecycle)
