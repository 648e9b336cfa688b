"""Two stations that start, measure, stop, repeat themselves, and lose what they were told, in any order.

FIELD 11 and 18 to 23: whatever they send, an EVSE has one running session, energy is never negative and never counted
twice, and nobody's session is ended by a wrong id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.test import TestCase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from smartserver.core import clock
from smartserver.core.batch import Unit
from smartserver.core.errors import Conflict
from stations.models import Station, Transaction
from stations.ocpp.frames import Payload
from stations.services.commands import Requester
from stations.services.equipment import connections
from stations.services.sessions import ghosts
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, call
from tests.units import run

CONNECTORS = (1, 2)
CLOSE = Requester("somebody")

places = st.tuples(st.integers(0, 1), st.sampled_from(CONNECTORS))
amounts = st.integers(0, 5_000)


@dataclass
class Session:
    """What a station knows of one of its sessions. `key` is what it was told, if it heard of it."""

    station: Station
    connector: int
    start: Payload
    key: int
    stop: Payload | None = None
    closed: bool = False


@dataclass
class Outlet:
    register: int
    first: int
    running: Session | None = None
    sessions: list[Session] = field(default_factory=list)


class Stations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.now: datetime = NOON
        self.stations = [StationFactory.create() for _ in range(2)]
        self.outlets = {
            (number, connector): Outlet(register, register)
            for (number, connector), register in zip(
                [(number, connector) for number in range(2) for connector in CONNECTORS],
                (0, 12, 900, 4_000_000),
                strict=True,
            )
        }

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    # -- help ----------------------------------------------------------------------------------

    def later(self) -> str:
        self.now += timedelta(minutes=7)
        return clock.isoformat(self.now)

    def unit(self, station: Station, action: str, payload: Payload) -> Unit[Payload]:
        return call(station, action, payload, at=self.now, accept_unknown=True)

    def send(self, station: Station, action: str, payload: Payload) -> Any:
        with clock.frozen(self.now):
            return run(self.unit(station, action, payload))[0]

    def known(self) -> list[Session]:
        return [session for outlet in self.outlets.values() for session in outlet.sessions]

    def active(self) -> set[int]:
        return set(Transaction.objects.filter(active=True).values_list("pk", flat=True))

    def stop_payload(self, session: Session, outlet: Outlet) -> Payload:
        return {"transactionId": session.key, "meterStop": outlet.register, "timestamp": self.later(), "idTag": "CARD"}

    # -- what happens --------------------------------------------------------------------------

    @rule(place=places, used=amounts)
    def start(self, place: tuple[int, int], used: int) -> None:
        """Also where its last session never ended: its end, with the register of this moment, comes later or never."""
        outlet, station = self.outlets[place], self.stations[place[0]]
        if outlet.running is not None:
            outlet.register += used
            outlet.running.stop = self.stop_payload(outlet.running, outlet)
        payload = {
            "connectorId": place[1],
            "idTag": "CARD",
            "meterStart": outlet.register,
            "timestamp": self.later(),
        }
        others = self.active() - {session.key for session in outlet.sessions}
        key = self.send(station, "StartTransaction", payload)["transactionId"]
        assert key not in {session.key for session in self.known()}, "a new session has a new id"
        assert self.active() == others | {key}
        outlet.running = Session(station, place[1], payload, key)
        outlet.sessions.append(outlet.running)

    @precondition(lambda self: self.known())
    @rule(data=st.data())
    def repeat_a_start(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(self.known()))
        before = self.active()
        self.later()
        assert self.send(session.station, "StartTransaction", session.start)["transactionId"] == session.key
        assert self.active() == before

    @rule(place=places, used=amounts, named=st.booleans())
    def measure(self, place: tuple[int, int], used: int, named: bool) -> None:
        outlet = self.outlets[place]
        if outlet.running is None:
            return
        outlet.register += used
        sampled = {"value": str(outlet.register), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        payload = {"connectorId": place[1], "meterValue": [{"timestamp": self.later(), "sampledValue": [sampled]}]}
        if named:
            payload["transactionId"] = outlet.running.key
        self.send(self.stations[place[0]], "MeterValues", payload)

    @rule(place=places, used=amounts, times=st.integers(1, 3))
    def stop(self, place: tuple[int, int], used: int, times: int) -> None:
        """Once, or several times in one batch."""
        outlet, station = self.outlets[place], self.stations[place[0]]
        session = outlet.running
        if session is None:
            return
        outlet.register += used
        session.stop = self.stop_payload(session, outlet)
        outlet.running = None
        before = self.active()
        with clock.frozen(self.now):
            answers = run(*[self.unit(station, "StopTransaction", session.stop) for _ in range(times)])
        assert answers == answers[:1] * times
        assert self.active() == before - {session.key}

    @precondition(lambda self: any(session.stop for session in self.known()))
    @rule(data=st.data())
    def repeat_a_stop(self, data: st.DataObject) -> None:
        """It may be the first one that arrives."""
        session = data.draw(st.sampled_from([session for session in self.known() if session.stop]))
        assert session.stop is not None
        before = self.active()
        self.later()
        self.send(session.station, "StopTransaction", session.stop)
        assert self.active() == before - {session.key}

    @rule(place=places, number=st.sampled_from((-1, 0, 1, 2**31 - 1)) | st.integers(1, 10_000))
    def stop_by_a_wrong_id(self, place: tuple[int, int], number: int) -> None:
        station = self.stations[place[0]]
        mine = {session.key for session in self.known() if session.station == station}
        if number in mine:
            return
        self.stop_of_another(station, number)

    @precondition(lambda self: self.known())
    @rule(data=st.data())
    def stop_by_the_id_of_another_station(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(self.known()))
        (other,) = [station for station in self.stations if station != session.station]
        self.stop_of_another(other, session.key)

    def stop_of_another(self, station: Station, number: int) -> None:
        before = self.active()
        payload = {"transactionId": number, "meterStop": 9_000_000, "timestamp": self.later(), "idTag": "CARD"}
        self.send(station, "StopTransaction", payload)
        assert self.active() == before

    @rule(place=places)
    def close_by_hand(self, place: tuple[int, int]) -> None:
        session = self.outlets[place].running
        if session is None or session.key not in self.active():
            return
        with clock.frozen(self.now):
            run(partial(ghosts.close_transaction, transaction_id=session.key, by=CLOSE))
            try:
                run(partial(ghosts.close_transaction, transaction_id=session.key, by=CLOSE))
            except Conflict:
                return
        raise AssertionError("closed twice")

    @rule(number=st.integers(0, 1), boots=st.booleans())
    def reconnect(self, number: int, boots: bool) -> None:
        station, before = self.stations[number], self.active()
        with clock.frozen(self.now):
            run(
                partial(connections.connect_station, station_id=station.pk, version="1.6", now=self.now),
                partial(connections.disconnect_station, station_id=station.pk, generation=0),
            )
            if boots:
                self.send(station, "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        assert self.active() == before

    # -- what always holds ---------------------------------------------------------------------

    @invariant()
    def one_session_runs_on_an_evse(self) -> None:
        running = list(Transaction.objects.filter(active=True).values_list("evse", flat=True))
        assert len(running) == len(set(running))

    @invariant()
    def no_energy_is_negative_or_counted_twice(self) -> None:
        assert not Transaction.objects.filter(energy_wh__lt=0).exists()
        for outlet in self.outlets.values():
            mine = Transaction.objects.filter(pk__in=[session.key for session in outlet.sessions])
            counted = mine.aggregate(total=Sum("energy_wh"))["total"] or 0
            assert counted <= outlet.register - outlet.first
        mine = Transaction.objects.filter(pk__in=[session.key for session in self.known()])
        assert not Transaction.objects.exclude(pk__in=mine).filter(energy_wh__gt=0).exists(), "nobody's session"

    @invariant()
    def what_ended_as_it_should_has_its_energy(self) -> None:
        for session in self.known():
            row = Transaction.objects.get(pk=session.key)
            if session.stop is not None and row.meter_stop_wh is not None:
                assert row.energy_wh == session.stop["meterStop"] - session.start["meterStart"], row.remark

    @invariant()
    def the_table_tells_how_many_run(self) -> None:
        for station in self.stations:
            station.refresh_from_db()
            assert station.sessions == Transaction.objects.filter(station=station, active=True).count()


class AnyOrder(TestCase):
    def test_keeps_sessions_apart_and_energy_right(self) -> None:
        run_state_machine_as_test(
            Stations,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
