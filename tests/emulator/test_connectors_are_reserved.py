"""Reservations: of one connector, of any, for a token or its group (1.6 section 3.11)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.clock import parsed
from tests.emulator.fakes import HOUR, Drive, model
from tests.emulator.scripted import Scripted


class ReservationCase(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def reserve(self, number: int = 1, id: int = 7, *, token: str = "MINE", seconds: float = 600, **more: Any) -> str:
        return self.drive.status_of(
            "ReserveNow",
            connectorId=number,
            reservationId=id,
            idTag=token,
            expiryDate=self.drive.at(seconds),
            **more,
        )


class Reserving(ReservationCase):
    def test_shows_in_the_status_until_it_is_cancelled(self) -> None:
        self.assertEqual(self.reserve(), "Accepted")
        self.assertEqual(self.drive.status_of("CancelReservation", reservationId=8), "Rejected")
        self.assertEqual(self.drive.status_of("CancelReservation", reservationId=7), "Accepted")
        self.assertEqual(self.drive.statuses(), ["Reserved", "Available"])

    def test_expires(self) -> None:
        self.reserve(seconds=300)
        self.drive.run(299)
        self.assertEqual(self.drive.statuses(), ["Reserved"])
        self.drive.run(2)
        self.assertEqual(self.drive.statuses(), ["Reserved", "Available"])

    def test_with_the_same_id_replaces(self) -> None:
        self.reserve(1)
        self.assertEqual(self.reserve(1, token="OTHER"), "Accepted")
        self.assertEqual(self.drive.outlet.reserved_for, "OTHER")
        self.assertEqual(self.reserve(2), "Accepted")
        self.assertEqual((self.drive.statuses(1), self.drive.statuses(2)), (["Reserved", "Available"], ["Reserved"]))

    def test_says_what_stands_in_its_way(self) -> None:
        self.assertEqual(self.reserve(9), "Rejected")
        self.assertEqual(self.reserve(1, seconds=-5), "Rejected")
        self.reserve(1, id=1)
        self.assertEqual(self.reserve(1, id=2), "Occupied")
        self.drive.plug_in(2)
        self.assertEqual(self.reserve(2), "Occupied")
        self.drive.unplug(2)
        self.drive.station.outlet(2).fault(self.drive.now)
        self.assertEqual(self.reserve(2), "Faulted")
        self.drive.station.outlet(2).clear_fault(self.drive.now)
        self.drive.station.outlet(2).operate(False, self.drive.now)
        self.assertEqual(self.reserve(2), "Unavailable")

    def test_needs_a_date_that_is_one(self) -> None:
        payload = {"connectorId": 1, "reservationId": 1, "idTag": "A", "expiryDate": "2025-06-30T23:59:60Z"}
        self.assertEqual(self.drive.refuses("ReserveNow", **payload), "PropertyConstraintViolation")

    def test_reads_a_date_without_a_zone_as_utc(self) -> None:
        self.assertEqual(parsed("2025-03-01T09:00:00"), parsed("2025-03-01T09:00:00Z"))


class Using(ReservationCase):
    def test_it_is_for_its_token_and_ends_with_the_start(self) -> None:
        self.reserve()
        self.drive.charge("mine")
        self.assertEqual(self.drive.of("StartTransaction")[0]["reservationId"], 7)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(), ["Reserved", "Preparing", "Charging", "Available"])

    def test_it_is_not_for_others(self) -> None:
        self.reserve()
        self.drive.plug_in()
        self.drive.present("OTHER")
        self.assertFalse(self.drive.outlet.running)
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(), ["Reserved", "Preparing", "Reserved"])

    def test_it_is_for_the_group(self) -> None:
        self.reserve(parentIdTag="FLEET")
        self.drive.registry.tokens["OURS"] = {"status": "Accepted", "parentIdTag": "FLEET"}
        self.drive.charge("OURS")
        self.assertEqual(self.drive.of("StartTransaction")[0]["reservationId"], 7)

    def test_remotely_too(self) -> None:
        self.reserve()
        status = self.drive.status_of("RemoteStartTransaction", idTag="OTHER", connectorId=1)
        self.assertEqual(status, "Rejected")
        self.assertEqual(self.drive.status_of("RemoteStartTransaction", idTag="MINE", connectorId=1), "Accepted")

    def test_remotely_by_a_token_of_the_group_that_only_the_server_knows(self) -> None:
        self.reserve(parentIdTag="FLEET")
        self.drive.registry.tokens["OURS"] = {"status": "Accepted", "parentIdTag": "FLEET"}
        self.drive.plug_in()
        self.assertEqual(self.drive.status_of("RemoteStartTransaction", idTag="OURS", connectorId=1), "Accepted")
        self.assertEqual(len(self.drive.of("Authorize")), 1)
        self.assertEqual(self.drive.of("StartTransaction")[0]["reservationId"], 7)

    def test_leaves_those_of_other_connectors_alone(self) -> None:
        self.reserve(2, id=8)
        self.reserve(1, id=7)
        self.drive.charge("MINE")
        self.assertEqual(self.drive.of("StartTransaction")[0]["reservationId"], 7)
        self.assertEqual(self.drive.statuses(2), ["Reserved"])

    def test_only_what_is_over_expires(self) -> None:
        self.reserve(1, id=7, seconds=100)
        self.reserve(2, id=8, seconds=200)
        self.drive.run(150)
        self.assertEqual((self.drive.statuses(1)[-1], self.drive.statuses(2)[-1]), ("Available", "Reserved"))

    def test_without_any_reservation_there_is_no_number(self) -> None:
        self.drive.charge()
        self.assertNotIn("reservationId", self.drive.of("StartTransaction")[0])

    def test_the_driver_who_comes_is_the_one_it_is_kept_for(self) -> None:
        drive = Drive(model("1.6", connectors=1)).connect().run(0)
        drive.station.outlet(1).driver.due = 100.0  # type: ignore[union-attr]
        expiry = drive.station.moment(HOUR).stamp
        payload = {"connectorId": 1, "reservationId": 3, "idTag": "MINE", "expiryDate": expiry}
        calls.answer(drive.station, "ReserveNow", payload, drive.now)
        drive.run(HOUR / 2)
        self.assertEqual(drive.of("StartTransaction")[0]["idTag"], "MINE")
        self.assertEqual(drive.of("StartTransaction")[0]["reservationId"], 3)


class AnyConnector(ReservationCase):
    def test_stays_available_and_one_is_kept(self) -> None:
        self.assertEqual(self.reserve(0), "Accepted")
        self.assertEqual(self.drive.statuses(), [])
        self.drive.charge("OTHER", number=1)
        self.drive.plug_in(2)
        self.drive.present("THIRD", 2)
        self.assertFalse(self.drive.station.outlet(2).running)
        self.drive.present("MINE", 2)
        self.assertTrue(self.drive.station.outlet(2).running)
        self.assertEqual(self.drive.of("StartTransaction")[-1]["reservationId"], 7)

    def test_cannot_be_reserved_more_often_than_there_are(self) -> None:
        self.assertEqual(self.reserve(0, id=1), "Accepted")
        self.assertEqual(self.reserve(0, id=1), "Accepted")
        self.assertEqual(self.reserve(0, id=2), "Accepted")
        self.assertEqual(self.reserve(0, id=3), "Occupied")

    def test_cannot_be_reserved_when_none_works(self) -> None:
        for outlet in self.drive.station.outlets:
            outlet.fault(self.drive.now)
        self.assertEqual(self.reserve(0), "Faulted")

    def test_may_not_be_supported(self) -> None:
        self.drive.set(ReserveConnectorZeroSupported=False)
        self.assertEqual(self.reserve(0), "Rejected")
