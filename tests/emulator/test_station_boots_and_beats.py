"""Boot, heartbeat and status as the specification wants them."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.emulator.fakes import HOUR, VERSIONS, Answers, Drive, model
from tests.emulator.scripted import Scripted


class Boot(SimpleTestCase):
    def test_comes_before_everything_else(self) -> None:
        for version in VERSIONS:
            drive = Drive(model(version)).connect().run(60)
            self.assertEqual(drive.said[0][1], "BootNotification")
            self.assertEqual(len(drive.of("BootNotification")), 1)

    def test_is_repeated_after_the_servers_interval_and_nothing_else_is_said_until_it_is_accepted(self) -> None:
        answers = Answers(interval=90)
        answers.boot_status = "Pending"
        drive = Drive(model("2.0.1"), answers).connect().run(300)
        self.assertEqual(drive.times("BootNotification"), [0.0, 90.0, 180.0, 270.0])
        self.assertEqual({action for _, action, _ in drive.said}, {"BootNotification"})
        answers.boot_status = "Accepted"
        drive.run(90)
        self.assertGreaterEqual(len(drive.of("StatusNotification")), 2)

    def test_is_repeated_when_the_server_fails(self) -> None:
        drive = Drive(model("1.6")).connect()
        message = drive.listen(answer=False)
        assert message is not None
        drive.station.refused(message, 0.0)
        drive.run(60)
        self.assertEqual(drive.times("BootNotification"), [0.0, 30.0])

    def test_is_followed_by_the_status_of_each_connector(self) -> None:
        numbers = [each["connectorId"] for each in Drive(model("1.6")).connect().run(0).of("StatusNotification")]
        self.assertEqual(numbers, [0, 1, 2])
        evses = [each["evseId"] for each in Drive(model("2.1")).connect().run(0).of("StatusNotification")]
        self.assertEqual(evses, [1, 2])

    def test_says_why(self) -> None:
        drive = Scripted(self, "2.0.1")
        for kind, reason in (("Immediate", "RemoteReset"), ("OnIdle", "RemoteReset")):
            drive.ask("Reset", type=kind)
            drive.restart()
            self.assertEqual(drive.of("BootNotification")[-1]["reason"], reason)
        drive.station.power_loss(drive.now)
        drive.restart()
        self.assertEqual(drive.of("BootNotification")[-1]["reason"], "PowerUp")


class Heartbeat(SimpleTestCase):
    def test_follows_the_interval_in_the_answer_to_the_boot(self) -> None:
        for interval, expected in ((600, 6), (60, 60), (0, 12)):
            drive = Drive(model("1.6"), Answers(interval=interval)).connect().run(HOUR)
            self.assertEqual(len(drive.of("Heartbeat")), expected, interval)

    def test_is_not_made_up_for_after_an_hour_offline(self) -> None:
        drive = Drive(model("1.6")).connect().run(10)
        drive.station.disconnected(drive.now)
        drive.run(HOUR)
        drive.connect().run(1)
        self.assertEqual(len(drive.of("Heartbeat")), 1)
        self.assertEqual(len(drive.of("BootNotification")), 1)


class Readings(SimpleTestCase):
    def test_between_sessions_come_at_quarters_of_an_hour_in_version_2(self) -> None:
        drive = Drive(model("2.0.1", connectors=1)).connect().run(HOUR)
        self.assertEqual(drive.times("MeterValues"), [900.0, 1800.0, 2700.0, 3600.0])
