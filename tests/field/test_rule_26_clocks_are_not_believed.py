"""Rule 26: times without a zone, with odd precision, from 1970 or the future are kept as sent, and marked.

The server's time of receipt stands beside them. What the server sends is UTC with Z.
evcc#10399, steve#136, MicroOcpp#354, steve#96.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from smartserver.core import clock
from stations.models import Message, MeterValue, Transaction
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually

MINUTE = timedelta(minutes=1)


class ClocksAreNotBelieved(FieldCase):
    def charge(self, station: Emulated) -> Transaction:
        session = self.session(station)
        station.wait_answer("MeterValues", 2)
        eventually(lambda: MeterValue.objects.filter(transaction=session).count() >= 2)
        station.unplug()
        eventually(lambda: not Transaction.objects.get(pk=session.pk).active)
        return Transaction.objects.get(pk=session.pk)

    def assert_now(self, moment: datetime | None) -> None:
        assert moment is not None
        self.assertLess(abs(clock.now() - moment), MINUTE)

    def test_wrong_clocks_are_kept_and_marked(self) -> None:
        for quirk, year in (("epoch-clock", 1970), ("future-clock", clock.now().year + 10)):
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.charge(station)
                assert session.started_at_station is not None
                assert session.ended_at_station is not None
                self.assertIn(session.started_at_station.year, (year - 1, year))
                self.assertIn(session.ended_at_station.year, (year - 1, year))
                self.assert_now(session.started_at)
                self.assert_now(session.ended_at)
                self.assertIn("implausible_time", session.remark)
                self.assert_noted("implausible_time", identity=quirk)
                for reading in MeterValue.objects.filter(transaction=session):
                    assert reading.measured_at is not None
                    self.assertIn(reading.measured_at.year, (year - 1, year))
                    self.assert_now(reading.received_at)
                self.assertIsNotNone(session.meter_stop_wh)

    def test_clock_that_stands_still_does_not_make_two_sessions_one(self) -> None:
        with self.emulated("epoch-clock", speed=100.0) as station:
            first = self.charge(station)
            second = self.charge(station)
            self.assertNotEqual(first.pk, second.pk)

    def test_odd_forms_are_understood(self) -> None:
        for quirk in ("no-zone", "odd-precision"):
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.charge(station)
                self.assert_now(session.started_at_station)
                self.assert_now(session.ended_at_station)
                self.assertEqual(session.remark, "")
                sent = station.said("StartTransaction")[0][3]["timestamp"]
                row = Message.objects.get(station__identity=quirk, action="StartTransaction")
                self.assertIn(sent, row.request, "as it was sent")

    def test_what_cannot_be_read_is_kept_as_a_text(self) -> None:
        with self.emulated("own-time-format", speed=100.0) as station:
            session = self.charge(station)
            self.assertIsNone(session.started_at_station)
            self.assert_now(session.started_at)
            self.assert_noted("odd_timestamp")
            self.assertIn(
                station.said("StartTransaction")[0][3]["timestamp"],
                Message.objects.get(action="StartTransaction").request,
            )

    def test_strict_server_refuses_what_is_no_time(self) -> None:
        self.strict()
        with self.emulated("own-time-format") as station:
            self.assertEqual(station.wait_refusal()[2], "PropertyConstraintViolation")
            self.assertEqual(self.rules(), set())

    def test_server_says_utc_with_z(self) -> None:
        form = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
        for version in ("1.6", "2.0.1", "2.1"):
            with self.subTest(version), self.emulated(identity=version, version=version) as station:
                station.wait_ready()
                station.tell("Heartbeat")
                for action in ("BootNotification", "Heartbeat"):
                    told = station.wait_answer(action)[2]["currentTime"]
                    self.assertRegex(told, form)
                    self.assert_now(datetime.fromisoformat(told).astimezone(UTC))
