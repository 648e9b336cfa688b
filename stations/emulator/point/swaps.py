"""A station in which batteries are swapped: its slots, and the drivers who come (2.1 use cases S01 to S03). Pure.

A driver shows a token, puts an empty battery into a free slot and takes the fullest one (SwapOrder In-Out), or does
not take it in time. One swap goes on at a time; the batteries that wait are charged.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Message
from stations.emulator.point.slots import CHARGED, Battery, Slots
from stations.ocpp.frames import Payload
from stations.ocpp.times import written

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

INSERT_SECONDS = (10.0, 40.0)
TAKE_SECONDS = (5.0, 30.0)
FORGETFUL = 0.05
"""Of so many drivers one leaves without a battery."""

OWN_REQUESTS = 100_000
"""Swaps that begin at the station have request ids from here on; servers begin with low ones."""


@dataclass(slots=True)
class _Swap:
    request: int
    token: Payload
    slot: int
    """Where the driver's battery goes."""


class Swaps:
    """`begin(token)` or `request` start a swap; `step(now)` at `due` has it go on, and drivers come."""

    def __init__(
        self,
        station: Station,
        slots: Sequence[int],
        *,
        tokens: Sequence[str] | None,
        idle: float,
        chance: random.Random,
    ) -> None:
        self.due = inf
        self.slots = Slots(station, slots, random.Random(chance.random()))
        self._station = station
        self._tokens = tokens or ()
        self._idle = idle
        self._chance = chance
        self._swap: _Swap | None = None
        self._next: Callable[[float], None] = self._come
        self._asking = ""
        self._requests = OWN_REQUESTS
        for slot in slots[1:]:
            self.slots.batteries[slot] = self._new_battery(0.0, soc=chance.uniform(CHARGED, 100.0))
        self._wait_for_driver(0.0)

    # -- how a swap begins ----------------------------------------------------------------

    def request(self, payload: Payload, now: float) -> Payload:
        """The answer to a RequestBatterySwap (S02)."""
        if not self._is_ready(now):
            return {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
        self._go(payload["requestId"], payload["idToken"], now)
        return {"status": "Accepted"}

    def begin(self, token: str, now: float) -> bool:
        """A driver shows a token (S01); whether the station has time and a battery for him."""
        if not self._is_ready(now):
            return False
        self._asking = token
        self._station.say([Message("Authorize", {"idToken": _token(token)}, token=token)], now)
        return True

    def authorised(self, token: str, accepted: bool, now: float) -> None:
        """The verdict on the token of `begin`; without a word from the server no battery is handed out."""
        if token != self._asking:
            return
        self._asking = ""
        if accepted:
            self._requests += 1
            self._go(self._requests, _token(token), now)
        else:
            self._wait_for_driver(now)

    def _is_ready(self, now: float) -> bool:
        """Nobody else swaps, and there is a free slot and a charged battery."""
        busy = self._swap is not None or self._asking
        return not busy and self._fullest(now) is not None and self._free() is not None

    # -- how it goes on -------------------------------------------------------------------

    def step(self, now: float) -> None:
        self.due = inf
        self._next(now)

    def _go(self, request: int, token: Payload, now: float) -> None:
        slot = self._free()
        assert slot is not None, "A swap begins only where one is free."
        self._swap = _Swap(request, token, slot)
        wait, patience = self._chance.uniform(*INSERT_SECONDS), self.slots.number("Timeout", "In")
        self._after(now, min(wait, patience), self._insert if wait <= patience else self._give_up)

    def _give_up(self, now: float) -> None:
        """Nobody has put a battery in, and nobody is told of that."""
        self._swap = None
        self._wait_for_driver(now)

    def _insert(self, now: float) -> None:
        assert self._swap is not None
        battery = self._new_battery(now, soc=self._chance.uniform(3.0, 30.0))
        self.slots.put(self._swap.slot, battery, now)
        self._tell("BatteryIn", self._swap.slot, battery, now)
        if self._chance.random() < FORGETFUL:
            self._after(now, self.slots.number("Timeout", "Out"), self._time_out)
        else:
            self._after(now, self._chance.uniform(*TAKE_SECONDS), self._take)

    def _take(self, now: float) -> None:
        slot, _ = self._offered(now)
        self._end("BatteryOut", slot, self.slots.take(slot, now), now)

    def _time_out(self, now: float) -> None:
        """The battery stays where it is (S03.FR.06). An attendant takes out the driver's own: its slot is needed."""
        assert self._swap is not None
        self.slots.take(self._swap.slot, now)
        self._end("BatteryOutTimeout", *self._offered(now), now)

    def _end(self, event: str, slot: int, battery: Battery, now: float) -> None:
        self._tell(event, slot, battery, now)
        self._swap = None
        self._wait_for_driver(now)

    def _offered(self, now: float) -> tuple[int, Battery]:
        slot = self._fullest(now)
        assert slot is not None, "A swap begins only where there is one."
        battery = self.slots.batteries[slot]
        assert battery is not None
        return slot, battery

    def _tell(self, event: str, slot: int, battery: Battery, now: float) -> None:
        assert self._swap is not None
        data: Payload = {
            "evseId": slot,
            "serialNumber": battery.serial_number,
            "soC": battery.level(now, self.slots.most),
            "soH": battery.soh,
            "productionDate": written(self._station.clock(0.0) - timedelta(days=battery.age_days)),
        }
        payload: Payload = {
            "eventType": event,
            "requestId": self._swap.request,
            "idToken": self._swap.token,
            "batteryData": [data],
        }
        self._station.say([Message("BatterySwap", payload, kept=True)], now)

    # -- drivers and batteries ------------------------------------------------------------

    def _come(self, now: float) -> None:
        if not (self._station.online and self.begin(self._chance.choice(self._tokens), now)):
            self._wait_for_driver(now)

    def _wait_for_driver(self, now: float) -> None:
        """Where nobody comes by habit, only what is scripted or asked for happens."""
        self.due = inf
        if self._tokens and self.slots.batteries:
            self._after(now, self._chance.expovariate(1.0 / self._idle), self._come)

    def _after(self, now: float, seconds: float, then: Callable[[float], None]) -> None:
        self.due, self._next = now + seconds, then

    def _free(self) -> int | None:
        return next((slot for slot, battery in self.slots.batteries.items() if battery is None), None)

    def _fullest(self, now: float) -> int | None:
        there = [slot for slot, battery in self.slots.batteries.items() if battery is not None]
        charged = {slot: level for slot in there if (level := self.slots.level(slot, now)) >= self.slots.target}
        return max(charged, key=charged.__getitem__) if charged else None

    def _new_battery(self, now: float, *, soc: float) -> Battery:
        serial = f"BAT{self._chance.getrandbits(32):08X}"
        return Battery(
            serial, round(soc, 1), round(self._chance.uniform(75.0, 100.0), 1), now, self._chance.randrange(1500)
        )


def _token(token: str) -> Payload:
    return {"idToken": token, "type": "ISO14443"}
