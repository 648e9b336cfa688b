"""The calls of one station: understood, stored, and answered, with everything that may go wrong on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import orjson

from smartserver.core import clock, metrics, tracing
from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from stations import dispatch
from stations.ocpp.errors import CallError
from stations.ocpp.frames import UNREADABLE_ID
from stations.ocpp.session import CallReceived, FrameRefused, ResultRejected, SendReceived, Session, Ticket
from stations.selectors import dump_state
from stations.services import messages, quirks
from stations.services.context import Policy

logger = logging.getLogger(__name__)

Unit = Callable[[Batch], Any]
Done = Callable[[Any, BaseException | None], None]

NOTED_EVERY = 1.0
"""Seconds between two updates of "last seen" for a station that talks without a pause."""


MAX_TELLING = 8
"""States that one connection may be told of at the same time."""


class _Asked(NamedTuple):
    """A call on its way, with its place in the order of answers."""

    ticket: Ticket
    call: dispatch.Incoming
    span: tracing.Span | None


class CallLine:
    """What a station asks over this connection.

    `submit(unit, done)` stores something, `wake()` says that there is a frame to send, `answered(action, payload)`
    is called after each CALLRESULT, and `failed()` after the record of a failure was handed over. `is_current` is the
    unit that tells whether this connection counts; when it does not any more, `outdated()` is called. `trace`: the
    parent of the spans of this connection (`core.tracing`).
    """

    def __init__(
        self,
        session: Session,
        station_id: int,
        identity: str,
        *,
        policy: Policy,
        trace: Any,
        submit: Callable[[Unit, Done], None],
        wake: Callable[[], None],
        answered: Callable[[str, str], None],
        failed: Callable[[], None],
        is_current: Callable[[Batch], bool],
        outdated: Callable[[], None],
    ) -> None:
        self._session = session
        self._station_id = station_id
        self._identity = identity
        self._policy = policy
        self._trace = trace
        self._submit = submit
        self._wake = wake
        self._answered = answered
        self._failed = failed
        self._is_current = is_current
        self._outdated = outdated
        self._noted = 0.0
        self._telling = 0
        self._enquiries: set[asyncio.Task[None]] = set()

    def take(self, event: CallReceived, quirks: tuple[str, ...], heard: float) -> None:
        """A call that came in at `heard` (monotonic)."""
        call = self._incoming(event.ticket.id, event, quirks, heard)
        span = None
        if tracing.active is not None:
            span = tracing.active.message(
                self._trace, station=self._identity, version=call.version, action=call.action[:64]
            )
        asked = _Asked(event.ticket, call, span)
        try:
            unit = dispatch.prepare(call)
        except CallError as error:
            self._fail(asked, error)
        except Exception:
            logger.exception("%s of station %s could not be understood.", call.action, self._station_id)
            self._fail(asked, dispatch.internal_error())
        else:
            self._submit(tracing.carry(unit, span), partial(self._stored, asked))

    def _incoming(
        self, id: Any, event: CallReceived | SendReceived, quirks: tuple[str, ...], heard: float
    ) -> dispatch.Incoming:
        return dispatch.Incoming(
            self._station_id,
            self._session.version,
            self._session.strict,
            str(id),
            event.action,
            event.payload,
            clock.now(),
            self._policy,
            quirks,
            self._is_news(heard),
        )

    def _is_news(self, heard: float) -> bool:
        """Whether it is worth noting that the station lives: at most once a second."""
        if heard - self._noted < NOTED_EVERY:
            return False
        self._noted = heard
        return True

    def _stored(self, asked: _Asked, payload: str | dispatch.Pending | None, error: BaseException | None) -> None:
        """The effect of a call is on disk, or could not get there; or something has to be asked elsewhere first."""
        call = asked.call
        if isinstance(payload, dispatch.Pending):
            task = asyncio.get_running_loop().create_task(self._enquire(asked, payload))
            self._enquiries.add(task)
            task.add_done_callback(self._enquiries.discard)
        elif error is None:
            assert payload is not None
            metrics.message(call.version, call.action, messages.CALLRESULT)
            self._session.answer_encoded(asked.ticket, payload)
            tracing.end_message(asked.span, messages.CALLRESULT)
            self._wake()
            self._answered(call.action, payload)
        elif isinstance(error, CallError):
            self._fail(asked, error)
        elif isinstance(error, Unavailable):
            self._refuse(asked, dispatch.internal_error())
        else:
            self._doubt(asked, error)

    async def _enquire(self, asked: _Asked, pending: dispatch.Pending) -> None:
        """Hear what is said elsewhere, and go on. The answers to later calls wait, as they do for each other."""
        try:
            heard = await pending.ask()
        except asyncio.CancelledError:
            tracing.end_message(asked.span, messages.CONNECTION_LOST)
            raise
        except Exception:
            logger.exception("What %s of station %s needs could not be asked.", asked.call.action, self._station_id)
            self._fail(asked, dispatch.internal_error())
        else:
            self._submit(tracing.carry(pending.proceed(heard), asked.span), partial(self._stored, asked))

    def close(self) -> None:
        """The connection is gone: nobody waits for what is being asked."""
        for task in self._enquiries:
            task.cancel()

    def _doubt(self, asked: _Asked, error: BaseException) -> None:
        """A fault of ours; unless the station has been removed, and the word of it got lost."""

        def look(is_current: bool | None, _error: BaseException | None) -> None:
            if is_current is False:
                self._outdated()
                return
            logger.error("%s of station %s failed.", asked.call.action, self._station_id, exc_info=error)
            self._fail(asked, dispatch.internal_error())

        self._submit(self._is_current, look)

    def _fail(self, asked: _Asked, error: CallError) -> None:
        """Log the failed call, then answer it with a CALLERROR."""
        self._submit(dispatch.prepare_failure(asked.call, error), lambda _value, _error: self._refuse(asked, error))
        self._failed()

    def _refuse(self, asked: _Asked, error: CallError) -> None:
        metrics.message(asked.call.version, asked.call.action, error.code)
        self._session.fail(asked.ticket, error)
        tracing.end_message(asked.span, error.code)
        self._wake()

    # -- what is no call ---------------------------------------------------------------

    def take_send(self, event: SendReceived, quirks: tuple[str, ...], heard: float) -> None:
        """A SEND that came in at `heard`: stored and logged. Nothing is ever answered, not even an error."""
        call = self._incoming(event.id, event, quirks, heard)
        unusable = dispatch.prepare_unusable(call)
        try:
            unit = dispatch.prepare_send(call)
        except CallError:
            unit = unusable
        except Exception:
            logger.exception("%s of station %s could not be understood.", call.action, self._station_id)
            unit = unusable

        def stored(_value: None, error: BaseException | None) -> None:
            if error is None:
                metrics.message(call.version, call.action, messages.SEND)
            else:
                logger.error("%s of station %s could not be stored.", call.action, self._station_id, exc_info=error)
                self._submit(unusable, forget)

        self._submit(unit, stored)

    def take_rejection(self, event: ResultRejected) -> None:
        """CALLRESULTERROR (2.1): the station could not use an answer of ours."""
        metrics.message(self._session.version, "", messages.CALLRESULTERROR)
        self._submit(
            dispatch.prepare_rejection(
                station_id=self._station_id,
                version=self._session.version,
                message_id=str(event.id),
                error=event.error,
                received_at=clock.now(),
            ),
            forget,
        )

    def take_state_request(self) -> None:
        """DUMP_STATE: a tolerance for stations that ask with a text that is no frame; each is told of itself.

        The answers have no place in the order of answers, which limits calls: so many at a time are enough.
        """
        if self._telling >= MAX_TELLING:
            return
        self._telling += 1

        def unit(batch: Batch) -> str:
            quirks.note(batch, station_id=self._station_id, rules=("state_request",), action="", at=batch.now)
            return orjson.dumps(dump_state([self._station_id])).decode()

        self._submit(unit, self._say_state)

    def _say_state(self, text: str | None, error: BaseException | None) -> None:
        self._telling -= 1
        forget(text, error)
        if text is not None:
            self._session.say(text)
            self._wake()

    def take_refused(self, event: FrameRefused, data: str | bytes) -> None:
        """A text that is no frame; the session has its CALLERROR ready, where one is due."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        metrics.message(self._session.version, "", event.error.code)
        self.log(event.error.id, text, event.error.code)
        if event.ticket is not None:
            self._wake()

    def log(self, message_id: Any, text: str, outcome: str) -> None:
        """Keep something that gets no answer."""
        unit = dispatch.prepare_unreadable(
            station_id=self._station_id,
            version=self._session.version,
            message_id=str(message_id if message_id is not None else UNREADABLE_ID),
            text=text,
            outcome=outcome,
            received_at=clock.now(),
        )
        self._submit(unit, forget)


def forget(_value: Any, error: BaseException | None) -> None:
    """For units whose outcome nobody waits for; a failure is worth a line."""
    if error is not None:
        logger.error("A record could not be stored.", exc_info=error)
