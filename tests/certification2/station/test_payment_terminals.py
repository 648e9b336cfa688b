"""A bank card at the terminal of a station starts a session, or takes back what it began (2.1 use cases C18 to C20)."""

from __future__ import annotations

from django.test import override_settings

from stations.models import IdToken, Settlement, Transaction
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import BOOTED, CHARGED, STARTED
from tests.certification2.station.terminals import FUNDS, REFERENCE, STOPPED, TOKEN, TerminalCase
from tests.certification2.station.vat import COMPANY


class Authorization(TerminalCase):
    def test_tc_c_105_server_refuses(self) -> None:
        IdToken.objects.create(value=REFERENCE, type="DirectPayment", status=IdToken.Status.BLOCKED)
        with self.terminal() as point:
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            self.tap(point)
            self.assert_story("Authorize")
            self.assert_released()
            self.assertFalse(point.charging)
            self.assertEqual(self.requests("Authorize")[-1]["idToken"], TOKEN)
            self.assertEqual(self.requests("NotifySettlement"), [], "the server does not know of any payment")

    def assert_paid(self, session: Transaction) -> None:
        """The session is that of the payment, and ends when the amount is used up."""
        event = self.event_with_token()
        self.assertEqual(event["idToken"], TOKEN)
        self.assertEqual(event["transactionInfo"]["transactionLimit"], {"maxCost": 50.0})
        assert session.id_token is not None
        self.assertEqual((session.id_token.value, session.id_token.type), (REFERENCE, "DirectPayment"))
        self.assertEqual((session.limits, self.bank_card.funds), ({"maxCost": 50.0}, FUNDS - 50.0))

    def test_tc_c_106_terminal_alone(self) -> None:
        with self.terminal(AuthorizeDirectPayment="false") as point:
            self.assert_paid(self.pay(point, *STARTED))
            self.assertTrue(point.charging)

    def test_tc_c_107_terminal_and_server(self) -> None:
        with self.terminal() as point:
            self.assert_paid(self.pay(point))
            self.assertEqual(self.requests("Authorize")[-1]["idToken"], TOKEN)
            self.assertTrue(point.charging)

    def type_vat_number(self, point: ChargePoint, number: str) -> None:
        point.do(lambda model, now: model.payments.type_vat_number(number, 1, now))
        self.assert_story("VatNumberValidation")

    @override_settings(VAT_NUMBER_CHECK="tests.certification2.station.vat.check")
    def test_tc_c_108_vat_number(self) -> None:
        with self.terminal() as point:
            self.set_tariff()
            self.pay(point)
            for number in ("DE136695977", "DE136695976"):
                self.type_vat_number(point, number)
            self.assertEqual(point.model.payments.vat_numbers, {"DE136695977": "Rejected", "DE136695976": "Accepted"})
            self.charge_some(point)
            self.tap(point)
            self.assert_story(STOPPED, "NotifySettlement Settled")
            told = self.settlement("Settled")
            self.assertEqual((told["vatNumber"], told["vatCompany"]), ("DE136695976", COMPANY))
            row = Settlement.objects.get()
            self.assertEqual((row.vat_number, row.company), ("DE136695976", COMPANY))


class Cancellation(TerminalCase):
    CANCELLED = "NotifySettlement Canceled"

    def cancelled(self, transaction: str | None = None) -> None:
        """The server knows of the payment, and hears that nothing comes of it."""
        told = self.settlement("Canceled")
        self.assertEqual((told["settlementAmount"], told.get("transactionId")), (0.0, transaction))
        self.assertFalse({"receiptId", "receiptUrl"} & set(told))
        row = Settlement.objects.get()
        self.assertEqual((row.status, row.amount, row.receipt_id), ("Canceled", 0, ""))
        self.assert_released()

    def test_tc_c_109_terminal_alone_never_plugged_in(self) -> None:
        with self.terminal(AuthorizeDirectPayment="false", configured={"ConnectionTimeOut": "3"}) as point:
            self.tap(point)
            self.assert_story("1 Occupied", BOOTED[1])
            self.assert_released()
            self.assertEqual(self.requests("NotifySettlement"), [])

    def test_tc_c_110_cancelled_by_the_driver(self) -> None:
        with self.terminal() as point:
            self.tap(point)
            self.assert_story("Authorize", "1 Occupied")
            self.tap(point)
            self.assert_story(BOOTED[1], self.CANCELLED)
            self.cancelled()

    def test_tc_c_111_terminal_alone_cancelled_by_the_driver(self) -> None:
        with self.terminal(AuthorizeDirectPayment="false") as point:
            self.tap(point)
            self.assert_story("1 Occupied")
            self.tap(point)
            self.assert_story(BOOTED[1])
            self.assert_released()
            self.assertEqual(self.requests("NotifySettlement"), [])

    def test_tc_c_112_never_plugged_in(self) -> None:
        with self.terminal(configured={"ConnectionTimeOut": "3"}) as point:
            self.tap(point)
            self.assert_story("Authorize", "1 Occupied", BOOTED[1], self.CANCELLED)
            self.cancelled()

    def test_tc_c_113_cancelled_after_the_start(self) -> None:
        with self.terminal(start_point="Authorized") as point:
            self.set_tariff()
            self.tap(point)
            self.assert_story("Authorize", "Started Authorized", "1 Occupied")
            self.tap(point)
            self.assert_story(STOPPED, BOOTED[1], self.CANCELLED)
            details = self.requests("TransactionEvent")[-1]["costDetails"]
            self.assertEqual(details["totalCost"]["total"]["inclTax"], 0.0)
            session = self.assert_ended("Local")
            self.cancelled(session.reference)
            self.assertEqual(Settlement.objects.get().transaction, session)
