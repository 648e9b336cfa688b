"""Logs and answers of 70 MB from a bridge: by how much they raise the peak memory of the server, and for how long.

    python -m benchmarks.bridge_uploads [--megabytes 70]

Each upload goes to a fresh server process (SQLite), plain and packed, in lines and as one single line, which nobody
may hold as a whole. What is stored is compared with what was sent.
"""

from __future__ import annotations

import argparse
import hashlib
import time
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import orjson
import requests

from bridge import wire
from tests.operator import Operator
from tests.server import ServerProcess

NAME = "EC-1"
MEGABYTE = 1_000_000
MEBIBYTE = 1_048_576
GOAL = 32 * MEBIBYTE
"""By so much an upload may raise the peak."""

BLOCK = 65_536
LINE = '2026-06-21T12:00:00.000Z [evse] phs=7 "pv"=398.2 pc=120.5 t=41°C '
OURS = {"User-Agent": "smart-server-bridge/1.0", wire.STATUS_HEADER: "200"}
FEED = wire.write_live_feed(wire.LiveFeed(NAME, ()))


class Found(NamedTuple):
    """Bytes before and after, seconds, and whether the file is right."""

    before: int
    peak: int
    seconds: float
    right: bool


def lines(size: int) -> Iterator[str]:
    """Lines, no two alike, of so many bytes together."""
    for number in range(size // 160):
        yield f"{LINE}{number:010d}".ljust(158, ".")


def log(size: int, *, one_line: bool) -> tuple[Iterator[bytes], str]:
    """The body of ExpertPostFullStateData, and the digest of the file that it has to become."""
    digest = hashlib.sha256()
    for line in lines(size):
        digest.update(line.encode() + (b"" if one_line else b"\n"))
    if not one_line:
        return wire.write_full_state(NAME, 1, lines(size)), digest.hexdigest()
    digest.update(b"\n")
    empty = b"".join(wire.write_full_state(NAME, 1, [""]))
    begin, end = empty[: -len(b'"]}')], empty[-len(b'"]}') :]
    return chain((begin,), (orjson.dumps(line)[1:-1] for line in lines(size)), (end,)), digest.hexdigest()


def answer(size: int, *, is_json: bool) -> tuple[Iterator[bytes], str]:
    """The body of UpdateExecutionStatus: a text, which is encoded twice, or JSON."""
    if is_json:
        texts: Iterable[str] = chain(("[0",), (f',"{number:0157d}"' for number in range(size // 160)), ("]",))
        again: Iterable[str] = chain(("[0",), (f',"{number:0157d}"' for number in range(size // 160)), ("]",))
    else:
        texts, again = (f"{line}\n" for line in lines(size)), (f"{line}\n" for line in lines(size))
    digest = hashlib.sha256()
    for text in again:
        digest.update(text.encode())
    return wire.write_long_answer(texts, is_json=is_json), digest.hexdigest()


def gathered(pieces: Iterable[bytes], *, pack: bool) -> Iterator[bytes]:
    """Pieces that are worth a chunk, packed if wanted."""
    packing = zlib.compressobj(6, wbits=31) if pack else None
    waiting = bytearray()
    for piece in pieces:
        waiting += packing.compress(piece) if packing else piece
        if len(waiting) >= BLOCK:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + (packing.flush() if packing else b"")


def peak_of(process: int) -> int:
    """VmHWM in bytes."""
    return 1024 * int(Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()[0])


def measure(call: str, body: Iterator[bytes], digest: str, *, pack: bool) -> Found:
    with ServerProcess(DATABASE_URL="", REDIS_URL="") as server:
        url = f"{server.http}/api/charger"
        requests.post(f"{url}/LiveFeeds", FEED, headers=OURS, timeout=30).raise_for_status()
        asked = {"action": "HardwareRequest", "payload": {"method": "GET", "path": "/version"}}
        number = Operator(server).post(f"stations/{NAME}/commands", asked).json()["id"]
        requests.post(f"{url}/LiveFeeds", FEED, headers=OURS, timeout=30).raise_for_status()
        before = peak_of(server.pid)
        headers = OURS | ({"Content-Encoding": "gzip"} if pack else {})
        query = {"ExecutionID": str(number)} if call == wire.UPDATE_EXECUTION else {}
        content = gathered(body, pack=pack)
        begun = time.monotonic()
        reply = requests.post(f"{url}/{call}", content, params=query, headers=headers, timeout=300)
        seconds = time.monotonic() - begun
        reply.raise_for_status()
        (stored,) = (server.data / "files" / "uploads").iterdir()
        with stored.open("rb") as file:
            right = hashlib.file_digest(file, "sha256").hexdigest() == digest
        return Found(before, peak_of(server.pid), seconds, right)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=70, help="size of each upload, unpacked")
    size = parser.parse_args().megabytes * MEGABYTE
    bad = 0
    for pack in (False, True):
        for name, call, (body, digest) in (
            ("a log in lines", wire.POST_FULL_STATE, log(size, one_line=False)),
            ("a log of one line", wire.POST_FULL_STATE, log(size, one_line=True)),
            ("an answer that is a text", wire.UPDATE_EXECUTION, answer(size, is_json=False)),
            ("an answer that is JSON", wire.UPDATE_EXECUTION, answer(size, is_json=True)),
        ):
            found = measure(call, body, digest, pack=pack)
            risen = found.peak - found.before
            good = found.right and risen < GOAL
            bad += not good
            print(
                f"{'packed' if pack else 'plain':7}{name:26}{found.before / MEBIBYTE:7.1f} MiB before, peak "
                f"+{risen / MEBIBYTE:.1f} MiB, {found.seconds:.1f} s, {'right' if found.right else 'WRONG'}",
                flush=True,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
