"""The charging profiles that a 2.x station has installed (part 2, blocks K and Q). Pure.

What it refuses is in `profile_rules2.py`, what others limit in `others.py`, what begins later by chance in `delays.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from stations.emulator.point import profile_rules2 as rules
from stations.emulator.point.delays import Delays
from stations.emulator.point.message import Charge
from stations.emulator.point.others import EXTERNALLY_LED, Others, Place
from stations.emulator.point.profiles import Profiles, Sessions, written_period
from stations.emulator.point.settings import Settings
from stations.emulator.point.smart_charging_variables import Abilities
from stations.emulator.point.vehicle import Rating
from stations.ocpp.charging import Period, Profile, Session, Unit
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import DYNAMIC, PRIORITY_CHARGING
from stations.ocpp.times import written

SERVER = "CSO"
"""The chargingLimitSource of what the server has set."""


class Reported(NamedTuple):
    """A profile as it is reported (K09)."""

    evse: int
    source: str
    payload: Payload


class Profiles2(Profiles):
    def __init__(self, settings: Settings, abilities: Abilities, delays: Delays) -> None:
        super().__init__(settings)
        self.abilities = abilities
        self.others = Others(abilities)
        self._delays = delays
        self._zone = abilities.zone
        """That of the local times, as they were read."""
        self._payloads: dict[int, Payload] = {}
        """As they were sent, with the values of dynamic ones as they are now."""
        self._priority: set[str] = set()
        """Transactions that charge with priority."""
        self._unheard_since: datetime | None = None

    def __len__(self) -> int:
        return len(self._installed) + len(self.others)

    # -- what the server asks -------------------------------------------------------------

    def install(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The status of a SetChargingProfile (K01); `charge`: the running session of this EVSE."""
        return "Rejected" if self.refusal(connector, payload, charge, at) else "Accepted"

    def refusal(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The reasonCode by which a profile is refused; where there is none it is installed."""
        if reason := next(rules.reasons(connector, payload, charge, self._settings, self.abilities), ""):
            return reason
        try:
            new = Profile.read(payload, connector=connector, received_at=at, zone=self._zone)
        except ValueError:
            return rules.INVALID_PROFILE
        others = {id: each for id, each in self._installed.items() if id != new.id}
        if rules.collides(new, others.values()):
            return rules.DUPLICATE
        if self._put(new, others) != "Accepted":
            return "TooManyElements"
        self._payloads[new.id] = deepcopy(payload)
        return ""

    def clear(self, criteria: Mapping[str, object]) -> str:
        """The status of a ClearChargingProfile (K10): what others limit stays."""
        wanted = criteria.get("chargingProfileCriteria")
        number, wanted = criteria.get("chargingProfileId"), wanted if isinstance(wanted, dict) else {}
        gone = [id for id, each in self._installed.items() if _meant(each, number, wanted)]
        self._drop(gone)
        return "Accepted" if gone else "Unknown"

    def _drop(self, numbers: list[int]) -> None:
        for number in numbers:
            del self._installed[number], self._payloads[number]

    def composite(
        self, connector: int, *, at: datetime, duration: int, unit: Unit, hardware: Rating, sessions: Sessions
    ) -> Payload:
        """The `schedule` of a GetCompositeSchedule (K08); it never exceeds the hardware."""
        periods = self._periods(connector, at, duration, unit, hardware, sessions)
        return {
            "evseId": connector,
            "duration": duration,
            "scheduleStart": written(at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [_written(period) for period in periods],
        }

    def report(self, evse: int | None, criterion: Payload) -> list[Reported]:
        """The profiles that GetChargingProfiles asks for (K09), those of one EVSE and source side by side."""
        found = [
            each
            for each in self._reportable()
            if evse in (None, each.evse) and _fits(each.payload, each.source, criterion)
        ]
        return sorted(found, key=lambda each: (each.evse, each.source, each.payload["id"]))

    def _reportable(self) -> Iterator[Reported]:
        for id, payload in self._payloads.items():
            yield Reported(self._installed[id].connector, SERVER, payload)
        for place, other in self.others:
            yield Reported(place.evse, place.source, other.payload)

    # -- dynamic profiles, signals and priority (2.1) ---------------------------------------

    def update(self, number: int, values: Payload, at: datetime) -> str:
        """The status of an UpdateDynamicSchedule, or what a pull of it brought (K28)."""
        payload = self._payloads.get(number)
        if payload is None or payload["chargingProfileKind"] != DYNAMIC:
            return "Rejected"
        payload["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= values
        payload["dynUpdateTime"] = written(at)
        self._read_again(number)
        return "Accepted"

    def pulls(self) -> dict[int, int]:
        """The dynamic profiles whose values are to be asked for, each so many seconds (dynUpdateInterval)."""
        intervals = {id: int(payload.get("dynUpdateInterval", 0)) for id, payload in self._payloads.items()}
        return {id: seconds for id, seconds in intervals.items() if seconds > 0}

    def signal(self, value: int) -> bool:
        """An AFRRSignal (Q07): whether there is a profile that says what it means."""
        followed = False
        for number, payload in self._payloads.items():
            for period in payload["chargingSchedule"][0]["chargingSchedulePeriod"]:
                if period.get("operationMode") == "CentralFrequency" and "v2xSignalWattCurve" in period:
                    curve = [(each["signal"], each["power"]) for each in period["v2xSignalWattCurve"]]
                    period["setpoint"] = period.get("v2xBaseline", 0.0) + _along(curve, value)
                    followed = True
            self._read_again(number)
        return followed

    def _read_again(self, number: int) -> None:
        known = self._installed[number]
        self._installed[number] = Profile.read(
            self._payloads[number], connector=known.connector, received_at=known.received_at, zone=self._zone
        )

    def has_priority_profile(self, evse: int) -> bool:
        purposes = ((each.purpose, each.connector) for each in self._installed.values())
        return any(purpose == PRIORITY_CHARGING and place in (0, evse) for purpose, place in purposes)

    def prioritise(self, reference: str, active: bool) -> None:
        """Priority of a transaction (K21, K22)."""
        (self._priority.add if active else self._priority.discard)(reference)

    # -- others ---------------------------------------------------------------------------

    def steer(self, place: Place, values: Payload, at: datetime) -> None:
        """Somebody else says how much it is now (2.1 K29): in a profile of the server that leaves it to others, else
        in one of its own."""
        for number, payload in self._payloads.items():
            (period, *_) = payload["chargingSchedule"][0]["chargingSchedulePeriod"]
            is_here = self._installed[number].connector in (0, place.evse)
            if payload["chargingProfileKind"] == DYNAMIC and period.get("operationMode") in EXTERNALLY_LED and is_here:
                self.update(number, values, at)
                return
        period = {"startPeriod": 0, "operationMode": "ExternalLimits"} | values
        self.others.put(place, {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}, at)

    # -- what limits ----------------------------------------------------------------------

    def holding(self, at: datetime) -> Collection[Profile]:
        """Without those that do not hold while the server is out of reach for so long."""
        silence = None if self._unheard_since is None else at - self._unheard_since
        self._follow_the_clock()
        mine = (each for id, each in self._installed.items() if not self._is_stale(id, silence))
        return [*mine, *(other.profile for _, other in self.others)]

    def _in_force(self, at: datetime, session: Session | None) -> Collection[Profile]:
        """As they hold for a transaction: some of their periods begin later (randomizedDelay)."""
        found = self.holding(at)
        if session is None:
            return found
        return [self._delayed(each, str(session.transaction)) for each in found]

    def _delayed(self, profile: Profile, reference: str) -> Profile:
        payload = self._payloads.get(profile.id)
        longest = 0 if payload is None else payload["chargingSchedule"][0].get("randomizedDelay", 0)
        return self._delays.delayed(profile, longest, reference) if longest else profile

    def _follow_the_clock(self) -> None:
        """Local times are others where the station's time zone has been set anew."""
        local = [number for number, each in self._installed.items() if each.zone is not None]
        if local and self.abilities.zone != self._zone:
            self._zone = self.abilities.zone
            for number in local:
                self._read_again(number)

    def session(self, charge: Charge) -> Session:
        return Session(charge.reference, charge.begun, charge.reference in self._priority)

    def unheard(self, since: datetime | None, at: datetime) -> None:
        """The server is out of reach since then, or heard again: profiles that say so are invalid for good when that
        was too long (maxOfflineDuration, invalidAfterOfflineDuration; Q11, Q12)."""
        if since is None and self._unheard_since is not None:
            silence = at - self._unheard_since
            self._drop([id for id in self._payloads if self._is_stale(id, silence) and self._ends(id)])
        self._unheard_since = since

    def _ends(self, number: int) -> bool:
        return bool(self._payloads[number].get("invalidAfterOfflineDuration"))

    def _is_stale(self, number: int, silence: timedelta | None) -> bool:
        """0 seconds: as soon as the server is out of reach."""
        longest = self._payloads[number].get("maxOfflineDuration")
        return silence is not None and longest is not None and silence >= timedelta(seconds=longest)

    def begin(self, charge: Charge, at: datetime) -> None:
        """A transaction started, perhaps with a profile of its own, which is for it (K05)."""
        if charge.profile is not None:
            self.install(charge.outlet, charge.profile | {"transactionId": charge.reference}, charge, at)

    def end(self, charge: Charge) -> None:
        """A TxProfile ends with its transaction, and so does its priority."""
        self._priority.discard(charge.reference)
        self._delays.forget(charge.reference)
        self._drop([id for id, each in self._installed.items() if each.transaction == charge.reference])


def _written(period: Period) -> Payload:
    shown = written_period(period)
    for name, value in (("dischargeLimit", period.discharge_limit), ("setpoint", period.setpoint)):
        if value is not None:
            shown[name] = value
    return shown


def _meant(profile: Profile, number: object, criteria: Mapping[str, object]) -> bool:
    if number is not None:  # denotes one; the criteria are for a selection
        return profile.id == number
    has = {
        "evseId": profile.connector,
        "chargingProfilePurpose": profile.purpose,
        "stackLevel": profile.stack_level,
    }
    return all(has[name] == value for name, value in criteria.items() if name in has)


def _fits(payload: Payload, source: str, criterion: Payload) -> bool:
    """Whether a profile is one of those that a ChargingProfileCriterion asks for (K09)."""
    if "chargingProfileId" in criterion:
        return payload["id"] in criterion["chargingProfileId"]
    return (
        criterion.get("chargingProfilePurpose") in (None, payload["chargingProfilePurpose"])
        and criterion.get("stackLevel") in (None, payload["stackLevel"])
        and source in criterion.get("chargingLimitSource", (source,))
    )


def _along(curve: list[tuple[float, float]], at: float) -> float:
    """The value of a curve of straight pieces; before its first and after its last point it is theirs."""
    points = sorted(curve)
    for (left, low), (right, high) in pairwise(points):
        if left <= at < right:
            return low + (high - low) * (at - left) / (right - left)
    return points[0][1] if at < points[0][0] else points[-1][1]
