"""Chargers behind NOC bridges over REST: outlets, events, alerts, and who is let in by name."""

from __future__ import annotations

from datetime import timedelta

from bridge.cms.models import Alert, Charger
from bridge.cms.services.enrolment import change_charger
from smartserver.accounts.models import AuditEntry
from smartserver.core.clock import now
from smartserver.core.errors import BadInput, NotFound
from tests.api.support import ApiCase
from tests.bridge.chargers import make_charger, show, tell
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run


class OutletTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.charger = make_charger(bridge_version="smart-server-bridge 0.1.0")
        show(self.charger.station)

    def test_an_outlet_is_shown_as_the_hardware_showed_it(self) -> None:
        found = self.ask("get", "chargers/EC-1", by=self.viewer)
        self.assertEqual(
            found["outlets"][0],
            {
                "number": 1,
                "kind": "CCS",
                "phase": 7,
                "phase_name": "charging",
                "busy": True,
                "online": True,
                "out_of_order": False,
                "user": "CARD1",
                "session": "s-1",
                "energy_wh": 1200.0,
                "soc": 42.0,
                "voltage_v": 400.0,
                "current_a": 50.0,
                "power_w": 20000.0,
                "meter_wh": 51200.0,
                "power_cap_w": 60000.0,
                "error": 0,
                "error_meaning": "",
                "error_text": "",
                "oddities": [],
            },
        )
        self.assertEqual((found["identity"], found["bridge_version"]), ("EC-1", "smart-server-bridge 0.1.0"))
        self.assertEqual((found["push"], found["open_name"], found["state_at"]), (False, False, "2026-06-21T12:00:00Z"))

    def test_errors_have_a_meaning_and_what_is_odd_is_named(self) -> None:
        outlet = self.ask("get", "chargers/EC-1")["outlets"][1]
        shown = (outlet["error"], outlet["error_meaning"], outlet["error_text"])
        self.assertEqual(shown, (85, "over-voltage", "DC bus"))
        self.assertEqual((outlet["meter_wh"], outlet["oddities"]), (None, ["meter"]))

    def test_phases_and_errors_that_nobody_knows_are_shown_by_their_number(self) -> None:
        show(self.charger.station, [{"outlet": 1, "phs": 23, "curr_ses_error": True}, {"outlet": 2, "phs": 0}])
        first, second = self.ask("get", "chargers/EC-1")["outlets"]
        self.assertEqual((first["phase"], first["phase_name"]), (23, "phase 23"))
        self.assertEqual((first["error"], first["error_meaning"]), (-1, "fault without a code"))
        self.assertEqual((second["phase"], second["phase_name"]), (None, ""))

    def test_a_charger_that_has_shown_no_state_has_no_outlets(self) -> None:
        make_charger("EC-2")
        found = self.ask("get", "chargers/EC-2")
        self.assertEqual((found["outlets"], found["state_at"]), ([], None))

    def test_a_station_that_is_no_charger_is_not_found(self) -> None:
        StationFactory.create(identity="CP1")
        self.ask("get", "chargers/CP1", expect=404)
        self.ask("get", "chargers/CP1/events", expect=404)

    def test_standing_alerts_are_shown_with_their_charger(self) -> None:
        tell(self.charger.station, "alert", 1, code=17, msg="pressed", src="io")
        tell(self.charger.station, "alert", 2, code=18)
        tell(self.charger.station, "alert", 2, code=16)
        found = self.ask("get", "chargers/EC-1")
        self.assertEqual(found["alerts"], 1)
        self.assertEqual([each["meaning"] for each in found["standing_alerts"]], ["emergency stop pressed"])


class ListTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        make_charger("A", bridge_version="v2", fed_at=NOON, pushed_since=NOON, push_heard_at=now())
        bare = make_charger("B", bridge_version="v1", open_name=True)
        # The process that held its channel has died.
        make_charger("C", fed_at=NOON + timedelta(hours=1), pushed_since=NOON, push_heard_at=NOON)
        StationFactory.create(identity="CP1")
        for outlet in (1, 2):
            tell(bare.station, "alert", outlet, code=82)

    def test_filters_search_and_order(self) -> None:
        for query, expected in (
            ({}, "ABC"),
            ({"push": "true"}, "A"),
            ({"push": "false"}, "BC"),
            ({"open_name": "true"}, "B"),
            ({"alerting": "true"}, "B"),
            ({"alerting": "false"}, "AC"),
            ({"state": "online"}, "ABC"),
            ({"state": "offline"}, ""),
            ({"status": "Faulted"}, "B"),
            ({"search": "V1"}, "B"),
            ({"search": "c"}, "C"),
            ({"order": "-identity"}, "CBA"),
            ({"order": "-fed_at"}, "CAB"),
            ({"order": "fed_at"}, "ACB"),
            ({"order": "-alerts"}, "BAC"),
            ({"order": "-bridge_version"}, "ABC"),
        ):
            with self.subTest(query=query):
                found = self.read("chargers", query, by=self.viewer)
                self.assertEqual("".join(row["identity"] for row in found["results"]), expected)
                self.assertEqual(found["count"], len(expected))

    def test_a_page_costs_the_same_however_many_there_are(self) -> None:
        with self.assertNumQueries(5):  # session, user, groups, count, rows
            self.read("chargers", {}, by=self.administrator)

    def test_a_row_tells_how_its_bridge_is(self) -> None:
        row = self.read("chargers", {"search": "A"}, by=self.viewer)["results"][0]
        self.assertEqual((row["push"], row["pushed_since"]), (True, "2026-06-21T12:00:00Z"))
        self.assertEqual((row["alerts"], row["fed_at"]), (0, "2026-06-21T12:00:00Z"))
        self.assertFalse(self.read("chargers", {"search": "C"}, by=self.viewer)["results"][0]["push"])


class LettingInTests(ApiCase):
    def test_a_name_is_opened_and_closed_and_both_are_on_record(self) -> None:
        make_charger()
        self.assertTrue(self.ask("patch", "chargers/EC-1", {"open_name": True})["open_name"])
        self.assertTrue(Charger.objects.get().open_name)
        self.assertFalse(self.ask("patch", "chargers/EC-1", {"open_name": False})["open_name"])
        found = AuditEntry.objects.order_by("pk").values_list("action", "target", "summary")
        wanted = [("changeCharger", "station EC-1", {"open_name": value}) for value in (True, False)]
        self.assertEqual(list(found), wanted)

    def test_a_station_of_which_no_bridge_has_reported_becomes_a_charger(self) -> None:
        StationFactory.create(identity="EC-1")
        self.assertTrue(self.ask("patch", "chargers/EC-1", {"open_name": True})["open_name"])
        self.assertEqual(self.ask("get", "chargers/EC-1")["outlets"], [])

    def test_nothing_to_change_makes_no_charger(self) -> None:
        StationFactory.create(identity="EC-1")
        self.ask("patch", "chargers/EC-1", {}, expect=404)
        self.assertFalse(Charger.objects.exists())
        make_charger("EC-2", open_name=True)
        self.assertTrue(self.ask("patch", "chargers/EC-2", {})["open_name"])

    def test_what_the_bridge_reports_cannot_be_set(self) -> None:
        make_charger()
        self.ask("patch", "chargers/EC-1", {"bridge_version": "x"}, expect=400)
        self.ask("patch", "chargers/NOBODY", {"open_name": True}, expect=404)
        self.ask("patch", "chargers/EC-1", {"open_name": True}, by=self.operator, expect=403)
        self.assertFalse(Charger.objects.get().open_name)

    def test_a_station_that_is_removed_meanwhile_becomes_no_charger(self) -> None:
        with self.assertRaises(NotFound):
            run(lambda batch: change_charger(batch, station_id=4711, settings={"open_name": True}))
        with self.assertRaises(BadInput):
            run(lambda batch: change_charger(batch, station_id=4711, settings={"push": 7}))


class EventTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        station = make_charger().station
        self.start = tell(station, "session_start", 1, user="CARD1", session="s-1")
        self.stop = tell(station, "session_stop", 1, session="s-1", now=NOON + timedelta(minutes=1))
        self.alert = tell(station, "alert", None, code=18, now=NOON + timedelta(minutes=2))
        tell(make_charger("EC-2").station, "alert", 1, code=18)

    def test_filters(self) -> None:
        for query, expected in (
            ({}, [self.alert, self.stop, self.start]),
            ({"kind": "alert"}, [self.alert]),
            ({"outlet": 1}, [self.stop, self.start]),
            ({"outlet": 0}, [self.alert]),
            ({"session": "s-1", "kind": "session_stop"}, [self.stop]),
            ({"since": "2026-06-21T12:01:00Z"}, [self.alert, self.stop]),
            ({"until": "2026-06-21T12:01:00Z"}, [self.start]),
        ):
            with self.subTest(query=query):
                found = self.read("chargers/EC-1/events", query, by=self.viewer)["results"]
                self.assertEqual([row["id"] for row in found], expected)

    def test_an_event_is_shown_as_it_came(self) -> None:
        row = self.read("chargers/EC-1/events", {"kind": "session_start"}, by=self.viewer)["results"][0]
        self.assertEqual(row["payload"], {"user": "CARD1", "session": "s-1"})
        self.assertEqual((row["outlet"], row["session"]), (1, "s-1"))
        self.assertEqual((row["occurred_at"], row["received_at"]), ("2026-06-21T12:00:00Z",) * 2)

    def test_slices_follow_each_other(self) -> None:
        found = self.read("chargers/EC-1/events", {"limit": 2})
        self.assertEqual([row["id"] for row in found["results"]], [self.alert, self.stop])
        rest = self.administrator.get(found["next"]).json()
        self.assertEqual(([row["id"] for row in rest["results"]], rest["next"]), ([self.start], None))


class AlertTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        station = make_charger().station
        tell(station, "alert", 1, code=17, msg="pressed", src="io", session="s-1")
        tell(station, "alert", 1, code=16, now=NOON + timedelta(minutes=1))
        tell(station, "alert", None, code=19, now=NOON + timedelta(minutes=2))
        tell(make_charger("EC-2").station, "alert", 2, code=200, now=NOON + timedelta(minutes=3))
        self.first, self.second, self.third = Alert.objects.order_by("pk").values_list("pk", flat=True)

    def test_filters(self) -> None:
        for query, expected in (
            ({}, [self.third, self.second, self.first]),
            ({"station": "EC-1"}, [self.second, self.first]),
            ({"station": "NOBODY"}, []),
            ({"outlet": 0}, [self.second]),
            ({"code": 200}, [self.third]),
            ({"code": -1}, []),
            ({"standing": "true"}, [self.third, self.second]),
            ({"standing": "false"}, [self.first]),
            ({"since": "2026-06-21T12:02:00Z"}, [self.third, self.second]),
            ({"until": "2026-06-21T12:02:00Z"}, [self.first]),
        ):
            with self.subTest(query=query):
                found = self.read("alerts", query, by=self.viewer)["results"]
                self.assertEqual([row["id"] for row in found], expected)

    def test_an_alert_tells_what_when_and_where(self) -> None:
        row = self.read("alerts", {"code": 17}, by=self.viewer)["results"][0]
        self.assertEqual(
            row,
            {
                "id": self.first,
                "station": "EC-1",
                "outlet": 1,
                "code": 17,
                "meaning": "emergency stop pressed",
                "message": "pressed",
                "source": "io",
                "session": "s-1",
                "standing": False,
                "raised_at": "2026-06-21T12:00:00Z",
                "cleared_at": "2026-06-21T12:01:00Z",
            },
        )

    def test_an_operator_clears_what_the_charger_does_not(self) -> None:
        self.ask("post", f"alerts/{self.second}/clear", by=self.viewer, expect=403)
        cleared = self.ask("post", f"alerts/{self.second}/clear", by=self.operator)
        self.assertEqual((cleared["id"], cleared["cleared_at"] is not None), (self.second, True))
        self.assertEqual(AuditEntry.objects.filter(action="clearAlert", outcome="done").count(), 1)
        self.ask("post", f"alerts/{self.second}/clear", by=self.operator, expect=409)
        self.ask("post", "alerts/999999/clear", by=self.operator, expect=404)
