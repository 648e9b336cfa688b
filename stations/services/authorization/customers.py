"""Customers of whom a station is to know nothing any more (2.x N10)."""

from __future__ import annotations

from secrets import randbelow

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from stations.models import Command, IdToken, LocalList, Station
from stations.ocpp.reading import MAX_NUMBER
from stations.ocpp.v201.provisioning import write_forgetting
from stations.services.authorization.local_lists import FORMS, send_local_list
from stations.services.commands import SERVER, Requester, queue_command, version_of

VERSIONS = ("2.0.1", "2.1")


def forget_customer(
    batch: Batch, *, station_id: int, token_id: int, report: bool = False, by: Requester = SERVER
) -> Command:
    """Have a station forget the holder of a token, and with `report` tell what it knew; the command.

    The local list is the server's own, and a station does not touch it. So the token is for local lists no more, and
    where this station has it in its list, a newer list follows. Those of other stations change when they are sent next.
    """
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    token = IdToken.objects.select_for_update().filter(pk=token_id).first()
    if station is None or token is None:
        raise NotFound("There is no such station." if station is None else "There is no such token.")
    version = version_of(station)
    tag = FORMS[version].tag(token.value, token.type) if version in VERSIONS else None
    if tag is None:
        raise Conflict(f"OCPP {version} has no word for that.")
    token.in_local_list = False
    token.save(update_fields=["in_local_list"])
    payload = write_forgetting(randbelow(MAX_NUMBER), token.value, token.type, report=report)
    command = queue_command(batch, station_id=station_id, action="CustomerInformation", payload=payload, by=by)
    local = LocalList.objects.filter(station=station).first()
    if local is not None and tag in {**local.entries, **(local.pending_entries or {})}:
        send_local_list(batch, station_id=station_id, by=by)
    return command
