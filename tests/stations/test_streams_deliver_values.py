"""Periodic event streams of 2.1 (N11 to N15): what goes wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.test import override_settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from stations import dispatch
from stations.models import EventStream, Message, MonitoringEvent, Station, StreamValue
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.monitoring import StreamValue as Told
from stations.services.context import Policy
from stations.services.equipment import enrolment
from stations.services.monitoring.streams import MAX_OPEN
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, NOON_TEXT, SocketCase, call, rules_of
from tests.units import run
from tests.waiting import eventually


class StreamCase(AskedCase):
    version = "2.1"

    def say(self, action: str, payload: Payload) -> Any:
        return self.do(call(self.station, action, payload, version="2.1", at=clock.now()))

    def open(self, number: int = 1, monitor: int = 5, **params: int) -> Any:
        data = {"id": number, "variableMonitoringId": monitor, "params": params}
        return self.say("OpenPeriodicEventStream", {"constantStreamData": data})["status"]

    def send(self, payload: Payload, *, action: str = "NotifyPeriodicEventStream", version: str = "2.1") -> None:
        run(dispatch.prepare_send(self.sending(payload, action=action, version=version)))

    def sending(self, payload: Payload, *, action: str, version: str) -> dispatch.Incoming:
        return dispatch.Incoming(self.station.pk, version, False, "s", action, payload, clock.now(), Policy(), (), True)

    def deliver(self, *data: tuple[float, str], number: int = 1, base: str = NOON_TEXT, pending: int = 0) -> None:
        values = [{"t": t, "v": v} for t, v in data]
        self.send({"id": number, "pending": pending, "basetime": base, "data": values})

    def stream(self, number: int = 1) -> EventStream:
        return EventStream.objects.get(number=number)


class Opened(StreamCase):
    def test_twice_is_once(self) -> None:
        self.open(interval=5)
        self.deliver((0, "1"))
        self.assertEqual(self.open(interval=9, values=3), "Accepted")
        self.assertEqual((self.stream().interval, self.stream().values, self.stream().delivered), (9, 3, 1))

    def test_anew_it_begins_to_count_anew(self) -> None:
        self.open()
        self.deliver((0, "1"), pending=4)
        self.say("ClosePeriodicEventStream", {"id": 1})
        self.assertEqual((self.stream().state, self.stream().pending), ("closed", 0))
        self.open()
        self.assertEqual((self.stream().state, self.stream().delivered, self.stream().last_value), ("open", 0, ""))
        self.assertIsNone(self.stream().closed_at)
        self.assertEqual(StreamValue.objects.count(), 1, "what it delivered is kept")

    def test_for_another_monitor_it_begins_anew_too(self) -> None:
        self.open(monitor=5)
        self.deliver((0, "1"))
        self.open(monitor=6)
        self.assertEqual((self.stream().monitor, self.stream().delivered), (6, 0))

    def test_not_more_than_so_many(self) -> None:
        for number in range(MAX_OPEN):
            EventStream.objects.create(station=self.station, number=number, opened_at=NOON)
        self.assertEqual(self.open(MAX_OPEN), "Rejected")
        self.deliver((0, "1"), number=MAX_OPEN)
        self.assertFalse(StreamValue.objects.exists())
        self.assertEqual(self.open(3, monitor=9), "Accepted", "that one is open already")


class Delivered(StreamCase):
    def test_the_same_moment_is_the_same_value(self) -> None:
        self.open()
        self.deliver((0, "1"), (0, "2"), (1, "3"))
        self.deliver((0, "4"))
        values = dict(StreamValue.objects.values_list("measured_at", "value"))
        self.assertEqual(values, {NOON: "4", NOON + timedelta(seconds=1): "3"})

    def test_the_newest_is_the_last_whatever_the_order(self) -> None:
        self.open()
        self.deliver((2, "late"), (1, "early"))
        self.assertEqual((self.stream().last_value, self.stream().delivered), ("late", 2))

    def test_of_a_stream_that_nobody_opened_is_kept(self) -> None:
        self.deliver((0, "1"), number=8)
        self.assertEqual((self.stream(8).state, self.stream(8).monitor, self.stream(8).delivered), ("open", None, 1))
        self.assertEqual(rules_of(self.station), {"unknown_stream": 1})
        self.open(8, monitor=3)
        self.assertEqual((self.stream(8).monitor, self.stream(8).delivered), (3, 1), "now it is known whose it is")

    def test_of_a_stream_that_is_closed_is_kept(self) -> None:
        self.open()
        self.say("ClosePeriodicEventStream", {"id": 1})
        self.deliver((0, "1"))
        self.assertEqual((self.stream().state, self.stream().delivered), ("closed", 1))

    def test_with_a_time_that_cannot_be_read(self) -> None:
        self.open()
        self.deliver((2, "1"), base="noon")
        self.assertEqual(StreamValue.objects.get().measured_at, NOON + timedelta(seconds=2))
        self.assertEqual(rules_of(self.station), {"odd_timestamp": 1})

    def test_with_an_offset_out_of_the_calendar(self) -> None:
        for offset in (1e300, -1e300, 1e18):
            self.assertEqual(Told(offset, "1").moment(NOON), NOON)
        self.assertEqual(Told(9e9, "1").moment(datetime(9999, 1, 1, tzinfo=UTC)).year, 9999)

    def test_in_a_version_without_sends(self) -> None:
        for version in ("1.6", "2.0.1"):
            with self.assertRaises(CallError):
                self.send({}, version=version)
        with self.assertRaises(CallError):
            self.send({}, action="Heartbeat")

    def test_that_the_station_lives_is_seen(self) -> None:
        Station.objects.update(last_seen_at=None)
        self.open()
        Station.objects.update(last_seen_at=None)
        self.deliver((0, "1"))
        self.assertEqual(Station.objects.get().last_seen_at, NOON)
        self.assertEqual(Message.objects.get(outcome="SEND").action, "NotifyPeriodicEventStream")


class Asked(StreamCase):
    def test_what_is_not_known_cannot_be_adjusted(self) -> None:
        self.settle("AdjustPeriodicEventStream", {"id": 4, "params": {"interval": 1}})
        self.assertFalse(EventStream.objects.exists())

    def test_a_list_is_the_truth(self) -> None:
        for number in (1, 2):
            self.open(number, interval=5)
        listed = [{"id": 2, "variableMonitoringId": 5, "params": {"values": 7}}]
        self.settle("GetPeriodicEventStream", {}, {"constantStreamData": listed})
        self.assertEqual([self.stream(number).state for number in (1, 2)], ["closed", "open"])
        self.assertEqual((self.stream(2).interval, self.stream(2).values), (None, 7))


class Removed(StreamCase):
    def test_values_and_events_go_in_portions_before_their_station(self) -> None:
        self.open()
        self.deliver(*((float(second), "1") for second in range(5)))
        for number in range(3):
            MonitoringEvent.objects.create(station=self.station, number=number, received_at=NOON)
        other = EventStream.objects.create(station=StationFactory.create(), number=1, opened_at=NOON)
        StreamValue.objects.create(stream=other, measured_at=NOON, received_at=NOON)
        Message.objects.all().delete()
        forget = partial(enrolment.forget_records, station_id=self.station.pk)
        with mock.patch.object(enrolment, "ROWS_AT_ONCE", 2):
            steps = [self.do(forget) for _ in range(6)]
        self.assertEqual(steps, [True] * 5 + [False], "two steps for the events, three for the values")
        self.assertEqual(StreamValue.objects.get().stream, other)
        self.do(partial(enrolment.remove_station, station_id=self.station.pk))
        self.assertEqual(EventStream.objects.get(), other)


@override_settings(OPEN=True)
class Faults(SocketCase):
    """A fault of the server is not the station's: its SEND is logged, and everything goes on."""

    def say(self, fault: Any) -> int:
        """SENDs in the log after one at which the server has this fault."""
        sending = [6, "s", "NotifyPeriodicEventStream", {"id": 1, "pending": 0, "basetime": NOON_TEXT, "data": []}]
        before = Message.objects.filter(outcome="SEND").count()
        with (
            mock.patch.object(dispatch, "prepare_send", fault),
            self.assertLogs("stations.incoming", "ERROR") as logs,
            self.server.station(versions=["ocpp2.1"]) as client,
        ):
            client.say(sending)
            eventually(lambda: Message.objects.filter(outcome="SEND").count() > before)
            self.assertEqual(client.ask("Heartbeat")[0], 3)
        self.assertIn("NotifyPeriodicEventStream of station", logs.output[0])
        return Message.objects.filter(outcome="SEND").count()

    def test_of_reading_and_of_storing(self) -> None:
        Station.objects.create(identity="CP1")

        def fail(batch: Batch) -> None:
            raise RuntimeError("on purpose")

        self.assertEqual(self.say(mock.Mock(side_effect=RuntimeError("on purpose"))), 1)
        self.assertEqual(self.say(lambda call: fail), 2)
        self.assertEqual(rules_of(Station.objects.get()), {"unusable_send": 2})
