"""Reservations at the emulator (block H)."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.emulator.point.variables import Path
from stations.models import IdToken, Reservation
from stations.services.authorization.reservations import cancel, reserve
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, StationCase2
from tests.certification2.support import token
from tests.waiting import eventually

State = Reservation.State


class ReservationCase(StationCase2):
    def reserve(self, evse: int = 1, seconds: float = 3600, state: str = State.ACTIVE, **more: object) -> Reservation:
        """Made by the operator, and answered by the station."""
        until = clock.now() + timedelta(seconds=seconds)
        made = self.order(reserve, **{"evse": evse, "id_token": CARD, "expires_at": until} | more)
        self.wait(made, state)
        return made

    def wait(self, made: Reservation, state: str) -> None:
        eventually(lambda: Reservation.objects.get(pk=made.pk).state == state)

    def assert_refused(self, evse: int, result: str) -> None:  # type: ignore[override]
        made = self.reserve(evse, state=State.REFUSED)
        made.refresh_from_db()
        self.assertEqual(made.result, result)

    def occupy(self, point: ChargePoint, *evses: int) -> None:
        for evse in evses:
            point.plug_in(evse)
            self.assert_story(f"{evse} Occupied", "Started CablePluggedIn")

    def put_out(self, *evses: int) -> None:
        for evse in evses:
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": evse}})
            self.assert_story(f"{evse} Unavailable")


class OfAnEvse(ReservationCase):
    def test_tc_h_01_used(self) -> None:
        with self.booted() as point:
            made = self.reserve()
            self.assert_story("1 Reserved")
            self.charge(point)
            self.wait(made, State.USED)
            self.assertEqual(self.transaction().reservation, made)

    def test_tc_h_02_another_token(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            self.reserve()
            self.assert_story("1 Reserved")
            point.plug_in()
            point.present("OTHER")
            self.assert_story(*CHARGED[:3])
            self.assertFalse(point.charging)

    def test_tc_h_03_reserved(self) -> None:
        with self.booted():
            self.reserve()
            self.assert_refused(1, "Occupied")

    def test_tc_h_04_occupied(self) -> None:
        with self.booted() as point:
            self.occupy(point, 1)
            self.assert_refused(1, "Occupied")

    def test_tc_h_06_out_of_service(self) -> None:
        with self.booted():
            self.put_out(1)
            self.assert_refused(1, "Unavailable")

    def test_tc_h_07_not_used(self) -> None:
        with self.booted():
            made = self.reserve(seconds=0.5)
            self.assert_story("1 Reserved", "ReservationStatusUpdate Expired", "1 Available")
            self.wait(made, State.EXPIRED)

    def test_tc_h_15_of_a_type(self) -> None:
        with self.booted():
            self.reserve(connector_type="sType2")
            self.assert_story("1 Reserved")

    def test_tc_h_17_cancelled(self) -> None:
        with self.booted():
            made = self.reserve()
            self.assert_story("1 Reserved")
            self.direct(cancel, reservation_id=made.pk)
            self.assert_story("1 Available")
            self.wait(made, State.CANCELLED)

    def test_tc_h_18_cancelled_where_there_is_none(self) -> None:
        with self.booted():
            self.ask("CancelReservation", {"reservationId": 4711}, "Rejected")

    def test_tc_h_19_used_by_the_same_group(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            made = self.reserve()
            self.assert_story("1 Reserved")
            self.charge(point, "SISTER")
            self.wait(made, State.USED)

    def test_tc_h_20_a_fault(self) -> None:
        with self.booted() as point:
            made = self.reserve()
            self.assert_story("1 Reserved")
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            self.assert_story("ReservationStatusUpdate Removed", "1 Faulted")
            self.wait(made, State.CANCELLED)

    def test_tc_h_21_goes_out_of_service(self) -> None:
        with self.booted():
            made = self.reserve()
            self.assert_story("1 Reserved")
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
            self.assert_story("ReservationStatusUpdate Removed", "1 Unavailable")
            self.wait(made, State.CANCELLED)

    def test_tc_h_23_replaced(self) -> None:
        """One with the same number takes its place."""
        with self.booted() as point:
            made = self.reserve()
            self.assert_story("1 Reserved")
            until = isoformat(clock.now() + timedelta(hours=2))
            self.ask("ReserveNow", {"id": made.pk, "evseId": 2, "idToken": token(), "expiryDateTime": until})
            self.assert_story("1 Available", "2 Reserved")
            self.assertEqual([each.outlet for each in point.model.reservations], [2])


class OfAny(ReservationCase):
    def test_tc_h_08_accepted(self) -> None:
        with self.booted() as point:
            made = self.reserve(0)
            self.charge(point)
            self.wait(made, State.USED)

    def test_tc_h_09_all_are_reserved(self) -> None:
        with self.booted():
            self.reserve(1)
            self.reserve(2)
            self.assert_refused(0, "Occupied")

    def test_tc_h_10_all_are_occupied(self) -> None:
        with self.booted() as point:
            self.occupy(point, 1, 2)
            self.assert_refused(0, "Occupied")

    def test_tc_h_12_all_are_out_of_service(self) -> None:
        with self.booted():
            self.put_out(1, 2)
            self.assert_refused(0, "Unavailable")

    def test_tc_h_13_rejected(self) -> None:
        with self.booted(configured={"ReserveConnectorZeroSupported": "false"}):
            self.assert_refused(0, "Rejected")

    def test_tc_h_24_used_by_the_same_group(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            made = self.reserve(0)
            self.charge(point, "SISTER")
            self.wait(made, State.USED)

    def test_tc_h_14_as_many_as_evses(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            for _ in range(2):
                self.reserve(0)
            point.plug_in()
            point.present("OTHER")
            self.assert_story(*CHARGED[:3])
            self.assertFalse(point.charging)

    def test_tc_h_16_as_many_as_connectors_of_a_type(self) -> None:
        """One of each type: who has reserved the one gets it, and everybody else the other."""
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            other = Path("Connector", "ConnectorType", evse=2, connector=1)
            point.do(lambda model, now: model.variables.put(other, "cCCS2", now))
            made = self.reserve(0, connector_type="cCCS2")
            refused = self.reserve(0, state=State.REFUSED, connector_type="cCCS2")
            self.assertEqual(Reservation.objects.get(pk=refused.pk).result, "Occupied")
            point.plug_in(2)
            point.present("OTHER", 2)
            self.assert_story(*(each.replace("1 ", "2 ") for each in CHARGED[:3]))
            self.assertFalse(point.at(lambda outlet, now: outlet.running, 2))
            point.unplug(2)
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "2 Available")
            self.charge(point, "OTHER")
            self.assertEqual(Reservation.objects.get(pk=made.pk).state, State.ACTIVE)
            point.plug_in(2)
            point.present(CARD, 2)
            self.assert_story(*(each.replace("1 ", "2 ") for each in CHARGED))
            self.wait(made, State.USED)

    def test_tc_h_22_station_takes_none(self) -> None:
        with self.booted():
            self.set_variable("ReservationCtrlr", "Enabled", "false")
            for evse in (0, 1):
                self.assert_refused(evse, "Rejected")
