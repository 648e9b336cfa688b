"""The drivers of a fleet live with what a station and its server do."""

from __future__ import annotations

import random
from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.driver import BUSY, Driver
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.words import Status
from tests.emulator.fakes import HOUR, Answers, Drive, model


class DriverCase(SimpleTestCase):
    """A station with one connector, and whoever comes there."""

    manual = False

    def setUp(self) -> None:
        station = model("1.6", connectors=1, manual=self.manual)
        if self.manual:
            station.summon_drivers()
        self.drive = Drive(station).connect().run(0)
        self.addCleanup(lambda: self.assertEqual(self.drive.problems, []))

    @property
    def outlet(self) -> Outlet:
        return self.drive.station.outlet(1)

    @property
    def driver(self) -> Driver:
        driver = self.outlet.driver
        assert driver is not None
        return driver

    def ask(self, action: str, **payload: Any) -> str:
        answer = calls.answer(self.drive.station, action, payload, self.drive.now)
        self.drive.run(0)
        return str(answer["status"])


class Drivers(DriverCase):
    def run_until_it_charges(self) -> None:
        while not self.outlet.running:
            self.drive.run(10)

    def test_come_back_when_the_connector_is_out_of_service(self) -> None:
        self.ask("ChangeAvailability", connectorId=1, type="Inoperative")
        self.drive.run(3 * HOUR)
        self.assertEqual(self.drive.of("StartTransaction"), [])
        self.ask("ChangeAvailability", connectorId=1, type="Operative")
        self.drive.run(3 * HOUR)
        self.assertGreater(len(self.drive.of("StartTransaction")), 0)

    def test_bring_a_cable_when_a_remote_start_waits_for_one(self) -> None:
        self.driver.due = HOUR
        self.assertEqual(self.ask("RemoteStartTransaction", idTag="REMOTE", connectorId=1), "Accepted")
        self.drive.run(21)
        self.assertEqual(self.drive.of("StartTransaction")[0]["idTag"], "REMOTE")

    def test_do_not_bring_a_second_one(self) -> None:
        self.driver.awaited(self.drive.now)
        self.outlet.plug_in(self.drive.now)
        vehicle = self.outlet.vehicle
        self.drive.run(21)
        self.assertIs(self.outlet.vehicle, vehicle)

    def test_leave_when_the_server_ended_the_session(self) -> None:
        self.run_until_it_charges()
        charge = self.outlet.charge
        assert charge is not None
        self.ask("RemoteStopTransaction", transactionId=charge.number)
        self.drive.run(301)
        self.assertIsNot(self.outlet.charge, charge)

    def test_leave_a_full_car_for_a_while(self) -> None:
        self.run_until_it_charges()
        assert self.outlet.vehicle is not None
        self.driver.due = self.drive.now + 5 * HOUR
        self.outlet.vehicle.soc = 1.0
        self.driver._next = self.driver._stop
        number = len(self.drive.of("StartTransaction"))
        self.drive.run(59)
        self.assertEqual(len(self.drive.of("StopTransaction")), number - 1)
        self.drive.run(860)
        self.assertEqual(len(self.drive.of("StopTransaction")), number)

    def test_come_soon_anyway_when_they_planned_to(self) -> None:
        self.run_until_it_charges()
        assert self.outlet.vehicle is not None
        self.driver.due = self.drive.now + 20
        self.outlet.vehicle.soc = 1.0
        self.drive.run(30)
        self.assertEqual(len(self.drive.of("StopTransaction")), 1)

    def test_find_the_session_over_when_they_come_to_end_it(self) -> None:
        self.run_until_it_charges()
        self.outlet.driver, driver = None, self.driver
        self.outlet.stop(self.drive.now)
        for _ in range(20):
            driver._stop(self.drive.now)
        self.assertEqual(len(self.drive.run(0).of("StopTransaction")), 1)

    def test_come_for_a_cable_that_is_locked_in(self) -> None:
        self.run_until_it_charges()
        self.drive.station.settings.put("UnlockConnectorOnEVSideDisconnect", "false")
        self.outlet.unplug(self.drive.now)
        self.drive.run(0)
        self.assertIsNotNone(self.outlet.held)
        self.drive.run(6 * HOUR)
        self.assertGreater(len(self.drive.of("StartTransaction")), 1)

    def test_take_back_a_token_that_they_presented(self) -> None:
        self.driver.due = HOUR
        self.outlet.present("CARD", self.drive.now)
        self.drive.run(0)
        self.outlet.present("CARD", self.drive.now)
        self.drive.run(30)
        self.assertEqual(self.drive.of("StatusNotification")[-1]["status"], "Available")

    def test_never_meet_a_fault_where_there_is_none(self) -> None:
        driver = Driver(self.outlet, BUSY, random.Random(1), ["CARD"])
        driver.authorised(self.drive.now)
        self.assertEqual(driver._next, driver._stop)

    def test_survive_whatever_a_server_asks(self) -> None:
        """Some hours, with a call of the server every few minutes."""
        drive = Drive(model("1.6"), Answers()).connect().run(0)
        wishes: list[tuple[str, dict[str, Any]]] = [
            ("RemoteStartTransaction", {"idTag": "REMOTE"}),
            ("UnlockConnector", {"connectorId": 1}),
            ("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}),
            ("Reset", {"type": "Hard"}),
            ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
            ("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "15"}),
            ("Reset", {"type": "Soft"}),
            ("ChangeConfiguration", {"key": "StopTransactionOnEVSideDisconnect", "value": "false"}),
            ("ChangeConfiguration", {"key": "StopTxnSampledData", "value": "SoC"}),
            ("TriggerMessage", {"requestedMessage": "MeterValues"}),
        ]
        for round_ in range(60):
            action, payload = wishes[round_ % len(wishes)]
            calls.answer(drive.station, action, payload, drive.now)
            drive.run(0)
            if drive.station.take_effects():
                drive.station.disconnected(drive.now)
                drive.run(5).connect()
            drive.run(400)
        self.assertEqual(drive.problems, [])
        self.assertGreater(len(drive.of("StopTransaction")), 10)


class SummonedDrivers(DriverCase):
    """`emulate_stations --manual`: nobody comes by habit."""

    manual = True

    def test_nothing_happens_by_itself(self) -> None:
        self.drive.run(24 * HOUR)
        said = {action for _, action, _ in self.drive.said}
        self.assertEqual(said, {"BootNotification", "StatusNotification", "Heartbeat"})

    def test_a_remote_start_charges_until_the_remote_stop_and_again(self) -> None:
        for number in (1001, 1002):
            self.assertEqual(self.ask("RemoteStartTransaction", idTag="REMOTE", connectorId=1), "Accepted")
            self.drive.run(3 * HOUR)
            self.assertTrue(self.outlet.running)
            self.assertEqual(self.ask("RemoteStopTransaction", transactionId=number), "Accepted")
            self.drive.run(HOUR)
            self.assertFalse(self.outlet.running)
            self.assertEqual(self.outlet.status, Status.AVAILABLE)
        self.assertEqual(len(self.drive.of("StopTransaction")), 2)
