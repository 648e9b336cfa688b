"""The REST API of payments: prepaid tokens, what is paid elsewhere, codes at stations, what is due."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from smartserver.core import clock
from stations.models import Command, IdToken, Settlement, WebPaymentCode
from stations.ocpp.web_payments import Scanned, written
from stations.services.tariffs.web_payments import recipe_of
from tests.api.support import ApiCase
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON

TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"


class PaymentCase(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1", ocpp_version="2.1")

    def do(self, what: str, body: Any = None, expect: int = 200) -> Any:
        return self.ask("post", what, body, by=self.operator, expect=expect)

    def see(self, what: str) -> Any:
        return self.ask("get", what, by=self.viewer)


class Prepaid(PaymentCase):
    def test_a_token_has_credit(self) -> None:
        key = self.do("id-tokens", {"value": "A", "credit": 20}, 201)["id"]
        TransactionFactory.create(station=self.station, id_token_id=key, cost=Decimal("7.25"))
        seen = self.see(f"id-tokens/{key}")
        self.assertEqual((seen["credit"], seen["credit_left"]), (20.0, 12.75))
        self.ask("patch", f"id-tokens/{key}", {"credit": None}, by=self.operator)
        self.assertIsNone(self.see(f"id-tokens/{key}")["credit_left"])
        self.do("id-tokens", {"value": "B", "credit": -1}, 400)


class Elsewhere(PaymentCase):
    def test_what_was_paid_for_starts(self) -> None:
        card = [{"additionalIdToken": "1234", "type": "CardLast4Digits"}]
        body = {"evse": 1, "psp_reference": "psp", "limits": {"maxCost": 30}, "details": card}
        command = self.do("stations/CP1/payments", body, 201)
        self.assertEqual(command["action"], "RequestStartTransaction")
        token = {"idToken": "psp", "type": "DirectPayment", "additionalInfo": card}
        self.assertEqual(command["payload"]["idToken"], token)
        row = IdToken.objects.get()
        self.assertEqual((row.limits, row.holder), ({"maxCost": 30.0}, "1234"))
        self.do("stations/CP1/payments", {"evse": 1, "psp_reference": "psp2"}, 201)

    def test_what_is_due_is_settled(self) -> None:
        row = Settlement.objects.create(
            station=self.station, psp_reference="psp", status="Due", amount=5, received_at=NOON
        )
        seen = self.do(f"settlements/{row.pk}/settle", {"status": "Settled", "amount": 4.5})
        self.assertEqual((seen["status"], seen["amount"]), ("Settled", 4.5))
        self.assertIn("/receipts/", seen["receipt_url"])
        self.do(f"settlements/{row.pk}/settle", {"status": "Settled"}, 409)
        self.do(f"settlements/{row.pk}/settle", {"status": "Due"}, 400)


class Codes(PaymentCase):
    def test_a_code_is_sent_scanned_and_withdrawn(self) -> None:
        self.ask("get", "stations/CP1/web-payment-code", by=self.viewer, expect=404)
        command = self.do("stations/CP1/web-payment-code", {"url_template": TEMPLATE}, 201)
        row = WebPaymentCode.objects.get()
        self.assertNotIn(recipe_of(row).secret, str(command))
        self.assertEqual((row.validity_seconds, row.length), (30, 8))
        self.assertIsNone(self.see("stations/CP1/web-payment-code")["confirmed_at"])
        WebPaymentCode.objects.update(confirmed_at=NOON)
        password = recipe_of(row).password(clock.now())
        url = written(TEMPLATE, Scanned("CP1", 2, password, "v1", {"maxTime": 600}))
        found = self.do("web-payments/scan", {"url": url})
        self.assertEqual(found, {"station": "CP1", "evse": 2, "limits": {"maxTime": 600}})
        asked = Command.objects.get(action="NotifyWebPaymentStarted")
        self.assertEqual(asked.payload, {"evseId": 2, "timeout": 300})
        self.do("web-payments/scan", {"url": url.replace(password, "x" * 8)}, 403)
        self.do("web-payments/scan", {"url": "https://pay.example/"}, 400)
        self.do("stations/CP1/web-payment-code/withdraw", None, 201)
        self.do("web-payments/scan", {"url": url}, 400)
