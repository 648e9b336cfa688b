"""Limits and costs of the emulator's transactions (2.1, block E)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from stations.models import Transaction
from stations.ocpp.frames import Payload
from stations.services.sessions.limits import set_limits
from stations.services.tariffs import register
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.stations.tariffs import energy, fixed, tariff
from tests.waiting import eventually

Limits = dict[str, float]

LIMITED = "Updated LimitSet"
LOCAL = "Ended StopAuthorized Local"
NO_CREDIT = "Ended CostLimitReached LocalOutOfCredit"


class LimitCase(StationCase2):
    version = "2.1"

    def by_server(self, running: Transaction, limits: Limits) -> None:
        """The operator limits what runs; the station hears of it with the answer to an event."""

        def limit(batch: Batch, *, by: object) -> Transaction:
            return set_limits(batch, transaction_id=running.pk, limits=limits)

        self.direct(limit)

    def by_driver(self, point: ChargePoint, limits: Limits) -> None:
        point.at(lambda outlet, now: outlet.limit_by_driver(limits, now))

    def assert_told(self, limits: Limits) -> None:
        """The station has said which limits hold now."""
        self.assert_story(LIMITED)
        event = [each for each in self.requests("TransactionEvent") if each["triggerReason"] == "LimitSet"][-1]
        self.assertEqual(event["transactionInfo"]["transactionLimit"], limits)
        self.assertEqual(self.transaction().limits, limits)

    def price(self, body: Payload) -> None:
        """What the server charges by; the station does not know it."""

        def enter(batch: Batch, *, by: object) -> None:
            register.assign_tariff(batch, tariff_id=register.add_tariff(batch, body=body).pk)

        self.direct(enter)


class OfTheDriver(LimitCase):
    def limited(self, limits: Limits, end: str, reason: str, body: Payload | None = None) -> Transaction:
        with self.booted() as point:
            if body is not None:
                self.ask("SetDefaultTariff", {"evseId": 0, "tariff": body})
            self.charge(point)
            self.by_driver(point, limits)
            self.assert_told(limits)
            self.assert_story(end)
            return self.assert_ended(reason)

    def test_tc_e_106_energy_by_the_station(self) -> None:
        done = self.limited({"maxEnergy": 50.0}, "Ended EnergyLimitReached EnergyLimitReached", "EnergyLimitReached")
        self.assertGreaterEqual(done.energy_wh or 0.0, 50.0)

    def test_tc_e_107_time_by_the_station(self) -> None:
        self.limited({"maxTime": 15}, "Ended TimeLimitReached TimeLimitReached", "TimeLimitReached")

    def test_tc_e_108_cost_by_the_station(self) -> None:
        """The station counts by its own tariff, and tells what it has counted."""
        done = self.limited({"maxCost": 0.2}, NO_CREDIT, "LocalOutOfCredit", tariff(**energy(5.0)))
        ended = self.requests("TransactionEvent")[-1]
        told = ended["costDetails"]["totalCost"]["total"]["exclTax"]
        self.assertGreaterEqual(told, 0.2)
        self.assertEqual(told, round((done.energy_wh or 0.0) * 0.005, 2))


class OfTheServer(LimitCase):
    def test_tc_e_101_cost_that_the_server_counts(self) -> None:
        """The station has no tariff: it goes by what the answers say."""
        self.price(tariff(**fixed("fixedFee", 1.0)))
        with self.booted(configured={"MeterValueSampleInterval": "5"}) as point:
            running = self.charge(point)
            self.by_server(running, {"maxCost": 0.8})
            self.assert_story(LIMITED, NO_CREDIT)
            self.assertEqual(self.assert_ended("LocalOutOfCredit").limits, {"maxCost": 0.8})

    def test_tc_e_103_cost_that_the_station_counts(self) -> None:
        with self.booted(configured={"MeterValueSampleInterval": "5"}) as point:
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(5.0))})
            running = self.charge(point)
            self.by_server(running, {"maxCost": 0.2})
            self.assert_story(LIMITED, NO_CREDIT)
            self.assertGreaterEqual(self.assert_ended("LocalOutOfCredit").energy_wh or 0.0, 40.0)

    def test_tc_e_104_cost_in_the_answers(self) -> None:
        self.price(tariff(**fixed("fixedFee", 1.0)))
        with self.booted(configured={"MeterValueSampleInterval": "5"}) as point:
            self.charge(point)
            eventually(lambda: point.at(lambda outlet, now: outlet.charge is not None and outlet.charge.cost == 1.0))
            point.present(CARD)
            self.assert_story(LOCAL)
            self.assertEqual(float(self.assert_ended("Local").cost or 0), 1.0)

    def test_tc_e_102_limits_of_both(self) -> None:
        """They add up; of two for the same the stricter one holds."""
        with self.booted(configured={"MeterValueSampleInterval": "5"}) as point:
            running = self.charge(point)
            self.by_driver(point, {"maxTime": 3600, "maxEnergy": 9000.0})
            self.assert_told({"maxTime": 3600, "maxEnergy": 9000.0})
            self.by_server(running, {"maxEnergy": 100.0})
            self.assert_told({"maxTime": 3600, "maxEnergy": 100.0})
            self.assert_story("Ended EnergyLimitReached EnergyLimitReached")
            self.assert_ended("EnergyLimitReached")
