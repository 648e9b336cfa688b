"""A server process of its own for a test, as `manage.py serve` starts it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from smartserver.env import SETTINGS

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings of the server and no others."""
    ours = {setting.name for setting in SETTINGS}
    return {name: value for name, value in os.environ.items() if name not in ours} | settings


class Served:
    """`manage.py serve` on a free port, with an empty data folder."""

    def __init__(self, **settings: str) -> None:
        self.port = free_port()
        self._data = tempfile.TemporaryDirectory(prefix="smartserver-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=environment(SMARTSERVER_DATA_DIR=self._data.name, PYTHONUNBUFFERED="1", **settings),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("/readyz").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"The server did not get ready:\n{self.output}")

    def get(self, path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
        self._data.cleanup()


class Answer:
    """An HTTP response that has been read."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body


OF_LIBRARIES = {"FORWARDED_ALLOW_IPS", "PATH", "PYTHONUNBUFFERED"}
"""Variables of containers that are no settings of ours."""
