"""A charge point without its socket: it boots, beats, reports, charges and answers. Pure; time is passed in.

    model = ChargePointModel("CP1", "1.6", started=datetime.now(UTC))
    model.connected(now)                  # the socket is open; `disconnected(now)` when it is lost
    model.step(now)                       # at `model.due`
    message = model.next_message()        # to send; then one of
    model.answered(message, payload, now) | model.refused(message, now) | model.unanswered(now)
    calls.answer(model, action, payload, now)  # what the server asks (calls.py)

`now` counts seconds of the emulated station from 0; `speed` of them pass in a real one. Its clock
shows real time: time lapse makes more happen, it does not make the station's clock wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

from stations.emulator.inventory import ALIGNED_SECONDS
from stations.emulator.message import Message, Moment
from stations.emulator.outbox import Outbox
from stations.emulator.outlet import BUSY, Habits, Outlet
from stations.emulator.v2 import Words2
from stations.emulator.v16 import Words16
from stations.emulator.words import Plate, Words
from stations.ocpp.frames import Payload
from stations.ocpp.times import written

HEARTBEAT_SECONDS = 300.0
"""Until the server says otherwise, and when it leaves the choice to the station (interval 0)."""

BOOT_RETRY_SECONDS = 30.0
TOKENS = 500


def drivers(seed: int) -> list[str]:
    """The tokens of the cards that a fleet meets: seven bytes as an RFID reader writes them."""
    chance = random.Random(f"{seed}/tokens")
    return [f"04{chance.getrandbits(48):012X}" for _ in range(TOKENS)]


class ChargePointModel:
    """One station. The same seed gives the same behaviour; ids of transactions also depend on `started`."""

    def __init__(
        self,
        identity: str,
        version: str,
        *,
        started: datetime,
        seed: int = 1,
        connectors: int = 2,
        speed: float = 1.0,
        steady: float | None = None,
        habits: Habits | None = None,
        tokens: list[str] | None = None,
    ) -> None:
        """`steady`: send a reading every so many seconds instead of when a session has one."""
        self.identity = identity
        self.version = version
        self.outbox = Outbox()
        self._started = started
        self._speed = speed
        self._chance = random.Random(f"{seed}/{identity}")
        ids = random.Random(f"{seed}/{identity}/{started.isoformat()}")
        self.plate = Plate.drawn(self._chance)
        self.words: Words = Words16() if version == "1.6" else Words2()
        self.outlets = [
            Outlet(
                number,
                words=self.words,
                habits=habits or (Habits() if steady is None else BUSY),
                chance=random.Random(f"{seed}/{identity}/{number}"),
                ids=ids,
                tokens=tokens or drivers(seed),
                moment=self.moment,
            )
            for number in range(1, connectors + 1)
        ]
        self._online = False
        self._registered = False
        self._off = False
        self._interval = HEARTBEAT_SECONDS
        self._steady = steady
        self._turn = 0
        self._boot_due = self._heartbeat_due = self._steady_due = inf
        self._aligned_due = float(ALIGNED_SECONDS) if version != "1.6" and steady is None else inf

    # -- time -----------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Whether the server listens: connected, and the boot was accepted."""
        return self._online and self._registered

    def moment(self, now: float) -> Moment:
        return Moment(written(self._started + timedelta(seconds=now / self._speed)), not self.online)

    def _timers(self) -> list[tuple[float, Callable[[float], None]]]:
        return [
            (self._boot_due, self._boot),
            (self._heartbeat_due, self._beat),
            (self._aligned_due, self._align),
            (self._steady_due, self._report),
            *((outlet.due, self._stepper(outlet)) for outlet in self.outlets),
        ]

    def _stepper(self, outlet: Outlet) -> Callable[[float], None]:
        return lambda now: self.say(outlet.step(now), now)

    @property
    def due(self) -> float:
        """When `step` has something to do."""
        if self._off:
            return inf
        timers = (self._boot_due, self._heartbeat_due, self._aligned_due, self._steady_due)
        return min(min(timers), min(outlet.due for outlet in self.outlets))

    def step(self, now: float) -> None:
        """Do what became due until `now`, each thing at its own time."""
        while self.due <= now:
            due, do = min(self._timers(), key=lambda timer: timer[0])
            do(due)

    # -- the connection -------------------------------------------------------------------

    def connected(self, now: float) -> None:
        """Boot, or after a mere loss of connection say what changed meanwhile (B04)."""
        self._online = True
        if not self._registered:
            self._boot(now)
            return
        self.say([self.words.heartbeat()], now)
        for outlet in self.outlets:
            self.say(outlet.tell_change(now), now)

    def disconnected(self, now: float) -> list[Message]:
        """The messages that were waiting and will not be sent again."""
        self._online = False
        self._boot_due = inf
        lost = self.outbox.go_offline()
        for message in lost:
            self._forget(message, now)
        return lost

    def next_message(self) -> Message | None:
        return self.outbox.next(registered=self._registered) if self._online else None

    def say(self, messages: list[Message], now: float) -> None:
        for message in self.outbox.add(messages, online=self.online):
            self._forget(message, now)

    # -- answers --------------------------------------------------------------------------

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """The server's CALLRESULT."""
        self.outbox.settle()
        if message.action == "BootNotification":
            self._take_boot(payload, now)
        charge = message.charge
        if charge is None:
            return
        if message.action == "StartTransaction":
            charge.number = payload["transactionId"]
        status = self.words.token_status(payload)
        if status is not None:
            self.say(self._outlet(charge.outlet).judge(charge, status == "Accepted", now), now)

    def refused(self, message: Message, now: float) -> None:
        """The server's CALLERROR."""
        self.outbox.settle()
        if message.action == "BootNotification":
            self._boot_due = now + BOOT_RETRY_SECONDS
        elif message.action == "Authorize" and message.charge is not None:
            self.say(self._outlet(message.charge.outlet).judge(message.charge, False, now), now)

    def unanswered(self, now: float) -> Message | None:
        """No answer came in time: the message is repeated if it has to be, else it is given up and returned."""
        message = self.outbox.repeat()
        if message is not None:
            self._forget(message, now)
        return message

    def _take_boot(self, payload: Payload, now: float) -> None:
        """2.0.1 B01 to B03; 1.6 section 4.2."""
        interval = float(payload["interval"])
        if payload["status"] != "Accepted":
            self._registered = False
            self._boot_due = now + (interval if interval > 0 else BOOT_RETRY_SECONDS)
            return
        first, self._registered = not self._registered, True
        self._interval = interval if interval > 0 else HEARTBEAT_SECONDS
        self._heartbeat_due = now + self._interval
        if not first:
            return
        moment = self.moment(now)
        self.say(self.words.station_status(moment), now)
        for outlet in self.outlets:
            self.say(outlet.tell(now), now)
        self.say(self.words.inventory(self.plate, len(self.outlets), moment), now)
        if self._steady is not None:
            self._steady_due = now + self._chance.random() * self._steady

    def _forget(self, message: Message, now: float) -> None:
        """A message will not be sent again."""
        if message.action == "BootNotification" and self._online:
            self._boot_due = now + BOOT_RETRY_SECONDS
        elif message.action == "Authorize" and message.charge is not None:
            # Nobody said no: as offline, the driver is let in.
            self.say(self._outlet(message.charge.outlet).judge(message.charge, True, now), now)
        elif message.action == "StatusNotification" and message.outlet:
            self._outlet(message.outlet).told = ""

    def _outlet(self, number: int) -> Outlet:
        return self.outlets[number - 1]

    # -- what happens by itself -----------------------------------------------------------

    def _boot(self, now: float) -> None:
        self.boot("PowerUp")

    def boot(self, reason: str) -> None:
        self._boot_due = inf
        self.outbox.add_first(self.words.boot(self.plate, reason))

    def _beat(self, now: float) -> None:
        self._heartbeat_due = now + self._interval
        self.say([self.words.heartbeat()], now)

    def _align(self, now: float) -> None:
        """Readings at the quarters of an hour, of all EVSEs (J01)."""
        self._aligned_due = now + ALIGNED_SECONDS
        for outlet in self.outlets:
            self.say([self.words.meters(outlet.number, outlet.reading(now), "Sample.Clock", outlet.charge)], now)

    def _report(self, now: float) -> None:
        """One reading of the steady load; the outlets take turns."""
        assert self._steady is not None
        self._steady_due = now + self._steady
        outlet = self.outlets[self._turn % len(self.outlets)]
        self._turn += 1
        outlet.advance(now)
        self.say([self.words.meters(outlet.number, outlet.reading(now), "Sample.Periodic", outlet.charge)], now)

    def shut_down(self, now: float) -> None:
        """Nothing begins any more; running sessions end, and that is reported."""
        self._off = True
        for outlet in self.outlets:
            self.say(outlet.shut_down(now), now)
