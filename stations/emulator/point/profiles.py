"""The charging profiles that a 1.6 station has installed (sections 3.13, 5.6, 5.7 and 5.16). Pure.

What they come to is calculated by `stations.ocpp.charging`, as in the server. Those of 2.x are in `profiles2.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from stations.emulator.point.message import UNKNOWN_NUMBER, Charge
from stations.emulator.point.settings import Settings
from stations.emulator.point.vehicle import Rating
from stations.ocpp.charging import Allowance, Period, Profile, Session, Unit, allowed_at, composite
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import DEFAULT_PROFILE, MAX_PROFILE, TX_PROFILE
from stations.ocpp.times import written

VOLTAGE = 230.0
_UNITS = {"A": "Current", "W": "Power"}

Sessions = Mapping[int, Session]
"""The running sessions, by connector."""


class Profiles:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._installed: dict[int, Profile] = {}

    def __len__(self) -> int:
        return len(self._installed)

    # -- what the server asks -------------------------------------------------------------

    def install(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The status of a SetChargingProfile; `charge`: the running session of this connector."""
        if not (self._sound(payload) and _fitting(connector, payload, charge)):
            return "Rejected"
        try:
            new = Profile.read(payload, connector=connector, received_at=at)
        except ValueError:
            return "Rejected"
        return self._put(new, {id: each for id, each in self._installed.items() if _place(each) != _place(new)})

    def _put(self, new: Profile, others: dict[int, Profile]) -> str:
        """Have a profile beside these others, if there is room."""
        kept = {**others, new.id: new}
        if len(kept) > self._settings.number("MaxChargingProfilesInstalled"):
            return "Rejected"
        self._installed = kept
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
        return speaks(self._settings, unit)

    def clear(self, criteria: Mapping[str, object]) -> str:
        """The status of a ClearChargingProfile: what fits all criteria goes."""
        kept = {id: each for id, each in self._installed.items() if not _meant(each, criteria)}
        found = len(kept) < len(self._installed)
        self._installed = kept
        return "Accepted" if found else "Unknown"

    def composite(
        self, connector: int, *, at: datetime, duration: int, unit: Unit, hardware: Rating, sessions: Sessions
    ) -> Payload:
        """The `chargingSchedule` of a GetCompositeSchedule; it never exceeds the hardware."""
        periods = self._periods(connector, at, duration, unit, hardware, sessions)
        return {
            "duration": duration,
            "startSchedule": written(at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [written_period(period) for period in periods],
        }

    def _periods(
        self, connector: int, at: datetime, duration: int, unit: Unit, hardware: Rating, sessions: Sessions
    ) -> tuple[Period, ...]:
        ampere = VOLTAGE * hardware.phases
        return composite(
            self.holding(at),
            start=at,
            duration=duration,
            unit=unit,
            connector=connector,
            phases=hardware.phases,
            ceiling=hardware.power_w if unit == "W" else round(hardware.power_w / ampere, 1),
            sessions=sessions,
        )

    # -- what limits ----------------------------------------------------------------------

    def holding(self, at: datetime) -> Collection[Profile]:
        """All that may limit at this moment."""
        return self._installed.values()

    def _in_force(self, at: datetime, session: Session | None) -> Collection[Profile]:
        """What limits a session."""
        return self.holding(at)

    def session(self, charge: Charge) -> Session:
        """A running session, by the name that TxProfiles have for it."""
        return Session(UNKNOWN_NUMBER if charge.number is None else charge.number, charge.begun)

    def allowance(
        self, connector: int, at: datetime, *, phases: int, sessions: Sessions, external_first: bool = False
    ) -> Allowance:
        """What this connector may take.

        What the station may take together is shared evenly by its sessions (section 3.13.1)."""
        known = self._in_force(at, sessions.get(connector))
        own = allowed_at(
            known, at, connector=connector, phases=phases, sessions=sessions, external_first=external_first
        )
        station = allowed_at(known, at, connector=0).limit
        if own.limit is None or station is None:
            return own
        return own._replace(limit=max(0.0, min(own.limit, station / max(1, len(sessions)))))

    def begin(self, charge: Charge, at: datetime) -> None:
        """A transaction started, perhaps with a profile of its own."""
        if charge.profile is not None:
            self.install(charge.outlet, charge.profile, charge, at)

    def end(self, charge: Charge) -> None:
        """A TxProfile ends with its transaction (section 3.13.1)."""
        if self._installed:
            self._installed = {
                id: each
                for id, each in self._installed.items()
                if each.connector != charge.outlet or each.purpose != TX_PROFILE
            }


def speaks(settings: Settings, unit: str) -> bool:
    """Whether a station takes rates in this unit."""
    return _UNITS[unit] in settings.names("ChargingScheduleAllowedChargingRateUnit")


def written_period(period: Period) -> Payload:
    assert period.limit is not None, "The hardware has a limit."
    shown: Payload = {"startPeriod": period.start_seconds, "limit": period.limit}
    return shown if period.phases is None else shown | {"numberPhases": period.phases}


def _place(profile: Profile) -> tuple[int, str, int]:
    """At most one profile has it (section 3.13.2)."""
    return profile.connector, profile.purpose, profile.stack_level


def _fitting(connector: int, payload: Payload, charge: Charge | None) -> bool:
    """Whether the purpose goes with the connector and its session (section 3.13.1)."""
    purpose = payload["chargingProfilePurpose"]
    if purpose == MAX_PROFILE:
        return connector == 0
    if purpose == DEFAULT_PROFILE:
        return True
    if connector == 0 or charge is None:
        return False
    return payload.get("transactionId") in (None, charge.number)


def _meant(profile: Profile, criteria: Mapping[str, object]) -> bool:
    has = {
        "id": profile.id,
        "connectorId": profile.connector,
        "chargingProfilePurpose": profile.purpose,
        "stackLevel": profile.stack_level,
    }
    return all(has[name] == value for name, value in criteria.items() if name in has)
