"""An emulated 2.x station keeps profiles, acts on them, and tells what vehicles and the grid say (blocks K and Q)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.driver import Habits
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.ocpp import schemas
from stations.ocpp.frames import Payload
from tests.emulator.fakes import Answers, Drive, model

VERSIONS = ("2.0.1", "2.1")
HOUR = 3600.0


class Server(Answers):
    """Says what a test wants to some actions."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, Payload] = {}

    def to(self, action: str, payload: Payload) -> Payload:
        return self.says.get(action) or super().to(action, payload)


class Station(Drive):
    """Connected and accepted; nothing happens by itself."""

    def __init__(self, test: SimpleTestCase, version: str = "2.1", **options: Any) -> None:
        self.server = Server()
        super().__init__(model(version, **{"manual": True} | options), self.server)
        self.test = test
        for outlet in self.station.outlets:
            outlet.rating = Rating(22_000.0, 3)
        test.addCleanup(lambda: test.assertEqual(self.problems, []))
        self.connect().run(0)
        self.said.clear()

    @property
    def outlet(self) -> Outlet:
        return self.station.outlet(1)

    @property
    def reference(self) -> str:
        assert self.outlet.charge is not None
        return self.outlet.charge.reference

    def charge(self, vehicle: Vehicle | None = None, number: int = 1) -> None:
        outlet = self.station.outlet(number)
        outlet.plug_in(self.now, vehicle)
        outlet.present("CARD", self.now)
        self.run(0)
        self.test.assertTrue(outlet.running)

    def ask(self, action: str, **payload: Any) -> Payload:
        self.test.assertEqual(schemas.request_problems(self.station.version, action, payload), [])
        answer = calls.answer(self.station, action, payload, self.now)
        self.test.assertEqual(schemas.response_problems(self.station.version, action, answer), [])
        self.run(0)
        return answer

    def status_of(self, action: str, **payload: Any) -> str:
        return str(self.ask(action, **payload)["status"])

    def install(self, evse: int = 0, **changes: Any) -> str:
        return self.status_of("SetChargingProfile", evseId=evse, chargingProfile=self.profile(**changes))

    def profile(self, *, id: int = 1, rates: Payload | None = None, steps: Any = None, **changes: Any) -> Payload:
        steps = steps or [{"startPeriod": 0, "limit": 4000.0}]
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": steps, "startSchedule": self.at()}
        schedule = {name: value for name, value in (schedule | (rates or {})).items() if value is not None}
        return {
            "id": id,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        } | changes

    def dynamic(self, *, step: Payload | None = None, **changes: Any) -> str:
        return self.install(
            chargingProfileKind="Dynamic",
            rates={"startSchedule": None},
            steps=[step or {"startPeriod": 0, "limit": 4000.0}],
            **changes,
        )

    def at(self, seconds: float = 0.0) -> str:
        return self.station.moment(self.now + seconds).stamp

    def power(self, number: int = 1) -> float:
        reading = self.station.outlet(number).reading(self.now)
        return reading.power_w - reading.fed_w


class Profiles(SimpleTestCase):
    def test_limit_what_a_vehicle_gets(self) -> None:
        for version in VERSIONS:
            station = Station(self, version)
            station.charge()
            self.assertAlmostEqual(station.power(), 11_000, delta=200)
            self.assertEqual(station.install(), "Accepted")
            self.assertAlmostEqual(station.power(), 4_000, delta=50)
            tx = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
            self.assertEqual(station.install(1, id=2, steps=[{"startPeriod": 0, "limit": 0.0}], **tx), "Accepted")
            self.assertEqual(station.power(), 0.0)
            self.assertEqual(station.outlet.status.value, "SuspendedEVSE")
            station.outlet.unplug(station.now)
            station.charge()
            self.assertAlmostEqual(station.power(), 4_000, delta=50)

    def test_come_with_a_remote_start(self) -> None:
        station = Station(self)
        order = station.profile(chargingProfilePurpose="TxProfile")
        station.outlet.start_remotely("CARD", order, station.now)
        station.outlet.plug_in(station.now)
        station.run(1)
        self.assertAlmostEqual(station.power(), 4_000, delta=50)

    def test_that_do_not_fit_are_refused(self) -> None:
        station = Station(self)
        station.charge()
        tx = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
        two = [station.profile()["chargingSchedule"][0]] * 2
        for evse, changes in (
            (9, {}),
            (0, tx),
            (1, tx | {"transactionId": "other"}),
            (2, tx),
            (1, {"chargingProfilePurpose": "ChargingStationMaxProfile"}),
            (0, {"chargingProfilePurpose": "ChargingStationExternalConstraints"}),
            (0, {"transactionId": "T"}),
            (0, {"stackLevel": 99}),
            (0, {"chargingProfileKind": "Recurring"}),
            (0, {"rates": {"startSchedule": None}}),
            (0, {"chargingProfileKind": "Relative"}),
            (0, {"chargingSchedule": two}),
            (0, {"steps": [{"startPeriod": 1, "limit": 1.0}]}),
            (0, {"steps": [{"startPeriod": 0, "limit": 1.0, "phaseToUse": 1}]}),
            (0, {"validFrom": "2016-12-31T23:59:60Z"}),
        ):
            self.assertEqual(station.install(evse, **changes), "Rejected", changes)
        self.assertEqual(station.install(1, chargingSchedule=two, **tx), "Accepted")

    def test_two_of_a_level_stand_side_by_side_where_their_times_do(self) -> None:
        station = Station(self)
        self.assertEqual(station.install(validTo=station.at(60)), "Accepted")
        self.assertEqual(station.install(id=2), "Rejected")
        self.assertEqual(station.install(id=2, validFrom=station.at(60)), "Accepted")
        station.station.settings.put("MaxChargingProfilesInstalled", "2")
        self.assertEqual(station.install(id=3, stackLevel=1), "Rejected")

    def test_are_cleared(self) -> None:
        station = Station(self)
        for id in (1, 2, 3):
            station.install(id=id, stackLevel=id)
        self.assertEqual(station.status_of("ClearChargingProfile", chargingProfileId=9), "Unknown")
        self.assertEqual(station.status_of("ClearChargingProfile", chargingProfileId=1), "Accepted")
        criteria = {"evseId": 0, "stackLevel": 2, "chargingProfilePurpose": "TxDefaultProfile"}
        self.assertEqual(station.status_of("ClearChargingProfile", chargingProfileCriteria=criteria), "Accepted")
        self.assertEqual(station.status_of("ClearChargingProfile"), "Accepted")
        self.assertEqual(station.status_of("ClearChargingProfile"), "Unknown")

    def test_are_reported(self) -> None:
        for version in VERSIONS:
            station = Station(self, version)
            self.assertEqual(station.status_of("GetChargingProfiles", requestId=1, chargingProfile={}), "NoProfiles")
            for id, evse in ((1, 0), (2, 1), (3, 1)):
                station.install(evse, id=id, stackLevel=id)
            station.station.charging.announce(9000.0, station.now)
            station.said.clear()
            self.assertEqual(station.status_of("GetChargingProfiles", requestId=7, chargingProfile={}), "Accepted")
            told = station.of("ReportChargingProfiles")
            self.assertEqual(
                [(each["evseId"], each["chargingLimitSource"], len(each["chargingProfile"])) for each in told],
                [(0, "CSO", 1), (0, "SO", 1), (1, "CSO", 2)],
            )
            self.assertEqual([each["tbc"] for each in told], [True, True, False])
            for criterion, count in (
                ({"chargingProfileId": [3, 9]}, 1),
                ({"chargingProfilePurpose": "TxDefaultProfile"}, 3),
                ({"stackLevel": 2}, 1),
                ({"chargingLimitSource": ["SO"]}, 1),
            ):
                station.said.clear()
                station.ask("GetChargingProfiles", requestId=8, chargingProfile=criterion)
                found = [one for each in station.of("ReportChargingProfiles") for one in each["chargingProfile"]]
                self.assertEqual(len(found), count, criterion)
            self.assertEqual(
                station.status_of("GetChargingProfiles", requestId=9, evseId=2, chargingProfile={}), "NoProfiles"
            )

    def test_make_a_composite_schedule(self) -> None:
        for version in VERSIONS:
            station = Station(self, version)
            station.install(steps=[{"startPeriod": 0, "limit": 4000.0}, {"startPeriod": 60, "limit": 90_000.0}])
            answer = station.ask("GetCompositeSchedule", evseId=1, duration=600)
            periods = answer["schedule"]["chargingSchedulePeriod"]
            self.assertEqual([(each["startPeriod"], each["limit"]) for each in periods], [(0, 4000.0), (60, 22_000.0)])
            whole = station.ask("GetCompositeSchedule", evseId=0, duration=60, chargingRateUnit="A")
            self.assertEqual(whole["schedule"]["chargingSchedulePeriod"][0]["limit"], 63.8)
            for evse, duration, reason in ((9, 60, "UnknownEvse"), (1, 0, "InvalidValue")):
                refused = {"status": "Rejected", "statusInfo": {"reasonCode": reason}}
                self.assertEqual(station.ask("GetCompositeSchedule", evseId=evse, duration=duration), refused)


class Dynamic(SimpleTestCase):
    def test_values_are_pushed(self) -> None:
        station = Station(self)
        station.charge()
        self.assertEqual(station.dynamic(), "Accepted")
        station.install(id=2, stackLevel=1, validTo=station.at(-1))
        for number, status in ((1, "Accepted"), (2, "Rejected"), (9, "Rejected")):
            update = {"limit": 6000.0}
            self.assertEqual(
                station.status_of("UpdateDynamicSchedule", chargingProfileId=number, scheduleUpdate=update), status
            )
        self.assertAlmostEqual(station.power(), 6_000, delta=80)
        two = [{"startPeriod": 0, "limit": 1.0}, {"startPeriod": 9, "limit": 2.0}]
        refused = station.install(id=4, chargingProfileKind="Dynamic", rates={"startSchedule": None}, steps=two)
        self.assertEqual(refused, "Rejected")

    def test_values_are_asked_for(self) -> None:
        station = Station(self)
        station.charge()
        station.server.says["PullDynamicScheduleUpdate"] = {"status": "Accepted", "scheduleUpdate": {"limit": 5000.0}}
        station.dynamic(dynUpdateInterval=60)
        station.run(59)
        self.assertEqual(station.of("PullDynamicScheduleUpdate"), [])
        station.run(70)
        self.assertEqual(station.of("PullDynamicScheduleUpdate"), [{"chargingProfileId": 1}] * 2)
        self.assertAlmostEqual(station.power(), 5_000, delta=60)
        station.server.says["PullDynamicScheduleUpdate"] = {"status": "Rejected"}
        station.run(60)
        self.assertAlmostEqual(station.power(), 5_000, delta=60)
        station.ask("ClearChargingProfile", chargingProfileId=1)
        station.run(200)
        self.assertEqual(len(station.of("PullDynamicScheduleUpdate")), 3)

    def test_nobody_asks_for_a_session_that_is_over(self) -> None:
        station = Station(self)
        station.charge()
        tx: Payload = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
        profile = station.profile(chargingProfileKind="Dynamic", rates={"startSchedule": None}, **tx)
        station.ask("SetChargingProfile", evseId=1, chargingProfile=profile | {"dynUpdateInterval": 30})
        station.outlet.unplug(station.now)
        station.run(100)
        self.assertEqual(station.of("PullDynamicScheduleUpdate"), [])

    def test_profiles_end_while_the_server_is_out_of_reach(self) -> None:
        station = Station(self)
        station.charge()
        station.install(maxOfflineDuration=60)
        station.install(id=2, stackLevel=1, maxOfflineDuration=60, invalidAfterOfflineDuration=True)
        station.station.disconnected(station.now)
        station.run(50)
        self.assertAlmostEqual(station.power(), 4_000, delta=50)
        station.run(60)
        self.assertAlmostEqual(station.power(), 11_000, delta=200)
        station.connect().run(20)
        self.assertAlmostEqual(station.power(), 4_000, delta=50)
        self.assertEqual(station.status_of("ClearChargingProfile", chargingProfileId=2), "Unknown")


class Priority(SimpleTestCase):
    def use(self, station: Station, reference: str, activate: bool = True) -> str:
        return station.status_of("UsePriorityCharging", transactionId=reference, activate=activate)

    def test_needs_a_session_and_a_profile(self) -> None:
        station = Station(self)
        self.assertEqual(self.use(station, "none"), "Rejected")
        station.charge()
        self.assertEqual(self.use(station, station.reference), "NoProfile")
        station.install()
        fast: Payload = {"chargingProfilePurpose": "PriorityCharging", "steps": [{"startPeriod": 0, "limit": 9000.0}]}
        station.install(id=2, **fast)
        self.assertAlmostEqual(station.power(), 4_000, delta=50)
        self.assertEqual(self.use(station, station.reference), "Accepted")
        self.assertAlmostEqual(station.power(), 9_000, delta=100)
        self.assertEqual(self.use(station, station.reference, False), "Accepted")
        self.assertAlmostEqual(station.power(), 4_000, delta=50)

    def test_a_driver_may_switch_it(self) -> None:
        station = Station(self)
        charging = station.station.charging
        self.assertFalse(charging.prioritise(station.outlet, True, station.now))
        station.charge()
        self.assertFalse(charging.prioritise(station.outlet, True, station.now))
        station.install(chargingProfilePurpose="PriorityCharging")
        self.assertTrue(charging.prioritise(station.outlet, True, station.now))
        station.run(0)
        told = {"transactionId": station.reference, "activated": True}
        self.assertEqual(station.of("NotifyPriorityCharging"), [told])
        self.assertAlmostEqual(station.power(), 4_000, delta=50)


class Grid(SimpleTestCase):
    def test_limits_are_announced_and_withdrawn(self) -> None:
        for version in VERSIONS:
            station = Station(self, version)
            station.charge()
            charging = station.station.charging
            charging.announce(3000.0, station.now, evse=1, source="EMS", critical=True)
            station.run(0)
            (told,) = station.of("NotifyChargingLimit")
            self.assertEqual(told["chargingLimit"], {"chargingLimitSource": "EMS", "isGridCritical": True})
            self.assertAlmostEqual(station.power(), 3_000, delta=50)
            self.assertEqual(station.status_of("ClearChargingProfile"), "Unknown", "it is not the server's")
            charging.withdraw(station.now, evse=2, source="EMS")
            charging.withdraw(station.now, evse=1, source="EMS")
            station.run(0)
            (told,) = station.of("ClearedChargingLimit")
            self.assertEqual(told, {"evseId": 1, "chargingLimitSource": "EMS"})
            self.assertAlmostEqual(station.power(), 11_000, delta=200)

    def test_generation_adds(self) -> None:
        station = Station(self)
        station.charge()
        station.install()
        station.station.charging.announce(2000.0, station.now, generation=True)
        self.assertAlmostEqual(station.power(), 6_000, delta=80)

    def test_limits_come_by_chance(self) -> None:
        drive = Drive(model("2.1", habits=Habits(limit_per_hour=2.0))).connect().run(6 * HOUR)
        self.assertEqual(drive.problems, [])
        limits, ends = drive.times("NotifyChargingLimit"), drive.times("ClearedChargingLimit")
        self.assertGreater(len(limits), 3)
        for begin, end in zip(limits, ends, strict=False):
            self.assertTrue(600.0 <= end - begin <= 1800.0)

    def test_a_16_station_has_none(self) -> None:
        drive = Drive(model("1.6", habits=Habits(limit_per_hour=50.0))).connect().run(HOUR)
        self.assertEqual(drive.of("NotifyChargingLimit"), [])
        with self.assertRaises(AssertionError):
            _ = drive.station.charging.profiles


class Vehicles(SimpleTestCase):
    def test_tell_what_they_need_and_which_schedule_they_choose(self) -> None:
        for version in VERSIONS:
            station = Station(self, version)
            station.charge(Vehicle.talking())
            (told,) = station.of("NotifyEVChargingNeeds")
            needs = told["chargingNeeds"]
            self.assertEqual((told["evseId"], needs["requestedEnergyTransfer"]), (1, "AC_three_phase"))
            self.assertEqual(needs["acChargingParameters"]["energyAmount"], 23_100)
            self.assertEqual(needs["departureTime"], station.at(8 * HOUR))
            tx = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
            for unit, limit, most in (("W", 50_000.0, 11_000.0), ("A", 20.0, 15.9)):
                station.said.clear()
                steps = [{"startPeriod": 0, "limit": 10.0}, {"startPeriod": 60, "limit": limit}]
                station.install(1, steps=steps, rates={"chargingRateUnit": unit}, **tx)
                (chosen,) = station.of("NotifyEVChargingSchedule")
                limits = [each["limit"] for each in chosen["chargingSchedule"]["chargingSchedulePeriod"]]
                self.assertEqual(limits, [10.0, most])
                self.assertEqual("selectedChargingScheduleId" in chosen, version == "2.1")

    def test_choose_what_is_left_of_a_schedule(self) -> None:
        """Its periods count from the moment at which they say so."""
        station = Station(self)
        station.charge(Vehicle.talking())
        steps = [{"startPeriod": each, "limit": 5000.0 + each} for each in (0, 60, 120)]
        tx = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
        for begins, starts, left in (
            (-90.0, [(0, 5060.0), (30, 5120.0)], 210),
            (30.0, [(0, 5000.0), (60, 5060.0)], 300),
        ):
            station.said.clear()
            station.install(1, steps=steps, rates={"startSchedule": station.at(begins), "duration": 300}, **tx)
            (chosen,) = station.of("NotifyEVChargingSchedule")
            self.assertEqual(chosen["timeBase"], station.at())
            found = chosen["chargingSchedule"]
            periods = [(each["startPeriod"], each["limit"]) for each in found["chargingSchedulePeriod"]]
            self.assertEqual((periods[:2], found["duration"]), (starts, left))

    def test_that_do_not_talk_say_nothing(self) -> None:
        station = Station(self)
        station.charge()
        tx = {"chargingProfilePurpose": "TxProfile", "transactionId": station.reference}
        station.install(1, **tx)
        self.assertEqual(station.of("NotifyEVChargingNeeds") + station.of("NotifyEVChargingSchedule"), [])

    def test_that_stay_as_long_as_they_like_name_no_departure(self) -> None:
        station = Station(self)
        station.charge(Vehicle.talking(stays=None))
        self.assertNotIn("departureTime", station.of("NotifyEVChargingNeeds")[0]["chargingNeeds"])

    def test_on_one_phase(self) -> None:
        station = Station(self, "2.0.1")
        vehicle = Vehicle.talking()
        vehicle.rating = Rating(3_700.0, 1)
        station.charge(vehicle)
        needs = station.of("NotifyEVChargingNeeds")[0]["chargingNeeds"]
        self.assertEqual(needs["requestedEnergyTransfer"], "AC_single_phase")
        self.assertEqual(needs["acChargingParameters"]["evMaxVoltage"], 230)

    def test_say_anew_what_they_want_in_a_way_that_is_allowed(self) -> None:
        station = Station(self)

        def allow(reference: str, *modes: str) -> str:
            return station.status_of(
                "NotifyAllowedEnergyTransfer", transactionId=reference, allowedEnergyTransfer=list(modes)
            )

        self.assertEqual(allow("none", "DC"), "Rejected")
        station.charge(Vehicle.talking(feed_w=5_000.0))
        self.assertEqual(allow(station.reference, "DC"), "Rejected")
        self.assertEqual(allow(station.reference, "AC_three_phase"), "Accepted")
        self.assertEqual(allow(station.reference, "AC_BPT"), "Accepted")
        wanted = [each["chargingNeeds"]["requestedEnergyTransfer"] for each in station.of("NotifyEVChargingNeeds")]
        self.assertEqual(wanted, ["AC_three_phase", "AC_three_phase", "AC_BPT"], "only charging, until it is allowed")


class BothWays(SimpleTestCase):
    def allowed(self) -> Station:
        """A vehicle that can and may feed the grid."""
        station = Station(self)
        station.charge(Vehicle.talking(feed_w=5_000.0))
        station.ask("NotifyAllowedEnergyTransfer", transactionId=station.reference, allowedEnergyTransfer=["AC_BPT"])
        return station

    def feeding(self, **step: float) -> Station:
        station = self.allowed()
        self.assertEqual(
            station.dynamic(step={"startPeriod": 0, "operationMode": "CentralSetpoint", **step}), "Accepted"
        )
        return station

    def test_a_vehicle_that_can_feeds_the_grid(self) -> None:
        station = self.feeding(setpoint=-4000.0)
        self.assertEqual(station.power(), -4000.0)
        before = station.outlet.reading(station.now)
        station.run(HOUR)
        after = station.outlet.reading(station.now)
        self.assertAlmostEqual(after.exported_wh - before.exported_wh, 4000, delta=20)
        self.assertEqual(after.energy_wh, before.energy_wh)
        assert after.soc is not None
        assert before.soc is not None
        self.assertLess(after.soc, before.soc)
        station.outlet.stop(station.now)
        station.run(0)
        (value,) = station.of("TransactionEvent")[-1]["meterValue"]
        exported = [
            each["value"] for each in value["sampledValue"] if each["measurand"] == "Energy.Active.Export.Register"
        ]
        self.assertEqual(exported, [after.exported_wh])

    def test_not_below_what_its_driver_needs(self) -> None:
        station = self.feeding(setpoint=-9000.0)
        self.assertEqual(station.power(), -5000.0)
        station.run(12 * HOUR)
        assert station.outlet.vehicle is not None
        self.assertAlmostEqual(station.outlet.vehicle.soc, 0.3, delta=0.001)
        self.assertEqual(station.power(), 0.0)

    def test_a_setpoint_above_nought_charges(self) -> None:
        self.assertAlmostEqual(self.feeding(setpoint=3000.0).power(), 3_000, delta=40)

    def test_only_where_it_is_allowed(self) -> None:
        station = self.feeding(setpoint=-4000.0)
        station.ask(
            "NotifyAllowedEnergyTransfer",
            transactionId=station.reference,
            allowedEnergyTransfer=["AC_three_phase"],
        )
        self.assertEqual(station.power(), 0.0)

    def test_a_vehicle_that_cannot_waits(self) -> None:
        station = Station(self)
        station.charge()
        station.dynamic(step={"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -4000.0})
        self.assertEqual((station.power(), station.outlet.status.value), (0.0, "SuspendedEVSE"))

    def test_a_composite_schedule_has_what_is_asked_for(self) -> None:
        station = self.feeding(limit=8000.0, dischargeLimit=-3000.0, setpoint=-4000.0)
        answer = station.ask("GetCompositeSchedule", evseId=1, duration=60)
        (period,) = answer["schedule"]["chargingSchedulePeriod"]
        self.assertEqual((period["limit"], period["dischargeLimit"], period["setpoint"]), (8000.0, -3000.0, -3000.0))

    def test_signals_of_the_grid_move_along_the_curve(self) -> None:
        station = self.allowed()
        signal = {"timestamp": station.at()}
        self.assertEqual(station.status_of("AFRRSignal", signal=10, **signal), "Rejected")
        curve = [{"signal": -100, "power": -4000.0}, {"signal": 100, "power": 4000.0}]
        step = {
            "startPeriod": 0,
            "operationMode": "LocalFrequency",
            "v2xBaseline": 1000.0,
            "v2xFreqWattCurve": [{"frequency": 49.0, "power": 0.0}, {"frequency": 51.0, "power": 0.0}],
            "v2xSignalWattCurve": curve,
        }
        station.dynamic(step=step)
        station.install(id=2, stackLevel=1, validTo=station.at(-1))  # one that says nothing of signals
        for value, power in ((50, 3000.0), (-50, -1000.0), (-900, -3000.0), (900, 5000.0)):
            self.assertEqual(station.status_of("AFRRSignal", signal=value, **signal), "Accepted")
            self.assertAlmostEqual(station.power(), power, delta=60)
