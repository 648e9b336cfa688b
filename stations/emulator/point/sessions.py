"""The sessions at a connector: from a cable and a token, in either order, to an end. Pure.

Each action says by itself what has to be said, in the words of the version (`words.py`).
"""

from __future__ import annotations

import random
import uuid
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.access import Verdict, same
from stations.emulator.point.connector import Lock
from stations.emulator.point.endings import Endings
from stations.emulator.point.message import Charge
from stations.emulator.point.vehicle import Vehicle
from stations.emulator.point.words import Ending, Reason
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station


class Sessions(Endings):
    def __init__(self, number: int, station: Station, *, chance: random.Random, ids: random.Random) -> None:
        super().__init__(number, station, chance)
        self._ids = ids
        self._was_full = False
        self._placed = True
        """For the next session: its EVSE is known, other than at the reader of the station."""
        self._profile: Payload | None = None
        self._remote: int | None = None
        """For the next session: they came with the remote start."""
        self.transfers: tuple[str, ...] = ()
        """The same: the ways of energy transfer that the server allowed for its token (2.1)."""

    # -- time -----------------------------------------------------------------------------

    @property
    def due(self) -> float:
        due = min(self.patience_due, self._look_due, self._sample_due, self._status_due)
        return due if self.driver is None else min(due, self.driver.due)

    def step(self, now: float) -> None:
        """What happens at `now`, which is not before `due`."""
        if self._status_due <= now:
            self.tell(now)
        if self.patience_due <= now:
            self._give_up(now)
        if self._look_due <= now:
            self._look(now)
        if self._sample_due <= now:
            self._sample(now)
        if self.driver is not None and self.driver.due <= now:
            self.driver.step(now)

    def _look(self, now: float) -> None:
        """See whether the vehicle is full or a limit has changed."""
        self.advance(now)
        self._look_due = self._next_look(now)
        self._collect(now)
        if (reason := self._limit_reached(now)) is not None:
            self.stop(now, reason)
            return
        self._notice(now)

    def _notice(self, now: float) -> None:
        if self._has_enough():
            self.stop(now, Reason.VEHICLE)
            return
        self.tell_change(now)
        if self.charge is not None and self.vehicle is not None and self.vehicle.full and not self._was_full:
            self._was_full = True
            if self.driver is not None:
                self.driver.full(now)

    def _sample(self, now: float) -> None:
        assert self.charge is not None
        self.advance(now)
        self._station.say(self._station.words.sampled(self.charge, self.reading(now)), now)
        self.reschedule(now)

    def reschedule(self, now: float) -> None:
        """The next reading of the session (MeterValueSampleInterval)."""
        seconds = self._station.sample_seconds
        self._sample_due = now + seconds if self.running and seconds > 0 else inf

    # -- the driver -----------------------------------------------------------------------

    def drive_in(self, now: float) -> None:
        """A vehicle stands in the parking bay, where that is watched (2.x ParkingBayOccupancy)."""
        charge = self.charge or self._new_charge()
        if said := self._station.words.detected(charge, self.reading(now)):
            self.charge = charge
            self._station.say(said, now)

    def plug_in(self, now: float, vehicle: Vehicle | None = None) -> None:
        """A cable connects a vehicle."""
        assert self.vehicle is None, "There is a vehicle already."
        self.vehicle = vehicle if vehicle is not None else Vehicle.usual()
        self._finished = self._was_full = False
        self.held = None
        self._charged_until = now
        if self.running:  # it comes back (StopTransactionOnEVSideDisconnect = false)
            self.patience_due = inf
            self._notice(now)
            return
        if self.inoperative or self.error:
            return
        self.charge = self._station.reader.place(self.number) or self.charge or self._new_charge()
        self.tell_status_change(now)
        self._station.say(self._station.words.plugged_in(self.charge, self.reading(now)), now)
        if self.charge.authorised:
            self._begin(now)

    def unplug(self, now: float) -> None:
        """The cable is pulled on the vehicle's side."""
        self.advance(now)
        charge, station = self.charge, self._station
        if charge is not None and charge.running:
            if not station.settings.flag("StopTransactionOnEVSideDisconnect"):
                self._lose_vehicle(charge, now)
                return
            if not station.settings.flag("UnlockConnectorOnEVSideDisconnect"):
                self.held = charge
            self._end(now, Reason.UNPLUGGED)
        elif charge is not None and charge.open and station.words.ending(Reason.UNPLUGGED) is Ending.AT_ONCE:
            self._close(charge, now, Reason.UNPLUGGED)
        self.vehicle = None
        self._finished = False
        if charge is not None and charge.open:  # until the parking bay is free
            self.say_of(station.words.unplugged, now)
        else:
            self.charge = None
        self.tell_change(now)

    def _lose_vehicle(self, charge: Charge, now: float) -> None:
        """The session goes on (E10), at a fixed cable only if the vehicle comes back in time."""
        self.vehicle = None
        self.say_of(self._station.words.unplugged, now)
        if self.lock is Lock.MISSING:
            self.patience_due = now + self._station.settings.number("ConnectionTimeOut")
        self.tell_change(now)

    def present(self, token: str, now: float, *, placed: bool = True) -> None:
        """A card is held to the reader: it starts, stops, or takes back what it began (sections 3.5, 4.1).

        `placed`: the reader is the connector's own (`reader.py`)."""
        charge, self._placed = self.charge, placed
        if charge is not None and charge.authorised and same(charge.token, token):
            if charge.running:
                self.stop(now, Reason.LOCAL, by=charge.token)
            else:
                self._give_up(now, Reason.LOCAL)
            return
        if not self._station.payments.is_awaited(self.number, now):
            self._ask(token, now)
        elif self.driver is not None:  # somebody pays for it on a web page (2.1 C25)
            self.driver.refused(now)

    def asks(self, token: str) -> bool:
        """Whether the server is being asked about this token."""
        return bool(self._asked) and same(self._asked, token)

    def _ask(self, token: str, now: float) -> None:
        station = self._station
        verdict = station.security.contracts.decide(token, now, online=station.online)
        if verdict is not None:
            self.decided(token, verdict, now)
            return
        self._asked = token
        asked = station.security.contracts.completed(station.words.authorize(token, self.number))
        station.say([station.v2x.completed(asked, self)], now)

    def answered(self, token: str, verdict: Verdict, now: float) -> None:
        """The server's word on a token; a question that nobody waits for any more has no effect."""
        if self.asks(token):
            self.decided(token, verdict, now)

    def decided(self, token: str, verdict: Verdict, now: float) -> None:
        self._asked = ""
        charge, station = self.charge, self._station
        if self.held is not None:
            self._release(self.held, token, verdict, now)
            return
        if verdict.accepted and station.masters.knows(verdict.group) and station.masters.shown(token, self.number, now):
            return
        if charge is not None and charge.authorised:
            # Another card of the same group may stop the session, and nothing else (section 4.8).
            if verdict.accepted and charge.running and verdict.group and same(verdict.group, charge.group):
                self.stop(now, Reason.LOCAL, by=token)
            return
        if verdict.accepted and not self.lingers and self._lets_in(token, verdict):
            self._authorise(token, verdict, now)
        else:
            self._profile, self._remote, self._placed = None, None, True
            if self.driver is not None:
                self.driver.refused(now)

    def _release(self, held: Charge, token: str, verdict: Verdict, now: float) -> None:
        """The cable is for whoever charged with it (section 9.1, UnlockConnectorOnEVSideDisconnect)."""
        group = bool(verdict.group) and same(verdict.group, held.group)
        if verdict.accepted and (same(token, held.token) or group):
            self.held = None
            self.tell_change(now)

    def _lets_in(self, token: str, verdict: Verdict) -> bool:
        """Whether an accepted token may begin a session just here."""
        elsewhere = bool(verdict.evses) and self.number not in verdict.evses
        return not elsewhere and not self._station.masters.knows(verdict.group) and self.admits(token, verdict.group)

    def admits(self, token: str, group: str = "") -> bool:
        """Whether it is in service and not kept for somebody else."""
        if self.error or self.inoperative:
            return False
        others = [outlet.kind for outlet in self._station.outlets if outlet is not self and outlet.free]
        return self._station.reservations.admit(self.number, token, group, kind=self.kind, free_elsewhere=others)

    def _authorise(self, token: str, verdict: Verdict, now: float) -> None:
        charge = self.charge = self.charge or self._new_charge()
        charge.token, charge.group, charge.languages = token, verdict.group, verdict.languages
        charge.authorised = True
        self._station.display.read_by(charge)
        charge.placed, self._placed = self._placed, True
        charge.profile, self._profile = self._profile, None
        charge.remote_start, self._remote = self._remote, None
        charge.transfers, self.transfers = self.transfers, ()
        self._station.tariffs.agree(charge, self._station.clock(now))
        if self.vehicle is not None:
            self._begin(now)
            return
        self.say_of(self._station.words.admitted, now)
        self.patience_due = now + self._station.settings.number("ConnectionTimeOut")
        self.tell_change(now)
        if self.driver is not None:
            self.driver.awaited(now)

    def _give_up(self, now: float, reason: Reason = Reason.TIMEOUT) -> None:
        """Nobody plugged in (ConnectionTimeOut), or the card was shown again: the token is forgotten."""
        self.patience_due = inf
        if self.running:  # nobody plugged in again
            self.stop(now, reason)
            return
        if self.charge is not None and self.charge.open:
            self._close(self.charge, now, reason)
        self.charge = None
        self.tell_change(now)
        if self.driver is not None:
            self.driver.refused(now)

    def _new_charge(self) -> Charge:
        reference = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
        return Charge(self.number, reference)

    # -- the session ----------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        station, charge = self._station, self.charge
        assert charge is not None
        self.patience_due = inf
        self._finished = False
        reservation = station.reservations.use(self.number, charge.token, charge.group, self.kind)
        if reservation is not None:
            charge.reservation, charge.reserved_at = reservation.id, reservation.made
        words = station.words
        if not charge.open:
            station.say(words.plugged_in(charge, self.reading(now)), now)
        station.say(words.authorised(charge, self.reading(now)), now)
        charge.begun, charge.begin_wh = station.clock(now), self._register_wh
        self._charged_until = now  # nothing flowed before
        charge.running = True  # the first reading shows power
        station.profiles.begin(charge, charge.begun)
        self.advance(now)
        station.say(words.began(charge, self.reading(now)), now)
        self._look_due = now + station.look_seconds
        self._collect(now)
        self.reschedule(now)
        self.tell_change(now)
        station.charging.begun(self, now)
        if self.driver is not None:
            self.driver.authorised(now)

    def judge(self, charge: Charge, verdict: Verdict, now: float) -> None:
        """The server's word on the token of the session, in the answer to its start (section 4.8)."""
        if charge is not self.charge or not charge.running:
            return
        charge.group = verdict.group or charge.group
        charge.languages = verdict.languages or charge.languages
        if verdict.accepted or charge.allowance_wh is not None:
            return
        self.advance(now)
        settings = self._station.settings
        energy, ends = float(settings.number("MaxEnergyOnInvalidId")), settings.flag("StopTransactionOnInvalidId")
        if ends and not (energy > 0.0 and self._station.words.tells_progress):  # 2.x lets that flow first (E05)
            self.stop(now, Reason.DEAUTHORISED)
            return
        charge.allowance_wh, charge.ends_unaccepted = energy, ends
        self._look_due = self._next_look(now)
        self.tell_change(now)
