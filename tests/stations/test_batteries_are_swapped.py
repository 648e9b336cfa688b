"""Swaps of batteries, from the request or the first half to the end, in any order (2.1 use cases S01 to S03)."""

from __future__ import annotations

from typing import Any

from smartserver.core.errors import Conflict
from smartserver.core.events import BATTERY_SWAP_CHANGED, TOKEN_REFUSED
from stations import settlement
from stations.models import BatterySwap, SwappedBattery
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from tests.stations.asked import AskedCase
from tests.stations.factories import TokenFactory
from tests.stations.support import call
from tests.units import run_published


class SwapCase(AskedCase):
    version = "2.1"

    def setUp(self) -> None:
        super().setUp()
        TokenFactory.create(value="CARD")

    def swap(self, event: str, serial: str, *, request: int = 1, card: str = "CARD", slot: int = 1) -> list[Any]:
        payload: Payload = {
            "eventType": event,
            "requestId": request,
            "idToken": {"idToken": card, "type": "ISO14443"},
            "batteryData": [{"evseId": slot, "serialNumber": serial, "soC": 50.0, "soH": 90.0}],
        }
        _, published = run_published(call(self.station, "BatterySwap", payload, version="2.1"))
        return [data for kind, data in published.events if kind in (BATTERY_SWAP_CHANGED, TOKEN_REFUSED)]

    def asked(self, **more: Any) -> Payload:
        return {"requestId": 1, "idToken": {"idToken": "CARD", "type": "ISO14443"}} | more

    def states(self) -> list[str]:
        return list(BatterySwap.objects.order_by("pk").values_list("state", flat=True))


class Halves(SwapCase):
    def test_come_in_either_order_and_more_than_once(self) -> None:
        self.assertEqual([each["state"] for each in self.swap("BatteryOut", "NEW")], ["half"])
        self.assertEqual(self.swap("BatteryOut", "NEW"), [])
        self.assertEqual([each["state"] for each in self.swap("BatteryIn", "OLD")], ["complete"])
        self.assertEqual(self.swap("BatteryIn", "OLD"), [])
        self.assertEqual((self.states(), SwappedBattery.objects.count()), (["complete"], 2))

    def test_of_two_requests_are_two_swaps(self) -> None:
        self.swap("BatteryIn", "OLD", request=1)
        self.swap("BatteryIn", "OLD", request=2)
        self.assertEqual(self.states(), ["half", "half"])

    def test_an_offered_battery_may_be_taken_late(self) -> None:
        self.swap("BatteryIn", "OLD")
        self.assertEqual([each["state"] for each in self.swap("BatteryOutTimeout", "NEW")], ["timed_out"])
        self.swap("BatteryOut", "NEW")
        self.assertEqual(self.states(), ["complete"])
        self.swap("BatteryOutTimeout", "NEW")
        self.assertEqual(self.states(), ["complete"], "it was heard late")

    def test_request_ids_are_used_again(self) -> None:
        self.swap("BatteryIn", "OLD")
        self.swap("BatteryOut", "NEW")
        self.swap("BatteryIn", "OTHER")
        self.assertEqual(self.states(), ["complete", "half"])
        self.swap("BatteryOutTimeout", "NEWER")
        self.swap("BatteryIn", "ANOTHER")
        self.assertEqual(self.states(), ["complete", "timed_out", "half"])


class Tokens(SwapCase):
    def test_are_judged_once_a_swap(self) -> None:
        for times in (1, 0):
            events = self.swap("BatteryIn", "OLD", card="STRANGER")
            self.assertEqual(len([each for each in events if each.get("action") == "BatterySwap"]), times)
        swap = BatterySwap.objects.get()
        assert swap.id_token is not None
        self.assertEqual((swap.token_status, swap.id_token.value), ("Unknown", "STRANGER"))

    def test_are_judged_before_a_swap_is_asked_for(self) -> None:
        self.refused(Conflict, lambda batch: self._ask(batch, idToken={"idToken": "STRANGER", "type": "Central"}))
        self.nothing_waits()

    def test_ids_of_requests_have_32_bits(self) -> None:
        self.assertEqual(set(self.problems_of("RequestBatterySwap", self.asked(requestId=2**70))), {"requestId"})

    def _ask(self, batch: Any, **more: Any) -> Any:
        return queue_command(batch, station_id=self.station.pk, action="RequestBatterySwap", payload=self.asked(**more))


class Requests(SwapCase):
    def test_begin_a_swap_that_the_station_goes_on_with(self) -> None:
        self.settle("RequestBatterySwap", self.asked())
        self.assertEqual(self.states(), ["requested"])
        self.swap("BatteryIn", "OLD")
        self.swap("BatteryOut", "NEW")
        self.assertEqual(self.states(), ["complete"])

    def test_have_ids_of_their_own_while_they_are_under_way(self) -> None:
        self.settle("RequestBatterySwap", self.asked())
        with self.assertRaises(Conflict):
            self.ask("RequestBatterySwap", self.asked())
        self.swap("BatteryIn", "OLD")
        self.swap("BatteryOut", "NEW")
        self.settle("RequestBatterySwap", self.asked())
        self.assertEqual(self.states(), ["complete", "requested"])

    def test_may_be_answered_after_the_first_half(self) -> None:
        self.ask("RequestBatterySwap", self.asked())
        sent = self.take()
        self.swap("BatteryIn", "OLD")
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        self.assertEqual(self.states(), ["half"])

    def test_that_are_refused_say_why(self) -> None:
        self.settle(
            "RequestBatterySwap",
            self.asked(),
            {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}},
        )
        swap = BatterySwap.objects.get()
        self.assertEqual((swap.state, swap.reason), ("refused", "NoBatteryAvailable"))
        self.assertIsNotNone(swap.ended_at)

    def test_without_an_answer_leave_nothing(self) -> None:
        self.ask("RequestBatterySwap", self.asked())
        self.say_nothing()
        self.assertEqual(self.states(), [])
