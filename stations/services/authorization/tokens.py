"""Whether a token may charge."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db.models import Q, Value
from django.db.models.functions import Lower

from smartserver.core.batch import Batch
from smartserver.core.events import TOKEN_REFUSED
from stations.models import Command, IdToken, Station, Transaction
from stations.ocpp.facts import Token, TokenJudged, TokenPresented
from stations.ocpp.tokens import PAID, WITHOUT_VALUE, covers, plain, rank, same_type
from stations.services import remarks
from stations.services.authorization.prepaid import NO_CREDIT, has_no_credit
from stations.services.context import Context
from stations.services.equipment import registration
from stations.services.tariffs import costs

MAX_VALUE = 255
"""Characters of the longest token that any version has (2.1 IdTokenType). Databases limit what their indexes take."""

_REMOTE_STARTS = ("RemoteStartTransaction", "RequestStartTransaction")

REMOTE_START_VALID = timedelta(days=7)
"""How long after a remote start its session may be reported: a station may lose its connection in between."""


class Purpose(Enum):
    """Why a token is shown."""

    ASK = 1
    START = 2
    END = 3


def authorize(batch: Batch, context: Context, fact: TokenPresented) -> TokenJudged:
    """The verdict on a token that was shown. It may be there to end a session, so how many run does not count here."""
    station = Station.objects.only("identity", "registration", "strict").get(pk=context.station_id)
    judged, row = judge_at(batch, context, station, fact.token)
    announce_refusal(batch, context, station, fact.token, judged)
    if context.version == "1.6" or judged.status != "Accepted":
        return judged
    return replace(judged, tariff=costs.tariff_for(row, station.pk, context.received_at))


def judge_at(
    batch: Batch,
    context: Context,
    station: Station,
    token: Token,
    *,
    purpose: Purpose = Purpose.ASK,
    transaction_id: int | None = None,
    evse: int | None = None,
) -> tuple[TokenJudged, IdToken | None]:
    """The verdict on a token at this station, and its row. `transaction_id` and `evse`: of the session that begins."""
    allowed = purpose is Purpose.END or registration.may_charge(batch, context, station)
    judged, row = judge_token(
        token=token,
        station_id=station.pk,
        accept_unknown=context.policy.accept_unknown_tokens,
        now=context.received_at,
        starting=purpose is Purpose.START,
        ending=purpose is Purpose.END,
        transaction_id=transaction_id,
        evse=evse,
    )
    if row is not None and row.credit is not None and context.version != "1.6":
        judged = replace(judged, expires=context.received_at)  # nobody else knows what is left (C17.FR.01)
    return judged if allowed else TokenJudged("Invalid"), row


def announce_refusal(batch: Batch, context: Context, station: Station, token: Token, judged: TokenJudged) -> None:
    """Tell whoever listens of a token that may not charge."""
    if judged.status != "Accepted":
        refused = {"station": station.identity, "id_token": token.value, "status": judged.status}
        batch.publish(TOKEN_REFUSED, refused | {"action": context.action})


def judge_token(
    *,
    token: Token,
    station_id: int,
    accept_unknown: bool,
    now: datetime,
    starting: bool = False,
    ending: bool = False,
    transaction_id: int | None = None,
    evse: int | None = None,
) -> tuple[TokenJudged, IdToken | None]:
    """The verdict on a token, and its row. A token that nobody has entered gets a row when it is first seen.

    `starting`: the token begins a session (`transaction_id`, if that has begun already), so those that run count
    (1.6 section 7.2: ConcurrentTx is for StartTransaction), but for one on the same `evse`, which is over by that.
    `ending`: it ends one, so what is left of a prepaid token does not matter.
    """
    if token.type in WITHOUT_VALUE:
        return TokenJudged("Accepted"), None
    if not plain(token.value, token.type) or len(token.value) > MAX_VALUE:
        return TokenJudged("Invalid"), None
    row = find_token(token.value, token.type) or _note_unknown(token)
    status = _status(row, token, station_id, accept_unknown, now)
    if status == "Accepted" and not ending and has_no_credit(row, transaction_id):
        status = NO_CREDIT
    if status == "Accepted" and starting:
        status = _status_of_start(row, transaction_id, station_id, evse)
    return told_of(row, status), row


def told_of(row: IdToken, status: str) -> TokenJudged:
    """What a station is told of a token, with this verdict."""
    return TokenJudged(
        status,
        row.expires_at,
        row.group.name if row.group else "",
        priority=row.priority,
        languages=tuple(filter(None, (row.language1, row.language2))),
        message=row.message,
        evses=tuple(row.evses),
        energy_transfers=tuple(row.energy_transfer),
    )


def find_token(value: str, type: str = "") -> IdToken | None:
    """The token of this value in any case (1.6 CiString20Type, 2.x identifierString).

    With a type, one that was entered as such, else one that was entered for any type. Without, whatever has this
    value; cards go first. One that somebody has entered goes before one that was only seen. Compared as the constraint
    compares: `iexact` folds a few letters (the Kelvin sign) differently on PostgreSQL.
    """
    rows = IdToken.objects.select_related("group").alias(folded=Lower("value"))
    named = Q(folded=Lower(Value(value)))
    if (bare := plain(value, type)) != value:
        named |= Q(folded=Lower(Value(bare)))
    found = [row for row in rows.filter(named) if not type or not row.type or same_type(row.type, type)]
    return min(found, key=lambda row: _order(row, type), default=None)


def _order(row: IdToken, type: str) -> tuple[bool, bool, tuple[int, str]]:
    return row.status == IdToken.Status.UNKNOWN, not same_type(row.type, type), rank(row.type)


def _note_unknown(token: Token) -> IdToken:
    row = IdToken(value=plain(token.value, token.type), type=token.type[:32], status=IdToken.Status.UNKNOWN)
    IdToken.objects.bulk_create([row], ignore_conflicts=True)  # another process may have seen it in this moment
    known = find_token(row.value, row.type)
    assert known is not None
    return known


def _status(row: IdToken, token: Token, station_id: int, accept_unknown: bool, now: datetime) -> str:
    if row.status == IdToken.Status.BLOCKED:
        return "Blocked"
    if row.expires_at is not None and row.expires_at <= now:
        return "Expired"
    if is_of_remote_start(row.value, station_id, now):
        return "Accepted"
    if row.status != IdToken.Status.ACCEPTED and not accept_unknown and token.type not in PAID:
        return "Unknown"
    if not covers(token.additional, ((each["type"], each["additionalIdToken"]) for each in row.additional_info)):
        return "Invalid"
    places = set(row.stations.values_list("pk", flat=True))
    return "Accepted" if not places or station_id in places else "NotAtThisLocation"


def _status_of_start(row: IdToken, transaction_id: int | None, station_id: int, evse: int | None) -> str:
    """What else has to be right where a session begins with a token that may charge."""
    if is_master(row):
        return "Invalid"  # a master pass ends sessions of others, and has none (2.x use case C16)
    if row.evses and evse is not None and evse not in row.evses:
        return "NotAtThisLocation"
    return "ConcurrentTx" if _has_enough_sessions(row, transaction_id, station_id, evse) else "Accepted"


def is_of_remote_start(value: str, station_id: int, now: datetime) -> bool:
    """Whether this is the tag that stands for the server itself, and the server did ask this station to start."""
    tag = settings.OCPP_REMOTE_START_TOKEN
    if not tag or value.lower() != tag.lower():
        return False
    since = now - REMOTE_START_VALID
    asked = Command.objects.filter(station_id=station_id, action__in=_REMOTE_STARTS, sent_at__gte=since)
    return any(_tag_of(payload).lower() == tag.lower() for payload in asked.values_list("payload", flat=True))


def _tag_of(payload: dict[str, object]) -> str:
    tag = payload.get("idTag") or payload.get("idToken") or ""
    return str(tag.get("idToken", "")) if isinstance(tag, dict) else str(tag)


def _has_enough_sessions(row: IdToken, transaction_id: int | None, station_id: int, evse: int | None) -> bool:
    """Sessions that began earlier count, ghosts do not; so a repeated start gets the verdict of the first one."""
    if row.max_sessions is None:
        return False
    # It may be shown at two stations at once: who comes second has to see the session of who came first.
    IdToken.objects.select_for_update().filter(pk=row.pk).first()
    running = Transaction.objects.filter(id_token=row, active=True).exclude(remark__contains=remarks.GHOST)
    if transaction_id is not None:
        running = running.filter(pk__lt=transaction_id)
    if evse is not None:  # its end was lost; the session that begins there proves it (`sessions.ghosts`)
        running = running.exclude(station=station_id, evse__number=evse, messages_in_queue=False)
    return running.count() >= row.max_sessions


def is_same_group(one: IdToken, other: IdToken) -> bool:
    """Tokens of one group may end each other's sessions (1.6 parentIdTag, section 3.14; 2.x C09)."""
    return one.pk == other.pk or (one.group_id is not None and one.group_id == other.group_id)


def is_master(token: IdToken) -> bool:
    """A master pass may end any session (2.x use case C16: MasterPassGroupId is the name of its group)."""
    return token.group is not None and token.group.master


def may_end(token: IdToken, owner: IdToken) -> bool:
    """Whether this token may end a session of `owner`."""
    return is_same_group(token, owner) or is_master(token)
