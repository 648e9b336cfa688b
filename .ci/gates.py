# ruff: noqa: S603, T201  (it runs programs and reports on them: that is its whole purpose)
"""Every gate in order, with one line each at the end. `python3 start.py check` runs this with the Python of `.venv`."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from smartserver.env import SETTINGS  # noqa: E402  (the project is found only now)

WORKERS = (os.cpu_count() or 1) + 1
"""Processes that run tests. They wait for servers and browsers of their own at times, so there is one more than
processors; with many more all would be slow for each other, and what takes long by mistake could not be told."""

MINIMUM = 90
"""Per cent of all lines and branches that tests have to reach."""

PURE = ",".join(
    (
        "smartserver/core/*",
        "stations/ocpp/*",
        "stations/handshake.py",
        "stations/liveness.py",
        "stations/emulator/point/*",
        "stations/emulator/quirks/*",
        "devices/protocol.py",
        "devices/pyliteral.py",
        "devices/recent.py",
        "bridge/cms/frames.py",
        "bridge/cms/meaning.py",
        "bridge/jsontext.py",
        "bridge/emulator/car.py",
        "bridge/emulator/faults.py",
        "bridge/emulator/model.py",
        "bridge/emulator/outlet.py",
        "bridge/emulator/records.py",
        "bridge/emulator/session.py",
        "bridge/emulator/tar.py",
        "bridge/client/backoff.py",
        "bridge/client/events.py",
        "bridge/outlets.py",
        "bridge/paths.py",
        "bridge/push.py",
        "bridge/vendor.py",
        "bridge/wire.py",
    )
)
"""What they have to reach completely: the protocol cores, the emulated charge point and the shared kernel."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that has to hold. All of its commands have to end with 0."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    env: dict[str, str] = field(default_factory=dict)


def gates(data: Path) -> tuple[Gate, ...]:
    run = (sys.executable, "-m")
    coverage = (*run, "coverage")
    manage = (sys.executable, "manage.py")
    javascript = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    production = {
        "SMARTSERVER_HTTPS": "1",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "example.org",
        "SMARTSERVER_DATA_DIR": str(data / "production"),
    }
    return (
        Gate("format", ((*run, "ruff", "format", "--check", "--output-format=concise", "."),)),
        Gate("lint", ((*run, "ruff", "check", "--output-format=concise", "."),)),
        Gate("types", ((*run, "mypy"), (*run, "mypy", ".ci/gates.py"))),
        Gate("import rules", ((str(Path(sys.executable).parent / "lint-imports"),),)),
        Gate("migrations", ((*manage, "makemigrations", "--check", "--dry-run"),)),
        Gate("JavaScript tests", (("node", "--test", "--test-reporter=dot", *javascript),)),
        Gate("deployment", ((*manage, "check", "--deploy", "--fail-level", "WARNING"),), production),
        Gate(
            "tests",
            (
                (
                    sys.executable,
                    "-W",
                    "error",
                    "-m",
                    "coverage",
                    "run",
                    "manage.py",
                    "test",
                    "--parallel",
                    str(WORKERS),
                ),
            ),
        ),
        Gate("coverage", ((*coverage, "combine", "-q"), (*coverage, "report", f"--fail-under={MINIMUM}"))),
        Gate("coverage of the cores", ((*coverage, "report", "--fail-under=100", f"--include={PURE}"),)),
    )


def passes(gate: Gate, env: dict[str, str]) -> bool:
    for command in gate.commands:
        try:
            if subprocess.run(command, cwd=ROOT, env=env | gate.env, stdin=subprocess.DEVNULL).returncode:
                return False
        except OSError as error:
            print(error)
            return False
    return True


def main() -> int:
    begun = time.monotonic()
    lines = []
    failed = 0
    with tempfile.TemporaryDirectory(prefix="smartserver-") as folder:
        data = Path(folder)
        # The gates judge the code, not the settings of this machine.
        settings = {setting.name for setting in SETTINGS}
        env = {name: value for name, value in os.environ.items() if name not in settings}
        env |= {"SMARTSERVER_DATA_DIR": folder, "COVERAGE_FILE": str(data / "coverage")}
        for gate in gates(data):
            print(f"── {gate.name}", flush=True)
            started = time.monotonic()
            passed = passes(gate, env)
            failed += not passed
            lines.append(f"{'passed' if passed else 'FAILED'}  {gate.name:<22}{time.monotonic() - started:7.1f} s")
            print(lines[-1], flush=True)
    print(f"\n{os.linesep.join(lines)}\nAll gates in {time.monotonic() - begun:.0f} s.")
    print(f"gates: {len(lines) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
