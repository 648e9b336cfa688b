"""What an emulated 2.1 station can do with profiles beyond limits, and what it refuses (block K)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.delays import Delays
from stations.emulator.point.variables import Path
from stations.emulator.point.vehicle import Vehicle
from stations.ocpp.charging import Profile
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.emulator.test_smart_charging_of_2x import HOUR, Station

CONTROLLER = "SmartChargingCtrlr"


class FeatureCase(SimpleTestCase):
    def set(self, station: Station, variable: str, value: str, instance: str = "", component: str = CONTROLLER) -> None:
        station.station.variables.put(Path(component, variable, variable_instance=instance), value, station.now)

    def reason(self, station: Station, evse: int = 0, **changes: Any) -> str:
        """Why a profile is refused."""
        answer = station.ask("SetChargingProfile", evseId=evse, chargingProfile=station.profile(**changes))
        return str(answer.get("statusInfo", {}).get("reasonCode", ""))

    def reported(self, station: Station) -> list[Payload]:
        station.said.clear()
        station.ask("GetChargingProfiles", requestId=1, chargingProfile={})
        return [each for part in station.of("ReportChargingProfiles") for each in part["chargingProfile"]]


class Refused(FeatureCase):
    def test_for_a_reason(self) -> None:
        station = Station(self)
        station.charge()
        for reason, evse, changes in (
            ("UnknownEvse", 9, {}),
            ("TxNotFound", 1, {"chargingProfilePurpose": "TxProfile", "transactionId": "other"}),
            ("TxNotFound", 2, {"chargingProfilePurpose": "TxProfile", "transactionId": "other"}),
            ("InvalidProfile", 0, {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}),
            ("InvalidProfile", 1, {"chargingProfilePurpose": "ChargingStationMaxProfile"}),
            ("InvalidProfile", 0, {"dynUpdateInterval": 5}),
            ("InvalidProfile", 0, {"validFrom": "2016-12-31T23:59:60Z"}),
            ("InvalidProfileId", 0, {"id": 0}),
            ("InvalidStackLevel", 0, {"stackLevel": 99}),
            ("InvalidSchedule", 0, {"steps": [{"startPeriod": 5, "limit": 1.0}]}),
            ("InvalidSchedule", 0, {"chargingProfilePurpose": "PriorityCharging", "rates": {"duration": 60}}),
            ("InvalidSchedule", 0, {"steps": [{"startPeriod": 0, "limit": 1.0, "evseSleep": True}]}),
            ("TooManyElements", 0, {"steps": [{"startPeriod": each, "limit": 1.0} for each in range(30)]}),
            (
                "InvalidOperationMode",
                0,
                {
                    "chargingProfilePurpose": "ChargingStationMaxProfile",
                    "steps": [{"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 1.0}],
                },
            ),
        ):
            self.assertEqual(self.reason(station, evse, **changes), reason, changes)
        self.assertEqual(self.reason(station), "")
        self.assertEqual(self.reason(station, id=2), "DuplicateProfile")

    def test_because_the_station_cannot(self) -> None:
        station = Station(self)
        dynamic: Payload = {"chargingProfileKind": "Dynamic", "rates": {"startSchedule": None}}
        for feature, changes in (("DynamicProfiles", dynamic), ("MaxOfflineDuration", {"maxOfflineDuration": 60})):
            self.set(station, f"Supports{feature}", "false")
            self.assertEqual(self.reason(station, **changes), "UnsupportedParam")
            self.set(station, f"Supports{feature}", "true")
            self.assertEqual(self.reason(station, **changes), "")

    def test_because_the_evse_cannot(self) -> None:
        """Of whatever it is told: also of the profile of a remote start."""
        station = Station(self)
        steps = [{"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 2000.0}]
        path = Path("V2XChargingCtrlr", "Enabled", 1)
        station.station.variables.put(path, "false", station.now)
        self.assertEqual(self.reason(station, 1, steps=steps), "NotEnabled")
        station.outlet.start_remotely(
            "CARD", station.profile(chargingProfilePurpose="TxProfile", steps=steps), station.now
        )
        station.outlet.plug_in(station.now)
        self.assertTrue(station.outlet.running)
        self.assertEqual(len(station.station.profiles), 0)

    def test_altogether_where_there_is_no_smart_charging(self) -> None:
        for version, variable in (("2.0.1", "Available"), ("2.1", "Enabled")):
            station = Station(self, version)
            self.set(station, variable, "false")
            for action, payload in (
                ("SetChargingProfile", {"evseId": 0, "chargingProfile": station.profile()}),
                ("GetCompositeSchedule", {"evseId": 1, "duration": 60}),
            ):
                with self.assertRaises(CallError) as caught:
                    calls.answer(station.station, action, payload, station.now)
                self.assertEqual(caught.exception.code, "NotSupported")
            start = {"remoteStartId": 3, "idToken": {"idToken": "CARD", "type": "Central"}, "evseId": 1}
            order = station.profile(chargingProfilePurpose="TxProfile")
            station.ask("RequestStartTransaction", **start, chargingProfile=order)
            station.outlet.plug_in(station.now)
            self.assertIsNone(station.outlet.limit)

    def test_units_are_those_of_the_station(self) -> None:
        station = Station(self)
        station.station.settings.put("ChargingScheduleAllowedChargingRateUnit", "Current")
        self.assertEqual(self.reason(station), "UnsupportedRateUnit")
        answer = station.ask("GetCompositeSchedule", evseId=1, duration=60)
        self.assertEqual(answer["schedule"]["chargingRateUnit"], "A")
        self.assertEqual(
            station.status_of("GetCompositeSchedule", evseId=1, duration=60, chargingRateUnit="W"), "Rejected"
        )


class LocalTimes(FeatureCase):
    def test_follow_the_zone_that_is_set(self) -> None:
        """08:00 by the station's clock in UTC; an hour later it began where the clock is ahead."""
        station = Station(self)
        station.charge()
        station.install(rates={"useLocalTime": True, "startSchedule": "2025-03-01T08:30:00Z"})
        station.run(60)
        self.assertAlmostEqual(station.power(), 11_000, delta=200)
        for variable, value in (("TimeOffset", "+01:00"), ("TimeZone", "Europe/Berlin")):
            self.set(station, variable, value, component="ClockCtrlr")
            station.run(60)
            self.assertAlmostEqual(station.power(), 4_000, delta=50)
        self.set(station, "TimeZone", "America/New_York", component="ClockCtrlr")
        station.run(60)
        self.assertAlmostEqual(station.power(), 11_000, delta=200)


class StatesOfCharge(FeatureCase):
    def test_limit_from_one_on(self) -> None:
        station = Station(self)
        vehicle = Vehicle.usual()
        vehicle.soc = 0.5
        station.charge(vehicle)
        station.install(rates={"limitAtSoC": {"soc": 60, "limit": 2000.0}})
        self.assertAlmostEqual(station.power(), 4_000, delta=50)
        station.run(3 * HOUR)
        self.assertGreater(vehicle.soc, 0.6)
        self.assertAlmostEqual(station.power(), 2_000, delta=50)


class Drawn(FeatureCase):
    def test_delays_are_each_transaction_s_own(self) -> None:
        delays = Delays(random.Random(1))
        profile = Profile.read(
            {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Absolute",
                "chargingSchedule": [
                    {
                        "id": 1,
                        "startSchedule": "2025-03-01T08:00:00Z",
                        "chargingRateUnit": "W",
                        "chargingSchedulePeriod": [{"startPeriod": each * 60, "limit": 1.0} for each in range(20)],
                    }
                ],
            },
            received_at=datetime(2025, 3, 1, tzinfo=UTC),
        )

        def starts(reference: str) -> list[int]:
            return [step.start for step in delays.delayed(profile, 600, reference).periods]

        first = starts("a")
        self.assertEqual(first, sorted(first))
        for plain, late in zip(profile.periods, first, strict=True):
            self.assertGreaterEqual(late, plain.start)
        self.assertLessEqual(first[0], 600)
        self.assertEqual(starts("a"), first)
        self.assertNotEqual(starts("b"), first)
        delays.forget("a")
        self.assertNotEqual(starts("a"), first)

    def test_a_delayed_profile_holds_later(self) -> None:
        station = Station(self)
        station.charge()
        station.install(rates={"randomizedDelay": 600})
        self.assertAlmostEqual(station.power(), 11_000, delta=200)
        station.run(660)
        self.assertAlmostEqual(station.power(), 4_000, delta=50)


class Others(FeatureCase):
    def test_keep_their_ids(self) -> None:
        for version, ids in (("2.0.1", [-1, -2]), ("2.1", [0, -1])):
            station = Station(self, version)
            for watts, source in ((5000.0, "SO"), (4000.0, "EMS"), (3000.0, "SO")):
                station.station.charging.announce(watts, station.now, source=source)
            self.assertEqual({each["id"] for each in self.reported(station)}, set(ids))

    def test_a_source_may_limit_and_add(self) -> None:
        station = Station(self)
        station.charge()
        station.install()
        for watts, generation in ((2000.0, True), (5000.0, False)):
            station.station.charging.announce(watts, station.now, source="EMS", generation=generation)
        self.assertEqual(len(self.reported(station)), 3)
        self.assertAlmostEqual(station.power(), 5_000, delta=60)
        station.station.charging.withdraw(station.now, source="EMS")
        self.assertEqual(len(self.reported(station)), 1)

    def test_lead_profiles_that_are_left_to_them(self) -> None:
        station = Station(self)
        station.charge()
        station.dynamic(id=1, step={"startPeriod": 0, "operationMode": "ChargingOnly", "limit": 9000.0})
        station.dynamic(id=2, stackLevel=1, step={"startPeriod": 0, "operationMode": "ExternalLimits"})
        station.station.v2x.instruct({"limit": 3000.0}, station.now, evse=1)
        self.assertAlmostEqual(station.power(), 3_000, delta=50)
        found = {
            each["id"]: each["chargingSchedule"][0]["chargingSchedulePeriod"][0] for each in self.reported(station)
        }
        self.assertEqual({number: period["limit"] for number, period in found.items()}, {1: 9000.0, 2: 3000.0})


class Needs(FeatureCase):
    def test_of_part_20_are_in_its_words(self) -> None:
        station = Station(self)
        station.charge(Vehicle.talking(part_20=True))
        (told,) = station.of("NotifyEVChargingNeeds")
        self.assertEqual(told["chargingNeeds"]["controlMode"], "ScheduledControl")
        self.assertNotIn("acChargingParameters", told["chargingNeeds"])

    def test_a_vehicle_that_is_led_takes_the_schedule_as_it_is(self) -> None:
        station = Station(self)
        station.charge(Vehicle.talking(led=True))
        self.assertEqual(station.of("NotifyEVChargingNeeds")[0]["chargingNeeds"]["controlMode"], "DynamicControl")
        tx: Payload = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
        profile = station.profile(chargingProfileKind="Dynamic", rates={"startSchedule": None}, **tx)
        station.ask("SetChargingProfile", evseId=1, chargingProfile=profile)
        (told,) = station.of("NotifyEVChargingSchedule")
        self.assertEqual(
            (told["chargingSchedule"], told["selectedChargingScheduleId"]), (profile["chargingSchedule"][0], 1)
        )

    def test_are_told_anew_when_they_change(self) -> None:
        station = Station(self)
        station.charge(Vehicle.talking())
        station.station.charging.want(station.outlet, station.now, target=0.9)
        station.station.charging.want(station.outlet, station.now, stays=HOUR)
        station.run(0)
        energies = [
            each["chargingNeeds"]["acChargingParameters"]["energyAmount"]
            for each in station.of("NotifyEVChargingNeeds")
        ]
        self.assertEqual(energies, [23_100, 30_800, 30_800])

    def test_wait_for_the_server_to_be_back(self) -> None:
        station = Station(self)
        station.station.disconnected(station.now)
        station.charge(Vehicle.talking())
        station.run(60)
        self.assertEqual(station.of("NotifyEVChargingNeeds"), [])
        station.connect().run(1)
        self.assertEqual(len(station.of("NotifyEVChargingNeeds")), 1)
        station.station.disconnected(station.now)
        station.connect().run(1)
        self.assertEqual(len(station.of("NotifyEVChargingNeeds")), 1, "they were told")
        station.station.disconnected(station.now)
        station.station.charging.want(station.outlet, station.now, target=0.9)
        station.outlet.unplug(station.now)
        station.connect().run(1)
        self.assertEqual(len(station.of("NotifyEVChargingNeeds")), 1, "the vehicle is gone")
