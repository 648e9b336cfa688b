"""Reservations, from the request to their end (1.6 sections 3.11, 5.2, 5.13, 4.8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, IdToken, IdTokenGroup, Reservation
from stations.ocpp.times import written
from stations.services.authorization.reservations import cancel, expire_reservations, reserve
from stations.services.commands import SERVER
from stations.settlement import cancel_command, sweep
from tests.stations.asked import AskedCase
from tests.stations.factories import ConnectorFactory, EvseFactory, StationFactory, TokenFactory
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run, run_published

LATER = NOON + timedelta(hours=2)


class ReservationCase(AskedCase):
    def setUp(self) -> None:
        super().setUp()
        self.token = TokenFactory.create(value="CARD")
        ConnectorFactory.create(evse=EvseFactory.create(station=self.station, number=1))

    def reserve(self, **more: Any) -> Reservation:
        options: dict[str, Any] = {"evse": 1, "id_token": "CARD", "expires_at": LATER} | more
        row: Reservation = self.do(lambda batch: reserve(batch, station_id=self.station.pk, **options))
        return row

    def active(self) -> Reservation:
        row = self.reserve()
        self.answer("Accepted")
        self.assert_state(row, "active", "Accepted")
        return row

    def raw(self, row: Reservation, **more: Any) -> dict[str, Any]:
        call = {"connectorId": 1, "expiryDate": written(LATER), "idTag": "CARD", "reservationId": row.pk}
        return call | more

    def assert_state(self, row: Reservation, state: str, result: str | None = None) -> None:
        row.refresh_from_db()
        self.assertEqual(row.state, state)
        if result is not None:
            self.assertEqual(row.result, result)
        over = state not in ("requested", "active", "failed")
        self.assertEqual(row.ended_at is not None, over)


class Asked(ReservationCase):
    def test_the_station_is_asked(self) -> None:
        self.token.group = IdTokenGroup.objects.create(name="FLEET")
        self.token.save()
        row = self.reserve(id_token="card")
        self.assert_state(row, "requested", "")
        assert row.command is not None
        self.assertEqual(row.command.expires_at, LATER)
        self.assertEqual(
            self.take().payload,
            {
                "connectorId": 1,
                "expiryDate": written(LATER),
                "idTag": "CARD",
                "parentIdTag": "FLEET",
                "reservationId": row.pk,
            },
        )

    def test_everybody_is_told_of_each_change(self) -> None:
        unit = partial(reserve, station_id=self.station.pk, evse=1, id_token="CARD", expires_at=LATER)
        (row,), published = run_published(unit)
        told = [data for kind, data in published.events if kind == "reservation.changed"]
        expected = {
            "reservation": row.pk,
            "station": self.station.identity,
            "evse": 1,
            "id_token": "CARD",
            "state": "requested",
            "result": "",
            "expires_at": "2026-06-21T14:00:00.000Z",
        }
        self.assertEqual(told, [expected])

    def test_any_connector(self) -> None:
        self.assertEqual(self.reserve(evse=0).evse, 0)

    def test_a_connector_that_is_only_known_by_number(self) -> None:
        self.refuse(BadInput, evse=2)
        self.configure(NumberOfConnectors="2")
        self.reserve(evse=2)
        self.refuse(BadInput, evse=3)

    def refuse(self, error: Any, **more: Any) -> None:
        options: dict[str, Any] = {"evse": 1, "id_token": "CARD", "expires_at": LATER} | more
        self.refused(error, lambda batch: reserve(batch, **{"station_id": self.station.pk} | options))
        self.assertEqual(Reservation.objects.filter(evse=options["evse"]).count(), 0)

    def test_not_in_the_past_nor_for_ever(self) -> None:
        self.refuse(BadInput, expires_at=NOON)
        self.refuse(BadInput, expires_at=NOON + timedelta(days=400))

    def test_not_for_a_token_that_may_not_charge_there(self) -> None:
        self.refuse(BadInput, id_token="NOBODY")
        self.assertFalse(IdToken.objects.filter(value="NOBODY").exists())
        TokenFactory.create(value="BLOCKED", status=IdToken.Status.BLOCKED)
        self.refuse(Conflict, id_token="BLOCKED")
        TokenFactory.create(value="SEEN", status=IdToken.Status.UNKNOWN)
        self.refuse(Conflict, id_token="SEEN")
        TokenFactory.create(value="ELSEWHERE").stations.add(StationFactory.create())
        self.refuse(Conflict, id_token="ELSEWHERE")
        TokenFactory.create(value="SOON", expires_at=NOON + timedelta(hours=1))
        self.refuse(Conflict, id_token="SOON")
        TokenFactory.create(value="X" * 21)
        self.refuse(BadInput, id_token="X" * 21)

    def test_not_at_a_station_that_is_not_there_or_reserves_otherwise(self) -> None:
        self.refuse(NotFound, station_id=0)
        self.station.ocpp_version = "NOC"
        self.station.save()
        self.refuse(Conflict)


class Answered(ReservationCase):
    def test_accepted(self) -> None:
        self.active()

    def test_refused_with_the_station_s_reason(self) -> None:
        for status in ("Faulted", "Occupied", "Rejected", "Unavailable"):
            row = self.reserve()
            self.answer(status)
            self.assert_state(row, "refused", status)

    def test_an_error_is_a_refusal(self) -> None:
        row = self.reserve()
        self.answer_error("NotSupported")
        self.assert_state(row, "refused", "NotSupported")

    def test_without_an_answer_nobody_knows(self) -> None:
        row = self.reserve()
        self.say_nothing()
        self.assert_state(row, "failed", "TimedOut")

    def test_a_request_that_is_cancelled(self) -> None:
        row = self.reserve()
        assert row.command_id is not None
        number = row.command_id
        self.do(lambda batch: cancel_command(batch, command_id=number, by=SERVER))
        self.assert_state(row, "cancelled")

    def test_a_request_that_never_left(self) -> None:
        row = self.reserve()
        with clock.frozen(LATER):
            self.do(partial(sweep, unanswered_since=NOON))
        self.assert_state(row, "expired")

    def test_another_answer_after_its_end_changes_nothing(self) -> None:
        row = self.active()
        Reservation.objects.update(state="used", ended_at=NOON)
        self.settle("ReserveNow", self.raw(row))
        self.assert_state(row, "used")


class SentTwice(ReservationCase):
    """The same reservationId again replaces the reservation (section 5.13)."""

    def test_accepted_it_is_as_it_was_sent_last(self) -> None:
        row = self.active()
        TokenFactory.create(value="OTHER")
        new = NOON + timedelta(hours=5)
        self.settle("ReserveNow", self.raw(row, connectorId=0, idTag="OTHER", expiryDate=written(new)))
        self.assert_state(row, "active")
        self.assertEqual((row.evse, row.id_token.value, row.expires_at), (0, "OTHER", new))

    def test_a_tag_that_nobody_entered_leaves_the_token(self) -> None:
        row = self.active()
        self.settle("ReserveNow", self.raw(row, idTag="NOBODY"))
        self.assert_state(row, "active")
        self.assertEqual(row.id_token, self.token)

    def test_refused_the_old_one_stays(self) -> None:
        row = self.active()
        self.settle("ReserveNow", self.raw(row, connectorId=0), "Occupied")
        self.assert_state(row, "active", "Accepted")
        self.assertEqual(row.evse, 1)

    def test_an_id_of_somebody_s_choice_is_the_station_s_affair(self) -> None:
        row = self.active()
        for number in (row.pk + 1000, -5):
            self.settle("ReserveNow", self.raw(row, reservationId=number))
            self.settle("CancelReservation", {"reservationId": number})
        self.ask("ReserveNow", self.raw(row, reservationId=2**70))
        self.assert_state(row, "active")

    def test_without_an_answer_the_old_one_stays(self) -> None:
        row = self.active()
        self.ask("ReserveNow", self.raw(row, connectorId=0))
        self.say_nothing()
        self.assert_state(row, "active")

    def test_an_id_of_another_station_is_refused(self) -> None:
        row = self.active()
        Reservation.objects.update(station=StationFactory.create())
        with self.assertRaises(Conflict):
            self.ask("ReserveNow", self.raw(row))

    def test_what_can_never_be_right(self) -> None:
        row = self.active()
        self.configure(NumberOfConnectors="1")
        for expiry in (NOON_TEXT, "2016-12-31T23:59:60Z"):
            found = self.problems_of("ReserveNow", self.raw(row, connectorId=2, expiryDate=expiry))
            self.assertEqual(set(found), {"connectorId", "expiryDate"})


class Cancelled(ReservationCase):
    def cancel(self, row: Reservation) -> None:
        self.do(lambda batch: cancel(batch, reservation_id=row.pk))

    def test_by_the_station_s_word(self) -> None:
        row = self.active()
        self.cancel(row)
        self.assert_state(row, "active")
        self.assertEqual(self.answer("Accepted").payload, {"reservationId": row.pk})
        self.assert_state(row, "cancelled", "Accepted")

    def test_one_that_the_station_does_not_know_is_over_too(self) -> None:
        row = self.active()
        self.cancel(row)
        self.answer("Rejected")
        self.assert_state(row, "cancelled", "Rejected")

    def test_one_of_which_nobody_knows(self) -> None:
        row = self.reserve()
        self.say_nothing()
        self.cancel(row)
        self.answer("Accepted")
        self.assert_state(row, "cancelled")

    def test_before_the_station_has_heard_of_it(self) -> None:
        row = self.reserve()
        self.cancel(row)
        self.assertEqual([self.answer("Accepted").action for _ in range(2)], ["ReserveNow", "CancelReservation"])
        self.assert_state(row, "cancelled")

    def test_without_an_answer_it_stands(self) -> None:
        row = self.active()
        self.cancel(row)
        self.say_nothing()
        self.assert_state(row, "active")

    def test_not_one_that_is_over_or_that_there_is_not(self) -> None:
        row = self.active()
        Reservation.objects.update(state="used")
        self.refused(Conflict, lambda batch: cancel(batch, reservation_id=row.pk))
        self.refused(NotFound, lambda batch: cancel(batch, reservation_id=0))
        self.assertFalse(Command.objects.filter(action="CancelReservation").exists())


class Over(ReservationCase):
    def expire(self, at: datetime) -> int:
        found: int = self.do(lambda batch: expire_reservations(batch, at))
        return found

    def test_when_its_time_is_over(self) -> None:
        row = self.active()
        self.assertEqual(self.expire(LATER - timedelta(seconds=1)), 0)
        self.assert_state(row, "active")
        self.assertEqual(self.expire(LATER), 1)
        self.assert_state(row, "expired")
        self.assertEqual(self.expire(LATER), 0)

    def test_also_when_nobody_knew_whether_it_was_there(self) -> None:
        row = self.reserve()
        self.say_nothing()
        self.expire(LATER)
        self.assert_state(row, "expired")

    def test_used_by_a_transaction(self) -> None:
        row = self.active()
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": NOON_TEXT, "reservationId": row.pk}
        run(call(self.station, "StartTransaction", start))
        self.assert_state(row, "used")
        self.assertEqual(row.transactions.count(), 1)
        self.expire(LATER)
        self.assert_state(row, "used")
