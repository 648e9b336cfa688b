"""The two calls whose bodies may be long: logs, and what hardware answered to commands.

Who sends them is known before anything of them is written. They go to a file that has no name, are understood there,
and become a file among the others just before the row that names it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import IO, Any

import orjson
from django.conf import settings

from bridge import jsontext, wire
from bridge.cms import bodies
from bridge.cms.call import Call
from bridge.cms.services import admission, commands, reports
from bridge.wire import WireError
from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Forbidden, NotFound, SmartServerError
from stations import storage
from stations.files.threads import in_thread
from stations.storage import Draft, Kept

MAX_SHORT = 262_144
"""Bytes of a result that are kept with its command; a longer one becomes a file."""

LOOK_AT = 8192
"""Bytes of a log within which it has named its charger."""

_ID_FIRST = re.compile(rb'\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){1,2000}")')

STATUSES = range(600)
"""The hardware's, 0 for none."""

GOOD = range(200, 300)
"""Those with which a log comes; others come with a few words on what went wrong."""


async def post_full_state(call: Call) -> None:
    """A log, beside an event. It names its charger in its first bytes, so that nobody stores what is not his."""
    source = bodies.pieces(call.exchange, settings.UPLOAD_MAX_BYTES)
    first = b""
    async for piece in source:
        first += piece
        if len(first) >= LOOK_AT or _ID_FIRST.match(first):
            break
    name = _name_in(first)
    station_id = (await call.admit(name)).station.station_id
    with call.room(station_id), bodies.scratch() as file:
        await in_thread(partial(file.write, first))
        await bodies.on_disk(source, file)
        log = bodies.LogBody()
        kept = await in_thread(partial(bodies.keep, partial(log.copy, bodies.chunks(file))))
        if log.name.strip() != name:
            await in_thread(partial(storage.remove, kept.path))
            raise BadInput("The body names two chargers.")
        with suppress(Repeated):
            await _store(call, kept, _store_log, station_id=station_id, log=log)
    await call.reply()


def _name_in(first: bytes) -> str:
    match = _ID_FIRST.match(first)
    try:
        name = orjson.loads(match[1]) if match is not None else ""
    except orjson.JSONDecodeError:
        name = ""
    if not name:
        raise WireError("The body is a JSON object that begins with id.")
    return str(name).strip()


class Repeated(SmartServerError):
    """This log is here already."""


def _store_log(batch: Batch, *, station_id: int, log: bodies.LogBody, kept: Kept) -> None:
    now = clock.now()
    admission.note_presence(batch, station_id=station_id, now=now)
    name = f"state-{log.session_id}.log"
    if commands.is_known_file(station_id=station_id, kept=kept, name=name):
        raise Repeated
    job = commands.keep_file(batch, station_id=station_id, kept=kept, name=name, log_type="StateLog")
    told = f"{log.lines} lines, {kept.size} bytes, job {job.pk}"
    reports.log(batch, station_id, wire.POST_FULL_STATE, str(log.session_id), told, now)


async def _store(call: Call, kept: Kept | None, unit: Callable[..., None], **arguments: Any) -> None:
    """Commit what names a file. One that is refused after all is removed at once.

    When nobody knows whether the commit came about, the file stays: the sweep of files looks for its row later.
    """
    try:
        await call.store(unit, kept=kept, **arguments)
    except (Forbidden, NotFound, Repeated):
        if kept is not None:
            await in_thread(partial(storage.remove, kept.path))
        raise


# -- results --------------------------------------------------------------------------------------


async def update_execution(call: Call) -> None:
    """A result. One that nobody waits for any more is read and logged, and changes nothing."""
    number = wire.whole(call.parameter("ExecutionID"), "ExecutionID")
    asked = await call.store(admission.look_up_command, command_id=number) if number > 0 else None
    if asked is None:
        raise NotFound("There is no such command.")
    station_id = (await call.admit(asked.name)).station.station_id
    status = _status_in(call.exchange.header(wire.STATUS_HEADER.lower()))
    with call.room(station_id), bodies.scratch() as file:
        await bodies.on_disk(bodies.pieces(call.exchange, settings.UPLOAD_MAX_BYTES), file)
        if asked.is_waited_for:
            answer, kept = await in_thread(partial(_read_answer, file, is_log=asked.is_log, status=status))
        else:
            answer, kept = f"{file.seek(0, 2)} bytes, which nobody waits for", None
        await _store(
            call,
            kept,
            reports.take_result,
            station_id=station_id,
            number=number,
            status=status,
            answer=answer,
            now=clock.now(),
        )
    await call.reply()


def _status_in(header: str) -> int | None:
    if not header:
        return None
    status = wire.whole(header, wire.STATUS_HEADER)
    if status not in STATUSES:
        raise WireError(f"{wire.STATUS_HEADER}: an HTTP status is needed, or 0.")
    return status


def _read_answer(file: IO[bytes], *, is_log: bool, status: int | None) -> tuple[Any, Kept | None]:
    """The answer itself, or, when it is long or a log, the file that it has become."""
    if is_log:
        is_log = not _tells_of_failure(file) if status is None else status in GOOD
    if not is_log and file.seek(0, 2) <= MAX_SHORT:
        file.seek(0)
        return wire.read_answer(file.read()), None
    if _begins_with_quote(file):  # a text, encoded twice; if it can be read so
        with suppress(WireError):
            return None, bodies.keep(partial(_write, jsontext.decode(jsontext.decode(bodies.chunks(file)))))
    return None, bodies.keep(partial(_write, jsontext.decode(bodies.chunks(file))))


def _tells_of_failure(file: IO[bytes]) -> bool:
    """Whether the answer is no log, but why there is none: who does not say the status may say it in these words."""
    if file.seek(0, 2) > MAX_SHORT:
        return False
    file.seek(0)
    try:
        return commands.failure_in(wire.read_answer(file.read())) is not None
    except WireError:
        return False


def _begins_with_quote(file: IO[bytes]) -> bool:
    """Whether what the JSON string holds begins like a JSON string. Some clients encode texts once."""
    return next(jsontext.decode(bodies.chunks(file)), b"").lstrip()[:1] == b'"'


def _write(pieces: Iterable[bytes], draft: Draft) -> None:
    for piece in pieces:
        draft.write(piece)
