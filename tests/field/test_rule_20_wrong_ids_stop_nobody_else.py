"""Rule 20: a wrong id never stops somebody else's session (OCPP.Core#34)."""

from __future__ import annotations

from stations.models import MeterValue, Transaction
from tests.field.support import FieldCase
from tests.waiting import eventually


class WrongIdsStopNobodyElse(FieldCase):
    def test_neighbours_session_is_not_touched(self) -> None:
        with self.emulated(identity="good") as good, self.emulated("foreign-transaction", identity="bad") as bad:
            theirs = self.session(good, "AAAA")
            self.session(bad, "BBBB")
            bad.act(lambda model, now: model.outlet(1).fault(now))
            self.assertEqual(bad.wait_answer("StopTransaction")[0], 3)
            self.assertEqual(bad.said("StopTransaction")[0][3]["transactionId"], theirs.pk)
            self.assert_noted("unknown_transaction_id", identity="bad")
            theirs.refresh_from_db()
            self.assertTrue(theirs.active)
            self.assertIsNone(theirs.meter_stop_wh)
            good.present("AAAA")
            good.wait_answer("StopTransaction")
            eventually(lambda: not Transaction.objects.get(pk=theirs.pk).active)
            self.assertEqual(Transaction.objects.get(pk=theirs.pk).stopped_by, theirs.id_token)

    def test_neighbours_meter_is_not_touched(self) -> None:
        with (
            self.emulated(identity="good") as good,
            self.emulated("foreign-transaction", identity="bad", speed=100.0) as bad,
        ):
            theirs = self.session(good, "AAAA")
            self.session(bad, "BBBB")
            self.assertEqual(bad.wait_answer("MeterValues", 2)[2], {})
            kept = MeterValue.objects.filter(station__identity="bad")
            eventually(lambda: kept.count() >= 2)
            self.assertFalse(MeterValue.objects.filter(transaction=theirs).exists())
            theirs.refresh_from_db()
            self.assertFalse(theirs.energy_wh)
