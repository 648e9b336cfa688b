"""Costs and meter values, as the server sees them (blocks I and J)."""

from __future__ import annotations

from typing import Any

import orjson

from smartserver.core.batch import Batch
from stations.models import MeterValue
from stations.services.tariffs import register
from tests.certification2.central.support import CentralCase2, metered
from tests.certification2.support import token
from tests.stations.tariffs import energy, tariff

SIGNED = {"signedMeterData": "T0NNRnx7fQ==", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}


class Costs(CentralCase2):
    def test_tc_i_02_final_cost(self) -> None:
        def enter(batch: Batch, *, by: object) -> None:
            made = register.add_tariff(batch, body=tariff(**energy(0.5)))
            register.assign_tariff(batch, tariff_id=made.pk)

        self.direct(enter)
        with self.charging() as (client, _):
            self.assertEqual(client.end("StopAuthorized", "Local")["totalCost"], 1.0, "2 kWh for 0.50 each")
            self.assertTrue(self.transaction().cost_is_final)

    def test_tc_i_01_running_cost(self) -> None:
        with self.charging() as (client, reference):
            request = {"totalCost": 3.21, "transactionId": reference}
            self.ask(client, "CostUpdated", request, {}, "")


class Meters(CentralCase2):
    def kept(self, *values: float) -> None:
        stored = MeterValue.objects.filter(transaction=self.transaction()).order_by("pk")
        self.assertEqual([row.energy_wh for row in stored][-len(values) :], list(values))
        self.assertEqual({row.power_w for row in stored}, {11_000.0})

    def test_tc_j_01_round_times_without_a_transaction(self) -> None:
        with self.booted() as client:
            self.assertEqual(client.call("MeterValues", evseId=1, meterValue=metered(1000, "Sample.Clock")), {})
            self.assertEqual(self.station.evses.get(number=1).power_w, 11_000.0)
            self.assertIsNone(MeterValue.objects.get().transaction)

    def updated(self, trigger: str, context: str, **more: Any) -> None:
        with self.charging() as (client, _):
            for value in (1100.0, 1200.0):
                client.event("Updated", trigger, meterValue=metered(value, context, **more))
            self.kept(1100.0, 1200.0)
            self.assertEqual((self.row()["power_w"], self.row()["session_energy_wh"]), (11_000.0, 200.0))

    def test_tc_j_02_round_times_during_a_transaction(self) -> None:
        self.updated("MeterValueClock", "Sample.Clock")

    def ended(self, context: str) -> None:
        with self.charging() as (client, _):
            values = metered(2000, context) + metered(3000, "Transaction.End")
            client.event("Ended", "StopAuthorized", info={"stoppedReason": "Local"}, meterValue=values)
            self.assert_over("Local")
            self.kept(2000.0, 3000.0)

    def test_tc_j_03_round_times_with_the_end(self) -> None:
        self.ended("Sample.Clock")

    def test_tc_j_04_round_times_signed(self) -> None:
        self.updated("MeterValueClock", "Sample.Clock", signedMeterValue=SIGNED)

    def test_tc_j_07_with_the_start(self) -> None:
        with self.booted() as client:
            values = metered(1000, "Transaction.Begin")
            client.event("Started", "Authorized", "Charging", idToken=token(), meterValue=values)
            self.kept(1000.0)
            self.assertEqual(self.transaction().meter_start_wh, 1000.0)

    def test_tc_j_08_evse_not_known_yet(self) -> None:
        with self.booted() as client:
            client.event("Started", "Authorized", "Idle", evse=0, idToken=token())
            self.assertIsNone(self.transaction().evse)
            values = metered(1000, "Transaction.Begin")
            client.event("Updated", "CablePluggedIn", "EVConnected", evse=2, meterValue=values)
            running = self.transaction()
            assert running.evse is not None
            self.assertEqual((running.evse.number, running.meter_start_wh), (2, 1000.0))

    def test_tc_j_09_at_intervals(self) -> None:
        self.updated("MeterValuePeriodic", "Sample.Periodic")

    def test_tc_j_10_with_the_end(self) -> None:
        self.ended("Sample.Periodic")

    def test_tc_j_11_at_intervals_signed(self) -> None:
        self.updated("MeterValuePeriodic", "Sample.Periodic", signedMeterValue=SIGNED)
        (energy, _) = orjson.loads(MeterValue.objects.latest("pk").samples)
        self.assertEqual(energy["signedMeterValue"], SIGNED, "a signature holds only for what was signed")
