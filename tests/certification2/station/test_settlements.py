"""A session that was paid for with a bank card is settled in the end, and may cost more meanwhile (C21 to C23)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import Decimal

from django.test import Client

from stations.models import Settlement, Transaction
from stations.ocpp.frames import Payload
from stations.services.tariffs import due
from tests.certification.station.support import ChargePoint
from tests.certification2.station.terminals import FUNDS, REFERENCE, STOPPED, TerminalCase
from tests.waiting import eventually


class SettlementCase(TerminalCase):
    def stop(self, point: ChargePoint, *story: str) -> Payload:
        """Charge something, and stop with the same card; the last event."""
        self.charge_some(point)
        self.tap(point)
        self.assert_story(STOPPED, *story)
        ended: Payload = self.requests("TransactionEvent")[-1]
        return ended

    def cost_of(self, ended: Payload) -> float:
        cost: float = ended["costDetails"]["totalCost"]["total"]["inclTax"]
        self.assertGreater(cost, 0.0)
        return cost

    def assert_kept(self, session: Transaction, told: Payload) -> Settlement:
        """The server has what the station told."""
        row = Settlement.objects.get()
        self.assertEqual((row.psp_reference, row.transaction, row.status), (REFERENCE, session, told["status"]))
        self.assertEqual((row.amount, row.info), (Decimal(str(told["settlementAmount"])), told.get("statusInfo", "")))
        return row


class Settled(SettlementCase):
    def test_tc_c_114_station_settles_receipt_by_the_station(self) -> None:
        with self.terminal(ReceiptByCSMS="false", ReceiptServerUrl="https://receipts.example/") as point:
            self.set_tariff()
            session = self.pay(point)
            cost = self.cost_of(self.stop(point, "NotifySettlement Settled"))
            told = self.settlement("Settled")
            self.assertEqual((told["transactionId"], told["settlementAmount"]), (session.reference, cost))
            self.assertEqual(told["receiptUrl"], f"https://receipts.example/{REFERENCE}")
            row = self.assert_kept(session, told)
            self.assertEqual((row.receipt_id, row.receipt_url), (told["receiptId"], told["receiptUrl"]))
            self.assertEqual(point.model.terminal.provider.captured, {REFERENCE: cost})
            self.assertAlmostEqual(self.bank_card.funds, FUNDS - cost)

    def test_tc_c_115_server_settles(self) -> None:
        with self.terminal() as point:
            self.set_tariff()
            self.set_variable("PaymentCtrlr", "SettlementByCSMS", "true")
            session = self.pay(point)
            cost = self.cost_of(self.stop(point))
            eventually(lambda: Settlement.objects.exists())
            self.assertEqual(self.requests("NotifySettlement"), [])
            row = Settlement.objects.get()
            self.assertEqual((row.status, row.transaction), ("Due", session))
            self.assertEqual(row.amount, Decimal(str(cost)))
            self.assertEqual(point.model.terminal.provider.captured, {}, "that is not the terminal's task")

    def test_tc_c_116_station_settles_receipt_by_the_server(self) -> None:
        with self.terminal() as point:
            self.set_tariff()
            session = self.pay(point)
            self.cost_of(self.stop(point, "NotifySettlement Settled"))
            told = self.settlement("Settled")
            self.assertFalse({"receiptId", "receiptUrl"} & set(told))
            row = self.assert_kept(session, told)
            payments = point.model.payments
            eventually(lambda: REFERENCE in payments.receipts)
            self.assertEqual(payments.receipts, {REFERENCE: row.receipt_id})
            self.assertEqual(payments.receipt_urls, {REFERENCE: row.receipt_url})
            page = Client().get(row.receipt_url.removeprefix(self.server.http))
            self.assertContains(page, row.receipt_id)


class NotSettled(SettlementCase):
    def not_settled(self, point: ChargePoint, status: str, info: str) -> None:
        session = self.transaction()
        cost = self.cost_of(self.stop(point, f"NotifySettlement {status}"))
        told = self.settlement(status)
        self.assertEqual((told["transactionId"], told["settlementAmount"]), (session.reference, cost))
        self.assertIn(info, told["statusInfo"])
        self.assertFalse({"receiptId", "receiptUrl"} & set(told))
        row = self.assert_kept(session, told)
        self.assertEqual((row.receipt_id, row.receipt_url), ("", ""))
        self.assertIn(row.status, due.OPEN, "the operator may ask the provider again")

    def test_tc_c_119_failed(self) -> None:
        with self.terminal() as point:
            self.set_tariff()
            self.pay(point)
            point.model.terminal.provider.reachable = False
            self.not_settled(point, "Failed", "cannot be reached")

    def test_tc_c_120_rejected(self) -> None:
        with self.terminal() as point:
            self.set_tariff()
            self.pay(point)
            self.bank_card.blocked = True
            self.not_settled(point, "Rejected", "declined")


class Increases(SettlementCase):
    def holding(self, step: str) -> AbstractContextManager[ChargePoint]:
        """Little is held on the card, and so much more if need be."""
        return self.terminal(
            AuthorizationAmount="3", IncrementalAuthorizationThreshold="1", IncrementalAuthorizationAmount=step
        )

    def test_tc_c_121_more_is_held(self) -> None:
        with self.holding("50") as point:
            self.set_tariff()
            session = self.pay(point)
            self.assertEqual(session.limits, {"maxCost": 3.0})
            held = point.model.terminal.provider.held
            eventually(lambda: point.meter() > 0 and held(REFERENCE) > 3.0)
            self.assert_story("Updated LimitSet")
            event = self.requests("TransactionEvent")[-1]
            self.assertEqual(event["transactionInfo"]["transactionLimit"], {"maxCost": 53.0})
            eventually(lambda: self.transaction().limits == {"maxCost": 53.0})
            self.assertTrue(point.charging)
            self.assertEqual(self.bank_card.funds, FUNDS - 53.0)

    def test_tc_c_122_no_more_can_be_held(self) -> None:
        with self.holding("0") as point:
            self.set_tariff()
            session = self.pay(point)
            eventually(lambda: point.meter() > 0 and not point.model.outlet(1).running)
            self.assert_story("Ended CostLimitReached LocalOutOfCredit", "NotifySettlement Settled")
            self.assertEqual(self.settlement("Settled")["settlementAmount"], 3.0)
            self.assert_kept(session, self.settlement("Settled"))
            self.assert_ended("LocalOutOfCredit")
