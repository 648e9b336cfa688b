"""What can be logged of the wire: frames (LOG_PAYLOAD, FRAME_LOG_FILE) and the lives of connections (LOG_LIFECYCLE).

Frames are handed to a thread that masks and writes them, over a queue with a limit: the event loop
never waits for a disk or a terminal, and what does not fit is counted and dropped. Off, it costs one look at `frames`.
"""

from __future__ import annotations

import io
import logging
import os
import queue
import threading
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from smartserver.core import clock, metrics
from smartserver.core.masking import mask_text

logger = logging.getLogger(__name__)

IN = "in"
OUT = "out"

MAX_FRAMES = 10_000
MAX_CHARACTERS = 32 * 1024 * 1024
"""What may wait for the thread: so many frames, so many characters in all."""

MAX_LINE = 4000
"""Characters of a frame in a line of the log; the file has it whole."""

_payload = logging.getLogger("smartserver.frames")
_lifecycle = logging.getLogger("smartserver.lifecycle")

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


class _Frame(NamedTuple):
    at: datetime
    station: str
    direction: str
    text: str


class FrameLog:
    """Writes frames to the log, to a file that rotates, or to both."""

    def __init__(
        self,
        *,
        to_log: bool = False,
        path: Path | None = None,
        max_bytes: int = 10_000_000,
        files: int = 5,
        max_frames: int = MAX_FRAMES,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        self._to_log = to_log
        self._file = _RotatingFile(path, max_bytes, files) if path is not None else None
        self._max_frames = max_frames
        self._max_characters = max_characters
        self._queue: queue.SimpleQueue[_Frame | None] = queue.SimpleQueue()
        # Two counters with one writer each, so that none needs a lock.
        self._put = 0
        self._taken = 0
        self._thread = threading.Thread(target=self._work, name="frame-log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self, station: str, direction: str, frame: str | bytes) -> None:
        """Log a frame. Called in the event loop; never waits."""
        waiting = self._put - self._taken
        if self._queue.qsize() >= self._max_frames or waiting + len(frame) > self._max_characters:
            metrics.FRAMES_NOT_LOGGED.inc()
            return
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        self._put += len(text)
        self._queue.put(_Frame(clock.now(), station, direction, text))

    def stop(self, timeout: float = 5.0) -> bool:
        """Write what waits, then end; False when that took too long."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (frame := self._queue.get()) is not None:
            self._taken += len(frame.text)
            try:
                self._write(frame)
            except Exception:  # whatever is wrong with one frame, the next may be fine
                metrics.FRAMES_NOT_LOGGED.inc()
                logger.debug("A frame could not be logged.", exc_info=True)
        if self._file is not None:
            self._file.close()

    def _write(self, frame: _Frame) -> None:
        text = mask_text(frame.text)
        if self._file is not None:
            line = {"time": clock.isoformat(frame.at), "station": frame.station, "direction": frame.direction}
            self._file.write(orjson.dumps({**line, "text": text}).decode())
        if self._to_log:
            shown = text if len(text) <= MAX_LINE else text[:MAX_LINE] + "…"
            _payload.info("%s %s %s", one_line(frame.station), frame.direction, one_line(shown))


class _RotatingFile(RotatingFileHandler):
    """Lines of text in a file that only its owner can read. A full disk is told of once, until it works again."""

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, maxBytes=max_bytes, backupCount=files, encoding="utf-8", delay=True)
        self._failed = False

    def _open(self) -> io.TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def write(self, line: str) -> None:
        try:
            self._write(line)
            self._failed = False
        except OSError as error:
            metrics.FRAMES_NOT_LOGGED.inc()
            if not self._failed:
                logger.error("Frames cannot be written to %s: %s", self.baseFilename, error)
            self._failed = True

    def _write(self, line: str) -> None:
        record = logging.LogRecord("", logging.INFO, "", 0, line, None, None)
        if self.shouldRollover(record):
            self.doRollover()
        if self.stream is None:
            self.stream = self._open()
        self.stream.write(line + self.terminator)
        self.stream.flush()


frames: FrameLog | None = None
"""Where frames are logged; None: nowhere."""


def start() -> None:
    """Begin as the settings say."""
    global frames
    if frames is None and (settings.LOG_PAYLOAD or settings.FRAME_LOG_FILE is not None):
        frames = FrameLog(
            to_log=settings.LOG_PAYLOAD,
            path=settings.FRAME_LOG_FILE,
            max_bytes=settings.FRAME_LOG_BYTES,
            files=settings.FRAME_LOG_FILES,
        )
        frames.start()


def stop() -> None:
    global frames
    if frames is not None:
        if not frames.stop():
            logger.warning("Not all frames could be logged before the end.")
        frames = None


def lifecycle(event: str, station: str, **facts: Any) -> None:
    """Log a moment in the life of a connection: connected, reconnected, probed, closed, ….

    `facts` are what is worth knowing of it (`code=1006, reason="…"`); they must hold no secrets.
    """
    if settings.LOG_LIFECYCLE:
        told = " ".join(f"{name}={one_line(str(value))}" for name, value in facts.items() if value not in (None, ""))
        _lifecycle.info("%s %s", one_line(station), f"{event} {told}".rstrip())


def one_line(text: str) -> str:
    """Nobody writes lines of ours into the log, or moves the cursor of who reads it."""
    return text.translate(_CONTROL)
