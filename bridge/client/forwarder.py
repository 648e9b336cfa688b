"""Events on their way to the CMS: in order, each until the CMS has it, over the push channel or the polling wire."""

from __future__ import annotations

from enum import StrEnum

from bridge import wire
from bridge.client.backoff import grown
from bridge.client.cms import Cms, Fate, Reply
from bridge.client.context import Context
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.pushing import MAX_STATE, Pusher
from bridge.client.spool import LOSS, Event, Spool, Step
from bridge.client.transport import TransportError
from bridge.wire import WireError

STATE_PATIENCE = 0.5
"""Seconds for which an event waits for the state beside it when both travel in one frame."""

ODD_ATTEMPTS = 5
"""So often the CMS may answer an event strangely while it answers other requests well; then it is the event."""

LOOK_SECONDS = 5.0


class Outcome(StrEnum):
    DONE = "done"
    LATER = "later"
    NOTHING = "nothing"


class Forwarder:
    """The task `forwarder`."""

    def __init__(self, context: Context, link: Link, cms: Cms, spool: Spool, pusher: Pusher | None) -> None:
        self._context = context
        self._link = link
        self._cms = cms
        self._spool = spool
        self._pusher = pusher
        self._failures = 0

    def run(self) -> None:
        while not self._context.stop.is_set():
            outcome = self.step()
            self._failures = self._failures + 1 if outcome is Outcome.LATER else 0
            if outcome is Outcome.NOTHING:
                self._context.wait(Task.FORWARDER, LOOK_SECONDS)
            elif outcome is Outcome.LATER:
                self._context.wait(Task.FORWARDER, grown(self._context.options.retry_time, self._failures))

    def step(self) -> Outcome:
        """The next thing to send, if there is one and somebody to take it."""
        if self._spool.expire():
            self._context.warn(Way.WITHIN, "Events were given up: they are too old")
        event = self._spool.next_event()
        if event is None or not self._context.name:
            return Outcome.NOTHING
        if event.step is Step.LOG_EVENT and self._pusher is not None and self._takes_channel(event):
            return self._push(self._pusher, event)
        if not self._link.is_open:
            return self._outage(event) if self._link.is_up is False else Outcome.NOTHING
        try:
            return self._log_event(event) if event.step is Step.LOG_EVENT else self._post_state(event)
        except TransportError:
            return self._outage(event)

    def _takes_channel(self, event: Event) -> bool:
        """The channel is the charger's as it is called now; what it told under another name takes the other way."""
        return self._link.is_pushing and event.charger in ("", self._context.name)

    # -- the three ways ---------------------------------------------------------------------------

    def _push(self, pusher: Pusher, event: Event) -> Outcome:
        if not event.is_witnessed and self._context.clock.now() - event.at < STATE_PATIENCE:
            self._context.wait(Task.FORWARDER, STATE_PATIENCE / 2)
            return Outcome.DONE  # look again: the state has come, or there has been time enough for it
        goes_along = event.is_witnessed and len(event.state or "") <= MAX_STATE
        state = event.state if goes_along else None
        pushed = pusher.push_event(event.key, event.body, state, event.charger or self._context.name)
        if pushed is None:
            return Outcome.DONE  # the channel has gone, the next look takes the other way
        if pushed.refusal:
            return self._refused(event, pushed.refusal)
        self._logged(event, pushed.session_id)
        if goes_along:
            self._state_done(event._replace(session_id=pushed.session_id or 0))
        return Outcome.DONE

    def _log_event(self, event: Event) -> Outcome:
        reply = self._cms.log_event(event.body, key=event.key, charger=event.charger or self._context.name)
        match reply.fate:
            case Fate.TAKEN:
                return self._taken(event, reply)
            case Fate.REFUSED:
                return self._refused(event, f"status {reply.status}")
            case Fate.BROKEN:
                return self._broken(event)
            case Fate.LATER:
                return self._outage(event)

    def _post_state(self, event: Event) -> Outcome:
        if event.state is None:
            return self._state_done(event)
        charger = event.charger or self._context.name
        reply = self._cms.post_state(event.state, session_id=event.session_id, charger=charger)
        if reply.fate is Fate.LATER:
            return self._outage(event)
        if reply.fate is not Fate.TAKEN:
            self._context.warn(
                Way.FROM_SERVER, f"The state beside an event is not taken ({reply.status}), it is left out"
            )
        return self._state_done(event)

    # -- what comes of it -------------------------------------------------------------------------

    def _taken(self, event: Event, reply: Reply) -> Outcome:
        try:
            number = wire.read_session_id(reply.body)
        except WireError:
            return self._odd(event, "without a session id")
        self._link.understands()
        self._logged(event, number)
        return Outcome.DONE

    def _broken(self, event: Event) -> Outcome:
        """500: the CMS does not support this event. Or it has a fault itself, which its answer to HEAD shows."""
        status = self._cms.head()
        if status not in wire.ALIVE:
            return self._outage(event)
        if status == 500:
            return self._odd(event, "with 500, as everything")
        return self._refused(event, "it is not supported (500)")

    def _odd(self, event: Event, how: str) -> Outcome:
        """An answer that nobody expects: a page of somebody between us and the CMS, or this event is too much for it.
        Attempts count only while the CMS understands other requests."""
        self._context.warn(Way.FROM_SERVER, f"An event is answered {how}; it is sent again")
        attempts = self._spool.attempted(event) if self._understood_lately() else 0
        if attempts >= ODD_ATTEMPTS:
            return self._refused(event, f"it was answered {how} {attempts} times")
        return self._outage(event)

    def _understood_lately(self) -> bool:
        heard, options = self._link.understood, self._context.options
        return heard is not None and self._context.clock.monotonic() - heard <= 2 * options.polling_interval

    def _logged(self, event: Event, number: int | None) -> None:
        self._context.say(Way.FROM_SERVER, f"Event logged, SessionID={number}")
        self._spool.advance(event, Step.STATE, number)

    def _state_done(self, event: Event) -> Outcome:
        if event.outlet and self._context.options.max_event_state_log_lines:
            self._spool.advance(event, Step.LOG)
            self._context.bells.ring(Task.UPLOADER)
        else:
            self._spool.done(event)
        return Outcome.DONE

    def _refused(self, event: Event, reason: str) -> Outcome:
        self._context.warn(Way.FROM_SERVER, f"The CMS does not take an event, it is dropped: {reason}")
        self._spool.drop(event, LOSS.refused)
        return Outcome.DONE

    def _outage(self, event: Event) -> Outcome:
        if self._context.options.spool or self._context.stop.is_set():
            return Outcome.LATER
        if event.step is Step.LOG_EVENT:
            self._context.warn(Way.WITHIN, "The CMS is away, and there is no spool: the event is discarded")
            self._spool.drop(event, LOSS.discarded)
        else:
            self._context.warn(Way.WITHIN, "The CMS is away, and there is no spool: the state beside an event is lost")
            self._spool.done(event)
        return Outcome.DONE
