"""The display of a 2.x station: which message is on it, and until when."""

from __future__ import annotations

from typing import Any, ClassVar

from django.test import SimpleTestCase

from stations.emulator.point.display import AT_ONCE, CAPACITY, CYCLE_SECONDS
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Scripted


class DisplayCase(SimpleTestCase):
    version: ClassVar[str] = "2.0.1"

    def setUp(self) -> None:
        self.drive = Scripted(self, self.version, connectors=2)
        self.station = self.drive.station

    def set(self, id: int, *, form: str = "UTF8", text: str = "text", language: str = "", **more: Any) -> str:
        content = {"format": form, "content": text} | ({"language": language} if language else {})
        message = {"id": id, "priority": "NormalCycle", "message": content} | more
        return self.drive.status_of("SetDisplayMessage", message=message)

    def put(self, *ids: int, **more: Any) -> None:
        for id in ids:
            self.assertEqual(self.set(id, **more), "Accepted")

    def cycle(self) -> list[int]:
        return [message["id"] for message in self.station.display.cycle(self.drive.now)]

    def variable(self, name: str) -> str:
        """What the device model tells of the display."""
        asked = {"component": {"name": "DisplayMessageCtrlr"}, "variable": {"name": name}}
        (result,) = self.drive.ask("GetVariables", getVariableData=[asked])["getVariableResult"]
        return str(result["attributeValue"])

    def reported(self, **criteria: Any) -> list[int]:
        """The ids that a GetDisplayMessages finds."""
        before = len(self.drive.of("NotifyDisplayMessages"))
        status = self.drive.status_of("GetDisplayMessages", requestId=9, **criteria)
        parts = self.drive.of("NotifyDisplayMessages")[before:]
        found = [message["id"] for part in parts for message in part["messageInfo"]]
        self.assertEqual(status, "Accepted" if found else "Unknown")
        self.assertEqual({part["requestId"] for part in parts}, {9} if found else set())
        self.assertEqual([part["tbc"] for part in parts], [True] * (len(parts) - 1) + [False] * bool(parts))
        return found


class Priorities(DisplayCase):
    def test_decide_which_messages_take_turns(self) -> None:
        self.assertIsNone(self.station.display.showing(self.drive.now))
        self.put(1, 2)
        self.assertEqual(self.cycle(), [1, 2])
        shown = [self.station.display.showing(turn * CYCLE_SECONDS) for turn in range(3)]
        self.assertEqual([message["id"] for message in shown if message], [1, 2, 1])
        self.put(3, 4, priority="InFront")
        self.assertEqual(self.cycle(), [3, 4])
        self.put(5, priority="AlwaysFront")
        self.assertEqual(self.cycle(), [5])

    def test_of_what_is_always_in_front_there_is_one(self) -> None:
        self.put(1, 2, priority="AlwaysFront")
        self.assertEqual(self.cycle(), [2])
        self.assertEqual(self.reported(), [2])

    def test_a_message_takes_the_place_of_the_one_with_its_id(self) -> None:
        self.put(1, text="old")
        self.put(1, text="new", priority="InFront")
        (message,) = self.station.display.cycle(self.drive.now)
        self.assertEqual(message["message"]["content"], "new")


class States(DisplayCase):
    def setUp(self) -> None:
        super().setUp()
        for id, state in enumerate(("Charging", "Faulted", "Idle", "Unavailable"), 1):
            self.put(id, state=state)
        self.put(9)

    def test_of_the_connectors_decide(self) -> None:
        self.assertEqual(self.cycle(), [3, 9])
        self.drive.charge()
        self.assertEqual(self.cycle(), [1, 9])
        self.station.outlet(2).fault(self.drive.now)
        self.assertEqual(self.cycle(), [1, 2, 9])

    def test_a_session_that_rests_is_no_idle_station(self) -> None:
        self.drive.charge()
        vehicle = self.drive.outlet.vehicle
        assert vehicle is not None
        vehicle.soc = 1.0
        self.assertEqual(self.cycle(), [1, 9])

    def test_out_of_service_is_the_station_or_all_of_its_connectors(self) -> None:
        self.station.outlet(1).operate(False, self.drive.now)
        self.assertEqual(self.cycle(), [3, 9])
        self.station.outlet(2).operate(False, self.drive.now)
        self.assertEqual(self.cycle(), [4, 9])
        self.station.outlet(1).operate(True, self.drive.now)
        self.station.inoperative = True
        self.assertEqual(self.cycle(), [4, 9])


class Times(DisplayCase):
    def test_of_a_message_begin_and_end_it(self) -> None:
        self.put(1, startDateTime=self.drive.at(60), endDateTime=self.drive.at(120))
        self.assertEqual((self.cycle(), self.reported()), ([], [1]))
        self.drive.run(61)
        self.assertEqual(self.cycle(), [1])
        self.drive.run(60)
        self.assertEqual((self.cycle(), self.reported()), ([], []))
        self.assertEqual(self.drive.status_of("ClearDisplayMessage", id=1), "Unknown")

    def test_of_its_transaction_end_it(self) -> None:
        self.assertEqual(self.set(1, transactionId="nobody's"), "UnknownTransaction")
        self.drive.charge()
        assert self.drive.outlet.charge is not None
        self.put(1, transactionId=self.drive.outlet.charge.reference)
        self.assertEqual(self.cycle(), [1])
        self.drive.unplug()
        self.assertEqual((self.cycle(), self.reported()), ([], []))

    def test_that_are_over_are_refused(self) -> None:
        self.assertEqual(self.set(1, endDateTime=self.drive.at()), "Rejected")


class Refusals(DisplayCase):
    def test_of_what_it_cannot_show(self) -> None:
        self.assertEqual(self.set(1, form="HTML"), "NotSupportedMessageFormat")
        self.assertEqual(self.set(1, form="ASCII", text="Außer Betrieb"), "NotSupportedMessageFormat")
        self.assertEqual(self.set(1, form="ASCII"), "Accepted")
        self.assertEqual(self.set(2, language="fr"), "Accepted", "2.0.1 has no answer for that")

    def test_of_messages_for_another_display(self) -> None:
        self.assertEqual(self.set(1, display={"name": "Display", "evse": {"id": 1}}), "Rejected")
        self.assertEqual(self.set(1, display={"name": "Billboard"}), "Rejected")
        self.assertEqual(self.set(1, display={"name": "display"}), "Accepted")

    def test_when_it_is_full(self) -> None:
        self.put(*range(CAPACITY))
        self.assertEqual(self.variable("DisplayMessages"), str(CAPACITY))
        self.assertEqual(self.variable("SupportedFormats"), "ASCII,URI,UTF8")
        self.assertEqual(self.set(CAPACITY), "Rejected")
        self.assertEqual(self.set(0, text="new"), "Accepted")
        self.assertEqual(self.drive.status_of("ClearDisplayMessage", id=1), "Accepted")
        self.assertEqual(self.set(CAPACITY), "Accepted")


class Reports(DisplayCase):
    def test_name_what_fits_in_parts(self) -> None:
        self.assertEqual(self.reported(), [])
        self.put(*range(1, AT_ONCE + 1))
        self.put(7, state="Idle", priority="InFront")
        self.assertEqual(self.reported(), [1, 2, 3, 4, 7])
        self.assertEqual(self.reported(id=[2, 7, 8]), [2, 7])
        self.assertEqual(self.reported(priority="InFront"), [7])
        self.assertEqual(self.reported(state="Idle", priority="NormalCycle"), [])
        self.assertEqual(self.reported(state="Idle"), [7])


class Of21(DisplayCase):
    version = "2.1"

    def test_it_knows_languages_codes_and_rest(self) -> None:
        extra: list[Payload] = [{"format": "UTF8", "language": "de-AT", "content": "Servus"}]
        self.put(1, language="en", messageExtra=extra)
        self.assertEqual(self.set(2, messageExtra=[extra[0] | {"language": "fr"}]), "LanguageNotSupported")
        self.put(3, form="QRCODE")
        self.put(4, state="Suspended")
        self.assertEqual(self.set(5, state="Discharging"), "NotSupportedState")
        self.assertEqual(self.cycle(), [1, 3])
        self.drive.charge()
        vehicle = self.drive.outlet.vehicle
        assert vehicle is not None
        vehicle.soc = 1.0
        self.assertEqual(self.cycle(), [1, 3, 4])
