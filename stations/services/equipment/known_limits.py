"""What a station says of its limits, in its configuration keys (1.6 section 9), or in the variables of its device model
that mean the same (2.x part 2): only used where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stations.models import ConfigurationKey, Connector, Variable

Configured = Mapping[str, str]
"""Values by key in small letters: keys compare in any case (section 5.3, CiString50Type)."""


def configured(station_id: int) -> Configured:
    """The values of all configuration keys that are known."""
    rows = ConfigurationKey.objects.filter(station_id=station_id, unknown=False, value__isnull=False)
    return {key.lower(): value or "" for key, value in rows.values_list("key", "value")}


_CONTROLLER = "SmartChargingCtrlr"
_VARIABLES = {
    ("profilestacklevel", ""): "chargeprofilemaxstacklevel",
    ("rateunit", ""): "chargingscheduleallowedchargingrateunit",
    ("periodsperschedule", ""): "chargingschedulemaxperiods",
    ("maxexternalconstraintsid", ""): "maxexternalconstraintsid",
}
_ENTRIES = ("entries", "chargingprofiles")


def configured_2x(station_id: int) -> Configured:
    """The same from the variables of a 2.x station, under the names of the keys of 1.6."""
    rows = Variable.objects.filter(
        station_id=station_id, component__iexact=_CONTROLLER, evse=0, attribute="Actual", value__isnull=False
    )
    found: dict[str, str] = {}
    for row in rows:
        name = (row.variable.lower(), row.variable_instance.lower())
        if name in _VARIABLES:
            found[_VARIABLES[name]] = row.value or ""
        elif name == _ENTRIES:  # its value is how many there are, its limit how many there may be
            found["maxchargingprofilesinstalled"] = str(row.characteristics.get("maxLimit", ""))
    return found


def operation_modes(station_id: int, evse: int) -> frozenset[str]:
    """The operation modes of 2.1 that an EVSE (0: each of them) says that it knows; empty: it does not say."""
    rows = Variable.objects.filter(
        station_id=station_id,
        component__iexact="V2XChargingCtrlr",
        variable__iexact="SupportedOperationModes",
        attribute="Actual",
        value__isnull=False,
    )
    told = rows.filter(evse=evse) if evse else rows
    return frozenset(
        name.strip() for value in told.values_list("value", flat=True) for name in (value or "").split(",")
    )


def whole(known: Configured, key: str) -> int | None:
    """A key that is a number; None where the station does not say, or says something else."""
    try:
        found = int(known.get(key.lower(), "").strip())
    except ValueError:
        return None
    return found if found >= 0 else None


class ListLimits(NamedTuple):
    """Of a local list: `entries` in all, `at_once` in one call; None: not known."""

    entries: int | None
    at_once: int | None


def list_limits(station_id: int, version: str) -> ListLimits:
    """1.6: LocalAuthListMaxLength, SendLocalListMaxLength; 2.x: LocalAuthListCtrlr Entries and ItemsPerMessage."""
    if version == "1.6":
        known = configured(station_id)
        return ListLimits(whole(known, "LocalAuthListMaxLength"), whole(known, "SendLocalListMaxLength"))
    rows = Variable.objects.filter(station_id=station_id, component__iexact="LocalAuthListCtrlr", attribute="Actual")
    told = {
        name.lower(): (value, more) for name, value, more in rows.values_list("variable", "value", "characteristics")
    }
    value, _ = told.get("itemspermessage", (None, {}))
    _, entries = told.get(
        "entries", (None, {})
    )  # its value counts those that there are; its limit is what there may be
    return ListLimits(_number(entries.get("maxLimit")), _number(value))


ITEMS = 10
"""Variables in one call to a station that has not told how many it takes."""

MOST_ITEMS = 50


def items_per_message(station_id: int, action: str) -> int:
    """How many variables a 2.x station takes in one call (DeviceDataCtrlr.ItemsPerMessage; B05, B06)."""
    limit = Variable.objects.filter(
        station_id=station_id,
        component__iexact="DeviceDataCtrlr",
        variable__iexact="ItemsPerMessage",
        variable_instance__iexact=action,
        attribute="Actual",
    )
    told = _number(limit.values_list("value", flat=True).first())
    return ITEMS if told is None else min(told, MOST_ITEMS)


def _number(told: object) -> int | None:
    try:
        found = int(float(str(told)))
    except (ValueError, OverflowError):
        return None
    return found if found > 0 else None


def has_evse(station_id: int, evse: int) -> bool:
    """Whether the station is known to have it: from its connectors, its number of them, or its device model."""
    if Connector.objects.filter(evse__station=station_id, evse__number=evse).exists():
        return True
    if Variable.objects.filter(station_id=station_id, evse=evse).exists():
        return True
    most = whole(configured(station_id), "NumberOfConnectors")
    return most is not None and evse <= most


_UNITS = dict.fromkeys(("a", "amp", "amps", "ampere", "amperes", "current"), "A") | dict.fromkeys(
    ("w", "watt", "watts", "power"), "W"
)


def rate_units(known: Configured) -> frozenset[str]:
    """The units of ChargingScheduleAllowedChargingRateUnit; stations spell Current and Power in many ways.

    Empty: not known, or not understood as a whole.
    """
    names = known.get("chargingscheduleallowedchargingrateunit", "").lower().split(",")
    units = {_UNITS.get(name.strip()) for name in names}
    return frozenset() if None in units else frozenset(filter(None, units))
