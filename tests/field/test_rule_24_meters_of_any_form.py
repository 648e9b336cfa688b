"""Rule 24: no context means Sample.Periodic; padded and text numbers; phases are summed; units are normalised.

lbbrhzn/ocpp#1764, #1925, evcc#19354.
"""

from __future__ import annotations

from collections.abc import Sequence

from stations.models import EVSE, MeterValue, Transaction
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually

QUIRKS = ("no-context", "padded-numbers", "decimal-comma", "numbers-not-texts", "phase-values", "kilo-units")


class MetersOfAnyForm(FieldCase):
    def assert_understood(self, station: Emulated) -> None:
        session = self.session(station)
        readings = MeterValue.objects.filter(transaction=session).order_by("pk")
        eventually(lambda: readings.count() >= 3)
        evse = EVSE.objects.get(station__identity=station.identity, number=1)
        rating = station.model.outlets[0].rating.power_w
        self.assertGreater(evse.power_w or 0.0, 1000.0, "W, and all phases together")
        self.assertLessEqual(evse.power_w or 0.0, rating)
        station.unplug()
        eventually(lambda: not Transaction.objects.get(pk=session.pk).active)
        session.refresh_from_db()
        start = float(station.said("StartTransaction")[0][3]["meterStart"])
        stop = float(station.said("StopTransaction")[0][3]["meterStop"])
        self.assertEqual((session.meter_start_wh, session.meter_stop_wh), (start, stop))
        self.assertEqual(session.energy_wh, stop - start)
        for reading in readings:
            assert reading.energy_wh is not None
            self.assertTrue(start - 1 <= reading.energy_wh <= stop + 1, "Wh, and all phases together")
            assert reading.voltage_v is not None
            self.assertTrue(220.0 < reading.voltage_v < 240.0)
        self.assertEqual(station.statistics.errors, 0)

    def test_each_is_understood(self) -> None:
        for quirk in QUIRKS:
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                self.assert_understood(station)

    def test_several_at_once(self) -> None:
        mixtures: Sequence[Sequence[str]] = (
            ("kilo-units", "decimal-comma", "padded-numbers", "no-context"),
            ("phase-values", "kilo-units", "numbers-not-texts"),
        )
        for quirks in mixtures:
            with self.subTest(quirks), self.emulated(*quirks, identity="+".join(quirks), speed=100.0) as station:
                self.assert_understood(station)

    def test_numbers_in_the_place_of_texts_are_noted_and_strictly_refused(self) -> None:
        with self.emulated("numbers-not-texts", speed=100.0) as station:
            self.session(station)
            self.assert_noted("number_as_text")
            station.wait_answer("MeterValues")
            self.assert_noted("text_as_number")
        self.strict("strict")
        with self.emulated("numbers-not-texts", identity="strict") as station:
            station.wait_ready()
            station.plug_in()
            station.present()
            self.assertEqual(station.wait_refusal()[2], "TypeConstraintViolation")
            self.assertEqual(self.rules("strict"), set())
            station.vanish()
