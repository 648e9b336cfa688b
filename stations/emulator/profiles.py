"""The charging profiles that a 1.6 station has installed (sections 3.13, 5.6, 5.7 and 5.16). Pure.

What they come to is calculated by `stations.ocpp.charging`, as in the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from stations.emulator.message import Charge
from stations.emulator.settings import Settings
from stations.ocpp.charging import Profile, composite, limit_at
from stations.ocpp.frames import Payload
from stations.ocpp.times import written

VOLTAGE = 230.0
_UNITS = {"A": "Current", "W": "Power"}


class _Installed(NamedTuple):
    connector: int
    payload: Payload
    received_at: datetime

    @property
    def place(self) -> tuple[int, str, int]:
        """At most one profile has it (section 3.13.2)."""
        return self.connector, self.payload["chargingProfilePurpose"], self.payload["stackLevel"]


class Profiles:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._installed: dict[int, _Installed] = {}
        self._starts: dict[int, datetime] = {}
        self._read: dict[int, list[Profile]] = {}

    def __len__(self) -> int:
        return len(self._installed)

    # -- what the server asks -------------------------------------------------------------

    def install(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The status of a SetChargingProfile; `charge`: the running session of this connector."""
        if not (self._sound(payload) and _fitting(connector, payload, charge)):
            return "Rejected"
        new = _Installed(connector, payload, at)
        kept = {id: each for id, each in self._installed.items() if each.place != new.place}
        kept[payload["chargingProfileId"]] = new
        if len(kept) > self._settings.number("MaxChargingProfilesInstalled"):
            return "Rejected"
        self._change(kept)
        return "Accepted"

    def _sound(self, payload: Payload) -> bool:
        """Whether a profile keeps to what this station can (section 9.4) and makes sense in itself (7.8, 7.13)."""
        schedule = payload["chargingSchedule"]
        starts = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
        recurring = payload["chargingProfileKind"] == "Recurring"
        return (
            0 <= payload["stackLevel"] <= self._settings.number("ChargeProfileMaxStackLevel")
            and 0 < len(starts) <= self._settings.number("ChargingScheduleMaxPeriods")
            and starts[0] == 0
            and starts == sorted(set(starts))
            and self.speaks(schedule["chargingRateUnit"])
            and not (recurring and not ("recurrencyKind" in payload and "startSchedule" in schedule))
        )

    def speaks(self, unit: str) -> bool:
        return _UNITS[unit] in self._settings.names("ChargingScheduleAllowedChargingRateUnit")

    def clear(self, criteria: Mapping[str, object]) -> str:
        """The status of a ClearChargingProfile: what fits all criteria goes."""
        kept = {id: each for id, each in self._installed.items() if not _meant(each, criteria)}
        found = len(kept) < len(self._installed)
        self._change(kept)
        return "Accepted" if found else "Unknown"

    def composite(self, connector: int, *, at: datetime, duration: int, unit: str, ceiling: float) -> Payload:
        """The `chargingSchedule` of a GetCompositeSchedule; `ceiling`: W that the hardware can give."""
        periods = composite(
            self._of(connector), start=at, duration=duration, unit=unit, connector=connector, ceiling=ceiling
        )
        return {
            "duration": duration,
            "startSchedule": written(at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [
                {"startPeriod": period.start_seconds, "limit": round(period.limit, 1)} for period in periods
            ],
        }

    # -- what limits ----------------------------------------------------------------------

    def limit(self, connector: int, at: datetime) -> float | None:
        """W that this connector may take; None: no limit."""
        return limit_at(self._of(connector), at, connector=connector) if self._installed else None

    def _of(self, connector: int) -> list[Profile]:
        profiles = self._read.get(connector)
        if profiles is None:
            start = self._starts.get(connector)
            profiles = self._read[connector] = [
                Profile.read(
                    each.payload, connector=each.connector, received_at=each.received_at, transaction_start=start
                )
                for each in self._installed.values()
                if each.connector in (0, connector)
            ]
        return profiles

    def begin(self, charge: Charge, at: datetime) -> None:
        """A transaction started: relative profiles count from here."""
        self._starts[charge.outlet] = at
        self._read.clear()
        if charge.profile is not None:
            self.install(charge.outlet, charge.profile, charge, at)

    def end(self, charge: Charge) -> None:
        """A TxProfile ends with its transaction (section 3.13.1)."""
        self._starts.pop(charge.outlet, None)
        self._change(
            {
                id: each
                for id, each in self._installed.items()
                if each.connector != charge.outlet or each.payload["chargingProfilePurpose"] != "TxProfile"
            }
        )

    def _change(self, installed: dict[int, _Installed]) -> None:
        self._installed = installed
        self._read.clear()


def _fitting(connector: int, payload: Payload, charge: Charge | None) -> bool:
    """Whether the purpose goes with the connector and its session (section 3.13.1)."""
    purpose = payload["chargingProfilePurpose"]
    if purpose == "ChargePointMaxProfile":
        return connector == 0
    if purpose == "TxDefaultProfile":
        return True
    if connector == 0 or charge is None:
        return False
    return payload.get("transactionId") in (None, charge.number)


def _meant(each: _Installed, criteria: Mapping[str, object]) -> bool:
    has = {
        "id": each.payload["chargingProfileId"],
        "connectorId": each.connector,
        "chargingProfilePurpose": each.payload["chargingProfilePurpose"],
        "stackLevel": each.payload["stackLevel"],
    }
    return all(has[name] == value for name, value in criteria.items() if name in has)
