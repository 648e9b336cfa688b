"""What an emulated station wants to say: a call, and what has to be known about it until it is answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed

if TYPE_CHECKING:
    from stations.emulator.point.words import Reason

MAX_READINGS = 10_000

UNKNOWN_NUMBER = -1
"""The transactionId of a 1.6 station whose start was refused with a CALLERROR; many real ones send it too."""


class Moment(NamedTuple):
    """When something happened: the station's clock, and whether the server could not be told then."""

    stamp: str
    offline: bool


class Reading(NamedTuple):
    """What a connector's meter shows: Wh, W, A in each phase, V between phase and neutral, %; and what it offers."""

    moment: Moment
    energy_wh: int
    power_w: float
    current_a: float
    voltage_v: float
    soc: float | None
    offered_w: float = 0.0
    phases: int = 3
    exported_wh: int = 0
    """What vehicles have given back, since it was built in (V2X)."""
    fed_w: float = 0.0
    state: str = ""
    """The ChargingState of 2.x."""
    cable_a: int = 0
    """What the cable can carry; 0: there is none."""
    mode: str = ""
    """The operationMode of 2.1, where anybody speaks of it."""
    wishes: frozenset[str] = frozenset()
    """What its charging profile wants besides: evseSleep, preconditioningRequest."""
    setpoint_w: float | None = None
    hertz: float = 50.0
    evccid: str = ""
    """Of a vehicle that is named along with the token (2.1 Q01)."""


@dataclass(slots=True, eq=False)
class Charge:
    """One session, from its first sign (a cable or a token) to its end.

    `reference` is the transaction's id in 2.x, `number` the server's in 1.6."""

    outlet: int
    reference: str
    token: str = ""
    group: str = ""
    """The token's parent (`parentIdTag`), where it is known."""
    number: int | None = None
    sequence: int = 0
    charging_seconds: float = 0.0
    authorised: bool = False
    placed: bool = True
    """Its EVSE is known (2.x; `reader.py`)."""
    open: bool = False
    """The server was, or will be, told of a start and not yet of an end."""
    running: bool = False
    """Energy may flow: there is a token and was a cable. In 1.6 the same as `open`."""
    cut_at: float | None = None
    """When the station lost its power with it, if it may go on afterwards (2.1 E17)."""
    energy_off: bool = False
    """It goes on without energy (TxAllowEnergyTransferResumption)."""
    allowance_wh: float | None = None
    """The server does not accept the token, but the session goes on with so much energy (MaxEnergyOnInvalidId)."""
    ends_unaccepted: bool = False
    """It ends when that is used up (StopTxOnInvalidId)."""
    stopping: Reason | None = None
    """Why nothing flows any more, though the transaction goes on (2.x TxStopPoint)."""
    reservation: int | None = None
    reserved_at: datetime | None = None
    """When the reservation was made by which it began."""
    begun: datetime | None = None
    languages: tuple[str, ...] = ()
    """The driver's, the best first (2.x)."""
    profile: Payload | None = None
    """The charging profile that came with a RemoteStartTransaction."""
    transfers: tuple[str, ...] = ()
    """The kinds of energy transfer that the server allows (2.1 Q01); none: it has not said so."""
    data: list[Payload] = field(default_factory=list)
    """Meter values that its end will carry (`transactionData` of 1.6)."""
    key_told: bool = False
    """The server has had the meter's public key in this transaction (2.x)."""
    remote_start: int | None = None
    """The remoteStartId of the RequestStartTransaction that authorised it (2.x)."""
    told: bool = False
    """The server has heard of its token in an event (2.x)."""
    told_state: str = ""
    told_w: float = 0.0
    """The charging state, and what was offered less what was fed back, as of the last event (2.x)."""
    told_mode: tuple[str, frozenset[str]] = ("", frozenset())
    """The operation mode, and what its period wants besides, the same way (2.1)."""
    begin_wh: float = 0.0
    """The register when energy began to flow."""
    limits: dict[str, float] = field(default_factory=dict)
    """What holds of those that were set: a TransactionLimitType (2.1)."""
    limits_set: dict[str, dict[str, float]] = field(default_factory=dict)
    """By whom (`limits.py`)."""
    readings: list[Reading] = field(default_factory=list)
    """What the server was, or will be, told of it: by them the station counts what it costs (2.1)."""
    agreed: list[Agreed] = field(default_factory=list)
    """The tariffs by which the station counts; none: only the server knows (2.1)."""
    cost: float | None = None
    """What the server says that it costs so far, or in the end."""
    cost_shown: str = ""
    """The same, as the server writes it."""

    def note(self, reading: Reading) -> None:
        """Keep what the meter shows; of a very long session every second reading goes, and registers count on."""
        if len(self.readings) >= MAX_READINGS:
            del self.readings[1::2]
        self.readings.append(reading)

    @property
    def blocked(self) -> bool:
        """Nothing is left of the allowance (StopTransactionOnInvalidId = false)."""
        return self.allowance_wh is not None and self.allowance_wh <= 0.0

    def takes(self, energy_wh: float, seconds: float) -> None:
        self.charging_seconds += seconds
        if self.allowance_wh is not None:
            self.allowance_wh -= energy_wh


@dataclass(slots=True, eq=False)
class Message:
    """A call on its way. `kept`: it belongs to a transaction and is repeated until it is answered
    (OCPP 1.6 section 3.7, 2.0.1 use case E04), or nobody could ask for what it tells;
    `intermediate`: kept, but the first to go when memory is short."""

    action: str
    payload: Payload = field(default_factory=dict)
    charge: Charge | None = None
    outlet: int | None = None
    token: str = ""
    """The token that an Authorize or StopTransaction is about."""
    kept: bool = False
    intermediate: bool = False
    numbered: bool = False
    """Carries the 1.6 transactionId, which may not be known yet when the message is written."""
    is_send: bool = False
    """A SEND (2.1), which is never answered."""
    attempts: int = 0
    failures: int = 0
    """How often the server answered it with a CALLERROR."""

    def complete(self) -> Payload:
        """The payload as it is sent. All messages of a transaction wait behind its start, so its number is known."""
        if self.numbered and self.charge is not None and "transactionId" not in self.payload:
            number = self.charge.number
            self.payload["transactionId"] = UNKNOWN_NUMBER if number is None else number
        return self.payload
