"""Messages on displays: which of them a station has, by what it confirms and reports (2.x block O)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from stations.models import Command, DisplayMessage, Station
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.services import displays, reports
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON, call
from tests.units import run


def message(number: int, **more: Any) -> Payload:
    return {"id": number, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "text"}} | more


class DisplayCase(AskedCase):
    version = "2.0.1"

    def set(self, *numbers: int, **more: Any) -> None:
        for number in numbers:
            self.settle("SetDisplayMessage", {"message": message(number, **more)})

    def want(self, request: int, status: str = "Accepted", **criteria: Any) -> None:
        self.settle("GetDisplayMessages", {"requestId": request} | criteria, status)

    def notify(self, request: int, *messages: Payload, more: bool = False, station: Station | None = None) -> None:
        payload = {"requestId": request, "messageInfo": list(messages), "tbc": more}
        run(call(station or self.station, "NotifyDisplayMessages", payload, version=self.version))

    def kept(self) -> list[int]:
        return list(DisplayMessage.objects.filter(station=self.station).values_list("number", flat=True))

    def held(self, hours: float = 0.0) -> list[int]:
        now = NOON + timedelta(hours=hours)
        return list(displays.held_by(self.station.pk, now).values_list("number", flat=True))


class Confirmed(DisplayCase):
    def test_what_gets_no_answer_is_not_there(self) -> None:
        self.ask("SetDisplayMessage", {"message": message(1)})
        self.say_nothing()
        self.ask("SetDisplayMessage", {"message": message(1)})
        self.answer_error()
        self.assertEqual(self.kept(), [])

    def test_stations_do_not_share_them(self) -> None:
        self.set(1)
        other = StationFactory.create()
        self.assertEqual(list(displays.held_by(other.pk, NOON)), [])
        self.notify(4, message(1), station=other)
        self.settle("ClearDisplayMessage", {"id": 1})
        self.assertEqual((self.kept(), DisplayMessage.objects.get().station), ([], other))

    def test_a_message_that_is_over_goes_with_the_next_word_of_the_station(self) -> None:
        self.set(1, endDateTime="2026-06-21T13:00:00Z")
        self.assertEqual((self.held(0.5), self.held(1)), ([1], []))
        DisplayMessage.objects.update(ends_at=NOON)
        self.set(2)
        self.assertEqual(self.kept(), [2])

    def test_a_message_goes_with_its_transaction(self) -> None:
        session = TransactionFactory.create(station=self.station, reference="T-1", active=True)
        other = StationFactory.create()
        TransactionFactory.create(station=other, reference="T-1", active=False)
        TransactionFactory.create(station=self.station, reference="", active=False)
        self.set(1, transactionId="T-1")
        self.set(2)
        self.assertEqual(self.held(), [1, 2])
        session.active = False
        session.save()
        self.assertEqual(self.held(), [2])

    def test_a_time_that_cannot_be_read_is_none(self) -> None:
        self.set(1)
        self.notify(3, message(2, endDateTime="soon"))
        self.assertEqual(self.held(), [1, 2])


class Reported(DisplayCase):
    def setUp(self) -> None:
        super().setUp()
        self.set(1, 2)
        self.set(3, priority="InFront", state="Idle")

    def test_a_whole_report_is_all_there_is(self) -> None:
        self.want(5)
        self.notify(5, message(1), more=True)
        self.notify(5, message(1), more=True)
        self.assertEqual(self.kept(), [1, 2, 3])
        self.notify(5, message(7))
        self.assertEqual(self.kept(), [1, 7])

    def test_a_report_covers_what_was_asked_for(self) -> None:
        in_front, idle = {"priority": "InFront"}, {"state": "Idle"}
        cases: tuple[tuple[Payload, Payload, list[int]], ...] = (
            ({"id": [1, 9]}, message(9), [2, 3, 9]),
            (in_front, message(4, **in_front, **idle), [2, 4, 9]),
            (in_front | {"state": "Faulted"}, message(5, **in_front, state="Faulted"), [2, 4, 5, 9]),
            (idle, message(6, **idle), [2, 5, 6, 9]),
        )
        for request, (criteria, told, left) in enumerate(cases, 20):
            with self.subTest(criteria=criteria):
                self.want(request, **criteria)
                self.notify(request, told)
                self.assertEqual(self.kept(), left)

    def test_nothing_fits_what_was_asked_for(self) -> None:
        self.want(5, "Unknown", priority="InFront")
        self.assertEqual(self.kept(), [1, 2])
        self.want(6, "Unknown")
        self.assertEqual(self.kept(), [])

    def test_a_report_that_is_faster_than_the_answer(self) -> None:
        self.ask("GetDisplayMessages", {"requestId": 5, "id": [1, 2]})
        sent = self.take()
        self.notify(5, message(2))
        self.assertEqual(self.kept(), [2, 3])
        self.assertEqual(sent.payload["id"], [1, 2])

    def test_a_report_that_nobody_asked_for_takes_nothing_away(self) -> None:
        self.notify(77, message(8))
        self.assertEqual(self.kept(), [1, 2, 3, 8])

    def test_a_report_whose_request_was_forgotten_takes_nothing_away(self) -> None:
        self.want(5)
        Command.objects.all().delete()
        self.notify(5, message(8))
        self.assertEqual(self.kept(), [1, 2, 3, 8])

    def test_a_number_that_no_server_gives_is_refused_at_once(self) -> None:
        with self.assertRaises(CallError):
            self.notify(5, message(-1))

    def test_a_report_with_a_hole_changes_nothing(self) -> None:
        self.want(5)
        self.notify(5, message(8), more=True)
        run(partial(reports.mark_incomplete, now=NOON + timedelta(hours=1)))
        self.assertEqual(self.kept(), [1, 2, 3])
