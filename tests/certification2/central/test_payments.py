"""Prepaid cards, payment terminals, settlements, payments by QR codes, as the server sees them (2.1 C17 to C25)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client, override_settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Forbidden, SmartServerError
from stations.models import Command, IdToken, SessionCost, Settlement, Transaction, WebPayment
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp
from stations.ocpp.web_payments import Recipe, Scanned
from stations.ocpp.web_payments import written as address
from stations.services.tariffs import due, paid, register, web_codes
from tests.certification.support import CARD, IDENTITY
from tests.certification2.central.support import ACCEPTED, REFERENCE, CentralCase2, ScriptedStation2, metered, now
from tests.certification2.support import token
from tests.stations.tariffs import energy, tariff

PSP = "psp-1"
PAID = {"idToken": PSP, "type": "DirectPayment"}
DETAILS = [{"additionalIdToken": "1234", "type": "CardLast4Digits"}]
COMPANY = {"name": "Acme", "address1": "Street 1", "city": "Town", "country": "DE"}
TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"


class PaymentCase(CentralCase2):
    version = "2.1"

    def assign_tariff(self) -> None:
        """0.50 a kWh, 20 % of tax on top."""

        def unit(batch: Batch, by: Any) -> None:
            taxed = energy(0.5, taxRates=[{"type": "VAT", "tax": 20}])
            row = register.add_tariff(batch, body=tariff(**taxed))
            register.assign_tariff(batch, tariff_id=row.pk)

        self.direct(unit)

    def begin(self, client: ScriptedStation2, trigger: str = "Authorized", **more: Any) -> Payload:
        """The answer to the first event of a session that is paid for."""
        begin = metered(1000, "Transaction.Begin")
        return client.event("Started", trigger, "Charging", meterValue=begin, **{"idToken": PAID} | more)

    def settle(self, client: ScriptedStation2, status: str = "Settled", **more: Any) -> Payload:
        settled = {"pspRef": PSP, "status": status, "settlementAmount": 1.2, "settlementTime": now()}
        return client.call("NotifySettlement", **settled | more)

    @property
    def settlement(self) -> Settlement:
        return Settlement.objects.get()


class Prepaid(PaymentCase):
    def pay_in(self, credit: str) -> None:
        IdToken.objects.filter(pk=self.card.pk).update(credit=Decimal(credit))

    def assert_not_cached(self, info: Payload) -> None:
        """Only the server knows what is left (C17.FR.01)."""
        expiry = stamp(info["cacheExpiryDateTime"]).moment
        assert expiry is not None
        self.assertLessEqual(expiry, clock.now())

    def test_tc_c_103_with_a_balance(self) -> None:
        self.assign_tariff()
        self.pay_in("5")
        with self.booted() as client:
            info = client.authorize()
            self.assertEqual(info["status"], "Accepted")
            self.assert_not_cached(info)
            answer = self.begin(client, idToken=token(CARD))
            self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
            self.assert_not_cached(answer["idTokenInfo"])
            self.assertEqual(answer["transactionLimit"], {"maxCost": 5.0})
            answer = client.event("Updated", "LimitSet", info={"transactionLimit": {"maxCost": 5.0}})
            self.assertNotIn("transactionLimit", answer)
            self.assertEqual(client.end("StopAuthorized")["totalCost"], 1.2)
            # What it cost is gone.
            answer = self.begin(client, idToken=token(CARD), reference="T2")
            self.assertEqual(answer["transactionLimit"], {"maxCost": 3.8})

    def test_tc_c_104_without_a_balance(self) -> None:
        self.pay_in("0")
        with self.booted() as client:
            info = client.authorize()
            self.assertEqual(info["status"], "NoCredit")
            self.assert_not_cached(info)


class Terminals(PaymentCase):
    @override_settings(VAT_NUMBER_CHECK="tests.certification2.station.vat.check")
    def test_tc_c_108_vat_number(self) -> None:
        with self.booted() as client:
            answer = client.call("VatNumberValidation", vatNumber="DE136695976", evseId=1)
            said = {"vatNumber": "DE136695976", "evseId": 1, "status": "Accepted", "company": COMPANY}
            self.assertEqual(answer, said)
            answer = client.call("VatNumberValidation", vatNumber="DE136695977", evseId=2)
            self.assertEqual((answer["status"], answer["evseId"]), ("Rejected", 2))
            self.assertNotIn("company", answer)

    def test_tc_c_113_cancelled_after_the_start(self) -> None:
        self.assign_tariff()
        with self.booted() as client:
            self.assertEqual(client.call("Authorize", idToken=PAID)["idTokenInfo"]["status"], "Accepted")
            answer = client.event("Started", "Authorized", "Idle", idToken=PAID, info=_limit(50))
            self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
            answer = client.event("Ended", "StopAuthorized", idToken=PAID, info={"stoppedReason": "Local"})
            self.assertEqual(answer["totalCost"], 0.0)
            self.assertEqual(self.settle(client, "Canceled", settlementAmount=0, transactionId=REFERENCE), {})
        row = self.settlement
        self.assertEqual((row.status, row.amount, row.receipt_id), ("Canceled", 0, ""))
        self.assertEqual(row.transaction, self.transaction())


class Settlements(PaymentCase):
    @contextmanager
    def ended(self, **variables: str) -> Iterator[ScriptedStation2]:
        """A session is over that was paid for at the station's terminal; it cost 1.20."""
        self.assign_tariff()
        with self.booted() as client:
            if variables:
                self.set_variables(client, variables)
            self.begin(client, info=_limit(50))
            self.assertEqual(client.end("StopAuthorized", idToken=PAID)["totalCost"], 1.2)
            yield client

    def set_variables(self, client: ScriptedStation2, variables: dict[str, str]) -> None:
        data = [
            {"component": {"name": "PaymentCtrlr"}, "variable": {"name": name}, "attributeValue": value}
            for name, value in variables.items()
        ]
        results = [{key: each[key] for key in ("component", "variable")} | TAKEN for each in data]
        reply = {"setVariableResult": results}
        self.ask(client, "SetVariables", {"setVariableData": data}, reply, "")

    def assert_receipt(self, row: Settlement) -> None:
        """Whoever has the address sees it, and nobody else."""
        self.assertTrue(row.receipt_url.startswith(f"{self.server.http}/receipts/"))
        place = row.receipt_url.removeprefix(self.server.http)
        page = Client().get(place)
        for text in (row.receipt_id, "1.20", "1.00", "0.20", PSP):
            self.assertContains(page, text)
        self.assertEqual(Client().get(place[:-1]).status_code, 404)

    def test_tc_c_117_server_settles_receipt_by_the_server(self) -> None:
        with self.ended(SettlementByCSMS="true"):
            row = self.settlement
            self.assertEqual((row.psp_reference, row.status, row.amount), (PSP, "Due", Decimal("1.2")))
            self.direct(_settle, settlement_id=row.pk, status="Settled")
            self.assertEqual((self.settlement.status, self.settlement.transaction), ("Settled", self.transaction()))
            self.assert_receipt(self.settlement)

    def test_tc_c_118_station_settles_receipt_by_the_server(self) -> None:
        with self.ended(ReceiptByCSMS="true") as client:
            self.assertFalse(Settlement.objects.exists(), "that is the station's task")
            answer = self.settle(client, transactionId=REFERENCE)
            row = self.settlement
            self.assertEqual(answer, {"receiptId": row.receipt_id, "receiptUrl": row.receipt_url})
            self.assertEqual((row.status, row.transaction), ("Settled", self.transaction()))
            self.assert_receipt(row)
            self.assertEqual(self.settle(client, transactionId=REFERENCE), answer, "the same payment once more")

    def not_settled(self, status: str) -> None:
        with self.ended() as client:
            answer = self.settle(client, status, transactionId=REFERENCE, statusInfo="No.")
            self.assertEqual(answer, {})
            row = self.settlement
            self.assertEqual((row.status, row.info, row.amount), (status, "No.", Decimal("1.2")))
            self.assertEqual((row.transaction, row.receipt_id), (self.transaction(), ""))

    def test_tc_c_119_failed(self) -> None:
        self.not_settled("Failed")

    def test_tc_c_120_rejected(self) -> None:
        self.not_settled("Rejected")


class PaidElsewhere(PaymentCase):
    def start(self, client: ScriptedStation2, limits: dict[str, float], details: Any = ()) -> Payload:
        """What was paid for starts; what the station hears."""
        command = self.order(paid.start_paid, evse=1, psp_reference=PSP, limits=limits, details=list(details))
        asked = client.expect("RequestStartTransaction")
        client.reply(ACCEPTED)
        self.assert_answered(command, "Accepted")
        return asked

    def assert_started(self, client: ScriptedStation2, asked: Payload, limits: dict[str, float]) -> None:
        """The session begins with the token of the payment, and is told what was paid for."""
        info = {"remoteStartId": asked["remoteStartId"]}
        answer = self.begin(client, "RemoteStart", idToken=asked["idToken"], info=info)
        self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
        self.assertEqual(answer["transactionLimit"], limits)

    def stand_alone(self, client: ScriptedStation2) -> None:
        asked = self.start(client, {"maxCost": 50.0}, DETAILS)
        self.assertEqual(asked["evseId"], 1)
        self.assertEqual(asked["idToken"], PAID | {"additionalInfo": DETAILS})
        self.assert_started(client, asked, {"maxCost": 50.0})

    def assert_due(self, amount: str) -> None:
        row = self.settlement
        self.assertEqual((row.status, row.amount, row.transaction), ("Due", Decimal(amount), self.transaction()))

    def test_tc_c_125_server_counts(self) -> None:
        self.assign_tariff()
        with self.booted() as client:
            self.stand_alone(client)
            self.assertEqual(client.end("StopAuthorized", "Local")["totalCost"], 1.2)
            self.assert_due("1.2")

    def test_tc_c_126_station_counts(self) -> None:
        with self.booted() as client:
            self.stand_alone(client)
            total = {"exclTax": 15.0, "inclTax": 18.15}
            details = {
                "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "fixed": total, "total": total},
                "totalUsage": {"energy": 2000, "chargingTime": 5, "idleTime": 0},
            }
            client.end("StopAuthorized", "Local", costDetails=details)
            self.assertEqual(SessionCost.objects.get().told_cost, Decimal("18.15"))
            self.assert_due("18.15")


class QRCodes(PaidElsewhere):
    @contextmanager
    def showing(self) -> Iterator[tuple[ScriptedStation2, Recipe]]:
        """A station shows codes, and how it makes them."""
        with self.booted() as client:
            command = self.order(web_codes.send_code, url_template=TEMPLATE, validity_seconds=60, length=10)
            data = client.expect("SetVariables")["setVariableData"]
            self.assertEqual({each["component"]["name"] for each in data}, {"WebPaymentsCtrlr"})
            values = {each["variable"]["name"]: each["attributeValue"] for each in data}
            results = [{key: each[key] for key in ("component", "variable")} | TAKEN for each in data]
            client.reply({"setVariableResult": results})
            self.assert_answered(command)
            self.assertEqual((values["URLTemplate"], values["TOTPVersion"]), (TEMPLATE, "v1"))
            yield client, Recipe(values["SharedSecret"], int(values["ValidityTime"]), int(values["Length"]))

    def scan(self, url: str) -> Scanned:
        found: Scanned = self.direct(web_codes.scan, url=url, timeout=120)[1]
        return found

    def test_tc_c_131_success(self) -> None:
        with self.showing() as (client, recipe):
            chosen = {"maxEnergy": 20_000.0}
            shown = Scanned(IDENTITY, 1, recipe.password(clock.now()), "v1", chosen)
            self.assertEqual(self.scan(address(TEMPLATE, shown)), shown)
            self.assertEqual(client.expect("NotifyWebPaymentStarted"), {"evseId": 1, "timeout": 120})
            client.reply({})
            self.settled(self.newest("NotifyWebPaymentStarted"))
            self.assertEqual(WebPayment.objects.get().evse, 1)
            asked = self.start(client, chosen)
            self.assertEqual((asked["evseId"], asked["idToken"]), (1, PAID))
            self.assert_started(client, asked, chosen)
            self.assertEqual(self.transaction().remote_start, self.newest("RequestStartTransaction"))

    def refused(self, error: type[SmartServerError], change: Callable[[Scanned, Recipe], str]) -> None:
        """Nothing comes of it, and the station hears nothing."""
        with self.showing() as (_, recipe):
            shown = Scanned(IDENTITY, 1, recipe.password(clock.now()), "v1", {"maxEnergy": 20_000.0})
            with self.assertRaises(error):
                self.scan(change(shown, recipe))
            self.assertFalse(Command.objects.exclude(action__in=("SetVariables", "GetBaseReport")).exists())
            self.assertFalse(Transaction.objects.exists())

    def test_tc_c_132_wrong_parameters(self) -> None:
        for change in (
            lambda shown, _: address(TEMPLATE.replace("{chargingstationid}/", ""), shown),
            lambda shown, _: address(TEMPLATE, shown._replace(station="CP2")),
            lambda shown, _: address(TEMPLATE, shown).replace("/1/", "/x/"),
            lambda shown, _: address(TEMPLATE, shown).replace("20000", "-1"),
        ):
            Command.objects.all().delete()
            self.refused(BadInput, change)

    def test_tc_c_133_wrong_one_time_password(self) -> None:
        old = timedelta(minutes=10)
        self.refused(
            Forbidden,
            lambda shown, recipe: address(TEMPLATE, shown._replace(password=recipe.password(clock.now() - old))),
        )


TAKEN = {"attributeStatus": "Accepted"}


def _limit(cost: float) -> Payload:
    return {"transactionLimit": {"maxCost": cost}}


def _settle(batch: Batch, by: Any, **how: Any) -> Settlement:
    return due.settle_due(batch, **how)
