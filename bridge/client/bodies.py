"""Bodies of requests: short ones in memory, long ones in files, compressed where the CMS takes that."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

BLOCK = 65_536
GZIP = {"Content-Encoding": "gzip"}
WORTHWHILE = 1400
"""Bytes from which compressing spares a packet."""


@dataclass(slots=True)
class Body:
    """Its length is always known, so that no server has to understand chunks. Close it, it may be a file."""

    size: int
    headers: Mapping[str, str] = field(default_factory=dict)
    _bytes: bytes | None = None
    _file: IO[bytes] | None = None

    @classmethod
    def of(cls, content: bytes) -> Body:
        return cls(len(content), {}, content)

    @classmethod
    def of_file(cls, path: Path, *, compress: bool, folder: Path) -> Body:
        """`OSError` where it cannot be read."""
        if not compress:
            file = path.open("rb")
            return cls(os.fstat(file.fileno()).st_size, {}, None, file)
        with path.open("rb") as file:
            return cls.written(iter(lambda: file.read(BLOCK), b""), compress=True, folder=folder)

    @classmethod
    def written(cls, pieces: Iterable[bytes], *, compress: bool, folder: Path) -> Body:
        """Whatever `pieces` raises goes on to the caller, and nothing remains."""
        file = cast(IO[bytes], tempfile.TemporaryFile(dir=folder, prefix="body-"))  # noqa: SIM115  (close does)
        try:
            if compress:
                with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
                    packed.writelines(pieces)
            else:
                file.writelines(pieces)
            file.flush()
            return cls(file.tell(), GZIP if compress else {}, None, file)
        except BaseException:
            file.close()
            raise

    @property
    def is_large(self) -> bool:
        return self._file is not None

    @property
    def is_packed(self) -> bool:
        return self.headers == GZIP

    def data(self) -> bytes | IO[bytes]:
        """From its beginning, as often as it is needed."""
        if self._file is None:
            return self._bytes or b""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
