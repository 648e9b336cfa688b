"""Charging profiles: which are taken, and what a vehicle then gets (1.6 section 3.13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.vehicle import Rating
from tests.emulator.scripted import Scripted
from tests.emulator.test_server_controls_sessions import profile


def schedule(limit: float, unit: str = "W", **more: Any) -> dict[str, Any]:
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]} | more


class ProfileCase(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)
        for outlet in self.drive.station.outlets:
            outlet.rating = Rating(22_000.0, 3)

    def install(self, number: int, **changes: Any) -> str:
        return self.drive.status_of("SetChargingProfile", connectorId=number, csChargingProfiles=profile(**changes))

    def default(self, limit: float, *, number: int = 0, unit: str = "W", id: int = 10, **changes: Any) -> str:
        changes = {"chargingSchedule": schedule(limit, unit)} | changes
        return self.install(
            number,
            chargingProfileId=id,
            chargingProfilePurpose="TxDefaultProfile",
            chargingProfileKind="Absolute",
            **changes,
        )

    def power(self, number: int = 1) -> float:
        return self.drive.station.outlet(number).reading(self.drive.now).power_w


class Limits(ProfileCase):
    def test_of_a_transaction_hold_until_it_ends(self) -> None:
        self.drive.charge()
        self.assertAlmostEqual(self.power(), 11_000, delta=200)
        self.assertEqual(self.install(1, transactionId=1001), "Accepted")
        self.assertAlmostEqual(self.power(), 2_000, delta=30)
        self.drive.unplug()
        self.drive.charge()
        self.assertAlmostEqual(self.power(), 11_000, delta=200)

    def test_by_default_hold_for_every_transaction(self) -> None:
        self.default(6.0, unit="A")
        self.drive.charge()
        self.assertAlmostEqual(self.power(), 6 * 230 * 3, delta=60)
        self.default(10.0, unit="A", number=1, id=11)
        self.assertAlmostEqual(self.power(), 10 * 230 * 3, delta=100)

    def test_of_the_station_are_shared(self) -> None:
        self.drive.charge(number=1)
        self.install(0, chargingProfilePurpose="ChargePointMaxProfile", chargingSchedule=schedule(8_000.0))
        self.assertAlmostEqual(self.power(1), 8_000, delta=100)
        self.drive.charge(number=2)
        self.drive.run(10)
        self.assertAlmostEqual(self.power(1) + self.power(2), 8_000, delta=120)

    def test_that_are_zero_suspend(self) -> None:
        self.drive.charge()
        self.install(1, chargingSchedule=schedule(0.0))
        self.assertEqual(self.drive.statuses()[-1], "SuspendedEVSE")
        register = self.drive.outlet.reading(self.drive.now).energy_wh
        self.drive.run(600)
        self.assertEqual(self.drive.outlet.reading(self.drive.now).energy_wh, register)
        self.assertEqual(self.drive.status_of("ClearChargingProfile", id=1), "Accepted")
        self.assertEqual(self.drive.statuses()[-1], "Charging")

    def test_follow_their_schedule(self) -> None:
        periods = [{"startPeriod": 0, "limit": 2000.0}, {"startPeriod": 60, "limit": 4000.0}]
        self.drive.charge()
        self.install(1, chargingSchedule={"chargingRateUnit": "W", "chargingSchedulePeriod": periods})
        self.drive.run(55)
        self.assertAlmostEqual(self.power(), 2_000, delta=30)
        self.drive.run(20)
        self.assertAlmostEqual(self.power(), 4_000, delta=50)

    def test_hold_only_while_they_are_valid(self) -> None:
        self.drive.charge()
        self.default(2_000.0, validFrom=self.drive.at(60), validTo=self.drive.at(120))
        powers = []
        for _ in range(3):
            powers.append(self.power() < 2_100)
            self.drive.run(70)
        self.assertEqual(powers, [False, True, False])

    def test_of_each_day_come_again(self) -> None:
        start = (self.drive.station.clock(0) - timedelta(days=3)).isoformat()
        recurring = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
        self.install(
            0,
            chargingProfilePurpose="TxDefaultProfile",
            chargingSchedule=schedule(3_000.0, startSchedule=start, duration=3600),
            **recurring,
        )
        self.drive.charge()
        self.assertAlmostEqual(self.power(), 3_000, delta=40)

    def test_in_amperes_count_for_each_phase_of_the_vehicle(self) -> None:
        self.default(10.0, unit="A")
        self.drive.charge()
        assert self.drive.outlet.vehicle is not None
        self.drive.outlet.vehicle.rating = Rating(7_400.0, 1)
        self.drive.run(10)
        self.assertAlmostEqual(self.drive.outlet.reading(self.drive.now).current_a, 10, delta=0.5)


class Installing(ProfileCase):
    def test_of_a_transaction_needs_one(self) -> None:
        self.assertEqual(self.install(1), "Rejected")
        self.drive.charge()
        self.assertEqual(self.install(0), "Rejected")
        self.assertEqual(self.install(9), "Rejected")
        self.assertEqual(self.install(1, transactionId=55), "Rejected")
        self.assertEqual(self.install(1), "Accepted")

    def test_keeps_to_what_the_station_can(self) -> None:
        self.drive.set(ChargingScheduleAllowedChargingRateUnit="Power", ChargingScheduleMaxPeriods=1)
        self.assertEqual(self.default(6.0, unit="A"), "Rejected")
        self.assertEqual(self.default(6.0, stackLevel=11), "Rejected")
        two = [{"startPeriod": 0, "limit": 1.0}, {"startPeriod": 9, "limit": 2.0}]
        self.assertEqual(
            self.default(0, chargingSchedule={"chargingRateUnit": "W", "chargingSchedulePeriod": two}), "Rejected"
        )
        self.assertEqual(self.default(6.0), "Accepted")

    def test_refuses_what_makes_no_sense(self) -> None:
        late = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 5, "limit": 1.0}]}
        self.assertEqual(self.default(0, chargingSchedule=late), "Rejected")
        self.assertEqual(self.default(0, chargingSchedule=late | {"chargingSchedulePeriod": []}), "Rejected")
        twice = late | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1.0}] * 2}
        self.assertEqual(self.default(0, chargingSchedule=twice), "Rejected")
        recurring = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Recurring"}
        self.assertEqual(self.install(0, **recurring), "Rejected")
        self.assertEqual(self.default(5.0, validFrom="2025-06-30T23:59:60Z"), "Rejected")
        maximum = {"chargingProfilePurpose": "ChargePointMaxProfile"}
        self.assertEqual(self.install(1, **maximum), "Rejected")

    def test_has_room_for_so_many(self) -> None:
        self.drive.set(MaxChargingProfilesInstalled=2)
        self.assertEqual(self.default(1.0, id=1, stackLevel=1), "Accepted")
        self.assertEqual(self.default(1.0, id=2, stackLevel=2), "Accepted")
        self.assertEqual(self.default(1.0, id=3, stackLevel=3), "Rejected")
        self.assertEqual(self.default(1.0, id=4, stackLevel=2), "Accepted", "It takes the place of another.")

    def test_is_undone_by_what_fits_all_criteria(self) -> None:
        self.default(1.0, id=1, stackLevel=1)
        self.default(1.0, id=2, stackLevel=2)
        clear = self.drive.status_of
        self.assertEqual(clear("ClearChargingProfile", stackLevel=1, connectorId=2), "Unknown")
        self.assertEqual(clear("ClearChargingProfile", stackLevel=1, connectorId=0), "Accepted")
        self.assertEqual(clear("ClearChargingProfile", chargingProfilePurpose="TxProfile"), "Unknown")
        self.assertEqual(clear("ClearChargingProfile"), "Accepted")
        self.assertEqual(clear("ClearChargingProfile"), "Unknown")


class Composite(ProfileCase):
    def composite(self, number: int = 1, **options: Any) -> dict[str, Any]:
        answer = self.drive.ask("GetCompositeSchedule", connectorId=number, duration=600, **options)
        self.assertEqual(answer["status"], "Accepted")
        self.assertEqual(answer["scheduleStart"], answer["chargingSchedule"]["startSchedule"])
        found: dict[str, Any] = answer["chargingSchedule"]
        return found

    def test_is_what_the_hardware_gives_where_nothing_limits(self) -> None:
        periods = [{"startPeriod": 0, "limit": 22_000.0}]
        self.assertEqual(self.composite()["chargingSchedulePeriod"], periods)
        self.assertEqual(self.composite(0)["chargingSchedulePeriod"], [{"startPeriod": 0, "limit": 44_000.0}])
        amperes = self.composite(chargingRateUnit="A")["chargingSchedulePeriod"]
        self.assertEqual(amperes, [{"startPeriod": 0, "limit": 31.9}])

    def test_shows_what_the_profiles_come_to(self) -> None:
        self.drive.charge()
        three = {
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9e3, "numberPhases": 3}],
        }
        self.install(1, chargingSchedule=three | {"duration": 300})
        periods = self.composite()["chargingSchedulePeriod"]
        self.assertEqual(periods[0], {"startPeriod": 0, "limit": 9000.0, "numberPhases": 3})
        self.assertEqual((periods[1]["startPeriod"], periods[1]["limit"]), (300, 22_000.0))

    def test_is_rejected_where_there_is_none(self) -> None:
        self.assertEqual(self.drive.status_of("GetCompositeSchedule", connectorId=9, duration=60), "Rejected")
        self.drive.set(ChargingScheduleAllowedChargingRateUnit="Current")
        self.assertEqual(self.drive.status_of("GetCompositeSchedule", connectorId=1, duration=60), "Rejected")
