"""The car at an emulated outlet: what it asks for while its battery fills. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

TAPER_SOC = 70.0
TAPER_REST = 0.15
"""Above this state of charge (%) the wanted power falls, in a straight line, to this part of it at 100 %."""

EFFICIENCY = 0.95
"""Part of the energy of the cable that the battery keeps."""


@dataclass(frozen=True, slots=True)
class Car:
    """Energies Wh, powers W, voltages V (of the battery, empty and full), states of charge %."""

    evccid: str = "001122AABBCC"
    capacity_wh: float = 60_000.0
    arrives_at: float = 20.0
    leaves_at: float = 80.0
    max_power_w: float = 100_000.0
    empty_v: float = 330.0
    full_v: float = 410.0

    @classmethod
    def random(cls, chance: random.Random) -> Car:
        capacity = chance.choice((40_000.0, 52_000.0, 64_000.0, 77_000.0, 95_000.0))
        voltage = chance.choice((320.0, 340.0, 620.0))
        return cls(
            evccid="".join(f"{chance.randrange(256):02X}" for _ in range(6)),
            capacity_wh=capacity,
            arrives_at=round(chance.uniform(8, 55), 1),
            leaves_at=float(chance.choice((80, 80, 85, 90, 100))),
            max_power_w=capacity * chance.uniform(1.2, 2.2),
            empty_v=voltage,
            full_v=voltage * 1.22,
        )

    @property
    def mac(self) -> str:
        """Cars identify themselves by the address of their modem (ISO 15118-2 section 8.4.3.2.2)."""
        return ":".join(self.evccid[place : place + 2] for place in range(0, len(self.evccid), 2)).lower()

    def voltage(self, soc: float) -> float:
        return self.empty_v + (self.full_v - self.empty_v) * soc / 100

    def wanted_power(self, soc: float) -> float:
        if soc <= TAPER_SOC:
            return self.max_power_w
        part = (min(soc, 100.0) - TAPER_SOC) / (100 - TAPER_SOC)
        return self.max_power_w * (1 - (1 - TAPER_REST) * part)
