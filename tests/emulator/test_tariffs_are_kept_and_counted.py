"""A 2.1 station keeps tariffs, shows them, reports them, and counts what its sessions cost (block I of 2.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import TestCase

from stations.emulator.point import calls
from stations.emulator.point.message import MAX_READINGS, Charge, Moment, Reading
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.vehicle import Vehicle
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed
from stations.ocpp.tariffs.details import told_total
from stations.ocpp.tariffs.tariff import read_tariff
from tests.emulator.fakes import Answers, Drive, model
from tests.stations.tariffs import energy, fixed, minutes, tariff

TEXT = [{"format": "UTF8", "content": "1.00 €/kWh"}]
ONE = tariff(**energy(1), description=TEXT)
TWO = tariff(**energy(2), **fixed("fixedFee", 3)) | {"tariffId": "T2"}


class Server(Answers):
    """Adds what a test wants to its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.more: dict[str, Payload] = {}

    def to(self, action: str, payload: Payload) -> Payload:
        return super().to(action, payload) | self.more.get(action, {})


class TariffCase(TestCase):
    version = "2.1"

    def setUp(self) -> None:
        self.server = Server()
        self.drive = Drive(model(self.version, manual=True), self.server)
        self.addCleanup(lambda: self.assertEqual(self.drive.problems, []))
        self.drive.connect().run(0)
        self.drive.said.clear()

    @property
    def outlet(self) -> Outlet:
        return self.drive.station.outlet(1)

    @property
    def charge(self) -> Charge:
        assert self.outlet.charge is not None
        return self.outlet.charge

    def ask(self, action: str, **payload: Any) -> Payload:
        """Call the station; what it answers fits the schema."""
        self.assertEqual(schemas.request_problems(self.version, action, payload), [])
        answer = calls.answer(self.drive.station, action, payload, self.drive.now)
        self.assertEqual(schemas.response_problems(self.version, action, answer), [])
        self.drive.run(0)
        return answer

    def set(self, body: Payload = ONE, evse: int = 0) -> str:
        return str(self.ask("SetDefaultTariff", evseId=evse, tariff=body)["status"])

    def assigned(self, evse: int = 0) -> dict[str, list[int]]:
        """The EVSEs of each default tariff."""
        found = self.ask("GetTariffs", evseId=evse).get("tariffAssignments", [])
        return {each["tariffId"]: each["evseIds"] for each in found if each["tariffKind"] == "DefaultTariff"}

    def plug_in(self) -> None:
        self.outlet.plug_in(self.drive.now, Vehicle.usual())
        self.drive.run(0)

    def present(self, token: str = "CARD") -> None:
        self.outlet.present(token, self.drive.now)
        self.drive.run(0)

    def begin(self) -> None:
        self.plug_in()
        self.present()

    def end(self) -> Payload:
        """The costDetails of the end."""
        reference = self.charge.reference
        self.present()
        (event,) = (
            each
            for each in self.drive.of("TransactionEvent")
            if each["eventType"] == "Ended" and each["transactionInfo"]["transactionId"] == reference
        )
        return event


class Defaults(TariffCase):
    def test_of_all_and_of_one(self) -> None:
        self.assertEqual(self.ask("GetTariffs", evseId=0), {"status": "NoTariff"})
        self.assertEqual(self.set(), "Accepted")
        self.assertEqual(self.set(TWO, 2), "Accepted")
        self.assertEqual(self.assigned(), {"T1": [1], "T2": [2]})
        self.assertEqual(self.assigned(2), {"T2": [2]})
        shown = self.drive.station.costs.shown
        self.assertEqual((shown(1, self.drive.now), shown(2, self.drive.now)), ("1.00 €/kWh", ""))

    def test_what_is_refused(self) -> None:
        self.assertEqual(self.set(evse=3), "Rejected")
        self.assertEqual(self.ask("GetTariffs", evseId=3), {"status": "Rejected"})
        self.assertEqual(self.set(ONE | {"currency": "eur"}), "Rejected")
        steps = energy(*((1, {"minEnergy": 1000 * step}) for step in range(11)))
        self.assertEqual(self.set(tariff(**steps)), "TooManyElements")
        self.assertEqual(self.set(tariff(**energy((1, {"minPower": -1000}), 1))), "ConditionNotSupported")
        self.set(evse=1)
        self.assertEqual(self.set(tariff(**energy(9)), 2), "DuplicateTariffId")
        self.assertEqual(self.set(tariff(**energy(9)), 1), "Accepted")  # it takes its place

    def test_are_cleared(self) -> None:
        self.set()
        self.set(TWO, 2)
        self.assertEqual(self.clear(tariffIds=["T2", "T3"], evseId=1), {"T2": "NoTariff", "T3": "NoTariff"})
        self.assertEqual(self.clear(tariffIds=["T2"]), {"T2": "Accepted"})
        self.assertEqual(self.clear(), {"T1": "Accepted"})
        self.assertEqual(self.clear(), {None: "NoTariff"})

    def clear(self, **what: Any) -> dict[str | None, str]:
        results = self.ask("ClearTariffs", **what)["clearTariffsResult"]
        return {each.get("tariffId"): each["status"] for each in results}

    def test_those_of_drivers_too(self) -> None:
        self.server.more["Authorize"] = {"tariff": TWO | {"validFrom": "2025-01-01T00:00:00Z"}}
        self.begin()
        (found,) = self.ask("GetTariffs", evseId=0)["tariffAssignments"]
        self.assertEqual((found["tariffKind"], found["idTokens"]), ("DriverTariff", ["card"]))
        self.assertEqual(found["validFrom"], "2025-01-01T00:00:00Z")
        self.assertEqual(self.clear(evseId=1), {None: "NoTariff"})
        self.assertEqual(self.clear(), {"T2": "Accepted"})


class Costs(TariffCase):
    def total(self, event: Payload) -> float:
        total, currency = told_total(event["costDetails"])
        self.assertEqual(currency, "EUR")
        assert total is not None
        return float(total)

    def test_the_end_tells_them(self) -> None:
        self.set()
        self.begin()
        self.drive.run(3600)
        event = self.end()
        used = event["costDetails"]["totalUsage"]
        self.assertGreater(used["energy"], 1000)
        self.assertAlmostEqual(self.total(event), used["energy"] / 1000, delta=0.005)
        self.assertEqual((used["chargingTime"], event["transactionInfo"]["tariffId"]), (3600, "T1"))

    def test_without_a_tariff_it_tells_none(self) -> None:
        self.begin()
        event = self.end()
        self.assertNotIn("costDetails", event)
        self.assertNotIn("tariffId", event["transactionInfo"])

    def test_a_driver_goes_first_and_what_comes_later_changes_nothing(self) -> None:
        self.server.more["Authorize"] = {"tariff": TWO}
        self.set()
        self.begin()
        self.ask("ClearTariffs")
        self.assertGreaterEqual(self.total(self.end()), 3.0)

    def test_a_driver_whose_tariff_cannot_be_kept_pays_the_default(self) -> None:
        self.server.more["Authorize"] = {"tariff": TWO | {"currency": "eur"}}
        self.set()
        self.begin()
        self.assertEqual(self.end()["transactionInfo"]["tariffId"], "T1")

    def test_a_tariff_that_is_not_valid_yet(self) -> None:
        self.set(ONE | {"validFrom": "2099-01-01T00:00:00Z"})
        self.begin()
        self.assertNotIn("costDetails", self.end())

    def test_an_end_without_a_token(self) -> None:
        self.set()
        self.plug_in()
        self.outlet.unplug(self.drive.now)
        self.drive.run(0)
        (event,) = (each for each in self.drive.of("TransactionEvent") if each["eventType"] == "Ended")
        self.assertNotIn("costDetails", event)

    def test_another_tariff_on_the_way(self) -> None:
        self.begin()
        change = {"transactionId": self.charge.reference}
        self.assertEqual(self.ask("ChangeTransactionTariff", tariff=ONE, transactionId="?")["status"], "TxNotFound")
        self.assertEqual(self.ask("ChangeTransactionTariff", tariff=tariff(), **change)["status"], "Rejected")
        self.assertEqual(self.ask("ChangeTransactionTariff", tariff=ONE, **change)["status"], "Accepted")
        dollars = ONE | {"currency": "USD"}
        self.assertEqual(self.ask("ChangeTransactionTariff", tariff=dollars, **change)["status"], "NoCurrencyChange")
        self.drive.run(1800)
        self.assertEqual(self.ask("ChangeTransactionTariff", tariff=TWO, **change)["status"], "Accepted")
        self.drive.run(1800)
        event = self.end()
        periods = event["costDetails"]["chargingPeriods"]
        self.assertEqual([each["tariffId"] for each in periods], ["T1", "T2"])
        self.assertEqual(event["transactionInfo"]["tariffId"], "T2")

    def test_what_cannot_be_counted(self) -> None:
        self.set()
        self.begin()
        self.charge.agreed.append(Agreed(datetime.now(UTC), read_tariff(ONE | {"currency": "USD"})))
        self.assertTrue(self.end()["costDetails"]["failureToCalculate"])

    def test_the_cost_that_the_server_knows(self) -> None:
        self.begin()
        charge = self.charge
        self.assertEqual(self.ask("CostUpdated", totalCost=1.5, transactionId=charge.reference), {})
        self.assertEqual(charge.cost, 1.5)
        self.ask("CostUpdated", totalCost=9.5, transactionId="another")
        self.assertEqual(charge.cost, 1.5)
        self.server.more["TransactionEvent"] = {"totalCost": 2.5}
        self.end()
        self.assertEqual(charge.cost, 2.5)

    def test_readings_of_a_long_session_are_thinned_out(self) -> None:
        charge = Charge(1, "tx")
        for number in range(MAX_READINGS + 2):
            charge.note(Reading(Moment("2025-03-01T08:00:00Z", offline=False), number, 0.0, 0.0, 230.0, None))
        self.assertEqual(len(charge.readings), MAX_READINGS // 2 + 2)
        self.assertEqual((charge.readings[0].energy_wh, charge.readings[-1].energy_wh), (0, MAX_READINGS + 1))

    def test_idle_time_counts(self) -> None:
        self.set(tariff(**minutes("idleTime", 1)))
        self.outlet.plug_in(self.drive.now, Vehicle.usual())
        self.drive.run(600)
        self.present()
        details = self.end()["costDetails"]
        self.assertEqual(details["totalUsage"]["idleTime"], 600)


class Payments(TariffCase):
    def test_a_web_payment_is_awaited_until_its_time_is_over(self) -> None:
        payments = self.drive.station.payments
        self.assertFalse(payments.is_awaited(1, 0.0))
        self.assertEqual(self.ask("NotifyWebPaymentStarted", evseId=1, timeout=60), {})
        self.assertTrue(payments.is_awaited(1, self.drive.now + 59))
        self.assertFalse(payments.is_awaited(1, self.drive.now + 60))

    def test_a_vat_number_is_judged(self) -> None:
        self.server.more["VatNumberValidation"] = {"vatNumber": "DE1", "status": "Rejected"}
        self.drive.station.payments.type_vat_number("DE1", 1, self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.drive.station.payments.vat_numbers, {"DE1": "Rejected"})

    def test_a_settlement_waits_for_the_connection(self) -> None:
        payments = self.drive.station.payments
        self.server.more["NotifySettlement"] = {"receiptId": "R1"}
        self.drive.station.disconnected(self.drive.now)
        payments.settle("psp", 4.2, self.drive.now, reference="tx", vatNumber="DE1")
        payments.type_vat_number("DE1", 1, self.drive.now)  # nobody waits for that
        self.drive.connect().run(0)
        (said,) = self.drive.of("NotifySettlement")
        self.assertEqual((said["transactionId"], said["settlementAmount"], said["vatNumber"]), ("tx", 4.2, "DE1"))
        self.assertEqual((payments.receipts, self.drive.of("VatNumberValidation")), ({"psp": "R1"}, []))
        payments.settle("psp-2", 1, self.drive.now)
        self.drive.run(0)
        self.assertNotIn("transactionId", self.drive.of("NotifySettlement")[1])


class Older(TariffCase):
    version = "2.0.1"

    def test_a_2_0_1_station_knows_costs_and_no_tariffs(self) -> None:
        self.begin()
        self.ask("CostUpdated", totalCost=1.5, transactionId=self.charge.reference)
        self.assertEqual(self.charge.cost, 1.5)
        with self.assertRaises(CallError) as caught:
            calls.answer(self.drive.station, "GetTariffs", {"evseId": 0}, self.drive.now)
        self.assertEqual(caught.exception.code, "NotImplemented")
