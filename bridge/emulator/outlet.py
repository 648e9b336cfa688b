"""One emulated outlet: the phases of a DC session, measured values that agree with each other, alerts. Pure.

    1 idle → cable → 2 authorization → user → 3 parameter discovery → 4 cable check → 5 precharge → 6 start
    → 7 charging → 8 stopping → 1

The session begins when the user is accepted, and ends with phase 8, whatever phase it had reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge import vendor
from bridge.emulator.car import EFFICIENCY, Car
from bridge.emulator.session import NO_SESSION, Session

AUTHORIZATION, DISCOVERY, CABLE_CHECK, PRECHARGE, START, STOPPING = 2, 3, 4, 5, 6, 8
SECONDS_OF: dict[int, float] = {DISCOVERY: 3.0, CABLE_CHECK: 6.0, PRECHARGE: 4.0, START: 2.0, STOPPING: 3.0}
"""How long the phases last that end by themselves."""

AUTHORIZATION_SECONDS = 120.0
"""So long an outlet waits for a user, and an accepted user for a cable."""

MAX_POWER_W, MAX_CURRENT_A = 60_000.0, 200.0
RAMP_A_PER_S = 20.0
STEP_SECONDS = 1.0
AMBIENT_C = 24.0

SILENT_POWER_W = 1.0
"""Below this nothing is charged: the registers stand still."""

READY, SHUTDOWN, ISOLATION, EMERGENCY, MALFUNCTION, NOT_READY = 1, 2, 4, 5, 6, 0
"""`evsestat`: DC_EVSEStatusCode of DIN SPEC 70121."""

PILOT_A, PILOT_B, PILOT_C = 0, 1, 2
"""`pilot`: the state of the control pilot (IEC 61851-1 annex A), counted from A."""

Emit = Callable[[str, dict[str, Any]], None]


class Outlet:
    """`emit(type, payload)` takes the events. All methods are told the time in seconds since 1970."""

    def __init__(
        self, number: int, *, charger: str, emit: Emit, meter_wh: float = 0.0, max_power_w: float = MAX_POWER_W
    ) -> None:
        self.number = number
        self.phase = vendor.IDLE
        self.kind = "CCS"
        self.meter_wh = meter_wh
        self.power_cap_w = max_power_w
        self.out_of_order = False
        self.alerts: dict[int, str] = {}
        self.car: Car | None = None
        self.session: Session | None = None
        """The one that runs, or the last one."""
        self._charger = charger
        self._emit = emit
        self._max_power_w = max_power_w
        self._left = 0.0
        self._expected_user, self._expected_until = "", 0.0
        self._voltage = self._current = 0.0
        self._warmth = 0.0

    # -- what happens to it -----------------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        return self.phase == vendor.IDLE and not self.out_of_order and not self.alerts

    @property
    def running(self) -> Session | None:
        return self.session if self.session is not None and self.session.active else None

    def plug_in(self, now: float, car: Car) -> bool:
        """Whether the outlet takes the car."""
        if not self.is_free:
            return False
        self.car = car
        self._enter(AUTHORIZATION)
        self._left = AUTHORIZATION_SECONDS
        if self._expected_user and now <= self._expected_until:
            self.authorise(now, self._expected_user)
        return True

    def authorise(self, now: float, user: str) -> bool:
        """Accept a user: a waiting session begins; at a free outlet the next car's session will."""
        if self.phase == AUTHORIZATION and self.car is not None:
            self._expected_user = ""
            name = f"{self._charger}-{self.number}-{round(now * 1000)}"
            self.session = Session(name, user, self.car, now, self.car.arrives_at)
            self._emit("session_start", self.session.who())
            self._enter(DISCOVERY)
            return True
        if self.is_free:
            self._expected_user, self._expected_until = user, now + AUTHORIZATION_SECONDS
            return True
        return False

    def stop(self, source: str, reason: str, *, unexpected: bool = False) -> bool:
        """Whether there was something to stop."""
        session = self.running
        if session is None or self.phase == STOPPING:
            return False
        session.end(source, reason, unexpected=unexpected)
        if self.phase == vendor.CHARGING:
            told = {"source": session.ended_by, "stopReason": session.stop_reason}
            self._emit("stop_charging", told | session.who() | session.which_car())
        self._enter(STOPPING)
        return True

    def unplug(self) -> bool:
        """Pull the cable; a session that charges ends for it. Whether there was a cable."""
        if self.car is None:
            return False
        self.stop("ev", "EVDisconnected", unexpected=True)
        self._finish()
        return True

    def set_out_of_order(self, value: bool) -> None:
        self.out_of_order = value
        if value:
            self.stop("evse", "OutOfOrder")
            self._leave_unaccepted()

    def raise_alert(self, code: int, src: str = "evse", msg: str = "") -> None:
        """A fault: it stops what runs, and keeps the outlet until `clear_alerts`."""
        self.alerts[code] = msg or vendor.meaning(code)
        session = self.running
        if session is not None:
            session.errors.setdefault(code, self.alerts[code])
        self._tell_alert(code, src, self.alerts[code])
        if not self.stop("evse", "EmergencyStop" if code == vendor.EMERGENCY_STOP else "Error", unexpected=True):
            self._leave_unaccepted()

    def clear_alerts(self, src: str = "evse") -> bool:
        if not self.alerts:
            return False
        self.alerts.clear()
        self._tell_alert(vendor.ALL_CLEARED, src, vendor.meaning(vendor.ALL_CLEARED))
        return True

    def interrupt(self, reason: str) -> None:
        """The controller restarts: what runs is over at once, faults are forgotten."""
        self.stop("evse", reason, unexpected=True)
        self._finish()
        self.alerts.clear()
        self._expected_user = ""

    # -- time -------------------------------------------------------------------------------------

    def step(self, now: float, seconds: float) -> None:
        """Let time pass until `now`, in steps that are short enough for the energy to be right."""
        while seconds > 0:
            part = min(seconds, STEP_SECONDS)
            seconds -= part
            self._pass(now - seconds, part)

    def _pass(self, now: float, seconds: float) -> None:
        session = self.running
        self._measure(session, seconds)
        if session is not None:
            session.seconds = now - session.began
        if self.phase == vendor.IDLE:
            return
        if self.phase == vendor.CHARGING and session is not None:
            if session.soc >= session.car.leaves_at:
                self.stop("ev", "EVTargetReached")
            return
        self._left -= seconds
        if self._left <= 0:
            self._next()

    def _next(self) -> None:
        if self.phase == AUTHORIZATION:
            self._leave_unaccepted()
        elif self.phase == STOPPING:
            self._finish()
        else:
            self._enter(self.phase + 1)
            if self.phase == vendor.CHARGING and self.session is not None:
                self.session.charged = True
                self._emit("start_charging", self.session.which_car() | self.session.who())

    def _measure(self, session: Session | None, seconds: float) -> None:
        """Voltage and current of this step, and the energy that flowed in it."""
        wanted = 0.0
        if session is None or self.phase < CABLE_CHECK:
            self._voltage = 0.0
        elif self.phase == CABLE_CHECK:
            self._voltage = 500.0  # isolation is tested at a voltage of its own
        else:
            self._voltage = session.car.voltage(session.soc)
            if self.phase == vendor.CHARGING:
                wanted = min(self.limit_w, session.car.wanted_power(session.soc)) / self._voltage
        self._current = _towards(self._current, min(wanted, MAX_CURRENT_A), seconds)
        power = self.power_w
        if session is not None and power >= SILENT_POWER_W:
            energy = power * seconds / 3600
            session.energy_wh += energy
            self.meter_wh += energy
            session.soc = min(100.0, session.soc + energy * EFFICIENCY / session.car.capacity_wh * 100)
        self._warmth += (power / self._max_power_w * 40 - self._warmth) * min(1.0, seconds / 120)

    def _enter(self, phase: int) -> None:
        self.phase = phase
        self._left = SECONDS_OF.get(phase, 0.0)
        if phase == STOPPING:
            self._current = 0.0

    def _finish(self) -> None:
        """The cable is free again; a session that ran is over."""
        session = self.running
        self._enter(vendor.IDLE)
        self.car = None
        self._voltage = self._current = 0.0
        if session is not None:
            session.active = False
            self._emit("session_stop", session.report())

    def _leave_unaccepted(self) -> None:
        if self.phase == AUTHORIZATION:
            self._finish()

    def _tell_alert(self, code: int, src: str, msg: str) -> None:
        session = self.running
        payload = {"src": src, "code": code, "msg": msg, "list": list(self.alerts)}
        self._emit("alert", payload | {"session": session.id if session is not None else ""})

    # -- what it shows ----------------------------------------------------------------------------

    @property
    def power_w(self) -> float:
        return self._voltage * self._current

    @property
    def limit_w(self) -> float:
        return min(self.power_cap_w, self._max_power_w)

    def state(self, now: float, version: str) -> dict[str, Any]:
        """The outlet's object in /state: powers W, energies Wh, moments ms since 1970, -1 where no car says."""
        session = self.running
        voltage, current = round(self._voltage, 1), round(self._current, 2)
        target = session.car if session is not None and self.phase >= PRECHARGE else None
        alert = next(iter(self.alerts), 0)
        shown: dict[str, Any] = {
            "id": self._charger,
            "outlet": str(self.number),
            "outletType": self.kind,
            "timestamp": round(now * 1000),
            "phs": self.phase,
            "busy": self.phase != vendor.IDLE,
            "evsestat": self._evse_status(),
            "pilot": self._pilot(),
            "auth": session is not None or bool(self._expected_user and now <= self._expected_until),
            "soc": round(session.soc, 1) if session is not None and self.phase >= DISCOVERY else -1,
            "pv": voltage,
            "pc": current,
            "pp": round(voltage * current, 1),
            "tv": round(target.full_v, 1) if target is not None else 0.0,
            "tc": round(self._target_current(target, session), 1),
            "meter": round(self.meter_wh, 1),
            "PowerCapW": self.power_cap_w,
            "pLimit": self.limit_w,
            "temperatures": {
                "ambient": AMBIENT_C,
                "cable": round(AMBIENT_C + self._warmth, 1),
                "module": round(AMBIENT_C + 1.3 * self._warmth, 1),
            },
            "errorObj": {str(code): msg for code, msg in self.alerts.items()},
            "hasError": bool(self.alerts),
            "errorStop": self.session is not None and bool(self.session.errors),
            "out_of_order": self.out_of_order,
            "online": True,
            "version": version,
        }
        shown |= self.session.fields() if self.session is not None else NO_SESSION
        if session is None:
            # The last session is still shown, but the error is the one that stands now.
            shown |= {"user": "", "curr_ses_error": alert, "curr_ses_errMsg": self.alerts.get(alert, "")}
        return shown

    def _target_current(self, target: Car | None, session: Session | None) -> float:
        if target is None or session is None or self._voltage <= 0:
            return 0.0
        return min(MAX_CURRENT_A, target.wanted_power(session.soc) / self._voltage)

    def _evse_status(self) -> int:
        if vendor.EMERGENCY_STOP in self.alerts:
            return EMERGENCY
        if self.alerts:
            return MALFUNCTION
        if self.out_of_order:
            return NOT_READY
        return {CABLE_CHECK: ISOLATION, STOPPING: SHUTDOWN}.get(self.phase, READY)

    def _pilot(self) -> int:
        if self.car is None:
            return PILOT_A
        return PILOT_C if CABLE_CHECK <= self.phase <= vendor.CHARGING else PILOT_B


def _towards(current: float, wanted: float, seconds: float) -> float:
    """Currents rise slowly and fall at once."""
    return min(wanted, current + RAMP_A_PER_S * seconds)
