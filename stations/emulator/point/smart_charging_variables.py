"""Variables of smart charging of a 2.x station, and what a station can by them (part 2, block K; appendix 3). Pure."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from stations.emulator.point.settings import KEYS, listed
from stations.emulator.point.variables import READ_WRITE, Path, Variable, Variables
from stations.ocpp.local_times import zone_of
from stations.ocpp.profiles import EXTERNAL_CONSTRAINTS, LOCAL_GENERATION, PRIORITY_CHARGING, TX_PROFILE

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

CONTROLLER = "SmartChargingCtrlr"

FEATURES = ("DynamicProfiles", "MaxOfflineDuration", "UseLocalTime", "RandomizedDelay", "LimitAtSoC", "EvseSleep")
"""What 2.1 adds to profiles: a variable of its own for each, whose name begins with Supports."""

_UNITS = {"Current": "A", "Power": "W"}
_CAPACITY = int(KEYS["MaxChargingProfilesInstalled"].default)
_PERSISTENT = {TX_PROFILE: "false", EXTERNAL_CONSTRAINTS: "true", LOCAL_GENERATION: "true"}
"""Sessions, and so their profiles, do not outlast a reboot here; all others do."""


def _units(station: Station, path: Path, now: float) -> str:
    return ",".join(_UNITS[name] for name in station.settings.names("ChargingScheduleAllowedChargingRateUnit"))


def _entries(station: Station, path: Path, now: float) -> str:
    return str(len(station.profiles))


def _path(variable: str, instance: str = "") -> Path:
    return Path(CONTROLLER, variable, variable_instance=instance)


VARIABLES: tuple[Variable, ...] = (
    Variable(_path("Available"), "boolean", "true"),
    Variable(_path("Enabled"), "boolean", "true", READ_WRITE),
    Variable(_path("ProfileStackLevel"), "integer", setting="ChargeProfileMaxStackLevel"),
    Variable(_path("PeriodsPerSchedule"), "integer", setting="ChargingScheduleMaxPeriods"),
    Variable(_path("RateUnit"), "MemberList", options=("A", "W"), source=_units),
    Variable(_path("Entries", "ChargingProfiles"), "integer", low=0, high=_CAPACITY, source=_entries),
    Variable(_path("LimitChangeSignificance"), "decimal", "1.0", unit="Percent"),
    Variable(_path("NotifyChargingLimitWithSchedules"), "boolean", "true"),
)

VARIABLES_21: tuple[Variable, ...] = (
    *(Variable(_path(f"Supports{feature}"), "boolean", "true") for feature in FEATURES),
    Variable(
        _path("SupportedAdditionalPurposes"),
        "MemberList",
        f"{PRIORITY_CHARGING},{LOCAL_GENERATION}",
        options=(PRIORITY_CHARGING, LOCAL_GENERATION),
    ),
    Variable(_path("MaxExternalConstraintsId"), "integer", "0"),
    *(
        Variable(_path("ChargingProfilePersistence", purpose), "boolean", value)
        for purpose, value in _PERSISTENT.items()
    ),
)


class Abilities:
    """What a station can do with profiles, as its variables say now."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def _text(self, variable: str, instance: str = "") -> str:
        """The value; of one that there is not (2.0.1) nothing."""
        found = self._variables.find(_path(variable, instance))
        return "" if found is None else self._variables.value(found, 0.0)

    @property
    def enabled(self) -> bool:
        return all(self._text(name).casefold() == "true" for name in ("Available", "Enabled"))

    def supports(self, feature: str) -> bool:
        return self._text(f"Supports{feature}").casefold() == "true"

    def knows_purpose(self, purpose: str) -> bool:
        if purpose not in (PRIORITY_CHARGING, LOCAL_GENERATION):
            return True
        return purpose in listed(self._text("SupportedAdditionalPurposes"))

    @property
    def highest_reserved(self) -> int | None:
        """Ids up to this one are for the limits of others (2.1)."""
        text = self._text("MaxExternalConstraintsId")
        return int(text) if text else None

    @property
    def zone(self) -> tzinfo:
        """In which local times are (ClockCtrlr)."""
        name, offset = (self._variables.text("ClockCtrlr", each) for each in ("TimeZone", "TimeOffset"))
        return zone_of(name, offset) or UTC
