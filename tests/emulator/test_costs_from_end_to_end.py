"""An emulated 2.1 station and the real server count the same cost, and settle it."""

from __future__ import annotations

from smartserver.core import change, clock
from stations.models import IdToken, SessionCost, Settlement, Station, StationTariff, Transaction, WebPayment
from stations.services.tariffs import register
from tests.field.support import CARD, FieldCase
from tests.stations.tariffs import VAT, energy, fixed, tariff
from tests.waiting import eventually

BODY = tariff(**energy(0.5, **VAT), **fixed("fixedFee", 1))


class EndToEnd(FieldCase):
    def setUp(self) -> None:
        self.row = Station.objects.create(identity="CP1", configured_at=clock.now(), ocpp_version="2.1")
        IdToken.objects.create(value=CARD)
        self.emulator = self.enterContext(self.emulated(version="2.1", speed=60.0))
        self.emulator.wait_ready()
        key = change.store(lambda batch: register.add_tariff(batch, body=BODY)).pk
        change.store(lambda batch: register.assign_tariff(batch, tariff_id=key))

    def tearDown(self) -> None:
        self.emulator.stop()
        super().tearDown()

    def test_both_count_the_same(self) -> None:
        command = self.command("SetDefaultTariff", {"evseId": 0, "tariff": BODY})
        self.assertEqual(self.settled(command).result, "Accepted")
        self.assertEqual(StationTariff.objects.get().tariff_id, "T1")
        self.emulator.plug_in()
        self.emulator.present()
        eventually(lambda: self.emulator.running)
        charge = self.emulator.model.outlets[0].charge
        assert charge is not None
        eventually(lambda: charge.readings[-1].energy_wh - charge.readings[0].energy_wh > 500)
        self.assertEqual(charge.cost, 1.0)  # as of the begin; the next one comes in half a minute
        self.emulator.present()
        eventually(lambda: Transaction.objects.get().cost_is_final)
        session, row = Transaction.objects.get(), SessionCost.objects.get()
        assert session.cost is not None
        self.assertEqual(row.told_cost, session.cost)
        eventually(lambda: charge.cost == float(session.cost or 0))
        reference, amount = charge.reference, float(session.cost)
        self.emulator.act(lambda model, now: model.payments.settle("psp", amount, now, reference=reference))
        eventually(lambda: "psp" in self.emulator.model.payments.receipts)
        settlement = Settlement.objects.get()
        self.assertEqual((settlement.transaction, settlement.amount), (session, session.cost))
        self.assertEqual(self.emulator.model.payments.receipts, {"psp": settlement.receipt_id})

    def test_tariffs_and_payments_are_told(self) -> None:
        self.settled(self.command("SetDefaultTariff", {"evseId": 1, "tariff": BODY}))
        self.assertEqual(self.settled(self.command("GetTariffs", {"evseId": 0})).result, "Accepted")
        self.assertEqual(StationTariff.objects.get().body, BODY)
        self.settled(self.command("ClearTariffs", {}))
        self.assertFalse(StationTariff.objects.exists())
        self.settled(self.command("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 90}))
        eventually(lambda: WebPayment.objects.filter(evse=1).exists())
        self.emulator.act(lambda model, now: model.payments.type_vat_number("DE136695976", 1, now))
        eventually(lambda: self.emulator.model.payments.vat_numbers == {"DE136695976": "Accepted"})
