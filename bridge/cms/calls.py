"""The six calls of the CMS wire: read, admitted, stored, answered; a table of them at the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from django.conf import settings

from bridge import wire
from bridge.cms import bodies, meaning, uploads
from bridge.cms.call import Call
from bridge.cms.services import channels, commands, reports
from bridge.wire import BadFeed, RemoteCommand
from smartserver.core import clock
from smartserver.core.batch import Batch

MAX_FEED = 65_536
"""Bytes. 26 guns need 3,000; only the feed itself says whose it is, so strangers may send as much."""


async def log_version(call: Call) -> None:
    caller = await call.admit(call.parameter("Name").strip())
    version = call.parameter("Version")
    station_id = caller.station.station_id
    await call.store(reports.take_version, station_id=station_id, version=version, now=clock.now())
    await call.reply()


async def live_feeds(call: Call) -> None:
    body = await bodies.whole_body(call.exchange, min(MAX_FEED, settings.NOC_MAX_BODY))
    try:
        feed = wire.read_live_feed(body)
    except BadFeed as error:
        await call.admit(error.name)  # whose refusal it is
        raise
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
    caller = await call.admit(call.parameter("id").strip())
    text = call.parameter("ev")
    event = meaning.read_event(text, call.exchange.header(wire.KEY_HEADER.lower()))
    await bodies.whole_body(call.exchange, settings.NOC_MAX_BODY)  # it is empty; what else comes means nothing
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
    caller = await call.admit(call.parameter("id").strip())
    event_id = wire.whole(call.parameter("SessionID"), "SessionID")
    text = wire.read_text(await bodies.whole_body(call.exchange, settings.NOC_MAX_BODY))
    station_id = caller.station.station_id
    await call.store(reports.take_state, station_id=station_id, text=text, event_id=event_id, now=clock.now())
    await call.reply()


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
    wire.POST_FULL_STATE: Handler("POST", uploads.post_full_state),
    wire.UPDATE_EXECUTION: Handler("POST", uploads.update_execution),
}
