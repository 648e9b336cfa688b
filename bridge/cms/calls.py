"""The six calls of the CMS wire: read, admitted, stored, answered; a table of them at the end."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

import orjson
from django.conf import settings

from bridge import jsontext, wire
from bridge.cms import bodies, meaning
from bridge.cms.services import admission, channels, commands, reports
from bridge.cms.services.admission import Caller
from bridge.wire import RemoteCommand, WireError
from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, NotFound
from smartserver.core.runtime import Runtime
from stations import storage
from stations.files.exchange import Exchange
from stations.files.threads import in_thread
from stations.storage import Draft, Kept

OUR_BRIDGE = "smart-server-bridge"
"""How the User-Agent of our own bridge begins: it executes no command twice, and understands more than the original."""

ACCEPTS_GZIP = (b"accept-encoding", b"gzip")
MAX_KEY = 64
MAX_SHORT = 262_144
"""Bytes of a result that are kept with its command; a longer one becomes a file."""

_ID_FIRST = re.compile(rb'\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){1,2000}")')
LOOK_AT = 65_536


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `admit(name)` gives the charger in whose name it speaks, or refuses."""

    exchange: Exchange
    parameters: Mapping[str, str]
    runtime: Runtime
    admit: Callable[[str], Awaitable[Caller]]

    def parameter(self, name: str) -> str:
        value = self.parameters.get(name, "")
        if not value.strip():
            raise BadInput(f"{name} is needed in the query.")
        return value

    @property
    def is_ours(self) -> bool:
        return self.exchange.header("user-agent").startswith(OUR_BRIDGE)

    async def store(self, function: Callable[..., Any], **arguments: Any) -> Any:
        return await self.runtime.writer.run(partial(function, **arguments))

    async def reply(self, body: bytes) -> None:
        """The answer, as the original's servers give it: JSON."""
        length = (b"content-length", str(len(body)).encode())
        headers = [(b"content-type", b"application/json; charset=utf-8"), length, ACCEPTS_GZIP]
        await self.exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self.exchange.send({"type": "http.response.body", "body": body})


async def log_version(call: Call) -> None:
    caller = await call.admit(call.parameter("Name").strip())
    version = call.parameter("Version")
    station_id = caller.station.station_id
    await call.store(reports.take_version, station_id=station_id, version=version, now=clock.now())
    await call.reply(b'""')


async def live_feeds(call: Call) -> None:
    body = await bodies.whole_body(call.exchange, settings.NOC_MAX_BODY)
    feed = wire.read_live_feed(body)
    caller = await call.admit(feed.name)
    command = await call.store(
        _feed,
        station_id=caller.station.station_id,
        feed=feed,
        text=body.decode("utf-8", "replace"),
        ours=call.is_ours,
    )
    await call.reply(wire.write_command(command))


def _feed(batch: Batch, *, station_id: int, feed: wire.LiveFeed, text: str, ours: bool) -> RemoteCommand | None:
    now = clock.now()
    charger = reports.take_feed(batch, station_id=station_id, feed=feed, text=text, now=now)
    if channels.is_open(charger, now):  # its commands take the faster way
        return channels.too_long_command(station_id)
    return commands.next_command(batch, station_id=station_id, ours=ours, now=now)


async def log_event(call: Call) -> None:
    text = call.parameter("ev")
    event = meaning.read_event(text, call.exchange.header(wire.KEY_HEADER.lower())[:MAX_KEY])
    caller = await call.admit(call.parameter("id").strip())
    number = await call.store(
        reports.take_event,
        station_id=caller.station.station_id,
        event=event,
        text=text,
        state=None,
        now=clock.now(),
    )
    await call.reply(wire.write_session_id(number))


async def post_state(call: Call) -> None:
    event_id = wire.whole(call.parameter("SessionID"), "SessionID")
    caller = await call.admit(call.parameter("id").strip())
    text = wire.read_text(await bodies.whole_body(call.exchange, settings.NOC_MAX_BODY))
    station_id = caller.station.station_id
    await call.store(reports.take_state, station_id=station_id, text=text, event_id=event_id, now=clock.now())
    await call.reply(b'""')


# -- logs -----------------------------------------------------------------------------------------


async def post_full_state(call: Call) -> None:
    """A log, beside an event. It names its charger in its first bytes, so that nobody stores what is not his."""
    source = bodies.pieces(call.exchange, settings.UPLOAD_MAX_BYTES)
    first = b""
    async for piece in source:
        first += piece
        if len(first) >= LOOK_AT or _ID_FIRST.match(first):
            break
    name = _name_in(first)
    caller = await call.admit(name)
    with bodies.scratch() as file:
        file.write(first)
        await bodies.on_disk(source, file)
        log, kept = await in_thread(partial(_keep_lines, file))
    if log.name.strip() != name:
        await in_thread(partial(storage.remove, kept.path))
        raise BadInput("The body names two chargers.")
    await call.store(_store_log, station_id=caller.station.station_id, log=log, kept=kept)
    await call.reply(b'""')


def _name_in(first: bytes) -> str:
    match = _ID_FIRST.match(first)
    try:
        name = orjson.loads(match[1]) if match is not None else ""
    except orjson.JSONDecodeError:
        name = ""
    if not name:
        raise WireError("The body is a JSON object that begins with id.")
    return str(name).strip()


def _keep_lines(file: IO[bytes]) -> tuple[bodies.LogBody, Kept]:
    log, draft = bodies.LogBody(), Draft(settings.UPLOAD_MAX_BYTES)
    try:
        log.copy(file, draft)
        return log, bodies.keep(draft)
    except BaseException:
        draft.discard()
        raise


def _store_log(batch: Batch, *, station_id: int, log: bodies.LogBody, kept: Kept) -> None:
    now = clock.now()
    admission.note_presence(batch, station_id=station_id, now=now)
    name = f"state-{log.session_id}.log"
    job = commands.keep_file(batch, station_id=station_id, kept=kept, name=name, log_type="StateLog")
    told = f"{log.lines} lines, {kept.size} bytes, job {job.pk}"
    reports.log(batch, station_id, wire.POST_FULL_STATE, str(log.session_id), told, now)


# -- results --------------------------------------------------------------------------------------


async def update_execution(call: Call) -> None:
    number = wire.whole(call.parameter("ExecutionID"), "ExecutionID")
    asked = await call.store(admission.look_up_command, command_id=number) if number > 0 else None
    if asked is None:
        raise NotFound("There is no such command.")
    station_id = (await call.admit(asked.name)).station.station_id
    status = _status_in(call.exchange.header(wire.STATUS_HEADER.lower()))
    with bodies.scratch() as file:
        await bodies.on_disk(bodies.pieces(call.exchange, settings.UPLOAD_MAX_BYTES), file)
        answer, kept = await in_thread(partial(_read_answer, file, is_log=asked.is_log and status != 0))
    await call.store(
        reports.take_result,
        station_id=station_id,
        number=number,
        status=status,
        answer=answer,
        kept=kept,
        now=clock.now(),
    )
    await call.reply(b'""')


def _status_in(header: str) -> int | None:
    return wire.whole(header, wire.STATUS_HEADER) if header else None


def _read_answer(file: IO[bytes], *, is_log: bool) -> tuple[Any, Kept | None]:
    """The answer itself, or, when it is long or a log, the file that it has become."""
    size = file.seek(0, 2)
    file.seek(0)
    if not is_log and size <= MAX_SHORT:
        return wire.read_answer(file.read()), None
    draft = Draft(settings.UPLOAD_MAX_BYTES)
    try:
        for piece in _text_in(file):
            draft.write(piece)
        return None, bodies.keep(draft)
    except BaseException:
        draft.discard()
        raise


def _text_in(file: IO[bytes]) -> Any:
    """What the JSON string holds; when that is a JSON string again, what that one holds."""
    pieces = jsontext.decode(iter(partial(file.read, bodies.CHUNK), b""))
    first = next(pieces, b"")
    every = _chain(first, pieces)
    return jsontext.decode(every) if first.lstrip()[:1] == b'"' else every


def _chain(first: bytes, rest: Any) -> Any:
    yield first
    yield from rest


# -- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handler:
    method: str
    serve: Callable[[Call], Awaitable[None]]


HANDLERS: Mapping[str, Handler] = {
    wire.LOG_VERSION: Handler("GET", log_version),
    wire.LIVE_FEEDS: Handler("POST", live_feeds),
    wire.LOG_EVENT: Handler("POST", log_event),
    wire.POST_STATE: Handler("POST", post_state),
    wire.POST_FULL_STATE: Handler("POST", post_full_state),
    wire.UPDATE_EXECUTION: Handler("POST", update_execution),
}
