"""The folder of files: firmware that stations fetch, and what they upload.

    FILES_DIR/incoming/             files that are being received
    FILES_DIR/firmware/, uploads/   complete files, each named by a row of the database

A file gets its place in `firmware` or `uploads` when all of it is on disk, and the row that names it is stored
after that. What a crash leaves behind, a half file or one that no row names, `sweep` removes. Names are made
here; what others call a file is never part of a path.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings

from smartserver.core.errors import BadInput

INCOMING = "incoming"
FIRMWARE = "firmware"
UPLOADS = "uploads"

AT_ONCE = 500
"""Names that are looked up in one query."""


class TooLarge(BadInput):
    code = "too_large"
    status = 413


class Kept(NamedTuple):
    """A complete file. `path` is relative to FILES_DIR; `sha256` in hexadecimal."""

    path: str
    size: int
    sha256: str


class Draft:
    """A file that is being received: `write` until it is complete, then `keep`; or `discard`."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._digest = hashlib.sha256()
        self._name = secrets.token_hex(16)
        self._path = _folder(INCOMING) / self._name
        self._file: BinaryIO = open(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")  # noqa: SIM115

    def write(self, data: bytes) -> None:
        """Append; `TooLarge` when that would be more than the limit."""
        if self.size + len(data) > self._limit:
            raise TooLarge(f"A file may have at most {self._limit} bytes.", limit=self._limit)
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def keep(self, folder: str) -> Kept:
        """Give the file its place, after its content has reached the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        target = _folder(folder)
        os.rename(self._path, target / self._name)
        _sync(target)
        return Kept(f"{folder}/{self._name}", self.size, self._digest.hexdigest())

    def close(self) -> None:
        """Let go of the file, whatever becomes of it."""
        self._file.close()

    def discard(self) -> None:
        """Leave nothing behind, at whatever step this is."""
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a full disk does not even take what is buffered
            self._file.close()


def open_file(path: str) -> BinaryIO:
    """A complete file, to read; `FileNotFoundError` when it is gone."""
    return (Path(settings.FILES_DIR) / path).open("rb")


def remove(path: str) -> None:
    """Remove a file that no row names."""
    (Path(settings.FILES_DIR) / path).unlink(missing_ok=True)


def sweep(named: Callable[[Collection[str]], Collection[str]], *, before: float) -> list[str]:
    """Remove what no row names; the paths of what was removed.

    `named(paths)` tells which of them rows name. `before`: a POSIX time; what was written to since then may
    still be under way.
    """
    removed = list(_older(INCOMING, before))
    for folder in (FIRMWARE, UPLOADS):
        paths = _older(folder, before)
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            known = set(named(some))
            removed += [path for path in some if path not in known]
    for path in removed:
        remove(path)
    return removed


def _older(folder: str, before: float) -> list[str]:
    found = []
    with os.scandir(_folder(folder)) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # it was removed or moved this moment
                if entry.stat().st_mtime < before:
                    found.append(f"{folder}/{entry.name}")
    return found


def _folder(name: str) -> Path:
    path = Path(settings.FILES_DIR) / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _sync(folder: Path) -> None:
    """Have the new name on disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
