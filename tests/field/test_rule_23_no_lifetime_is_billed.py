"""Rule 23: a missing or zero start meter after an offline start never bills the meter's lifetime.

citrineos-core#1060.
"""

from __future__ import annotations

from stations.models import Transaction
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually

QUIRKS = {"zero-start-meter": "implausible_start_meter", "no-start-meter": "missing_meter"}


class NoLifetimeIsBilled(FieldCase):
    def offline_session(self, station: Emulated) -> Transaction:
        station.wait_ready()
        station.drop()
        station.plug_in()
        station.present()
        eventually(lambda: len(station.model.outbox) >= 3)  # a start and readings
        station.come_back()
        eventually(lambda: station.running)
        station.unplug()
        eventually(lambda: Transaction.objects.filter(station__identity=station.identity, active=False).exists())
        return Transaction.objects.get(station__identity=station.identity)

    def assert_fairly_billed(self, session: Transaction, station: Emulated, remark: str) -> None:
        stop = station.said("StopTransaction")[0][3]["meterStop"]
        self.assertGreater(stop, 10_000, "the meter counts from the day on which it was made")
        self.assertEqual(session.meter_stop_wh, stop)
        first = station.said("MeterValues")[0][3]["meterValue"][0]["sampledValue"][0]["value"]
        self.assertEqual(session.meter_start_wh, float(first), "the first reading stands for the start")
        self.assertEqual(session.energy_wh, stop - float(first))
        self.assertIn(remark, session.remark)

    def test_after_an_offline_start(self) -> None:
        for quirk, remark in QUIRKS.items():
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.offline_session(station)
                self.assert_fairly_billed(session, station, remark)
                self.assert_noted(remark, identity=quirk)

    def test_online(self) -> None:
        for quirk, remark in QUIRKS.items():
            with self.subTest(quirk), self.emulated(quirk, identity=quirk, speed=100.0) as station:
                session = self.session(station)
                station.wait_answer("MeterValues", 2)
                station.unplug()
                eventually(lambda pk=session.pk: not Transaction.objects.get(pk=pk).active)  # type: ignore[misc]
                session.refresh_from_db()
                self.assert_fairly_billed(session, station, remark)

    def test_without_any_reading_nothing_is_billed(self) -> None:
        for quirk in QUIRKS:
            with self.subTest(quirk), self.emulated(quirk, identity=quirk) as station:
                session = self.session(station)
                station.unplug()
                eventually(lambda pk=session.pk: not Transaction.objects.get(pk=pk).active)  # type: ignore[misc]
                session.refresh_from_db()
                self.assertFalse(session.energy_wh)

    def test_strict_server_refuses_a_start_without_a_meter(self) -> None:
        self.strict()
        with self.emulated("no-start-meter") as station:
            station.wait_ready()
            station.plug_in()
            station.present()
            self.assertEqual(station.wait_refusal()[2], "OccurenceConstraintViolation")
            self.assertFalse(Transaction.objects.exists())
            station.vanish()
