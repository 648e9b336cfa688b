"""What stations say and are answered about limits, needs and schedules of vehicles (2.x part 2 blocks K and Q).

Facts, what answers tell, and answers, whatever the version. EVSE 0 is the station as a whole; schedules, needs and
updates stay as they were sent, in the words of OCPP: A, W, Wh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stations.ocpp.facts import Stamp

Words = dict[str, Any]
"""An object in the words of OCPP."""


ENERGY_TRANSFERS = (
    *("AC_single_phase", "AC_two_phase", "AC_three_phase", "DC", "AC_BPT", "AC_BPT_DER", "AC_DER", "DC_BPT"),
    *("DC_ACDP", "DC_ACDP_BPT", "WPT"),
)
"""EnergyTransferModeEnumType of 2.1; BPT: in both directions."""

# -- facts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitNotified:
    """Somebody else than the server limits what may be charged, or adds to it (`local_generation`); K12, K13.

    `source`: CSO, EMS, SO, Other, or in 2.1 any text. `grid_critical`: None where the station does not say.
    """

    evse: int
    source: str
    schedules: list[Words]
    local_generation: bool = False
    grid_critical: bool | None = None


@dataclass(frozen=True, slots=True)
class LimitCleared:
    """Such a limit is gone (K13)."""

    evse: int
    source: str


@dataclass(frozen=True, slots=True)
class NeedsNotified:
    """What a vehicle wants (ISO 15118: K15, K17, K18; V2X: Q01). `needs` is the chargingNeeds object."""

    evse: int
    needs: Words
    departure: Stamp
    max_periods: int | None = None


@dataclass(frozen=True, slots=True)
class EVScheduleNotified:
    """How a vehicle will charge (K15, K16). `chosen`: the id of the schedule of its profile that it chose (2.1)."""

    evse: int
    begins: Stamp
    schedule: Words
    chosen: int | None = None
    tolerance_accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class PriorityNotified:
    """A driver has switched priority charging on or off at the station (2.1 K22)."""

    reference: str
    active: bool


@dataclass(frozen=True, slots=True)
class SchedulePulled:
    """A station asks what the values of a dynamic profile are now (2.1 K28)."""

    profile: int


Fact = LimitNotified | LimitCleared | NeedsNotified | EVScheduleNotified | PriorityNotified | SchedulePulled


# -- what answers to commands tell ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScheduleUpdated:
    """The values of a dynamic profile, as they were sent (2.1 K28). `status`: Accepted or Rejected."""

    profile: int
    update: Words
    status: str


@dataclass(frozen=True, slots=True)
class PriorityUsed:
    """Priority charging was switched (2.1 K21). `status`: Accepted, Rejected or NoProfile."""

    reference: str
    active: bool
    status: str


@dataclass(frozen=True, slots=True)
class TransferAllowed:
    """The kinds of energy transfer that a session may use (2.1 Q01). `status`: Accepted or Rejected."""

    reference: str
    modes: list[str]
    status: str


Told = ScheduleUpdated | PriorityUsed | TransferAllowed


# -- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScheduleTold:
    """The answer to `SchedulePulled`. `update` is None where the profile is none of ours."""

    status: str
    update: Words | None = None


Answer = ScheduleTold
