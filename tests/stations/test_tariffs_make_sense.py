"""A tariff that nobody can have meant is refused, with the place and the reason."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.ocpp import schemas
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.sense import problems_of
from tests.stations.tariffs import energy, fixed, minutes, tariff


class Sense(TestCase):
    def paths(self, body: Payload) -> list[str]:
        """Where something is wrong. What breaks the schema never gets here."""
        self.assertEqual(schemas.request_problems("2.1", "SetDefaultTariff", {"evseId": 0, "tariff": body}), [])
        return [each.path for each in problems_of(body)]

    def conditions(self, **conditions: Any) -> list[str]:
        return self.paths(tariff(**energy((0.5, conditions))))

    def test_a_good_one(self) -> None:
        body = tariff(
            **energy((-0.1, {"startTimeOfDay": "11:00", "endTimeOfDay": "00:00", "dayOfWeek": ["Sunday"]}), 0.5),
            **fixed("fixedFee", (1, {"validFromDate": "2026-01-01", "validToDate": "2027-01-01"})),
            **minutes("idleTime", (0.1, {"minIdleTime": 60, "maxIdleTime": 120})),
            description=[{"format": "UTF8", "content": "a"}, {"format": "UTF8", "content": "b", "language": "de"}],
            validFrom="2026-01-01T00:00:00Z",
            minCost={"exclTax": 1},
            maxCost={"exclTax": 1},
        )
        self.assertEqual(self.paths(body), [])
        self.assertEqual(self.conditions(minPower=-10, maxPower=-5000), [])

    def test_the_tariff_itself(self) -> None:
        self.assertEqual(self.paths(tariff()), [""])
        self.assertEqual(self.paths(tariff(**energy(1)) | {"currency": "eur"}), ["currency"])
        # Schemas do not look into times.
        self.assertEqual([each.path for each in problems_of(tariff(**energy(1), validFrom="soon"))], ["validFrom"])
        twice = [{"format": "UTF8", "content": "a"}, {"format": "UTF8", "content": "b"}]
        self.assertEqual(self.paths(tariff(**energy(1), description=twice)), ["description"])

    def test_prices(self) -> None:
        self.assertEqual(self.paths(tariff(**minutes("idleTime", -1))), ["idleTime/prices/0/priceMinute"])
        self.assertEqual(self.paths(tariff(**energy(1, 2))), ["energy/prices/0"])
        self.assertEqual(self.paths(tariff(**energy(*((1, {"minTime": 1}) for _ in range(101))))), ["energy/prices"])
        taxed = energy(1, taxRates=[{"type": "VAT", "tax": -1}])
        self.assertEqual(self.paths(tariff(**taxed)), ["energy/taxRates/0/tax"])

    def test_times(self) -> None:
        place = "energy/prices/0/conditions"
        self.assertEqual(self.conditions(startTimeOfDay="24:00"), [f"{place}/startTimeOfDay"])
        self.assertEqual(self.conditions(validFromDate="2026-02-30"), [place])
        self.assertEqual(self.conditions(startTimeOfDay="08:00", endTimeOfDay="08:00"), [f"{place}/endTimeOfDay"])
        dates = {"validFromDate": "2026-02-02", "validToDate": "2026-02-02"}
        self.assertEqual(self.conditions(**dates), [f"{place}/validToDate"])

    def test_ranges(self) -> None:
        place = "energy/prices/0/conditions"
        self.assertEqual(self.conditions(minEnergy=5, maxEnergy=5), [f"{place}/maxEnergy"])
        self.assertEqual(self.conditions(minPower=-5, maxPower=5), [f"{place}/maxPower"])
        self.assertEqual(self.conditions(minPower=-50, maxPower=-5), [f"{place}/maxPower"])
        self.assertEqual(self.conditions(maxTime=-5), [f"{place}/maxTime"])

    def test_limits(self) -> None:
        self.assertEqual(self.paths(tariff(**energy(1), minCost={})), ["minCost"])
        self.assertEqual(self.paths(tariff(**energy(1), maxCost={"inclTax": -1})), ["maxCost"])
        between = {"minCost": {"exclTax": 2}, "maxCost": {"exclTax": 1}}
        self.assertEqual(self.paths(tariff(**energy(1), **between)), ["maxCost"])
