"""How each version of OCPP asks for what smart charging needs: payloads, and the names of sessions in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from smartserver.core.errors import Conflict, NotFound
from stations.models import Station
from stations.ocpp.frames import Payload
from stations.ocpp.v16 import charging as v16
from stations.ocpp.v201 import smart_charging as v2
from stations.services.commands import version_of


class Words(NamedTuple):
    """`transaction`: the field of a `Transaction` that is its transactionId."""

    transaction: str
    set_profile: Callable[[int, Payload], Payload]
    clear_profile: Callable[[int | None, Payload], Payload]
    composite: Callable[[int, int], Payload]


_WORDS_2 = Words("reference", v2.write_set_profile, v2.write_clear_profile, v2.write_composite)

_WORDS: Mapping[str, Words] = {
    "1.6": Words("pk", v16.write_set_profile, v16.write_clear_profile, v16.write_composite),
    "2.0.1": _WORDS_2,
    "2.1": _WORDS_2,
}


def words_for(station_id: int) -> Words:
    """The words of the version that a station speaks. `Conflict` where that is none of OCPP."""
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    words = _WORDS.get(version := version_of(station))
    if words is None:
        raise Conflict(f"Stations with {version} have no charging profiles.")
    return words
