"""What people and the server do to a connector (1.6), or to an EVSE with its one connector (2.x). Pure.

    plug_in ─► present ─► (Authorize) ─► running … ─► stop | unplug     a driver, in either order
    fault, clear_fault, emergency_stop, cut_power                       what goes wrong
    start_remotely, stop, unlock, operate                               what the server wants

`step(now)` does what is due at `due`; times are seconds of the emulated station.
"""

from __future__ import annotations

from math import inf

from stations.emulator.point.access import Verdict
from stations.emulator.point.connector import Lock
from stations.emulator.point.limits import DRIVER
from stations.emulator.point.message import Charge
from stations.emulator.point.sessions import Sessions
from stations.emulator.point.words import Reason
from stations.ocpp.frames import Payload

__all__ = ["Lock", "Outlet"]


class Outlet(Sessions):
    def limit_by_driver(self, limits: dict[str, float], now: float) -> None:
        """A driver limits the own session at the station's display (2.1 E16)."""
        if self.charge is not None and self.charge.open:
            self.limit_session(self.charge, limits, now, by=DRIVER)

    # -- what the server wants ------------------------------------------------------------

    def start_remotely(
        self, token: str, profile: Payload | None, now: float, *, group: str = "", number: int | None = None
    ) -> None:
        """RemoteStartTransaction (section 5.11): as if the token was presented, or as known to be good.

        RequestStartTransaction of 2.x has a number (F01, F02), and may tell the token's group.
        """
        self._profile, self._remote = profile, number
        # A token of the group that the connector is reserved for: only the server knows its parent (section 5.13).
        unsure = not self.admits(token, group) and self._station.reservations.asks_for_group(self.number)
        if unsure or self._station.settings.flag("AuthorizeRemoteTxRequests"):
            self._ask(token, now)
        else:
            self.decided(token, Verdict("Accepted", group), now)

    def stop_remotely(self, now: float) -> None:
        """RequestStopTransaction of 2.x (F03): also of one in which no energy flows yet."""
        if self.running:
            self.stop(now, Reason.REMOTE)
        else:
            self._finish(now, Reason.REMOTE)
            self.tell_change(now)

    def unlock(self, now: float) -> str:
        """The status of an UnlockConnector; it ends the session first (section 5.18)."""
        if self.running and self.lock is not Lock.MISSING:
            self.stop(now, Reason.UNLOCK_COMMAND)
        if self.held is not None and self.lock is Lock.WORKS:
            self.held = None
            self.tell_change(now)
        return str(self.lock.value)

    def unlock_idle(self, now: float) -> str:
        """The same in 2.x: a session that was authorised goes on, and the lock stays as it is (F05)."""
        if self.charge is not None and self.charge.authorised:
            return "OngoingAuthorizedTransaction"
        if self.lock is not Lock.WORKS:
            return "UnlockFailed"
        if self.charge is not None and self.charge.open:
            self.say_of(self._station.words.unlocked, now)
        return self.unlock(now)

    def operate(self, operative: bool, now: float, part: str = "") -> str:
        """The status of a ChangeAvailability: a session may end first (section 5.2; 2.x G03, G04)."""
        self.out_later.discard(part)
        if operative:
            self.out.discard(part)
        elif self.charge is not None and (self.charge.open or self.charge.running):
            self.out_later.add(part)
            return "Scheduled"
        else:
            self.out.add(part)
        if self.inoperative:
            self._forget_token()
            self._lose_reservation(now)
        self.tell_change(now)
        return "Accepted"

    def _lose_reservation(self, now: float) -> None:
        """Nobody can charge here: 2.x can tell of it, and does not keep what it cannot keep (H01)."""
        held = self._station.reservations.of(self.number)
        if held is not None and self._station.words.tells_progress:
            self._station.reservations.cancel(held.id)
            self._station.say(self._station.words.reservation_ended(held.id, "Removed"), now)

    # -- what goes wrong ------------------------------------------------------------------

    def fault(self, now: float, error: str = "OtherError", reason: Reason = Reason.FAULT) -> None:
        """Something breaks: a ChargePointErrorCode (section 7.6). A session ends."""
        self.advance(now)
        self.error = error
        self._finish(now, reason)
        self._lose_reservation(now)
        if self.told == self._station.words.status_word(self.status):
            self.told = ""  # another fault than before
        self.tell_change(now)

    def clear_fault(self, now: float) -> None:
        self.error = ""
        self.tell_change(now)

    def emergency_stop(self, now: float) -> None:
        """Somebody presses the red button; `clear_fault` when it is released."""
        self.fault(now, "OtherError", Reason.EMERGENCY_STOP)

    def cut_power(self, now: float) -> None:
        """The station loses its power, or restarts without waiting: what is not written down is lost."""
        self.advance(now)
        if self.charge is not None and self.running and self._station.keeps_sessions:
            self.charge.cut_at = now
        else:
            self._finish(now, self._station.cut_reason)
        self._finished, self.error, self.held = False, "", None
        self.told = ""
        self._status_due = inf

    @property
    def cut(self) -> bool:
        """The station is without power; what becomes of the session is told when it is back."""
        return self.charge is not None and self.charge.cut_at is not None

    def restart(self, now: float, reason: Reason) -> None:
        """An EVSE alone is reset (2.x B12): its session ends, and what it reports of itself begins anew."""
        self.advance(now)
        self.error, self.told = "", ""
        if self.charge is not None and self.running and reason is Reason.RESET_AND_RESUME and self._station.resumes:
            self.tell_status_change(now)
            self._resume(self.charge, now)
            return
        self._finish(now, reason)
        self.tell_change(now)

    def wake(self, now: float) -> None:
        """Power is back; nothing happened meanwhile. A session that could wait goes on, if it was not too long."""
        self._charged_until = now
        charge, station = self.charge, self._station
        if charge is not None and charge.cut_at is not None:
            in_time = now - charge.cut_at <= station.resumption_seconds
            charge.cut_at = None
            if in_time:
                self._resume(charge, now)
            else:
                self._finish(now, station.cut_reason)
        if self.driver is not None:
            self.driver.due = max(self.driver.due, now)

    def _resume(self, charge: Charge, now: float) -> None:
        """With energy only where that is allowed (2.1 E17, TxAllowEnergyTransferResumption)."""
        charge.energy_off = self._station.variables.text("TxCtrlr", "TxAllowEnergyTransferResumption") != "true"
        self.advance(now)
        self.say_of(self._station.words.resumed, now)
        self._look_due = now + self._station.look_seconds
        self.reschedule(now)

    def shut_down(self, now: float) -> None:
        """The station is switched off in an orderly way: a session ends, and nobody comes any more."""
        self.driver = None
        self.advance(now)
        self._finish(now, Reason.REBOOT)
        self._status_due = inf
