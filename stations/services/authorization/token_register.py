"""Id tokens and their groups as people enter them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import IdToken, IdTokenGroup, Station
from stations.ocpp.tokens import WITHOUT_VALUE, plain, same_type
from stations.services.authorization.tokens import find_token

Values = Mapping[str, Any]
"""Fields of a token as its row has them, but `group` by name (None: no group) and `stations` by identity (none:
everywhere)."""

_PLAIN = (
    *("type", "additional_info", "status", "expires_at", "max_sessions", "evses", "in_local_list", "holder"),
    *("priority", "language1", "language2", "message", "limits", "credit", "energy_transfer"),
)

MARK = ":"
"""What parts type and value in local lists (`ocpp/v201/local_list.py`); no type has it."""


def add_token(batch: Batch, *, value: str, values: Values) -> IdToken:
    """Enter a token. One that stations have shown before, but nobody has entered, is taken over."""
    kind = values.get("type", "")
    if not value.strip() or not value.isprintable() or not plain(value, kind):
        _refuse("value", "A token is a printable text.")
    token = find_token(value, kind)
    if token is None or (token.status != IdToken.Status.UNKNOWN and kind and not same_type(token.type, kind)):
        token = IdToken(value=plain(value, kind))  # others of this value are of another type, or of any
    elif token.status != IdToken.Status.UNKNOWN:
        raise Conflict("There is a token of this value (upper and lower case are the same).", token=token.pk)
    token.status = IdToken.Status.ACCEPTED
    return _fill(token, values)


def change_token(batch: Batch, *, token_id: int, values: Values) -> IdToken:
    token = IdToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    kind = values.get("type", token.type)
    twins = IdToken.objects.alias(folded=Lower("value")).filter(folded=Lower(Value(token.value))).exclude(pk=token_id)
    if any(same_type(kind, twin) for twin in twins.values_list("type", flat=True)):
        raise Conflict("There is a token of this value and type.")
    return _fill(token, values)


def remove_token(batch: Batch, *, token_id: int) -> None:
    """Forget a token that was never used; one that was is blocked instead, because bills name it."""
    token = IdToken.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    if token.transactions.exists() or token.stopped_transactions.exists() or token.reservations.exists():
        raise Conflict("Transactions or reservations name this token; block it instead.")
    token.delete()


def add_group(batch: Batch, *, name: str, description: str = "", master: bool = False) -> IdTokenGroup:
    _check_name(name, but=None)
    return IdTokenGroup.objects.create(name=name, description=description, master=master)


def change_group(batch: Batch, *, group_id: int, values: Values) -> IdTokenGroup:
    group = IdTokenGroup.objects.select_for_update().filter(pk=group_id).first()
    if group is None:
        raise NotFound("There is no such group.")
    if "name" in values:
        _check_name(values["name"], but=group_id)
    for field, value in values.items():
        setattr(group, field, value)
    group.save()
    return group


def remove_group(batch: Batch, *, group_id: int) -> None:
    """Its tokens stay, without a group."""
    group = IdTokenGroup.objects.filter(pk=group_id).first()
    if group is None:
        raise NotFound("There is no such group.")
    group.delete()


def _fill(token: IdToken, values: Values) -> IdToken:
    if (kind := values.get("type", "")) in WITHOUT_VALUE or MARK in kind:
        _refuse("type", "There are no tokens of this type.")
    for field in _PLAIN:
        if field in values:
            setattr(token, field, values[field])
    if "group" in values:
        token.group = _group(values["group"])
    token.save()
    if "stations" in values:
        token.stations.set(_stations(values["stations"]))
    return token


def _group(name: str | None) -> IdTokenGroup | None:
    if name is None:
        return None
    group: IdTokenGroup | None = _groups_named(name).first()
    if group is None:
        _refuse("group", "There is no such group.")
    return group


def _groups_named(name: str) -> Any:
    return IdTokenGroup.objects.alias(folded=Lower("name")).filter(folded=Lower(Value(name)))


def _stations(identities: list[str]) -> list[Station]:
    found = list(Station.objects.filter(identity__in=identities))
    missing = set(identities) - {station.identity for station in found}
    if missing:
        _refuse("stations", f"There is no station {min(missing)}.")
    return found


def _check_name(name: str, *, but: int | None) -> None:
    if not name.strip() or not name.isprintable():
        _refuse("name", "A name is a printable text.")
    if _groups_named(name).exclude(pk=but).exists():
        raise Conflict("There is a group of this name (upper and lower case are the same).")


def _refuse(path: str, reason: str) -> None:
    raise BadInput(reason, problems=[{"path": path, "reason": reason}])
