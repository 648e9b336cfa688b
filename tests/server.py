"""A real server process for end-to-end tests: `manage.py serve` with a folder or database of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent

PASSWORD = "correct horse battery staple"

SHARED = "SMARTSERVER_TESTS_SHARED"
"""The environment variable that names a folder for what all processes of a run of tests have in common."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "COVERAGE_PROCESS_CONFIG")
"""With the last one coverage would follow the server and slow it down; what it runs has tests nearer by."""

FIRST_START = "import django; django.setup(); from smartserver.bootstrap import prepare; prepare()"


class ServerProcess:
    """Use as a context manager; `restart()` and `kill()` in between.

    Open (SMARTSERVER_OPEN=1) unless `environment` says otherwise; the administrator is
    `admin` with `PASSWORD`.
    """

    def __init__(self, *, port: int | None = None, data: Path | None = None, **environment: str) -> None:
        self.port = port or free_port()
        self._folder = tempfile.TemporaryDirectory() if data is None else None
        self.data = data or Path(self._folder.name if self._folder else "")
        inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
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
        self._take_what_the_run_shares()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.http}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.kill()  # one that is only slow would be left behind
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")

    def _take_what_the_run_shares(self) -> None:
        """A migrated database, unless there is one, or it is not for tests: migrating takes longer than most tests."""
        if not self.database.exists():
            self._begin_with("migrated", lambda first: first._execute("-c", FIRST_START))

    def begin_with(self, module: str) -> None:
        """The database that a module leaves behind when it is run; a run of tests has that done once."""
        if not self._begin_with(module, lambda first: first.run("-m", module)):
            self.run("-m", module)

    def _begin_with(self, name: str, make: Callable[[ServerProcess], None]) -> bool:
        shared = None if self._environment.get("DATABASE_URL") else os.environ.get(SHARED)
        if shared:
            shutil.copyfile(_made_once(Path(shared) / name, make), self.database)
        return bool(shared)

    def run(self, *arguments: str) -> None:
        """Another program of this installation, with the server's settings, until it has ended."""
        self._take_what_the_run_shares()
        self._execute(*arguments)

    def _execute(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self._environment, check=True, timeout=300)

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


def _made_once(folder: Path, make: Callable[[ServerProcess], None]) -> Path:
    """The database of a server that is made by whoever needs it first."""
    first = ServerProcess(data=folder)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.data.exists():
            first.data.mkdir()
            make(first)
    return first.database
