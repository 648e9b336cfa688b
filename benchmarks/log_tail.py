"""The newest 60,000 lines of a log of 70 MB on their way through the bridge: memory, time, and whether they are right.

    python -m benchmarks.log_tail [--megabytes 70] [--lines 60000] [--rounds 3]

A charger that serves the log and a CMS that takes the upload run in a process of their own. Two programs carry the
lines from one to the other, each in a fresh process that reports its peak memory (VmHWM): the bridge's way, and a
straightforward script with `requests` that reads the whole log. What arrives is compared with the file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from benchmarks import raw_client

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000
MEBIBYTE = 1_048_576
GOAL = 80 * MEBIBYTE
"""Peak memory of the bridge's process, in bytes."""

BLOCK = 65_536
LOG, FULL_STATE = "/controllers/1/api/outlets/1/log/state/full", "/api/charger/ExpertPostFullStateData"


# -- charger and CMS ------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """GET gives the file `log` of the folder, POST keeps what comes as the file `received`."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        with (self.folder / "log").open("rb") as log:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(os.fstat(log.fileno()).st_size))
            self.end_headers()
            shutil.copyfileobj(log, self.wfile, BLOCK)

    def do_POST(self) -> None:
        with (self.folder / "received").open("wb") as received:
            for piece in self.body():
                received.write(piece)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self) -> Iterator[bytes]:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield self.rfile.read(int(self.headers["Content-Length"]))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(folder: Path) -> None:
    Handler.folder = folder
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


# -- the two programs -----------------------------------------------------------------------------


def bridge(server: str, lines: int) -> None:
    """With all that the bridge's process has in memory anyway."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bridge.settings"
    import django

    django.setup()
    from bridge import wire
    from bridge.client.management.commands import run_noc_bridge  # noqa: F401
    from bridge.client.tail import newest_lines

    with requests.get(server + LOG, stream=True, timeout=300) as answer:
        answer.raise_for_status()
        chunks = answer.iter_content(BLOCK)
        tail = newest_lines(chunks, lines=lines, max_line=BLOCK, max_bytes=200 * MEGABYTE, directory=None)
    with tail:
        body = in_blocks(wire.write_full_state("EC-1", 1, tail))
        requests.post(server + FULL_STATE, data=body, timeout=300).raise_for_status()


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One chunk of HTTP for many lines."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def whole(server: str, lines: int) -> None:
    """As one would write it at first."""
    text = requests.get(server + LOG, timeout=300).text
    newest = text.splitlines()[-lines:]
    body = {"id": "EC-1", "SessionID": 1, "data": newest}
    requests.post(server + FULL_STATE, json=body, timeout=300).raise_for_status()


PROGRAMS: dict[str, Callable[[str, int], None]] = {"bridge": bridge, "whole": whole}


def report(name: str, server: str, lines: int) -> None:
    """Run a program in this process, and tell how long it took and what it used at most, in bytes."""
    begun = time.perf_counter()
    PROGRAMS[name](server, lines)
    seconds = time.perf_counter() - begun
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({"seconds": seconds, "peak": int(peak.split()[1]) * 1024}))


# -- the measurement ------------------------------------------------------------------------------


def write_log(path: Path, size: int) -> None:
    """Records as a controller writes them, no two alike, with some that are not plain ASCII, some long ones."""
    written = number = 0
    with path.open("wb") as log:
        while written < size:
            record: dict[str, int | str] = {"t": 1_767_225_600_000 + number * 250, "phs": number % 8 + 1, "n": number}
            record["note"] = "Ladevorgang läuft – 40 °C" if number % 50 == 0 else "ok"
            record["dump"] = "x" * (5000 if number % 5000 == 0 else number % 60)
            written += log.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            number += 1


def newest_of(path: Path, lines: int) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[-lines:]


def measure(name: str, server: str, folder: Path, lines: int) -> tuple[float, int]:
    """Seconds and bytes; `RuntimeError` where other lines arrived than should."""
    command = [sys.executable, "-m", "benchmarks.log_tail", "--lines", str(lines), "--program", name, server]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(done.stdout)
    received = json.loads((folder / "received").read_bytes())
    (folder / "received").unlink()
    if received["data"] != newest_of(folder / "log", lines):
        raise RuntimeError(f"{name}: what arrived are not the newest {lines} lines.")
    return found["seconds"], found["peak"]


def compare(folder: Path, megabytes: int, lines: int, rounds: int) -> bool:
    """Whether the bridge stays within the goal."""
    write_log(folder / "log", megabytes * MEGABYTE)
    command = [sys.executable, "-m", "benchmarks.log_tail", "--serve", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        try:
            peaks = {}
            for name in PROGRAMS:
                found = [measure(name, server, folder, lines) for _ in range(rounds)]
                seconds = statistics.median(each[0] for each in found)
                peaks[name] = max(each[1] for each in found)
                shown = f"{peaks[name] / MEBIBYTE:6.1f} MiB at most, {seconds:5.2f} s, {megabytes / seconds:4.0f} MB/s"
                print(f"  {name:7} {shown}; the lines are right", flush=True)
        finally:
            process.terminate()
    print(f"  goal: the bridge under {GOAL / MEBIBYTE:.0f} MiB")
    return peaks["bridge"] < GOAL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=70)
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--program", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    elif options.program:
        name, server = options.program
        report(name, server, options.lines)
    else:
        print(raw_client.describe_machine())
        print(f"The newest {options.lines} lines of a log of {options.megabytes} MB:")
        with tempfile.TemporaryDirectory() as folder:
            sys.exit(0 if compare(Path(folder), options.megabytes, options.lines, options.rounds) else 1)


if __name__ == "__main__":
    main()
