"""A driver at a connector: in either order, with either end."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.outlet import Lock
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.emulator.point.words import Reason
from tests.emulator.scripted import Scripted


class Starting(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def test_with_the_cable_first(self) -> None:
        self.drive.charge()
        self.assertEqual(
            self.drive.actions(), ["StatusNotification", "Authorize", "StartTransaction", "StatusNotification"]
        )
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging"])

    def test_with_the_token_first(self) -> None:
        self.drive.present()
        self.assertEqual(self.drive.statuses(), ["Preparing"])
        self.drive.run(30)
        self.drive.plug_in()
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging"])
        self.assertEqual(self.drive.of("StartTransaction")[0]["idTag"], "CARD")

    def test_is_given_up_when_nobody_plugs_in(self) -> None:
        self.drive.set(ConnectionTimeOut=20)
        self.drive.present()
        self.drive.run(19)
        self.assertEqual(self.drive.statuses(), ["Preparing"])
        self.drive.run(2)
        self.assertEqual(self.drive.statuses(), ["Preparing", "Available"])
        self.drive.plug_in()
        self.assertFalse(self.drive.outlet.running)

    def test_is_taken_back_with_the_same_token(self) -> None:
        self.drive.present()
        self.drive.present("card")
        self.assertEqual(self.drive.statuses(), ["Preparing", "Available"])

    def test_another_token_changes_nothing_before_the_cable_is_there(self) -> None:
        self.drive.present()
        self.drive.present("OTHER")
        self.drive.plug_in()
        self.assertEqual(self.drive.of("StartTransaction")[0]["idTag"], "CARD")

    def test_is_refused_with_a_token_that_the_server_does_not_accept(self) -> None:
        self.drive.registry.tokens["CARD"] = {"status": "Blocked"}
        self.drive.plug_in()
        self.drive.present()
        self.assertEqual(self.drive.statuses(), ["Preparing"])
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(), ["Preparing", "Available"])

    def test_does_not_wait_for_a_driver_who_has_gone(self) -> None:
        """The answer to an Authorize comes to a connector that is out of service by then."""
        outlet = self.drive.outlet
        outlet.present("CARD", self.drive.now)
        outlet.fault(self.drive.now)
        self.drive.run(0)
        self.assertFalse(self.drive.of("StartTransaction"))
        self.assertEqual(self.drive.statuses(), ["Faulted"])

    def test_again_without_pulling_the_cable(self) -> None:
        self.drive.charge()
        self.drive.present()
        self.drive.present("OTHER")
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging", "Finishing", "Charging"])
        self.assertEqual([each["idTag"] for each in self.drive.of("StartTransaction")], ["CARD", "OTHER"])


class Stopping(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)
        self.drive.registry.tokens["MINE"] = {"status": "Accepted", "parentIdTag": "FLEET"}
        self.drive.registry.tokens["OURS"] = {"status": "Accepted", "parentIdTag": "fleet"}
        self.drive.charge("MINE")

    def test_with_the_same_token_is_local(self) -> None:
        self.drive.run(60)
        self.drive.present("mine")
        self.assertEqual(self.drive.stopped()["reason"], "Local")
        self.assertEqual(self.drive.stopped()["idTag"], "MINE")
        self.assertEqual(self.drive.stopped()["transactionId"], 1001)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging", "Finishing", "Available"])

    def test_with_a_token_of_the_group_names_that_token(self) -> None:
        self.drive.present("OURS")
        self.assertEqual(self.drive.stopped()["idTag"], "OURS")

    def test_is_not_for_strangers(self) -> None:
        self.drive.present("STRANGER")
        self.assertTrue(self.drive.outlet.running)

    def test_with_a_button_names_no_token(self) -> None:
        self.drive.outlet.stop(self.drive.now)
        self.drive.run(0)
        self.assertNotIn("idTag", self.drive.stopped())

    def test_by_pulling_the_cable(self) -> None:
        self.drive.unplug()
        self.assertEqual(self.drive.stopped()["reason"], "EVDisconnected")
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging", "Available"])

    def test_not_by_pulling_the_cable_where_the_station_waits_for_it(self) -> None:
        self.drive.set(StopTransactionOnEVSideDisconnect=False)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses()[-1], "SuspendedEV")
        register = self.drive.outlet.reading(self.drive.now).energy_wh
        self.drive.run(600)
        self.assertEqual(self.drive.outlet.reading(self.drive.now).energy_wh, register)
        self.drive.plug_in()
        self.assertEqual(self.drive.statuses()[-1], "Charging")
        self.drive.unplug()
        self.drive.present("MINE")
        self.assertEqual(self.drive.statuses()[-1], "Available")

    def locked_in(self) -> None:
        self.drive.set(UnlockConnectorOnEVSideDisconnect=False)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses()[-1], "Finishing")

    def test_by_pulling_the_cable_may_leave_it_locked_in_for_its_driver(self) -> None:
        self.locked_in()
        self.drive.present("STRANGER")
        self.assertEqual(self.drive.statuses()[-1], "Finishing")
        self.drive.present("OURS")
        self.assertEqual(self.drive.statuses()[-1], "Available")

    def test_by_pulling_the_cable_may_leave_it_locked_in_until_the_server_unlocks(self) -> None:
        self.locked_in()
        self.drive.outlet.lock = Lock.JAMMED
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=1), "UnlockFailed")
        self.assertEqual(self.drive.statuses()[-1], "Finishing")
        self.drive.outlet.lock = Lock.WORKS
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=1), "Unlocked")
        self.assertEqual(self.drive.statuses()[-1], "Available")

    def test_by_a_fault_that_goes_away(self) -> None:
        self.drive.outlet.fault(self.drive.now, "GroundFailure")
        self.drive.outlet.fault(self.drive.now, "HighTemperature")
        self.drive.outlet.clear_fault(self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.drive.stopped()["reason"], "Other")
        told = [(each["status"], each["errorCode"]) for each in self.drive.of("StatusNotification")[2:]]
        self.assertEqual(told, [("Faulted", "GroundFailure"), ("Faulted", "HighTemperature"), ("Finishing", "NoError")])

    def test_by_the_red_button(self) -> None:
        self.drive.outlet.emergency_stop(self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.drive.stopped()["reason"], "EmergencyStop")
        self.assertEqual(self.drive.statuses()[-1], "Faulted")

    def test_by_switching_off(self) -> None:
        self.drive.station.shut_down(self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.drive.stopped()["reason"], "Reboot")

    def test_in_every_way_that_there_is(self) -> None:
        for reason in Reason:
            drive = Scripted(self)
            drive.charge()
            drive.outlet.stop(drive.now, reason)
            drive.run(0)
            self.assertTrue(drive.stopped()["reason"])


class Vehicles(SimpleTestCase):
    def test_that_are_full_suspend_the_session(self) -> None:
        drive = Scripted(self)
        drive.outlet.rating = Rating(22_000.0, 3)
        drive.outlet.plug_in(drive.now, Vehicle(10_000, 0.95, 1.0, Rating(11_000, 3)))
        drive.present()
        drive.run(3600)
        self.assertEqual(drive.statuses(), ["Preparing", "Charging", "SuspendedEV"])
        drive.unplug()
        self.assertAlmostEqual(
            drive.stopped()["meterStop"] - drive.of("StartTransaction")[0]["meterStart"], 500, delta=2
        )

    def test_come_one_at_a_time(self) -> None:
        drive = Scripted(self)
        drive.plug_in()
        with self.assertRaises(AssertionError):
            drive.plug_in()

    def test_at_a_faulted_connector_get_nothing(self) -> None:
        drive = Scripted(self)
        drive.outlet.fault(drive.now)
        drive.plug_in()
        drive.present()
        self.assertEqual(drive.statuses(), ["Faulted"])
        drive.outlet.clear_fault(drive.now)
        drive.run(0)
        self.assertEqual(drive.statuses(), ["Faulted", "Preparing"])


class Statuses(SimpleTestCase):
    def test_that_do_not_last_are_not_told(self) -> None:
        drive = Scripted(self)
        drive.set(MinimumStatusDuration=5)
        drive.plug_in()
        drive.run(3)
        drive.unplug()
        drive.run(60)
        self.assertEqual(drive.statuses(), [])
        drive.plug_in()
        drive.run(6)
        self.assertEqual(drive.statuses(), ["Preparing"])

    def test_that_last_are_told_while_energy_flows(self) -> None:
        drive = Scripted(self)
        drive.set(MinimumStatusDuration=30)
        drive.charge()
        drive.run(29)
        self.assertEqual(drive.statuses(), [])
        drive.run(2)
        self.assertEqual(drive.statuses(), ["Charging"])
