"""A charge point without its socket: it boots, beats, reports, charges and answers. Pure; time is passed in.

    model = ChargePointModel("CP1", "1.6", started=datetime.now(UTC))
    model.connected(now)                  # the socket is open; `disconnected(now)` when it is lost
    model.step(now)                       # at `model.due`
    message = model.next_message()        # to send; then one of
    model.answered(message, payload, now) | model.refused(message, now) | model.unanswered(now)
    calls.answer(model, action, payload, now)  # what the server asks (calls.py)
    model.take_effects()                  # what is to be done outside of the conversation (effects.py)

`now` counts seconds of the emulated station from 0; `speed` of them pass in a real one. Its clock
shows real time: time lapse makes more happen, it does not make the station's clock wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, Protocol

from stations.emulator.point.build import Build, drivers
from stations.emulator.point.conversation import Conversation
from stations.emulator.point.driver import Summoned
from stations.emulator.point.effects import Delivery, Reconnect
from stations.emulator.point.message import Message
from stations.emulator.point.resets import Resets
from stations.emulator.point.words import Reason
from stations.ocpp.frames import Payload

__all__ = ["ChargePointModel", "drivers"]

RESTART_SECONDS = 5.0
DRAIN_SECONDS = 30.0
"""How long a soft reset waits for answers to what is still to be said."""


class Timed(Protocol):
    """A part of a station that has something to do at `due`."""

    @property
    def due(self) -> float: ...

    def step(self, now: float) -> None: ...


class ChargePointModel(Conversation):
    """One station. The same seed gives the same behaviour; ids of transactions also depend on `started`."""

    def __init__(self, identity: str, version: str, **options: Any) -> None:
        """The options are those of `Build`."""
        super().__init__(identity, version, Build(**options))
        self.resets = Resets(self)
        self._off = False
        self._turn = 0
        self._down_seconds = RESTART_SECONDS
        self._steady_due = self._reset_due = self._up_due = inf
        self._aligned_due = self._next_aligned(0.0)
        self._just_started = True

    def summon_drivers(self) -> None:
        """Nobody comes by habit, but somebody brings a cable where the server starts a session."""
        for outlet in self.outlets:
            outlet.driver = Summoned(outlet, self._chance)

    # -- time -----------------------------------------------------------------------------

    @property
    def down(self) -> bool:
        """Without power, or restarting."""
        return self._up_due != inf

    def _timers(self) -> list[tuple[float, Callable[[float], None]]]:
        if self.down:
            return [(self._up_due, self._start_up)]
        return [
            (self.registration.boot_due, self.registration.power_up),
            (self.registration.heartbeat_due, self.registration.beat),
            (self._aligned_due, self._align),
            (self._steady_due, self._report),
            (self._hold_due, self._release),
            (self._reset_due, self._go_down),
            (self._reservation_due, self._expire_reservations),
            (self.der.alarm_due, self.der.trip),
            *((part.due, part.step) for part in (*self._timed, *self.outlets)),
        ]

    @property
    def due(self) -> float:
        """When `step` has something to do."""
        if self._off:
            return inf
        if self.down:
            return self._up_due
        # The same as the earliest of `_timers`, but it is asked for with each frame, and that only when one is due.
        mine = min(self._aligned_due, self._steady_due, self._hold_due, self._reset_due, self._reservation_due)
        mine = min(mine, self.registration.boot_due, self.registration.heartbeat_due, self.der.alarm_due)
        return min(mine, *(part.due for part in self._timed), *(outlet.due for outlet in self.outlets))

    @property
    def _timed(self) -> tuple[Timed, ...]:
        return (
            self.firmware,
            self.gathering,
            self.logs,
            self.charging,
            self.der,
            self.monitoring,
            self.publications,
            self.security.signing,
            self.security.statuses,
            self.swaps,
            self.swaps.slots,
        )

    def step(self, now: float) -> None:
        """Do what became due until `now`, each thing at its own time."""
        self.terminal.look(now)  # more may have to be held before a session reaches its limit
        while self.due <= now:
            due, do = min(self._timers(), key=lambda timer: timer[0])
            do(due)
        self.resets.see_to(now)
        self.security.signing.see_to(now)
        self.terminal.look(now)
        self.variables.look(now)
        if not self.down:
            self.monitoring.observe(now)

    # -- conversation ---------------------------------------------------------------------

    def connected(self, now: float) -> None:
        if self.down:
            self._start_up(now)
        super().connected(now)

    def next_message(self) -> Message | None:
        return None if self.down else super().next_message()

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        super().answered(message, payload, now)
        self.terminal.look(now)
        self._see_to_reset(now)
        self.resets.see_to(now)

    def refused(self, message: Message, now: float) -> None:
        super().refused(message, now)
        self._see_to_reset(now)

    def tell(self, action: str, payload: Payload, now: float) -> None:
        """Send any call, such as a DataTransfer."""
        self.say([Message(action, payload)], now)

    # -- what happens by itself -----------------------------------------------------------

    def introduce(self, now: float) -> None:
        """Accepted for the first time since the start: the server learns what it does not know."""
        moment = self.moment(now)
        self.say(self.words.station_status(self.status, moment), now)
        for outlet in self.outlets:
            outlet.tell(now)
        if self._steady is not None:
            self._steady_due = now + self._chance.random() * self._steady
        if self._just_started:
            self._just_started = False
            self.security.report("StartupOfTheDevice", now)
            self.security.contracts.introduce(now)
            self.swaps.slots.introduce(now)
            self.firmware.started(now)
        self.monitoring.connected(now)

    def _next_aligned(self, now: float) -> float:
        """Parts of a day, counted from midnight (ClockAlignedDataInterval; 2.x J01, AlignedDataCtrlr.Interval)."""
        if self.version != "1.6" and self._steady is not None:
            return inf
        return self.round_time(self.settings.number("ClockAlignedDataInterval"), now)

    def _align(self, now: float) -> None:
        self._aligned_due = self._next_aligned(now)
        for outlet in self.outlets:
            outlet.advance(now)
            reading = outlet.reading(now)
            if outlet.running and outlet.charge is not None:
                self.words.collected(outlet.charge, reading, "Sample.Clock")
            self.say(self.words.meters(outlet.number, reading, "Sample.Clock", outlet.charge), now)

    def _report(self, now: float) -> None:
        """One reading of the steady load; the outlets take turns."""
        assert self._steady is not None
        self._steady_due = now + self._steady
        outlet = self.outlets[self._turn % len(self.outlets)]
        self._turn += 1
        outlet.advance(now)
        self.say(self.words.meters(outlet.number, outlet.reading(now), "Sample.Periodic", outlet.charge), now)

    @property
    def _reservation_due(self) -> float:
        expiry = self.reservations.next_expiry
        return inf if expiry is None else self.when(expiry)

    def _expire_reservations(self, now: float) -> None:
        # The clock has microseconds; a moment too early must not make this come again and again.
        for over in self.reservations.expire(max(self.clock(now), self.reservations.next_expiry or self.clock(now))):
            self.say(self.words.reservation_ended(over.id, "Expired"), now)
        for outlet in self.outlets:
            outlet.tell_change(now)

    def configure(self, name: str, value: str, now: float) -> str:
        """The status of a ChangeConfiguration (section 5.4); what a key governs follows at once."""
        if name == "SecurityProfile" and not self.security.may_rise_to(value):
            return "Rejected"
        status = self.settings.change(name, value)
        if status != "Accepted":
            return status
        if name == "AuthorizationKey":
            if not self.networks.change_password(value, now):
                self.password = value
        elif name == "HeartbeatInterval" and self.registration.accepted:
            self.registration.beat_every(float(value), now)
        elif name == "ClockAlignedDataInterval":
            self._aligned_due = self._next_aligned(now)
        elif name == "MeterValueSampleInterval":
            for outlet in self.outlets:
                outlet.reschedule(now)
        return status

    # -- resets, power, the end -----------------------------------------------------------

    def reset(self, kind: str, now: float) -> None:
        """Soft: end the sessions, tell of it, and restart; hard: at once, and tell of it afterwards (section 5.14)."""
        if kind == "Hard":
            self.cut_reason = Reason.HARD_RESET
            self._reset_due = now
            return
        for outlet in self.outlets:
            if outlet.running:
                outlet.stop(now, Reason.SOFT_RESET)
        self.cut_reason = Reason.SOFT_RESET
        self._reset_due = now + DRAIN_SECONDS
        self._see_to_reset(now)

    def restart(self, now: float, reason: Reason) -> None:
        """At once; sessions are told of as ended when it is back (2.x B11, B12)."""
        self.cut_reason = reason
        self.registration.boot_reason = "ScheduledReset" if reason is Reason.SOFT_RESET else "RemoteReset"
        self._reset_due = now

    def _see_to_reset(self, now: float) -> None:
        """A reset waits until all is said."""
        if self._reset_due != inf and not len(self.outbox):
            self._reset_due = min(self._reset_due, now)

    def power_loss(self, now: float, seconds: float = RESTART_SECONDS) -> None:
        """All that is volatile is lost; sessions are told of as ended when the power is back."""
        self.cut_reason = Reason.POWER_LOSS
        self._down_seconds = seconds
        self._go_down(now)

    def _go_down(self, now: float) -> None:
        self._reset_due = self._hold_due = self._steady_due = inf
        self.resets.forget()
        self.registration.restart()
        # Before the socket is opened again, which may be before the station is up: it goes to the new first slot.
        self.variables.restart()
        self.networks.restart()
        for outlet in self.outlets:
            outlet.cut_power(now)
        self.want(Reconnect(self._down_seconds))
        self._up_due, self._down_seconds = now + self._down_seconds, RESTART_SECONDS

    def _start_up(self, now: float) -> None:
        self._up_due = inf
        self._just_started = True
        self.settings.restart()
        self._aligned_due = self._next_aligned(now)
        self.gathering.plan(now)
        for outlet in self.outlets:
            outlet.wake(now)
        self.monitoring.restart(now)
        if self._online:
            self.registration.power_up(now)

    def shut_down(self, now: float) -> None:
        """Nothing begins any more; running sessions end, and that is reported."""
        self._off = True
        for outlet in self.outlets:
            outlet.shut_down(now)

    # -- what the client did --------------------------------------------------------------

    def downloaded(self, job: int, content: bytes | None, now: float) -> None:
        self.firmware.downloaded(job, content, now)
        self.publications.downloaded(job, content, now)

    def uploaded(self, job: int, delivery: Delivery, now: float) -> None:
        self.logs.uploaded(job, delivery, now)

    def published(self, checksum: str, locations: tuple[str, ...], now: float) -> None:
        self.publications.now_published(checksum, locations, now)
