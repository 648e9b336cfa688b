"""What drivers, cars and technicians do at an emulated station when there is nothing to do for it."""

from __future__ import annotations

import random
from math import inf
from typing import Any
from unittest import TestCase

from stations.emulator.keys import StationKeys
from stations.emulator.point import metering2, swaps
from stations.emulator.point.bank import BankCard
from stations.emulator.point.driver import Driver, Habits
from stations.emulator.point.message import Charge
from stations.emulator.point.slots import Battery
from stations.emulator.point.v2 import Words2
from stations.emulator.point.variables import Path
from stations.emulator.point.vehicle import Vehicle
from stations.emulator.point.words import Reason
from tests.emulator.fakes import model
from tests.emulator.scripted import Scripted
from tests.emulator.scripted2 import Scripted2


class AnEmptyConnector(TestCase):
    def test_nothing_ends_where_nothing_runs(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            drive = Scripted(self, version)
            outlet = drive.station.outlet(1)
            before = len(drive.said)
            outlet.finish_charging(drive.now)
            outlet.drive_out(drive.now)
            outlet.limit_by_driver({"maxTime": 60.0}, drive.now)
            drive.run(0)
            self.assertEqual((outlet.charge, len(drive.said)), (None, before))

    def test_a_parking_bay_that_nobody_watches(self) -> None:
        for version in ("1.6", "2.1"):
            drive = Scripted(self, version)
            drive.station.outlet(1).drive_in(drive.now)
            self.assertIsNone(drive.station.outlet(1).charge)

    def test_words_of_1_6_for_what_it_does_not_know(self) -> None:
        station = model("1.6")
        charge, reading = Charge(1, "R"), station.outlet(1).reading(0.0)
        self.assertEqual(station.words.stopping(charge, reading, reason=Reason.LOCAL, by=""), [])
        self.assertEqual(station.words.resumed(charge, reading), [])
        self.assertFalse(station.words.stops_with_energy)

    def test_a_transaction_that_never_began_has_no_end(self) -> None:
        station = model("2.1")
        reading = station.outlet(1).reading(0.0)
        self.assertEqual(station.words.ended(Charge(1, "R"), reading, Reason.LOCAL, ""), [])

    def test_variables_that_there_are_not_or_that_cannot_be_set(self) -> None:
        variables = model("2.1").variables
        self.assertEqual(variables.change(Path("Nobody", "Nothing"), "1", 0.0), "UnknownComponent")
        self.assertEqual(variables.change(Path("ClockCtrlr", "TimeSource"), "GNSS", 0.0), "Rejected")

    def test_a_display_without_messages(self) -> None:
        self.assertEqual(model("2.1").display.text(0.0), "")

    def test_ways_of_energy_transfer_for_nobody(self) -> None:
        drive = Scripted2(self)
        found = drive.ask("NotifyAllowedEnergyTransfer", transactionId="T", allowedEnergyTransfer=["AC_BPT"])
        self.assertEqual(found["status"], "Rejected")

    def test_both_ways_where_they_are_switched_off(self) -> None:
        for vehicle in (Vehicle.usual(), Vehicle.talking(feed_w=5_000.0)):
            drive = Scripted2(self)
            drive.station.outlet(1).plug_in(drive.now, vehicle)
            drive.station.outlet(1).present("CARD", drive.now)
            drive.run(0)
            drive.station.variables.put(Path("V2XChargingCtrlr", "Enabled", 1), "false", drive.now)
            charge = drive.station.outlet(1).charge
            assert charge is not None
            told = {"transactionId": charge.reference, "allowedEnergyTransfer": ["AC_BPT"]}
            self.assertEqual(drive.ask("NotifyAllowedEnergyTransfer", **told)["status"], "Rejected")

    def test_load_without_thresholds_is_not_balanced(self) -> None:
        self.assertEqual(model("2.1").v2x._by_load(1), 0.0)


class TheCardReader(TestCase):
    def test_a_card_is_for_the_car_that_waits(self) -> None:
        drive = Scripted2(self)
        drive.station.outlet(2).plug_in(drive.now, Vehicle.usual())
        drive.station.reader.present("CARD", drive.now)
        drive.run(0)
        self.assertTrue(drive.station.outlet(2).running)

    def test_a_card_for_which_there_is_no_room(self) -> None:
        drive = Scripted2(self)
        for number in (1, 2):
            drive.transact(f"CARD{number}", number)
        before = len(drive.of("Authorize"))
        drive.station.reader.present("CARD3", drive.now)
        drive.run(0)
        self.assertEqual(len(drive.of("Authorize")), before)


class Refused(TestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1", payments=True)
        self.outlet = self.drive.station.outlet(1)
        self.told: list[float] = []
        told = self.told

        class Waiting(Driver):
            def refused(self, now: float) -> None:
                told.append(now)

        self.outlet.driver = Waiting(self.outlet, Habits(), random.Random(1), ("CARD",))

    def test_a_card_where_somebody_pays_on_a_web_page(self) -> None:
        self.drive.ask("NotifyWebPaymentStarted", evseId=1, timeout=60)
        self.outlet.present("CARD", self.drive.now)
        self.drive.station.terminal.tap(BankCard("4111111111111234", funds=100.0), 1, self.drive.now)
        self.assertEqual(len(self.told), 2)


class Slots(TestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1", slots=3)
        self.slots = self.drive.station.swaps.slots

    def test_a_restart_ends_what_was_told_of_batteries(self) -> None:
        self.drive.said.clear()
        self.slots.introduce(self.drive.now)
        self.drive.run(0)
        events: list[Any] = self.drive.of("TransactionEvent")
        self.assertEqual({each["triggerReason"] for each in events} >= {"ResetCommand", "CablePluggedIn"}, True)

    def test_a_full_battery_is_not_charged(self) -> None:
        number = next(number for number, battery in self.slots.batteries.items() if battery is None)
        self.slots.put(number, Battery("FULL", 100.0, 100.0, self.drive.now, age_days=1), self.drive.now)
        self.assertNotEqual(self.slots.charges[number].told_state, "Charging")

    def test_a_driver_who_brings_no_battery_in_time(self) -> None:
        station = self.drive.station
        station.variables.put(Path("BatterySwapCtrlr", "Timeout", variable_instance="In"), "1", self.drive.now)
        self.assertLess(1.0, swaps.INSERT_SECONDS[0])
        station.swaps.begin("CARD", self.drive.now)
        self.drive.run(60.0)
        self.assertEqual(self.drive.of("BatterySwap"), [])


class Metering(TestCase):
    def setUp(self) -> None:
        self.drive = Scripted2(self, keys=StationKeys())
        for name, value in (("TxEndedMeasurands", "Energy.Active.Import.Register"), ("SignReadings", "true")):
            self.drive.set_variable("AlignedDataCtrlr", name, value)
        words = self.drive.station.words
        assert isinstance(words, Words2)
        self.metering = words._metering

    def test_of_very_many_readings_every_second_one_goes(self) -> None:
        charge, reading = Charge(1, "R"), self.drive.station.outlet(1).reading(0.0)
        charge.data = [{}] * metering2.MOST_GATHERED
        self.metering.gather(charge, reading)
        self.assertEqual(len(charge.data), metering2.MOST_GATHERED // 2 + 1)

    def test_a_reading_outside_of_sessions_has_no_key_once(self) -> None:
        self.drive.set_variable("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", "OncePerTransaction")
        (value,) = self.metering.alone(self.drive.station.outlet(1).reading(0.0), "Sample.Clock")
        keys = [each["signedMeterValue"]["publicKey"] for each in value["sampledValue"] if "signedMeterValue" in each]
        self.assertEqual(keys, [""])


class Statuses(TestCase):
    def test_what_is_young_is_not_asked_again(self) -> None:
        station = model("2.1", keys=StationKeys())
        station.security.statuses._renewals = {"V2GCertificateChain": inf}
        station.security.statuses.step(0.0)
        self.assertEqual(station.security.statuses._renewals, {"V2GCertificateChain": inf})
