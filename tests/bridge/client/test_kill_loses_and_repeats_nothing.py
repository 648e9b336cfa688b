"""`kill -9` of the real program between any two steps, and SIGTERM while it is busy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path

import orjson

from bridge import wire
from tests.bridge.client.counterparts import KEY, Cms, Hardware
from tests.bridge.client.support import get, put
from tests.bridge.client.web import Answer, Drop, Request
from tests.operations.support import ROOT, free_port
from tests.waiting import eventually

POWERCAP = "/outlets/1/powercap"
LOG = "/controllers/1/api/outlets/1/log/state/full"


class KillTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.hardware, self.cms = Hardware(), Cms()
        self.addCleanup(self.hardware.close)
        self.addCleanup(self.cms.close)
        self.over = threading.Event()
        self.addCleanup(self.over.set)
        self.process: subprocess.Popen[str]

    def start(self, **environment: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "SERVER_URL": f"http://127.0.0.1:{self.cms.port}/",
            "HARDWARE_HOST": f"127.0.0.1:{self.hardware.port}",
            "SPOOL_DIR": str(self.folder),
            "HEALTH_PORT": "0",
            "PUSH": "off",
            "POLLING_INTERVAL": "1",
            "RetryTime": "1",
            "CMS_CHECK_INTERVAL": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "manage.py", "run_noc_bridge"],
            cwd=ROOT,
            env=kept | own | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(self._gone, self.process)

    def _gone(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def test_between_the_request_to_the_hardware_and_its_answer(self) -> None:
        def execute(request: Request) -> Answer:
            self.kill()
            raise Drop

        self.hardware.routes[POWERCAP] = execute
        self.cms.commands.append(put(1))
        self.start()
        eventually(lambda: self.process.poll() is not None, 20)
        self.assertEqual(self.cms.answers, [])
        self.start()
        eventually(lambda: bool(self.cms.answers), 20)
        number, answer, status = self.cms.answers[0]
        self.assertEqual((number, status), (1, "0"))
        self.assertIn("It is not repeated", answer["Error"])
        self.assertEqual(len(self.hardware.asked(POWERCAP)), 1)

    def test_between_the_answer_and_its_report(self) -> None:
        """The report reaches the CMS's machine, and is lost there; so is everything that the process knew."""
        self.hardware.routes[POWERCAP] = lambda request: Answer(200, b'{"done": true}')

        def trouble(request: Request) -> Answer | None:
            if request.path.endswith(wire.UPDATE_EXECUTION) and self.process.poll() is None and not self.over.is_set():
                self.over.set()
                self.kill()
                raise Drop
            return None

        self.cms.trouble = trouble
        self.cms.commands.append(put(1))
        self.start()
        eventually(lambda: self.process.poll() is not None, 20)
        self.start()
        eventually(lambda: bool(self.cms.answers), 20)
        self.assertEqual(self.cms.answers, [(1, {"done": True}, "200")])
        self.assertEqual(len(self.hardware.asked(POWERCAP)), 1)
        # The CMS, which may have been killed, too, sends it once more.
        self.cms.commands.append(put(1))
        eventually(lambda: len(self.cms.answers) == 2, 20)
        self.assertEqual(len(self.hardware.asked(POWERCAP)), 1)

    def waiting(self, port: int) -> int:
        """How many events wait in the spool of the process; -1 while it does not say."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5) as answer:
                chargers = orjson.loads(answer.read())["chargers"]
        except OSError:
            return -1
        return int(chargers[0]["spool_events"]) if chargers else -1

    def test_between_an_event_and_its_way_to_the_cms(self) -> None:
        port = free_port()
        self.start(MAX_EVENT_STATE_LOG_LINES="0", HEALTH_PORT=str(port))
        eventually(lambda: bool(self.hardware.live) and bool(self.cms.feeds), 20)
        self.cms.is_away = True
        for number in range(8):
            self.hardware.emit(type="alert", number=number)
        eventually(lambda: self.waiting(port) == 8, 20)
        keys: list[str] = []

        def after(request: Request) -> None:
            """Killed at the third event: the CMS has it, and the bridge does not know."""
            if request.path.endswith(wire.LOG_EVENT):
                keys.append(request.headers[KEY])
                if len(keys) == 3:
                    self.kill()
                    raise Drop

        self.cms.after = after
        self.cms.is_away = False
        eventually(lambda: self.process.poll() is not None, 20)
        self.assertEqual(len(self.cms.events), 3)
        self.start(MAX_EVENT_STATE_LOG_LINES="0")
        eventually(lambda: len(self.cms.events) == 8, 20)
        self.assertEqual([event["number"] for event in self.cms.events.values()], list(range(8)))
        self.assertEqual(keys[2], keys[3])
        self.assertEqual(len(keys), 9)

    def terminated(self) -> None:
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        text, _ = self.process.communicate(timeout=20)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(self.process.returncode, 0, text)
        self.assertNotIn("Traceback", text)

    def test_sigterm_during_a_long_upload(self) -> None:
        reached = threading.Event()

        def trouble(request: Request) -> Answer | None:
            if request.path.endswith(wire.POST_FULL_STATE):
                reached.set()
                self.over.wait(60)
                raise Drop
            return None

        self.cms.trouble = trouble
        self.start()
        eventually(lambda: bool(self.hardware.live) and bool(self.cms.feeds), 20)
        self.hardware.emit(type="alert", outlet="1")
        self.assertTrue(reached.wait(10))
        self.terminated()

    def test_sigterm_while_connections_do_not_even_begin(self) -> None:
        """A host that drops packets: here one whose queue of connections is full."""
        deaf = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(deaf.close)
        place = deaf.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            self.addCleanup(each.close)
            each.setblocking(False)
            each.connect_ex(place)
        port = free_port()
        self.start(
            HARDWARE_HOST=f"127.0.0.1:{place[1]}", SERVER_URL=f"http://127.0.0.1:{place[1]}/", HEALTH_PORT=str(port)
        )
        eventually(lambda: self.waiting(port) == 0, 20)
        self.terminated()

    def test_sigterm_while_hardware_hangs_everywhere(self) -> None:
        reached = {POWERCAP: threading.Event(), LOG: threading.Event()}

        def hang(request: Request) -> Answer:
            reached[request.path].set()
            self.over.wait(60)
            raise Drop

        self.hardware.routes |= {POWERCAP: hang, LOG: hang}
        self.cms.commands += [put(1), get(2, LOG, is_text_file=True)]
        self.start()
        for each in reached.values():
            self.assertTrue(each.wait(20))
        self.terminated()
        # Neither was answered: both are reported as interrupted by the next process, and not executed again.
        self.start()
        eventually(lambda: len(self.cms.answers) == 2, 20)
        self.assertEqual({(number, status) for number, _, status in self.cms.answers}, {(1, "0"), (2, "0")})
        self.assertEqual(len(self.hardware.asked(POWERCAP)), 1)
