"""What bridges report, stored: live feeds, states, events, versions. One unit of the writer each."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from bridge.cms import meaning
from bridge.cms.language import NAME
from bridge.cms.meaning import Event
from bridge.cms.models import Charger, HardwareEvent
from bridge.cms.secrets import mask_report
from bridge.cms.services import admission, alerts, commands, sessions
from bridge.cms.services.contexts import context_of
from bridge.outlets import Outlet, StateError, read_state
from bridge.wire import LIVE_FEEDS, LOG_EVENT, LOG_VERSION, POST_STATE, UPDATE_EXECUTION, LiveFeed, WireError
from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.errors import SmartServerError
from stations.models import Connector, Message
from stations.ocpp.errors import CallError
from stations.ocpp.facts import Stamp
from stations.services import messages
from stations.services.context import Context
from stations.services.equipment import provisioning
from stations.services.sessions import meters
from stations.storage import Kept

logger = logging.getLogger(__name__)

MAX_VERSION = 100


def take_version(batch: Batch, *, station_id: int, version: str, now: datetime) -> None:
    """Which program speaks for the charger."""
    charger = admission.note_presence(batch, station_id=station_id, now=now)
    charger.bridge_version = meaning.text_of(version, MAX_VERSION)
    charger.save(update_fields=("bridge_version",))
    log(batch, station_id, LOG_VERSION, "", version, now)


def take_feed(batch: Batch, *, station_id: int, feed: LiveFeed, text: str, now: datetime) -> Charger:
    """A live feed: each gun's connector has a status."""
    charger = admission.note_presence(batch, station_id=station_id, now=now)
    charger.fed_at = now
    charger.save(update_fields=("fed_at",))
    context, stamp = context_of(station_id, LIVE_FEEDS, now), Stamp(isoformat(now), now)
    known = Connector.objects.filter(evse__station=station_id).values_list("evse__number", "status")
    before = dict(known)
    faulted = alerts.standing(station_id)
    for gun in feed.guns:
        number = ord(gun.letter) - ord("A") + 1
        if _is_missing(gun.evsestat, gun.pilot, gun.busy, gun.error) and number not in before:
            continue  # how the wire says that there is no such gun
        if number in faulted:
            continue  # an alert stands: what the session's error says is not all
        if gun.error and not gun.busy and alerts.is_over(station_id, number, gun.error):
            gun = gun._replace(error=0)
        charging = sessions.status_at(station_id, number) == meaning.CHARGING
        fact = meaning.status_of_gun(gun, stamp, before=before.get(number, ""), charging=charging)
        if before.get(number) != fact.status or fact.status == meaning.FAULTED:
            provisioning.report_status(batch, context, fact)
    log(batch, station_id, LIVE_FEEDS, "", text, now)
    return charger


def take_state(batch: Batch, *, station_id: int, text: str, event_id: int | None, now: datetime) -> None:
    """The text of /state; `WireError` when it is none. `event_id`: the event beside which it was taken."""
    try:
        outlets = read_state(text)
    except StateError as error:
        raise WireError(f"The state is not understood. {error}") from None
    charger = admission.note_presence(batch, station_id=station_id, now=now)
    _show(batch, charger, outlets, now, POST_STATE)
    log(batch, station_id, POST_STATE, "" if event_id is None else str(event_id), text, now)


def take_event(batch: Batch, *, station_id: int, event: Event, text: str, state: str | None, now: datetime) -> int:
    """An event of the hardware, once however often it is sent; its number is the SessionID of the wire.

    `state`: the text of /state beside it, where it came along; one that is not understood is left out.
    """
    admission.note_presence(batch, station_id=station_id, now=now)
    row, created = HardwareEvent.objects.get_or_create(
        station_id=station_id,
        key=event.key,
        defaults={
            "kind": event.kind,
            "outlet": event.outlet,
            "session": event.session,
            "payload": event.payload,
            "occurred_at": event.moment,
            "received_at": now,
        },
    )
    if created:
        context = context_of(station_id, LOG_EVENT, now)
        stamp = Stamp(isoformat(event.moment), event.moment) if event.moment else Stamp("", None)
        if state:
            _show_beside(batch, station_id, state, now)
        _follow(batch, context, event, row.pk, stamp)
    log(batch, station_id, LOG_EVENT, event.key, text, now, reply=str(row.pk))
    return row.pk


def take_result(
    batch: Batch, *, station_id: int, number: int, status: int | None, answer: Any, kept: Kept | None, now: datetime
) -> None:
    """What the hardware answered to a command (`commands.take_result`), or the file that a long answer became."""
    admission.note_presence(batch, station_id=station_id, now=now)
    answer = meaning.storable(answer)
    if kept is None:
        commands.take_result(batch, station_id=station_id, command_id=number, status=status, answer=answer)
        told = orjson.dumps(answer).decode()
    else:
        name = f"command-{number}.log"
        commands.take_file(batch, station_id=station_id, command_id=number, status=status, kept=kept, name=name)
        told = f"{kept.size} bytes"
    log(batch, station_id, UPDATE_EXECUTION, str(number), told, now)


def take_refusal(batch: Batch, *, station_id: int, action: str, refusal: SmartServerError, now: datetime) -> None:
    """A call that was refused: no sign of life, because it may be a call that somebody else has to make."""
    if admission.find(station_id) is not None:
        told = orjson.dumps({"status": refusal.status, "detail": str(refusal)}).decode()
        log(batch, station_id, action, "", "", now, reply=told, outcome=refusal.code)


def _follow(batch: Batch, context: Context, event: Event, number: int, stamp: Stamp) -> None:
    """What follows from an event, where the station is allowed what it tells; the event itself is kept either way."""
    try:
        with batch.attempt():
            _mean(batch, context, event, number, stamp)
    except CallError as error:
        logger.warning("Nothing follows from event %s of station %s: %s", number, context.station_id, error)


def _mean(batch: Batch, context: Context, event: Event, number: int, stamp: Stamp) -> None:
    """What follows from an event."""
    if event.kind == meaning.ALERT:
        alerts.take_alert(batch, context, event, stamp)
    elif event.kind in sessions.PHASES:
        is_news = sessions.take_session_event(batch, context, event, number, stamp)
        status = _STATUS_AFTER[event.kind]
        if is_news and event.outlet is not None and event.outlet not in alerts.standing(context.station_id):
            provisioning.report_status(batch, context, meaning.status(event.outlet, status, stamp))


_STATUS_AFTER = {
    meaning.SESSION_START: meaning.PREPARING,
    meaning.START_CHARGING: meaning.CHARGING,
    meaning.STOP_CHARGING: meaning.FINISHING,
    meaning.SESSION_STOP: meaning.AVAILABLE,
}


def _show_beside(batch: Batch, station_id: int, text: str, now: datetime) -> None:
    try:
        outlets = read_state(text)
    except StateError:
        return  # the event is what counts; its state is in the message log
    _show(batch, Charger.objects.get(station=station_id), outlets, now, LOG_EVENT)


def _show(batch: Batch, charger: Charger, outlets: Iterable[Outlet], now: datetime, action: str) -> None:
    """Status, meters and values of each outlet, as the state shows them."""
    context, stamp = context_of(charger.station_id, action, now), Stamp(isoformat(now), now)
    faulted = alerts.standing(charger.station_id)
    for outlet in outlets:
        if outlet.number not in faulted:
            _show_status(batch, context, outlet, stamp)
        metered, session = sessions.meter(batch, context, outlet)
        reported = meaning.meters_of(metered, stamp)
        if reported is not None:
            meters.store_meters(batch, context, reported._replace(transaction=session))
    charger.state = [meaning.storable(outlet.raw) for outlet in outlets]
    charger.state_at = now
    charger.save(update_fields=("state", "state_at"))


def _show_status(batch: Batch, context: Context, outlet: Outlet, stamp: Stamp) -> None:
    if outlet.error and not outlet.busy and alerts.is_over(context.station_id, outlet.number, outlet.error):
        outlet = replace(outlet, error=0)
    provisioning.report_status(batch, context, meaning.status_of(outlet, stamp))


def log(
    batch: Batch,
    station_id: int,
    action: str,
    message_id: str,
    request: str,
    now: datetime,
    *,
    reply: str = "",
    outcome: str = messages.CALLRESULT,
) -> None:
    """A row of the message log; that the charger lives comes with it, unless it was refused."""
    messages.record(
        batch,
        messages.Exchange(
            station_id,
            NAME,
            Message.Direction.IN.value,
            action,
            message_id[:255],
            messages.shorten(mask_report(request).replace("\x00", "�")),
            reply,
            outcome,
            now,
            batch.now,
        ),
        alive=outcome == messages.CALLRESULT,
    )


def _is_missing(evsestat: int, pilot: int, busy: bool, error: int) -> bool:
    return (evsestat, pilot, busy, error) == (-1, -1, False, 0)
