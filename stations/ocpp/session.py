"""One OCPP-J conversation, for either role. Pure: texts and the time go in, events and texts come out.

    session = Session(role=Role.CSMS, version="1.6", call_timeout=30)
    event = session.receive(text, now)           # what came
    session.answer(event.ticket, payload)        # when its effect is stored
    while (text := session.next_frame(now)) …    # what to send

- Answers leave in the order of the calls, whatever the order in which they become ready.
- Pipelined calls are all answered. `backlog` says how many wait; a reader stops above `MAX_BACKLOG`.
- The two directions are independent. At most one call of ours is unanswered; the others wait
  (OCPP-J 1.6 section 4.1.1); one that is not answered in time frees the line (`expire`).
- A SEND is never answered. A CALLRESULT that we cannot accept is rejected with CALLRESULTERROR
  where the version has it (2.1).
"""

from __future__ import annotations

import enum
import itertools
from collections import deque
from typing import Any, NamedTuple

from stations.ocpp import frames
from stations.ocpp.errors import CallError, code_for
from stations.ocpp.frames import Payload

MAX_BACKLOG = 64
"""Calls of the peer that may be unanswered before we stop reading."""

MAX_QUEUE = 100
"""Calls of ours that may wait."""


WITH_RESULT_ERRORS = frozenset({"2.1"})
"""The versions that have CALLRESULTERROR (OCPP-J 2.1 section 4.2.4)."""


class Role(enum.Enum):
    CSMS = "csms"
    STATION = "station"


class QueueFull(Exception):
    """Too many calls of ours wait for the peer."""


class Ticket:
    """The place of one call of the peer in the order of answers."""

    __slots__ = ("id", "text")

    def __init__(self, id: Any) -> None:
        self.id = id
        self.text: str | None = None


class OwnCall:
    """A call of ours. `token` is the caller's own mark."""

    __slots__ = ("action", "deadline", "id", "payload", "token")

    def __init__(self, id: str, action: str, payload: Payload, token: Any) -> None:
        self.id = id
        self.action = action
        self.payload = payload
        self.token = token
        self.deadline = 0.0


class CallReceived(NamedTuple):
    ticket: Ticket
    action: str
    payload: Payload
    quirks: tuple[str, ...] = ()


class SendReceived(NamedTuple):
    id: Any
    action: str
    payload: Payload
    quirks: tuple[str, ...] = ()


class CallAnswered(NamedTuple):
    """A call of ours got its CALLRESULT (`error` is None) or CALLERROR."""

    call: OwnCall
    payload: Payload
    error: CallError | None = None
    quirks: tuple[str, ...] = ()


class ResultRejected(NamedTuple):
    """The peer could not accept an answer of ours (CALLRESULTERROR, 2.1)."""

    id: Any
    error: CallError


class FrameRefused(NamedTuple):
    """The text was no frame. The CALLERROR, where one is due, waits already under `ticket`."""

    error: frames.FrameError
    ticket: Ticket | None


class Unexpected(NamedTuple):
    """An answer to no call of ours: late, repeated or invented."""

    id: Any


Event = CallReceived | SendReceived | CallAnswered | ResultRejected | FrameRefused | Unexpected


class Session:
    """The state of one connection's conversation.

    `series` tells the message ids of this connection from those of the ones before it: an id is
    never used twice for one station (OCPP-J 2.0.1 section 4.1.4).
    """

    def __init__(
        self, *, role: Role, version: str, call_timeout: float = 30.0, strict: bool = False, series: str = "1"
    ) -> None:
        self.role = role
        self.version = version
        self.strict = strict
        self._call_timeout = call_timeout
        self._ids = (f"{role.value}-{series}-{number}" for number in itertools.count(1))
        self._tickets: deque[Ticket] = deque()
        self._queue: deque[OwnCall] = deque()
        self._current: OwnCall | None = None
        self._others: deque[str] = deque()

    # -- in ----------------------------------------------------------------------------

    def receive(self, text: str | bytes, now: float) -> Event:
        """What a received text means."""
        try:
            decoded = frames.decode(text, strict=self.strict)
        except frames.FrameError as error:
            return self._refuse(error)
        frame, quirks = decoded
        if isinstance(frame, frames.Call):
            return CallReceived(self._ticket(frame.id), frame.action, frame.payload, quirks)
        match frame:
            case frames.CallResult():
                call = self._settle(frame.id)
                return CallAnswered(call, frame.payload, None, quirks) if call else Unexpected(frame.id)
            case frames.CallErrorFrame():
                call = self._settle(frame.id)
                error_ = CallError(frame.code, frame.description, frame.details)
                return CallAnswered(call, {}, error_, quirks) if call else Unexpected(frame.id)
            case frames.CallResultError():
                return ResultRejected(frame.id, CallError(frame.code, frame.description, frame.details))
            case frames.SendFrame():  # pragma: no branch  (the last kind)
                return SendReceived(frame.id, frame.action, frame.payload, quirks)

    def _ticket(self, id: Any) -> Ticket:
        ticket = Ticket(id)
        self._tickets.append(ticket)
        return ticket

    def _refuse(self, error: frames.FrameError) -> FrameRefused:
        if not error.is_call:
            return FrameRefused(error, None)
        ticket = self._ticket(error.id)
        self.fail(ticket, error)
        return FrameRefused(error, ticket)

    def _settle(self, id: Any) -> OwnCall | None:
        call = self._current
        if call is None or str(id) != call.id:
            return None
        self._current = None
        return call

    # -- answers -----------------------------------------------------------------------

    def answer(self, ticket: Ticket, payload: Payload) -> None:
        """The CALLRESULT for a call of the peer; it leaves when all earlier ones have left."""
        ticket.text = frames.encode(frames.CallResult(ticket.id, payload))

    def answer_encoded(self, ticket: Ticket, payload: str) -> None:
        """The same for a payload that is JSON text already."""
        ticket.text = frames.encode_result(ticket.id, payload)

    def fail(self, ticket: Ticket, error: CallError) -> None:
        """The CALLERROR for a call of the peer."""
        code = code_for(self.version, error.code)
        ticket.text = frames.encode(frames.CallErrorFrame(ticket.id, code, error.description, error.details))

    def reject_result(self, call: OwnCall, error: CallError) -> bool:
        """Tell the peer that its CALLRESULT is not acceptable; False where its version has no word for that."""
        if self.version not in WITH_RESULT_ERRORS:
            return False
        frame = frames.CallResultError(call.id, error.code, error.description, error.details)
        self._others.append(frames.encode(frame))
        return True

    @property
    def backlog(self) -> int:
        """Calls of the peer whose answers have not left, and texts that wait beside them."""
        return len(self._tickets) + len(self._others)

    # -- calls of ours -----------------------------------------------------------------

    def call(self, action: str, payload: Payload, token: Any = None, id: str | None = None) -> OwnCall:
        """Queue a call; it leaves when those before it are answered or expired.

        `id`: one of the caller's own, never used before for this station.
        """
        if len(self._queue) >= MAX_QUEUE:
            raise QueueFull
        call = OwnCall(id or next(self._ids), action, payload, token)
        self._queue.append(call)
        return call

    def say(self, text: str) -> None:
        """Queue a text that is no frame of OCPP, for peers that asked for one."""
        self._others.append(text)

    def send(self, action: str, payload: Payload) -> None:
        """Queue a SEND (2.1): no answer will come."""
        frame = frames.SendFrame(next(self._ids), action, payload)
        self._others.append(frames.encode(frame))

    def expire(self, now: float) -> OwnCall | None:
        """The call of ours that was not answered in time, if any; the next one may leave."""
        call = self._current
        if call is None or now < call.deadline:
            return None
        self._current = None
        return call

    @property
    def deadline(self) -> float | None:
        """When `expire` has to be called."""
        return self._current.deadline if self._current else None

    def abandon(self) -> list[OwnCall]:
        """The connection is gone: all calls of ours that will never be answered."""
        open_calls = [*([self._current] if self._current else []), *self._queue]
        self._current = None
        self._queue.clear()
        return open_calls

    # -- out ---------------------------------------------------------------------------

    def next_frame(self, now: float) -> str | None:
        """The next text to send, or None."""
        if self._tickets and (text := self._tickets[0].text) is not None:
            self._tickets.popleft()
            return text
        if self._others:
            return self._others.popleft()
        if self._current is None and self._queue:
            self._current = call = self._queue.popleft()
            call.deadline = now + self._call_timeout
            return frames.encode(frames.Call(call.id, call.action, call.payload))
        return None
