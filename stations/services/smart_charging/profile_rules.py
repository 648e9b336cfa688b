"""What a charging profile has to fulfil before it is sent (1.6 sections 3.13, 5.11, 5.16, 7.8 to 7.14).

The schema has been checked already. What the station itself has to decide is left to it. What only 2.x has is in
`profile_rules_2x.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q

from smartserver.core import clock
from smartserver.core.errors import InvalidPayload
from stations.models import ChargingProfile, Transaction
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import MAX_PROFILE, TX_PROFILE, Profile, number_of, schedules_of
from stations.ocpp.reading import MAX_NUMBER
from stations.services.equipment.known_limits import Configured, configured, rate_units, whole

MAX_PERIODS = 1024
"""Where a station does not say how many periods it can take."""

Problems = Iterator[tuple[str, str]]
"""Where in the profile, and what is wrong there."""

_NUMBER, _SCHEDULE = "chargingProfileId", "chargingSchedule"


def check_set_profile(station_id: int, payload: Payload) -> None:
    """`InvalidPayload` when the profile of a SetChargingProfile of 1.6 can never be right at this station."""
    connector, profile = payload["connectorId"], payload["csChargingProfiles"]
    known = configured(station_id)
    problems = [
        *check_connector(known, connector),
        *found_at("csChargingProfiles", _place_problems(station_id, connector, profile)),
        *found_at("csChargingProfiles", profile_problems(known, profile)),
        *found_at("csChargingProfiles", _room_problems(known, station_id, connector, profile)),
    ]
    refuse(problems)


def check_remote_start(station_id: int, payload: Payload) -> None:
    """The same for RemoteStartTransaction, whose profile is for the transaction that it starts (section 5.11)."""
    known = configured(station_id)
    problems: list[tuple[str, str]] = []
    if "connectorId" in payload:
        problems += check_connector(known, payload["connectorId"], least=1)
    if (profile := payload.get("chargingProfile")) is not None:
        problems += found_at("chargingProfile", started_problems(profile))
        problems += found_at("chargingProfile", profile_problems(known, profile))
    refuse(problems)


def refuse(problems: list[tuple[str, str]]) -> None:
    """Raise the problems, if there are any."""
    if problems:
        path, reason = problems[0]
        raise InvalidPayload(
            f"{path}: {reason}", problems=[{"path": path, "reason": reason} for path, reason in problems]
        )


def replaced_by(station_id: int, *, evse: int, number: int, purpose: str, stack_level: int) -> Q:
    """The profiles that make room for this one: of the same id, or of the same purpose and level (3.13.2)."""
    same = Q(number=number) | Q(evse=evse, purpose=purpose, stack_level=stack_level)
    return Q(station_id=station_id) & same


def found_at(path: str, problems: Problems) -> Problems:
    """Problems of a part of the payload, with its path before theirs."""
    return ((f"{path}/{rest}".rstrip("/"), reason) for rest, reason in problems)


def check_connector(known: Configured, connector: int, least: int = 0) -> Problems:
    """Whether there can be such a connector (0: the station as a whole)."""
    most = whole(known, "NumberOfConnectors")
    if connector < least:
        yield "connectorId", f"It is at least {least}."
    elif connector > (MAX_NUMBER if most is None else most):
        yield "connectorId", f"The station has {most or 'not so many'} connectors."


def _place_problems(station_id: int, connector: int, profile: Payload) -> Problems:
    """Purpose, connector and transaction have to fit (sections 3.13.1 and 7.8)."""
    purpose, number = profile["chargingProfilePurpose"], profile.get("transactionId")
    if purpose == MAX_PROFILE and connector != 0:
        yield "chargingProfilePurpose", f"{MAX_PROFILE} is for connector 0, the station as a whole."
    if purpose != TX_PROFILE:
        if number is not None:
            yield "transactionId", f"Only a {TX_PROFILE} belongs to a transaction."
        return
    if connector == 0:
        yield "chargingProfilePurpose", f"{TX_PROFILE} is for one connector, not for connector 0."
        return
    running = Transaction.objects.filter(station_id=station_id, active=True, evse__number=connector)
    if number is None:
        if not running.exists():
            yield "chargingProfilePurpose", f"No transaction runs on connector {connector}."
    elif not 0 < number <= MAX_NUMBER or not running.filter(pk=number).exists():
        yield "transactionId", f"No such transaction runs on connector {connector} of this station."


def started_problems(profile: Payload) -> Problems:
    """What is wrong with the profile of a remote start, in any version."""
    if profile["chargingProfilePurpose"] != TX_PROFILE:
        yield "chargingProfilePurpose", f"It has to be {TX_PROFILE}: it is for the transaction that starts."
    if "transactionId" in profile:
        yield "transactionId", "The transaction has no id before it has started."


def profile_problems(known: Configured, profile: Payload) -> Problems:
    """What is wrong with a profile of any version in itself."""
    level, highest = profile["stackLevel"], whole(known, "ChargeProfileMaxStackLevel")
    if level < 0:
        yield "stackLevel", "It is at least 0."
    elif level > (MAX_NUMBER if highest is None else highest):
        yield "stackLevel", f"The station has stack levels up to {highest or 'some lower one'}."
    if not -MAX_NUMBER <= number_of(profile) <= MAX_NUMBER:
        yield _NUMBER if _NUMBER in profile else "id", "It is a whole number of 32 bits."
    recurs = profile["chargingProfileKind"] == "Recurring"
    if recurs and "recurrencyKind" not in profile:
        yield "recurrencyKind", "A recurring profile has to say how often."
    if not recurs and "recurrencyKind" in profile:
        yield "recurrencyKind", "Only a recurring profile has one."
    yield from _time_problems(profile)
    several = isinstance(profile[_SCHEDULE], list)
    for index, schedule in enumerate(schedules_of(profile)):
        yield from _schedule_problems(known, schedule, f"{_SCHEDULE}/{index}" if several else _SCHEDULE)


def _time_problems(profile: Payload) -> Problems:
    try:
        read = Profile.read(profile, received_at=clock.now())
    except ValueError as error:
        yield "", str(error)
        return
    if read.valid_from is not None and read.valid_to is not None and read.valid_from >= read.valid_to:
        yield "validTo", "It has to be later than validFrom."


def _schedule_problems(known: Configured, schedule: Mapping[str, Any], path: str) -> Problems:
    units = rate_units(known)
    if units and schedule["chargingRateUnit"] not in units:
        yield f"{path}/chargingRateUnit", f"The station takes {' and '.join(sorted(units))}."
    duration = schedule.get("duration")
    if duration is not None and duration < 1:
        yield f"{path}/duration", "It is at least a second."
    yield from _period_problems(known, schedule, f"{path}/chargingSchedulePeriod")


def _period_problems(known: Configured, schedule: Mapping[str, Any], path: str) -> Problems:
    periods = schedule["chargingSchedulePeriod"]
    most = whole(known, "ChargingScheduleMaxPeriods") or MAX_PERIODS
    if not periods:
        yield path, "There has to be a period."
    elif len(periods) > most:
        yield path, f"The station takes at most {most} periods."
    elif periods[0]["startPeriod"] != 0:
        yield f"{path}/0/startPeriod", "The first period starts at 0."
    for index, period in enumerate(periods):
        if index and period["startPeriod"] <= periods[index - 1]["startPeriod"]:
            yield f"{path}/{index}/startPeriod", "Periods come in the order of their starts."
        if period.get("limit", 0) < 0:
            yield f"{path}/{index}/limit", "It is at least 0."
        if not 1 <= period.get("numberPhases", 3) <= 3:
            yield f"{path}/{index}/numberPhases", "There are one to three phases."


def _room_problems(known: Configured, station_id: int, connector: int, profile: Payload) -> Problems:
    goes = replaced_by(
        station_id,
        evse=max(connector, 0),
        number=profile["chargingProfileId"],
        purpose=profile["chargingProfilePurpose"],
        stack_level=max(profile["stackLevel"], 0),
    )
    yield from room_problems(known, station_id, goes, _NUMBER)


def room_problems(known: Configured, station_id: int, goes: Q, path: str) -> Problems:
    """Whether there is room for a profile that makes `goes` go."""
    most = whole(known, "MaxChargingProfilesInstalled")
    if most is None:
        return
    stay = ChargingProfile.objects.filter(station_id=station_id).exclude(goes).count()
    if stay >= most:
        yield path, f"The station holds {most} profiles, and has {stay} others already."
