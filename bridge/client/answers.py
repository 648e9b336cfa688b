"""What comes of one command at the hardware, as the body of its report. Nothing is ever held whole."""

from __future__ import annotations

import codecs
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from bridge import paths, wire
from bridge.client import outcome
from bridge.client.context import Context
from bridge.client.hardware import SECONDS, Hardware
from bridge.client.logs import Way
from bridge.client.outcome import NOT_KNOWN, Answer
from bridge.client.tail import Tail, newest_lines
from bridge.client.transport import Response, Stopped, TransportError
from bridge.paths import NotAllowed
from bridge.wire import RemoteCommand

INLINE = 65_536
"""Bytes of an answer that is kept in the journal itself; a longer one fills a file."""

PARSED = 1_048_576
"""Bytes of an answer of which we find out whether it is JSON; of longer ones the hardware's word for it counts."""

MAX_LINE = 65_536
MAX_FAILURE = 10_000
"""Bytes of the body of a failure that are reported with it."""

_STATE_LOG = re.compile(r"/controllers/[0-9]+/api/outlets/[0-9]+/log/state/full", re.ASCII)


class Executor:
    """One thread's way to carry out commands. `folder` holds answers that fill a file."""

    def __init__(self, context: Context, hardware: Hardware, folder: Path) -> None:
        self._context = context
        self._hardware = hardware
        self._folder = folder

    def execute(self, command: RemoteCommand) -> Answer:
        """Always an answer, whatever happens. `Stopped` where the bridge ends before there is one."""
        begun = time.monotonic()
        options = self._context.options
        seconds = options.large_file_timeout if command.is_text_file else SECONDS
        try:
            with self._hardware.execute(command, seconds) as response:
                answer = self._read(command, response)
        except Stopped:
            raise
        except TransportError as error:
            left = "It may have been executed." if error.has_left else "It was not executed."
            answer = outcome.failure(NOT_KNOWN, f"No answer from the hardware: {error}. {left}")
        except OSError as error:
            reason = error.strerror or str(error)
            answer = outcome.failure(NOT_KNOWN, f"Executed, but its answer could not be kept: {reason}.")
        return answer._replace(milliseconds=round((time.monotonic() - begun) * 1000))

    def refusal(self, command: RemoteCommand) -> str:
        """Why it is not executed; empty where it may be."""
        try:
            paths.check(command.method, command.path, powerful=self._context.options.allow_powerful)
            if command.is_text_file:
                self._lines(command)
        except (NotAllowed, ValueError) as error:
            return f"Not executed: {error}"
        return ""

    def _read(self, command: RemoteCommand, response: Response) -> Answer:
        status = response.status
        if not 200 <= status < 300:
            text = _beginning(response, MAX_FAILURE)
            return outcome.failure(status, f"The hardware answered with {status}.", _as_json(text))
        if command.is_text_file:
            return self._text_file(command, response)
        chunks = response.chunks()
        head, is_whole = _take(chunks, min(PARSED, self._context.options.max_response_size))
        if is_whole:
            return self._kept(status, [wire.write_answer(head.decode("utf-8", "replace"))])
        is_json = "json" in response.headers.get("Content-Type", "").lower() and head.lstrip()[:1] in (b"{", b"[")
        return self._long(status, head, chunks, is_json=is_json)

    def _text_file(self, command: RemoteCommand, response: Response) -> Answer:
        lines = self._lines(command)
        limit = self._context.options.max_response_size
        with newest_lines(
            response.chunks(), lines=lines, max_line=MAX_LINE, max_bytes=limit, directory=self._folder.parent
        ) as tail:
            newest = _joined(told(self._context, command.path, tail))
            return self._kept(response.status, wire.write_long_answer(newest, is_json=False))

    def _lines(self, command: RemoteCommand) -> int:
        """How many of the newest lines; `{"lines": n}` in the command's body asks for fewer than is usual."""
        options = self._context.options
        is_state_log = _STATE_LOG.fullmatch(command.path.partition("?")[0])
        usual = options.max_state_log_lines if is_state_log else options.max_ocpp_log_lines
        if not command.body:
            return usual
        try:
            wish = orjson.loads(command.body)
        except orjson.JSONDecodeError:
            return usual
        if not isinstance(wish, dict) or "lines" not in wish:
            return usual
        number = wire.whole(wish["lines"], "lines")
        if number < 1:
            raise ValueError("lines: a positive number is needed.")
        return min(number, usual)

    def _long(self, status: int, head: bytes, chunks: Iterator[bytes], *, is_json: bool) -> Answer:
        """More than is looked at: JSON where the hardware says so, text else."""
        limit = self._context.options.max_response_size
        try:
            pieces = _texts(_limited(head, chunks, limit))
            return self._kept(status, wire.write_long_answer(pieces, is_json=is_json))
        except _TooLong:
            return outcome.failure(status, f"Executed, but its answer is longer than {limit} bytes.")

    def _kept(self, status: int, pieces: Iterable[bytes]) -> Answer:
        """In memory while it is short, in a file of its own, and on the disk, when it is not."""
        found, is_whole = _take(iterator := iter(pieces), INLINE)
        if is_whole:
            return Answer(status, found)
        path = self._folder / f"{uuid.uuid4().hex}.json"
        try:
            with path.open("wb") as file:
                file.write(found)
                file.writelines(iterator)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Answer(status, None, path)


def told(context: Context, path: str, tail: Tail) -> Iterator[str]:
    """The lines, and one more where these are not the newest ones: the log was longer than we read."""
    yield from tail
    if tail.truncated:
        text = f"the log is longer than {context.options.max_response_size} bytes, its end is missing"
        context.warn(Way.FROM_HARDWARE, f"{path}: {text}")
        yield f"[noc-bridge: {text}]"


class _TooLong(Exception):
    pass


def _take(chunks: Iterator[bytes], limit: int) -> tuple[bytes, bool]:
    """What comes until there are more than `limit` bytes, and whether that was all."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > limit:
            return bytes(found), False
    return bytes(found), True


def _beginning(response: Response, limit: int) -> str:
    try:
        return _take(response.chunks(), limit)[0][:limit].decode("utf-8", "replace")
    except Stopped:
        raise
    except TransportError:
        return ""


def _limited(head: bytes, chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    size = len(head)
    yield head
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _TooLong
        yield chunk
    if size > limit:
        raise _TooLong


def _as_json(text: str) -> object:
    """As JSON where it is some; an empty body is none."""
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return text


def _joined(lines: Iterable[str]) -> Iterator[str]:
    separator = ""
    for line in lines:
        yield separator + line
        separator = "\n"


def _texts(chunks: Iterable[bytes]) -> Iterator[str]:
    """As texts, whose characters may stand in two chunks."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
