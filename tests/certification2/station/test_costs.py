"""What the display of the emulator says of costs, and what the station tells of them (block I)."""

from __future__ import annotations

from typing import Any

import orjson

from stations.emulator.point.vehicle import Vehicle
from stations.models import Message, SessionCost, Transaction
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.test_reservation import ReservationCase
from tests.certification2.station.test_tariffs import CONTROLLER, TariffCase, priced
from tests.certification2.support import named
from tests.stations.tariffs import VAT, energy, fixed, minutes
from tests.waiting import eventually

BODY = priced("T1", "0.50 EUR/kWh", **fixed("fixedFee", 1), **energy(500))
"""So dear that a second of charging is seen."""


class Shown(TariffCase):
    """By the server's word: 2.0.1 stations do not count."""

    version = "2.0.1"

    def answers(self) -> list[Payload]:
        """What the server has answered to events."""
        rows = Message.objects.filter(station=self.station, direction="in", action="TransactionEvent").order_by("pk")
        return [orjson.loads(row.reply) for row in rows if row.reply]

    def test_tc_i_01_running_cost(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            for cost, text in ((3.21, "3.21 EUR"), (4.0, "4.00 EUR")):
                self.ask("CostUpdated", {"totalCost": cost, "transactionId": reference}, "")
                self.assertEqual(self.shown(point), text)
            self.assertEqual(float(SessionCost.objects.get().notified_cost or 0), 4.0)
            (result,) = self.set_variables(named(CONTROLLER, "Enabled", instance="Cost") | {"attributeValue": "false"})
            self.assertEqual((result["attributeStatus"], self.shown(point)), ("Accepted", ""))

    def test_tc_i_02_final_cost(self) -> None:
        """It can be read until the next driver comes."""
        self.enter(BODY)
        with self.booted() as point:
            self.charge(point)
            self.use(point)
            self.finish(point)
            session = Transaction.objects.get()
            self.assertTrue(session.cost_is_final)
            eventually(lambda: self.shown(point) == f"{session.cost:.2f} EUR")
            self.assertEqual(self.answers()[-1]["totalCost"], float(session.cost or 0))
            self.assertGreater(session.cost or 0, 5)
            point.unplug()
            self.assert_story("1 Available")
            self.assertEqual(self.shown(point), f"{session.cost:.2f} EUR")
            point.plug_in()
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            self.assertEqual(self.shown(point), "")

    def test_tc_i_07_running_cost_in_answers(self) -> None:
        self.enter(BODY)
        with self.booted() as point:
            self.charge(point)
            eventually(lambda: self.shown(point) == f"{Transaction.objects.get().cost or 0:.2f} EUR")
            before = Transaction.objects.get().cost
            self.use(point)
            Transaction.objects.update(cost_due_at=None)
            self.ask("TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 1}})
            self.assert_story("Updated Trigger")
            eventually(lambda: Transaction.objects.get().cost != before)
            cost = Transaction.objects.get().cost or 0
            eventually(lambda: self.shown(point) == f"{cost:.2f} EUR")
            self.assertEqual(self.answers()[-1]["totalCost"], float(cost))
            self.assertGreater(cost, before or 0)


class Details(TariffCase):
    """By its own count, which is the server's, too."""

    def happen(self, point: ChargePoint, body: Payload, wh: int = 10) -> Payload:
        """A session by this tariff; its costDetails."""
        self.enter(body)
        self.default(body)
        self.charge(point)
        self.use(point, wh)
        details: Payload = self.finish(point)["costDetails"]
        self.assertEqual(details["totalCost"]["currency"], "EUR")
        self.assertNotIn("failureToCalculate", details)
        self.assert_agreed()
        return details

    def assert_cost(self, cost: Payload, excl: float, tax: float = 0.0) -> None:
        """Without and with tax, to the cent."""
        self.assertAlmostEqual(cost["exclTax"], excl, delta=0.0051)
        self.assertAlmostEqual(cost["inclTax"], excl * (1 + tax), delta=0.0051)

    def test_tc_i_118_details(self) -> None:
        body = priced(
            "T1",
            **fixed("fixedFee", 2, **VAT),
            **energy(500, **VAT),
            **minutes("chargingTime", 60, **VAT),
            **minutes("idleTime", 600),
        )
        with self.booted() as point:
            details = self.happen(point, body)
            cost, usage = details["totalCost"], details["totalUsage"]
            self.assertEqual(cost["typeOfCost"], "NormalCost")
            self.assert_cost(cost["fixed"], 2, 0.19)
            self.assert_cost(cost["energy"], 0.5 * usage["energy"], 0.19)
            (volumes, *more) = (_volumes(each) for each in details["chargingPeriods"])
            self.assertEqual(more, [], "without conditions there is one period")
            self.assertEqual(volumes["Energy"], usage["energy"])
            self.assert_cost(cost["chargingTime"], volumes["ChargingTime"], 0.19)
            self.assert_cost(cost["idleTime"], 10 * volumes["IdleTIme"])
            self.assertGreater(min(volumes["ChargingTime"], volumes["IdleTIme"]), 0)
            kinds = [cost[name] for name in ("fixed", "energy", "chargingTime", "idleTime")]
            for field in ("exclTax", "inclTax"):
                self.assertAlmostEqual(cost["total"][field], sum(each[field] for each in kinds), places=6)

    def test_tc_i_119_details_with_conditions(self) -> None:
        """Each change of the price begins a period; the first ten Wh are cheaper."""
        body = priced("T1", **energy((100, {"maxEnergy": 10}), 900))
        with self.booted() as point:
            details = self.happen(point, body, wh=20)
            first, second = details["chargingPeriods"]
            self.assertLess(first["startPeriod"], second["startPeriod"])
            more = details["totalUsage"]["energy"] - 10
            self.assertEqual([_volumes(each)["Energy"] for each in (first, second)], [10, more])
            self.assert_cost(details["totalCost"]["energy"], 1 + 0.9 * more)

    def test_tc_i_121_details_least_and_most(self) -> None:
        least = priced("T1", **energy(0.1), minCost={"exclTax": 5, **VAT})
        with self.booted() as point:
            cost = self.happen(point, least)["totalCost"]
            self.assertEqual(cost["typeOfCost"], "MinCost")
            self.assert_cost(cost["total"], 5, 0.19)

    def test_tc_i_121_details_the_most(self) -> None:
        with self.booted() as point:
            most = priced("T1", **energy(500), maxCost={"exclTax": 2, **VAT})
            cost = self.happen(point, most)["totalCost"]
            self.assertEqual(cost["typeOfCost"], "MaxCost")
            self.assert_cost(cost["total"], 2, 0.19)
            self.assertGreater(cost["energy"]["exclTax"], 2)

    def test_tc_i_118_details_are_shown(self) -> None:
        with self.booted() as point:
            self.default(BODY)
            self.assertEqual(self.shown(point), "0.50 EUR/kWh")
            self.charge(point)
            self.use(point)
            total = self.finish(point)["costDetails"]["totalCost"]["total"]["inclTax"]
            self.assertEqual(self.shown(point), f"{total:.2f} EUR")


class Reserved(ReservationCase, TariffCase):
    version = "2.1"

    def test_tc_i_120_details_of_a_reservation(self) -> None:
        """From when it was made until the transaction began."""
        body = priced("T1", **fixed("reservationFixed", 3), **minutes("reservationTime", 6000), **energy(0.5))
        with self.booted() as point:
            self.default(body)
            self.reserve()
            self.assert_story("1 Reserved")
            eventually(lambda: point.do(lambda model, now: _waited(model, now)) > 0.2)
            point.at(lambda outlet, now: outlet.plug_in(now, Vehicle.usual()))
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            point.present(CARD)
            self.assert_story("Authorize", "Updated Authorized", "Updated ChargingStateChanged")
            ended = self.finish(point)
            details = ended["costDetails"]
            self.assertEqual(details["totalCost"]["reservationFixed"]["exclTax"], 3.0)
            self.assertGreater(details["totalCost"]["reservationTime"]["exclTax"], 20.0)
            self.assertIn("reservationTime", details["totalUsage"])


def _waited(model: Any, now: float) -> float:
    (reservation,) = model.reservations
    return float((model.clock(now) - reservation.made).total_seconds())


def _volumes(period: Payload) -> dict[str, float]:
    return {each["type"]: each["volume"] for each in period["dimensions"]}
