"""Reservations made by the operator, followed to their end."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import change, clock
from smartserver.core.clock import isoformat
from stations.models import Reservation
from stations.ocpp.frames import Payload
from stations.services.authorization.reservations import cancel, expire_reservations, reserve
from tests.certification.central.support import CentralCase, ScriptedStation
from tests.certification.support import CARD

State = Reservation.State


class Reservations(CentralCase):
    def reserve(self, client: ScriptedStation, answer: str = "Accepted", connector: int = 1) -> Reservation:
        """Made, sent, and answered."""
        expires = clock.now() + timedelta(hours=1)
        made = self.order(reserve, evse=connector, id_token=CARD, expires_at=expires)
        self.sent: Payload = client.expect("ReserveNow")
        self.assertEqual(
            (self.sent["connectorId"], self.sent["idTag"], self.sent["reservationId"], self.sent["expiryDate"][:19]),
            (connector, CARD, made.pk, isoformat(expires)[:19]),
        )
        client.reply({"status": answer})
        self.assert_answered(self.newest("ReserveNow"), answer)
        made.refresh_from_db()
        return made

    def assert_state(self, reservation: Reservation, state: str) -> None:
        reservation.refresh_from_db()
        self.assertEqual(reservation.state, state)

    def use(self, client: ScriptedStation, reservation: Reservation, card: str = CARD, connector: int = 1) -> None:
        answer = client.start(card, connector=connector, reservationId=reservation.pk)
        self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
        client.tell(connector, "Charging")
        self.assert_state(reservation, State.USED)
        self.assertEqual((self.transaction().reservation, self.transaction().remark), (reservation, ""))

    def test_tc_046_1_started_on_site(self) -> None:
        with self.booted() as client:
            reservation = self.reserve(client)
            client.tell(1, "Reserved")
            self.assertEqual((reservation.state, self.row()["status"]), (State.ACTIVE, "Reserved"))
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Preparing")
            self.use(client, reservation)

    def test_tc_046_2_started_remotely(self) -> None:
        with self.booted() as client:
            reservation = self.reserve(client)
            client.tell(1, "Reserved")
            self.ask(client, "RemoteStartTransaction", {"idTag": CARD, "connectorId": 1}, {"status": "Accepted"})
            client.tell(1, "Preparing")
            self.use(client, reservation)

    def test_tc_047_expires(self) -> None:
        with self.booted() as client:
            reservation = self.reserve(client)
            client.tell(1, "Reserved")
            later = reservation.expires_at + timedelta(seconds=1)
            self.assertEqual(change.store(lambda batch: expire_reservations(batch, later)), 1)
            client.tell(1, "Available")
            self.assert_state(reservation, State.EXPIRED)
            self.assertEqual(self.row()["status"], "Available")

    def refused(self, answer: str, connector: int = 1) -> None:
        with self.booted() as client:
            reservation = self.reserve(client, answer, connector)
            self.assertEqual((reservation.state, reservation.result), (State.REFUSED, answer))

    def test_tc_048_1_faulted(self) -> None:
        self.refused("Faulted")

    def test_tc_048_2_occupied(self) -> None:
        self.refused("Occupied")

    def test_tc_048_3_unavailable(self) -> None:
        self.refused("Unavailable")

    def test_tc_048_4_rejected(self) -> None:
        self.refused("Rejected")

    def test_tc_049_the_whole_station(self) -> None:
        with self.booted() as client:
            reservation = self.reserve(client, connector=0)
            self.assertEqual(reservation.state, State.ACTIVE)
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(2, "Preparing")
            self.use(client, reservation, connector=2)

    def test_tc_050_1_the_whole_station_faulted(self) -> None:
        self.refused("Faulted", 0)

    def test_tc_050_2_the_whole_station_occupied(self) -> None:
        self.refused("Occupied", 0)

    def test_tc_050_3_the_whole_station_unavailable(self) -> None:
        self.refused("Unavailable", 0)

    def test_tc_050_4_the_whole_station_rejected(self) -> None:
        self.refused("Rejected", 0)

    def cancel(self, client: ScriptedStation, reservation: Reservation, answer: str) -> None:
        self.direct(cancel, reservation_id=reservation.pk)
        self.assertEqual(client.expect("CancelReservation"), {"reservationId": reservation.pk})
        client.reply({"status": answer})
        self.assert_answered(self.newest("CancelReservation"), answer)

    def test_tc_051_cancelled(self) -> None:
        with self.booted() as client:
            reservation = self.reserve(client)
            client.tell(1, "Reserved")
            self.cancel(client, reservation, "Accepted")
            client.tell(1, "Available")
            self.assert_state(reservation, State.CANCELLED)

    def test_tc_052_cancelling_rejected(self) -> None:
        """The station has no such reservation, so it is over here, too; the operator sees how."""
        with self.booted() as client:
            reservation = self.reserve(client)
            self.cancel(client, reservation, "Rejected")
            self.assert_state(reservation, State.CANCELLED)
            self.assertEqual(reservation.result, "Rejected")

    def test_tc_053_1_parent_on_site(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            reservation = self.reserve(client)
            self.assertEqual(self.sent["parentIdTag"], "FAMILY")
            client.tell(1, "Reserved")
            self.assertEqual(client.authorize("SISTER")["parentIdTag"], "FAMILY")
            self.use(client, reservation, "SISTER")

    def test_tc_053_2_parent_remotely(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            reservation = self.reserve(client)
            self.ask(client, "RemoteStartTransaction", {"idTag": "SISTER", "connectorId": 1}, {"status": "Accepted"})
            self.assertEqual(client.authorize("SISTER")["parentIdTag"], "FAMILY")
            self.use(client, reservation, "SISTER")
