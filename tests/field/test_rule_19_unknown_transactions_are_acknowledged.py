"""Rule 19: a stop of an unknown transaction, or of id -1 or 0, is acknowledged and recorded.

connectorio-addons#199, steve#292, ocpp-rpc#82.
"""

from __future__ import annotations

from stations.models import Transaction
from tests.field.support import FieldCase
from tests.waiting import eventually

QUIRKS = {"transaction-minus-one": -1, "transaction-zero": 0, "unknown-transaction": 987_654_321}


class UnknownTransactionsAreAcknowledged(FieldCase):
    def test_and_recorded(self) -> None:
        for quirk, number in QUIRKS.items():
            with self.subTest(quirk), self.emulated(quirk, identity=quirk) as station:
                session = self.session(station)
                station.present()
                self.assertEqual(station.wait_answer("StopTransaction")[0], 3)
                stop = station.said("StopTransaction")[0][3]
                self.assertEqual(stop["transactionId"], number)
                self.assert_noted("unknown_transaction_id", identity=quirk)
                mine = Transaction.objects.filter(station__identity=quirk)
                eventually(lambda mine=mine: mine.count() == 2)  # type: ignore[misc]
                record = mine.exclude(pk=session.pk).get()
                self.assertIn("unknown_transaction_id", record.remark)
                self.assertEqual(record.meter_stop_wh, stop["meterStop"])
                self.assertFalse(record.active)
                self.assertIsNone(record.energy_wh, "without a start nothing is billed")

    def test_repeated_it_is_recorded_once(self) -> None:
        with self.emulated("unknown-transaction", "repeated-stop") as station:
            session = self.session(station)
            station.present()
            self.assertEqual(station.wait_answer("StopTransaction", 2)[0], 3)
            self.assertEqual(Transaction.objects.exclude(pk=session.pk).count(), 1)

    def test_strict_server_acknowledges_it_too(self) -> None:
        self.strict()
        with self.emulated("transaction-minus-one") as station:
            self.session(station)
            station.present()
            self.assertEqual(station.wait_answer("StopTransaction")[0], 3)
            self.assert_noted("unknown_transaction_id")
