"""Messages on displays, as the server sees them (block O)."""

from __future__ import annotations

from typing import Any

from stations.models import DisplayMessage, IdToken, Report
from stations.ocpp.frames import Payload
from tests.certification2.central.support import ACCEPTED, CentralCase2
from tests.certification2.support import token


class Displays(CentralCase2):
    def message(self, number: int = 1, **more: Any) -> Payload:
        content = {"format": "UTF8", "language": "en", "content": "Hello"}
        return {"id": number, "priority": "NormalCycle", "message": content} | more

    def held(self) -> set[int]:
        return set(DisplayMessage.objects.filter(station=self.station).values_list("number", flat=True))

    def shown(self, status: str = "Accepted", **more: Any) -> None:
        self.asked("SetDisplayMessage", {"message": self.message(**more)}, status)
        self.assertEqual(self.held(), {1} if status == "Accepted" else set())

    def test_tc_o_01_shown(self) -> None:
        self.shown()

    def test_tc_o_06_during_a_transaction(self) -> None:
        with self.charging() as (client, reference):
            message = {"message": self.message(transactionId=reference)}
            self.ask(client, "SetDisplayMessage", message, ACCEPTED)
            self.assertEqual(DisplayMessage.objects.get().transaction, reference)

    def test_tc_o_10_during_an_unknown_transaction(self) -> None:
        self.shown("UnknownTransaction", transactionId="T9")

    def test_tc_o_12_replaced(self) -> None:
        with self.booted() as client:
            for priority in ("NormalCycle", "InFront"):
                self.ask(client, "SetDisplayMessage", {"message": self.message(priority=priority)}, ACCEPTED)
            self.assertEqual(DisplayMessage.objects.get().priority, "InFront")

    def test_tc_o_13_from_a_time(self) -> None:
        self.shown(startDateTime="2099-01-01T00:00:00Z")
        self.assertIsNotNone(DisplayMessage.objects.get().starts_at)

    def test_tc_o_14_until_a_time(self) -> None:
        self.shown(endDateTime="2099-01-01T00:00:00Z")
        self.assertIsNotNone(DisplayMessage.objects.get().ends_at)

    def test_tc_o_17_priority(self) -> None:
        self.shown("NotSupportedPriority", priority="AlwaysFront")

    def test_tc_o_18_state(self) -> None:
        self.shown("NotSupportedState", state="Faulted")

    def test_tc_o_19_format(self) -> None:
        self.shown("NotSupportedMessageFormat", message={"format": "HTML", "content": "<b>Hello</b>"})

    def test_tc_o_25_in_a_state(self) -> None:
        self.shown(state="Charging")

    def test_tc_o_26_rejected(self) -> None:
        self.shown("Rejected")

    def cleared(self, status: str) -> None:
        with self.booted() as client:
            self.ask(client, "SetDisplayMessage", {"message": self.message()}, ACCEPTED)
            self.ask(client, "ClearDisplayMessage", {"id": 1}, {"status": status})
            self.assertEqual(self.held(), set())

    def during_a_transaction(self, **when: str) -> None:
        with self.charging() as (client, reference):
            message = {"message": self.message(transactionId=reference) | when}
            self.ask(client, "SetDisplayMessage", message, ACCEPTED)
            kept = DisplayMessage.objects.get()
            self.assertEqual(
                (kept.transaction, kept.starts_at is not None, kept.ends_at is not None),
                (reference, "startDateTime" in when, "endDateTime" in when),
            )

    def test_tc_o_27_during_a_transaction_from_a_time(self) -> None:
        self.during_a_transaction(startDateTime="2099-01-01T00:00:00Z")

    def test_tc_o_28_during_a_transaction_until_a_time(self) -> None:
        self.during_a_transaction(endDateTime="2099-01-01T00:00:00Z")

    def test_tc_o_04_cleared(self) -> None:
        self.cleared("Accepted")

    def test_tc_o_05_cleared_where_there_is_none(self) -> None:
        self.cleared("Unknown")

    def listed(self, **criteria: Any) -> None:
        """What the station names is known."""
        with self.booted() as client:
            self.ask(client, "GetDisplayMessages", {"requestId": 6, **criteria}, ACCEPTED)
            message = self.message(4, priority="InFront", state="Idle")
            self.assertEqual(client.call("NotifyDisplayMessages", requestId=6, messageInfo=[message], tbc=False), {})
            self.assertEqual(self.held(), {4})

    def test_tc_o_02_all(self) -> None:
        self.listed()

    def test_tc_o_07_by_number(self) -> None:
        self.listed(id=[4])

    def test_tc_o_08_by_priority(self) -> None:
        self.listed(priority="InFront")

    def test_tc_o_09_by_state(self) -> None:
        self.listed(state="Idle")

    def none_listed(self, **criteria: Any) -> None:
        self.asked("GetDisplayMessages", {"requestId": 6, **criteria}, "Unknown")
        self.assertEqual((self.held(), Report.objects.get(request=6).state), (set(), "empty"))

    def test_tc_o_03_none(self) -> None:
        self.none_listed()

    def test_tc_o_11_none_of_these(self) -> None:
        self.none_listed(id=[9])


class Only21(CentralCase2):
    version = "2.1"

    def test_tc_o_101_language_of_the_driver(self) -> None:
        IdToken.objects.filter(pk=self.card.pk).update(language1="de", language2="en")
        english = {"format": "UTF8", "language": "en", "content": "Welcome"}
        german = {"format": "UTF8", "language": "de", "content": "Willkommen"}
        with self.booted() as client:
            told = client.authorize()
            self.assertEqual((told["status"], told["language1"], told["language2"]), ("Accepted", "de", "en"))
            message = {"id": 1, "priority": "NormalCycle", "message": english, "messageExtra": [german]}
            self.ask(client, "SetDisplayMessage", {"message": message}, ACCEPTED)
            self.assertEqual(DisplayMessage.objects.get().contents, [english, german])
            client.tell(1, "Occupied")
            answer = client.event("Started", "Authorized", "EVConnected", idToken=token())
            self.assertEqual(answer["idTokenInfo"]["language1"], "de")
