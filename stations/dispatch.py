"""From a received call to its answer: validate, understand, store. One unit of the writer a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import orjson

from smartserver.core.batch import Batch, Later
from smartserver.core.masking import mask_text
from stations.models import Message
from stations.ocpp import facts, repairs, schemas, times
from stations.ocpp.errors import INTERNAL_ERROR, NOT_IMPLEMENTED, NOT_SUPPORTED, CallError, code_for
from stations.ocpp.frames import Payload
from stations.ocpp.routes import AnyAnswer, AnyFact, Route, Routes
from stations.ocpp.v16.routes import REVERSED as REVERSED_16
from stations.ocpp.v16.routes import ROUTES as ROUTES_16
from stations.ocpp.v21.routes import ROUTES as ROUTES_21
from stations.ocpp.v21.routes import SENDS as SENDS_21
from stations.ocpp.v201.routes import ROUTES as ROUTES_201
from stations.services import batteries, certificates, der, files, messages, monitoring, quirks, reports, tariffs
from stations.services.authorization import tokens, used_reservations
from stations.services.context import Context, Policy
from stations.services.enquiries import Enquiry
from stations.services.equipment import data_transfer, provisioning, security
from stations.services.sessions import transactions
from stations.services.smart_charging import reversed_calls
from stations.services.smart_charging import tables as smart_charging

ROUTES: Mapping[str, Routes] = {"1.6": ROUTES_16, "2.0.1": ROUTES_201, "2.1": ROUTES_21}

REVERSED: Mapping[str, Routes] = {"1.6": REVERSED_16, "2.0.1": {}, "2.1": {}}

SENDS: Mapping[str, Routes] = {"1.6": {}, "2.0.1": {}, "2.1": SENDS_21}
"""What comes as a SEND."""

FREE = frozenset(
    {
        "DataTransfer",
        "NotifyCustomerInformation",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyPeriodicEventStream",
        "NotifyReport",
    }
)
"""Calls in which stations tell whatever they like, their passwords included. Other calls have no place for them, and
are too many to be searched."""

UseCase = Callable[[Batch, Context, Any], AnyAnswer | Later[Any] | Enquiry]

USE_CASES: Mapping[type, UseCase] = {
    facts.Booted: provisioning.register_boot,
    facts.HeartBeaten: provisioning.tell_time,
    facts.StatusReported: provisioning.report_status,
    facts.TokenPresented: tokens.authorize,
    facts.MetersReported: provisioning.report_meters,
    facts.TransactionReported: transactions.report_transaction,
    facts.DataTransferred: data_transfer.transfer_data,
    facts.FirmwareStatusReported: provisioning.report_firmware_status,
    facts.LogStatusReported: provisioning.report_log_status,
    facts.SecurityEventReported: security.keep_security_event,
    **certificates.USE_CASES,
    facts.ReservationEnded: used_reservations.end_reservation,
    facts.ProfileClaimed: reversed_calls.keep_profile,
    facts.ProfilesDisclaimed: reversed_calls.drop_profiles,
    **batteries.USE_CASES,
    **der.USE_CASES,
    **files.USE_CASES,
    **monitoring.USE_CASES,
    **reports.USE_CASES,
    **smart_charging.USE_CASES,
    **tariffs.USE_CASES,
}


class Incoming(NamedTuple):
    """A call, or a SEND, as it came in. `alive`: note that the station was seen (`messages.record`)."""

    station_id: int
    version: str
    strict: bool
    message_id: str
    action: str
    payload: Payload
    received_at: datetime
    policy: Policy
    quirks: tuple[str, ...] = ()
    alive: bool = True


class Pending(NamedTuple):
    """A call whose answer needs a word from elsewhere: `proceed` makes the unit that goes on with what was heard."""

    ask: Callable[[], Awaitable[Any]]
    proceed: Callable[[Any], Callable[[Batch], str]]


def prepare(call: Incoming) -> Callable[[Batch], str | Later[str] | Pending]:
    """The unit that stores the call's effect and its row in the log; or `CallError`.

    It returns the payload of the answer as JSON text, as the log keeps it; or what has to be asked before.
    """
    route, fact, found = _understand(call)
    rules = call.quirks + found + times.oddities(fact, call.received_at)

    def keep(batch: Batch, answered: AnyAnswer) -> str:
        answer = orjson.dumps(route.write(answered)).decode()
        _note(batch, call, rules)
        _log(batch, call, messages.CALLRESULT, answer)
        return answer

    def unit(batch: Batch) -> str | Later[str] | Pending:
        found = _use(batch, call, fact)
        if isinstance(found, Later):
            return found.then(partial(keep, batch))
        if not isinstance(found, Enquiry):
            return keep(batch, found)
        return Pending(found.ask, lambda heard: lambda later: keep(later, found.conclude(later, heard)))

    return unit


def prepare_send(call: Incoming) -> Callable[[Batch], None]:
    """The unit that stores the effect of a SEND and its row in the log; or `CallError`, of which nobody is told."""
    route = SENDS[call.version].get(call.action)
    if route is None:
        raise _unsupported(call)
    payload, found = repairs.check(call.version, call.action, call.payload, strict=call.strict)
    fact = route.read(payload)
    rules = call.quirks + found + times.oddities(fact, call.received_at)

    def unit(batch: Batch) -> None:
        _use(batch, call, fact)
        _note(batch, call, rules)
        _log(batch, call, messages.SEND, None)

    return unit


def _use(batch: Batch, call: Incoming, fact: AnyFact) -> Any:
    """What follows from a fact: an answer, now or later, or an `Enquiry`."""
    context = Context(call.station_id, call.version, call.received_at, call.action, call.policy)
    return USE_CASES[type(fact)](batch, context, fact)


def _note(batch: Batch, call: Incoming, rules: tuple[str, ...]) -> None:
    quirks.note(batch, station_id=call.station_id, rules=rules, action=call.action, at=call.received_at)


def _understand(call: Incoming) -> tuple[Route, AnyFact, tuple[str, ...]]:
    """How the call is answered, what it says, and the rules that it takes to see that."""
    route = ROUTES[call.version].get(call.action)
    if route is not None:
        payload, rules = repairs.check(call.version, call.action, call.payload, strict=call.strict)
        return route, route.read(payload), rules
    route = REVERSED[call.version].get(call.action)
    if route is not None and not call.strict:
        rules = ()
        return route, route.read(call.payload), (*rules, "reversed_call")
    raise _unsupported(call)


def _unsupported(call: Incoming) -> CallError:
    if call.action in schemas.actions(call.version):
        return CallError(NOT_SUPPORTED, f"{call.action} is not supported by this server.")
    return CallError(NOT_IMPLEMENTED, f"{call.action[:64]} is no action of OCPP {call.version}.")


def prepare_unusable(call: Incoming) -> Callable[[Batch], None]:
    """The unit that logs a SEND which has no effect. Its sender is not told; operators are."""

    def unit(batch: Batch) -> None:
        at = call.received_at
        quirks.note(batch, station_id=call.station_id, rules=("unusable_send",), action=call.action, at=at)
        _log(batch, call, messages.SEND, None)

    return unit


def prepare_failure(call: Incoming, error: CallError) -> Callable[[Batch], None]:
    """The unit that logs a call which gets a CALLERROR."""
    reply = orjson.dumps([error.description, error.details]).decode()

    def unit(batch: Batch) -> None:
        _log(batch, call, code_for(call.version, error.code), reply)

    return unit


def internal_error() -> CallError:
    """What a station is told of a fault of ours: nothing of its nature."""
    return CallError(INTERNAL_ERROR, "The server could not process the message; try again.")


def prepare_unreadable(
    *, station_id: int, version: str, message_id: str, text: str, outcome: str, received_at: datetime
) -> Callable[[Batch], None]:
    """The unit that logs a text which is no frame."""

    def unit(batch: Batch) -> None:
        exchange = messages.Exchange(
            station_id,
            version,
            Message.Direction.IN.value,
            "",
            message_id[:255],
            messages.shorten(without_secrets(text).replace("\x00", "�")),
            "",
            outcome,
            received_at,
            batch.now,
        )
        messages.record(batch, exchange)

    return unit


def prepare_rejection(
    *, station_id: int, version: str, message_id: str, error: CallError, received_at: datetime
) -> Callable[[Batch], None]:
    """The unit that logs a CALLRESULTERROR, with the action of the call whose answer it is about."""
    told = {"code": error.code, "description": error.description, "details": error.details}

    def unit(batch: Batch) -> None:
        batch.settle()  # the call may be of the same batch
        calls = Message.objects.filter(station=station_id, message_id=message_id[:255], direction=Message.Direction.IN)
        action = calls.order_by("-received_at").values_list("action", flat=True).first()
        exchange = messages.Exchange(
            station_id,
            version,
            Message.Direction.IN.value,
            action or "",
            message_id[:255],
            messages.shorten(without_secrets(orjson.dumps(told).decode())),
            "",
            messages.CALLRESULTERROR,
            received_at,
            None,
        )
        messages.record(batch, exchange)
        messages.note_alive(batch, station_id=station_id)

    return unit


def without_secrets(text: str) -> str:
    """A text as the message log keeps it: it is to show what stations said, but for passwords."""
    return mask_text(text, tokens=False, addresses=False)


def _log(batch: Batch, call: Incoming, outcome: str, reply: str | None) -> None:
    """`reply` is None where there is none."""
    request, said = orjson.dumps(call.payload).decode(), reply or ""
    if call.action in FREE:
        request, said = without_secrets(request), without_secrets(said)
    messages.record(
        batch,
        messages.Exchange(
            call.station_id,
            call.version,
            Message.Direction.IN.value,
            call.action[:64],
            call.message_id[:255],
            messages.shorten(request),
            messages.shorten(said),
            outcome,
            call.received_at,
            None if reply is None else batch.now,
        ),
        alive=call.alive,
    )
    if reply is None and call.alive:
        messages.note_alive(batch, station_id=call.station_id)
