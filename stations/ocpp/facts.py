"""What stations say and what the server answers, whatever the version of OCPP.

Route tables turn payloads into these facts and these answers into payloads; services know nothing
else. Energies are Wh, powers W, currents A, voltages V, states of charge %. In 1.6 connector N is
EVSE N with its one connector 1; EVSE 0 is the station as a whole (1.6 connectorId 0, 2.x evseId 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple


class Stamp(NamedTuple):
    """A time that a station sent: as text, and as a moment where that can be read."""

    text: str = ""
    moment: datetime | None = None


class Token(NamedTuple):
    """`type`: an IdTokenEnumType of 2.x, or any text of 2.1; "": 1.6 has none.

    `additional`: what was shown along with it, as (type, additionalIdToken) (2.x additionalInfo).
    """

    value: str
    type: str = ""
    additional: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Booted:
    vendor: str
    model: str
    serial_number: str = ""
    firmware_version: str = ""
    iccid: str = ""
    imsi: str = ""
    meter_type: str = ""
    meter_serial_number: str = ""
    reason: str = ""


class HeartBeaten(NamedTuple):
    """The station only says that it lives."""


@dataclass(frozen=True, slots=True)
class StatusReported:
    evse: int
    connector: int
    status: str
    stamp: Stamp
    error_code: str = ""
    info: str = ""
    vendor_error_code: str = ""


@dataclass(frozen=True, slots=True)
class TokenPresented:
    token: Token


class Reading(NamedTuple):
    """One MeterValue: all that was sampled at one moment. `samples` is kept as it was sent.

    `context` is that of the energy register: Sample.Periodic where the station names none.
    """

    stamp: Stamp
    samples: list[dict[str, Any]]
    energy_wh: float | None = None
    power_w: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    soc: float | None = None
    context: str = "Sample.Periodic"


class MetersReported(NamedTuple):
    """`transaction` is the number that the server gave (1.6), or None."""

    evse: int
    readings: tuple[Reading, ...]
    transaction: int | None = None


class Phase(Enum):
    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class TransactionReported(NamedTuple):
    """A transaction starts, goes on, or ends.

    It is known by `number` (given by the server, 1.6) or by `reference`: the station's own id in
    2.x; for a start in 1.6, which has none, a text made of what a retried start repeats.
    `sequence` is the `seqNo` of 2.x, by which repeated events are recognised. `anew`: it is another one, although its
    `reference` was used before.

    `charging_seconds` is timeSpentCharging; `remote_start` the remoteStartId; `limits` a TransactionLimitType of 2.1 as
    it is in force at the station; `cost_details` a CostDetailsType, where the station counts by itself (2.1).
    `details` is what else the event says of the transaction, as it was sent.
    """

    phase: Phase
    stamp: Stamp
    reference: str = ""
    number: int | None = None
    evse: int | None = None
    connector: int | None = None
    token: Token | None = None
    meter_wh: float | None = None
    reason: str = ""
    trigger: str = ""
    charging_state: str = ""
    sequence: int | None = None
    offline: bool = False
    reservation: int | None = None
    readings: tuple[Reading, ...] = ()
    anew: bool = False
    remote_start: int | None = None
    charging_seconds: int | None = None
    phases_used: int | None = None
    cable_max_current_a: int | None = None
    operation_mode: str = ""
    tariff: str = ""
    limits: dict[str, float] | None = None
    cost_details: dict[str, Any] | None = None
    details: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class VariableReported:
    component: str
    variable: str
    attribute: str
    value: str | None
    mutability: str
    component_instance: str = ""
    variable_instance: str = ""
    evse: int | None = None
    connector: int | None = None
    characteristics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataTransferred:
    """`data` is what the station sent: a text in 1.6, anything in 2.x."""

    vendor_id: str
    message_id: str
    data: Any


@dataclass(frozen=True, slots=True)
class FirmwareStatusReported:
    """How far an update is. `request` is the requestId where OCPP has one; `signed`: of SignedUpdateFirmware."""

    status: str
    request: int | None = None
    signed: bool = False


class LogKind(Enum):
    DIAGNOSTICS = "diagnostics"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class LogStatusReported:
    """How far an upload is: of GetDiagnostics (which has no `request`), or of GetLog."""

    kind: LogKind
    status: str
    request: int | None = None


@dataclass(frozen=True, slots=True)
class SecurityEventReported:
    type: str
    stamp: Stamp
    info: str = ""


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """By what OCPP names a certificate (CertificateHashDataType). Hexadecimal, small letters, no leading zeros."""

    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class CertificateRequested:
    """`csr` is PEM. `use`: the certificateType of 2.x. `request`: the station's own number for it; `root`: where the
    certificate shall come from (2.1)."""

    csr: str
    use: str = "ChargingStationCertificate"
    request: int | None = None
    root: CertificateHash | None = None


@dataclass(frozen=True, slots=True)
class ReservationEnded:
    """`status`: Expired, Removed, or NoTransaction (2.1: it was used, but no transaction began)."""

    reservation: int
    status: str


@dataclass(frozen=True, slots=True)
class ProfileClaimed:
    """A station says that it has a charging profile, by sending it to the server (a reversed SetChargingProfile)."""

    evse: int
    number: int
    stack_level: int
    purpose: str
    kind: str
    profile: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProfilesDisclaimed:
    """A reversed ClearChargingProfile: the profiles that fit all criteria are gone. None is any."""

    number: int | None = None
    evse: int | None = None
    purpose: str | None = None
    stack_level: int | None = None


Fact = (
    Booted
    | HeartBeaten
    | StatusReported
    | TokenPresented
    | MetersReported
    | TransactionReported
    | DataTransferred
    | FirmwareStatusReported
    | LogStatusReported
    | SecurityEventReported
    | CertificateRequested
    | ReservationEnded
    | ProfileClaimed
    | ProfilesDisclaimed
)


# -- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Nothing but the fact that it is stored."""


@dataclass(frozen=True, slots=True)
class Registered:
    status: str
    now: datetime
    interval: int


class TimeTold(NamedTuple):
    now: datetime


@dataclass(frozen=True, slots=True)
class TokenJudged:
    """`status`: Accepted, Blocked, Expired, Invalid, ConcurrentTx; NoCredit, Unknown, NotAtThisLocation (1.6: Invalid).

    What follows `group` only 2.x can be told: the chargingPriority (-9 to 9), languages (RFC 5646) and a message for
    the driver, the EVSEs that it may use (none: all), what is to be said of the contract that a vehicle showed
    (certificateStatus, C07), and, when a station asks for a token, the TariffType of whoever charges (I01, I08) and the
    ways of energy transfer that are allowed (Q01; none: nothing is said of it).
    """

    status: str
    expires: datetime | None = None
    group: str = ""
    priority: int | None = None
    languages: tuple[str, ...] = ()
    message: str = ""
    evses: tuple[int, ...] = ()
    certificate: str = ""
    tariff: dict[str, Any] | None = None
    energy_transfers: tuple[str, ...] = ()


class TransactionKept(NamedTuple):
    """`number` is the id that 1.6 stations use from now on. `limits`: those that it is to have (2.1).

    `cost`: with taxes, in `currency`, what it costs so far, or in the end (2.x use cases I02 and I03); None: unknown.
    """

    number: int
    token: TokenJudged | None = None
    limits: dict[str, float] | None = None
    cost: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class DataAnswered:
    """`status`: Accepted, Rejected, UnknownMessageId or UnknownVendorId. `data`: anything that JSON can hold."""

    status: str
    data: Any = None


class Decided(NamedTuple):
    """Yes or no, in the words of the action: Accepted, or Rejected (SignCertificate), or Unknown (a clearing)."""

    status: str


Answer = Acknowledged | Registered | TimeTold | TokenJudged | TransactionKept | DataAnswered | Decided
