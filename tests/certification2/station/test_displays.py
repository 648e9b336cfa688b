"""The display of the emulator (block O)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import DisplayMessage, IdToken, Report
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import named
from tests.waiting import eventually


class Displays(StationCase2):
    def message(self, number: int = 1, **more: Any) -> Payload:
        content = {"format": "UTF8", "language": "en", "content": f"Message {number}"}
        return {"id": number, "priority": "NormalCycle", "message": content} | more

    def show(self, number: int = 1, result: str = "Accepted", **more: Any) -> None:
        self.ask("SetDisplayMessage", {"message": self.message(number, **more)}, result)

    def read(self, point: ChargePoint) -> list[int]:
        """The messages that can be read now, in turns."""
        return point.do(lambda model, now: [each["id"] for each in model.display.cycle(now)])

    def listed(self, result: str = "Accepted", **criteria: Any) -> set[int]:
        self.ask("GetDisplayMessages", {"requestId": 6, **criteria}, result)
        if result != "Accepted":
            return set()
        eventually(lambda: Report.objects.filter(request=6, state="complete").exists())
        return {each["id"] for part in self.requests("NotifyDisplayMessages") for each in part["messageInfo"]}

    def test_tc_o_01_shown(self) -> None:
        with self.booted() as point:
            self.show()
            self.assertEqual(self.read(point), [1])
            self.assertEqual(DisplayMessage.objects.get().number, 1)

    def test_tc_o_02_all_listed(self) -> None:
        with self.booted():
            for number in (1, 2):
                self.show(number)
            self.assertEqual(self.listed(), {1, 2})

    def test_tc_o_03_none_listed(self) -> None:
        with self.booted():
            self.listed("Unknown")

    def test_tc_o_04_cleared(self) -> None:
        with self.booted() as point:
            self.show()
            self.ask("ClearDisplayMessage", {"id": 1})
            self.assertEqual(self.read(point), [])

    def test_tc_o_05_cleared_where_there_is_none(self) -> None:
        with self.booted():
            self.ask("ClearDisplayMessage", {"id": 1}, "Unknown")

    def test_tc_o_06_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.show(transactionId=self.charge(point).reference)
            self.assertEqual(self.read(point), [1])
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assertEqual(self.read(point), [])

    def test_tc_o_10_during_an_unknown_transaction(self) -> None:
        with self.booted():
            self.show(result="UnknownTransaction", transactionId="T9")

    def criteria(self, expected: set[int], result: str = "Accepted", **wanted: Any) -> None:
        with self.booted():
            self.show(1)
            self.show(2, priority="InFront", state="Idle")
            self.assertEqual(self.listed(result, **wanted), expected)

    def test_tc_o_07_listed_by_number(self) -> None:
        self.criteria({2}, id=[2])

    def test_tc_o_08_listed_by_priority(self) -> None:
        self.criteria({2}, priority="InFront")

    def test_tc_o_09_listed_by_state(self) -> None:
        self.criteria({2}, state="Idle")

    def test_tc_o_11_none_of_these(self) -> None:
        self.criteria(set(), "Unknown", priority="AlwaysFront")

    def test_tc_o_33_number_where_there_are_none(self) -> None:
        with self.booted():
            self.listed("Unknown", id=[1])

    def test_tc_o_34_number_of_another_state(self) -> None:
        self.criteria(set(), "Unknown", id=[2], state="Charging")

    def test_tc_o_35_number_of_another_priority(self) -> None:
        self.criteria(set(), "Unknown", id=[2], priority="AlwaysFront")

    def test_tc_o_12_replaced(self) -> None:
        with self.booted() as point:
            self.show()
            self.show(priority="InFront")
            self.assertEqual((self.read(point), DisplayMessage.objects.get().priority), ([1], "InFront"))

    def test_tc_o_13_from_a_time(self) -> None:
        with self.booted() as point:
            self.show(startDateTime=isoformat(clock.now() + timedelta(hours=1)))
            self.assertEqual(self.read(point), [])

    def test_tc_o_14_until_a_time(self) -> None:
        with self.booted() as point:
            self.show(endDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [])

    def simple(self) -> AbstractContextManager[ChargePoint]:
        """A station whose display has two lines of text."""
        return self.booted(display="simple")

    def test_tc_o_17_priority(self) -> None:
        with self.simple() as point:
            asked = named("DisplayMessageCtrlr", "SupportedPriorities")
            self.assertEqual(self.get_variables(asked)[0]["attributeValue"], "InFront,NormalCycle")
            text = {"format": "ASCII", "content": "Hello"}
            self.show(1, "NotSupportedPriority", priority="AlwaysFront", message=text)
            self.show(2, priority="InFront", message=text)
            self.assertEqual((self.read(point), DisplayMessage.objects.get().number), ([2], 2))

    def test_tc_o_18_state(self) -> None:
        with self.simple() as point:
            asked = named("DisplayMessageCtrlr", "SupportedStates")
            self.assertEqual(self.get_variables(asked)[0]["attributeValue"], "Charging,Idle")
            text = {"format": "ASCII", "content": "Hello"}
            self.show(1, "NotSupportedState", state="Faulted", message=text)
            self.show(2, state="Idle", message=text)
            self.assertEqual((self.read(point), DisplayMessage.objects.get().number), ([2], 2))

    def test_tc_o_19_format(self) -> None:
        with self.booted():
            html = {"format": "HTML", "content": "<b>Hello</b>"}
            self.show(result="NotSupportedMessageFormat", message=html)

    def test_tc_o_20_outlasts_a_boot(self) -> None:
        with self.booted() as point:
            self.show()
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.assertEqual(self.read(point), [1])

    def test_tc_o_22_several_in_front(self) -> None:
        with self.booted() as point:
            self.show(1)
            for number in (2, 3):
                self.show(number, priority="InFront")
            self.assertEqual(self.read(point), [2, 3])

    def test_tc_o_24_second_always_in_front(self) -> None:
        with self.booted() as point:
            for number in (1, 2):
                self.show(number, priority="AlwaysFront")
            self.assertEqual(self.read(point), [2])

    def test_tc_o_27_during_a_transaction_from_a_time(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            self.show(transactionId=reference, startDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [1])

    def test_tc_o_28_during_a_transaction_until_a_time(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            self.show(transactionId=reference, endDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [])
            self.assertTrue(point.charging)

    def test_tc_o_30_several_in_front_during_a_transaction(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            for number in (1, 2):
                self.show(number, priority="InFront", transactionId=reference)
            self.assertEqual(self.read(point), [1, 2])

    def test_tc_o_32_second_always_in_front_during_a_transaction(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            for number in (1, 2):
                self.show(number, priority="AlwaysFront", transactionId=reference)
            self.assertEqual(self.read(point), [2])

    def test_tc_o_36_while_charging(self) -> None:
        with self.booted() as point:
            self.show(state="Charging")
            self.assertEqual(self.read(point), [])
            self.charge(point)
            self.assertEqual(self.read(point), [1])

    def test_tc_o_37_while_idle(self) -> None:
        with self.booted() as point:
            self.show(state="Idle")
            self.assertEqual(self.read(point), [1])
            self.charge(point)
            self.assertEqual(self.read(point), [])

    def test_tc_o_38_while_out_of_service(self) -> None:
        with self.booted() as point:
            self.show(state="Unavailable")
            self.assertEqual(self.read(point), [])
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative"})
            self.assert_story("1 Unavailable", "2 Unavailable")
            self.assertEqual(self.read(point), [1])

    def test_tc_o_39_while_faulted(self) -> None:
        with self.booted() as point:
            self.show(state="Faulted")
            self.assertEqual(self.read(point), [])
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            self.assertEqual(self.read(point), [1])


class Only21(StationCase2):
    version = "2.1"

    def test_tc_o_100_language(self) -> None:
        with self.booted():
            content = {"format": "UTF8", "language": "xx", "content": "?"}
            message = {"id": 1, "priority": "NormalCycle", "message": content}
            self.ask("SetDisplayMessage", {"message": message}, "LanguageNotSupported")

    def test_tc_o_101_language_of_the_driver(self) -> None:
        IdToken.objects.filter(pk=self.card.pk).update(language1="fr", language2="de")
        with self.booted() as point:
            english = {"format": "UTF8", "language": "en", "content": "Welcome"}
            german = {"format": "UTF8", "language": "de-AT", "content": "Willkommen"}
            message = {"id": 1, "priority": "NormalCycle", "message": english, "messageExtra": [german]}
            self.ask("SetDisplayMessage", {"message": message})
            self.assertEqual(self.text(point), "Welcome")
            self.charge(point)
            self.assertEqual(self.text(point), "Willkommen")
            point.unplug()
            self.assertEqual(self.text(point), "Welcome")
            self.set_variable("DisplayMessageCtrlr", "Language", "fr", "Rejected")
            self.set_variable("DisplayMessageCtrlr", "Language", "de")
            self.assertEqual(self.text(point), "Willkommen")

    def text(self, point: ChargePoint) -> str:
        """What can be read now."""
        return point.do(lambda model, now: model.display.text(now))
