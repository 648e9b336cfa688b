"""Local authorization lists: what each station should have, and how it gets there.

1.6 sections 3.5, 5.9, 5.15; 2.x use cases D01 and D02.

A list travels in as many calls as the station's limits ask for, one after the other: after each that it has accepted
the rest is computed from what it then has. So `entries` is always what the station confirmed, `pending_entries` what
it is on its way to. A station that refuses a part of a list gets the whole of it, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Literal

from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, IdToken, LocalList, Station
from stations.ocpp.local_list import Form
from stations.ocpp.reading import MAX_NUMBER
from stations.ocpp.tokens import rank
from stations.ocpp.told import LocalListSent, LocalListVersionRead
from stations.ocpp.v16.local_list import FORM as FORM_16
from stations.ocpp.v21.local_list import FORM as FORM_21
from stations.ocpp.v201.local_list import FORM as FORM_201
from stations.services.authorization.tokens import told_of
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.equipment.known_limits import list_limits
from stations.services.messages import CONNECTION_LOST
from stations.services.settled import Settled

FORMS: Mapping[str, Form] = {"1.6": FORM_16, "2.0.1": FORM_201, "2.1": FORM_21}

Mode = Literal["auto", "full", "differential"]

MODES = ("auto", "full", "differential")

Entries = dict[str, Any]
"""idTagInfo by idTag; in 2.x idTokenInfo by type and idToken."""

ALL_AT_ONCE = 250
"""Entries in one call to a station that does not say how many it can take."""

AGAIN = "local list, once more in full"
"""Origin of the commands by which a refused list is sent as a whole."""

UNSUPPORTED = -1


def wanted_entries(station_id: int, version: str = "1.6") -> Entries:
    """What the station's list should hold: tokens that are for local lists, may charge there, and fit into one."""
    form = FORMS[version]
    here = Q(stations__isnull=True) | Q(stations=station_id)
    tokens = IdToken.objects.filter(here, in_local_list=True, credit=None).exclude(status=IdToken.Status.UNKNOWN)
    found: Entries = {}
    for token in sorted(tokens.select_related("group").distinct(), key=lambda each: (each.value, rank(each.type))):
        tag = form.tag(token.value, token.type)
        # What has to be shown along with a token no list has, so the server judges it.
        if tag is not None and token.type != "NoAuthorization" and not token.additional_info:
            # A station judges the expiry itself, by its clock (1.6 section 7.27, 2.x cacheExpiryDateTime).
            found.setdefault(tag, form.info(told_of(token, token.status)))
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
    if (version := version_of(station)) not in FORMS:
        raise Conflict("This station has no local list.")
    local, _ = LocalList.objects.get_or_create(station=station)
    wanted = wanted_entries(station_id, version)
    _refuse_too_long(station_id, version, wanted)
    if local.command is not None and local.command.state in (Command.State.QUEUED, Command.State.SENT):
        if mode != "auto":
            raise Conflict("A list is on its way to this station already.", command=local.command.pk)
        local.pending_entries = wanted
        local.save()
        return local.command
    is_base = _is_base(local, version)
    if mode == "differential" and not is_base:
        raise Conflict("It is not known what this station has: send a full list.")
    return _send(batch, local, version, wanted, full=mode == "full" or not is_base, by=by)


def _refuse_too_long(station_id: int, version: str, wanted: Entries) -> None:
    most = list_limits(station_id, version).entries
    if most is not None and len(wanted) > most:
        raise Conflict(
            f"The station's list holds {most} entries, and {len(wanted)} tokens are for it.",
            limit=most,
            entries=len(wanted),
        )


def _is_base(local: LocalList, version: str) -> bool:
    """Whether it is known what the station has, in the words of this version, so that changes to it can be sent."""
    known = local.confirmed_at is not None and local.version > 0 and not local.differs
    return known and FORMS[local.ocpp_version].info is FORMS[version].info


# -- steps --------------------------------------------------------------------------------------


def _send(batch: Batch, local: LocalList, language: str, wanted: Entries, *, full: bool, by: Requester) -> Command:
    """Queue the next call of a list: the beginning of the whole, or of what is missing."""
    version = max(local.version, local.reported_version or 0, 0) + 1
    if version > MAX_NUMBER:
        version, full = 1, True
    size = list_limits(local.station_id, language).at_once or ALL_AT_ONCE
    changes = dict(wanted) if full else changed_entries(local.entries, wanted)
    step = dict(islice(changes.items(), size))
    local.pending_entries = wanted
    local.pending_version = version + (max(len(changes) - 1, 0) // size)
    local.command = queue_command(
        batch,
        station_id=local.station_id,
        action="SendLocalList",
        payload=FORMS[language].call(version, full, step),
        by=by,
    )
    local.save()
    return local.command


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
    local.version, local.ocpp_version = fact.version, settled.version
    local.reported_version = local.reported_at = None  # older than this
    if not fact.full and not known:
        return  # a change to something unknown
    local.confirmed_at = settled.at
    if not ours or local.pending_entries is None:
        return
    wanted = local.pending_entries
    if changed_entries(local.entries, wanted):
        _send(batch, local, settled.version, wanted, full=False, by=_same(settled.command))
    else:
        _stop(local)


def _refused(batch: Batch, local: LocalList, settled: Settled, fact: LocalListSent) -> None:
    """Failed, or VersionMismatch: what the station has is in doubt. The whole list, once (section 5.15, D01)."""
    wanted, local.confirmed_at = local.pending_entries, None
    if fact.full or settled.command.origin == AGAIN or wanted is None:
        _stop(local)
        return
    _send(batch, local, settled.version, wanted, full=True, by=Requester(AGAIN, settled.command.requested_by_id))


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
