"""The live table of chargers: what its rows say, and that each change of a charger is told by its station's key."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.test import TestCase

from bridge.cms import charger_table
from bridge.cms.services import channels, enrolment, reports
from smartserver.core.batch import Unit
from smartserver.core.events import TOPIC_CHARGERS, TOPIC_STATIONS
from stations.models import Station
from tests.bridge.chargers import make_charger, show, tell
from tests.stations.support import NOON
from tests.units import run_published


class ChargersStayLive(TestCase):
    def setUp(self) -> None:
        Station.objects.create(identity="no charger")
        self.station = make_charger().station
        self.key = self.station.pk

    @property
    def row(self) -> dict[str, Any]:
        ((key, values),) = charger_table.TOPIC.load(Q())
        self.assertEqual(key, self.key)
        return values

    def assert_told(self, unit: Unit[Any], *, told: bool = True) -> None:
        _, published = run_published(unit)
        self.assertEqual(published.rows.get(TOPIC_CHARGERS), {self.key} if told else None)

    def test_a_row_says_how_it_is(self) -> None:
        show(self.station)
        tell(self.station, "alert", 2, code=85, message="DC bus")
        row = self.row
        self.assertEqual(list(row), [column.name for column in charger_table.COLUMNS])
        shown = {"identity": "EC-1", "state": "online", "status": "Faulted", "alerts": 1, "power_w": 20_000.0}
        shown |= {"channel": "closed", "state_at": "2026-06-21T12:00:00.000Z", "fed_at": None}
        self.assertEqual(row, row | shown)

    def test_whatever_a_bridge_tells_is_a_change(self) -> None:
        self.assert_told(lambda batch: reports.take_version(batch, station_id=self.key, version="9", now=NOON))
        self.assertEqual(self.row["bridge_version"], "9")

    def test_a_push_channel_opens_lives_and_closes(self) -> None:
        self.assert_told(lambda batch: channels.open_channel(batch, station_id=self.key, now=NOON))
        self.assertEqual(self.row["channel"], "open")
        alive = {"station_id": self.key, "generation": 1}
        self.assert_told(lambda batch: channels.note_alive(batch, **alive, now=NOON))
        self.assert_told(lambda batch: channels.close_channel(batch, station_id=self.key, generation=0), told=False)
        self.assert_told(lambda batch: channels.close_channel(batch, **alive))
        self.assertEqual(self.row["channel"], "closed")

    def test_one_that_went_silent_is_closed_and_told(self) -> None:
        self.assert_told(lambda batch: channels.open_channel(batch, station_id=self.key, now=NOON))
        later = NOON + channels.patience() * 1.1
        self.assert_told(lambda batch: channels.close_silent(batch, now=NOON), told=False)
        self.assert_told(lambda batch: channels.close_silent(batch, now=later))
        self.assertEqual(self.row["channel"], "closed")

    def test_what_people_decide_is_told(self) -> None:
        settings = {"open_name": True}
        self.assert_told(lambda batch: enrolment.change_charger(batch, station_id=self.key, settings=settings))

    def test_changes_of_its_station_are_its_own(self) -> None:
        self.assertEqual(charger_table.TOPIC.follows, {TOPIC_STATIONS})
        Station.objects.filter(pk=self.key).update(status="Charging")
        stations = list(Station.objects.values_list("pk", flat=True))
        found = list(charger_table.TOPIC.load(Q(**{f"{charger_table.TOPIC.key}__in": stations})))
        self.assertEqual([(key, values["status"]) for key, values in found], [(self.key, "Charging")])

    def test_states_are_those_of_the_stations(self) -> None:
        other = make_charger("EC-2").station
        Station.objects.filter(pk=other.pk).update(state="offline")
        expected = {"states": {"never": 0, "online": 1, "stale": 0, "offline": 1}}
        self.assertEqual(charger_table.STATES.load(), expected)
        self.assertEqual((charger_table.STATES.topics, charger_table.TOPIC.count()), ({"chargers", "stations"}, 2))
