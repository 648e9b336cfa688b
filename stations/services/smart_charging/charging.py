"""Charging profiles: sent, kept as the station confirmed them, and what is to be expected from them.

What a station has is known only from its answers, so a profile becomes a row when it was accepted, and a row goes when
the station says that its profile is gone, or its transaction ends (1.6 section 3.13.1, 2.x K01 and K10).
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.errors import SmartServerError
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingProfile, Command, Transaction
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import EXTERNAL_CONSTRAINTS, TX_PROFILE, is_level_unique, number_of
from stations.ocpp.reading import stamp
from stations.ocpp.told import ProfilesCleared, ProfileSet, RemotelyStarted
from stations.services.commands import SERVER, Requester, queue_command
from stations.services.settled import Settled
from stations.services.smart_charging.profile_rules import replaced_by
from stations.services.smart_charging.running import running_at, running_named
from stations.services.smart_charging.words import Words, words_for

REMOTE_START = "RemoteStartTransaction"

STARTS_WITHIN = timedelta(hours=1)
"""A remote start is forgotten by the station after its ConnectionTimeOut: nobody waits for a plug longer than this."""


def send_profile(
    batch: Batch,
    *,
    station_id: int,
    evse: int,
    profile: Payload,
    by: Requester = SERVER,
    transaction_id: int | None = None,
    lifetime: timedelta | None = None,
    idempotency_key: str | None = None,
) -> Command:
    """Queue SetChargingProfile. `profile` is in the words of the station's version (1.6 section 7.8, 2.x K01).

    A TxProfile belongs to `transaction_id`, else to what runs on the connector. Errors: InvalidPayload with the path
    and the reason of each problem; those of `queue_command`.
    """
    words = words_for(station_id)
    transaction = None if transaction_id is None else _name(words, transaction_id)
    if transaction is None and profile.get("chargingProfilePurpose") == TX_PROFILE:
        transaction = profile.get("transactionId")
        if transaction is None and (running := running_at(station_id, evse)) is not None:
            transaction = getattr(running, words.transaction)
    if transaction is not None:
        profile = profile | {"transactionId": transaction}
    return queue_command(
        batch,
        station_id=station_id,
        action="SetChargingProfile",
        payload=words.set_profile(evse, profile),
        by=by,
        lifetime=lifetime,
        idempotency_key=idempotency_key,
    )


def _name(words: Words, transaction_id: int) -> int | str:
    """The transactionId by which the station knows a session. One that does not exist is refused by the rules."""
    found = Transaction.objects.filter(pk=transaction_id).values_list(words.transaction, flat=True).first()
    name: int | str = found or transaction_id
    return str(name) if words.transaction == "reference" else name


# -- what stations say --------------------------------------------------------------------------


def keep_profile(batch: Batch, settled: Settled, fact: ProfileSet) -> None:
    """The station has this profile now. The one of the same id, or purpose and level, is gone (section 3.13.2)."""
    if fact.status == "Accepted":
        keep(settled.station_id, fact.evse, fact.profile, settled.at)
        batch.changed(TOPIC_STATIONS, settled.station_id)


def forget_profiles(batch: Batch, settled: Settled, fact: ProfilesCleared) -> None:
    """The station has none of these profiles: it cleared them, or knows of none (section 5.5, Unknown).

    What others than the server limit is not cleared by it (2.x K10).
    """
    gone = Q(station_id=settled.station_id) & ~Q(purpose=EXTERNAL_CONSTRAINTS)
    if fact.number is not None:  # denotes one; the other criteria are for a selection
        gone &= Q(number=fact.number)
    else:
        criteria = {"evse": fact.evse, "purpose": fact.purpose, "stack_level": fact.stack_level}
        gone &= Q(**{name: value for name, value in criteria.items() if value is not None})
    ChargingProfile.objects.filter(gone).delete()
    batch.changed(TOPIC_STATIONS, settled.station_id)


def forget_transaction_profiles(batch: Batch, transaction_id: int) -> None:
    """A transaction ended, and its profiles with it (section 3.13.1)."""
    ChargingProfile.objects.filter(transaction_id=transaction_id).delete()


def repeat_transaction_profiles(batch: Batch, transaction: Transaction) -> None:
    """A station resumes a transaction after it was without power: its TxProfiles are not kept there (2.1 E17, K01)."""
    rows = ChargingProfile.objects.filter(transaction=transaction, source=ChargingProfile.Source.SERVER)
    for row in rows.order_by("stack_level", "number"):
        with contextlib.suppress(SmartServerError):  # what cannot be sent any more has had its time
            send_profile(
                batch,
                station_id=transaction.station_id,
                evse=row.evse,
                profile=row.profile,
                transaction_id=transaction.pk,
            )


def note_remote_start(batch: Batch, settled: Settled, fact: RemotelyStarted) -> None:
    """A remote start was accepted whose transaction may have been reported before the answer."""
    if fact.status != "Accepted" or fact.profile is None:
        return
    begun = Transaction.objects.filter(station_id=settled.station_id, active=True).order_by("-pk")
    begun = begun.filter(started_at__gte=settled.command.sent_at or settled.at)
    for transaction in begun.select_related("evse", "id_token"):
        if _is_of(settled.request, transaction):
            _adopt(transaction, fact.profile, settled.at)
            return


def begin_transaction_profiles(batch: Batch, transaction: Transaction) -> None:
    """A transaction began: profiles of those that ended unheard are gone, and that of its remote start is its own."""
    ChargingProfile.objects.filter(station_id=transaction.station_id, transaction__active=False).delete()
    _adopt_remote_profile(batch, transaction)


def _adopt_remote_profile(batch: Batch, transaction: Transaction) -> None:
    """If a remote start with a charging profile asked for this transaction, the profile is its TxProfile now."""
    if not transaction.active:  # replayed as a whole
        return
    starts = Command.objects.filter(
        station_id=transaction.station_id,
        action=REMOTE_START,
        state=Command.State.ANSWERED,
        result="Accepted",
        sent_at__gte=transaction.started_at - STARTS_WITHIN,
        payload__has_key="chargingProfile",
    )
    for command in starts.order_by("-pk"):
        if _is_of(command.payload, transaction) and not _is_used(command, transaction):
            _adopt(transaction, command.payload["chargingProfile"], batch.now)
            return


def _is_of(request: Payload, transaction: Transaction) -> bool:
    """Whether this remote start asks for such a transaction."""
    token, evse = transaction.id_token, transaction.evse
    if token is None or evse is None or token.value.lower() != request["idTag"].lower():
        return False
    return request.get("connectorId") in (None, evse.number)


def _is_used(command: Command, transaction: Transaction) -> bool:
    """Whether an earlier transaction was the one that this remote start asked for."""
    earlier = Transaction.objects.filter(station_id=command.station_id, started_at__gte=command.sent_at)
    earlier = earlier.exclude(pk__gte=transaction.pk).select_related("evse", "id_token")
    return any(_is_of(command.payload, each) for each in earlier)


def adopt_requested_profile(transaction: Transaction, at: datetime) -> None:
    """It is known by which remote start a transaction of 2.x began, and where: the profile is its own now (K05)."""
    if transaction.evse is None:
        return
    command = transaction.remote_start
    if command is not None and "chargingProfile" in command.payload:
        _adopt(transaction, command.payload["chargingProfile"], at)


def _adopt(transaction: Transaction, profile: Payload, at: datetime) -> None:
    assert transaction.evse is not None
    name = getattr(transaction, words_for(transaction.station_id).transaction)
    keep(transaction.station_id, transaction.evse.number, profile | {"transactionId": name}, at)


def keep(
    station_id: int,
    evse: int,
    profile: dict[str, Any],
    at: datetime,
    *,
    source: str = ChargingProfile.Source.SERVER,
    limit_source: str = "",
) -> None:
    """Have this profile as the station's, instead of those whose place it takes."""
    number, purpose, level = number_of(profile), profile["chargingProfilePurpose"], profile["stackLevel"]
    same = Q(station_id=station_id, number=number)
    if is_level_unique(profile):
        same = replaced_by(station_id, evse=evse, number=number, purpose=purpose, stack_level=level)
    ChargingProfile.objects.filter(same).delete()
    transaction: Transaction | None = None
    if purpose == TX_PROFILE:
        name = profile.get("transactionId")
        transaction = running_at(station_id, evse) if name is None else running_named(station_id, name)
        if transaction is None:
            return  # it ended before the answer came, and its profile with it
    ChargingProfile.objects.create(
        station_id=station_id,
        evse=evse,
        number=number,
        stack_level=level,
        purpose=purpose,
        kind=profile["chargingProfileKind"],
        transaction=transaction,
        valid_from=stamp(profile.get("validFrom")).moment,
        valid_to=stamp(profile.get("validTo")).moment,
        profile=profile,
        source=source,
        limit_source=limit_source,
        confirmed_at=at,
    )
