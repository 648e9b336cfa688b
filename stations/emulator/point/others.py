"""What others than the server limit at a 2.x station, or add on site (part 2, K11 to K13, K27, K29). Pure.

It is represented as profiles, whose ids are none that a server gives. A schedule is an absolute profile; a single value
that changes is a dynamic one (2.1). Each source has one limit at an EVSE, and one generation; what is new replaces it
under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from stations.emulator.point.smart_charging_variables import Abilities
from stations.ocpp.charging import Profile
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import DYNAMIC, EXTERNAL_CONSTRAINTS, LOCAL_GENERATION
from stations.ocpp.times import written


class Place(NamedTuple):
    evse: int
    source: str
    generation: bool = False


class Other(NamedTuple):
    profile: Profile
    payload: Payload


class Others:
    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._known: dict[Place, Other] = {}
        self._given = 0

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[tuple[Place, Other]]:
        return iter(self._known.items())

    def put(self, place: Place, schedule: Payload, at: datetime) -> None:
        known = self._known.get(place)
        payload: Payload = {
            "id": self._new_id() if known is None else known.payload["id"],
            "stackLevel": 0,
            "chargingProfilePurpose": LOCAL_GENERATION if place.generation else EXTERNAL_CONSTRAINTS,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        }
        if "startSchedule" not in schedule:
            payload |= {"chargingProfileKind": DYNAMIC, "dynUpdateTime": written(at)}
        self._known[place] = Other(Profile.read(payload, connector=place.evse, received_at=at), payload)

    def _new_id(self) -> int:
        """Up to MaxExternalConstraintsId; where there is none, below 0 (K11.FR.06)."""
        self._given += 1
        reserved = self._abilities.highest_reserved
        return -self._given if reserved is None else reserved - self._given + 1

    def drop(self, evse: int, source: str) -> bool:
        """Whether there was anything of this source; it is gone."""
        gone = [place for place in self._known if (place.evse, place.source) == (evse, source)]
        for place in gone:
            del self._known[place]
        return bool(gone)
