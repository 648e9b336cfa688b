"""The life of a command after it was accepted: sent, answered, or ended in another way. Units of the writer.

What a kill at any moment leaves behind:

- before `take_next` is committed: a command that waits;
- after it: a command that is `sent`, although its frame may not have left. The next connection (or `sweep`) finds
  it: what may be carried out twice waits again, with the attempt on record; the rest fails as `ConnectionLost`.

The row of a station is the lock of its commands: whoever changes one takes it first, in whichever process.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound, SmartServerError
from smartserver.core.events import COMMAND_SETTLED, HINT_COMMANDS, TOPIC_COMMANDS
from stations import outcomes
from stations.models import Command, Message, Registration, Station
from stations.models import State as StationState
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.services import messages, quirks
from stations.services.commands import Requester, check_sense, version_of
from stations.services.equipment import passwords
from stations.services.languages import language_of, settled_by_themselves
from stations.services.secrets import mask, mask_reply, without_echo
from stations.services.settled import Settled

logger = logging.getLogger(__name__)

State = Command.State

MAX_ATTEMPTS = 3
"""A command whose connection breaks so often before an answer comes is given up."""

NOT_WHILE_PENDING = frozenset(
    {
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "RequestStartTransaction",
        "RequestStopTransaction",
    }
)
"""What a station may not be asked while it waits for its registration (1.6 section 4.2, 2.x use case B02). The commands
wait until it has been accepted, and others go before them."""

MAX_WAITING = 1000
"""Commands that one `sweep` ends, and stations that it reminds the processes of."""

MAX_ENDED = 100
"""Commands that one look for the next one ends, because they make no sense any more."""

UNUSABLE = "InternalError"
"""Result of a command whose answer could not be stored."""


class Outgoing(NamedTuple):
    """A command that leaves now."""

    command_id: int
    message_id: str
    action: str
    payload: Payload
    sent_at: datetime


def take_next(
    batch: Batch, *, station_id: int, generation: int, version: str, registration: str = ""
) -> Outgoing | None:
    """The command that this connection is to send now, marked as sent; None when there is none for it.

    `registration`: what the station was last told of it over this connection, "": nothing.
    """
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    if station is None or station.connection != generation:
        return None  # it was removed, or a newer connection has taken over
    for lost in Command.objects.filter(station=station, state=State.SENT, connection__lt=generation):
        _lose(batch, lost)
    if Command.objects.filter(station=station, state=State.SENT).exists():
        return None  # one at a time
    if station.registration == Registration.REJECTED:
        return None  # nothing is said to a station that was turned away (1.6 section 4.2)
    # One by one: what does not make sense any more ends, and the next one is the first.
    waiting = Command.objects.filter(station=station, state=State.QUEUED).order_by("pk")
    if (registration or station.registration) == Registration.PENDING:
        waiting = waiting.exclude(action__in=NOT_WHILE_PENDING)
    for _ in range(MAX_ENDED):
        command = waiting.first()
        if command is None:
            return None
        if _is_sendable(batch, command, version):
            return _send(batch, command, generation, version)
    batch.hint(HINT_COMMANDS, {"station": station_id})  # there is more of it: go on in another transaction
    return None


def _is_sendable(batch: Batch, command: Command, version: str) -> bool:
    """Whether it still makes sense; a command that does not ends here."""
    if command.expires_at <= batch.now:
        _end(batch, command, State.EXPIRED)
        return False
    try:
        # While it waited the station may have changed its version, or the transaction ended that it is for.
        check_sense(command.station_id, version, command.action, command.payload)
    except SmartServerError as error:
        _end(batch, command, State.FAILED, result=error.code, error=str(error))
        return False
    return True


def _send(batch: Batch, command: Command, generation: int, version: str) -> Outgoing:
    command.state = State.SENT
    command.attempts += 1
    command.message_id = f"command-{command.pk}-{command.attempts}"
    command.connection = generation
    command.ocpp_version = version
    command.sent_at = batch.now
    command.save()
    passwords.expect_password(station_id=command.station_id, action=command.action, payload=command.payload)
    batch.changed(TOPIC_COMMANDS, command.pk)
    return Outgoing(command.pk, command.message_id, command.action, command.payload, batch.now)


# -- ends ---------------------------------------------------------------------------------------


def take_answer(batch: Batch, *, sent: Outgoing, reply: Payload, rules: tuple[str, ...] = ()) -> None:
    """The station's CALLRESULT, valid or mended."""
    command = _in_flight(sent)
    if command is None:
        return
    _log(batch, command, reply, messages.CALLRESULT, rules)
    status = reply.get("status")
    _end(batch, command, State.ANSWERED, result=status if isinstance(status, str) else "", reply=reply)


def take_error(
    batch: Batch,
    *,
    sent: Outgoing,
    error: CallError,
    reply: Payload | None = None,
    rejected: bool = False,
    rules: tuple[str, ...] = (),
) -> None:
    """The station's CALLERROR; or, with `reply`, a CALLRESULT that no rule could mend.

    `rejected`: the station is told so with a CALLRESULTERROR (2.1).
    """
    command = _in_flight(sent)
    if command is None:
        return
    shown = {"description": error.description, "details": error.details} if reply is None else reply
    outcome = error.code if reply is None else messages.CALLRESULTERROR if rejected else messages.CALLRESULT
    _log(batch, command, shown, outcome, rules)
    command.reply = None if reply is None else _told(command, reply)
    _end(batch, command, State.FAILED, result=error.code, error=_told(command, error.description))


def take_silence(batch: Batch, *, sent: Outgoing) -> None:
    """No answer came in time; the connection lives on, so the command may have been carried out."""
    command = _in_flight(sent)
    if command is None:
        return
    _log(batch, command, {}, messages.TIMED_OUT)
    _end(batch, command, State.TIMED_OUT, result=messages.TIMED_OUT, error="The station did not answer in time.")


def take_unusable(batch: Batch, *, sent: Outgoing) -> None:
    """There was an answer, and a fault of ours kept it from being stored: others must not wait for ever behind it."""
    command = _in_flight(sent)
    if command is not None:
        error = "The station has answered, but the server could not store it."
        _end(batch, command, State.FAILED, result=UNUSABLE, error=error)


def take_loss(batch: Batch, *, sent: Outgoing, left: bool) -> None:
    """The connection is gone. `left`: the frame was handed to the socket."""
    command = _in_flight(sent)
    if command is not None:
        _lose(batch, command, left=left)


def cancel_command(batch: Batch, *, command_id: int, by: Requester) -> Command:
    """Take back a command that has not been sent."""
    command = _locked(command_id)
    if command is None:
        raise NotFound("There is no such command.")
    if command.state != State.QUEUED:
        raise Conflict(f"This command is {State(command.state).label.lower()}; only one that waits can be cancelled.")
    _end(batch, command, State.CANCELLED, error=f"Cancelled by {by.name}.")
    return command


def sweep(batch: Batch, *, unanswered_since: datetime) -> None:
    """End what waited for too long, recover what a dead process had sent, remind of what waits."""
    for command in _free(Command.objects.filter(state=State.QUEUED, expires_at__lte=batch.now)):
        _end(batch, command, State.EXPIRED)
    unanswered = Command.objects.filter(state=State.SENT, sent_at__lt=unanswered_since)
    for command in _free(unanswered.exclude(ocpp_version__in=settled_by_themselves())):
        _lose(batch, command)
    waiting = Command.objects.filter(
        state=State.QUEUED, created_at__lt=batch.now - timedelta(seconds=2), station__state=StationState.ONLINE
    )
    for station_id in waiting.order_by().values_list("station", flat=True).distinct()[:MAX_WAITING]:
        batch.hint(HINT_COMMANDS, {"station": station_id})


def _in_flight(sent: Outgoing) -> Command | None:
    """The command, if this attempt is the one that is open."""
    command = _locked(sent.command_id)
    is_open = command is not None and (command.state, command.message_id) == (State.SENT, sent.message_id)
    return command if is_open else None


def _locked(command_id: int) -> Command | None:
    """The command, for a change."""
    station = Station.objects.select_for_update(of=("self",)).filter(commands=command_id).first()
    return Command.objects.filter(pk=command_id, station=station).first() if station is not None else None


def _free(commands: QuerySet[Command]) -> list[Command]:
    """Some of these commands, for a change; those of stations with which somebody is busy have their turn later."""
    found = dict(commands.order_by("expires_at").values_list("pk", "station_id")[:MAX_WAITING])
    if not found:
        return []
    stations = Station.objects.select_for_update(skip_locked=True).filter(pk__in=set(found.values()))
    ours = list(stations.order_by("pk").values_list("pk", flat=True))
    # Read again, because they may have changed before their stations were ours.
    return list(commands.filter(pk__in=found, station__in=ours).order_by("pk"))


def _lose(batch: Batch, command: Command, *, left: bool = True) -> None:
    """Nobody knows whether the station carried it out: again, where that does no harm."""
    _log(batch, command, {}, messages.CONNECTION_LOST)
    language = language_of(command.ocpp_version)
    again = not left or language.may_repeat(command.action, command.payload)
    if again and command.attempts < MAX_ATTEMPTS and command.expires_at > batch.now:
        command.state = State.QUEUED
        command.save()
        batch.changed(TOPIC_COMMANDS, command.pk)
        batch.hint(HINT_COMMANDS, {"station": command.station_id})
        return
    error = "The connection broke before an answer came; the station may have carried it out."
    _end(batch, command, State.FAILED, result=messages.CONNECTION_LOST, error=error)


def _end(
    batch: Batch,
    command: Command,
    state: Command.State,
    *,
    result: str = "",
    error: str = "",
    reply: Payload | None = None,
) -> None:
    """The last word on a command, and what follows from it."""
    command.state = state
    command.result = result[:64]
    command.error = error[:255]
    command.reply = command.reply if reply is None else _told(command, reply)
    command.settled_at = batch.now
    version = command.ocpp_version or version_of(command.station)
    settled = Settled(command.station_id, version, command, command.action, command.payload, reply, batch.now)
    command.payload = mask(command.action, command.payload)
    command.save()
    try:
        with batch.attempt():  # what follows may fail; the answer itself is never lost
            outcomes.follow(batch, settled)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the batch is tried again
    except Exception:
        logger.exception("The answer to command %s (%s) could not be used.", command.pk, command.action)
        command.error = "The answer is kept, but the server could not use it."
        command.save()
    batch.changed(TOPIC_COMMANDS, command.pk)
    batch.publish(
        COMMAND_SETTLED,
        {
            "command": command.pk,
            "station": command.station.identity,
            "action": command.action,
            "state": str(command.state),
            "result": command.result,
        },
    )


def _told(command: Command, reply: Any) -> Any:
    """What the station said to a command, an answer or the text of an error, as it is kept."""
    shown = mask_reply(command.action, reply) if isinstance(reply, dict) else reply
    return without_echo(command.action, command.payload, shown)


def _log(batch: Batch, command: Command, reply: Payload, outcome: str, rules: tuple[str, ...] = ()) -> None:
    assert command.sent_at is not None
    exchange = messages.Exchange(
        command.station_id,
        command.ocpp_version,
        Message.Direction.OUT.value,
        command.action,
        command.message_id,
        messages.shorten(orjson.dumps(mask(command.action, command.payload)).decode()),
        messages.shorten(orjson.dumps(_told(command, reply)).decode()) if reply else "",
        outcome[:64],
        command.sent_at,
        None if outcome in messages.UNANSWERED else batch.now,
    )
    messages.record(batch, exchange)
    if rules:
        quirks.note(batch, station_id=command.station_id, rules=rules, action=command.action, at=batch.now)
