"""Reports in parts: stored one by one, complete when all are there, and marked when they do not come (2.x)."""

from __future__ import annotations

import unittest
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.db import connection
from django.test.utils import CaptureQueriesContext

from stations import settlement
from stations.models import Command, Report, ReportedPart, Variable
from stations.ocpp.facts import Stamp
from stations.ocpp.frames import Payload
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, gaps
from stations.services import reports
from stations.services.context import Context, Policy
from stations.services.reports import completions
from stations.services.secrets import MASKED
from stations.services.settled import Settled
from tests.stations.asked import AskedCase
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run

State = Report.State


def variable(name: str, value: str = "1", component: str = "Clock") -> Payload:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [{"value": value}],
    }


class Gaps(unittest.TestCase):
    def test_what_is_missing(self) -> None:
        for received, last, missing in (
            ([], None, ["0-"]),
            ([], 0, ["0"]),
            ([0, 1, 2], 2, []),
            ([0, 1, 2], None, ["3-"]),
            ([1, 4, 5, 9], 10, ["0", "2-3", "6-8", "10"]),
            ([0, 2], None, ["1", "3-"]),
            ([0, 1, 7], 1, []),
            ([0, 7], 2, ["1-2"]),
        ):
            with self.subTest(received=received, last=last):
                self.assertEqual(gaps(received, last), missing)


class ReportCase(AskedCase):
    version = "2.0.1"

    def tell(
        self, number: int, *names: str, more: bool = True, request: int = 5, minutes: float = 0, value: str = "1"
    ) -> None:
        """A part of the inventory."""
        payload: Payload = {
            "requestId": request,
            "generatedAt": NOON_TEXT,
            "seqNo": number,
            "tbc": more,
        }
        if names:
            payload["reportData"] = [variable(name, value) for name in names]
        at = NOON + timedelta(minutes=minutes)
        run(call(self.station, "NotifyReport", payload, version=self.version, at=at))

    def want(self, status: str = "Accepted", base: str = "FullInventory", request: int = 5) -> None:
        self.settle("GetBaseReport", {"requestId": request, "reportBase": base}, status)

    def sweep(self, minutes: float) -> None:
        run(partial(reports.mark_incomplete, now=NOON + timedelta(minutes=minutes)))

    def report(self, **conditions: Any) -> Report:
        return Report.objects.get(**conditions)

    def names(self) -> set[str]:
        return set(Variable.objects.values_list("variable", flat=True))


class Whole(ReportCase):
    def test_it_is_complete_when_all_parts_are_there(self) -> None:
        self.want()
        self.tell(0, "A", minutes=1)
        report = self.report()
        self.assertEqual((report.state, report.parts, report.result), (State.RUNNING, 1, "Accepted"))
        self.assertEqual(self.names(), {"A"}, "Variables are kept at once.")
        self.tell(1, "B", more=False, minutes=2)
        report = self.report()
        self.assertEqual((report.state, report.parts, report.last, report.missing), (State.COMPLETE, 2, 1, []))
        self.assertEqual((report.asked_at, report.began_at), (NOON, NOON + timedelta(minutes=1)))
        self.assertEqual(self.names(), {"A", "B"})
        self.assertEqual(list(ReportedPart.objects.values_list("items", flat=True)), [[], []])
        self.station.refresh_from_db()
        self.assertEqual(self.station.configured_at, NOON + timedelta(minutes=2))

    def test_parts_come_in_any_order(self) -> None:
        self.want()
        for number in (2, 0):
            self.tell(number, f"V{number}", more=number != 2)
            self.assertEqual(self.report().state, State.RUNNING)
        self.tell(1, "V1")
        self.assertEqual(self.report().state, State.COMPLETE)
        self.assertEqual(self.names(), {"V0", "V1", "V2"})

    def test_the_same_part_again_has_no_effect(self) -> None:
        self.want()
        for _ in range(2):
            self.tell(0, "A")
        self.assertEqual((self.report().parts, ReportedPart.objects.count()), (1, 1))
        for minutes in (1, 5):
            self.tell(1, "B", more=False, minutes=minutes)
        report = self.report()
        self.assertEqual(
            (report.state, report.parts, report.changed_at), (State.COMPLETE, 2, NOON + timedelta(minutes=1))
        )

    def test_a_part_with_another_content_takes_the_place_of_the_first(self) -> None:
        self.want()
        self.tell(0, "A", more=False, request=6)
        self.tell(1, "B", value="old", more=False)
        self.tell(1, "B", value="new")
        report = self.report(request=5)
        self.assertEqual((report.parts, report.last), (1, None), "It is not the last one any more.")
        self.assertEqual(Variable.objects.get(variable="B").value, "new")

    def test_a_full_inventory_removes_what_it_does_not_name(self) -> None:
        self.tell(0, "Old", "Kept", more=False, request=4, minutes=-1)
        self.want()
        self.tell(0, "Kept")
        self.assertEqual(self.names(), {"Old", "Kept"})
        self.tell(1, "New", more=False)
        self.assertEqual(self.names(), {"Kept", "New"})

    def test_other_reports_remove_nothing(self) -> None:
        self.tell(0, "Old", more=False, request=4, minutes=-1)
        self.want(base="SummaryInventory")
        self.tell(0, "New", more=False)
        self.tell(0, "Unasked", more=False, request=7)
        self.want(request=8)
        self.tell(0, more=False, request=8)
        self.assertEqual(self.names(), {"Old", "New", "Unasked"}, "An empty inventory is none.")
        self.assertEqual(self.report(request=8).state, State.COMPLETE)

    def test_what_nobody_asked_for_is_kept(self) -> None:
        self.tell(0, "A", more=False, request=-1)
        report = self.report()
        self.assertEqual((report.state, report.asked_at, report.command), (State.COMPLETE, None, None))
        self.tell(0, "A", value="2", more=False, request=-1)
        self.assertEqual(Report.objects.count(), 2, "The station began another one.")

    def test_parts_may_be_faster_than_the_answer(self) -> None:
        self.ask("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
        sent = self.take()
        self.tell(0, "A")
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        self.tell(1, "B", more=False)
        report = self.report()
        self.assertEqual((report.state, report.parts, report.command_id), (State.COMPLETE, 2, sent.command_id))

    def test_parts_behind_the_last_one_do_not_stand_for_missing_ones(self) -> None:
        self.want()
        for number in (5, 6, 1):
            self.tell(number, f"V{number}", more=number != 1)
        self.assertEqual((self.report().state, self.report().parts), (State.RUNNING, 3))
        self.tell(0, "V0")
        self.assertEqual(self.report().state, State.COMPLETE)

    def test_a_late_part_costs_what_an_early_one_does(self) -> None:
        self.want()
        self.tell(0, "V0")
        with CaptureQueriesContext(connection) as early:
            self.tell(1, "V1")
        for number in range(2, 60):
            self.tell(number, f"V{number}")
        with CaptureQueriesContext(connection) as late:
            self.tell(60, "V60")
        self.assertEqual(len(late), len(early))
        self.assertLess(len(early), 20)

    def test_passwords_are_not_kept(self) -> None:
        self.tell(0, "BasicAuthPassword", value="0123456789abcdef")
        self.assertEqual(Variable.objects.get().value, MASKED)
        self.assertNotIn("0123456789abcdef", str(ReportedPart.objects.get().items))


class Missing(ReportCase):
    def test_silence_marks_it_with_what_is_missing(self) -> None:
        self.want()
        self.tell(0, "A")
        self.tell(3, "D", more=False, minutes=1)
        self.sweep(10.5)
        self.assertEqual(self.report().state, State.RUNNING)
        self.sweep(11.5)
        report = self.report()
        self.assertEqual((report.state, report.missing), (State.INCOMPLETE, ["1-2"]))
        self.assertEqual(report.ended_at, NOON + timedelta(minutes=11.5))
        self.assertEqual(self.names(), {"A", "D"}, "What came is kept.")

    def test_a_late_part_completes_it(self) -> None:
        self.want()
        self.tell(1, "B", more=False)
        self.sweep(11)
        self.tell(0, "A", minutes=60)
        report = self.report()
        self.assertEqual((report.state, report.missing), (State.COMPLETE, []))

    def test_a_late_part_that_does_not_complete_it_begins_a_new_wait(self) -> None:
        self.want()
        self.tell(2, "C", more=False)
        self.sweep(11)
        self.tell(0, "A", minutes=60)
        self.assertEqual(
            (self.report().state, self.report().missing, self.report().ended_at), (State.RUNNING, [], None)
        )
        self.sweep(71)
        self.assertEqual((self.report().state, self.report().missing), (State.INCOMPLETE, ["1"]))

    def test_one_of_which_nothing_came(self) -> None:
        self.want()
        self.sweep(11)
        self.assertEqual((self.report().state, self.report().missing), (State.INCOMPLETE, ["0-"]))

    def test_a_number_that_is_used_again_means_the_newer_one(self) -> None:
        self.want()
        self.tell(1, "B", more=False)
        self.want()
        self.tell(0, "A", more=False)
        older, newer = Report.objects.order_by("pk")
        self.assertEqual((older.state, older.missing), (State.INCOMPLETE, ["0"]))
        self.assertEqual(newer.state, State.COMPLETE)


class Refused(ReportCase):
    def test_no_report_comes(self) -> None:
        self.tell(0, "Old", more=False, request=4, minutes=-1)
        for number, (status, state) in enumerate(
            (("EmptyResultSet", State.EMPTY), ("NotSupported", State.REFUSED), ("Rejected", State.REFUSED)), 5
        ):
            self.want(status, request=number)
            report = self.report(request=number)
            self.assertEqual((report.state, report.result, report.ended_at), (state, status, NOON))
        self.sweep(20)
        self.assertFalse(Report.objects.filter(state=State.INCOMPLETE).exists())
        self.assertEqual(self.names(), {"Old"})

    def test_a_station_that_sends_it_all_the_same_is_heard(self) -> None:
        self.want("Rejected")
        self.tell(0, "A", more=False)
        self.assertEqual(sorted(Report.objects.values_list("state", flat=True)), [State.COMPLETE, State.REFUSED])


class WithoutNumbers(ReportCase):
    """Kinds without seqNo: the order of arrival counts, and the part without `tbc` is the last."""

    def setUp(self) -> None:
        super().setUp()
        self.completed: list[list[Any]] = []
        take = {ReportKind.DISPLAY_MESSAGES: lambda batch, report, items: self.completed.append(items)}
        self.enterContext(mock.patch.dict(completions.COMPLETIONS, take))

    def come(self, *items: str, more: bool) -> None:
        fact = ReportPart(ReportKind.DISPLAY_MESSAGES, 5, None, more, Stamp(), list(items))
        context = Context(self.station.pk, self.version, NOON, "NotifyDisplayMessages", Policy())
        run(lambda batch: reports.take_part(batch, context, fact))

    def test_they_end_with_the_last_one(self) -> None:
        for _ in range(2):  # the station had no answer to the first, and sends it again
            self.come("A", "B", more=True)
        self.assertEqual(self.completed, [])
        for _ in range(2):
            self.come("C", more=False)
        self.assertEqual(self.completed, [["A", "B", "C"]])
        self.assertEqual((self.report().state, self.report().parts), (State.COMPLETE, 2))

    def test_without_an_end_they_are_incomplete(self) -> None:
        self.come("A", more=True)
        self.sweep(11)
        self.assertEqual((self.report().state, self.report().missing), (State.INCOMPLETE, ["1-"]))

    def test_nothing_is_a_report_too(self) -> None:
        command = Command.objects.create(station=self.station, action="X", created_at=NOON, expires_at=NOON)
        settled = Settled(self.station.pk, self.version, command, "GetDisplayMessages", {}, {}, NOON)
        asked = ReportAsked(ReportKind.DISPLAY_MESSAGES, 5, "Unknown")
        run(lambda batch: reports.take_answer(batch, settled, asked))
        self.assertEqual(self.completed, [[]])
        self.assertEqual(self.report().state, State.EMPTY)


class CustomerInformation(ReportCase):
    def inform(self, number: int, data: str, *, more: bool) -> None:
        payload = {"requestId": 9, "generatedAt": NOON_TEXT, "seqNo": number, "tbc": more, "data": data}
        run(call(self.station, "NotifyCustomerInformation", payload, version=self.version))

    def test_the_text_is_put_together_without_secrets(self) -> None:
        self.settle("CustomerInformation", {"requestId": 9, "report": True, "clear": False})
        self.inform(1, 'd": "0123456789", "name": "Ada"}', more=False)
        self.inform(0, '{"passwor', more=True)
        report = self.report()
        self.assertEqual((report.kind, report.state), ("customer_information", State.COMPLETE))
        self.assertIn("Ada", report.text)
        self.assertNotIn("0123456789", report.text)

    def test_nothing_is_reported_where_it_is_only_to_be_deleted(self) -> None:
        self.settle("CustomerInformation", {"requestId": 9, "report": False, "clear": True})
        self.assertFalse(Report.objects.exists())
