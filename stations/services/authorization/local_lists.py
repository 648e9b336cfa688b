"""Local authorization lists: what each station should have, and how it gets there (1.6 sections 3.5, 5.9, 5.15).

A list travels in as many calls as the station's limits ask for, one after the other: after each that it has accepted
the rest is computed from what it then has. So `entries` is always what the station confirmed, `pending_entries` what
it is on its way to. A station that refuses a part of a list gets the whole of it, once.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Literal

from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, IdToken, LocalList, Station
from stations.ocpp.facts import TokenJudged
from stations.ocpp.reading import MAX_NUMBER
from stations.ocpp.told import LocalListSent, LocalListVersionRead
from stations.ocpp.v16.local_list import MAX_TAG, write_entry, write_list
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.equipment.known_limits import configured, whole
from stations.services.messages import CONNECTION_LOST
from stations.services.settled import Settled

Mode = Literal["auto", "full", "differential"]

MODES = ("auto", "full", "differential")

Entries = dict[str, Any]
"""idTagInfo by idTag."""

ALL_AT_ONCE = 250
"""Entries in one call to a station that does not say how many it can take."""

AGAIN = "local list, once more in full"
"""Origin of the commands by which a refused list is sent as a whole."""

UNSUPPORTED = -1


def wanted_entries(station_id: int, version: str = "1.6") -> Entries:
    """What the station's list should hold: tokens that are for local lists, may charge there, and fit into one."""
    here = Q(stations__isnull=True) | Q(stations=station_id)
    tokens = IdToken.objects.filter(here, in_local_list=True).exclude(status=IdToken.Status.UNKNOWN)
    found = {}
    for token in tokens.select_related("group").order_by("value").distinct():
        if len(token.value) <= MAX_TAG and token.type != "NoAuthorization":
            group = token.group.name if token.group else ""
            # A station judges the expiry itself, by its clock and expiryDate (section 7.27).
            found[token.value] = write_entry(TokenJudged(token.status, token.expires_at, group))
    return found


def send_local_list(batch: Batch, *, station_id: int, mode: Mode = "auto", by: Requester = SERVER) -> Command:
    """Bring a station's local list up to date; the command that is the first step of it.

    "auto" sends what has changed since the list that the station confirmed, and all of it where that is not known.
    While a list is on its way, "auto" gives that command; what has changed meanwhile follows it.
    Errors: NotFound; BadInput for a mode that there is not; Conflict where the list is too long for the station,
    another one is on its way, or nothing is known that could be the base of a differential one.
    """
    if mode not in MODES:
        raise BadInput(f"The mode is one of {', '.join(MODES)}.")
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    if (version := version_of(station)) != "1.6":
        raise Conflict(f"Local lists of stations with OCPP {version} are sent as commands.")
    local, _ = LocalList.objects.get_or_create(station=station)
    wanted = wanted_entries(station_id)
    _refuse_too_long(station_id, wanted)
    if local.command is not None and local.command.state in (Command.State.QUEUED, Command.State.SENT):
        if mode != "auto":
            raise Conflict("A list is on its way to this station already.", command=local.command.pk)
        local.pending_entries = wanted
        local.save()
        return local.command
    if mode == "differential" and not _is_base(local):
        raise Conflict("It is not known what this station has: send a full list.")
    return _send(batch, local, wanted, full=mode == "full" or not _is_base(local), by=by)


def _refuse_too_long(station_id: int, wanted: Entries) -> None:
    most = whole(configured(station_id), "LocalAuthListMaxLength")
    if most is not None and len(wanted) > most:
        raise Conflict(
            f"The station's list holds {most} entries, and {len(wanted)} tokens are for it.",
            limit=most,
            entries=len(wanted),
        )


def _is_base(local: LocalList) -> bool:
    """Whether it is known what the station has, so that changes to it can be sent."""
    return local.confirmed_at is not None and local.version > 0 and not local.differs


# -- steps --------------------------------------------------------------------------------------


def _send(batch: Batch, local: LocalList, wanted: Entries, *, full: bool, by: Requester) -> Command:
    """Queue the next call of a list: the beginning of the whole, or of what is missing."""
    version = max(local.version, local.reported_version or 0, 0) + 1
    if version > MAX_NUMBER:
        version, full = 1, True
    size = _size(local.station_id)
    changes = dict(wanted) if full else changed_entries(local.entries, wanted)
    step = dict(islice(changes.items(), size))
    local.pending_entries = wanted
    local.pending_version = version + (max(len(changes) - 1, 0) // size)
    local.command = queue_command(
        batch,
        station_id=local.station_id,
        action="SendLocalList",
        payload=write_list(version, full=full, entries=step),
        by=by,
    )
    local.save()
    return local.command


def _size(station_id: int) -> int:
    return whole(configured(station_id), "SendLocalListMaxLength") or ALL_AT_ONCE


def changed_entries(confirmed: Entries, wanted: Entries) -> Entries:
    """What has to be sent: entries that are new or different, and None for those that have to go (section 5.15)."""
    known = {tag.lower(): info for tag, info in confirmed.items()}
    stay = {tag.lower() for tag in wanted}
    gone = {tag: None for tag in confirmed if tag.lower() not in stay}
    return gone | {tag: info for tag, info in wanted.items() if known.get(tag.lower()) != info}


def applied(confirmed: Entries, sent: Entries) -> Entries:
    """The list after these changes."""
    named = {tag.lower() for tag in sent}
    stay = {tag: info for tag, info in confirmed.items() if tag.lower() not in named}
    return stay | {tag: info for tag, info in sent.items() if info is not None}


# -- what stations say --------------------------------------------------------------------------


def keep_local_list(batch: Batch, settled: Settled, fact: LocalListSent) -> None:
    """The station's answer to SendLocalList, whoever sent it."""
    local, _ = LocalList.objects.select_for_update().get_or_create(station_id=settled.station_id)
    ours = local.command_id == settled.command.pk
    local.result = fact.status
    if fact.status == "Accepted":
        _accept(batch, local, settled, fact, ours)
    elif fact.status == "NotSupported":
        local.version, local.entries, local.confirmed_at = UNSUPPORTED, {}, settled.at
        _stop(local)
    elif ours:
        _refused(batch, local, settled, fact)
    local.save()


def _accept(batch: Batch, local: LocalList, settled: Settled, fact: LocalListSent, ours: bool) -> None:
    known = local.confirmed_at is not None
    local.entries = applied({} if fact.full else local.entries, fact.entries)
    local.version = fact.version
    local.reported_version = local.reported_at = None  # older than this
    if not fact.full and not known:
        return  # a change to something unknown
    local.confirmed_at = settled.at
    if not ours or local.pending_entries is None:
        return
    wanted = local.pending_entries
    if changed_entries(local.entries, wanted):
        _send(batch, local, wanted, full=False, by=_same(settled.command))
    else:
        _stop(local)


def _refused(batch: Batch, local: LocalList, settled: Settled, fact: LocalListSent) -> None:
    """Failed, or VersionMismatch: what the station has is in doubt. The whole list, once (section 5.15)."""
    wanted, local.confirmed_at = local.pending_entries, None
    if fact.full or settled.command.origin == AGAIN or wanted is None:
        _stop(local)
        return
    _send(batch, local, wanted, full=True, by=Requester(AGAIN, settled.command.requested_by_id))


def _same(command: Command) -> Requester:
    return Requester(command.origin, command.requested_by_id)


def _stop(local: LocalList) -> None:
    local.pending_entries = local.pending_version = None
    local.command = None


def lose_local_list(batch: Batch, settled: Settled) -> None:
    """SendLocalList ended without an answer that says something."""
    local, _ = LocalList.objects.select_for_update().get_or_create(station_id=settled.station_id)
    command = settled.command
    local.result = command.result or str(command.state)
    if command.state == Command.State.TIMED_OUT or command.result == CONNECTION_LOST:
        local.confirmed_at = None  # it may have taken it
    if local.command_id == command.pk:
        _stop(local)
    local.save()


def keep_version(batch: Batch, settled: Settled, fact: LocalListVersionRead) -> None:
    """The station's answer to GetLocalListVersion; `LocalList.differs` when it is not the one that it confirmed."""
    local, _ = LocalList.objects.select_for_update().get_or_create(station_id=settled.station_id)
    local.reported_version, local.reported_at = fact.version, settled.at
    local.save()
