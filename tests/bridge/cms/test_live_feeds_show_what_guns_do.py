"""Live feeds: the status of each gun, and whether the charger is online."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from bridge.cms.models import Charger
from bridge.cms.services import admission, reports
from smartserver.core.errors import NotFound
from stations.models import Connector, Message, State, Station
from stations.services.equipment import connections
from tests.bridge.cms.telling import Gun, TellingCase
from tests.stations.support import NOON
from tests.units import run


class Guns(TellingCase):
    def shown(self) -> dict[int, str]:
        return dict(Connector.objects.order_by("evse__number").values_list("evse__number", "status"))

    def test_one_gun(self) -> None:
        """The wire has fields for two: what says nothing is not there."""
        self.feed(Gun("A", evsestat=0, pilot=0), Gun("B"))
        self.assertEqual(self.shown(), {1: "Available"})

    def test_two_guns(self) -> None:
        self.feed(Gun("A", busy=True, evsestat=3), Gun("B", evsestat=0))
        self.assertEqual(self.shown(), {1: "Preparing", 2: "Available"})

    def test_five_guns(self) -> None:
        guns = [Gun(letter, busy=letter in "BD", evsestat=0, error=17 * (letter == "E")) for letter in "ABCDE"]
        self.feed(*guns)
        self.assertEqual(self.shown(), {1: "Available", 2: "Preparing", 3: "Available", 4: "Preparing", 5: "Faulted"})

    def test_no_gun_at_all(self) -> None:
        self.feed()
        self.assertEqual((self.shown(), Charger.objects.get().fed_at), ({}, NOON))

    def test_one_that_falls_silent_is_free(self) -> None:
        self.feed(Gun("A", busy=True))
        self.feed(Gun("A"))
        self.assertEqual(self.shown(), {1: "Available"})

    def test_what_is_known_better_stays(self) -> None:
        self.start(at=0)
        self.charge(at=1)
        self.feed(Gun("A", busy=True), at=2)
        self.assertEqual(self.shown(), {1: "Charging"})
        self.pause(at=3)
        self.feed(Gun("A", busy=True), at=4)
        self.assertEqual(self.shown(), {1: "Finishing"})
        self.show({"outlet": 1, "out_of_order": True}, at=5)
        self.feed(Gun("A", evsestat=0), at=6)
        self.assertEqual(self.shown(), {1: "Unavailable"})

    def test_a_running_session_is_shown_after_a_fault(self) -> None:
        self.start(at=0)
        for after in ("Preparing", "Charging"):
            self.feed(Gun("A", busy=True, error=5), at=1)
            self.assertEqual(self.shown(), {1: "Faulted"})
            self.feed(Gun("A", busy=True), at=2)
            self.assertEqual(self.shown(), {1: after})
            self.charge(at=3)

    def test_what_stays_the_same_is_told_once(self) -> None:
        for at in range(3):
            self.feed(Gun("A", evsestat=0), at=at)
        self.assertEqual(len(self.told("station.status_changed")), 1)
        self.assertEqual(Message.objects.count(), 3)

    def test_the_states_phases(self) -> None:
        for phase, status in ((1, "Available"), (4, "Preparing"), (7, "Charging"), (8, "Finishing")):
            self.show({"outlet": "A", "phs": phase}, {"outlet": "B", "phs": 1})
            self.assertEqual(self.shown(), {1: status, 2: "Available"})


class Presence(TellingCase):
    def online(self) -> tuple[str, str]:
        self.station.refresh_from_db()
        return self.station.state, self.station.ocpp_version

    def silent(self, *, at: float) -> None:
        """The look for stations that have been silent."""
        stale, gone = timedelta(minutes=10), timedelta(minutes=20)
        now = NOON + timedelta(seconds=at)
        run(partial(connections.mark_silent, now=now, stale_after=stale, gone_after=gone))

    def seen(self, at: float) -> None:
        """Messages are seen at the time of their transaction."""
        Station.objects.update(last_seen_at=NOON + timedelta(seconds=at))

    def test_three_times_gone_and_back(self) -> None:
        for turn in range(3):
            begin = turn * 10_000.0
            self.feed(Gun("A"), at=begin)
            self.seen(begin)
            self.assertEqual(self.online(), (State.ONLINE, "NOC"))
            self.silent(at=begin + 599)
            self.assertEqual(self.online()[0], State.ONLINE)
            self.silent(at=begin + 601)
            self.assertEqual(self.online()[0], State.STALE)
            self.silent(at=begin + 1201)
            self.assertEqual(self.online()[0], State.OFFLINE)
        self.assertEqual(self.station.connection, 3)
        self.assertEqual([each["version"] for each in self.told("station.connected")], ["NOC"] * 3)

    def test_a_stale_one_that_speaks_again_was_not_gone(self) -> None:
        self.feed(Gun("A"))
        self.seen(0)
        self.silent(at=601)
        self.feed(Gun("A"), at=602)
        self.assertEqual((self.online()[0], self.station.connection), (State.ONLINE, 1))

    def test_every_call_is_a_sign_of_life(self) -> None:
        for tell in (
            lambda: self.feed(Gun("A")),
            lambda: self.show({"outlet": 1}),
            lambda: self.event("note"),
            lambda: self._run(partial(reports.take_version, version="v\0"), 0),
        ):
            Station.objects.update(state=State.OFFLINE)
            tell()
            self.assertEqual(self.online()[0], State.ONLINE)
        self.assertEqual(Charger.objects.get().bridge_version, "v")

    def test_one_that_is_gone_for_good_is_not_found(self) -> None:
        with self.assertRaises(NotFound):
            run(partial(admission.note_presence, station_id=self.station.pk + 1, now=NOON))
