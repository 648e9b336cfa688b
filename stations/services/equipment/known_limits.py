"""What a station says of its limits in its configuration keys (1.6 section 9): only used where they are known."""

from __future__ import annotations

from collections.abc import Mapping

from stations.models import ConfigurationKey

Configured = Mapping[str, str]
"""Values by key in small letters: keys compare in any case (section 5.3, CiString50Type)."""


def configured(station_id: int) -> Configured:
    """The values of all configuration keys that are known."""
    rows = ConfigurationKey.objects.filter(station_id=station_id, unknown=False, value__isnull=False)
    return {key.lower(): value or "" for key, value in rows.values_list("key", "value")}


def whole(known: Configured, key: str) -> int | None:
    """A key that is a number; None where the station does not say, or says something else."""
    try:
        found = int(known.get(key.lower(), "").strip())
    except ValueError:
        return None
    return found if found >= 0 else None


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
