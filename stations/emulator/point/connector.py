"""What a connector is and shows: its state, its meter, and the status that follows from both. Pure.

What happens to it is in `outlet.py`. Times are seconds of the emulated station.
"""

from __future__ import annotations

import random
from enum import Enum
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Charge, Message, Reading
from stations.emulator.point.vehicle import RATINGS, Rating, Vehicle
from stations.emulator.point.words import Status
from stations.ocpp.charging import Allowance

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

VOLTAGE = 230.0


class Lock(Enum):
    """What becomes of an UnlockConnector (1.6 section 5.18); `MISSING`: the cable is fixed."""

    WORKS = "Unlocked"
    JAMMED = "UnlockFailed"
    MISSING = "NotSupported"


CABLES_A = (13, 20, 32, 63)
"""What cables can carry, as they tell by their resistor (IEC 61851-1)."""


def _cable(rating: Rating) -> int:
    """Vehicles come with a cable that is as good as they are."""
    current = rating.power_w / (VOLTAGE * rating.phases)
    return next(each for each in CABLES_A if each >= current - 1.0)


class Connector:
    def __init__(self, number: int, station: Station, chance: random.Random) -> None:
        self.number = number
        self.rating: Rating = chance.choice(RATINGS)
        self.vehicle: Vehicle | None = None
        self.charge: Charge | None = None
        self.error = ""
        """The ChargePointErrorCode while it is faulted."""
        self.out: set[str] = set()
        """What of it is out of service: 2.x knows the station, the EVSE and its connector; 1.6 only "" (G03, G04)."""
        self.out_later: set[str] = set()
        """The same, as soon as the session ends (ChangeAvailability, Scheduled)."""
        self.lock = Lock.WORKS
        self.held: Charge | None = None
        """The session whose cable is locked in though its vehicle is gone (UnlockConnectorOnEVSideDisconnect)."""
        self.told = ""
        """The status that the server knows, in the version's word."""
        self.allowance = Allowance()
        """W that the charging profiles leave, as of the last `advance`."""
        self._station = station
        self._chance = chance
        self._register_wh = chance.uniform(10_000.0, 9_000_000.0)
        self._exported_wh = 0.0
        self._charged_until = 0.0
        self._finished = False
        self._status_due = inf
        self._waiting = Status.AVAILABLE
        """The status that will be told at `_status_due`."""

    @property
    def running(self) -> bool:
        return self.charge is not None and self.charge.running

    @property
    def taken(self) -> bool:
        """Somebody charges here, or is about to; or has, and is not gone."""
        return self.charge is not None and (self.charge.authorised or self.lingers)

    @property
    def lingers(self) -> bool:
        """Nothing flows any more, and the transaction ends only when the vehicle has gone (2.x TxStopPoint)."""
        return self.charge is not None and self.charge.stopping is not None

    @property
    def inoperative(self) -> bool:
        return bool(self.out)

    @property
    def charging_state(self) -> str:
        """ChargingStateEnumType of 2.x."""
        if self.vehicle is None:
            return "Idle"
        return self._energy_status().value if self.running else "EVConnected"

    @property
    def status(self) -> Status:
        """1.6 section 4.9."""
        if self.error:
            return Status.FAULTED
        if self.running:
            return self._energy_status()
        if self.inoperative:
            return Status.UNAVAILABLE
        if self.charge is None and (self.held is not None or (self.vehicle is not None and self._finished)):
            return Status.FINISHING
        if self.vehicle is not None or (self.charge is not None and self.charge.authorised and self.charge.placed):
            return Status.PREPARING
        return Status.RESERVED if self.reserved_for else Status.AVAILABLE

    def _energy_status(self) -> Status:
        assert self.charge is not None
        if self.halted:
            return Status.SUSPENDED_EVSE
        if self.fed > 0.0:
            return Status.CHARGING
        if self.vehicle is None or self.vehicle.full:
            return Status.SUSPENDED_EV
        if self.charge.blocked or self.offered == 0.0:
            return Status.SUSPENDED_EVSE
        return Status.CHARGING

    @property
    def free(self) -> bool:
        return self.status is Status.AVAILABLE

    @property
    def kind(self) -> str:
        """The type of its plug; 1.6 knows none."""
        if self._station.version == "1.6":
            return ""
        return self._station.variables.text("Connector", "ConnectorType", evse=self.number, connector=1)

    @property
    def reserved_for(self) -> str:
        """The token that this connector is kept for."""
        reservation = self._station.reservations.of(self.number)
        return reservation.token if reservation is not None else ""

    @property
    def limit(self) -> float | None:
        """W that the charging profiles leave."""
        return self.allowance.limit

    @property
    def offered(self) -> float:
        """W that it lets a vehicle take: no more than the limit, and what is asked for where something is (2.1)."""
        limits = (self.rating.power_w, self.allowance.limit, self.allowance.setpoint)
        return max(0.0, min(each for each in limits if each is not None))

    @property
    def halted(self) -> bool:
        """Its session goes on without energy, because the station was or is without power (2.1 E17)."""
        return self.charge is not None and (self.charge.energy_off or self.charge.cut_at is not None)

    @property
    def fed(self) -> float:
        """W that the vehicle gives back, because that is asked for (2.1, block Q)."""
        setpoint = self.allowance.setpoint
        if setpoint is None or setpoint >= 0.0 or self.vehicle is None or self.charge is None or self.halted:
            return 0.0
        if not any("BPT" in each for each in self.charge.transfers) or not self._station.v2x.is_enabled(self.number):
            return 0.0
        return self.vehicle.feeds(self.rating, -setpoint)

    @property
    def soc(self) -> float | None:
        """The vehicle's state of charge, %."""
        return None if self.vehicle is None else 100.0 * self.vehicle.soc

    @property
    def register_wh(self) -> int:
        """What its meter shows."""
        return int(self._register_wh)

    @property
    def power_w(self) -> float:
        """What the vehicle takes."""
        if self.vehicle is None or not self.running or self.status is not Status.CHARGING or self.fed:
            return 0.0
        return self.vehicle.power(self.rating, self.offered)

    @property
    def net_w(self) -> float:
        """What flows at most, below 0 back into the grid."""
        return self.offered - self.fed

    def reading(self, now: float) -> Reading:
        vehicle, power = self.vehicle, self.power_w
        fed = self.fed if self.running else 0.0
        voltage = VOLTAGE + self._chance.gauss(0.0, 1.5)
        phases = vehicle.phases(self.rating) if vehicle is not None else self.rating.phases
        power *= 1.0 + self._chance.uniform(-0.01, 0.0)
        return Reading(
            moment=self._station.moment(now),
            energy_wh=self.register_wh,
            power_w=power,
            current_a=power / (voltage * phases),
            voltage_v=voltage,
            soc=self.soc,
            offered_w=self.offered,
            phases=phases,
            exported_wh=int(self._exported_wh),
            fed_w=fed,
            state=self.charging_state,
            cable_a=0 if vehicle is None else _cable(vehicle.rating),
            mode=self._station.v2x.mode(self),
            wishes=self.allowance.wishes,
            setpoint_w=self.allowance.setpoint,
            hertz=self._station.v2x.hertz,
            evccid=self._station.v2x.evccid(self),
        )

    def advance(self, now: float) -> None:
        """Energy flows until `now`; then the limit may be another."""
        if self.vehicle is not None and self.running and self.status is Status.CHARGING:
            seconds = max(0.0, now - self._charged_until)
            assert self.charge is not None
            if fed := self.fed:
                self._exported_wh += self.vehicle.discharge(self.rating, seconds, fed)
                energy = 0.0
            else:
                energy = self.vehicle.charge(self.rating, seconds, self.offered)
            self._register_wh += energy
            self.charge.takes(energy, seconds)
        self._charged_until = now
        phases = self.rating.phases if self.vehicle is None else self.vehicle.phases(self.rating)
        self.allowance = self._station.allowance(self.number, phases, now)

    # -- status ---------------------------------------------------------------------------

    def status_message(self, now: float) -> Message:
        """The present status; the server knows it from now on."""
        self._status_due = inf
        self.told = self._station.words.status_word(self.status)
        return self._station.words.status(self.number, self.status, self.error, self._station.moment(now))

    def tell(self, now: float) -> None:
        self._station.say([self.status_message(now)], now)

    def tell_change(self, now: float) -> None:
        """The present status, where the server does not know it and it lasts (MinimumStatusDuration)."""
        status = self.status
        if self.told == self._station.words.status_word(status):
            self._status_due = inf
        elif (least := self._station.settings.number("MinimumStatusDuration")) <= 0:
            self.tell(now)
        elif self._status_due == inf or self._waiting is not status:
            self._status_due, self._waiting = now + least, status
