"""The slots of a station in which batteries are swapped, and how they are charged there (2.1 use case S04). Pure.

A slot is an EVSE with one connector. A battery in it is charged up to MaxSoc, as a transaction of its own that begins
when it is put in and ends when it is taken out; how full it is, is told by readings and by the BatteryCartridge.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Charge, Reading
from stations.emulator.point.v2 import Words2
from stations.emulator.point.variables import READ_WRITE, Path, Variable

if TYPE_CHECKING:
    import random

    from stations.emulator.point.station import Station

CONTROLLER, CARTRIDGE = "BatterySwapCtrlr", "BatteryCartridge"

CHARGED = 80.0
"""% from which a battery is handed out, as delivered (TargetSoC)."""

CHARGED_PER_HOUR = 50.0
"""% by which a battery that waits becomes fuller."""

CAPACITY_WH = 1_500.0
VOLTAGE = 230.0

WITHOUT_TOKEN = "NoAuthorization:"  # noqa: S105  (a type of tokens)
STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


@dataclass(slots=True)
class Battery:
    """States of charge and of health are %."""

    serial_number: str
    soc: float
    soh: float
    since: float
    """When it had this `soc`."""
    age_days: int

    def level(self, now: float, most: float) -> float:
        """How full it is now: what is above `most` stays so."""
        reached = min(most, self.soc + max(0.0, now - self.since) * CHARGED_PER_HOUR / 3600.0)
        return round(max(self.soc, reached), 1)

    def settle(self, now: float, most: float) -> None:
        self.soc, self.since = self.level(now, most), now

    def full_at(self, most: float) -> float:
        return self.since + max(0.0, most - self.soc) * 3600.0 / CHARGED_PER_HOUR


class Slots:
    """`put(slot, battery)` and `take(slot)` change them; `step(now)` at `due`."""

    def __init__(self, station: Station, numbers: Sequence[int], ids: random.Random) -> None:
        self.due = inf
        self.batteries: dict[int, Battery | None] = dict.fromkeys(numbers)
        """By their number (evseId); None: free."""
        self._station = station
        self._ids = ids
        self.charges: dict[int, Charge] = {}
        """Of the batteries that are there."""
        self._sample_due = inf

    @property
    def target(self) -> float:
        """% from which a battery is handed out."""
        return self.number("TargetSoC")

    @property
    def most(self) -> float:
        """% up to which it is charged."""
        return self.number("MaxSoc")

    def number(self, variable: str, instance: str = "") -> float:
        return float(self._station.variables.text(CONTROLLER, variable, variable_instance=instance))

    def level(self, slot: int, now: float) -> float:
        battery = self.batteries[slot]
        assert battery is not None
        return battery.level(now, self.most)

    # -- what happens to batteries --------------------------------------------------------

    def put(self, slot: int, battery: Battery, now: float) -> None:
        self.batteries[slot] = battery
        self._tell_state(slot, now)
        self._begin(slot, now)

    def take(self, slot: int, now: float) -> Battery:
        battery = self.batteries[slot]
        assert battery is not None
        battery.settle(now, self.most)
        self._say(slot, "EVCommunicationLost", now, "Transaction.End", reason="EVDisconnected")
        self.batteries[slot] = None
        self._end(slot)
        self._tell_state(slot, now)
        self._see_what_is_due(now)
        return battery

    def introduce(self, now: float) -> None:
        """The station has started: batteries that are there begin new transactions (S04.FR.11)."""
        for slot, battery in self.batteries.items():
            self._tell_state(slot, now)
            if battery is not None:
                if slot in self.charges:
                    self._say(slot, "ResetCommand", now, "Transaction.End", reason="Reboot")
                    self._end(slot)
                self._begin(slot, now)

    def _begin(self, slot: int, now: float) -> None:
        reference = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
        charge = self.charges[slot] = Charge(slot, reference)
        token = self._station.variables.text(CONTROLLER, "IdToken")
        charge.token = f"Central:{token}" if token else WITHOUT_TOKEN
        self._say(slot, "CablePluggedIn", now, "Transaction.Begin", state="EVConnected", token=charge.token)
        if self._is_charging(slot, now):
            self._say(slot, "ChargingStateChanged", now)
        self._see_what_is_due(now)

    def _end(self, slot: int) -> None:
        self._station.enter(self.charges.pop(slot))

    def _is_charging(self, slot: int, now: float) -> bool:
        return self.level(slot, now) < self.most

    # -- time -----------------------------------------------------------------------------

    def step(self, now: float) -> None:
        for slot, charge in self.charges.items():
            if charge.told_state == "Charging" and not self._is_charging(slot, now):
                self._say(slot, "EnergyLimitReached", now, "Sample.Periodic")
        if self._sample_due <= now:
            self._sample_due = inf
            for slot in self.charges:
                self._say(slot, "MeterValuePeriodic", now, "Sample.Periodic")
        self._see_what_is_due(now)

    def _see_what_is_due(self, now: float) -> None:
        seconds = self._station.sample_seconds
        if not self.charges or seconds <= 0.0:
            self._sample_due = inf
        elif self._sample_due == inf:
            self._sample_due = now + seconds
        full = (
            battery.full_at(self.most) + 1.0
            for slot, battery in self.batteries.items()
            if battery is not None and slot in self.charges and self.charges[slot].told_state == "Charging"
        )
        self.due = min(self._sample_due, *full, inf)

    # -- what is said ---------------------------------------------------------------------

    def _tell_state(self, slot: int, now: float) -> None:
        path = Path("Connector", "AvailabilityState", slot, 1)
        self._station.monitoring.announce(path, self.state(slot), now)

    def state(self, slot: int) -> str:
        return "Available" if self.batteries[slot] is None else "Occupied"

    def _say(
        self,
        slot: int,
        trigger: str,
        now: float,
        context: str = "",
        *,
        state: str = "",
        token: str = "",
        reason: str = "",
    ) -> None:
        words = self._station.words
        assert isinstance(words, Words2), "Only 2.1 has slots for batteries."
        said = words.of_slot(
            trigger, self.charges[slot], self._reading(slot, now, state), context=context, token=token, reason=reason
        )
        self._station.say([said], now)

    def _reading(self, slot: int, now: float, state: str) -> Reading:
        soc, charging = self.level(slot, now), self._is_charging(slot, now)
        power = CAPACITY_WH * CHARGED_PER_HOUR / 100.0 if charging and not state else 0.0
        return Reading(
            moment=self._station.moment(now),
            energy_wh=int(soc * CAPACITY_WH / 100.0),
            power_w=power,
            current_a=power / VOLTAGE,
            voltage_v=VOLTAGE,
            soc=soc,
            offered_w=power,
            phases=1,
            state=state or ("Charging" if charging else "SuspendedEVSE"),
        )


# -- variables ------------------------------------------------------------------------------------


def variables(numbers: Sequence[int]) -> Iterator[Variable]:
    """BatterySwapCtrlr (2.1 S01 to S04), and what is in each slot."""
    orders = ("In-Out", "Out-In")
    yield Variable(Path(CONTROLLER, "Available"), "boolean", "true")
    yield Variable(Path(CONTROLLER, "SwapOrder"), "OptionList", orders[0], options=orders)
    for name, value, fits in (
        ("TargetSoC", f"{CHARGED:.0f}", lambda slots, value: value <= slots.most),
        ("MaxSoc", "100", lambda slots, value: value >= slots.target),
    ):
        yield Variable(
            Path(CONTROLLER, name), "integer", value, READ_WRITE, unit="Percent", low=0, high=100, check=_of_slots(fits)
        )
    yield Variable(Path(CONTROLLER, "IdToken"), "string", "", READ_WRITE, high=255)
    for instance, value in (("In", "120"), ("Out", "60")):
        path = Path(CONTROLLER, "Timeout", variable_instance=instance)
        yield Variable(path, "integer", value, READ_WRITE, unit="s", low=1, high=86_400)
    for number in numbers:
        for component, connector in (("EVSE", 0), ("Connector", 1)):
            yield Variable(Path(component, "Available", number, connector), "boolean", "true")
            yield Variable(
                Path(component, "AvailabilityState", number, connector), "OptionList", options=STATES, source=_state
            )
        yield Variable(Path("Connector", "ConnectorType", number, 1), default="bBatterySlot")
        yield Variable(Path(CARTRIDGE, "SoC", number), "integer", unit="Percent", low=0, high=100, source=_soc)
        yield Variable(Path(CARTRIDGE, "SoH", number), "integer", unit="Percent", low=0, high=100, source=_soh)


def _of_slots(fits: Callable[[Slots, float], bool]) -> Callable[[Station, Path, str], str]:
    """MaxSoc is never below TargetSoC, whichever of them is set (S04.FR.06, FR.10)."""
    return lambda station, _, value: "" if fits(station.swaps.slots, float(value)) else "InvalidValue"


def _state(station: Station, path: Path, now: float) -> str:
    return station.swaps.slots.state(path.evse)


def _soc(station: Station, path: Path, now: float) -> str:
    slots = station.swaps.slots
    return "" if slots.batteries[path.evse] is None else f"{slots.level(path.evse, now):.0f}"


def _soh(station: Station, path: Path, now: float) -> str:
    battery = station.swaps.slots.batteries[path.evse]
    return "" if battery is None else f"{battery.soh:.0f}"
