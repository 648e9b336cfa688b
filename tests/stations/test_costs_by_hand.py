"""What transactions cost, counted by hand to the cent (OCPP 2.1 block I)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import TestCase
from zoneinfo import ZoneInfo

from stations.ocpp import schemas
from stations.ocpp.tariffs.calculator import Agreed, CannotCalculate, Cost, calculate
from stations.ocpp.tariffs.details import cost_details, failure, told_total
from stations.ocpp.tariffs.limits import CostType
from stations.ocpp.tariffs.money import Tax, factor, rounded
from stations.ocpp.tariffs.tariff import Kind, read_tariff
from stations.ocpp.tariffs.usage import Sample, Segment, Usage, segments_of
from tests.stations.tariffs import BEGIN, VAT, Journey, energy, fixed, minutes, tariff

BERLIN = ZoneInfo("Europe/Berlin")


class CostCase(TestCase):
    def assert_kinds(self, cost: Cost, **amounts: str) -> None:
        """Amounts without tax, by kind."""
        self.assertEqual({kind.value: str(money.excl) for kind, money in cost.kinds.items()}, amounts)


class Prices(CostCase):
    def test_energy(self) -> None:
        cost = Journey().charge(60, 12.345).cost(tariff(**energy(0.4)))
        self.assert_kinds(cost, energy="4.94")  # 4.938
        self.assertEqual(cost.total, (Decimal("4.94"), Decimal("4.94")))

    def test_charging_and_idle_time(self) -> None:
        body = tariff(**minutes("chargingTime", 0.05), **minutes("idleTime", 0.1))
        cost = Journey().idle(10).charge(90, 10).idle(30).cost(body)
        self.assert_kinds(cost, chargingTime="4.50", idleTime="4.00")
        self.assertEqual((cost.charging, cost.idle), (timedelta(minutes=90), timedelta(minutes=40)))

    def test_a_fee_is_charged_once(self) -> None:
        self.assert_kinds(Journey().charge(10, 1).charge(10, 1).cost(tariff(**fixed("fixedFee", 1.5))), fixedFee="1.50")

    def test_a_transaction_without_any_use(self) -> None:
        body = tariff(**energy(0.4), **fixed("fixedFee", 1.5), **minutes("idleTime", 1))
        self.assert_kinds(Journey().cost(body), energy="0.00", idleTime="0.00", fixedFee="1.50")

    def test_a_reservation_costs_its_time_and_its_fee(self) -> None:
        body = tariff(**minutes("reservationTime", 0.02), **fixed("reservationFixed", 2))
        usage = Journey().charge(10, 1).usage(reserved_from=BEGIN - timedelta(minutes=45))
        cost = calculate([Agreed(BEGIN, read_tariff(body))], usage)
        self.assert_kinds(cost, reservationTime="0.90", reservationFixed="2.00")
        self.assertEqual(cost.reserved, timedelta(minutes=45))

    def test_who_has_not_reserved_pays_nothing_for_it(self) -> None:
        body = tariff(**minutes("reservationTime", 0.02), **fixed("reservationFixed", 2))
        self.assert_kinds(Journey().charge(10, 1).cost(body), reservationTime="0.00", reservationFixed="0.00")

    def test_discharging_is_paid_for(self) -> None:
        """Negative ranges are about power towards the grid."""
        body = tariff(**energy((0.3, {"minPower": -1}), 0.5))
        back = Segment(BEGIN, BEGIN + timedelta(hours=1), Decimal(-4000), Decimal(-4000), charging=True)
        cost = calculate([Agreed(BEGIN, read_tariff(body))], Usage(BEGIN, (back,)))
        self.assert_kinds(cost, energy="-1.20")


class Times(CostCase):
    NIGHT = tariff(**energy((0.3, {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}), 0.5))

    def test_a_price_of_the_night_by_the_local_clock(self) -> None:
        """From 21:00 to 23:00 in Berlin, 10 kWh an hour: one for 0.50, one for 0.30."""
        journey = Journey(datetime(2026, 6, 22, 19, tzinfo=UTC)).charge(120, 20)
        self.assert_kinds(journey.cost(self.NIGHT, zone=BERLIN), energy="8.00")
        self.assert_kinds(journey.cost(self.NIGHT), energy="10.00")  # in UTC it is not night yet

    def test_the_hour_that_comes_twice_is_charged_twice(self) -> None:
        """On 25 October 2026 the night from 22:00 to 06:00 has nine hours."""
        body = tariff(**minutes("chargingTime", (0.01, {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"})))
        journey = Journey(datetime(2026, 10, 24, 12, tzinfo=UTC)).charge(24 * 60, 24)
        self.assert_kinds(journey.cost(body, zone=BERLIN), chargingTime="5.40")

    def test_the_hour_that_is_left_out_is_not_charged(self) -> None:
        """On 29 March 2026 it has seven; and what is from 02:30 to 03:30 has half an hour."""
        body = tariff(**minutes("chargingTime", (0.01, {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"})))
        journey = Journey(datetime(2026, 3, 28, 12, tzinfo=UTC)).charge(24 * 60, 24)
        self.assert_kinds(journey.cost(body, zone=BERLIN), chargingTime="4.20")
        body = tariff(**minutes("chargingTime", (0.1, {"startTimeOfDay": "02:30", "endTimeOfDay": "03:30"})))
        self.assert_kinds(journey.cost(body, zone=BERLIN), chargingTime="3.00")

    def test_the_end_of_the_day(self) -> None:
        body = tariff(**minutes("chargingTime", (0.1, {"startTimeOfDay": "23:00", "endTimeOfDay": "00:00"})))
        journey = Journey(BEGIN.replace(hour=22)).charge(180, 1)
        self.assert_kinds(journey.cost(body), chargingTime="6.00")

    def test_weekdays(self) -> None:
        """From Saturday 12:00 for three days: Sunday is free."""
        body = tariff(**minutes("chargingTime", (0, {"dayOfWeek": ["Sunday"]}), 0.01))
        journey = Journey(datetime(2026, 6, 20, 12, tzinfo=UTC)).charge(3 * 24 * 60, 10)
        self.assert_kinds(journey.cost(body), chargingTime="28.80")

    def test_dates(self) -> None:
        """The 23rd alone: the first day counts, the last one does not."""
        body = tariff(**energy((1, {"validFromDate": "2026-06-23", "validToDate": "2026-06-24"})))
        self.assert_kinds(Journey().charge(3 * 24 * 60, 72).cost(body), energy="24.00")


class Ranges(CostCase):
    def test_energy_in_steps(self) -> None:
        body = tariff(**energy((0.5, {"maxEnergy": 10000}), (0.3, {"minEnergy": 10000, "maxEnergy": 20000}), 0.1))
        self.assert_kinds(Journey().charge(60, 25).cost(body), energy="8.50")
        self.assert_kinds(Journey().charge(0, 25).cost(body), energy="8.50")  # a register that jumps

    def test_power(self) -> None:
        body = tariff(**energy((0.8, {"minPower": 50000}), 0.5))
        self.assert_kinds(Journey().charge(30, 25).charge(30, 10).cost(body), energy="25.00")

    def test_current(self) -> None:
        body = tariff(**minutes("chargingTime", (0.2, {"minCurrent": 32, "maxCurrent": 64}), 0.1))
        journey = Journey().charge(10, 1, amperes=31.9).charge(10, 1, amperes=32).charge(10, 1, amperes=64)
        self.assert_kinds(journey.cost(body), chargingTime="4.00")

    def test_the_time_of_the_transaction(self) -> None:
        """The first half hour is free."""
        body = tariff(**minutes("chargingTime", (0.1, {"minTime": 1800})))
        self.assert_kinds(Journey().idle(10).charge(60, 10).cost(body), chargingTime="4.00")

    def test_the_time_of_charging(self) -> None:
        body = tariff(**minutes("chargingTime", (0, {"maxChargingTime": 1800}), 0.1))
        self.assert_kinds(Journey().idle(10).charge(20, 10).idle(10).charge(60, 10).cost(body), chargingTime="5.00")

    def test_idle_time_after_a_grace(self) -> None:
        body = tariff(**minutes("idleTime", (0.5, {"minIdleTime": 900})))
        self.assert_kinds(Journey().idle(10).charge(60, 10).idle(10).cost(body), idleTime="2.50")

    def test_two_limits_in_the_same_microsecond(self) -> None:
        """Half of 7 Wh after five of ten seconds, and a little less in the microsecond before: nothing flows back."""
        body = tariff(**energy((1000, {"minEnergy": 3.4999998})), **minutes("chargingTime", (60, {"minTime": 5})))
        segment = Segment(BEGIN, BEGIN + timedelta(seconds=10), Decimal(7), Decimal(2520), charging=True)
        cost = calculate([Agreed(BEGIN, read_tariff(body))], Usage(BEGIN, (segment,)))
        self.assert_kinds(cost, energy="3.50", chargingTime="5.00")
        self.assertEqual(sum(each.energy_wh for each in cost.periods), 7)

    def test_all_conditions_hold_at_once(self) -> None:
        night = {"startTimeOfDay": "18:00", "endTimeOfDay": "06:00", "minIdleTime": 3600}
        body = tariff(**minutes("idleTime", (0.1, night)))
        # Idle from 16:00 to 20:00: more than an hour since 17:00, and evening since 18:00.
        self.assert_kinds(Journey(BEGIN.replace(hour=15)).charge(60, 10).idle(240).cost(body), idleTime="12.00")


class Places(CostCase):
    def test_the_kind_of_the_evse(self) -> None:
        body = tariff(**energy((0.7, {"evseKind": "DC"}), (0.5, {"evseKind": "AC"})))
        journey = Journey().charge(60, 10)
        for kind, amount in (("DC", "7.00"), ("AC", "5.00"), ("", "0.00")):
            self.assert_kinds(journey.cost(body, evse_kind=kind), energy=amount)

    def test_a_surcharge_for_a_payment_brand(self) -> None:
        body = tariff(**fixed("fixedFee", (2, {"paymentBrand": "GOLD", "paymentRecognition": "CC"}), 1))
        journey = Journey().charge(60, 10)
        self.assert_kinds(journey.cost(body, payment_brand="GOLD", payment_recognition="CC"), fixedFee="2.00")
        self.assert_kinds(journey.cost(body, payment_brand="GOLD"), fixedFee="1.00")

    def test_a_fee_is_that_of_the_begin(self) -> None:
        body = tariff(**fixed("fixedFee", (3, {"startTimeOfDay": "13:00", "endTimeOfDay": "14:00"}), 1))
        self.assert_kinds(Journey().charge(90, 10).cost(body), fixedFee="1.00")


class Taxes(CostCase):
    def test_each_kind_has_its_own(self) -> None:
        body = tariff(**energy(0.5, **VAT), **minutes("idleTime", 0.1))
        cost = Journey().charge(60, 10).idle(10).cost(body)
        self.assertEqual(cost.kinds[Kind.ENERGY], (Decimal("5.00"), Decimal("5.95")))
        self.assertEqual(cost.total, (Decimal("6.00"), Decimal("6.95")))

    def test_taxes_upon_taxes(self) -> None:
        """2 % and 3 % on the net price, 10 % on top of that: 100 × 1.05 × 1.10."""
        rates = [{"type": "State", "tax": 2}, {"type": "City", "tax": 3}, {"type": "Federal", "tax": 10, "stack": 1}]
        cost = Journey().charge(60, 100).cost(tariff(**energy(1, taxRates=rates)))
        self.assertEqual(cost.total, (Decimal("100.00"), Decimal("115.50")))
        self.assertEqual(factor([Tax("a", Decimal(5)), Tax("b", Decimal(10), 1)]), Decimal("1.155"))

    def test_only_the_sum_of_a_kind_is_rounded(self) -> None:
        """Three times 0.004 are 0.012, not three times nothing."""
        journey = Journey().charge(10, 0.01).idle(1).charge(10, 0.01).idle(1).charge(10, 0.01)
        self.assert_kinds(journey.cost(tariff(**energy(0.4))), energy="0.01")

    def test_coins_of_other_currencies(self) -> None:
        self.assertEqual(rounded(Decimal("10.5"), "JPY"), Decimal(11))
        self.assertEqual(rounded(Decimal("1.2345"), "KWD"), Decimal("1.235"))
        self.assertEqual(rounded(Decimal("-0.005"), "EUR"), Decimal("-0.01"))


class Limits(CostCase):
    def test_no_less_than_the_least(self) -> None:
        body = tariff(**energy(0.5, **VAT), minCost={"exclTax": 10, **VAT}, maxCost={"inclTax": 20, **VAT})
        cost = Journey().charge(60, 4).cost(body)
        self.assertEqual((cost.type, cost.total), (CostType.MIN, (Decimal("10.00"), Decimal("11.90"))))
        self.assert_kinds(cost, energy="2.00")

    def test_no_more_than_the_most(self) -> None:
        body = tariff(**energy(0.5, **VAT), minCost={"exclTax": 10, **VAT}, maxCost={"inclTax": 20, **VAT})
        cost = Journey().charge(60, 100).cost(body)
        self.assertEqual((cost.type, cost.total), (CostType.MAX, (Decimal("16.81"), Decimal("20.00"))))

    def test_in_between(self) -> None:
        body = tariff(**energy(0.5, **VAT), minCost={"exclTax": 1, "inclTax": 2}, maxCost={"exclTax": 20})
        cost = Journey().charge(60, 10).cost(body)
        self.assertEqual((cost.type, cost.total), (CostType.NORMAL, (Decimal("5.00"), Decimal("5.95"))))


class Changes(CostCase):
    def test_another_tariff_from_the_middle_on(self) -> None:
        """The fee is that of the first one, the least that of the last one."""
        first = read_tariff(tariff(**energy(0.5), **fixed("fixedFee", 1), minCost={"exclTax": 100}))
        second = read_tariff(tariff(**energy(0.3, **VAT), **fixed("fixedFee", 7), **minutes("idleTime", 1)))
        usage = Journey().charge(60, 10).usage()
        cost = calculate([Agreed(BEGIN, first), Agreed(BEGIN + timedelta(minutes=30), second)], usage)
        self.assert_kinds(cost, energy="4.00", fixedFee="1.00", idleTime="0.00")
        self.assertEqual(cost.kinds[Kind.ENERGY].incl, Decimal("4.29"))  # 2.50 + 1.50 × 1.19 = 4.285
        self.assertEqual(len(cost.periods), 2)

    def test_a_kind_that_only_the_first_one_prices(self) -> None:
        first, second = read_tariff(tariff(**energy(0.5))), read_tariff(tariff(**minutes("idleTime", 1)))
        usage = Journey().charge(60, 10).usage()
        cost = calculate([Agreed(BEGIN, first), Agreed(BEGIN + timedelta(minutes=30), second)], usage)
        self.assert_kinds(cost, energy="2.50", idleTime="0.00")

    def test_currencies_do_not_mix(self) -> None:
        dollars = tariff(**energy(0.5)) | {"currency": "USD"}
        agreed = [Agreed(BEGIN, read_tariff(tariff(**energy(0.5)))), Agreed(BEGIN, read_tariff(dollars))]
        with self.assertRaisesRegex(CannotCalculate, "currencies"):
            calculate(agreed, Journey().usage())

    def test_more_than_there_is_money(self) -> None:
        with self.assertRaisesRegex(CannotCalculate, "a meter is wrong"):
            Journey().charge(60, 1e12).cost(tariff(**energy(1)))

    def test_longer_than_a_year(self) -> None:
        with self.assertRaisesRegex(CannotCalculate, "wrong clock"):
            Journey().charge(60 * 24 * 401, 1).cost(tariff(**energy(0.5)))


class Details(CostCase):
    def check(self, details: dict[str, object]) -> None:
        """It fits where it is sent."""
        event = {
            "eventType": "Ended",
            "timestamp": "2026-06-22T12:00:00Z",
            "triggerReason": "StopAuthorized",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "1"},
            "costDetails": details,
        }
        self.assertEqual(schemas.request_problems("2.1", "TransactionEvent", event), [])

    def test_periods_with_what_was_used_in_each(self) -> None:
        body = tariff(**energy((0.5, {"maxEnergy": 5000}), 0.3), **fixed("fixedFee", 1))
        journey = Journey().charge(60, 10, amperes=16).idle(30)
        usage = journey.usage(reserved_from=BEGIN - timedelta(minutes=1))
        details = cost_details(calculate([Agreed(BEGIN, read_tariff(body))], usage))
        self.check(details)
        self.assertEqual(
            details["totalUsage"],
            {"energy": 10000.0, "chargingTime": 5400, "idleTime": 1800, "reservationTime": 60},
        )
        self.assertEqual(details["totalCost"]["fixed"], {"exclTax": 1.0, "inclTax": 1.0})
        first, second = details["chargingPeriods"]
        self.assertEqual(first["startPeriod"], "2026-06-22T12:00:00.000Z")
        self.assertEqual(second["startPeriod"], "2026-06-22T12:30:00.000Z")
        volumes = {each["type"]: each["volume"] for each in second["dimensions"]}
        self.assertEqual((volumes["Energy"], volumes["ChargingTime"], volumes["IdleTIme"]), (5000.0, 1800.0, 1800.0))
        self.assertEqual((volumes["MinPower"], volumes["MaxPower"], volumes["MaxCurrent"]), (10000.0, 10000.0, 16.0))

    def test_nothing_used_has_no_periods(self) -> None:
        details = cost_details(Journey().cost(tariff(**energy(0.5))))
        self.check(details)
        self.assertNotIn("chargingPeriods", details)
        self.assertEqual(told_total(details), (Decimal("0.0"), "EUR"))

    def test_a_total_that_cannot_be_meant_is_none(self) -> None:
        told = {"totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"inclTax": 1e300}}}
        self.assertEqual(told_total(told), (None, "EUR"))

    def test_a_failure_has_no_total(self) -> None:
        details = failure("EUR", "No.")
        self.check(details)
        self.assertEqual(told_total(details), (None, "EUR"))


class Readings(TestCase):
    def at(self, minutes: float) -> datetime:
        return BEGIN + timedelta(minutes=minutes)

    def test_between_readings_energy_flows_evenly(self) -> None:
        samples = [Sample(self.at(60), 10_000, 10_000, 16), Sample(self.at(30), 4000.0004), Sample(self.at(45))]
        first, second, rest = segments_of(samples, BEGIN, self.at(90))
        self.assertEqual((first.energy_wh, first.power_w, first.charging), (Decimal(4000), Decimal(8000), True))
        self.assertEqual((second.energy_wh, second.current_a), (Decimal(6000), Decimal(16)))
        self.assertEqual((rest.begin, rest.end, rest.charging), (self.at(60), self.at(90), False))

    def test_a_register_that_goes_back_takes_nothing_away(self) -> None:
        samples = [Sample(self.at(10), 5000), Sample(self.at(20), 10), Sample(self.at(30), 6000)]
        segments = segments_of(samples, BEGIN, self.at(30))
        self.assertEqual([int(each.energy_wh) for each in segments], [5000, 0, 1000])

    def test_the_total_is_what_the_transaction_used(self) -> None:
        samples = [Sample(self.at(10), 5000), Sample(self.at(20), 9000)]
        for total in (7000, 9000, 12_000, 0):
            segments = segments_of(samples, BEGIN, self.at(20), total)
            self.assertEqual(sum(each.energy_wh for each in segments), total)

    def test_power_alone_tells_that_it_charges(self) -> None:
        (segment,) = segments_of([Sample(self.at(10), None, 3700, 16)], BEGIN, self.at(10))
        self.assertEqual((segment.charging, segment.power_w, segment.energy_wh), (True, Decimal(3700), 0))

    def test_a_register_that_stands_still_between_two_powers(self) -> None:
        """Of whole kWh: it charges on. Where the power only just came, or has just gone, it did not."""
        powers = [(0, 0), (10, 0), (20, 3700), (30, 3700), (40, 0)]
        samples = [Sample(self.at(minute), 0, power) for minute, power in powers]
        segments = segments_of(samples, BEGIN, self.at(40))
        self.assertEqual([each.charging for each in segments], [False, False, True, False])

    def test_readings_from_elsewhere_are_moved_to_the_ends(self) -> None:
        samples = [Sample(self.at(-5), 100), Sample(self.at(-4), 100), Sample(self.at(25), 300)]
        segments = segments_of(samples, BEGIN, self.at(20))
        self.assertEqual((segments[0].begin, segments[-1].end), (BEGIN, self.at(20)))
        self.assertEqual(sum(each.energy_wh for each in segments), 300)

    def test_nothing_at_all(self) -> None:
        self.assertEqual(segments_of([], BEGIN, BEGIN), ())
        self.assertEqual(Usage(BEGIN).end, BEGIN)
