"""What is wrong with a call to a station beyond its schema: what can never be right is refused before it is queued.

What a station may answer for itself (a key that it does not know, an occupied connector) is left to it: its real answer
is worth more than our guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from smartserver.core import clock
from smartserver.core.errors import Conflict
from stations.models import Reservation
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp
from stations.ocpp.v201.local_list import named
from stations.services.batteries.swaps import check_request
from stations.services.der.controls import check_control
from stations.services.equipment.configuration_rules import check_change, check_variables
from stations.services.equipment.known_limits import configured, list_limits
from stations.services.equipment.network_rules import check_network_profile, check_network_variables
from stations.services.smart_charging.profile_rules import (
    check_connector,
    check_remote_start,
    check_set_profile,
    refuse,
)
from stations.services.smart_charging.profile_rules_2x import check_request_start, check_set_profile_2x
from stations.services.tariffs.rules import check_sent

Check = Callable[[int, Payload], None]
"""(station, payload); raises an error of the tree in `smartserver.core.errors`."""


def check_reservation(station_id: int, payload: Payload) -> None:
    """ReserveNow (section 5.13): the connector, the time, and whose reservation it is."""
    problems = [*check_connector(configured(station_id), payload["connectorId"])]
    _check_reservation(station_id, payload, "reservationId", "expiryDate", problems)


def check_reservation_2(station_id: int, payload: Payload) -> None:
    """The same in 2.x (H01); whether there is such an EVSE the station knows best."""
    _check_reservation(station_id, payload, "id", "expiryDateTime", [])


def _check_reservation(
    station_id: int, payload: Payload, number: str, expiry: str, problems: list[tuple[str, str]]
) -> None:
    expires = stamp(payload[expiry]).moment
    if expires is None or expires <= clock.now():
        problems.append((expiry, "It has to be in the future."))
    refuse(problems)
    if Reservation.objects.filter(pk=payload[number]).exclude(station_id=station_id).exists():
        raise Conflict("This reservation is at another station.")


def check_local_list(station_id: int, payload: Payload) -> None:
    """SendLocalList (section 5.15): the version, the length, each tag once, and in a full list with its information."""
    entries = payload.get("localAuthorizationList") or []
    tags = [entry["idTag"] for entry in entries]
    _check_local_list(station_id, payload, ListWords("1.6", "listVersion", "idTag", "idTagInfo"), tags)


def check_local_list_2(station_id: int, payload: Payload) -> None:
    """The same in 2.x (D01), where a tag is a type and a value."""
    entries = payload.get("localAuthorizationList") or []
    tags = [named(entry["idToken"]["idToken"], entry["idToken"]["type"]) for entry in entries]
    _check_local_list(station_id, payload, ListWords("2.0.1", "versionNumber", "idToken", "idTokenInfo"), tags)


class ListWords(NamedTuple):
    """What the fields of a SendLocalList are called in a version."""

    version: str
    number: str
    tag: str
    info: str


def _check_local_list(station_id: int, payload: Payload, words: ListWords, tags: list[str]) -> None:
    full = payload["updateType"] == "Full"
    problems = []
    if payload[words.number] < 1:
        problems.append((words.number, "It is at least 1."))
    limits = list_limits(station_id, words.version)
    lengths = [limits.at_once, limits.entries if full else None]
    most = min((length for length in lengths if length), default=None)
    if most is not None and len(tags) > most:
        problems.append(("localAuthorizationList", f"The station takes at most {most} entries."))
    seen: set[str] = set()
    for index, tag in enumerate(tags):
        if tag.lower() in seen:
            problems.append((f"localAuthorizationList/{index}/{words.tag}", "This tag is in the list twice."))
        if full and words.info not in payload["localAuthorizationList"][index]:
            problems.append((f"localAuthorizationList/{index}", f"A full list has {words.info} for each tag."))
        seen.add(tag.lower())
    refuse(problems)


def _by_mark(checks: Mapping[str, Check]) -> Check:
    """Versions have actions of the same names with other payloads: each by a field that only it has, and requires."""

    def checked(station_id: int, payload: Payload) -> None:
        for mark, check in checks.items():
            if mark in payload:
                check(station_id, payload)

    return checked


def _all_of(*checks: Check) -> Check:
    def checked(station_id: int, payload: Payload) -> None:
        for check in checks:
            check(station_id, payload)

    return checked


CHECKS: Mapping[str, Check] = {
    "ChangeConfiguration": check_change,
    "ChangeTransactionTariff": check_sent,
    "RemoteStartTransaction": check_remote_start,
    "RequestBatterySwap": check_request,
    "RequestStartTransaction": check_request_start,
    "ReserveNow": _by_mark({"reservationId": check_reservation, "id": check_reservation_2}),
    "SendLocalList": _by_mark({"listVersion": check_local_list, "versionNumber": check_local_list_2}),
    "SetChargingProfile": _by_mark({"csChargingProfiles": check_set_profile, "chargingProfile": check_set_profile_2x}),
    "SetDERControl": check_control,
    "SetDefaultTariff": check_sent,
    "SetNetworkProfile": check_network_profile,
    "SetVariables": _all_of(check_variables, check_network_variables),
}
