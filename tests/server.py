"""A real server process for end-to-end tests: `manage.py serve` with a folder or database of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent

PASSWORD = "correct horse battery staple"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """Use as a context manager; `restart()` and `kill()` in between.

    Open (SMARTSERVER_OPEN=1) unless `environment` says otherwise; the administrator is
    `admin` with `PASSWORD`.
    """

    def __init__(self, *, port: int | None = None, data: Path | None = None, **environment: str) -> None:
        self.port = port or free_port()
        self._folder = tempfile.TemporaryDirectory() if data is None else None
        self.data = data or Path(self._folder.name if self._folder else "")
        inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        self._environment = inherited | {
            "SMARTSERVER_DATA_DIR": str(self.data),
            "SMARTSERVER_OPEN": "1",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.log = self.data / f"server-{self.port}.log"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.data / "smartserver.sqlite3"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.http}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")

    def stop(self) -> int:
        """SIGTERM, as a service manager sends it; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def kill(self) -> None:
        """SIGKILL: the process gets no chance to do anything more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
