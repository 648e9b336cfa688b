"""Alerts of hardware: raised once, in sight as long as they stand, and gone when the hardware says so."""

from __future__ import annotations

from functools import partial
from typing import Any

from bridge.cms.services.alerts import clear_alert
from stations.models import Connector, Station
from tests.bridge.cms.telling import Alert, Gun, TellingCase
from tests.units import run_published


class _Alerts(TellingCase):
    def standing(self) -> list[tuple[int, int]]:
        """Outlet and code of each alert that stands."""
        return list(Alert.objects.filter(cleared_at=None).order_by("pk").values_list("outlet", "code"))

    def shown(self, outlet: int = 1) -> tuple[str, str, str]:
        """Status, vendor code and text of an outlet."""
        row = Connector.objects.get(evse__number=outlet)
        return row.status, row.vendor_error_code, row.info


class Raised(_Alerts):
    def test_an_alert_faults_its_outlet(self) -> None:
        self.alert(90, "2", src="evse", msg="Ground fault at B", session="S-1")
        self.assertEqual(self.shown(2), ("Faulted", "90", "Ground fault at B"))
        self.assertEqual(Connector.objects.get().error_code, "GroundFailure")
        alert = Alert.objects.get()
        self.assertEqual((alert.meaning, alert.source, alert.session), ("ground fault", "evse", "S-1"))
        self.assertEqual([(each["code"], each["outlet"]) for each in self.told("alert.raised")], [(90, 2)])

    def test_while_it_stands_it_is_one(self) -> None:
        for at in range(5):
            self.alert(17, at=at)
        self.assertEqual((self.standing(), len(self.told("alert.raised"))), ([(1, 17)], 1))

    def test_different_ones_stand_beside_each_other(self) -> None:
        self.alert(17, "1", at=0)
        self.alert(18, "1", at=1)
        self.alert(17, "2", at=2)
        self.alert(19, "", at=3)
        self.assertEqual(self.standing(), [(1, 17), (1, 18), (2, 17), (0, 19)])
        self.assertEqual((self.shown(1)[1], self.shown(2)[1], self.shown(0)[1]), ("18", "17", "19"))

    def test_codes_of_any_form(self) -> None:
        codes: tuple[Any, ...] = ("85", 4711, -3, 2**31 - 1)
        for at, code in enumerate(codes):
            self.alert(code, at=at)
        self.assertEqual(self.standing(), [(1, 85), (1, 4711), (1, -3), (1, 2**31 - 1)])
        self.assertEqual(Alert.objects.get(code=4711).meaning, "fault 4711")

    def test_codes_that_are_none_raise_nothing(self) -> None:
        unusable: tuple[Any, ...] = (None, "", "E17", 1.5, [], 2**40, True)
        for at, code in enumerate(unusable):
            self.alert(code, at=at)
        self.assertEqual(self.standing(), [])


class Hidden(_Alerts):
    """What comes in between hides no fault."""

    def setUp(self) -> None:
        super().setUp()
        self.feed(Gun("A", evsestat=1), Gun("B", evsestat=1))
        self.alert(82, "1", at=1)
        self.assertEqual(self.shown()[:2], ("Faulted", "82"))

    def test_feeds(self) -> None:
        for gun in (Gun("A", evsestat=1), Gun("A", busy=True), Gun("A", error=5), Gun("A")):
            self.feed(gun, Gun("B", busy=True), at=2)
            self.assertEqual(self.shown()[:2], ("Faulted", "82"))
        self.assertEqual(self.shown(2)[0], "Preparing")

    def test_states(self) -> None:
        for outlet in ({"phs": 1}, {"phs": 7, "busy": True}, {"curr_ses_error": 5}, {"out_of_order": True}):
            self.show({"outlet": 1, **outlet}, at=2)
            self.assertEqual(self.shown()[:2], ("Faulted", "82"))

    def test_events_of_a_session(self) -> None:
        self.start(at=2)
        self.charge(at=3)
        self.stop(at=4)
        self.assertEqual(self.shown()[:2], ("Faulted", "82"))

    def test_other_outlets_are_not_concerned(self) -> None:
        self.start("S-2", "2", at=2)
        self.assertEqual((self.shown(1)[0], self.shown(2)[0]), ("Faulted", "Preparing"))


class ClearedByHand(_Alerts):
    """An operator says that all is well, where the hardware does not."""

    def clear(self, code: int, outlet: int = 1) -> None:
        number = Alert.objects.get(code=code, outlet=outlet, cleared_at=None).pk
        _, told = run_published(partial(clear_alert, alert_id=number))
        self.published.events.extend(told.events)

    def test_the_outlet_is_shown_as_it_is(self) -> None:
        self.start(at=0)
        self.charge(at=1)
        self.alert(17, "1", at=2)
        self.alert(17, "2", at=3)
        self.clear(17, outlet=1)
        self.clear(17, outlet=2)
        self.assertEqual((self.shown(1)[0], self.shown(2)[0]), ("Charging", "Available"))
        self.assertEqual(len(self.told("alert.cleared")), 2)

    def test_a_fault_of_the_charger_as_a_whole_is_over(self) -> None:
        """No state and no feed tells its status, so nothing else would ever end it."""
        self.feed(Gun("A", evsestat=1), at=0)
        self.alert(19, "", at=1)
        self.assertEqual(self.summary(), "Faulted")
        self.clear(19, outlet=0)
        self.assertEqual((self.shown(0)[0], self.summary()), ("Available", "Available"))

    def test_another_fault_that_stands_is_shown(self) -> None:
        self.alert(17, at=0)
        self.alert(90, at=1, msg="leak")
        self.clear(90)
        self.assertEqual(self.shown(), ("Faulted", "17", "emergency stop pressed"))
        self.clear(17)
        self.assertEqual(self.shown()[0], "Available")

    def test_what_is_shown_for_another_reason_stays(self) -> None:
        self.alert(17, at=0)
        self.alert(90, at=1, msg="leak")
        self.clear(17)
        self.assertEqual(self.shown(), ("Faulted", "90", "leak"))

    def summary(self) -> str:
        return Station.objects.get().status


class Cleared(_Alerts):
    def test_those_of_one_outlet_and_of_the_charger_as_a_whole(self) -> None:
        for at, outlet in enumerate(("1", "2", "")):
            self.alert(17, outlet, at=at)
        self.alert(16, "1", at=9)
        self.assertEqual(self.standing(), [(2, 17)])
        self.assertEqual([self.shown(outlet)[0] for outlet in (0, 1, 2)], ["Available", "Available", "Faulted"])
        self.assertEqual([each["outlet"] for each in self.told("alert.cleared")], [1, 0])

    def test_all_of_them(self) -> None:
        for at, outlet in enumerate(("1", "2", "")):
            self.alert(17, outlet, at=at)
        self.alert(16, "", at=9)
        self.assertEqual(self.standing(), [])
        self.assertEqual([self.shown(outlet)[0] for outlet in (0, 1, 2)], ["Available"] * 3)
        self.assertEqual(len(self.told("alert.cleared")), 3)

    def test_nothing_to_clear_changes_nothing(self) -> None:
        self.start(at=0)
        self.charge(at=1)
        self.alert(16, "1", at=2)
        self.alert(16, "", at=3)
        self.alert(16, "3", at=4)
        self.assertEqual(self.shown()[0], "Charging")
        self.assertEqual(Connector.objects.count(), 1)
        self.assertEqual(self.told("alert.cleared"), [])

    def test_a_session_that_goes_on_is_shown_again(self) -> None:
        self.start(at=0)
        self.alert(18, at=1)
        self.alert(16, at=2)
        self.assertEqual(self.shown()[0], "Preparing")
        self.charge(at=3)
        self.alert(18, at=4)
        self.alert(16, at=5)
        self.assertEqual(self.shown()[0], "Charging")

    def test_the_same_one_may_be_raised_again(self) -> None:
        for at in range(0, 30, 10):
            self.alert(17, at=at)
            self.alert(16, at=at + 1)
        self.assertEqual((Alert.objects.count(), self.standing()), (3, []))
        self.assertEqual(len(self.told("alert.raised")), 3)

    def test_the_error_of_the_session_that_it_ended_is_history(self) -> None:
        """States and feeds go on to tell the error of the last session, also when the fault is over."""
        self.start(at=0)
        self.alert(82, at=10)
        self.stop(at=11, unexpected=True)
        self.alert(16, at=100)
        self.feed(Gun("A", error=82), at=101)
        self.assertEqual(self.shown()[0], "Available")
        self.show({"outlet": 1, "phs": 1, "busy": False, "curr_ses_error": 82}, at=102)
        self.assertEqual(self.shown()[0], "Available")
        self.feed(Gun("A", busy=True, error=82), at=103)
        self.assertEqual(self.shown()[:2], ("Faulted", "82"))

    def test_one_that_is_heard_of_after_it_was_cleared_does_not_stand(self) -> None:
        self.feed(Gun("A", evsestat=1), at=0)
        self.alert(16, at=20)
        self.alert(17, at=10)
        self.assertEqual((self.standing(), self.shown()[0]), ([], "Available"))
        self.assertEqual((len(self.told("alert.raised")), len(self.told("alert.cleared"))), (1, 1))

    def test_a_clearing_that_is_heard_of_late_leaves_what_came_after_it(self) -> None:
        self.alert(17, at=5)
        self.alert(90, at=20)
        self.alert(16, at=10)
        self.assertEqual((self.standing(), self.shown()[:2]), ([(1, 90)], ("Faulted", "90")))
        self.alert(16, at=30)
        self.assertEqual((self.standing(), self.shown()[0]), ([], "Available"))

    def test_a_clearing_by_a_clock_that_ran_ahead_hides_nothing(self) -> None:
        self.alert(16, at=0, told_at=3_000_000)
        self.alert(17, at=60)
        self.assertEqual((self.standing(), self.shown()[0]), ([(1, 17)], "Faulted"))
        self.alert(16, at=90)
        self.assertEqual(self.standing(), [])

    def test_an_alert_by_a_clock_that_ran_ahead_is_cleared(self) -> None:
        self.alert(17, at=0, told_at=3_000_000)
        self.alert(16, at=60)
        self.assertEqual((self.standing(), self.shown()[0]), ([], "Available"))

    def test_an_error_that_no_alert_told_of_is_a_fault(self) -> None:
        self.feed(Gun("A", error=90), at=0)
        self.assertEqual(self.shown(), ("Faulted", "90", "ground fault"))
        self.feed(Gun("A", evsestat=1), at=1)
        self.assertEqual(self.shown(), ("Available", "", ""))
