"""Reservations at the emulator."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from stations.models import IdToken, Reservation
from stations.services.authorization.reservations import cancel, reserve
from tests.certification.station.support import StationCase
from tests.certification.support import CARD

State = Reservation.State

START = "RemoteStartTransaction"


class Reservations(StationCase):
    def reserve(
        self, answer: str = "Accepted", connector: int = 1, *, seconds: float = 3600.0, card: str = CARD
    ) -> Reservation:
        expires = clock.now() + timedelta(seconds=seconds)
        made = self.order(reserve, evse=connector, id_token=card, expires_at=expires)
        self.assert_answered(self.newest("ReserveNow"), answer)
        made.refresh_from_db()
        self.assertEqual(made.state, State.ACTIVE if answer == "Accepted" else State.REFUSED)
        return made

    def assert_used(self, reservation: Reservation, card: str = CARD) -> None:
        reservation.refresh_from_db()
        self.assertEqual(reservation.state, State.USED)
        (request,) = self.requests("StartTransaction")
        self.assertEqual((request["reservationId"], request["idTag"]), (reservation.pk, card))

    def test_tc_046_1_started_on_site(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            reservation = self.reserve()
            self.assert_story("1 Reserved")
            point.present("OTHER")
            self.assert_story("Authorize")
            point.present(CARD)
            self.assert_story("Authorize", "1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            self.assert_used(reservation)

    def test_tc_046_2_started_remotely(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            reservation = self.reserve()
            self.assert_story("1 Reserved")
            self.ask(START, {"idTag": "OTHER", "connectorId": 1}, "Rejected")
            self.ask(START, {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            self.assert_used(reservation)

    def test_tc_047_expires(self) -> None:
        with self.booted():
            self.reserve(seconds=1.5)
            self.assert_story("1 Reserved", "1 Available")

    def test_tc_048_1_faulted(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            self.reserve("Faulted")

    def test_tc_048_2_occupied(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.reserve("Occupied")

    def test_tc_048_3_unavailable(self) -> None:
        with self.booted():
            self.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
            self.reserve("Unavailable")

    def test_tc_048_4_rejected(self) -> None:
        """A station that does not keep connectors says so at every one of them."""
        with self.booted() as point:
            point.set(SupportedFeatureProfiles="Core")
            self.reserve("Rejected")

    def test_tc_049_the_whole_station(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            reservation = self.reserve(connector=0)
            point.plug_in(2)
            point.present("OTHER", 2)
            self.assert_story("2 Preparing", "Authorize", "StartTransaction", "2 Charging")
            point.plug_in(1)
            point.present("OTHER", 1)
            self.assert_story("1 Preparing", "Authorize")
            point.present(CARD, 1)
            self.assert_story("Authorize", "StartTransaction", "1 Charging")
            reservation.refresh_from_db()
            self.assertEqual((reservation.state, self.transaction().reservation), (State.USED, reservation))

    def test_tc_050_1_the_whole_station_faulted(self) -> None:
        with self.booted() as point:
            for number in (1, 2):
                point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"), number)
            self.reserve("Faulted", 0)

    def test_tc_050_2_the_whole_station_occupied(self) -> None:
        with self.booted() as point:
            point.plug_in(1)
            point.plug_in(2)
            self.reserve("Occupied", 0)

    def test_tc_050_3_the_whole_station_unavailable(self) -> None:
        with self.booted():
            self.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
            self.assert_story("0 Unavailable", "1 Unavailable", "2 Unavailable")
            self.reserve("Unavailable", 0)

    def test_tc_050_4_the_whole_station_rejected(self) -> None:
        with self.booted(configured={"ReserveConnectorZeroSupported": "false"}):
            self.reserve("Rejected", 0)

    def test_tc_051_cancelled(self) -> None:
        with self.booted():
            reservation = self.reserve()
            self.assert_story("1 Reserved")
            self.direct(cancel, reservation_id=reservation.pk)
            self.assert_answered(self.newest("CancelReservation"), "Accepted")
            self.assert_story("1 Available")
            reservation.refresh_from_db()
            self.assertEqual(reservation.state, State.CANCELLED)

    def test_tc_052_cancelling_rejected(self) -> None:
        with self.booted():
            self.reserve()
            self.assert_story("1 Reserved")
            self.ask("CancelReservation", {"reservationId": 2**30}, "Rejected")
            self.assertEqual(self.status(), "Reserved")

    def test_tc_053_1_parent_on_site(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            reservation = self.reserve()
            self.assert_story("1 Reserved")
            point.present("SISTER")
            self.assert_story("Authorize", "1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            self.assert_used(reservation, "SISTER")

    def test_tc_053_2_parent_remotely(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            reservation = self.reserve()
            self.assert_story("1 Reserved")
            self.ask(START, {"idTag": "SISTER", "connectorId": 1})
            self.assert_story("Authorize", "1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            self.assert_used(reservation, "SISTER")
