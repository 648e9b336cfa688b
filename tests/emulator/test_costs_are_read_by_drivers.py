"""Tariffs that fail or come into force later, and what the display says of prices and costs (block I of 2.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed
from stations.ocpp.tariffs.tariff import read_tariff
from tests.emulator.fakes import model
from tests.emulator.scripted import Scripted
from tests.emulator.test_tariffs_are_kept_and_counted import ONE, TWO, TariffCase
from tests.stations.tariffs import energy, fixed, minutes, tariff

CONTROLLER = "TariffCostCtrlr"

DRIVERS = TWO | {"tariffId": "D1"}


class Case(TariffCase):
    def put(self, variable: str, value: str, instance: str = "Tariff") -> None:
        path = Path(CONTROLLER, variable, variable_instance=instance)
        self.drive.station.variables.put(path, value, self.drive.now)

    def give(self, body: Payload | None) -> None:
        """What the next Authorize is answered."""
        self.server.more["Authorize"] = {} if body is None else {"tariff": body}

    def problem(self) -> str:
        return self.drive.station.variables.text(CONTROLLER, "Problem", self.drive.now)

    def shown(self) -> str:
        return self.drive.station.costs.shown(1, self.drive.now)

    def listed(self) -> dict[str, Payload]:
        found = self.ask("GetTariffs", evseId=0).get("tariffAssignments", [])
        return {each["tariffId"]: each for each in found}

    def later(self, name: str, seconds: float) -> Payload:
        """A tariff that is valid in so many seconds."""
        return ONE | {"tariffId": name, "validFrom": self.drive.station.moment(self.drive.now + seconds).stamp}


class Later(Case):
    def test_one_after_the_other(self) -> None:
        self.set(ONE)
        for name, seconds in (("T3", 200), ("T2", 100), ("T4", 200)):  # T4 takes the place of T3
            self.assertEqual(self.set(self.later(name, seconds)), "Accepted")
        self.assertEqual(set(self.listed()), {"T1", "T2", "T4"})
        self.drive.run(150)
        self.assertEqual(set(self.listed()), {"T2", "T4"})
        self.set(TWO | {"tariffId": "T5"})  # in place of what is in force now
        self.assertEqual(set(self.listed()), {"T4", "T5"})
        self.drive.run(100)
        self.assertEqual(set(self.listed()), {"T4"})
        self.begin()
        self.assertEqual(self.end()["transactionInfo"]["tariffId"], "T4")

    def test_an_id_of_one_that_waits_is_taken(self) -> None:
        self.set(ONE)
        waiting = self.later("T2", 100)
        self.set(waiting)
        self.assertEqual(self.set(TWO), "DuplicateTariffId")
        self.assertEqual(self.set(waiting), "Accepted", "the very same once more")
        self.assertEqual(self.ask("ClearTariffs", tariffIds=["T2"])["clearTariffsResult"][0]["status"], "Accepted")
        self.assertEqual(set(self.listed()), {"T1"})


class OfDrivers(Case):
    def test_one_that_fails_is_left_to_the_server(self) -> None:
        self.put("HandleFailedTariff", "CentralCost")
        self.set()
        self.give(DRIVERS | {"currency": "eur"})
        self.begin()
        self.assertEqual((self.problem(), self.charge.agreed), ("true", []))
        self.assertNotIn("costDetails", self.end())
        self.assertEqual(set(self.listed()), {"T1"})
        self.assertEqual(self.ask("ClearTariffs")["clearTariffsResult"], [{"tariffId": "T1", "status": "Accepted"}])

    def test_one_that_fails_keeps_its_driver_out(self) -> None:
        self.put("HandleFailedTariff", "Deauthorize")
        self.give(DRIVERS | {"currency": "eur"})
        self.begin()
        self.assertFalse(self.outlet.running)
        self.give(DRIVERS)
        self.present()
        self.assertEqual((self.problem(), self.outlet.running), ("false", True))

    def test_where_nothing_is_counted_they_are_left_aside(self) -> None:
        self.put("Enabled", "false")
        self.give(DRIVERS)
        self.begin()
        self.assertNotIn("costDetails", self.end())

    def test_one_holds_at_once(self) -> None:
        self.give(DRIVERS | {"validFrom": "2099-01-01T00:00:00Z"})
        self.begin()
        self.assertEqual(self.listed()["D1"]["evseIds"], [1])
        self.assertEqual(self.end()["transactionInfo"]["tariffId"], "D1")
        self.assertNotIn("evseIds", self.listed()["D1"])

    def test_it_goes_with_the_cache(self) -> None:
        self.give(DRIVERS)
        self.begin()
        self.end()
        self.assertEqual(set(self.listed()), {"D1"})
        self.ask("ClearCache")
        self.assertEqual(self.listed(), {})

    def test_it_stays_where_there_is_no_cache_to_clear(self) -> None:
        self.drive.station.settings.put("AuthorizationCacheEnabled", "false")
        self.give(DRIVERS)
        self.begin()
        self.assertEqual(self.ask("ClearCache"), {"status": "Rejected"})
        self.assertEqual(set(self.listed()), {"D1"})

    def test_without_a_cache_it_goes_with_the_last_session(self) -> None:
        self.drive.station.settings.put("AuthorizationCacheEnabled", "false")
        self.give(DRIVERS)
        self.begin()
        other = self.drive.station.outlet(2)
        other.plug_in(self.drive.now)
        other.present("card", self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.listed()["D1"]["evseIds"], [1, 2])
        self.end()
        self.assertEqual(self.listed()["D1"]["evseIds"], [2])
        other.present("card", self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.listed(), {})

    def test_another_answer_takes_it_away(self) -> None:
        self.set()
        self.give(DRIVERS)
        self.begin()
        self.end()
        self.give(None)
        self.present()
        self.assertEqual(self.end()["transactionInfo"]["tariffId"], "T1")


class Changed(Case):
    def test_it_is_told_with_what_the_meter_shows(self) -> None:
        self.set()
        self.begin()
        self.drive.run(600)
        self.ask("ChangeTransactionTariff", tariff=TWO, transactionId=self.charge.reference)
        (event,) = (each for each in self.drive.of("TransactionEvent") if each["triggerReason"] == "TariffChanged")
        self.assertEqual(event["transactionInfo"]["tariffId"], "T2")
        (value, *_) = event["meterValue"][0]["sampledValue"]
        self.assertEqual((value["value"], value["context"]), (self.outlet.register_wh, "Other"))
        self.drive.run(600)
        self.assertEqual(self.end()["costDetails"]["chargingPeriods"][1]["startPeriod"], event["timestamp"])

    def test_one_that_is_refused_is_not(self) -> None:
        self.begin()
        self.put("ConditionsSupported", "false")
        wanted = tariff(**energy((1, {"minPower": 100})))
        answer = self.ask("ChangeTransactionTariff", tariff=wanted, transactionId=self.charge.reference)
        self.assertEqual(answer, {"status": "ConditionNotSupported"})
        self.assertNotIn("TariffChanged", [each["triggerReason"] for each in self.drive.of("TransactionEvent")])

    def test_1_6_has_no_word_for_it(self) -> None:
        station = model("1.6", manual=True)
        self.assertEqual(station.words.repriced(self._charge(), station.outlet(1).reading(0.0)), [])

    def _charge(self) -> Any:
        self.begin()
        return self.charge


class Display(Case):
    def test_prices_and_costs(self) -> None:
        self.put("TariffFallbackMessage", "Ask us", "")
        self.assertEqual(self.shown(), "Ask us")
        self.set()
        self.assertEqual(self.shown(), "1.00 €/kWh")
        self.plug_in()
        self.assertEqual(self.shown(), "1.00 €/kWh", "nobody has paid yet")
        self.present()
        self.assertEqual(self.shown(), "0.00 EUR")
        self.drive.run(3600)
        cost = self.end()["costDetails"]["totalCost"]["total"]["inclTax"]
        self.assertEqual(self.shown(), f"{cost:.2f} EUR")
        self.put("Enabled", "false", "Cost")
        self.assertEqual(self.shown(), "")

    def test_no_prices_where_none_are_wanted(self) -> None:
        self.set()
        self.put("Enabled", "false")
        self.assertEqual(self.shown(), "")

    def test_the_servers_word(self) -> None:
        self.put("TotalCostFallbackMessage", "You get a bill", "")
        self.begin()
        self.assertEqual(self.shown(), "")
        self.ask("CostUpdated", totalCost=1.5, transactionId=self.charge.reference)
        self.assertEqual(self.shown(), "1.50 EUR")
        shown = {"format": "UTF8", "content": "2,50 Euro"}
        self.server.more["TransactionEvent"] = {"totalCost": 2.5, "updatedPersonalMessage": shown}
        self.end()
        self.assertEqual(self.shown(), "2,50 Euro")

    def test_nobody_knows_the_cost(self) -> None:
        self.put("TotalCostFallbackMessage", "You get a bill", "")
        self.begin()
        self.drive.station.disconnected(self.drive.now)
        self.outlet.present("CARD", self.drive.now)
        self.assertEqual(self.shown(), "You get a bill")

    def test_what_the_station_cannot_count_the_server_knows(self) -> None:
        self.set()
        self.begin()
        self.charge.agreed.append(Agreed(datetime.now(UTC), read_tariff(TWO | {"currency": "USD"})))
        self.ask("CostUpdated", totalCost=7, transactionId=self.charge.reference)
        self.assertEqual(self.shown(), "7.00 EUR")


class Zones(Case):
    NIGHT = tariff(**fixed("fixedFee", (1, {"startTimeOfDay": "17:00", "endTimeOfDay": "18:00"}), 2))
    """The clock of the tests begins at 8:00 UTC."""

    def total(self, zone: str) -> float:
        self.drive.station.variables.put(Path("ClockCtrlr", "TimeZone"), zone, self.drive.now)
        self.set(self.NIGHT)
        self.begin()
        total: float = self.end()["costDetails"]["totalCost"]["total"]["exclTax"]
        return total

    def test_times_are_local(self) -> None:
        self.assertEqual(self.total("Asia/Tokyo"), 1.0)

    def test_of_a_zone_that_there_is_not_they_are_utc(self) -> None:
        self.assertEqual(self.total("Nowhere/Land"), 2.0)


class Reserved(Case):
    def test_from_when_it_was_made(self) -> None:
        self.set(tariff(**fixed("reservationFixed", 3), **minutes("reservationTime", 1)))
        token = {"idToken": "CARD", "type": "ISO14443"}
        expiry = self.drive.station.moment(self.drive.now + 7200).stamp
        self.ask("ReserveNow", id=7, evseId=1, idToken=token, expiryDateTime=expiry)
        self.drive.run(600)
        self.begin()
        cost = self.end()["costDetails"]
        self.assertEqual(cost["totalUsage"]["reservationTime"], 600)
        self.assertEqual(cost["totalCost"]["total"]["exclTax"], 13.0)


class Books(TariffCase):
    def test_are_kept_where_it_is_built_to(self) -> None:
        for version in ("1.6", "2.1"):
            for books in (False, True):
                drive = Scripted(self, version, books=books)
                drive.charge()
                drive.run(600)
                drive.present()
                self.assertEqual(len(drive.station.books), int(books))
                if books:
                    (charge,) = drive.station.books
                    used = charge.readings[-1].energy_wh - charge.readings[0].energy_wh
                    self.assertEqual(used, drive.outlet.register_wh - charge.readings[0].energy_wh)
                    self.assertGreater(used, 0)
