"""Calls that the server makes: what is asked of a station that comes back, and the log of such calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import orjson

from smartserver.core import clock
from smartserver.core.writer import Batch
from stations.models import Message
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.session import CallAnswered, OwnCall, Session
from stations.services import messages, quirks


def questions_after_reconnect(*, booted: bool) -> Iterator[tuple[str, Payload]]:
    """What to ask a station that goes on without BootNotification after a reconnect (FIELD: evcc#25069).

    TriggerMessage is the same in 1.6 (section 5.17) and 2.x (F06).
    """
    if not booted:
        yield "TriggerMessage", {"requestedMessage": "BootNotification"}
    yield "TriggerMessage", {"requestedMessage": "StatusNotification"}


class OwnCalls:
    """The server's calls on one connection: each is logged when it is known what became of it.

    `record(unit)` stores a unit.
    """

    def __init__(self, session: Session, station_id: int, record: Callable[[Callable[[Batch], None]], None]) -> None:
        self._session = session
        self._station_id = station_id
        self._record = record

    def ask_how_things_are(self, *, booted: bool) -> None:
        """Queue the questions after a reconnect without a boot."""
        for action, payload in questions_after_reconnect(booted=booted):
            self._session.call(action, payload, clock.now())

    def take_answer(self, event: CallAnswered) -> None:
        if event.error is not None:
            reply = {"description": event.error.description, "details": event.error.details}
            self._log(event.call, reply, event.error.code, event.quirks)
            return
        rules = event.quirks
        wrong = judge_answer(self._session.version, event.call.action, event.payload)
        if wrong is not None:
            self._session.reject_result(event.call, wrong)
            rules = (*rules, "invalid_answer")
        self._log(event.call, event.payload, messages.CALLRESULT, rules)

    def expire(self, now: float) -> bool:
        """Give up a call that was not answered in time; True when there was one."""
        call = self._session.expire(now)
        if call is not None:
            self._log(call, {}, messages.TIMED_OUT)
        return call is not None

    def abandon(self) -> None:
        """The connection is gone, and with it every answer."""
        for call in self._session.abandon():
            self._log(call, {}, messages.CONNECTION_LOST)

    def _log(self, call: OwnCall, reply: Payload, outcome: str, rules: tuple[str, ...] = ()) -> None:
        self._record(
            prepare_log(
                station_id=self._station_id,
                version=self._session.version,
                message_id=call.id,
                action=call.action,
                payload=call.payload,
                reply=reply,
                outcome=outcome,
                sent_at=call.token,
                rules=rules,
            )
        )


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
