"""Resets, power cuts, and what a station may say before it is accepted (1.6 sections 4.2 and 5.14)."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point import calls
from tests.emulator.fakes import Answers, Drive, model
from tests.emulator.scripted import Scripted


class Reset(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def test_that_is_soft_ends_sessions_first(self) -> None:
        self.drive.charge()
        self.assertEqual(self.drive.status_of("Reset", type="Soft"), "Accepted")
        self.assertEqual(self.drive.stopped()["reason"], "SoftReset")
        self.assertTrue(self.drive.station.down)
        self.drive.said.clear()
        self.drive.restart()
        self.assertEqual(self.drive.actions()[0], "BootNotification")
        self.assertEqual(self.drive.statuses(), ["Preparing"])

    def test_that_is_soft_does_not_wait_for_ever(self) -> None:
        self.drive.charge()
        calls.answer(self.drive.station, "Reset", {"type": "Soft"}, self.drive.now)
        self.drive.station.step(29.0)
        self.assertFalse(self.drive.station.down)
        self.drive.station.step(31.0)
        self.assertTrue(self.drive.station.down)
        self.drive.now = 31.0
        self.drive.restart()
        self.assertEqual(self.drive.stopped()["reason"], "SoftReset")

    def test_that_is_hard_tells_of_sessions_afterwards(self) -> None:
        self.drive.charge()
        self.drive.run(60)
        self.assertEqual(self.drive.status_of("Reset", type="Hard"), "Accepted")
        self.assertEqual(self.drive.of("StopTransaction"), [])
        self.drive.restart()
        actions = self.drive.actions()
        self.assertLess(actions.index("BootNotification"), actions.index("StopTransaction"))
        self.assertEqual(self.drive.stopped()["reason"], "HardReset")

    def test_ends_by_itself_when_the_server_is_away(self) -> None:
        self.drive.status_of("Reset", type="Hard")
        self.drive.lose_connection()
        self.drive.run(60)
        self.assertFalse(self.drive.station.down)
        self.drive.charge("OFFLINE")

    def test_ends_with_the_connection_at_the_latest(self) -> None:
        self.drive.status_of("Reset", type="Hard")
        self.drive.lose_connection()
        self.drive.reconnect()
        self.assertFalse(self.drive.station.down)
        self.assertEqual(self.drive.of("BootNotification")[-1:], self.drive.of("BootNotification"))

    def test_lets_the_server_forget_the_station_only_once(self) -> None:
        """A second boot of the same run is no start."""
        drive = Scripted(self, security_profile=1)
        drive.registry.boot_status = "Pending"
        drive.ask("TriggerMessage", requestedMessage="BootNotification")
        drive.registry.boot_status = "Accepted"
        drive.run(300)
        self.assertEqual(drive.of("SecurityEventNotification"), [])
        self.assertEqual(drive.statuses(), ["Available"])


class PowerLoss(SimpleTestCase):
    def test_ends_sessions_and_is_told_of_when_the_power_is_back(self) -> None:
        drive = Scripted(self)
        drive.charge()
        drive.run(100)
        register = drive.outlet.reading(drive.now).energy_wh
        drive.station.power_loss(drive.now, seconds=600)
        drive.restart()
        self.assertEqual(drive.stopped()["reason"], "PowerLoss")
        self.assertEqual(drive.stopped()["meterStop"], register)
        self.assertEqual(drive.now, 700)

    def test_forgets_faults_and_tokens(self) -> None:
        drive = Scripted(self)
        drive.present(number=2)
        drive.outlet.fault(drive.now)
        drive.station.power_loss(drive.now)
        drive.said.clear()
        drive.restart()
        self.assertEqual((drive.statuses(1), drive.statuses(2)), (["Available"], ["Available"]))

    def test_of_a_station_with_drivers_lets_life_go_on(self) -> None:
        drive = Drive(model("1.6")).connect().run(1800)
        drive.station.power_loss(drive.now, seconds=600)
        drive.station.disconnected(drive.now)
        drive.run(600).connect().run(3600)
        self.assertEqual(drive.problems, [])
        self.assertEqual(len(drive.of("BootNotification")), 2)

    def test_of_version_2_ends_what_was_only_opened(self) -> None:
        drive = Drive(model("2.0.1", manual=True)).connect().run(0)
        drive.station.outlet(1).plug_in(drive.now)
        drive.station.power_loss(drive.now)
        drive.station.disconnected(drive.now)
        drive.run(5).connect().run(0)
        last = drive.of("TransactionEvent")[-1]
        self.assertEqual(last["transactionInfo"]["stoppedReason"], "PowerLoss")
        self.assertEqual(drive.problems, [])


class BeforeAcceptance(SimpleTestCase):
    def boot(self, status: str) -> Drive:
        answers = Answers(interval=60)
        answers.boot_status = status
        return Drive(model("1.6", manual=True), answers).connect().run(0)

    def test_a_pending_station_says_only_what_it_is_asked_for(self) -> None:
        drive = self.boot("Pending")
        answer = calls.answer(drive.station, "TriggerMessage", {"requestedMessage": "StatusNotification"}, drive.now)
        self.assertEqual(answer, {"status": "Accepted"})
        drive.station.outlet(1).plug_in(drive.now)
        drive.run(30)
        self.assertEqual([action for _, action, _ in drive.said], ["BootNotification", *["StatusNotification"] * 3])

    def test_a_pending_station_starts_nothing(self) -> None:
        drive = self.boot("Pending")
        answer = calls.answer(drive.station, "RemoteStartTransaction", {"idTag": "A", "connectorId": 1}, drive.now)
        self.assertEqual(answer, {"status": "Rejected"})
        answer = calls.answer(drive.station, "GetConfiguration", {"key": ["HeartbeatInterval"]}, drive.now)
        self.assertEqual(answer["configurationKey"][0]["value"], "300")

    def test_a_rejected_station_is_deaf_until_its_next_boot(self) -> None:
        drive = self.boot("Rejected")
        self.assertTrue(drive.station.deaf)
        drive.run(59)
        self.assertEqual(len(drive.of("BootNotification")), 1)
        drive.answers.boot_status = "Accepted"
        drive.run(2)
        self.assertFalse(drive.station.deaf)
        self.assertEqual(len(drive.of("BootNotification")), 2)

    def test_a_pending_station_that_is_accepted_tells_all(self) -> None:
        drive = self.boot("Pending")
        drive.answers.boot_status = "Accepted"
        drive.run(60)
        self.assertEqual([each["connectorId"] for each in drive.of("StatusNotification")], [0, 1, 2])
