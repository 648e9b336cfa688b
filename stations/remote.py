"""Calls that the server makes: what is asked of a station that comes back, and the log of such calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import orjson

from smartserver.core.writer import Batch
from stations.models import Message
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.services import messages, quirks


def questions_after_reconnect(*, booted: bool) -> Iterator[tuple[str, Payload]]:
    """What to ask a station that goes on without BootNotification after a reconnect (FIELD: evcc#25069).

    TriggerMessage is the same in 1.6 (section 5.17) and 2.x (F06).
    """
    if not booted:
        yield "TriggerMessage", {"requestedMessage": "BootNotification"}
    yield "TriggerMessage", {"requestedMessage": "StatusNotification"}


def judge_answer(version: str, action: str, payload: Payload) -> CallError | None:
    """What is wrong with a station's CALLRESULT, if anything."""
    problems = schemas.response_problems(version, action, payload)
    return CallError(problems[0].code, problems[0].message) if problems else None


def prepare_log(
    *,
    station_id: int,
    version: str,
    message_id: str,
    action: str,
    payload: Payload,
    reply: Payload,
    outcome: str,
    sent_at: datetime,
    rules: tuple[str, ...] = (),
) -> Callable[[Batch], None]:
    """The unit that logs a call of ours and what became of it."""

    def unit(batch: Batch) -> None:
        exchange = messages.Exchange(
            station_id,
            version,
            Message.Direction.OUT.value,
            action,
            message_id,
            messages.shorten(orjson.dumps(payload).decode()),
            messages.shorten(orjson.dumps(reply).decode()) if reply else "",
            outcome[:64],
            sent_at,
            None if outcome in messages.UNANSWERED else batch.now,
        )
        messages.record(batch, exchange)
        if rules:
            quirks.note(batch, station_id=station_id, rules=rules, action=action, at=batch.now)

    return unit
