"""Whose tariff counts, when the cost is calculated, and what becomes of it (2.x use cases I02, I03, I11)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound
from stations.models import (
    IdTokenGroup,
    Reservation,
    SessionCost,
    Station,
    Tariff,
    TariffAssignment,
    Transaction,
    Variable,
)
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.commands import SERVER
from stations.services.sessions.ghosts import close_transaction
from stations.services.tariffs import choice, costs, register
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.support import NOON, call
from tests.stations.tariffs import energy, minutes, tariff
from tests.units import run


def enter(body: Payload, **whose: Any) -> Tariff:
    found: Tariff = run(lambda batch: register.add_tariff(batch, body=body))[0]
    run(lambda batch: register.assign_tariff(batch, tariff_id=found.pk, **whose))
    return found


def named(name: str, price: float = 1.0, **more: Any) -> Payload:
    return tariff(**energy(price), **more) | {"tariffId": name}


class SessionCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create(identity="CP1")
        self.token = TokenFactory.create(value="CARD")

    def event(self, phase: str, number: int, minutes: float, wh: int | None = None, **more: Any) -> Payload:
        """A TransactionEvent, `minutes` after noon."""
        moment = NOON + timedelta(minutes=minutes)
        payload: Payload = {
            "eventType": phase,
            "timestamp": written(moment),
            "triggerReason": "Trigger",
            "seqNo": number,
            "transactionInfo": {"transactionId": "tx", **more.pop("info", {})},
            **more,
        }
        if wh is not None:
            samples = [{"value": wh}]
            payload["meterValue"] = [{"timestamp": written(moment), "sampledValue": samples}]
        answer: Payload = run(call(self.station, "TransactionEvent", payload, version="2.1", at=moment))[0]
        return answer

    def start(self, **more: Any) -> Payload:
        begin = {"evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": "CARD", "type": "ISO14443"}}
        return self.event("Started", 0, 0, 0, **(begin | more))

    @property
    def session(self) -> Transaction:
        return Transaction.objects.get()

    def agreed(self) -> list[str]:
        return [each["tariff"]["tariffId"] for each in SessionCost.objects.get().agreed]


class Whose(SessionCase):
    def chosen(self, evse: int | None = 1) -> str:
        found = choice.choose(station_id=self.station.pk, evse=evse, token=self.token, now=NOON)
        return "" if found is None else str(found.body["tariffId"])

    def test_the_closest_one_counts(self) -> None:
        self.assertEqual(self.chosen(), "")
        enter(named("ALL"))
        self.assertEqual(self.chosen(), "ALL")
        enter(named("STATION"), station="CP1")
        self.assertEqual(self.chosen(), "STATION")
        enter(named("EVSE"), station="CP1", evse=2)
        self.assertEqual((self.chosen(1), self.chosen(2), self.chosen(None)), ("STATION", "EVSE", "STATION"))
        self.token.group = IdTokenGroup.objects.create(name="FLEET")
        enter(named("GROUP"), group="FLEET")
        self.assertEqual(self.chosen(2), "GROUP")

    def test_one_that_is_not_valid_yet_does_not_count(self) -> None:
        enter(named("ALL"))
        enter(named("LATER", validFrom=written(NOON + timedelta(seconds=1))), station="CP1")
        self.assertEqual(self.chosen(), "ALL")

    def test_another_takes_its_place(self) -> None:
        enter(named("OLD"))
        enter(named("NEW"))
        self.assertEqual((self.chosen(), TariffAssignment.objects.count()), ("NEW", 1))

    def test_a_token_that_comes_later_brings_its_tariff_along(self) -> None:
        """The session begins with the cable (E03); it is charged as a whole by the driver's tariff."""
        enter(named("ALL"))
        enter(named("GROUP", 0.5), group=IdTokenGroup.objects.create(name="FLEET").name)
        self.token.group = IdTokenGroup.objects.get()
        self.token.save()
        self.event("Started", 0, 0, 0, evse={"id": 1, "connectorId": 1})
        self.assertEqual(self.agreed(), ["ALL"])
        self.event("Updated", 1, 10, 5000, idToken={"idToken": "CARD", "type": "ISO14443"})
        self.assertEqual(self.agreed(), ["GROUP"])
        self.assertEqual(self.event("Ended", 2, 20, 10_000)["totalCost"], 5.0)


class Running(SessionCase):
    def setUp(self) -> None:
        super().setUp()
        enter(named("T1"))

    def test_at_most_every_half_minute(self) -> None:
        self.start()
        self.assertEqual(self.event("Updated", 1, 10, 1000)["totalCost"], 1.0)
        self.assertEqual(self.event("Updated", 2, 10.4, 2000)["totalCost"], 1.0)
        self.assertEqual(self.event("Updated", 3, 10.5, 3000)["totalCost"], 3.0)

    def test_the_longer_it_runs_the_more_rarely(self) -> None:
        self.start()
        self.event("Updated", 1, 6000, 1000)
        due = self.session.cost_due_at
        self.assertEqual(due, NOON + timedelta(minutes=6060))

    def test_what_is_not_due_costs_no_query(self) -> None:
        self.start()
        self.event("Updated", 1, 10, 1000)
        with CaptureQueriesContext(connection) as found:
            self.event("Updated", 2, 10.1, 1100)
        self.assertEqual([query["sql"] for query in found.captured_queries if "sessioncost" in query["sql"]], [])

    def test_readings_are_thinned_out_and_no_energy_is_lost(self) -> None:
        self.start()
        for number in range(1, 12):
            self.event("Updated", number, number, 1000 * number)
        with mock.patch.object(costs, "MAX_READINGS", 4):
            self.assertEqual(self.event("Ended", 12, 12, 12_000)["totalCost"], 12.0)

    def test_a_tariff_that_is_changed_does_not_touch_sessions_that_have_begun(self) -> None:
        self.start()
        run(lambda batch: register.change_tariff(batch, tariff_id=Tariff.objects.get().pk, body=named("T1", 9)))
        self.assertEqual(self.event("Ended", 1, 10, 1000)["totalCost"], 1.0)

    def test_a_repeated_end_is_answered_alike(self) -> None:
        self.start()
        answer = self.event("Ended", 1, 10, 1000)
        self.assertEqual(self.event("Ended", 1, 10, 1000), answer)

    def test_what_comes_after_the_end_is_counted(self) -> None:
        """A station replays an earlier event late: its start meter was higher than the server thought."""
        self.event("Ended", 2, 10, 5000, evse={"id": 1, "connectorId": 1})
        self.start()
        self.assertEqual(self.session.cost, Decimal(5))
        self.assertTrue(self.session.cost_is_final)

    def test_a_session_that_the_server_ends_is_charged_until_its_last_reading(self) -> None:
        """Nobody knows when a ghost ended, so its time is not billed."""
        run(
            lambda batch: register.change_tariff(
                batch,
                tariff_id=Tariff.objects.get().pk,
                body=tariff(**minutes("chargingTime", 1), **minutes("idleTime", 1)),
            )
        )
        self.start()
        self.event("Updated", 1, 10, 1000)
        run(lambda batch: close_transaction(batch, transaction_id=self.session.pk, by=SERVER))
        self.assertEqual((self.session.cost, self.session.cost_is_final), (Decimal(10), True))

    def test_a_session_without_tariff_has_no_cost(self) -> None:
        TariffAssignment.objects.all().delete()
        self.start()
        self.assertNotIn("totalCost", self.event("Ended", 1, 10, 1000))
        self.assertEqual((self.session.cost, self.session.currency), (None, ""))
        run(
            lambda batch: self.assertRaises(
                Conflict, close_transaction, batch, transaction_id=self.session.pk, by=SERVER
            )
        )

    def test_a_cost_that_cannot_be_calculated(self) -> None:
        self.start()
        row = SessionCost.objects.get()
        row.agreed.append({"since": row.agreed[0]["since"], "tariff": named("T2") | {"currency": "USD"}})
        row.save()
        self.assertNotIn("totalCost", self.event("Ended", 1, 10, 1000))
        row.refresh_from_db()
        self.assertTrue((row.details or {})["failureToCalculate"])

    def test_a_session_of_1_6_has_its_cost_in_the_end(self) -> None:
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": written(NOON)}
        number = run(call(self.station, "StartTransaction", start))[0]["transactionId"]
        at = NOON + timedelta(hours=1)
        stop = {"transactionId": number, "meterStop": 2100, "timestamp": written(at)}
        run(call(self.station, "StopTransaction", stop, at=at))
        self.assertEqual((self.session.cost, self.session.cost_is_final), (Decimal(2), True))


class Places(SessionCase):
    NIGHT = tariff(**energy((0.1, {"startTimeOfDay": "14:00", "endTimeOfDay": "16:00"}), 1))

    def tell(self, component: str, variable: str, value: str, evse: int = 0) -> None:
        Variable.objects.create(
            station=self.station,
            component=component,
            variable=variable,
            evse=evse,
            attribute="Actual",
            value=value,
            mutability="ReadOnly",
            reported_at=NOON,
        )

    def test_the_station_knows_its_time_zone(self) -> None:
        enter(self.NIGHT)
        self.tell("ClockCtrlr", "TimeZone", "Europe/Berlin")
        self.start()
        self.assertEqual(self.event("Ended", 1, 60, 10_000)["totalCost"], 1.0)

    def test_else_the_setting_does(self) -> None:
        enter(self.NIGHT)
        self.tell("ClockCtrlr", "TimeZone", "Nowhere/Land")
        with override_settings(STATION_TIME_ZONE="Europe/Berlin"):
            self.start()
        self.assertEqual(self.event("Ended", 1, 60, 10_000)["totalCost"], 1.0)

    def test_a_zone_that_there_is_not_stops_the_start(self) -> None:
        self.assertEqual(choice.check_zone(), [])
        for name in ("Nowhere/Land", "../etc", "Europe"):
            with override_settings(STATION_TIME_ZONE=name):
                self.assertEqual([each.id for each in choice.check_zone()], ["smartserver.E021"])

    def test_the_kind_of_the_evse(self) -> None:
        enter(tariff(**energy((2, {"evseKind": "DC"}), (1, {"evseKind": "AC"}))))
        self.start()
        self.assertEqual(self.event("Ended", 1, 60, 1000)["totalCost"], 0.0)  # nobody has told
        for phases, cost in (("3", 1.0), ("0", 2.0)):
            Transaction.objects.all().delete()
            Variable.objects.all().delete()
            self.tell("EVSE", "SupplyPhases", phases, evse=1)
            self.start()
            self.assertEqual(self.event("Ended", 1, 60, 1000)["totalCost"], cost)

    def test_a_reservation_is_charged_from_when_it_was_made(self) -> None:
        enter(tariff(**minutes("reservationTime", 0.1)))
        reservation = Reservation.objects.create(
            station=self.station,
            evse=1,
            id_token=self.token,
            state=Reservation.State.ACTIVE,
            expires_at=NOON + timedelta(hours=1),
            created_at=NOON - timedelta(minutes=30),
        )
        self.start(reservationId=reservation.pk)
        self.assertEqual(self.event("Ended", 1, 60, 1000)["totalCost"], 3.0)


class Changed(AskedCase):
    version = "2.1"

    def change(self, body: Payload, reference: str = "tx", reply: str = "Accepted") -> None:
        self.settle("ChangeTransactionTariff", {"tariff": body, "transactionId": reference}, reply)

    def test_a_session_that_had_none_gets_one(self) -> None:
        session = self.charge()
        Transaction.objects.update(reference="tx")
        self.change(named("T1"))
        session.refresh_from_db()
        self.assertEqual((session.currency, session.cost_due_at), ("EUR", None))
        self.change(named("T2"))
        self.assertEqual([each["tariff"]["tariffId"] for each in SessionCost.objects.get().agreed], ["T1", "T2"])

    def test_a_refusal_or_an_unknown_session_changes_nothing(self) -> None:
        self.charge()
        self.change(named("T1"), reply="TxNotFound")
        self.change(named("T1"), "nobody's")
        self.settle("CostUpdated", {"totalCost": 1, "transactionId": "nobody's"}, {})
        self.assertFalse(SessionCost.objects.exists())

    def test_a_tariff_without_sense_is_not_sent(self) -> None:
        for action, more in (("SetDefaultTariff", {"evseId": 0}), ("ChangeTransactionTariff", {"transactionId": "tx"})):
            self.assertEqual(
                list(self.problems_of(action, {"tariff": named("T1") | {"currency": "eur"}} | more)),
                ["tariff/currency"],
            )


class Register(TestCase):
    def refuse(self, error: Any, unit: Any, **values: Any) -> None:
        with self.assertRaises(error):
            run(lambda batch: unit(batch, **values))

    def test_what_is_refused(self) -> None:
        first = enter(named("T1"))
        other = run(lambda batch: register.add_tariff(batch, body=named("T2")))[0]
        self.refuse(InvalidPayload, register.add_tariff, body={"tariffId": "T3"})
        self.refuse(InvalidPayload, register.add_tariff, body=named("T3") | {"currency": "eur"})
        self.refuse(Conflict, register.add_tariff, body=named("T1"))
        self.refuse(Conflict, register.change_tariff, tariff_id=other.pk, body=named("T1"))
        self.refuse(NotFound, register.change_tariff, tariff_id=0, note="")
        self.refuse(Conflict, register.remove_tariff, tariff_id=first.pk)
        self.refuse(BadInput, register.assign_tariff, tariff_id=first.pk, group="g", station="s")
        self.refuse(BadInput, register.assign_tariff, tariff_id=first.pk, group="nobody")
        self.refuse(BadInput, register.assign_tariff, tariff_id=first.pk, evse=1)
        self.refuse(NotFound, register.unassign_tariff, assignment_id=0)
