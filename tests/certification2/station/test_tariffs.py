"""Tariffs that the emulator keeps, and what is refused (block I of 2.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from stations.models import SessionCost, StationTariff, Transaction
from stations.ocpp.frames import Payload
from stations.services.tariffs import register
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.certification2.support import named
from tests.stations.tariffs import energy, tariff
from tests.waiting import eventually

CONTROLLER = "TariffCostCtrlr"

MANY = energy(*((1, {"minEnergy": 1000 * step}) for step in range(11)))
"""More prices than the station takes (MaxElements)."""


def priced(name: str, text: str = "", **parts: Any) -> Payload:
    """A TariffType with a description."""
    words = {"description": [{"format": "UTF8", "content": text}]} if text else {}
    return tariff(**parts, **words) | {"tariffId": name}


class TariffCase(StationCase2):
    version = "2.1"

    # -- the server -------------------------------------------------------------------------

    def enter(self, body: Payload, **whose: Any) -> None:
        """The server knows a tariff, of everybody where nothing else is said."""

        def store(batch: Batch, *, by: object) -> None:
            register.assign_tariff(batch, tariff_id=register.add_tariff(batch, body=body).pk, **whose)

        self.direct(store)

    def enter_for_driver(self, body: Payload) -> None:
        self.family("SISTER")
        self.enter(body, group="FAMILY")

    def default(self, body: Payload, result: str = "Accepted", evse: int = 0) -> None:
        self.ask("SetDefaultTariff", {"evseId": evse, "tariff": body}, result)

    def change_to(self, body: Payload, reference: str, result: str = "Accepted") -> None:
        self.ask("ChangeTransactionTariff", {"tariff": body, "transactionId": reference}, result)

    def assigned(self, result: str = "Accepted") -> dict[str, Payload]:
        reply = self.ask("GetTariffs", {"evseId": 0}, result)
        return {each["tariffId"]: each for each in reply.get("tariffAssignments", ())}

    def switch(self, variable: str, value: str, instance: str = "Tariff") -> None:
        (result,) = self.set_variables(named(CONTROLLER, variable, instance=instance) | {"attributeValue": value})
        self.assertEqual(result["attributeStatus"], "Accepted")

    # -- the station ------------------------------------------------------------------------

    def built_with(self, point: ChargePoint, variable: str, value: str) -> None:
        """What only another kind of station has."""
        self.put_variable(point, CONTROLLER, variable, value, variable_instance="Tariff")

    def shown(self, point: ChargePoint) -> str:
        return point.do(lambda model, now: model.costs.shown(1, now))

    def use(self, point: ChargePoint, wh: int = 10) -> None:
        """Let so much flow."""

        def used(outlet: Any, now: float) -> int:
            outlet.advance(now)
            return int(outlet.register_wh - outlet.charge.begin_wh)

        eventually(lambda: point.at(used) >= wh)

    def finish(self, point: ChargePoint) -> Payload:
        """The card is shown again; the last event."""
        point.present(CARD)
        self.assert_story("Ended StopAuthorized Local")
        eventually(lambda: not Transaction.objects.latest("pk").active)
        return dict(self.requests("TransactionEvent")[-1])

    def assert_agreed(self) -> None:
        """The server has counted the same as the station tells."""
        session = Transaction.objects.latest("pk")
        row = SessionCost.objects.get(transaction=session)
        self.assertTrue(session.cost_is_final)
        self.assertIsNotNone(session.cost)
        self.assertEqual(row.told_cost, session.cost, (row.told_details, row.details))


class Defaults(TariffCase):
    def test_tc_i_100_default_valid_from_a_time_on(self) -> None:
        """It takes the place of the other one then; the session that runs keeps what it had."""
        with self.booted() as point:
            self.default(priced("T1", "cheap", **energy(0.2)))
            self.charge(point)
            begin = isoformat(clock.now() + timedelta(seconds=1))
            self.default(priced("T2", "dear", **energy(0.9), validFrom=begin))
            found = self.assigned()
            self.assertEqual((set(found), found["T2"]["validFrom"]), ({"T1", "T2"}, begin))
            eventually(lambda: set(self.assigned()) == {"T2"})
            periods = self.finish(point)["costDetails"]["chargingPeriods"]
            self.assertEqual({each["tariffId"] for each in periods}, {"T1"})
            point.unplug()
            self.assert_story("1 Available")
            point.plug_in()
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            point.present(CARD)
            self.assert_story("Authorize", "Updated Authorized", "Updated ChargingStateChanged")
            self.assertEqual(self.finish(point)["transactionInfo"]["tariffId"], "T2")

    def test_tc_i_101_default_with_times_of_day(self) -> None:
        """By the station's own clock, wherever it stands."""
        with self.booted() as point:
            self.set_variable("ClockCtrlr", "TimeZone", "Asia/Tokyo")
            local = clock.now().astimezone(ZoneInfo("Asia/Tokyo"))
            hours = [f"{local + timedelta(hours=each):%H:%M}" for each in (-2, 2)]
            times = {"startTimeOfDay": hours[0], "endTimeOfDay": hours[1]}
            body = priced("T1", **energy((100, times), 7))
            self.enter(body)
            self.default(body)
            self.charge(point)
            self.use(point)
            details = self.finish(point)["costDetails"]
            kwh = details["totalUsage"]["energy"] / 1000
            self.assertAlmostEqual(details["totalCost"]["energy"]["exclTax"], 100 * kwh, places=2)
            self.assert_agreed()

    def test_tc_i_103_default_no_costs_are_counted(self) -> None:
        with self.booted() as point:
            self.switch("Enabled", "false")
            self.default(tariff(**energy(0.5)), "Rejected")
            self.assertFalse(StationTariff.objects.exists())
            self.charge(point)
            ended = self.finish(point)
            self.assertNotIn("costDetails", ended)
            self.assertNotIn("tariffId", ended["transactionInfo"])

    def test_tc_i_105_default_conditions(self) -> None:
        with self.booted() as point:
            self.built_with(point, "ConditionsSupported", "false")
            self.default(tariff(**energy((0.2, {"minPower": 5000}), 0.5)), "ConditionNotSupported")
            self.assertFalse(StationTariff.objects.exists())
            self.default(tariff(**energy(0.5)))

    def test_tc_i_106_default_what_cannot_be(self) -> None:
        with self.booted() as point:
            self.default(tariff(**energy(0.5)), "Rejected", evse=3)
            self.default(tariff(**energy(0.5)), evse=1)
            self.default(tariff(**energy(0.9)), "DuplicateTariffId", evse=2)
            nonsense = tariff(**energy(0.5)) | {"currency": "eur", "tariffId": "T2"}
            answer = point.receive("SetDefaultTariff", {"evseId": 2, "tariff": nonsense})
            self.assertEqual(answer["status"], "Rejected")
            self.assertEqual(self.assigned()["T1"]["evseIds"], [1])


class OfDrivers(TariffCase):
    def problems(self) -> list[str]:
        """What the station has told of its trouble with tariffs."""
        events = [each for request in self.requests("NotifyEvent") for each in request["eventData"]]
        return [each["actualValue"] for each in events if each["component"]["name"] == CONTROLLER]

    def test_tc_i_107_of_a_driver_that_cannot_be_used_the_default(self) -> None:
        self.enter_for_driver(priced("D1", **MANY))
        with self.booted() as point:
            self.default(priced("T1", **energy(0.5)))
            self.charge(point)
            ended = self.finish(point)
            self.assertEqual(ended["transactionInfo"]["tariffId"], "T1")
            self.assertEqual({each["tariffId"] for each in ended["costDetails"]["chargingPeriods"]}, {"T1"})
            eventually(lambda: self.problems() == ["true"])

    def test_tc_i_108_of_a_driver_that_cannot_be_used_refused(self) -> None:
        self.enter_for_driver(priced("D1", **MANY))
        with self.booted() as point:
            self.switch("HandleFailedTariff", "Deauthorize")
            self.default(priced("T1", **energy(0.5)))
            point.plug_in()
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            point.present(CARD)
            self.assert_story("Authorize")
            eventually(lambda: self.problems() == ["true"])
            self.assertFalse(point.running)
            point.unplug()
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Available")
            self.assertNotIn("costDetails", self.requests("TransactionEvent")[-1])

    def test_tc_i_109_of_a_driver(self) -> None:
        """It goes before the default one, is of the session's EVSE meanwhile, and goes with the session."""
        self.enter_for_driver(priced("D1", **energy(100)))
        with self.booted(configured={"AuthorizationCacheEnabled": "false"}) as point:
            self.default(priced("T1", **energy(0.5)))
            self.charge(point)
            (authorised,) = (e for e in self.requests("TransactionEvent") if e["triggerReason"] == "Authorized")
            self.assertEqual(authorised["transactionInfo"]["tariffId"], "D1")
            found = self.assigned()["D1"]
            self.assertEqual((found["tariffKind"], found["evseIds"]), ("DriverTariff", [1]))
            self.assertEqual([each.casefold() for each in found["idTokens"]], [CARD.casefold()])
            self.use(point)
            self.assertEqual(self.finish(point)["transactionInfo"]["tariffId"], "D1")
            self.assert_agreed()
            self.assertEqual(set(self.assigned()), {"T1"})


class Changes(TariffCase):
    def refused(self, body: Payload, result: str, prepare: Any = None) -> None:
        """The session goes on as it was agreed."""
        with self.booted() as point:
            self.default(priced("T1", **energy(0.5)))
            reference = self.charge(point).reference
            if prepare is not None:
                prepare(point)
            self.change_to(body, reference, result)
            periods = self.finish(point)["costDetails"]["chargingPeriods"]
            self.assertEqual({each["tariffId"] for each in periods}, {"T1"})

    def test_tc_i_112_changed_no_costs_are_counted(self) -> None:
        with self.booted() as point:
            self.switch("Enabled", "false")
            reference = self.charge(point).reference
            self.change_to(priced("T2", **energy(0.1)), reference, "Rejected")
            self.assertNotIn("costDetails", self.finish(point))
            self.assertFalse(SessionCost.objects.exists())

    def test_tc_i_113_changed_too_many_elements(self) -> None:
        self.refused(priced("T2", **MANY), "TooManyElements")

    def test_tc_i_114_changed_conditions(self) -> None:
        body = priced("T2", **energy((0.1, {"minPower": 5000}), 0.5))
        self.refused(
            body, "ConditionNotSupported", lambda point: self.built_with(point, "ConditionsSupported", "false")
        )

    def test_tc_i_115_changed(self) -> None:
        """From then on, and not for what was before; both sides count the same."""
        first, second = priced("T1", **energy(40)), priced("T2", **energy((200, {"minPower": 1000}), 9))
        self.enter(first)
        with self.booted() as point:
            self.default(first)
            reference = self.charge(point).reference
            self.use(point, 20)
            self.change_to(second, reference)
            self.assert_story("Updated TariffChanged")
            changed = self.requests("TransactionEvent")[-1]
            self.assertEqual(changed["transactionInfo"]["tariffId"], "T2")
            self.use(point, 40)
            ended = self.finish(point)
            periods = ended["costDetails"]["chargingPeriods"]
            self.assertEqual([each["tariffId"] for each in periods][-1], "T2")
            self.assertEqual({each["tariffId"] for each in periods}, {"T1", "T2"})
            self.assertEqual(periods[-1]["startPeriod"], changed["timestamp"])
            self.assertEqual(Transaction.objects.get().tariff, "T2")
            self.assert_agreed()
