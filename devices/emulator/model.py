"""What an emulated device measures: a day of sun and clouds, a house, a battery between. Pure; time is passed in."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

DAY_SECONDS = 900.0
"""An emulated day is short, so that a demonstration sees sunrise and sunset."""

CAPACITY_WH = 1440.0
RESERVE_WH = 50.0
JOULE_PER_WH = 3600
PANEL_WATT = 400.0
INJECT_LIMIT = 800.0
LOCAL_TIME_SECONDS = 15.0
SOFTWARE = ("v1.9", "v2.0", "v8.6")
PLACES = (("AT", 8020), ("AT", 9733), ("DE", 74450), ("DE", 10115), ("CH", 8001))

Values = dict[str, float | int | str | None]


@dataclass(slots=True)
class House:
    """One device and what surrounds it."""

    serial: str
    random: random.Random
    version: str = ""
    connectors: int = 1
    power_income: float = 0.0
    power_inject: float = 0.0
    power_consumption: float = 0.0
    battery: float = 0.0
    local_time: str | None = None
    product: Values = field(default_factory=dict)
    _phase: float = 0.0
    _clouds: float = 0.5
    _base_load: float = 100.0
    _appliance: float = 0.0
    _clock_due: float = 0.0

    @classmethod
    def build(cls, number: int, seed: int) -> House:
        chance = random.Random(f"{seed}/{number}")
        house = cls(serial=f"{number:04d}", random=chance)
        house.version = chance.choice(("v1", "v2"))
        house.connectors = chance.randint(1, 2 if house.version == "v1" else 4)
        country, postcode = chance.choice(PLACES)
        house.product = {"software_version": chance.choice(SOFTWARE), "country": country, "postcode": postcode}
        # Devices of one country see about the same sun.
        house._phase = chance.gauss(0.35, 0.02)
        house._clouds = chance.random()
        house._base_load = chance.uniform(60, 250)
        house.battery = round(chance.uniform(200, 1200), 1)
        house.step(0.0, 0.0, "")
        return house

    def step(self, now: float, seconds: float, local_time: str) -> None:
        """Let `seconds` pass; `now` is the time since the start of the run."""
        self._weather(now, seconds)
        self._load(seconds)
        wanted = min(self.power_consumption, INJECT_LIMIT)
        flow = self.power_income - wanted  # what is left goes into the battery, what is missing comes from it
        if (flow < 0 and self.battery <= RESERVE_WH) or (flow > 0 and self.battery >= CAPACITY_WH):
            wanted = min(self.power_income, INJECT_LIMIT)
            flow = 0.0
        self.power_inject = round(wanted, 1)
        # Emulated hours, not real ones: the battery follows the short day.
        charge = flow * seconds * 24 / DAY_SECONDS
        self.battery = round(min(CAPACITY_WH, max(0.0, self.battery + charge)), 1)
        if self.version == "v2" and local_time and now >= self._clock_due:
            self.local_time = local_time
            self._clock_due = now + LOCAL_TIME_SECONDS

    def _weather(self, now: float, seconds: float) -> None:
        # Clouds drift at random and return to a middle, whatever the step.
        pull = 1 - math.exp(-seconds / 20)
        self._clouds += (0.35 - self._clouds) * pull + self.random.gauss(0, 0.25) * math.sqrt(pull)
        self._clouds = min(0.95, max(0.0, self._clouds))
        height = math.sin(2 * math.pi * (now / DAY_SECONDS + self._phase - 0.25))
        sun = max(0.0, height) ** 1.2
        self.power_income = round(PANEL_WATT * self.connectors * sun * (1 - self._clouds), 1)

    def _load(self, seconds: float) -> None:
        if self.random.random() < 1 - math.exp(-seconds / 30):
            self._appliance = self.random.choice((0.0, 0.0, 60.0, 150.0, 600.0, 2000.0))
        noise = self.random.gauss(0, 0.03)
        self.power_consumption = round(self._base_load * (1 + noise) + self._appliance, 1)

    def status(self) -> Values:
        """What changes."""
        values: Values = {
            "power_income": self.power_income,
            "power_inject": self.power_inject,
            "power_consumption": self.power_consumption,
            "battery": self.battery,
        }
        if self.local_time is not None:
            values["local_time"] = self.local_time
        return values

    def everything(self) -> Values:
        """All fields, as the first message has them; observed ones are listed by `OBSERVED`."""
        return {
            "serial_number": self.serial,
            "solmate_version": self.version,
            **self.product,
            **self.status(),
            "capacity": CAPACITY_WH * JOULE_PER_WH,
            "local_time": self.local_time,
            "pv_connectors": self.connectors,
        }


NOT_OBSERVED = frozenset({"serial_number", "solmate_version", "pv_connectors"})


def underscored(values: Values) -> Values:
    """The same values as the device's own program dumps them: observed attributes with an underscore."""
    internals: Values = {"server_url": "", "websocket": "", "connected": 1, "meassuring": 1}
    return {key if key in NOT_OBSERVED else f"_{key}": value for key, value in values.items()} | internals
