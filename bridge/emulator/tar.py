"""Is this stream a tar file with a container image? Pure; nothing is kept but the image's list of names.

The format is POSIX.1-2017 pax, section "ustar Interchange Format"; the image's, that of `docker save`: an entry
`manifest.json` with `[{"Config", "RepoTags", "Layers"}]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

BLOCK = 512
MANIFEST = "manifest.json"
MAX_MANIFEST = 1_048_576
MAX_ENTRIES = 100_000
MAX_SIZE = 2**33


class NotAnImage(ValueError):
    """`str(error)` says what is wrong with the stream."""


@dataclass(slots=True)
class ImageReader:
    """`feed` pieces of any size, then `finish()`; `received` counts the bytes."""

    received: int = 0
    entries: int = 0
    _rest: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    _manifest: bytearray = field(default_factory=bytearray)
    _wanted: int = 0
    _ended: bool = False

    def feed(self, data: bytes) -> None:
        self.received += len(data)
        view = memoryview(data)
        while view and not self._ended:
            if self._skip and not self._rest:
                taken = min(self._skip, len(view))
                self._keep(view[:taken])
                self._skip -= taken
            else:
                taken = min(BLOCK - len(self._rest), len(view))
                self._rest += view[:taken]
                if len(self._rest) == BLOCK:
                    self._header(bytes(self._rest))
                    self._rest.clear()
            view = view[taken:]

    def finish(self) -> list[str]:
        """The names (`repository:tag`) of the images in it."""
        if not self._ended:
            raise NotAnImage("The tar file is not whole." if self.entries else "This is no tar file.")
        try:
            manifest = orjson.loads(self._manifest)
        except orjson.JSONDecodeError:
            raise NotAnImage(f"The tar file holds no {MANIFEST}: it is no image.") from None
        names = [name for image in _list(manifest) if isinstance(image, dict) for name in _list(image.get("RepoTags"))]
        if not names or not all(isinstance(name, str) for name in names):
            raise NotAnImage(f"{MANIFEST} names no image.")
        return names

    def _keep(self, piece: memoryview) -> None:
        taken = min(self._wanted, len(piece))
        self._manifest += piece[:taken]
        self._wanted -= taken

    def _header(self, block: bytes) -> None:
        if not any(block):
            self._ended = True  # two such blocks end a tar file; what follows is padding
            return
        if _octal(block[148:156]) != sum(block[:148]) + 8 * ord(" ") + sum(block[156:]):
            raise NotAnImage("This is no tar file." if not self.entries else "The tar file is damaged.")
        size = _octal(block[124:136])
        self.entries += 1
        if size > MAX_SIZE or self.entries > MAX_ENTRIES:
            raise NotAnImage("The tar file is too large.")
        if block[:100].rstrip(b"\x00") == MANIFEST.encode():
            if size > MAX_MANIFEST:
                raise NotAnImage(f"{MANIFEST} is too large.")
            self._manifest.clear()
            self._wanted = size
        self._skip = -(-size // BLOCK) * BLOCK


def _octal(digits: bytes) -> int:
    text = digits.strip(b" \x00")
    if text.strip(b"01234567"):
        raise NotAnImage("This is no tar file.")
    return int(text or b"0", 8)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
