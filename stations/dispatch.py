"""From a received call to its answer: validate, understand, store. One unit of the writer a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from smartserver.core.writer import Batch
from stations.models import Message
from stations.ocpp import facts, repairs, schemas
from stations.ocpp.errors import INTERNAL_ERROR, NOT_IMPLEMENTED, NOT_SUPPORTED, CallError, code_for
from stations.ocpp.frames import Payload
from stations.ocpp.routes import Route, Routes
from stations.ocpp.v16.routes import ROUTES as ROUTES_16
from stations.ocpp.v21.routes import ROUTES as ROUTES_21
from stations.ocpp.v201.routes import ROUTES as ROUTES_201
from stations.services import messages, provisioning, quirks, transactions
from stations.services.context import Context, Policy

ROUTES: Mapping[str, Routes] = {"1.6": ROUTES_16, "2.0.1": ROUTES_201, "2.1": ROUTES_21}

UseCase = Callable[[Batch, Context, Any], facts.Answer]

USE_CASES: Mapping[type, UseCase] = {
    facts.Booted: provisioning.register_boot,
    facts.HeartBeaten: provisioning.tell_time,
    facts.StatusReported: provisioning.report_status,
    facts.TokenPresented: provisioning.authorize,
    facts.MetersReported: provisioning.report_meters,
    facts.TransactionReported: transactions.report_transaction,
    facts.InventoryReported: provisioning.report_inventory,
    facts.DataTransferred: provisioning.transfer_data,
}


class Incoming(NamedTuple):
    """A call as it came in. `alive`: note that the station was seen (`messages.record`)."""

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


def prepare(call: Incoming) -> Callable[[Batch], str]:
    """The unit that stores the call's effect and its row in the log; or `CallError`.

    It returns the payload of the answer as JSON text, as the log keeps it.
    """
    route = _route(call)
    payload, found = repairs.check(call.version, call.action, call.payload, strict=call.strict)
    fact = route.read(payload)
    use_case = USE_CASES[type(fact)]
    context = Context(call.station_id, call.version, call.received_at, call.action, call.policy)
    rules = call.quirks + found

    def unit(batch: Batch) -> str:
        answer = orjson.dumps(route.write(use_case(batch, context, fact))).decode()
        if rules:
            quirks.note(batch, station_id=call.station_id, rules=rules, action=call.action, at=call.received_at)
        _log(batch, call, messages.CALLRESULT, answer)
        return answer

    return unit


def _route(call: Incoming) -> Route:
    route = ROUTES[call.version].get(call.action)
    if route is not None:
        return route
    if call.action in schemas.actions(call.version):
        raise CallError(NOT_SUPPORTED, f"{call.action} is not supported by this server.")
    raise CallError(NOT_IMPLEMENTED, f"{call.action[:64]} is no action of OCPP {call.version}.")


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
            messages.shorten(text.replace("\x00", "�")),
            "",
            outcome,
            received_at,
            batch.now,
        )
        messages.record(batch, exchange)

    return unit


def _log(batch: Batch, call: Incoming, outcome: str, reply: str) -> None:
    request = orjson.dumps(call.payload).decode()
    messages.record(
        batch,
        messages.Exchange(
            call.station_id,
            call.version,
            Message.Direction.IN.value,
            call.action[:64],
            call.message_id[:255],
            messages.shorten(request),
            messages.shorten(reply),
            outcome,
            call.received_at,
            batch.now,
        ),
        alive=call.alive,
    )
