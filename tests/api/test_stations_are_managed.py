"""Stations, who knocks, connectors."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartserver.accounts.models import AuditEntry
from smartserver.core.batch import Unit
from smartserver.core.credentials import key_matches
from smartserver.core.events import TOPIC_KNOCKING, TOPIC_STATIONS
from stations.models import KnockingStation, Message, MeterValue, Quirk, Station, Transaction
from stations.selectors import KNOCKING
from stations.services.equipment import connections, enrolment
from tests.api.support import ApiCase
from tests.stations.factories import ConnectorFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON
from tests.units import run, run_published


class EnrolmentTests(ApiCase):
    def test_a_password_is_made_up_and_shown_once(self) -> None:
        found = self.ask("post", "stations", {"identity": "CP1", "note": "by the gate"}, expect=201)
        station = Station.objects.get(identity="CP1")
        self.assertTrue(key_matches([found["password"]], station.password_hash))
        self.assertEqual((found["note"], found["has_password"], station.note), ("by the gate", True, "by the gate"))
        self.assertNotIn("password", self.ask("get", "stations/CP1"))
        self.assertNotIn(found["password"], str(list(AuditEntry.objects.values())))

    def test_a_given_password_is_taken(self) -> None:
        password = "0123456789abcdef"
        self.ask("post", "stations", {"identity": "CP1", "password": password}, expect=201)
        self.assertTrue(key_matches([password], Station.objects.get().password_hash))
        self.assertNotIn(password, str(list(AuditEntry.objects.values())))

    def test_bad_stations_are_refused(self) -> None:
        for body, path in (
            ({"identity": ""}, "identity"),
            ({"identity": " CP1"}, "identity"),
            ({"identity": "CP\n1"}, "identity"),
            ({"identity": "x" * 256}, "identity"),
            ({"identity": "CP1", "password": "short"}, "password"),
            ({"identity": "CP1", "connection": 7}, "connection"),
            ({"identity": "CP1", "heartbeat_interval": 0}, "heartbeat_interval"),
        ):
            with self.subTest(body=body):
                found = self.ask("post", "stations", body, expect=400)
                self.assertEqual([each["path"] for each in found["problems"]], [path])
        self.assertFalse(Station.objects.exists())

    def test_an_identity_exists_once(self) -> None:
        StationFactory.create(identity="CP1")
        self.assertEqual(self.ask("post", "stations", {"identity": "CP1"}, expect=409)["code"], "conflict")
        self.assertEqual(AuditEntry.objects.get().outcome, "conflict")

    def test_a_new_password(self) -> None:
        station = StationFactory.create(identity="CP1")
        password = self.ask("post", "stations/CP1/password")["password"]
        station.refresh_from_db()
        self.assertTrue(key_matches([password], station.password_hash))

    def test_only_what_people_decide_can_be_changed(self) -> None:
        StationFactory.create(identity="CP1")
        body = {"strict": True, "registration": "Pending", "heartbeat_interval": 60, "note": "x"}
        found = self.ask("patch", "stations/CP1", body)
        self.assertEqual({name: found[name] for name in body}, body)
        self.ask("patch", "stations/CP1", {"state": "online"}, expect=400)
        self.assertEqual(self.ask("patch", "stations/CP1", {"heartbeat_interval": None})["heartbeat_interval"], None)

    def test_who_knocks_is_enrolled(self) -> None:
        KnockingStation.objects.create(identity="CP/1", address="192.0.2.1", first_at=NOON, last_at=NOON)
        self.assertEqual(self.ask("get", "knocking")["results"][0]["address"], "192.0.2.1")
        with self.subTest("by the name that it has"):
            self.ask("post", "knocking/CP1/enrol", expect=404)
        KnockingStation.objects.update(identity="CP1")
        self.assertEqual(len(self.ask("post", "knocking/CP1/enrol", expect=201)["password"]), 40)
        self.assertFalse(KnockingStation.objects.exists())
        self.assertTrue(Station.objects.filter(identity="CP1").exists())

    def test_who_knocks_is_found_and_can_be_forgotten(self) -> None:
        for identity, address in (("CP1", "192.0.2.1"), ("other", "198.51.100.7")):
            KnockingStation.objects.create(identity=identity, address=address, first_at=NOON, last_at=NOON)
        for text in ("cp", "192.0"):
            self.assertEqual([each["identity"] for each in self.read("knocking", {"search": text})["results"]], ["CP1"])
        self.ask("delete", "knocking/CP1", expect=204)
        self.ask("delete", "knocking/CP1", expect=404)
        self.assertEqual(self.ask("get", "knocking")["count"], 1)

    def test_how_many_knock_follows_who_comes_and_is_let_in(self) -> None:
        def counted(unit: Unit[Any]) -> tuple[set[str], int]:
            _, published = run_published(unit)
            return set(published.rows), KNOCKING.load()["count"]

        came = partial(connections.look_up_station, identity="CP1", address="192.0.2.1", create_unknown=False, now=NOON)
        self.assertEqual(counted(came), ({TOPIC_KNOCKING}, 1))
        self.assertEqual(counted(came), (set(), 1))
        self.assertEqual(
            counted(partial(enrolment.enrol_knocking, identity="CP1")), ({TOPIC_KNOCKING, TOPIC_STATIONS}, 0)
        )

    def test_a_removed_station_leaves_nothing(self) -> None:
        station = StationFactory.create(identity="CP1")
        other = StationFactory.create(identity="CP2")
        TransactionFactory.create(station=station)
        rows = enrolment.ROWS_AT_ONCE + 1
        MeterValue.objects.bulk_create(MeterValue(station=station, received_at=NOON) for _ in range(rows))
        for each in (station, other):
            Message.objects.create(station=each, direction="in", received_at=NOON)
        self.ask("delete", "stations/CP1", expect=204)
        self.assertEqual(list(Station.objects.all()), [other])
        self.assertEqual((Message.objects.count(), MeterValue.objects.count(), Transaction.objects.count()), (1, 0, 0))
        self.assertEqual(AuditEntry.objects.get().target, "station CP1")
        self.ask("delete", "stations/CP1", expect=404)

    def test_a_removal_begins_with_locking_out(self) -> None:
        """So that a removal which is interrupted leaves no station that half works."""
        station = StationFactory.create(identity="CP1", password_hash="x", connection=7)
        run(lambda batch: enrolment.lock_out(batch, station_id=station.pk))
        station.refresh_from_db()
        self.assertEqual((station.password_hash, station.connection), (enrolment.NOBODY, 8))
        self.assertFalse(key_matches(["", "!"], station.password_hash))


class ListTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        for number, (vendor, state, power) in enumerate(
            (("Acme", "online", 11_000.0), ("Bolt", "online", None), ("acme", "offline", 0.0))
        ):
            StationFactory.create(identity=f"CP{number}", vendor=vendor, state=state, power_w=power)

    def found(self, **query: Any) -> list[str]:
        return [row["identity"] for row in self.read("stations", query, by=self.viewer)["results"]]

    def test_filters_search_and_order(self) -> None:
        for query, expected in (
            ({}, ["CP0", "CP1", "CP2"]),
            ({"state": "online"}, ["CP0", "CP1"]),
            ({"search": "ACME"}, ["CP0", "CP2"]),
            ({"search": "acme", "state": "online"}, ["CP0"]),
            ({"order": "-identity"}, ["CP2", "CP1", "CP0"]),
            ({"order": "power_w"}, ["CP2", "CP0", "CP1"]),  # what is unknown comes last, in either direction
            ({"order": "-power_w"}, ["CP0", "CP2", "CP1"]),
            ({"q": ["filter:power_w:>:100"]}, ["CP0"]),
            ({"q": ["filter:vendor:=:cm", "sort:identity:<"]}, ["CP2", "CP0"]),
            ({"strict": "true"}, []),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.found(**query), expected)

    def test_pages_lead_to_each_other(self) -> None:
        for query in ({}, {"q": "sort:identity:>"}):
            with self.subTest(query=query):
                first = self.read("stations", {"limit": 2, **query})
                self.assertEqual((first["count"], len(first["results"]), first["previous"]), (3, 2, None))
                second = self.viewer.get(first["next"]).json()
                self.assertEqual([row["identity"] for row in second["results"]], ["CP2"])
                self.assertIsNone(second["next"])
                self.assertIn("page=1", second["previous"])

    def test_mistakes_are_named(self) -> None:
        for query, path in (
            ({"state": "here"}, "state"),
            ({"staet": "online"}, "staet"),
            ({"page": 0}, "page"),
            ({"page": 10**30}, "page"),
            ({"limit": 1001}, "limit"),
            ({"order": "password_hash"}, "order"),
            ({"search": "\x00"}, "search"),
        ):
            with self.subTest(query=query):
                found = self.read("stations", query, expect=400)
                self.assertEqual([each["path"] for each in found["problems"]], [path])
        self.assertEqual(self.ask("get", "stations", q="filter:password_hash:^:s", expect=400)["code"], "bad_query")

    def test_far_pages_are_empty(self) -> None:
        self.assertEqual(self.ask("get", "stations", page=1_000_000)["results"], [])

    def test_the_number_of_queries_does_not_grow_with_the_rows(self) -> None:
        def queries(address: str) -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                self.ask("get", address)
            return len(captured)

        station = Station.objects.get(identity="CP0")
        for address in ("stations", "connectors", "transactions"):
            ConnectorFactory.create(evse__station=station)
            TransactionFactory.create(station=station)
            few = queries(address)
            for number in range(5):
                other = StationFactory.create()
                ConnectorFactory.create(evse__station=other, number=number + 1)
                TransactionFactory.create(station=other)
            self.assertEqual(queries(address), few)
            Transaction.objects.all().delete()
            Station.objects.exclude(pk=station.pk).delete()
            station.evses.all().delete()

    def test_connectors_say_what_they_charge(self) -> None:
        """By the connector's number where the station named one (2.x), else by the EVSE alone (1.6)."""
        evse = ConnectorFactory.create(evse__station__identity="CP7", evse__number=1, number=1).evse
        other = ConnectorFactory.create(evse=evse, number=2)
        running = TransactionFactory.create(
            station=evse.station, evse=evse, connector_number=2, id_token=TokenFactory.create(value="CARD1"), soc=40
        )
        TransactionFactory.create(station=evse.station, evse=evse, connector_number=2, active=False)
        found = self.ask("get", "stations/CP7/connectors", by=self.viewer)
        self.assertEqual([each["session"] and each["session"]["id"] for each in found], [None, running.pk])
        self.assertEqual((found[1]["session"]["id_token"], found[1]["session"]["soc"]), ("CARD1", 40))
        other.delete()
        Transaction.objects.update(connector_number=None)
        found = self.ask("get", "connectors", station="CP7")["results"]
        self.assertEqual([each["session"]["id"] for each in found], [running.pk])

    def test_connectors_and_quirks_of_a_station(self) -> None:
        station = Station.objects.get(identity="CP0")
        ConnectorFactory.create(evse__station=station, status="Charging")
        Quirk.objects.create(
            station=station, rule="null_value", action="BootNotification", times=3, first_at=NOON, last_at=NOON
        )
        self.assertEqual(self.ask("get", "stations/CP0/connectors")[0]["status"], "Charging")
        self.assertEqual(self.ask("get", "connectors", status="Charging", station="CP0")["count"], 1)
        self.assertEqual(self.ask("get", "connectors", station="CP1")["count"], 0)
        self.assertIsNone(self.ask("get", "stations/CP0/connectors")[0]["session"])
        quirk = self.ask("get", "stations/CP0/quirks")[0]
        self.assertEqual((quirk["rule"], quirk["times"]), ("null_value", 3))
