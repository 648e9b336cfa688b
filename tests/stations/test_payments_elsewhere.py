"""Payments that the server starts and settles: elsewhere, by QR codes, of stations; prepaid tokens (C17 to C25)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import override_settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, Forbidden, InvalidPayload, NotFound
from stations import settlement
from stations.models import Command, IdToken, SessionCost, Settlement, Transaction, Variable, WebPayment, WebPaymentCode
from stations.ocpp.frames import Payload
from stations.ocpp.web_payments import Scanned, written
from stations.services.authorization import prepaid
from stations.services.commands import Requester
from stations.services.sessions import ghosts
from stations.services.tariffs import due, paid, receipts, web_codes, web_payments
from tests.stations.asked import AskedCase
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, call
from tests.units import run

BY = Requester("program")
TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"


class PaymentCase(AskedCase):
    version = "2.1"

    def start(self, reference: str = "psp", evse: int = 1, **limits: float) -> Command:
        found: Command = self.do(
            lambda batch: paid.start_paid(
                batch,
                station_id=self.station.pk,
                evse=evse,
                psp_reference=reference,
                limits=limits,
                details=[],
                by=BY,
            )
        )
        return found

    def tell(self, action: str, **payload: Any) -> Payload:
        answer: Payload = run(call(self.station, action, payload, version=self.version))[0]
        return answer


class PaidElsewhere(PaymentCase):
    def test_the_same_payment_is_the_same_command(self) -> None:
        first = self.start(maxCost=5.0)
        self.assertEqual(self.start(maxCost=5.0), first)
        self.assertEqual((Command.objects.count(), IdToken.objects.count()), (1, 1))

    def test_a_payment_is_good_for_what_it_was_made_for(self) -> None:
        self.start(maxCost=5.0)
        self.refused(Conflict, lambda batch: self.start(maxCost=50.0))
        self.refused(Conflict, lambda batch: self.start(evse=2, maxCost=5.0))
        token = IdToken.objects.get()
        self.assertEqual((token.value, token.type, token.evses, token.max_sessions), ("psp", "DirectPayment", [1], 1))
        self.assertEqual(list(token.stations.all()), [self.station])
        self.assertFalse(token.in_local_list)

    def test_a_payment_that_a_station_has_shown_before_is_entered(self) -> None:
        IdToken.objects.create(value="PSP", type="DirectPayment", status=IdToken.Status.UNKNOWN)
        self.start()
        self.assertEqual(IdToken.objects.get().status, "Accepted")

    def test_nobody_is_awaited_any_more(self) -> None:
        WebPayment.objects.create(station=self.station, evse=1, started_at=NOON, ends_at=NOON + timedelta(minutes=5))
        self.start()
        self.assertLessEqual(WebPayment.objects.get().ends_at, clock.now())

    def test_other_versions_know_no_payments(self) -> None:
        self.station = StationFactory.create(ocpp_version="2.0.1")
        self.refused(Conflict, lambda batch: self.start())

    def test_no_such_station(self) -> None:
        self.refused(
            NotFound,
            lambda batch: paid.start_paid(batch, station_id=0, evse=1, psp_reference="p", limits={}, details=[], by=BY),
        )


class Due(PaymentCase):
    def session(self, **more: Any) -> Transaction:
        token = TokenFactory.create(value="psp", type="DirectPayment")
        values = {"reference": "tx", "active": False, "cost": Decimal("7.5"), "currency": "EUR", "id_token": token}
        found: Transaction = TransactionFactory.create(station=self.station, **values | more)
        return found

    def note(self, session: Transaction) -> None:
        self.do(lambda batch: due.note_end(batch, self.station.identity, session))

    def say_of(self, status: str, **more: Any) -> Settlement:
        key = Settlement.objects.get().pk
        found: Settlement = self.do(lambda batch: due.settle_due(batch, settlement_id=key, status=status, **more))
        return found

    def test_what_the_station_settles_is_not_due(self) -> None:
        session = self.session()
        self.note(session)
        row = Variable(station=self.station, component="PaymentCtrlr", variable="SettlementByCSMS", evse=0)
        row.attribute, row.value, row.reported_at = "Actual", "False", NOON
        row.save()
        self.note(session)
        self.assertFalse(Settlement.objects.exists())
        row.value = "True"
        row.save()
        self.note(session)
        self.assertEqual(Settlement.objects.get().amount, Decimal("7.5"))

    def test_other_sessions_are_not_due(self) -> None:
        card = TokenFactory.create(value="card", type="ISO14443")
        for more in ({"id_token": card}, {"active": True}, {"id_token": None}):
            self.note(self.session(remote_start_number=1, **more))
            IdToken.objects.filter(value="psp").delete()
        self.assertFalse(Settlement.objects.exists())

    def test_what_is_heard_later_counts_until_it_is_settled(self) -> None:
        session = self.session(remote_start_number=1, cost=None)
        self.note(session)
        self.assertEqual(Settlement.objects.get().amount, 0, "nobody knows what it cost")
        SessionCost.objects.create(transaction=session, told_cost=Decimal(9))
        self.note(session)
        self.assertEqual((Settlement.objects.get().amount, Settlement.objects.get().status), (9, "Due"))
        self.say_of("Settled")
        SessionCost.objects.update(told_cost=Decimal(10))
        self.note(session)
        self.assertEqual((Settlement.objects.get().amount, Settlement.objects.get().status), (9, "Settled"))

    def test_a_session_that_is_closed_here_is_due(self) -> None:
        session = self.session(remote_start_number=1, active=True)
        self.do(lambda batch: ghosts.close_transaction(batch, transaction_id=session.pk, by=BY))
        self.assertEqual(Settlement.objects.get().transaction, session)

    def test_a_session_that_another_one_ends_is_due(self) -> None:
        evse = EvseFactory.create(station=self.station)
        self.session(remote_start_number=1, active=True, evse=evse)
        self.do(lambda batch: ghosts.supersede(batch, self.station.identity, evse, NOON))
        self.assertEqual(Settlement.objects.get().amount, Decimal("7.5"))

    def test_a_refused_payment_may_be_tried_again(self) -> None:
        self.note(self.session(remote_start_number=1))
        self.assertEqual(self.say_of("Rejected", info="No.").receipt_url, "")
        done = self.say_of("Settled", amount=Decimal(7))
        self.assertEqual((done.amount, done.info), (7, ""))
        self.assertEqual(receipts.receipt_at(done.receipt_url.rpartition("/")[2]).settlement, done)
        self.refused(Conflict, lambda batch: self.say_of("Canceled"))
        self.refused(NotFound, lambda batch: due.settle_due(batch, settlement_id=0, status="Settled"))


class Receipts(PaymentCase):
    def receipt(self, **more: Any) -> receipts.Receipt:
        values = {"psp_reference": "p", "status": "Settled", "amount": Decimal("1.20"), "received_at": NOON}
        row = Settlement.objects.create(station=self.station, **values | more)
        receipts.issue(row)
        return receipts.receipt_at(row.receipt_url.rpartition("/")[2])

    def test_says_what_is_known(self) -> None:
        found = self.receipt()
        self.assertEqual((found.net, found.tax, found.energy_kwh, found.merchant), (None, None, None, ()))
        self.assertEqual(found.moment, NOON)

    def test_taxes_are_those_of_the_whole_cost(self) -> None:
        total = {"total": {"exclTax": 1.0, "inclTax": 1.2}}
        session = TransactionFactory.create(station=self.station, currency="EUR", energy_wh=2000)
        SessionCost.objects.create(transaction=session, details={"totalCost": total})
        found = self.receipt(transaction=session, settled_at=NOON - timedelta(hours=1))
        self.assertEqual((found.net, found.tax, found.energy_kwh), (Decimal(1), Decimal("0.20"), 2.0))
        self.assertEqual(found.moment, NOON - timedelta(hours=1))
        part = self.receipt(transaction=session, psp_reference="q", amount=Decimal(1))
        self.assertEqual((part.net, part.tax), (None, None))

    def test_merchant_is_who_the_station_says(self) -> None:
        for name, value in (("City", "Town"), ("Name", "Acme"), ("Id", "")):
            Variable.objects.create(
                station=self.station,
                component="PaymentCtrlr",
                variable="Merchant",
                variable_instance=name,
                evse=0,
                attribute="Actual",
                value=value,
                reported_at=NOON,
            )
        self.assertEqual(self.receipt().merchant, ("Acme", "Town"))

    def test_only_what_was_paid_has_one(self) -> None:
        with self.assertRaises(NotFound):
            self.receipt(status="Canceled")
        for code in ("", "1", "1-", "x-1", f"{'9' * 30}-1"):
            with self.subTest(code), self.assertRaises(NotFound):
                receipts.receipt_at(code)


class Codes(PaymentCase):
    def send(self, template: str = TEMPLATE) -> Command:
        found: Command = self.do(
            lambda batch: web_codes.send_code(
                batch, station_id=self.station.pk, url_template=template, validity_seconds=30, length=8, by=BY
            )
        )
        return found

    def confirm(self, status: str = "Accepted") -> None:
        """The station answers."""
        sent = self.take()
        data = sent.payload["setVariableData"]
        results = [{key: each[key] for key in ("component", "variable")} | {"attributeStatus": status} for each in data]
        self.answer_to(sent, {"setVariableResult": results})

    def answer_to(self, sent: Any, payload: Payload) -> None:
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply=payload))

    @property
    def row(self) -> WebPaymentCode:
        return WebPaymentCode.objects.get()

    def url(self, template: str = TEMPLATE, **more: Any) -> str:
        password = web_payments.recipe_of(self.row).password(clock.now())
        return written(template, Scanned(self.station.identity, 1, password, "v1", {})._replace(**more))

    def scan(self, url: str) -> Scanned:
        found: Scanned = self.do(lambda batch: web_codes.scan(batch, url=url, timeout=60, by=BY))[1]
        return found

    def test_a_code_counts_when_the_station_has_taken_it(self) -> None:
        self.send()
        self.refused(BadInput, lambda batch: self.scan(self.url()))
        self.confirm()
        self.assertEqual(self.scan(self.url()).evse, 1)
        self.answer({})
        self.send()  # a new secret
        self.confirm("Rejected")
        self.assertIsNone(self.row.confirmed_at)

    def test_a_secret_is_new_each_time(self) -> None:
        self.send()
        first = web_payments.recipe_of(self.row)
        self.send()
        self.assertNotEqual(web_payments.recipe_of(self.row), first)
        with override_settings(SECRET_KEY="another"):
            self.assertNotEqual(web_payments.recipe_of(self.row).secret, first.secret)

    def test_a_template_has_all_variables(self) -> None:
        error = self.refused(InvalidPayload, lambda batch: self.send("https://pay.example/{evse}/{totp}"))
        self.assertEqual(len(error.details["problems"]), 2)

    def test_templates_differ(self) -> None:
        self.send()
        self.confirm()
        other = "https://other.example/{chargingstationid}/{evse}/{totp}/{version}"
        mine, self.station = self.url(), StationFactory.create(connection=7, ocpp_version="2.1")
        self.send(other)
        self.confirm()
        self.assertEqual(self.scan(mine).evse, 1)
        self.refused(BadInput, lambda batch: self.scan("https://nobody.example/"))

    def test_another_algorithm_is_not_believed(self) -> None:
        self.send()
        self.confirm()
        self.refused(Forbidden, lambda batch: self.scan(self.url(version="v2")))

    def test_a_withdrawn_code_is_worth_nothing(self) -> None:
        self.send()
        self.confirm()
        url = self.url()
        self.do(lambda batch: web_codes.withdraw_code(batch, station_id=self.station.pk, by=BY))
        self.refused(BadInput, lambda batch: self.scan(url))
        self.refused(NotFound, lambda batch: web_codes.withdraw_code(batch, station_id=self.station.pk, by=BY))

    def test_only_21_has_them(self) -> None:
        self.station = StationFactory.create(ocpp_version="1.6")
        self.refused(Conflict, lambda batch: self.send())
        self.station.pk = 0
        self.refused(NotFound, lambda batch: self.send())


class Prepaid(PaymentCase):
    TOKEN = {"idToken": "card", "type": "ISO14443"}

    def setUp(self) -> None:
        super().setUp()
        self.card = TokenFactory.create(value="card", credit=Decimal(10))

    def spend(self, amount: int, **more: Any) -> Transaction:
        found: Transaction = TransactionFactory.create(
            station=self.station, id_token=self.card, cost=Decimal(amount), **more
        )
        return found

    def event(self, number: int, **more: Any) -> Payload:
        begun = {"eventType": "Started" if number == 0 else "Updated", "triggerReason": "Authorized", "seqNo": number}
        info = {"transactionInfo": {"transactionId": "tx"}, "timestamp": "2026-06-21T12:00:00Z"}
        return self.tell("TransactionEvent", **begun, **info, evse={"id": 1}, **more)

    def test_sessions_use_it_up(self) -> None:
        self.spend(4, active=False)
        self.assertEqual(prepaid.left(self.card), 6)
        self.assertEqual(self.event(0, idToken=self.TOKEN)["transactionLimit"], {"maxCost": 6.0})
        self.spend(6)
        self.assertEqual(self.tell("Authorize", idToken=self.TOKEN)["idTokenInfo"]["status"], "NoCredit")
        self.assertEqual(self.event(1)["transactionLimit"], {"maxCost": 0.0})

    def test_its_own_session_does_not_count(self) -> None:
        self.event(0, idToken=self.TOKEN)
        Transaction.objects.update(cost=Decimal(10))
        self.assertEqual(self.event(1, idToken=self.TOKEN)["idTokenInfo"]["status"], "Accepted")

    def test_a_lower_limit_of_the_token_counts(self) -> None:
        self.card.limits = {"maxCost": 3.0, "maxTime": 60}
        self.card.save()
        self.assertEqual(self.event(0, idToken=self.TOKEN)["transactionLimit"], {"maxCost": 3.0, "maxTime": 60})

    def test_it_ends_a_session_without_credit(self) -> None:
        self.event(0, idToken=self.TOKEN)
        self.spend(20)
        done = {"eventType": "Ended", "triggerReason": "StopAuthorized", "seqNo": 1, "idToken": self.TOKEN}
        info = {"transactionInfo": {"transactionId": "tx"}, "timestamp": "2026-06-21T12:00:00Z"}
        self.assertEqual(self.tell("TransactionEvent", **done, **info)["idTokenInfo"]["status"], "Accepted")

    def test_16_has_no_word_for_it(self) -> None:
        self.version = "1.6"
        self.assertEqual(self.tell("Authorize", idTag="card"), {"idTagInfo": {"status": "Accepted"}})
        self.spend(10)
        self.assertEqual(self.tell("Authorize", idTag="card"), {"idTagInfo": {"status": "Invalid"}})
