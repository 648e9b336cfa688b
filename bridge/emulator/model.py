"""An emulated charger: its outlets, its drivers, its events. Pure: time and chance are passed in."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Any

from bridge import vendor
from bridge.emulator.car import Car
from bridge.emulator.outlet import AUTHORIZATION, MAX_POWER_W, Outlet

VERSION = "emulated-1.0.0"
MAX_OUTLETS = 26
MAX_EVENTS = 10_000
"""Events that nobody has taken yet; the oldest go first."""

USERS = ("04A1B2C3D4E5F6", "04FEDCBA987654", "0411223344AABB", "E2003412DC03", "APP-7731")
ALERTS = (14, 18, 26, 82, 85, 90)
FIRST_PAUSE, PAUSE = (2.0, 20.0), (30.0, 180.0)
AUTHORISES_AFTER, REPAIRED_AFTER = (2.0, 8.0), (20.0, 90.0)
UNPLUGS, STOPS, FAILS = 0.05, 0.15, 0.05
"""Parts of all sessions that end by a pulled cable, by the user, by a fault."""


@dataclass(slots=True)
class _Driver:
    """What happens next at one outlet, and when (seconds since 1970)."""

    at: float
    alert_at: float = float("inf")
    leave_at: float = float("inf")
    repair_at: float = float("inf")
    pulls: bool = False


class Charger:
    """Any number of outlets. Without `habits` nobody comes by himself.

    `advance(now)` lets time pass, in seconds since 1970; `take_events()` gives what happened, as the event stream
    sends it.
    """

    def __init__(
        self,
        *,
        name: str = "EMULATED-1",
        outlets: int = 2,
        now: float = 0.0,
        seed: int = 1,
        habits: bool = True,
        max_power_w: float = MAX_POWER_W,
    ) -> None:
        if not 1 <= outlets <= MAX_OUTLETS:
            raise ValueError(f"A charger has 1 to {MAX_OUTLETS} outlets.")
        self.name = name
        self.version = VERSION
        self.now = now
        self.booted = now
        self.habits = habits
        self.chance = random.Random(f"{seed}/{name}")
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)
        self.outlets = tuple(self._outlet(number, max_power_w) for number in range(1, outlets + 1))
        self._drivers = [_Driver(now + self.chance.uniform(*FIRST_PAUSE)) for _ in self.outlets]

    def _outlet(self, number: int, max_power_w: float) -> Outlet:
        def emit(kind: str, payload: dict[str, Any]) -> None:
            self.emit(kind, str(number), payload)

        meter = round(self.chance.uniform(1e5, 5e6))
        return Outlet(number, charger=self.name, emit=emit, meter_wh=meter, max_power_w=max_power_w)

    # -- events -----------------------------------------------------------------------------------

    def emit(self, kind: str, outlet: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Put an event into the stream; `outlet` is empty where it concerns the whole charger."""
        found = next((each for each in self.outlets if str(each.number) == outlet), None)
        event = {
            "type": kind,
            "timestamp": round(self.now * 1000),
            "chargerId": self.name,
            "outlet": outlet,
            "outletType": found.kind if found is not None else "",
            "payload": payload,
        }
        self._events.append(event)
        return event

    def take_events(self) -> list[dict[str, Any]]:
        taken = list(self._events)
        self._events.clear()
        return taken

    # -- time -------------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let time pass until `now`, second by second; it never runs backwards."""
        while self.now < now:
            step = min(1.0, now - self.now)
            self.now = min(now, self.now + step) if step == 1.0 else now
            for outlet, driver in zip(self.outlets, self._drivers, strict=True):
                outlet.step(self.now, step)
                if self.habits:
                    self._drive(outlet, driver)

    def _drive(self, outlet: Outlet, driver: _Driver) -> None:
        if outlet.alerts:
            self._repair(outlet, driver)
        elif outlet.phase == vendor.IDLE:
            if self.now >= driver.at and outlet.plug_in(self.now, Car.random(self.chance)):
                driver.at = self.now + self.chance.uniform(*AUTHORISES_AFTER)
        elif outlet.phase == AUTHORIZATION:
            if self.now >= driver.at and outlet.authorise(self.now, self.chance.choice(USERS)):
                self._intend(driver)
        else:
            self._end_early(outlet, driver)
        if outlet.phase == vendor.IDLE and driver.at <= self.now:
            driver.at = self.now + self.chance.uniform(*PAUSE)

    def _intend(self, driver: _Driver) -> None:
        """How this session will end: most cars stop by themselves."""
        driver.leave_at = driver.alert_at = float("inf")
        fate, after = self.chance.random(), self.now + self.chance.uniform(60, 1500)
        if fate < FAILS:
            driver.alert_at = after
        elif fate < FAILS + UNPLUGS + STOPS:
            driver.leave_at, driver.pulls = after, fate < FAILS + UNPLUGS

    def _end_early(self, outlet: Outlet, driver: _Driver) -> None:
        if self.now >= driver.alert_at:
            outlet.raise_alert(self.chance.choice(ALERTS))
        elif self.now >= driver.leave_at:
            if driver.pulls:
                outlet.unplug()
            else:
                outlet.stop("local", "Local")

    def _repair(self, outlet: Outlet, driver: _Driver) -> None:
        if driver.repair_at == float("inf"):
            driver.repair_at = self.now + self.chance.uniform(*REPAIRED_AFTER)
        elif self.now >= driver.repair_at:
            outlet.clear_alerts()
            driver.repair_at = float("inf")

    # -- what it shows and does -------------------------------------------------------------------

    def outlet(self, number: int) -> Outlet | None:
        return self.outlets[number - 1] if 1 <= number <= len(self.outlets) else None

    def state(self) -> list[dict[str, Any]]:
        """The array of /state."""
        return [outlet.state(self.now, self.version) for outlet in self.outlets]

    def summon(self, outlet: Outlet, *, car: Car | None = None, user: str = USERS[0]) -> bool:
        """A car comes, and its driver is accepted; whether the outlet took it. For tests and demonstrations."""
        if not outlet.plug_in(self.now, car or Car.random(self.chance)):
            return False
        return outlet.running is not None or outlet.authorise(self.now, user)

    def restart(self, reason: str = "Reset") -> None:
        """The controller starts again: sessions end unexpectedly, meters and caps stay."""
        for outlet in self.outlets:
            outlet.interrupt(reason)
        self.booted = self.now
