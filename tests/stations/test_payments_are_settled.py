"""Settlements, web payments and VAT numbers (2.1 use cases C22 to C25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings

from stations.models import Settlement, WebPayment
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.tariffs import payments, vat_numbers
from stations.services.tariffs.vat_numbers import Verdict
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON, call
from tests.units import run

HERE = __name__
NOT_CALLABLE = 1


def look_up(number: str) -> Verdict:
    """A check of somebody's own, which knows a company."""
    return Verdict(True, company={"name": number, "address1": "a", "city": "c", "country": "DE"})


def fail(number: str) -> Verdict:
    raise RuntimeError("on purpose")


class PaymentCase(TestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()

    def tell(self, action: str, **payload: Any) -> Payload:
        answer: Payload = run(call(self.station, action, payload, version="2.1"))[0]
        return answer


class Settlements(PaymentCase):
    def settle(self, minutes: float = 0, **more: Any) -> Payload:
        settled = {
            "pspRef": "p",
            "status": "Settled",
            "settlementAmount": 5.5,
            "settlementTime": written(NOON + timedelta(minutes=minutes)),
        }
        return self.tell("NotifySettlement", **(settled | more))

    @property
    def row(self) -> Settlement:
        return Settlement.objects.get()

    def test_a_payment_is_kept_once(self) -> None:
        first = self.settle()
        self.assertEqual(self.settle(), first)
        self.assertEqual(first, {"receiptId": f"2026-{self.row.pk:08d}", "receiptUrl": self.row.receipt_url})

    def test_what_is_told_later_counts_and_the_receipt_stays(self) -> None:
        self.assertEqual(self.settle(status="Failed", statusInfo="declined"), {}, "no receipt (C22)")
        first = self.settle(1)
        self.assertEqual(first["receiptId"], self.row.receipt_id)
        self.assertEqual((self.row.status, self.row.info), ("Settled", ""))
        self.assertEqual(self.settle(-1, status="Canceled"), first)
        self.assertEqual(self.row.status, "Settled")

    def test_the_receipt_of_the_station_is_its_receipt(self) -> None:
        answer = self.settle(receiptId="R1", receiptUrl="https://example.org/r1")
        self.assertEqual(answer, {"receiptId": "R1", "receiptUrl": "https://example.org/r1"})

    def test_more_than_there_is_money_is_refused(self) -> None:
        with self.assertRaises(CallError):
            self.settle(settlementAmount=1e12)

    def test_payments_of_two_stations_are_two(self) -> None:
        self.settle()
        self.station = StationFactory.create()
        self.settle()
        self.assertEqual(Settlement.objects.count(), 2)

    def test_the_session_that_was_paid_for(self) -> None:
        TransactionFactory.create(reference="tx")  # of another station
        self.settle(transactionId="tx")
        self.assertIsNone(self.row.transaction)
        mine = TransactionFactory.create(station=self.station, reference="tx")
        self.settle(1, transactionId="tx")
        self.assertEqual(self.row.transaction, mine)


class WebPayments(AskedCase):
    version = "2.1"

    def test_the_newest_one_of_an_evse_is_kept(self) -> None:
        for evse, timeout in ((1, 60), (2, 60), (1, 90)):
            self.settle("NotifyWebPaymentStarted", {"evseId": evse, "timeout": timeout}, {})
        self.assertEqual(WebPayment.objects.count(), 2)
        self.assertEqual(WebPayment.objects.get(evse=1).ends_at, NOON + timedelta(seconds=90))


class VatNumbers(PaymentCase):
    def judge(self, number: str = "X1") -> Payload:
        return self.tell("VatNumberValidation", vatNumber=number)

    def test_a_check_of_ones_own(self) -> None:
        with override_settings(VAT_NUMBER_CHECK=f"{HERE}.look_up"):
            answer = self.judge()
        self.assertEqual((answer["status"], answer["company"]["name"]), ("Accepted", "X1"))

    def test_one_that_fails_accepts_nothing(self) -> None:
        with override_settings(VAT_NUMBER_CHECK=f"{HERE}.fail"), self.assertLogs(payments.__name__, "ERROR"):
            answer = self.judge()
        self.assertEqual((answer["status"], answer["statusInfo"]), ("Rejected", {"reasonCode": "InternalError"}))

    def test_one_that_there_is_not_stops_the_start(self) -> None:
        self.assertEqual(payments.check_vat_check(), [])
        for name in ("nothing", "NOT_CALLABLE"):
            with override_settings(VAT_NUMBER_CHECK=f"{HERE}.{name}"):
                self.assertEqual([each.id for each in payments.check_vat_check()], ["smartserver.E022"])

    def test_numbers_that_there_are(self) -> None:
        for number in GOOD.split():
            with self.subTest(number):
                self.assertEqual(vat_numbers.check(number), Verdict(True))

    def test_a_wrong_digit_is_noticed(self) -> None:
        """Wherever check digits are known, each other last digit is wrong."""
        for number in CHECKED.split():
            place = max(index for index, each in enumerate(number.removesuffix("B01")) if each.isdigit())
            if number.startswith("SE"):
                place -= 2
            for digit in "0123456789":
                changed = f"{number[:place]}{digit}{number[place + 1 :]}"
                with self.subTest(changed):
                    self.assertEqual(vat_numbers.check(changed).valid, changed == number)

    def test_why_not(self) -> None:
        for number, reason in (
            ("", "UnknownCountry"),
            ("ZZ123", "UnknownCountry"),
            ("DE12", "InvalidFormat"),
            ("DE136695977", "InvalidCheckDigit"),
            ("FR40404833048", "InvalidCheckDigit"),
            ("SI00000000", "InvalidFormat"),
            ("ESB58378432", "InvalidCheckDigit"),
        ):
            self.assertEqual(vat_numbers.check(number), Verdict(False, reason))

    def test_blanks_and_hyphens_do_not_count(self) -> None:
        self.assertTrue(vat_numbers.check("de 136.695-976").valid)


GOOD = """
ATU13585627 BE0403170701 BE0428759497 BG175074752 BG7523169263 CY10259033P CZ25123891 CZ7103192745 DE136695976
DK13585628 EE100931558 EL094259216 ESB58378431 ES54362315K ESX2482300W ESK0867756N FI20774740 FR40303265045
FR83404833048 FRK7399859412 HR33392005961 HU12892312 IE6433435F IE6433435OA IE8D79739I IT00743110157 LT119511515
LT100001919017 LU15027442 LV40003521600 LV16117519997 MT11679112 NL004495445B01 NL123456789B13 PL8567346215
PT501964843 RO18547290 SE123456789701 SI50223054 SK2022749619
"""

CHECKED = """
ATU13585627 BE0403170701 BG175074752 CZ25123891 DE136695976 DK13585628 EE100931558 EL094259216 ESB58378431 FI20774740
HR33392005961 HU12892312 IT00743110157 LT119511515 LU15027442 LV40003521600 MT11679112 NL004495445B01 PL8567346215
PT501964843 RO18547290 SE123456789701 SI50223054 SK2022749619
"""
