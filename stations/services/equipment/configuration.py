"""Configuration keys of 1.6 as stations tell them, and what became of changes (sections 5.3 and 5.8).

A value is what the station told, or accepted; `wanted` is what it was asked for while that is something else. Values
of secret keys are not kept: an accepted AuthorizationKey becomes the station's password.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Command, ConfigurationKey, Station
from stations.ocpp.told import ConfigurationChanged, ConfigurationRead, KeyRead
from stations.services.commands import SERVER, Requester, queue_command
from stations.services.equipment.configuration_rules import is_password
from stations.services.equipment.passwords import ACCEPTED, REBOOT_REQUIRED, keep_password
from stations.services.secrets import is_secret_key
from stations.services.settled import Settled

NOT_SUPPORTED = "NotSupported"

MAX_KEY, MAX_VALUE = 500, 5000
"""What is kept of longer ones (the specification has 50 and 500)."""

Rows = dict[str, ConfigurationKey]
"""By key in small letters: keys compare in any case (CiString50Type)."""


# -- asking -------------------------------------------------------------------------------------


def read_configuration(
    batch: Batch,
    *,
    station_id: int,
    keys: Iterable[str] = (),
    by: Requester = SERVER,
    lifetime: timedelta | None = None,
    idempotency_key: str | None = None,
) -> Command:
    """Queue GetConfiguration: of these keys, or of all."""
    named = list(keys)
    return queue_command(
        batch,
        station_id=station_id,
        action="GetConfiguration",
        payload={"key": named} if named else {},
        by=by,
        lifetime=lifetime,
        idempotency_key=idempotency_key,
    )


def is_read(station_id: int) -> bool:
    """Whether all keys are asked for already."""
    open_states = (Command.State.QUEUED, Command.State.SENT)
    waiting = Command.objects.filter(station_id=station_id, action="GetConfiguration", state__in=open_states)
    return any(not payload for payload in waiting.values_list("payload", flat=True))


def change_configuration(
    batch: Batch,
    *,
    station_id: int,
    key: str,
    value: str,
    by: Requester = SERVER,
    lifetime: timedelta | None = None,
    idempotency_key: str | None = None,
) -> Command:
    """Queue ChangeConfiguration. What the station says of it stands in the key's row once it has answered."""
    return queue_command(
        batch,
        station_id=station_id,
        action="ChangeConfiguration",
        payload={"key": key, "value": value},
        by=by,
        lifetime=lifetime,
        idempotency_key=idempotency_key,
    )


def waits_for_boot(station_id: int) -> bool:
    """Whether a change was answered with RebootRequired and not read since."""
    waiting = ConfigurationKey.objects.filter(station_id=station_id, answer=REBOOT_REQUIRED, wanted__isnull=False)
    return waiting.exists()


# -- what stations say --------------------------------------------------------------------------


def keep_configuration(batch: Batch, settled: Settled, fact: ConfigurationRead) -> None:
    """The station told its keys. A complete list is all there is: keys that are not in it are gone."""
    station = Station.objects.get(pk=settled.station_id)
    known = _rows(station.pk)
    told = {key.key.lower(): key for key in fact.keys}
    for key in told.values():
        _keep(_row(known, station.pk, key.key), station, key, settled)
    for unknown in fact.unknown:
        if unknown.lower() not in told:
            _keep_unknown(_row(known, station.pk, unknown), settled)
    if fact.complete:
        if told:  # an empty list is no configuration, and does not end one that was known
            gone = [row.pk for name, row in known.items() if name not in told]
            ConfigurationKey.objects.filter(pk__in=gone).delete()
        Station.objects.filter(pk=station.pk).update(configured_at=settled.at)
    batch.changed(TOPIC_STATIONS, station.pk)


def keep_change(batch: Batch, settled: Settled, fact: ConfigurationChanged) -> None:
    """The answer to a change. What needs a reboot stays wanted beside the old value until it is read again."""
    secret = is_secret_key(fact.key)
    row = _row(_rows(settled.station_id), settled.station_id, fact.key)
    row.answer = fact.status[:16]
    row.answered_at = settled.at
    if fact.status == NOT_SUPPORTED:
        row.unknown = True
    if fact.status == ACCEPTED:
        row.value, row.wanted = None if secret else fact.value[:MAX_VALUE], None
        row.unknown, row.readonly = False, False
    else:
        row.wanted = None if secret else fact.value[:MAX_VALUE]
    row.save()
    if is_password(fact.key):
        keep_password(settled.station_id, fact.value, fact.status)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _rows(station_id: int) -> Rows:
    return {row.key.lower(): row for row in ConfigurationKey.objects.filter(station_id=station_id)}


def _row(known: Rows, station_id: int, key: str) -> ConfigurationKey:
    row = known.get(key.lower())
    if row is None:
        row = known[key.lower()] = ConfigurationKey(station_id=station_id, key=key[:MAX_KEY])
    return row


def _keep(row: ConfigurationKey, station: Station, key: KeyRead, settled: Settled) -> None:
    row.key = key.key[:MAX_KEY]  # in the station's spelling
    row.value = None if key.value is None or is_secret_key(key.key) else key.value[:MAX_VALUE]
    row.readonly, row.unknown = key.readonly, False
    row.reported_at = settled.at
    if row.wanted == row.value or not _waits_for_boot(row, station):
        row.wanted = None
    row.save()


def _keep_unknown(row: ConfigurationKey, settled: Settled) -> None:
    row.value, row.wanted, row.unknown = None, None, True
    row.reported_at = settled.at
    row.save()


def _waits_for_boot(row: ConfigurationKey, station: Station) -> bool:
    """Whether the station said that it will change the value with its next boot, which has not come yet."""
    if row.answer != REBOOT_REQUIRED or row.answered_at is None:
        return False
    return station.booted_at is None or station.booted_at <= row.answered_at
