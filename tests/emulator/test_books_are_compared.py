"""The books of the mixed fleet: what stations sold by their own meters, and how the server's sessions differ."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest import TestCase

from benchmarks.books import RATES, Account, Rates, Session, accounts_of, differences, totals
from stations.emulator.point.message import Charge, Moment, Reading
from stations.ocpp.tariffs.calculator import Agreed, calculate
from stations.ocpp.tariffs.sense import problems_of
from stations.ocpp.tariffs.tariff import read_tariff
from tests.emulator.fakes import EAGER, HOUR, VERSIONS, Drive, model
from tests.stations.tariffs import BEGIN, Journey

EURO, _, YEN = RATES


def reading(minute: int, wh: int, state: str, power: float = 0.0) -> Reading:
    moment = Moment(f"2026-06-22T12:{minute:02}:00.000Z", offline=False)
    return Reading(moment, wh, power, 0.0, 230.0, None, state=state)


def charge(*readings: Reading, token: str = "CARD") -> Charge:
    return Charge(1, "tx", token=token, number=7, readings=list(readings))


def account(version: str, sold: Charge, rates: Rates = EURO) -> Account:
    (found,) = accounts_of(version, [sold], rates)
    return found


class Prices(TestCase):
    def test_by_hand(self) -> None:
        """35 cents, 2 kWh for 59, 1 kWh for 49, and 10 idle minutes for 10; each with 19 %."""
        cents = (Decimal("0.42"), Decimal("1.99"), Decimal("1.19"))  # 0.4165; (1.18 + 0.49) × 1.19; 1.19
        self.assertEqual(EURO.cost(3000, Decimal(10)), sum(cents))
        self.assertEqual(YEN.cost(1000, Decimal(0)), Decimal(110 + 61))  # 60.5 is rounded up

    def test_the_calculator_comes_to_the_same(self) -> None:
        for rates in RATES:
            self.assertEqual(list(problems_of(rates.tariff)), [])
            for kwh, idle in ((0.0, 0), (1.234, 7), (2.0, 13), (31.417, 61)):
                journey = Journey().charge(90, kwh).idle(idle) if kwh else Journey().idle(idle)
                cost = calculate([Agreed(BEGIN, read_tariff(rates.tariff))], journey.usage())
                self.assertEqual(rates.cost(round(1000 * kwh), Decimal(idle)), cost.total.incl, (rates.name, kwh))


class Accounts(TestCase):
    READINGS = (
        reading(0, 1000, "EVConnected"),
        reading(10, 1000, "Charging", 9000),
        reading(20, 3000, "SuspendedEV"),
        reading(30, 3000, "EVConnected"),
    )

    def test_states_tell_of_idle_time_in_2x(self) -> None:
        found = account("2.1", charge(*self.READINGS))
        self.assertEqual((found.key, found.wh, found.cost), ("tx", 2000, EURO.cost(2000, Decimal(20))))

    def test_the_meter_does_in_1_6(self) -> None:
        """The power of the start is not told; where it stands still between two powers, the vehicle charges on."""
        more = reading(0, 1000, ""), reading(10, 1000, "", 3000), reading(20, 1000, "", 3000), reading(40, 1000, "")
        found = account("1.6", charge(*more))
        self.assertEqual((found.key, found.cost), ("7", EURO.cost(0, Decimal(20))))

    def test_a_cable_alone_costs_nothing(self) -> None:
        still = [each._replace(energy_wh=1000) for each in self.READINGS]
        self.assertIsNone(account("2.0.1", charge(*still, token="")).cost)
        self.assertIsNotNone(account("2.0.1", charge(*self.READINGS, token="")).cost)


class Differences(TestCase):
    OWN = Account("tx", 2000, Decimal("2.50"), counted_here=True, shown=2.5)
    SERVER: Session = {
        "id": 7,
        "reference": "tx",
        "energy_wh": 2000.0,
        "cost": 2.5,
        "currency": "EUR",
        "cost_is_final": True,
    }

    def found(
        self, sessions: list[Session], own: list[Account] | None = None, told: float | None = 2.5, version: str = "2.1"
    ) -> list[str]:
        accounts = [self.OWN] if own is None else own
        return list(differences(version, EURO, accounts, sessions, {7: told}))

    def test_none(self) -> None:
        self.assertEqual(self.found([self.SERVER]), [])
        self.assertEqual(self.found([self.SERVER], [replace(self.OWN, key="7", shown=None)], version="1.6"), [])
        nobody = replace(self.OWN, cost=None, counted_here=False, shown=None, wh=0)
        self.assertEqual(
            self.found([self.SERVER | {"cost": None, "cost_is_final": False, "energy_wh": None}], [nobody], None), []
        )

    def test_each_is_seen(self) -> None:
        wrong: list[tuple[dict[str, Any], int]] = [
            ({"energy_wh": 1999.0}, 1),
            ({"cost": 2.51}, 1),
            ({"cost": None, "cost_is_final": False}, 2),
            ({"currency": "CHF"}, 1),
            ({"cost_is_final": False}, 1),
            ({"reference": "other"}, 2),
        ]
        for change, count in wrong:
            self.assertEqual(len(self.found([self.SERVER | change])), count, change)
        self.assertEqual(len(self.found([self.SERVER], told=None)), 1)
        self.assertEqual(len(self.found([self.SERVER], [replace(self.OWN, counted_here=False)])), 1)
        self.assertEqual(len(self.found([self.SERVER], [replace(self.OWN, shown=None)])), 1)
        self.assertEqual(len(self.found([self.SERVER], [replace(self.OWN, cost=None, counted_here=False)])), 4)

    def test_sessions_that_are_twice_or_not_at_all(self) -> None:
        self.assertEqual(self.found([self.SERVER, self.SERVER]), ["session tx is 2 times at the server"])
        self.assertEqual(self.found([self.SERVER], [self.OWN, self.OWN]), ["session tx is 2 times in the books"])
        self.assertEqual(self.found([]), ["session tx is only in the books"])
        self.assertEqual(self.found([self.SERVER], []), ["session tx is only at the server"])

    def test_totals(self) -> None:
        sold = [(EURO, self.OWN), (EURO, self.OWN), (YEN, replace(self.OWN, cost=None))]
        self.assertEqual(totals(sold), "6.0 kWh, 5.00 EUR, 0 CHF, 0 JPY")


class Fleets(TestCase):
    def test_the_books_have_all_that_the_meters_counted(self) -> None:
        for version in VERSIONS:
            drive = Drive(model(version, habits=EAGER, books=True))
            if version == "2.1":
                for rates in (EURO,):
                    self.assertEqual(
                        drive.station.tariffs.set_default(0, rates.tariff, drive.station.clock(0.0)), "Accepted"
                    )
            before = sum(outlet.register_wh for outlet in drive.station.outlets)
            drive.connect().run(4 * HOUR)
            drive.station.shut_down(drive.now)
            drive.run(0)
            sold = list(accounts_of(version, drive.station.books, EURO))
            counted = sum(outlet.register_wh for outlet in drive.station.outlets) - before
            self.assertEqual(sum(each.wh for each in sold), counted)
            self.assertGreater(len([each for each in sold if each.cost]), 3)
            if version == "2.1":
                self.agree(drive, sold)

    def agree(self, drive: Drive, sold: list[Account]) -> None:
        """What the station has told of each cost is what the books say."""
        told = {
            each["transactionInfo"]["transactionId"]: each.get("costDetails")
            for each in drive.of("TransactionEvent")
            if each["eventType"] == "Ended"
        }
        for own in sold:
            details = told[own.key]
            total = None if details is None else Decimal(str(details["totalCost"]["total"]["inclTax"]))
            self.assertEqual(total, own.cost)
