"""A charging profile that can never be right is refused, with the path and the reason (1.6 sections 3.13, 5.16)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from smartserver.core.errors import InvalidPayload, NotFound
from stations.models import ChargingProfile, Command, Transaction
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.smart_charging.charging import send_profile
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON

STEPS: Any = [{"startPeriod": 0, "limit": 16.0}]


def profile(*, steps: Any = STEPS, schedule: Payload | None = None, **more: Any) -> Payload:
    rates = {"chargingRateUnit": "A", "chargingSchedulePeriod": steps} | (schedule or {})
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": rates,
    } | more


MAX: Payload = {"chargingProfilePurpose": "ChargePointMaxProfile"}
TX: Payload = {"chargingProfilePurpose": "TxProfile"}


class Waited(AskedCase):
    def test_a_profile_whose_transaction_has_ended_is_not_sent(self) -> None:
        transaction = self.charge(evse=1)
        for each in (profile(**TX, transactionId=transaction.pk), profile(chargingProfileId=2)):
            self.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": each})
        Transaction.objects.update(active=False)
        sent = self.take()
        self.assertEqual(sent.payload["csChargingProfiles"]["chargingProfileId"], 2)
        late = Command.objects.exclude(pk=sent.command_id).get()
        self.assertEqual((late.state, late.result, late.attempts), ("failed", "invalid_payload", 0))
        self.assertIn("No such transaction runs on connector 1", late.error)


class Refused(AskedCase):
    def problems(self, profile: Payload, connector: int = 1) -> dict[str, str]:
        found = self.problems_of("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile})
        return {path.removeprefix("csChargingProfiles/"): reason for path, reason in found.items()}

    def assert_wrong(self, path: str, profile: Payload, connector: int = 1) -> None:
        self.assertEqual(list(self.problems(profile, connector)), [path])

    def test_the_station_s_limit_on_a_connector(self) -> None:
        self.assert_wrong("chargingProfilePurpose", profile(**MAX))

    def test_a_transaction_s_profile_for_the_station(self) -> None:
        self.assert_wrong("chargingProfilePurpose", profile(**TX), connector=0)

    def test_a_transaction_s_profile_where_none_runs(self) -> None:
        self.charge(evse=2)
        self.charge(evse=1, active=False)
        self.assert_wrong("chargingProfilePurpose", profile(**TX))

    def test_a_transaction_of_another_connector(self) -> None:
        other = self.charge(evse=2)
        self.charge(evse=1)
        self.assert_wrong("transactionId", profile(**TX, transactionId=other.pk))

    def test_a_transaction_of_another_station(self) -> None:
        mine, self.station = self.station, StationFactory.create()
        foreign = self.charge()
        self.station = mine
        self.charge()
        self.assert_wrong("transactionId", profile(**TX, transactionId=foreign.pk))
        self.assert_wrong("transactionId", profile(**TX, transactionId=-1))
        self.assert_wrong("transactionId", profile(**TX, transactionId=2**70))

    def test_a_transaction_of_any_other_purpose(self) -> None:
        running = self.charge()
        self.assert_wrong("transactionId", profile(transactionId=running.pk))

    def test_a_connector_that_is_not_there(self) -> None:
        self.configure(NumberOfConnectors="2")
        self.assertEqual(self.problems(profile(), connector=3), {"connectorId": "The station has 2 connectors."})
        self.assert_wrong("connectorId", profile(), connector=-1)
        self.ask("SetChargingProfile", {"connectorId": 2, "csChargingProfiles": profile()})

    def test_a_stack_level_above_the_highest(self) -> None:
        self.assert_wrong("stackLevel", profile(stackLevel=-1))
        self.assert_wrong("stackLevel", profile(stackLevel=2**40))
        self.configure(ChargeProfileMaxStackLevel="3")
        self.assert_wrong("stackLevel", profile(stackLevel=4))

    def test_more_periods_than_the_station_takes(self) -> None:
        steps = [{"startPeriod": start, "limit": 1.0} for start in range(4)]
        self.configure(ChargingScheduleMaxPeriods="3")
        self.assert_wrong("chargingSchedule/chargingSchedulePeriod", profile(steps=steps))

    def test_no_period(self) -> None:
        self.assert_wrong("chargingSchedule/chargingSchedulePeriod", profile(steps=[]))

    def test_a_first_period_that_is_not_at_the_beginning(self) -> None:
        steps = [{"startPeriod": 1, "limit": 1.0}]
        self.assert_wrong("chargingSchedule/chargingSchedulePeriod/0/startPeriod", profile(steps=steps))

    def test_periods_in_no_order(self) -> None:
        steps = [{"startPeriod": start, "limit": 1.0} for start in (0, 60, 60, 30)]
        self.assertEqual(
            list(self.problems(profile(steps=steps))),
            [f"chargingSchedule/chargingSchedulePeriod/{index}/startPeriod" for index in (2, 3)],
        )

    def test_impossible_limits_and_phases(self) -> None:
        steps = [{"startPeriod": 0, "limit": -1.0}, {"startPeriod": 1, "limit": 1.0, "numberPhases": 4}]
        self.assertEqual(
            list(self.problems(profile(steps=steps))),
            [
                "chargingSchedule/chargingSchedulePeriod/0/limit",
                "chargingSchedule/chargingSchedulePeriod/1/numberPhases",
            ],
        )

    def test_a_unit_that_the_station_does_not_take(self) -> None:
        self.configure(ChargingScheduleAllowedChargingRateUnit="Power")
        self.assert_wrong("chargingSchedule/chargingRateUnit", profile())

    def test_units_are_spelled_in_many_ways(self) -> None:
        # FIELD rule 29.
        for spelled in ("Current", "current,Power", "A", "Amp,W", "Amperes", "", "W,whatever"):
            with self.subTest(spelled):
                self.station = StationFactory.create(connection=7)
                self.configure(ChargingScheduleAllowedChargingRateUnit=spelled)
                self.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile()})

    def test_no_duration(self) -> None:
        self.assert_wrong("chargingSchedule/duration", profile(schedule={"duration": 0}))

    def test_recurring_without_saying_how_often(self) -> None:
        self.assert_wrong("recurrencyKind", profile(chargingProfileKind="Recurring"))
        self.assert_wrong("recurrencyKind", profile(recurrencyKind="Daily"))

    def test_an_end_before_the_beginning(self) -> None:
        span: Payload = {"validFrom": written(NOON), "validTo": written(NOON)}
        self.assert_wrong("validTo", profile(**span))
        self.ask(
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": profile(**span | {"validTo": written(NOON + timedelta(seconds=1))}),
            },
        )

    def test_a_time_that_is_none(self) -> None:
        found = self.problems_of(
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": profile(validFrom="2016-12-31T23:59:60Z")},
        )
        self.assertEqual(found, {"csChargingProfiles": "validFrom is no time."})

    def test_one_profile_more_than_the_station_holds(self) -> None:
        self.configure(MaxChargingProfilesInstalled="2")
        for number in (1, 2):
            self.settle(
                "SetChargingProfile",
                {"connectorId": 1, "csChargingProfiles": profile(chargingProfileId=number, stackLevel=number)},
            )
        self.assert_wrong("chargingProfileId", profile(chargingProfileId=3, stackLevel=3))
        # One that replaces another is none more: by its id, or by purpose and level.
        for number, level in ((1, 5), (3, 2)):
            again = profile(chargingProfileId=number, stackLevel=level)
            self.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": again})

    def test_a_number_of_more_than_32_bits(self) -> None:
        self.assert_wrong("chargingProfileId", profile(chargingProfileId=2**31))

    def test_two_decimals(self) -> None:
        # The schema's own rule: multipleOf 0.1.
        steps = [{"startPeriod": 0, "limit": 16.15}]
        self.assert_wrong("chargingSchedule/chargingSchedulePeriod/0/limit", profile(steps=steps))

    def test_limits_that_make_no_sense_are_not_used(self) -> None:
        self.configure(ChargeProfileMaxStackLevel="many", ChargingScheduleMaxPeriods="-5", NumberOfConnectors="")
        self.ask("SetChargingProfile", {"connectorId": 9, "csChargingProfiles": profile(stackLevel=9)})

    def test_all_reasons_at_once(self) -> None:
        found = self.problems(profile(**MAX, stackLevel=-1, transactionId=5))
        self.assertEqual(set(found), {"chargingProfilePurpose", "transactionId", "stackLevel"})

    def test_profiles_of_2_x_are_not_measured_by_the_rules_of_1_6(self) -> None:
        self.configure(ChargeProfileMaxStackLevel="0", NumberOfConnectors="0")
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        schedule = {
            "id": 1,
            "startSchedule": written(NOON),
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1.0}],
        }
        charging = {
            "id": 1,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        }
        self.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": charging})


class RemoteStarts(AskedCase):
    def start(self, found: Payload, **more: Any) -> Payload:
        return {"idTag": "CARD", "chargingProfile": found} | more

    def test_only_for_the_transaction_that_starts(self) -> None:
        found = self.problems_of("RemoteStartTransaction", self.start(profile(transactionId=5)))
        self.assertEqual(set(found), {"chargingProfile/chargingProfilePurpose", "chargingProfile/transactionId"})

    def test_its_schedule_is_checked_like_any_other(self) -> None:
        found = self.problems_of("RemoteStartTransaction", self.start(profile(**TX, steps=[])))
        self.assertEqual(set(found), {"chargingProfile/chargingSchedule/chargingSchedulePeriod"})

    def test_it_starts_on_a_connector(self) -> None:
        found = self.problems_of("RemoteStartTransaction", {"idTag": "CARD", "connectorId": 0})
        self.assertEqual(found, {"connectorId": "It is at least 1."})

    def test_without_a_profile(self) -> None:
        self.ask("RemoteStartTransaction", {"idTag": "CARD"})
        self.ask("RemoteStartTransaction", self.start(profile(**TX), connectorId=1))


class Sent(AskedCase):
    def send(self, found: Payload, evse: int = 1, **more: Any) -> Command:
        command: Command = self.do(
            lambda batch: send_profile(batch, station_id=self.station.pk, evse=evse, profile=found, **more)
        )
        return command

    def test_a_default_one_as_it_is(self) -> None:
        command = self.send(profile())
        self.assertEqual(command.payload, {"connectorId": 1, "csChargingProfiles": profile()})

    def test_a_transaction_s_profile_gets_the_transaction_that_runs(self) -> None:
        running = self.charge()
        self.assertEqual(self.send(profile(**TX)).payload["csChargingProfiles"]["transactionId"], running.pk)

    def test_or_the_one_that_is_named(self) -> None:
        running = self.charge()
        command = self.send(profile(**TX), transaction_id=running.pk)
        self.assertEqual(command.payload["csChargingProfiles"]["transactionId"], running.pk)
        self.refused(
            InvalidPayload,
            lambda batch: send_profile(
                batch, station_id=self.station.pk, evse=1, profile=profile(**TX), transaction_id=running.pk + 1
            ),
        )

    def test_not_without_a_transaction(self) -> None:
        unit = lambda batch: send_profile(batch, station_id=self.station.pk, evse=1, profile=profile(**TX))  # noqa: E731
        self.refused(InvalidPayload, unit)

    def test_not_to_nobody(self) -> None:
        self.refused(NotFound, lambda batch: send_profile(batch, station_id=0, evse=1, profile=profile()))

    def test_not_to_a_station_that_knows_other_profiles(self) -> None:
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        unit = partial(send_profile, station_id=self.station.pk, evse=1, profile=profile())
        self.refused(InvalidPayload, unit)

    def test_nothing_is_kept_before_the_station_has_answered(self) -> None:
        self.send(profile())
        self.assertFalse(ChargingProfile.objects.exists())
