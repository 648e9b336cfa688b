"""What a station confirmed is what is known of its charging profiles (1.6 sections 3.13, 5.5, 5.7, 5.16)."""

from __future__ import annotations

from typing import Any

from smartserver.core.errors import BadInput
from stations import settlement
from stations.models import ChargingProfile, Command
from stations.ocpp.charging import Difference, Period
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.smart_charging.charging import begin_transaction_profiles
from stations.services.smart_charging.schedules import Comparison, Schedule, compare_schedule, expected_schedule
from tests.stations.asked import AskedCase
from tests.stations.support import NOON, NOON_TEXT, call
from tests.stations.test_profiles_are_checked_before_they_are_sent import MAX, TX, profile
from tests.units import run

HOUR = 3600


class ProfileCase(AskedCase):
    def give(self, found: Payload, connector: int = 1, status: str = "Accepted") -> Command:
        return self.settle("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": found}, status)

    def clear(self, status: str = "Accepted", **criteria: Any) -> None:
        self.settle("ClearChargingProfile", criteria, status)

    def known(self) -> set[int]:
        return set(ChargingProfile.objects.values_list("number", flat=True))

    def expected(self, evse: int = 1, unit: str = "A", duration: int = HOUR) -> list[tuple[int, float | None]]:
        found = expected_schedule(self.station.pk, evse, NOON, duration, unit)
        return [(period.start_seconds, period.limit) for period in found.periods]


class Confirmed(ProfileCase):
    def test_an_accepted_one_is_kept(self) -> None:
        sent = profile(validFrom=NOON_TEXT)
        self.give(sent)
        row = ChargingProfile.objects.get()
        self.assertEqual((row.station, row.evse, row.number, row.stack_level), (self.station, 1, 1, 0))
        self.assertEqual((row.purpose, row.kind, row.source), ("TxDefaultProfile", "Absolute", "server"))
        self.assertEqual((row.valid_from, row.valid_to, row.confirmed_at), (NOON, None, NOON))
        self.assertEqual(row.profile, sent)

    def test_a_refused_one_is_not_and_the_refusal_is_seen(self) -> None:
        # FIELD rule 29: the station's real answer is shown.
        for status in ("Rejected", "NotSupported"):
            command = self.give(profile(), status=status)
            self.assertEqual((command.state, command.result), ("answered", status))
        self.assertEqual(self.known(), set())

    def test_an_error_changes_nothing(self) -> None:
        self.give(profile())
        self.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(stackLevel=3)})
        self.answer_error()
        self.assertEqual(ChargingProfile.objects.get().stack_level, 0)

    def test_the_same_id_replaces_wherever_it_is(self) -> None:
        self.give(profile())
        self.give(profile(stackLevel=2), connector=2)
        row = ChargingProfile.objects.get()
        self.assertEqual((row.number, row.evse, row.stack_level), (1, 2, 2))

    def test_the_same_purpose_and_level_replaces(self) -> None:
        self.give(profile(chargingProfileId=1))
        self.give(profile(chargingProfileId=2))
        self.give(profile(chargingProfileId=3), connector=2)
        self.give(profile(chargingProfileId=4, stackLevel=1))
        self.give(profile(chargingProfileId=5, **MAX), connector=0)
        self.assertEqual(self.known(), {2, 3, 4, 5})

    def test_a_repeated_answer_has_the_effect_of_one(self) -> None:
        self.give(profile())
        self.give(profile())
        self.assertEqual(self.known(), {1})


class Cleared(ProfileCase):
    def setUp(self) -> None:
        super().setUp()
        self.charge()
        self.give(profile(chargingProfileId=1, **MAX), connector=0)
        self.give(profile(chargingProfileId=2), connector=0)
        self.give(profile(chargingProfileId=3, stackLevel=1))
        self.give(profile(chargingProfileId=4), connector=2)
        self.give(profile(chargingProfileId=5, **TX))

    def test_all(self) -> None:
        self.clear()
        self.assertEqual(self.known(), set())

    def test_one_whatever_else_is_said(self) -> None:
        self.clear(id=3, connectorId=2, stackLevel=9)
        self.assertEqual(self.known(), {1, 2, 4, 5})

    def test_of_a_connector(self) -> None:
        self.clear(connectorId=1)
        self.assertEqual(self.known(), {1, 2, 4})

    def test_of_the_station_as_a_whole(self) -> None:
        self.clear(connectorId=0)
        self.assertEqual(self.known(), {3, 4, 5})

    def test_of_a_purpose_and_a_level(self) -> None:
        self.clear(chargingProfilePurpose="TxDefaultProfile", stackLevel=0)
        self.assertEqual(self.known(), {1, 3, 5})

    def test_what_the_station_does_not_know_it_does_not_have(self) -> None:
        self.clear(status="Unknown", id=3)
        self.assertEqual(self.known(), {1, 2, 4, 5})


class Transactions(ProfileCase):
    def start(self, tag: str = "CARD", at: str = NOON_TEXT) -> int:
        payload = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": at}
        number: int = run(call(self.station, "StartTransaction", payload, accept_unknown=True))[0]["transactionId"]
        return number

    def stop(self, number: int) -> None:
        payload = {"transactionId": number, "meterStop": 10, "timestamp": NOON_TEXT}
        run(call(self.station, "StopTransaction", payload))

    def test_a_profile_belongs_to_its_transaction(self) -> None:
        number = self.start()
        self.give(profile(**TX, transactionId=number))
        self.assertEqual(ChargingProfile.objects.get().transaction_id, number)

    def test_to_the_one_that_runs_when_none_is_named(self) -> None:
        number = self.start()
        self.give(profile(**TX))
        self.assertEqual(ChargingProfile.objects.get().transaction_id, number)
        self.assertEqual(self.expected(), [(0, 16.0)])

    def test_it_goes_with_it(self) -> None:
        number = self.start()
        self.give(profile(**TX))
        self.give(profile(chargingProfileId=2))
        self.stop(number)
        self.assertEqual(self.known(), {2})

    def test_it_is_not_kept_when_the_transaction_has_ended_before_the_answer(self) -> None:
        number = self.start()
        self.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(**TX, transactionId=number)})
        sent = self.take()
        self.stop(number)
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        self.assertEqual(self.known(), set())

    def test_it_goes_when_the_next_one_begins_although_the_end_was_never_heard(self) -> None:
        self.start()
        self.give(profile(**TX))
        self.start(at="2026-06-21T11:59:00Z")
        self.assertEqual(self.known(), set())

    def remote_start(self, **more: Any) -> None:
        request = {"idTag": "CARD", "chargingProfile": profile(**TX)} | more
        self.settle("RemoteStartTransaction", request)

    def test_that_of_a_remote_start_is_the_transaction_s(self) -> None:
        self.remote_start(connectorId=1)
        self.assertEqual(self.known(), set())
        number = self.start("card")
        row = ChargingProfile.objects.get()
        self.assertEqual((row.transaction_id, row.profile["transactionId"]), (number, number))
        self.start("card")  # repeated
        self.assertEqual(self.known(), {1})

    def test_also_when_the_transaction_is_reported_before_the_answer(self) -> None:
        self.ask("RemoteStartTransaction", {"idTag": "CARD", "chargingProfile": profile(**TX)})
        sent = self.take()
        number = self.start()
        self.assertEqual(self.known(), set())
        run(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        self.assertEqual(ChargingProfile.objects.get().transaction_id, number)

    def test_not_of_another_tag_or_connector(self) -> None:
        self.remote_start(connectorId=2)
        self.start()
        self.assertEqual(self.known(), set())
        self.remote_start(idTag="OTHER")
        self.start(at="2026-06-21T11:59:00Z")
        self.assertEqual(self.known(), set())

    def test_only_of_the_first_transaction_that_follows(self) -> None:
        self.remote_start()
        self.stop(self.start())
        self.start(at="2026-06-21T11:59:00Z")
        self.assertEqual(self.known(), set())

    def test_not_of_a_refused_remote_start(self) -> None:
        self.settle("RemoteStartTransaction", {"idTag": "CARD", "chargingProfile": profile(**TX)}, "Rejected")
        self.start()
        self.assertEqual(self.known(), set())

    def test_a_session_that_is_reported_after_its_end_has_none(self) -> None:
        self.remote_start()
        ended = self.charge(tag="CARD", active=False)
        run(lambda batch: begin_transaction_profiles(batch, ended))
        self.assertEqual(self.known(), set())

    def test_a_remote_start_without_a_profile_sets_none(self) -> None:
        self.settle("RemoteStartTransaction", {"idTag": "CARD"})
        self.start()
        self.assertEqual(self.known(), set())


class Expected(ProfileCase):
    def test_from_what_is_confirmed(self) -> None:
        self.give(profile(**MAX), connector=0)
        steps = [{"startPeriod": 0, "limit": 32.0}, {"startPeriod": 600, "limit": 8.0}]
        self.give(profile(chargingProfileId=2, steps=steps, schedule={"startSchedule": written(NOON)}))
        self.assertEqual(self.expected(), [(0, 16.0), (600, 8.0)])
        self.assertEqual(self.expected(unit="W"), [(0, 11040.0), (600, 5520.0)])
        self.assertEqual(self.expected(evse=0), [(0, 16.0)])

    def test_a_free_connector_is_taken_as_one_where_charging_begins(self) -> None:
        steps = [{"startPeriod": 0, "limit": 32.0}, {"startPeriod": 600, "limit": 8.0}]
        self.give(profile(chargingProfileKind="Relative", steps=steps))
        later = expected_schedule(self.station.pk, 1, NOON.replace(hour=20), HOUR, "A")
        self.assertEqual(later.periods, (Period(0, 32.0), Period(600, 8.0)))

    def test_what_a_station_named_itself_and_nobody_can_read_is_said(self) -> None:
        for number, named in ((7, {"odd": True}), (8, profile(chargingProfileId=8, validTo="2016-12-31T23:59:60Z"))):
            ChargingProfile.objects.create(
                station=self.station,
                evse=1,
                number=number,
                purpose="TxDefaultProfile",
                profile=named,
                source=ChargingProfile.Source.STATION,
                confirmed_at=NOON,
            )
        found = expected_schedule(self.station.pk, 1, NOON, HOUR, "A")
        self.assertEqual(found, Schedule(1, NOON, HOUR, "A", (Period(0, None),), (7, 8)))

    def test_what_makes_no_schedule(self) -> None:
        wrong: list[dict[str, Any]] = [
            {"duration": 0},
            {"duration": 2**31},
            {"unit": "kW"},
            {"voltage": 0.0},
            {"phases": 4},
        ]
        for each in wrong:
            with self.subTest(each), self.assertRaises(BadInput):
                options: dict[str, Any] = {"duration": HOUR, "unit": "A"} | each
                expected_schedule(self.station.pk, 1, NOON, **options)


class Compared(ProfileCase):
    def setUp(self) -> None:
        super().setUp()
        steps = [{"startPeriod": 0, "limit": 32.0}, {"startPeriod": 600, "limit": 8.0}]
        self.give(profile(steps=steps, schedule={"startSchedule": written(NOON)}))

    def compare(self, *steps: tuple[int, float], start: str | None = NOON_TEXT, **more: Any) -> Comparison:
        schedule: Payload = {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": second, "limit": limit} for second, limit in steps],
        } | more
        reply: Payload = {"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule}
        if start:
            reply["scheduleStart"] = start
        request: Payload = {"connectorId": 1, "duration": HOUR}
        command = self.settle("GetCompositeSchedule", request, reply)
        assert command.reply is not None
        return compare_schedule(self.station.pk, request, command.reply, NOON)

    def test_the_same(self) -> None:
        found = self.compare((0, 32.0), (600, 8.0))
        self.assertEqual(found.differences, ())
        self.assertEqual(found.expected, found.reported)

    def test_a_lower_limit(self) -> None:
        found = self.compare((0, 16.0), (600, 8.0))
        self.assertEqual(found.differences, (Difference(0, 600, 32.0, 16.0),))

    def test_one_difference_over_several_periods_is_one(self) -> None:
        found = self.compare((0, 16.0), (300, 16.0), (600, 8.0))
        self.assertEqual(found.differences, (Difference(0, 600, 32.0, 16.0),))

    def test_a_later_change(self) -> None:
        found = self.compare((0, 32.0), (900, 8.0))
        self.assertEqual(found.differences, (Difference(600, 900, 8.0, 32.0),))

    def test_a_tenth_is_rounding(self) -> None:
        self.assertEqual(self.compare((0, 32.1), (600, 7.9)).differences, ())

    def test_in_the_unit_and_from_the_moment_that_the_station_chose(self) -> None:
        # From 12:05: the change is 300 s away; 32 A = 22,080 W, 8 A = 5,520 W.
        found = self.compare((0, 22080.0), (300, 5520.0), start="2026-06-21T12:05:00Z", chargingRateUnit="W")
        self.assertEqual(found.differences, ())

    def test_without_a_start_it_began_when_it_was_answered(self) -> None:
        self.assertEqual(self.compare((0, 32.0), (600, 8.0), start=None).differences, ())

    def test_only_for_as_long_as_the_station_says(self) -> None:
        self.assertEqual(self.compare((0, 32.0), duration=600).differences, ())

    def test_one_that_begins_late(self) -> None:
        found = self.compare((60, 32.0), (600, 8.0))
        self.assertEqual(found.differences, (Difference(0, 60, 32.0, None),))

    def test_refused(self) -> None:
        request = {"connectorId": 1, "duration": HOUR}
        command = self.settle("GetCompositeSchedule", request, "Rejected")
        assert command.reply is not None
        found = compare_schedule(self.station.pk, request, command.reply, NOON)
        self.assertIsNone(found.reported)
        self.assertEqual(found.differences, ())

    def test_where_nothing_is_expected_the_station_may_say_what_it_likes(self) -> None:
        self.clear()
        self.assertEqual(self.compare((0, 32.0)).differences, ())
