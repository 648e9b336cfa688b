"""Remote start and stop, unlocking, availability, DataTransfer (1.6 chapter 5)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.answers_core import VENDOR
from stations.emulator.point.outlet import Lock
from tests.emulator.scripted import Scripted


def profile(**changes: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 2000.0}]},
    } | changes


class RemoteStart(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def start(self, **options: Any) -> str:
        return self.drive.status_of("RemoteStartTransaction", **{"idTag": "REMOTE"} | options)

    def test_goes_to_the_vehicle_that_waits(self) -> None:
        self.drive.plug_in(2)
        self.assertEqual(self.start(), "Accepted")
        self.assertEqual(self.drive.of("StartTransaction")[0]["connectorId"], 2)
        self.assertEqual(self.drive.of("Authorize"), [])

    def test_waits_for_a_cable(self) -> None:
        self.assertEqual(self.start(connectorId=1), "Accepted")
        self.assertEqual(self.drive.statuses(), ["Preparing"])
        self.drive.plug_in()
        self.assertTrue(self.drive.outlet.running)

    def test_is_forgotten_when_nobody_plugs_in(self) -> None:
        self.start(connectorId=1)
        self.drive.run(61)
        self.assertEqual(self.drive.statuses(), ["Preparing", "Available"])

    def test_asks_about_the_token_where_it_is_told_to(self) -> None:
        self.drive.set(AuthorizeRemoteTxRequests=True)
        self.drive.registry.tokens["REMOTE"] = {"status": "Blocked"}
        self.drive.plug_in()
        self.assertEqual(self.start(connectorId=1), "Accepted")
        self.assertEqual(len(self.drive.of("Authorize")), 1)
        self.assertFalse(self.drive.outlet.running)

    def test_is_rejected_where_it_cannot_be(self) -> None:
        self.assertEqual(self.start(connectorId=9), "Rejected")
        self.drive.charge(number=1)
        self.assertEqual(self.start(connectorId=1), "Rejected")
        self.drive.station.outlet(2).fault(self.drive.now)
        self.assertEqual(self.start(connectorId=2), "Rejected")
        self.assertEqual(self.start(), "Rejected")

    def test_may_bring_a_profile(self) -> None:
        self.drive.plug_in()
        self.assertEqual(self.start(connectorId=1, chargingProfile=profile()), "Accepted")
        self.assertEqual(self.drive.outlet.limit, 2000.0)
        self.drive.unplug()
        self.assertEqual(len(self.drive.station.profiles), 0)

    def test_does_not_take_another_kind_of_profile(self) -> None:
        self.drive.plug_in()
        wrong = profile(chargingProfilePurpose="TxDefaultProfile")
        self.assertEqual(self.start(connectorId=1, chargingProfile=wrong), "Rejected")


class RemoteStop(SimpleTestCase):
    def test_ends_the_session_that_it_names(self) -> None:
        drive = Scripted(self)
        drive.charge()
        self.assertEqual(drive.status_of("RemoteStopTransaction", transactionId=4), "Rejected")
        self.assertEqual(drive.status_of("RemoteStopTransaction", transactionId=1001), "Accepted")
        self.assertEqual(drive.stopped()["reason"], "Remote")
        self.assertEqual(drive.statuses()[-1], "Finishing")


class Unlock(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def test_ends_the_session(self) -> None:
        self.drive.charge()
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=1), "Unlocked")
        self.assertEqual(self.drive.stopped()["reason"], "UnlockCommand")

    def test_of_an_idle_connector_does_nothing_else(self) -> None:
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=2), "Unlocked")
        self.assertEqual(self.drive.said, [])

    def test_tells_a_jammed_lock_and_none_at_all(self) -> None:
        self.drive.outlet.lock = Lock.JAMMED
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=1), "UnlockFailed")
        self.drive.outlet.lock = Lock.MISSING
        self.drive.charge()
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=1), "NotSupported")
        self.assertTrue(self.drive.outlet.running)
        self.assertEqual(self.drive.status_of("UnlockConnector", connectorId=9), "NotSupported")


class Availability(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def change(self, number: int, kind: str = "Inoperative") -> str:
        return self.drive.status_of("ChangeAvailability", connectorId=number, type=kind)

    def test_of_an_idle_connector_changes_at_once(self) -> None:
        self.assertEqual(self.change(1), "Accepted")
        self.drive.plug_in()
        self.drive.present()
        self.assertEqual(self.drive.statuses(), ["Unavailable"])
        self.assertEqual(self.change(1, "Operative"), "Accepted")
        self.assertEqual(self.drive.statuses(), ["Unavailable", "Preparing"])
        self.drive.present()
        self.assertTrue(self.drive.outlet.running)

    def test_of_a_busy_connector_changes_after_the_session(self) -> None:
        self.drive.charge()
        self.assertEqual(self.change(1), "Scheduled")
        self.drive.run(60)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging", "Unavailable"])

    def test_that_was_scheduled_can_be_taken_back(self) -> None:
        self.drive.charge()
        self.change(1)
        self.assertEqual(self.change(1, "Operative"), "Accepted")
        self.drive.unplug()
        self.assertEqual(self.drive.statuses()[-1], "Available")

    def test_of_the_station_is_that_of_all_connectors(self) -> None:
        self.drive.charge()
        self.assertEqual(self.change(0), "Scheduled")
        self.assertEqual(self.drive.statuses(0), ["Unavailable"])
        self.assertEqual(self.drive.statuses(2), ["Unavailable"])
        self.assertEqual(self.change(0), "Scheduled")
        self.drive.unplug()
        self.assertEqual(self.change(0), "Accepted")
        self.assertEqual(self.drive.statuses(0), ["Unavailable"])

    def test_survives_a_reset(self) -> None:
        self.change(2)
        self.drive.status_of("Reset", type="Hard")
        self.drive.run(0)
        self.drive.said.clear()
        self.drive.restart()
        self.assertEqual(self.drive.statuses(2), ["Unavailable"])

    def test_of_no_connector_is_rejected(self) -> None:
        self.assertEqual(self.change(9), "Rejected")

    def test_forgets_a_token_that_waits_for_a_cable(self) -> None:
        self.drive.present()
        self.change(1)
        self.drive.run(120)
        self.assertEqual(self.drive.statuses(), ["Preparing", "Unavailable"])


class DataTransfer(SimpleTestCase):
    def test_is_understood_from_one_vendor(self) -> None:
        drive = Scripted(self)
        self.assertEqual(drive.status_of("DataTransfer", vendorId="com.else"), "UnknownVendorId")
        self.assertEqual(drive.status_of("DataTransfer", vendorId=VENDOR, messageId="Sing"), "UnknownMessageId")
        self.assertEqual(drive.ask("DataTransfer", vendorId=VENDOR), {"status": "Accepted"})
        echo = drive.ask("DataTransfer", vendorId=VENDOR, messageId="Echo", data="hello")
        self.assertEqual(echo, {"status": "Accepted", "data": "hello"})

    def test_can_be_sent(self) -> None:
        drive = Scripted(self)
        drive.station.tell("DataTransfer", {"vendorId": VENDOR}, drive.now)
        drive.run(0)
        self.assertEqual(drive.of("DataTransfer"), [{"vendorId": VENDOR}])
