"""An emulated charger whose time the test turns."""

from __future__ import annotations

from typing import Any

from bridge import vendor
from bridge.emulator.car import Car
from bridge.emulator.model import Charger
from bridge.emulator.outlet import Outlet

NOON = 1_782_043_200.0
"""2026-06-21 12:00 UTC."""

CAR = Car(evccid="0A1B2C3D4E5F", capacity_wh=50_000.0, arrives_at=20.0, leaves_at=80.0, max_power_w=50_000.0)


class Bench:
    """`let(seconds)` passes time; `events` are all that were told so far."""

    def __init__(self, **options: Any) -> None:
        given: dict[str, Any] = {"name": "CH-1", "now": NOON, "habits": False} | options
        self.charger = Charger(**given)
        self.events: list[dict[str, Any]] = []

    @property
    def first(self) -> Outlet:
        return self.charger.outlets[0]

    def let(self, seconds: float) -> None:
        self.charger.advance(self.charger.now + seconds)
        self.hear()

    def hear(self) -> None:
        self.events += self.charger.take_events()

    def told(self) -> list[str]:
        self.hear()
        return [event["type"] for event in self.events]

    def state(self, number: int = 1) -> dict[str, Any]:
        return self.charger.state()[number - 1]

    def charging(self, car: Car = CAR, user: str = "TAG") -> None:
        """A session of the first outlet, a minute into charging."""
        assert self.charger.summon(self.first, car=car, user=user)
        self.let(75)
        assert self.first.phase == vendor.CHARGING
