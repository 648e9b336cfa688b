"""What is wrong with a call to a station beyond its schema: what can never be right is refused before it is queued.

What a station may answer for itself (a key that it does not know, an occupied connector) is left to it: its real answer
is worth more than our guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from smartserver.core import clock
from smartserver.core.errors import Conflict
from stations.models import Reservation
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp
from stations.services.equipment.configuration_rules import check_change, check_variables
from stations.services.equipment.known_limits import configured, whole
from stations.services.smart_charging.profile_rules import (
    check_connector,
    check_remote_start,
    check_set_profile,
    refuse,
)

Check = Callable[[int, Payload], None]
"""(station, payload); raises an error of the tree in `smartserver.core.errors`."""


def check_reservation(station_id: int, payload: Payload) -> None:
    """ReserveNow (section 5.13): the connector, the time, and whose reservation it is."""
    problems = [*check_connector(configured(station_id), payload["connectorId"])]
    expires = stamp(payload["expiryDate"]).moment
    if expires is None or expires <= clock.now():
        problems.append(("expiryDate", "It has to be in the future."))
    refuse(problems)
    if Reservation.objects.filter(pk=payload["reservationId"]).exclude(station_id=station_id).exists():
        raise Conflict("This reservation is at another station.")


def check_local_list(station_id: int, payload: Payload) -> None:
    """SendLocalList (section 5.15): the version, the length, each tag once, and in a full list with its information."""
    entries = payload.get("localAuthorizationList") or []
    full = payload["updateType"] == "Full"
    problems = []
    if payload["listVersion"] < 1:
        problems.append(("listVersion", "It is at least 1."))
    known = configured(station_id)
    lengths = [whole(known, "SendLocalListMaxLength"), whole(known, "LocalAuthListMaxLength") if full else None]
    most = min((length for length in lengths if length), default=None)
    if most is not None and len(entries) > most:
        problems.append(("localAuthorizationList", f"The station takes at most {most} entries."))
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry["idTag"].lower() in seen:
            problems.append((f"localAuthorizationList/{index}/idTag", "This tag is in the list twice."))
        if full and "idTagInfo" not in entry:
            problems.append((f"localAuthorizationList/{index}", "A full list has idTagInfo for each tag."))
        seen.add(entry["idTag"].lower())
    refuse(problems)


def _in_16(mark: str, check: Check) -> Check:
    """2.x has actions of the same names with other payloads: `mark` is a field that only 1.6 has, and requires."""

    def checked(station_id: int, payload: Payload) -> None:
        if mark in payload:
            check(station_id, payload)

    return checked


CHECKS: Mapping[str, Check] = {
    "ChangeConfiguration": check_change,
    "RemoteStartTransaction": check_remote_start,
    "ReserveNow": _in_16("reservationId", check_reservation),
    "SendLocalList": _in_16("listVersion", check_local_list),
    "SetChargingProfile": _in_16("csChargingProfiles", check_set_profile),
    "SetVariables": check_variables,
}
