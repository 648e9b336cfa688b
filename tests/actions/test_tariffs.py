"""Tariffs, costs and payments (block I of 2.1, and what 2.0.1 has of it)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from smartserver.core import clock
from stations.models import (
    EVSE,
    IdToken,
    IdTokenGroup,
    SessionCost,
    Settlement,
    StationTariff,
    Tariff,
    Transaction,
    WebPayment,
)
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase
from tests.stations.tariffs import VAT, energy, fixed, tariff

TEXT = {"format": "UTF8", "language": "en", "content": "0.60 €/kWh"}
BODY = tariff(**energy(0.5, taxRates=[{"type": "VAT", "tax": 20}]), **fixed("fixedFee", 1), description=[TEXT])
CARD = {"idToken": "CARD1", "type": "ISO14443"}


class TariffCase(ActionCase):
    def setUp(self) -> None:
        super().setUp()
        self.begun = clock.now() - timedelta(hours=1)

    def enter(self, body: Payload = BODY, **whose: Any) -> int:
        """An operator enters a tariff, and says whose it is."""
        key: int = self.do("tariffs", {"tariff": body})["id"]
        self.do("tariff-assignments", {"tariff": key, **whose})
        return key

    def event(self, phase: str, number: int, minutes: float, wh: int | None = None, **more: Any) -> Payload:
        info = more.pop("info", {})
        moment = written(self.begun + timedelta(minutes=minutes))
        payload: Payload = {
            "eventType": phase,
            "timestamp": moment,
            "triggerReason": "Authorized" if phase == "Started" else "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": {"transactionId": "tx-1", **info},
            **more,
        }
        if wh is not None:
            sample = {"value": wh, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}}
            payload["meterValue"] = [{"timestamp": moment, "sampledValue": [sample]}]
        return payload

    def start(self, **more: Any) -> Payload:
        begin = {"evse": {"id": 1, "connectorId": 1}, "idToken": CARD}
        return self.tell("TransactionEvent", self.event("Started", 0, 0, 1000, **(begin | more)))


@speaking("2.0.1", "2.1")
class Tariffs(TariffCase):
    def test_costs_of_a_session(self) -> None:
        """10 kWh for 0.50 and 20 % tax, and 1.00 at the begin."""
        self.enter()
        self.assertNotIn("totalCost", self.start())
        answer = self.tell("TransactionEvent", self.event("Updated", 1, 30, 6000))
        self.assertEqual(answer["totalCost"], 4.0)
        self.assertEqual(answer["updatedPersonalMessage"], {"format": "UTF8", "content": "4.00 EUR"})
        seen = self.see_one("transactions", station="CP1")
        self.assertEqual((seen["cost"], seen["currency"], seen["cost_is_final"]), (4.0, "EUR", False))
        # Half a minute has not passed, so the cost is the one that is known.
        self.assertEqual(self.tell("TransactionEvent", self.event("Updated", 2, 45, 9000))["totalCost"], 4.0)
        answer = self.tell("TransactionEvent", self.event("Ended", 3, 60, 11_000))
        self.assertEqual(answer["totalCost"], 7.0)
        row = Transaction.objects.get()
        self.assertEqual((row.cost, row.cost_is_final), (Decimal(7), True))
        seen = self.see(f"transactions/{row.pk}/cost")
        self.assertEqual((seen["cost"], seen["final"], seen["told_cost"]), (7.0, True, None))
        self.assertEqual([each["tariff"] for each in seen["tariffs"]], [BODY])
        self.assertEqual(seen["details"]["totalCost"]["energy"], {"exclTax": 5.0, "inclTax": 6.0})

    @sent("CostUpdated", stored="`SessionCost.notified_cost`", seen="`/api/v1/transactions/{id}/cost`")
    def test_cost_updated(self) -> None:
        self.start()
        request = {"totalCost": 3.21, "transactionId": "tx-1"}
        command = self.do("stations/CP1/commands", {"action": "CostUpdated", "payload": request})
        self.say(self.hear("CostUpdated", request), {})
        self.assertEqual(self.settled(command["id"])["state"], "answered")
        row = SessionCost.objects.get()
        self.assertEqual(row.notified_cost, Decimal("3.21"))
        self.assertEqual(self.see(f"transactions/{row.transaction_id}/cost")["notified_cost"], 3.21)

    def test_drivers_are_told_of_their_prices(self) -> None:
        """Only where they are not the same for everybody (I01, I08)."""
        self.enter(tariff(**energy(1)) | {"tariffId": "ALL"})
        self.assertEqual(self.tell("Authorize", {"idToken": CARD}), {"idTokenInfo": {"status": "Accepted"}})
        IdToken.objects.update(group=IdTokenGroup.objects.create(name="FLEET"))
        self.enter(group="FLEET")
        answer = self.tell("Authorize", {"idToken": CARD})
        self.assertEqual(answer["idTokenInfo"]["personalMessage"], TEXT)
        self.assertEqual(answer.get("tariff"), BODY if self.version == "2.1" else None)


@speaking("2.1")
class TariffsOfStations(TariffCase):
    def setUp(self) -> None:
        super().setUp()
        for number in (1, 2):
            EVSE.objects.create(station=self.row, number=number)

    def see_tariffs(self) -> list[tuple[int, str, str]]:
        rows = self.see("stations/CP1/tariffs")
        self.assertEqual(StationTariff.objects.count(), len(rows))
        return [(row["evse"], row["tariff_id"], row["kind"]) for row in rows]

    def send_default(self) -> None:
        key = self.do("tariffs", {"tariff": BODY})["id"]
        command = self.do("stations/CP1/tariffs", {"tariff": key})
        self.answer("SetDefaultTariff", ACCEPTED, command["id"], {"evseId": 0, "tariff": BODY})

    @sent("SetDefaultTariff", stored="`StationTariff`", seen="`/api/v1/stations/{identity}/tariffs`")
    def test_set_default_tariff(self) -> None:
        self.send_default()
        self.assertEqual(self.see_tariffs(), [(1, "T1", "DefaultTariff"), (2, "T1", "DefaultTariff")])
        other = BODY | {"tariffId": "T2"}
        self.ask("SetDefaultTariff", {"evseId": 2, "tariff": other}, {"status": "TooManyElements"})
        self.assertEqual([row[1] for row in self.see_tariffs()], ["T1", "T1"])
        self.ask("SetDefaultTariff", {"evseId": 2, "tariff": other}, ACCEPTED)
        self.assertEqual([row[1] for row in self.see_tariffs()], ["T1", "T2"])
        self.assertEqual(self.see("stations/CP1/tariffs")[1]["tariff"], other)

    @sent("GetTariffs", stored="`StationTariff`", seen="`/api/v1/stations/{identity}/tariffs`")
    def test_get_tariffs(self) -> None:
        self.send_default()
        found = [
            {"tariffId": "T1", "tariffKind": "DefaultTariff", "evseIds": [1]},
            {
                "tariffId": "D1",
                "tariffKind": "DriverTariff",
                "idTokens": ["CARD1"],
                "validFrom": "2026-01-01T00:00:00Z",
            },
        ]
        self.ask("GetTariffs", {"evseId": 0}, {"status": "Accepted", "tariffAssignments": found})
        self.assertEqual(self.see_tariffs(), [(0, "D1", "DriverTariff"), (1, "T1", "DefaultTariff")])
        driver, default = self.see("stations/CP1/tariffs")
        self.assertEqual((driver["id_tokens"], driver["tariff"]), (["CARD1"], None))
        self.assertEqual(default["tariff"], BODY)
        self.ask("GetTariffs", {"evseId": 0}, {"status": "NoTariff"})
        self.assertEqual(self.see_tariffs(), [])

    @sent("ClearTariffs", stored="`StationTariff` is deleted", seen="`/api/v1/stations/{identity}/tariffs`")
    def test_clear_tariffs(self) -> None:
        self.send_default()
        result = {"clearTariffsResult": [{"tariffId": "T1", "status": "Accepted"}]}
        self.ask("ClearTariffs", {"tariffIds": ["T1"], "evseId": 2}, result)
        self.assertEqual(self.see_tariffs(), [(1, "T1", "DefaultTariff")])
        refused = {"clearTariffsResult": [{"tariffId": "T1", "status": "Rejected"}]}
        self.ask("ClearTariffs", {}, refused)
        self.assertEqual(len(self.see_tariffs()), 1)
        self.ask("ClearTariffs", {}, result)
        self.assertEqual(self.see_tariffs(), [])

    @sent("ChangeTransactionTariff", stored="`SessionCost.agreed`", seen="`/api/v1/transactions/{id}/cost`")
    def test_change_transaction_tariff(self) -> None:
        """From now on: what has been charged in the hour before keeps its price."""
        self.enter()
        self.start()
        cheap = tariff(**energy(0.1)) | {"tariffId": "T2"}
        request = {"tariff": cheap, "transactionId": "tx-1"}
        self.ask("ChangeTransactionTariff", request, {"status": "NoCurrencyChange"})
        self.ask("ChangeTransactionTariff", request, ACCEPTED)
        key = Transaction.objects.get().pk
        self.assertEqual(
            [each["tariff"]["tariffId"] for each in self.see(f"transactions/{key}/cost")["tariffs"]], ["T1", "T2"]
        )
        self.tell("TransactionEvent", self.event("Updated", 1, 59, 11_000))
        self.assertEqual(self.see(f"transactions/{key}")["cost"], 7.0)
        self.tell("TransactionEvent", self.event("Ended", 2, 90, 21_000))
        seen = self.see(f"transactions/{key}/cost")["details"]
        self.assertEqual([each["tariffId"] for each in seen["chargingPeriods"]], ["T1", "T2"])

    def test_stations_that_count_by_themselves(self) -> None:
        """What the station tells (I12) stands beside what this server calculates."""
        self.enter()
        self.start()
        details = {
            "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 5.5, "inclTax": 6.55}},
            "totalUsage": {"energy": 10_000, "chargingTime": 3600, "idleTime": 0},
        }
        self.tell("TransactionEvent", self.event("Ended", 1, 60, 11_000, costDetails=details))
        seen = self.see(f"transactions/{Transaction.objects.get().pk}/cost")
        self.assertEqual((seen["cost"], seen["told_cost"], seen["told_details"]), (7.0, 6.55, details))

    def test_a_surcharge_for_the_brand_of_a_card(self) -> None:
        surcharge = fixed("fixedFee", (2, {"paymentBrand": "GOLD"}), 1)
        self.enter(tariff(**surcharge))
        card = {"idToken": "psp-1", "type": "DirectPayment"}
        brand = {"additionalInfo": [{"additionalIdToken": "GOLD", "type": "PaymentBrand"}]}
        self.start(idToken=card | brand)
        self.tell("TransactionEvent", self.event("Ended", 1, 60, 11_000))
        self.assertEqual(self.see_one("transactions", station="CP1")["cost"], 2.0)


@speaking("2.1")
class Payments(TariffCase):
    def settlement(self, **more: Any) -> Payload:
        settled = {"pspRef": "psp-1", "status": "Settled", "settlementAmount": 7, "settlementTime": written(self.begun)}
        return settled | more

    @received("NotifySettlement", stored="`Settlement`", seen="`/api/v1/settlements`, the station's tab “Tariffs”")
    def test_notify_settlement(self) -> None:
        self.enter()
        self.start()
        self.tell("TransactionEvent", self.event("Ended", 1, 60, 11_000))
        company = {"name": "Acme", "address1": "Street 1", "city": "Town", "country": "DE"}
        more = {"transactionId": "tx-1", "vatNumber": "DE136695976", "vatCompany": company}
        answer = self.tell("NotifySettlement", self.settlement(**more))
        row = Settlement.objects.get()
        self.assertEqual(answer, {"receiptId": row.receipt_id, "receiptUrl": row.receipt_url})
        self.assertEqual(self.tell("NotifySettlement", self.settlement(**more)), answer)
        seen = self.see_one("settlements", station="CP1")
        self.assertEqual((seen["amount"], seen["cost"], seen["differs"]), (7.0, 7.0, False))
        self.assertEqual(
            (seen["receipt_id"], seen["vat_number"], seen["company"]), (row.receipt_id, "DE136695976", company)
        )
        self.tell("NotifySettlement", self.settlement(pspRef="psp-2", transactionId="tx-1", settlementAmount=7.01))
        self.assertTrue(self.see_one("settlements", psp_reference="psp-2")["differs"])

    @received("VatNumberValidation", stored="`Message`", seen="`/api/v1/messages`")
    def test_vat_number_validation(self) -> None:
        answer = self.tell("VatNumberValidation", {"vatNumber": "DE136695976", "evseId": 1})
        self.assertEqual(answer, {"vatNumber": "DE136695976", "evseId": 1, "status": "Accepted"})
        answer = self.tell("VatNumberValidation", {"vatNumber": "DE136695977"})
        self.assertEqual(answer["status"], "Rejected")
        self.assertEqual(answer["statusInfo"], {"reasonCode": "InvalidCheckDigit"})

    @sent("NotifyWebPaymentStarted", stored="`WebPayment`", seen="`/api/v1/web-payments`, the station's tab “Tariffs”")
    def test_notify_web_payment_started(self) -> None:
        self.ask("NotifyWebPaymentStarted", {"evseId": 2, "timeout": 120}, {})
        row = WebPayment.objects.get()
        self.assertEqual((row.evse, row.ends_at - row.started_at), (2, timedelta(seconds=120)))
        (seen,) = self.see("web-payments", station="CP1")
        self.assertEqual((seen["evse"], seen["waiting"]), (2, True))
        self.ask("NotifyWebPaymentStarted", {"evseId": 2, "timeout": 0}, {})
        (seen,) = self.see("web-payments")
        self.assertFalse(seen["waiting"])


class RegisterOfTariffs(TariffCase):
    """What operators do with tariffs, which no station hears of."""

    version = "2.1"

    def test_tariffs_are_entered_changed_and_deleted(self) -> None:
        key = self.enter(station="CP1", evse=2)
        self.assertEqual(self.see_one("tariffs")["tariff"], BODY)
        seen = self.see_one("tariff-assignments")
        self.assertEqual((seen["tariff_id"], seen["station"], seen["evse"]), ("T1", "CP1", 2))
        other = tariff(**energy(1, **VAT)) | {"tariffId": "T9", "currency": "CHF"}
        changed = self.do(f"tariffs/{key}", {"tariff": other, "note": "n"}, method="patch")
        self.assertEqual((changed["tariff_id"], changed["currency"], changed["note"]), ("T9", "CHF", "n"))
        self.assertEqual(self.client.delete(f"/api/v1/tariffs/{key}").status_code, 409)
        self.do(f"tariff-assignments/{seen['id']}", {}, method="delete")
        self.do(f"tariffs/{key}", {}, method="delete")
        self.assertFalse(Tariff.objects.exists())
