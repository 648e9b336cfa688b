"""Commands: calls to stations, durable from the moment they are accepted until it is known what became of them.

This module accepts them; `stations/settlement.py` has the rest of their life.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import randbelow
from typing import NamedTuple
from zlib import crc32

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound, UnknownAction
from smartserver.core.events import HINT_COMMANDS, TOPIC_COMMANDS
from stations.models import Command, Station, Transaction
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER
from stations.services.checks import CHECKS
from stations.services.languages import language_of
from stations.services.secrets import mask

State = Command.State

MAX_QUEUED = 1000
"""Commands that may wait for one station."""

LONGEST_LIFETIME = timedelta(days=366)


class Requester(NamedTuple):
    """Who asks: a user, or a part of the server."""

    name: str
    user_id: int | None = None


SERVER = Requester("server")


def check_call(version: str, action: str, payload: Payload) -> None:
    """`UnknownAction` or `InvalidPayload` when this is no call that a server makes in this version."""
    language = language_of(version)
    if action not in language.actions:
        known = sorted(language.actions)
        raise UnknownAction(f"{action[:64]} is no call to a station of {language.title}.", actions=known)
    problems = language.problems(action, payload)
    if problems:
        found = [{"path": "/".join(map(str, each.path)), "reason": each.message} for each in problems]
        raise InvalidPayload(f"The payload does not fit the schema of {action} in {language.title}.", problems=found)


def check_sense(station_id: int, version: str, action: str, payload: Payload) -> None:
    """The errors of `check_call`, and of `checks` when this can never be right at this station."""
    check_call(version, action, payload)
    if check := CHECKS.get(action):
        check(station_id, payload)


def queue_command(
    batch: Batch,
    *,
    station_id: int,
    action: str,
    payload: Payload,
    by: Requester = SERVER,
    lifetime: timedelta | None = None,
    idempotency_key: str | None = None,
) -> Command:
    """Accept a command. The same idempotency key again gives the same command.

    Errors: NotFound, UnknownAction, InvalidPayload, BadInput; Conflict when the key belongs to another command, or
    too many wait.
    """
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    payload = _completed(action, payload, idempotency_key)
    if idempotency_key is not None:
        known = Command.objects.filter(station=station, idempotency_key=idempotency_key).first()
        if known is not None:
            # What was secret in it has gone since it was settled.
            if (known.action, mask(action, known.payload)) != (action, mask(action, payload)):
                raise Conflict("This idempotency key belongs to another command.", command=known.pk)
            return known
    check_sense(station_id, version_of(station), action, payload)
    lifetime = timedelta(seconds=settings.COMMAND_LIFETIME) if lifetime is None else lifetime
    if not timedelta() < lifetime <= LONGEST_LIFETIME:
        raise BadInput(f"A command waits for at least a second and at most {LONGEST_LIFETIME.days} days.")
    if Command.objects.filter(station=station, state=State.QUEUED).count() >= MAX_QUEUED:
        raise Conflict(f"{MAX_QUEUED} commands wait for this station already.")
    command = Command.objects.create(
        station=station,
        action=action,
        payload=payload,
        requested_by_id=by.user_id,
        origin=by.name[:150],
        idempotency_key=idempotency_key,
        created_at=batch.now,
        expires_at=batch.now + lifetime,
    )
    batch.changed(TOPIC_COMMANDS, command.pk)
    batch.hint(HINT_COMMANDS, {"station": station_id})
    return command


def _completed(action: str, payload: Payload, idempotency_key: str | None) -> Payload:
    """A remote start without a token is made with the installation's own (FIELD 30).

    In 2.x it has a number, by which its session is known (remoteStartId): the same for the same idempotency key.
    """
    token = settings.OCPP_REMOTE_START_TOKEN
    if action == "RemoteStartTransaction" and token:
        return {"idTag": token, **payload}
    if action == "RequestStartTransaction":
        number = randbelow(MAX_NUMBER) + 1 if idempotency_key is None else crc32(idempotency_key.encode()) & MAX_NUMBER
        known: Payload = {"idToken": {"idToken": token, "type": "Central"}} if token else {}
        return {"remoteStartId": number, **known, **payload}
    return payload


def version_of(station: Station) -> str:
    """The version in which a station is spoken to; before its first connection the one that is assumed."""
    return station.ocpp_version or settings.OCPP_DEFAULT_VERSION or "1.6"


def queue_once(batch: Batch, *, station_id: int, action: str, payload: Payload, lifetime: timedelta) -> None:
    """A question of the server's own, unless the same one is on its way already."""
    same = Command.objects.filter(station_id=station_id, action=action, payload=payload)
    if not same.filter(state__in=(State.QUEUED, State.SENT)).exists():
        queue_command(batch, station_id=station_id, action=action, payload=payload, lifetime=lifetime)


MAX_ASKED_FOR = 10
"""Running sessions after which a station is asked."""

ASKED_FOR = timedelta(minutes=1)
"""Questions about the present are not worth asking later."""


def ask_how_things_are(batch: Batch, *, station_id: int, booted: bool) -> None:
    """A station goes on without BootNotification after a reconnect: have it say what it would have said (FIELD 27).

    TriggerMessage is the same in 1.6 (section 5.17) and 2.x (F06).
    """
    wanted = ("StatusNotification",) if booted else ("BootNotification", "StatusNotification")
    questions = [("TriggerMessage", {"requestedMessage": message}) for message in wanted]
    if version_of(Station.objects.get(pk=station_id)) != "1.6":
        # Is there more to come of what it did meanwhile (E14)?
        running = Transaction.objects.filter(station_id=station_id, active=True).exclude(reference="")
        references = running.order_by("-pk").values_list("reference", flat=True)[:MAX_ASKED_FOR]
        questions += [("GetTransactionStatus", {"transactionId": reference}) for reference in references]
    for action, payload in questions:
        queue_once(batch, station_id=station_id, action=action, payload=payload, lifetime=ASKED_FOR)
