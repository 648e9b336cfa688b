"""Power in both directions at an emulated 2.1 station (block Q). Pure.

    v2x.sense(now, hertz=…, load_w=…)          what the station measures: the grid's frequency, the building's load
    v2x.signal(value, now)                     an AFRRSignal (Q08)
    v2x.instruct({"setpoint": …}, now, evse=…) an energy management system on site says what is to flow (Q05, Q06)

What the server leaves to the station is decided here: in the modes LocalFrequency and LocalLoadBalancing a period has
no setpoint, but a rule for one (`values`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from stations.emulator.point import tokens2, v2_charging
from stations.emulator.point import v2_bidirectional as words
from stations.emulator.point.profiles2 import Profiles2
from stations.emulator.point.settings import listed
from stations.emulator.point.variables import Path
from stations.emulator.point.words import Reason
from stations.ocpp.frames import Payload
from stations.ocpp.operation_modes import (
    BASELINE,
    CHARGING_ONLY,
    EXTERNAL_LIMITS,
    EXTERNAL_SETPOINT,
    FREQUENCY_CURVE,
    INVALID_MODE,
    LOCAL_BALANCING,
    LOCAL_FREQUENCY,
    NO_SIGNAL_CURVE,
    SIGNAL_CURVE,
    mode_of,
)
from stations.ocpp.profiles import DYNAMIC, Profile, Step
from stations.ocpp.reading import number

if TYPE_CHECKING:
    from stations.emulator.point.connector import Connector
    from stations.emulator.point.message import Message
    from stations.emulator.point.sessions import Sessions
    from stations.emulator.point.station import Station

CONTROLLER, BALANCING = "V2XChargingCtrlr", "LocalLoadBalancing"
EMS = "EMS"
"""The chargingLimitSource of an energy management system."""

NET_HERTZ = 50.0

_STEERS: Mapping[str, tuple[str, ...]] = {
    EXTERNAL_SETPOINT: ("setpoint",),
    EXTERNAL_LIMITS: ("limit", "dischargeLimit"),
}
"""What others than the server set in each of these modes."""


class V2X:
    def __init__(self, station: Station) -> None:
        self.hertz = NET_HERTZ
        self.load_w = 0.0
        """What the building takes without its vehicles; below 0: it has more than it needs."""
        self._station = station
        self._signal: int | None = None
        self._followed = NET_HERTZ
        """The frequency that setpoints were calculated from."""
        if isinstance(station.profiles, Profiles2):
            station.profiles.values, station.profiles.lacks = self.values, self.lacks

    @property
    def profiles(self) -> Profiles2:
        assert isinstance(self._station.profiles, Profiles2), "1.6 has nothing of all this."
        return self._station.profiles

    # -- what it can ----------------------------------------------------------------------

    def is_enabled(self, evse: int) -> bool:
        """Whether energy may flow back from this EVSE."""
        return self._text("Enabled", evse).casefold() == "true"

    def _text(self, variable: str, evse: int, instance: str = "") -> str:
        """The value of a variable of an EVSE's controller; nothing: it has none."""
        found = self._station.variables.find(Path(CONTROLLER, variable, evse, variable_instance=instance))
        return "" if found is None else self._station.variables.value(found, 0.0)

    def _is(self, component: str, variable: str) -> bool:
        found = self._station.variables.find(Path(component, variable))
        return found is not None and self._station.variables.value(found, 0.0).casefold() == "true"

    def mode(self, connector: Connector) -> str:
        """In which operation mode its session is; nothing: its vehicle only charges, and nobody speaks of it."""
        if connector.vehicle is None or not self.is_enabled(connector.number):
            return ""
        return connector.allowance.mode or (CHARGING_ONLY if connector.vehicle.feed_w > 0.0 else "")

    @property
    def external_first(self) -> bool:
        """Whether what others ask for goes before what the server does."""
        return self._station.version == "2.1" and (
            self._station.variables.text("SmartChargingCtrlr", "SetpointPriority") == "ExternalSetpoint"
        )

    # -- profiles -------------------------------------------------------------------------

    def lacks(self, evse: int, period: Payload) -> Iterator[str]:
        """By which reasonCodes an EVSE (0: any) cannot keep to a period."""
        mode, evse = mode_of(period), evse or 1
        if mode == CHARGING_ONLY:
            return
        if not self.is_enabled(evse):
            yield "NotEnabled"
        if mode not in self._text("SupportedOperationModes", evse).split(","):
            yield INVALID_MODE
        if mode == LOCAL_BALANCING and self._band(evse) is None:
            yield "MissingDevModelInfo"

    def values(self, evse: int, period: Payload) -> Payload:
        """A period with what this station makes of it."""
        mode = mode_of(period)
        if mode == LOCAL_FREQUENCY:
            return period | {"setpoint": self._by_frequency(period)}
        return period | {"setpoint": self._by_load(evse or 1)} if mode == LOCAL_BALANCING else period

    def _by_frequency(self, period: Payload) -> float:
        """Q08: the baseline, and what the curves add to it."""
        curve = [(each["frequency"], each["power"]) for each in period[FREQUENCY_CURVE]]
        found = float(period[BASELINE] + _along(curve, self._followed))
        if self._signal is not None and SIGNAL_CURVE in period:
            found += _along([(each["signal"], each["power"]) for each in period[SIGNAL_CURVE]], self._signal)
        return found

    def _by_load(self, evse: int) -> float:
        """Q09: what brings the building's connection back between its thresholds; sessions share it."""
        band = self._band(evse)
        if band is None:
            return 0.0  # the thresholds were taken away
        (low, high), (least, most) = band
        wanted = most - self.load_w if self.load_w > high else least - self.load_w if self.load_w < low else 0.0
        return wanted / max(1, len(self._station.sessions))

    def _band(self, evse: int) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The thresholds, and to where power is brought back; None: they are not set, or make no sense."""
        names = ("LowerThreshold", "UpperThreshold", "LowerOffset", "UpperOffset")
        found = [number(self._text(BALANCING, evse, name)) for name in names]
        low, high, below, above = found
        if low is None or high is None or below is None or above is None or low >= high:
            return None
        return (low, high), (low + below, high + above)

    # -- what the station sees and hears --------------------------------------------------

    def sense(self, now: float, *, hertz: float | None = None, load_w: float | None = None) -> None:
        """It measures something else than before; the frequency counts where it has changed enough (Q08.FR.07)."""
        self.hertz = self.hertz if hertz is None else hertz
        self.load_w = self.load_w if load_w is None else load_w
        least = number(self._text("LocalFrequencyUpdateThreshold", 1)) or 0.0
        if abs(self.hertz - self._followed) * 1000.0 >= least:
            self._followed = self.hertz
        self._station.charging.apply(now)

    def signal(self, value: int, now: float) -> str:
        """The reasonCode for a signal that means nothing here; nothing: it is followed (Q08.FR.10, FR.11)."""
        at, kept = self._station.clock(now), self.profiles.kept()
        periods = (_period(payload, profile.step_at(at)) for profile, payload in kept)
        if not any(mode_of(each) == LOCAL_FREQUENCY and SIGNAL_CURVE in each for each in periods):
            return NO_SIGNAL_CURVE
        self._signal = value
        self._station.charging.apply(now)
        return ""

    # -- others on site -------------------------------------------------------------------

    def instruct(self, values: Payload, now: float, *, evse: int, seconds: int = 0, source: str = EMS) -> bool:
        """Somebody on site says what is to flow, or may; whether it is listened to (ExternalControlSignalsEnabled).

        Where a profile of the server's leaves it to him, its values are these (Q05). Else it is a profile of his own
        (Q06), which ends when nothing was said for so many `seconds`.
        """
        if not self._is("SmartChargingCtrlr", "ExternalControlSignalsEnabled"):
            return False
        mode = EXTERNAL_SETPOINT if "setpoint" in values else EXTERNAL_LIMITS
        at, profiles = self._station.clock(now), self.profiles
        schedule = words.steered(mode, values, seconds)
        steered = [each.id for each, payload in profiles.kept() if _steers(each, payload, mode, evse)]
        for id in steered:
            profiles.update(id, {name: values[name] for name in _STEERS[mode] if name in values}, at)
        if not steered:
            self._station.charging.plan_limit(schedule, now, evse=evse, source=source)
            return True
        self._station.say([v2_charging.limit(evse, source, schedule, critical=False, generation=False)], now)
        self._station.charging.apply(now)
        return True

    # -- vehicles -------------------------------------------------------------------------

    def evccid(self, connector: Connector) -> str:
        """By which the server knows the vehicle, where it may come to feed back (Q01.FR.02)."""
        return connector.vehicle.evccid if connector.vehicle is not None and self.is_enabled(connector.number) else ""

    def completed(self, message: Message, connector: Connector) -> Message:
        """An Authorize with the name of the vehicle."""
        if name := self.evccid(connector):
            message.payload["idToken"] |= tokens2.of_vehicle(name)
        return message

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """What the server says of the ways in which a session may transfer energy (Q01)."""
        if message.action == "Authorize" and message.outlet is not None and message.token:
            self._station.outlet(message.outlet).transfers = tuple(payload.get("allowedEnergyTransfer", ()))
        elif message.action == "NotifyEVChargingNeeds" and payload["status"] == "Rejected":
            self._negotiate(self._station.outlet(message.payload["evseId"]), message.payload["chargingNeeds"], now)

    def _negotiate(self, outlet: Sessions, needs: Payload, now: float) -> None:
        """A vehicle of ISO 15118-20 may not do what it wants: another way, or none (Q01.FR.04, FR.05)."""
        charge = outlet.charge
        if charge is None or not outlet.running or "controlMode" not in needs:
            return
        wanted = needs["requestedEnergyTransfer"]
        if wanted in charge.transfers and self._is("ISO15118Ctrlr", "ServiceRenegotiationSupport"):
            charge.transfers = tuple(each for each in charge.transfers if each != wanted)
            self._station.charging.apply(now)
            self._station.charging.tell_needs(outlet, now)
        else:
            outlet.stop(now, Reason.TRANSFER_REJECTED)

    def measured(self, evse: int, mode: str, phase: str) -> tuple[str, ...]:
        """The measurands that this mode has besides; `phase`: the eventType."""
        return tuple(listed(self._text(f"Tx{phase}Measurands", evse, mode))) if mode else ()


def _period(payload: Payload, step: Step | None) -> Payload:
    """The period that holds; nothing: none does."""
    periods: list[Payload] = payload["chargingSchedule"][0]["chargingSchedulePeriod"]
    return next((each for each in periods if step is not None and each["startPeriod"] == step.start), {})


def _steers(profile: Profile, payload: Payload, mode: str, evse: int) -> bool:
    """Whether the values of this profile are for others to set, here and in this mode; also when they are too old."""
    period = payload["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    return profile.kind == DYNAMIC and profile.connector in (0, evse) and mode_of(period) == mode


def _along(curve: list[tuple[float, float]], at: float) -> float:
    """The value of a curve of straight pieces; before its first and after its last point it is theirs."""
    points = sorted(curve)
    for (left, low), (right, high) in pairwise(points):
        if left <= at < right:
            return low + (high - low) * (at - left) / (right - left)
    return points[0][1] if at < points[0][0] else points[-1][1]
