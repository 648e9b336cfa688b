"""What is logged says who told whom what, and never a password, whatever was asked to be logged."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import sys
import time
import unittest
from unittest import mock

import requests

from bridge.client import logs
from bridge.client.logs import Way

KEY = "pass-word-4711"
SERVER = f"http://me:{KEY}@127.0.0.1:1/"


class Case(unittest.TestCase):
    """A process whose log can be read; afterwards logging is as it was."""

    def setUp(self) -> None:
        root = logging.getLogger()
        before = (root.handlers[:], root.level)
        names = ("urllib3", "websocket")
        levels = {name: logging.getLogger(name).level for name in names}

        def restore() -> None:
            root.handlers[:], level = before
            root.setLevel(level)
            for name in names:
                logging.getLogger(name).setLevel(levels[name])

        self.addCleanup(restore)
        hidden = mock.patch.object(logs, "_hidden", ())
        hidden.start()
        self.addCleanup(hidden.stop)
        self.screen = io.StringIO()
        self.start(is_json=False)

    def start(self, *, is_json: bool) -> None:
        with contextlib.redirect_stderr(self.screen):
            logs.set_up(is_json)

    def lines(self) -> list[str]:
        return self.screen.getvalue().splitlines()

    def line(self) -> str:
        """The only one, without its time."""
        (line,) = self.lines()
        self.assertRegex(line, r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ")
        return line.partition("] ")[2]


class ConsoleTests(Case):
    def test_a_request(self) -> None:
        logs.request(Way.TO_SERVER, "POST", "http://cms.example/api/charger/LiveFeeds", 1500)
        self.assertEqual(self.line(), "[Script->Server] POST http://cms.example/api/charger/LiveFeeds 1.5 kB")

    def test_an_answer(self) -> None:
        logs.answer(Way.FROM_SERVER, "LiveFeeds", 200)
        self.assertEqual(self.line(), "[Server->Script] LiveFeeds OK (200)")

    def test_a_refusal_is_a_warning(self) -> None:
        logs.answer(Way.FROM_HARDWARE, "GET /state", 500, 12, charger="EC-1")
        self.assertEqual(self.line(), "[Hardware->Script] [EC-1] [WARNING] GET /state refused (500) 12 B")

    def test_what_other_modules_log(self) -> None:
        logging.getLogger("bridge.client.anything").warning("Polling attempt %d failed", 3)
        self.assertEqual(self.line(), "[Script] [WARNING] Polling attempt 3 failed")

    def test_percent_signs_are_what_they_are(self) -> None:
        logs.say(Way.WITHIN, "SoC 80 % %s")
        self.assertEqual(self.line(), "[Script] SoC 80 % %s")

    def test_nobody_writes_lines_of_their_own(self) -> None:
        logs.say(Way.FROM_HARDWARE, "id EC-1\n[2026-01-01 00:00:00] [Script] forged\x1b[2J", charger="a\nb")
        self.assertEqual(
            self.line(), r"[Hardware->Script] [a\nb] id EC-1\n[2026-01-01 00:00:00] [Script] forged\x1b[2J"
        )

    def test_long_texts_are_cut(self) -> None:
        logs.say(Way.FROM_HARDWARE, "x" * 100_000)
        self.assertLess(len(self.line()), logs.MAX_MESSAGE + 100)

    def test_an_error_brings_its_traceback(self) -> None:
        try:
            raise RuntimeError("it broke")
        except RuntimeError:
            logging.getLogger("bridge").exception("Trouble")
        self.assertIn("[ERROR] Trouble", self.lines()[0])
        self.assertEqual(self.lines()[-1], "RuntimeError: it broke")


class JsonTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start(is_json=True)

    def test_fields_can_be_searched(self) -> None:
        logs.request(Way.TO_SERVER, "POST", "http://cms.example/api/charger/LiveFeeds", 1500, charger="EC-1")
        line = json.loads(self.screen.getvalue())
        self.assertRegex(line.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")
        self.assertEqual(
            line,
            {
                "level": "INFO",
                "logger": "bridge",
                "way": "Script->Server",
                "charger": "EC-1",
                "message": "POST http://cms.example/api/charger/LiveFeeds 1.5 kB",
                "method": "POST",
                "url": "http://cms.example/api/charger/LiveFeeds",
                "bytes": 1500,
            },
        )

    def test_each_line_is_one_object(self) -> None:
        logs.say(Way.WITHIN, "a\nb", thing=object())
        try:
            raise RuntimeError("it\nbroke")
        except RuntimeError:
            logging.getLogger("bridge").exception("Trouble")
        first, second = (json.loads(line) for line in self.lines())
        self.assertEqual(first["message"], r"a\nb")
        self.assertIn("RuntimeError: it\nbroke", second["error"])


class SecretTests(Case):
    def log_everything(self) -> None:
        """All ways on which a password might get into a line."""
        logs.request(Way.TO_SERVER, "POST", f"{SERVER}api/charger/LogEvent?id=EC-1&ev=%7B%22user%22%3A%22CARD%22%7D")
        logs.say(Way.TO_SERVER, f"key {KEY}", note=f"key {KEY}", url=SERVER)
        basic = base64.b64encode(f"EC-1:{KEY}".encode()).decode()
        logs.say(Way.TO_SERVER, f"Authorization: Basic {basic}")
        logging.getLogger("bridge").warning("%s", {"Authorization": f"Basic {basic}"})
        try:
            requests.post(f"{SERVER}api/charger/LogEvent?ev=CARD", timeout=1)
        except requests.ConnectionError:
            logging.getLogger("bridge").exception("The CMS is away")

    def assert_nothing_leaked(self) -> None:
        text = self.screen.getvalue()
        self.assertIn("The CMS is away", text)
        for secret in (KEY, base64.b64encode(f"EC-1:{KEY}".encode()).decode(), "CARD"):
            self.assertNotIn(secret, text)

    def test_passwords_and_events_are_in_no_line(self) -> None:
        for is_json in (False, True):
            with self.subTest(json=is_json):
                self.start(is_json=is_json)
                logs.hide(KEY)
                self.log_everything()
                self.assert_nothing_leaked()

    def test_an_address_hides_its_password_unasked(self) -> None:
        logs.request(Way.TO_SERVER, "GET", f"{SERVER}api/charger/LogVersion?Name=EC-1&Version=1.0")
        self.assertEqual(
            self.line(), "[Script->Server] GET http://***@127.0.0.1:1/api/charger/LogVersion?Name=EC-1&Version=1.0"
        )

    def test_headers_in_any_notation(self) -> None:
        for header in (
            "authorization:Basic c2VjcmV0",
            "'Authorization': 'Bearer c2VjcmV0'",
            "AUTHORIZATION = c2VjcmV0",
        ):
            with self.subTest(header):
                self.assertNotIn("c2VjcmV0", logs.clean(header))

    def test_hostile_texts_take_no_time(self) -> None:
        begun = time.monotonic()
        for text in ("authorization:" + " " * 200_000, "//" * 100_000, "?a" * 100_000, "//a" + "@" * 200_000):
            logs.one_line(logs.clean(text))
        self.assertLess(time.monotonic() - begun, 2)

    def test_a_password_with_another_in_it_is_hidden_whole(self) -> None:
        logs.hide("abcd", "abcdefgh")
        logs.say(Way.WITHIN, "abcdefgh abcd")
        self.assertEqual(self.line(), "[Script] *** ***")

    def test_a_password_of_a_letter_does_not_make_lines_unreadable(self) -> None:
        logs.hide("a", "")
        logs.say(Way.WITHIN, "a day")
        self.assertEqual(self.line(), "[Script] a day")

    def test_libraries_keep_silent_about_what_we_tell(self) -> None:
        logging.getLogger("urllib3.connectionpool").warning("Retrying")
        logging.getLogger("websocket").error("goodbye")
        self.assertEqual(self.lines(), [])

    def test_lines_go_to_standard_error(self) -> None:
        logs.set_up(False)
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        self.assertIs(handler.stream, sys.stderr)
