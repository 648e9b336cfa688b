"""Updated events of many stations in one batch: few statements, and the same as one by one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from smartserver.core.batch import Unit
from stations.models import IdToken, MeterValue, Quirk, Station, Transaction, TransactionEvent
from stations.ocpp.frames import Payload
from stations.services.tariffs import register
from tests.events import numbers as numbers_of
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.support import NOON, call
from tests.stations.tariffs import energy, tariff
from tests.units import run, run_published

ENERGY = 100.0


class MassCase(TestCase):
    def setUp(self) -> None:
        self.token: IdToken = TokenFactory.create(value="CARD")
        self.stations: list[Station] = [StationFactory.create() for _ in range(20)]
        self.run_all("Started", 0, idToken={"idToken": "CARD", "type": "ISO14443"})

    def unit(self, station: Station, phase: str, number: int, **more: Any) -> Unit[Payload]:
        moment = (NOON + timedelta(minutes=number)).isoformat()
        payload = {
            "eventType": phase,
            "timestamp": moment,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": {"transactionId": "T1", "chargingState": "Charging", **more.pop("info", {})},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": moment, "sampledValue": [{"value": ENERGY * (number + 1)}]}],
        }
        return call(station, "TransactionEvent", payload | more, version="2.1", at=NOON + timedelta(minutes=number))

    def run_all(self, phase: str, number: int, **more: Any) -> list[Payload]:
        return run(*(self.unit(station, phase, number, **more) for station in self.stations))

    def numbers(self, station: Station) -> list[int]:
        return numbers_of(self.rows(station).order_by("pk"))

    def rows(self, station: Station) -> QuerySet[TransactionEvent]:
        return TransactionEvent.objects.filter(transaction__station=station)

    def session(self, station: Station | None = None) -> Transaction:
        return Transaction.objects.get(station=station or self.stations[0])

    def statements(self, *units: Unit[Payload]) -> int:
        with CaptureQueriesContext(connection) as found:
            run(*units)
        return len(found.captured_queries)


class Ordinary(MassCase):
    def test_cost_the_same_number_of_statements_whatever_their_number(self) -> None:
        self.run_all("Updated", 1)  # compiles the statements for so many
        one = self.statements(self.unit(self.stations[0], "Updated", 2))
        others = self.stations[4:]  # sixteen: rows are written in powers of two
        self.assertEqual(self.statements(*(self.unit(station, "Updated", 2) for station in others)), one)

    def test_are_kept_with_their_readings(self) -> None:
        self.assertEqual(self.run_all("Updated", 1, info={"timeSpentCharging": 60}), [{}] * 20)
        self.assertEqual(TransactionEvent.objects.filter(sequence=1).count(), 20)
        self.assertEqual(MeterValue.objects.filter(energy_wh=200.0, evse__isnull=False).count(), 20)
        session = self.session()
        self.assertEqual((session.energy_wh, session.charging_seconds, session.missing_events), (100.0, 60, 0))

    def test_time_only_grows(self) -> None:
        for number, seconds in ((1, 60), (2, 30)):
            self.run_all("Updated", number, info={"timeSpentCharging": seconds})
        self.assertEqual(self.session().charging_seconds, 60)

    def test_of_one_session_may_be_many(self) -> None:
        station = self.stations[0]
        run(*(self.unit(station, "Updated", number) for number in (1, 2, 3)))
        self.assertEqual(self.numbers(station), [0, 1, 2, 3])
        self.assertEqual(self.session().missing_events, 0)

    def test_are_told_to_browsers_as_changed_sessions(self) -> None:
        _, published = run_published(self.unit(self.stations[0], "Updated", 1))
        self.assertEqual(published.rows["sessions"], {self.session().pk})
        self.assertEqual(published.events, [])

    def test_answer_with_the_cost_so_far(self) -> None:
        due = NOON + timedelta(days=1)
        Transaction.objects.update(currency="EUR", cost=Decimal("1.25"), cost_due_at=due)
        self.assertEqual(self.run_all("Updated", 1)[0]["totalCost"], 1.25)

    def test_answer_with_limits_until_the_station_has_them(self) -> None:
        IdToken.objects.update(limits={"maxTime": 60})
        self.assertEqual(self.run_all("Updated", 1)[0], {"transactionLimit": {"maxTime": 60}})
        self.run_all("Updated", 2, info={"transactionLimit": {"maxTime": 60}})
        self.assertEqual(self.session().limits, {"maxTime": 60})
        self.assertEqual(self.run_all("Updated", 3, info={"transactionLimit": {"maxTime": 60}})[0], {})


class Runs(MassCase):
    """Events that follow each other and say the same are one row, of which each event is known again."""

    def setUp(self) -> None:
        super().setUp()
        self.station = self.stations[0]

    def tell(self, number: int, **more: Any) -> None:
        run(self.unit(self.station, "Updated", number, **more))

    def kept(self) -> list[tuple[int, int]]:
        rows = self.rows(self.station).filter(phase="Updated").order_by("pk")
        for row in rows:
            ends = tuple((NOON + timedelta(minutes=number)).isoformat() for number in (row.sequence, row.last_sequence))
            self.assertEqual((row.stamp, row.last_stamp), ends)
        return list(rows.values_list("sequence", "last_sequence"))

    def test_are_one_row(self) -> None:
        for number in range(1, 6):
            self.tell(number)
        self.assertEqual(self.kept(), [(1, 5)])
        self.assertEqual(MeterValue.objects.filter(transaction=self.session()).count(), 6)
        row = self.rows(self.station).get(phase="Updated")
        self.assertEqual(row.received_at, NOON + timedelta(minutes=1))

    def test_of_one_batch_too(self) -> None:
        run(*(self.unit(self.station, "Updated", number) for number in (1, 2, 3)))
        run(*(self.unit(self.station, "Updated", number) for number in (4, 5)))
        self.assertEqual(self.kept(), [(1, 5)])

    def test_end_with_another_reason_or_word(self) -> None:
        self.tell(1)
        self.tell(2, triggerReason="MeterValueClock")
        self.tell(3, triggerReason="MeterValueClock", offline=True)
        self.tell(4, triggerReason="MeterValueClock", offline=True, evseSleep=True)
        self.tell(5, triggerReason="MeterValueClock", offline=True, info={"chargingState": "SuspendedEV"})
        self.tell(6, triggerReason="MeterValueClock", offline=True, info={"chargingState": "SuspendedEV"})
        self.assertEqual(self.kept(), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6)])

    def test_time_that_is_spent_charging_does_not_end_them(self) -> None:
        for number in (1, 2, 3):
            self.tell(number, info={"timeSpentCharging": 60 * number})
        self.assertEqual(self.kept(), [(1, 3)])
        self.assertEqual(self.rows(self.station).get(phase="Updated").details, {"timeSpentCharging": 180})

    def test_end_where_the_clock_goes_back_or_is_not_to_be_read(self) -> None:
        self.tell(1)
        self.tell(2, timestamp=(NOON - timedelta(minutes=5)).isoformat())
        self.tell(3, timestamp="2026-06-21 at noon")
        self.tell(4, timestamp="2026-06-21 at noon")
        rows = self.rows(self.station).filter(phase="Updated").order_by("pk")
        self.assertEqual(list(rows.values_list("sequence", "last_sequence")), [(1, 1), (2, 2), (3, 3), (4, 4)])

    def test_every_event_is_known_when_it_comes_again(self) -> None:
        for number in range(1, 6):
            self.tell(number)
        before = Transaction.objects.values().get(station=self.station), MeterValue.objects.count()
        for number in (5, 3, 1, 4):
            self.tell(number)
        self.assertEqual(self.kept(), [(1, 5)])
        after = Transaction.objects.values().get(station=self.station), MeterValue.objects.count()
        self.assertEqual(after, before)
        self.tell(6)
        self.assertEqual(self.kept(), [(1, 6)])
        self.assertEqual(self.session().missing_events, 0)

    def test_numbers_that_begin_again_are_new_events(self) -> None:
        for number in range(1, 6):
            self.tell(number)
        later = (NOON + timedelta(hours=1)).isoformat()
        self.tell(3, timestamp=later)
        self.tell(3, timestamp=later)
        self.assertEqual(sorted(self.numbers(self.station)), [0, 1, 2, 3, 3, 4, 5])
        self.assertEqual(MeterValue.objects.filter(transaction=self.session()).count(), 7)

    def test_what_comes_late_does_not_tell_how_things_are(self) -> None:
        for number in (*range(1, 4), *range(5, 8)):
            self.tell(number)
        self.assertEqual(self.session().missing_events, 1)
        self.tell(4, info={"chargingState": "SuspendedEV"}, triggerReason="ChargingStateChanged")
        session = self.session()
        self.assertEqual((session.missing_events, session.charging_state), (0, "Charging"))
        self.tell(8)
        self.assertEqual(self.numbers(self.station), [0, 1, 2, 3, 5, 6, 7, 8, 4])


class Special(MassCase):
    """Among many ordinary ones; each is taken as if it were alone."""

    def assert_as_alone(self, *given: dict[str, Any]) -> None:
        """The same events in one batch at one station, and one by one at another."""
        together, alone = self.stations[:2]
        self.run_all("Updated", 1)
        run(*(self.unit(together, "Updated", **each) for each in given))
        for each in given:
            run(self.unit(alone, "Updated", **each))
        self.assertEqual(self.told(together), self.told(alone))

    def told(self, station: Station) -> list[Any]:
        left = {"id", "station_id", "evse_id", "_state"}
        session = {name: value for name, value in vars(self.session(station)).items() if name not in left}
        rules = Quirk.objects.filter(station=station).values_list("rule", "times")
        return [session, sorted(self.numbers(station)), sorted(rules)]

    def test_another_state(self) -> None:
        self.assert_as_alone({"number": 2, "info": {"chargingState": "SuspendedEV"}}, {"number": 3})

    def test_gaps_and_what_comes_late(self) -> None:
        self.assert_as_alone({"number": 5}, {"number": 3}, {"number": 6})

    def test_the_same_again(self) -> None:
        self.assert_as_alone({"number": 2}, {"number": 2}, {"number": 3})
        self.assertEqual(self.numbers(self.stations[0]), [0, 1, 2, 3])

    def test_a_clock_that_stands_wrong(self) -> None:
        odd = {"timestamp": "1970-01-01T00:00:00Z"}
        self.assert_as_alone({"number": 2, **odd}, {"number": 3, **odd})
        self.assertEqual(self.session().remark, "implausible_time")

    def test_what_2_1_tells(self) -> None:
        self.assert_as_alone(
            {"number": 2, "info": {"operationMode": "ChargingOnly", "tariffId": "T"}, "numberOfPhasesUsed": 3},
            {"number": 3, "info": {"operationMode": "ChargingOnly", "tariffId": "T"}, "numberOfPhasesUsed": 3},
            {"number": 4, "cableMaxCurrent": 32},
        )
        self.assertEqual((self.session().phases_used, self.session().tariff), (3, "T"))

    def test_a_running_cost_that_is_due(self) -> None:
        body = tariff(**energy(1.0))
        found = run(lambda batch: register.add_tariff(batch, body=body))[0]
        run(lambda batch: register.assign_tariff(batch, tariff_id=found.pk))
        self.run_all("Ended", 2)
        self.run_all("Started", 0, info={"transactionId": "T2"}, idToken={"idToken": "CARD", "type": "ISO14443"})
        answers = [
            run(*(self.unit(station, "Updated", number, info={"transactionId": "T2"}) for station in self.stations))[0][
                "totalCost"
            ]
            for number in (1, 2, 3)
        ]
        self.assertEqual(answers, [0.1, 0.2, 0.3])

    def test_events_of_an_ended_session(self) -> None:
        self.run_all("Ended", 2)
        self.assertEqual(self.run_all("Updated", 1)[0], {})
        self.assertEqual((self.session().active, self.session().missing_events), (False, 0))

    def test_an_end_in_the_same_batch(self) -> None:
        station = self.stations[0]
        run(*(self.unit(station, phase, number) for phase, number in (("Updated", 1), ("Ended", 2))))
        self.assertEqual((self.session().energy_wh, self.session().active), (200.0, False))
        self.assertEqual(self.numbers(station), [0, 1, 2])

    def test_a_token_in_the_same_batch(self) -> None:
        station = self.stations[0]
        shown = {"idToken": {"idToken": "CARD", "type": "ISO14443"}, "triggerReason": "StopAuthorized"}
        run(self.unit(station, "Updated", 1), self.unit(station, "Updated", 2, **shown))
        self.assertEqual(self.numbers(station), [0, 1, 2])
        self.assertEqual(self.session().stopped_by, self.token)

    def test_sessions_that_nobody_knows(self) -> None:
        other: Station = StationFactory.create()
        run(self.unit(self.stations[0], "Updated", 1), self.unit(other, "Updated", 4), self.unit(other, "Updated", 5))
        self.assertEqual((self.numbers(other), self.session(other).missing_events), ([4, 5], 1))
