"""Rule 14: one bad value does not lose the good ones: empty samples, illegal measurands, illegal units.

lbbrhzn/ocpp#1627, #466, #1576, mobilityhouse/ocpp#54.
"""

from __future__ import annotations

import orjson

from stations.models import MeterValue
from tests.field.support import FieldCase
from tests.waiting import eventually

TOLERATED = {
    "empty-sampled-value": ("empty_sampled_value", "OccurenceConstraintViolation"),
    "bad-sampled-value": ("bad_sampled_value", "TypeConstraintViolation"),
    "illegal-measurand": ("unknown_measurand_or_unit", "PropertyConstraintViolation"),
    "illegal-unit": ("unknown_measurand_or_unit", "PropertyConstraintViolation"),
}


class GoodValuesSurviveBadOnes(FieldCase):
    def test_good_values_are_stored(self) -> None:
        for quirk, (rule, _) in TOLERATED.items():
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.session(station)
                found = MeterValue.objects.filter(transaction=session)
                eventually(lambda found=found: found.count() >= 2)  # type: ignore[misc]
                self.assert_noted(rule, identity=quirk)
                self.assertEqual(station.answers("MeterValues")[0][2], {})
                sent = station.said("MeterValues")[0][3]["meterValue"][-1]["sampledValue"]
                energy = next(each for each in sent if each.get("measurand") == "Energy.Active.Import.Register")
                first = found.earliest("pk")
                self.assertEqual(first.energy_wh, float(energy["value"]))
                self.assertGreater(first.power_w or 0.0, 0.0)
                self.assertEqual(found.filter(energy_wh__isnull=True).count(), 0)

    def test_illegal_ones_are_kept_as_they_were_sent(self) -> None:
        with self.emulated("illegal-measurand", "illegal-unit", speed=100.0) as station:
            session = self.session(station)
            eventually(lambda: MeterValue.objects.filter(transaction=session).exists())
            samples = orjson.loads(MeterValue.objects.filter(transaction=session)[0].samples)
            self.assertEqual(samples[0]["measurand"], "Energy.Reserve.Lifetime")
            self.assertIn("Watt", {sample.get("unit") for sample in samples})

    def test_strict_server_refuses_the_message(self) -> None:
        for quirk, (_, code) in TOLERATED.items():
            self.strict(quirk)
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.session(station)
                self.assertEqual(station.wait_refusal()[2], code)
                self.assertFalse(MeterValue.objects.filter(transaction=session).exists())
                self.assertEqual(self.rules(quirk), set())
                station.vanish()
