"""What the answers to the server's own calls tell, whatever the version of OCPP.

`v16/answers.py` (and its like for 2.x) turns a request with its answer into one of these facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A configuration key. `value` is None where the station tells none (write-only)."""

    key: str
    value: str | None
    readonly: bool


@dataclass(frozen=True, slots=True)
class ConfigurationRead:
    """`complete`: all keys were asked for, so what is not named does not exist."""

    keys: tuple[KeyRead, ...]
    unknown: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """`status`: Accepted, RebootRequired, Rejected or NotSupported."""

    key: str
    value: str
    status: str


@dataclass(frozen=True, slots=True)
class VariableTold:
    """A variable of the device model (2.x), and what the station said of it. `value` is None where it told none.

    `status`: Accepted, Rejected, UnknownComponent, UnknownVariable, NotSupportedAttributeType, RebootRequired.
    """

    component: str
    component_instance: str
    evse: int
    connector: int
    variable: str
    variable_instance: str
    attribute: str
    value: str | None
    status: str


@dataclass(frozen=True, slots=True)
class VariablesTold:
    """What was read, or set: the value of an accepted one is in force."""

    variables: tuple[VariableTold, ...]


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """`profile` is the object that was sent (1.6 csChargingProfiles)."""

    evse: int
    profile: dict[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class ProfilesCleared:
    """The criteria of ClearChargingProfile; None is any. `status`: Accepted or Unknown."""

    number: int | None
    evse: int | None
    purpose: str | None
    stack_level: int | None
    status: str


@dataclass(frozen=True, slots=True)
class RemotelyStarted:
    """A station will start a transaction. `profile`: its TxProfile, which came with the request."""

    evse: int | None
    id_token: str
    profile: dict[str, Any] | None
    status: str


@dataclass(frozen=True, slots=True)
class RemoteStartAnswered:
    """A station of 2.x answered RequestStartTransaction. `number` is the remoteStartId.

    `reference`: of the transaction, where one is open already, because the cable was plugged in before (F01, F02).
    """

    number: int
    reference: str
    status: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """What was asked for, and the answer. `status`: Accepted, Faulted, Occupied, Rejected or Unavailable."""

    reservation: int
    evse: int
    id_token: str
    expires: datetime | None
    status: str
    token_type: str = ""
    connector_type: str = ""


@dataclass(frozen=True, slots=True)
class ReservationCancelled:
    reservation: int
    status: str


@dataclass(frozen=True, slots=True)
class LocalListSent:
    """`entries` by idTag; None is one to be removed. `status`: Accepted, Failed, NotSupported or VersionMismatch."""

    version: int
    full: bool
    entries: dict[str, dict[str, Any] | None]
    status: str


@dataclass(frozen=True, slots=True)
class LocalListVersionRead:
    """`version`: 0 where the list is empty, -1 where there is none."""

    version: int


@dataclass(frozen=True, slots=True)
class FileJobAnswered:
    """A station took, or refused, an update or an upload. `request` is None where OCPP has no requestId."""

    request: int | None
    status: str
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class TransactionStatusTold:
    """Whether the station has more to report of a transaction (2.x E14)."""

    reference: str
    waiting: bool


Told = (
    ConfigurationRead
    | ConfigurationChanged
    | ProfileSet
    | ProfilesCleared
    | RemotelyStarted
    | RemoteStartAnswered
    | Reserved
    | ReservationCancelled
    | LocalListSent
    | LocalListVersionRead
    | FileJobAnswered
    | TransactionStatusTold
    | VariablesTold
)
