"""The real program of the bridge, between an emulated charger and a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from bridge.emulator.server import EmulatedCharger
from tests.server import ROOT, ServerProcess

STOP_SECONDS = 5.0


class BridgeProcess:
    """`manage.py run_noc_bridge`; use as a context manager. What it keeps survives `kill()` and `start()`."""

    def __init__(self, server: ServerProcess, charger: EmulatedCharger, **environment: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.log = Path(self._folder.name) / "bridge.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "SERVER_URL": f"{server.http}/",
            "HARDWARE_HOST": f"127.0.0.1:{charger.port}",
            "SPOOL_DIR": self._folder.name,
            "HEALTH_PORT": "0",
            "POLLING_INTERVAL": "1",
            "RetryTime": "1",
            "CMS_CHECK_INTERVAL": "1",
        }
        self._environment = kept | own | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run_noc_bridge"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        """SIGTERM; its exit code. `TimeoutExpired` when it takes longer than it may."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def __enter__(self) -> BridgeProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._folder.cleanup()
