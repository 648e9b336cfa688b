"""Periodic event streams of an emulated 2.1 station (N11 to N15)."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point import calls
from stations.emulator.point.streams import BUNDLE, KEPT, Streams
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.emulator.fakes import model
from tests.emulator.monitored import POWER, STATE, Monitored


class StreamCase(TestCase):
    def setUp(self) -> None:
        self.drive = Monitored(self)

    def stream(self, seconds: float = 5, **params: int) -> int:
        """A periodic monitor that feeds a stream; the stream's id."""
        result = self.drive.watch(STATE, "Periodic", seconds, 8, periodicEventStream=params)
        self.assertEqual(result["status"], "Accepted")
        self.monitor: int = result["id"]
        data = self.drive.of("OpenPeriodicEventStream")[-1]["constantStreamData"]
        self.assertEqual((data["variableMonitoringId"], data["params"]), (self.monitor, params))
        found: int = data["id"]
        return found

    def sent(self) -> list[tuple[float, Payload]]:
        found = [(now, payload) for now, action, payload in self.drive.said if action == "NotifyPeriodicEventStream"]
        for _, payload in found:
            self.assertEqual(schemas.request_problems("2.1", "NotifyPeriodicEventStream", payload), [])
        return found

    def counts(self) -> list[tuple[float, int]]:
        return [(now, len(payload["data"])) for now, payload in self.sent()]


class Delivering(StreamCase):
    def test_by_its_interval(self) -> None:
        number = self.stream(5, interval=20)
        self.drive.run(40)
        (_, first), (_, second) = self.sent()
        self.assertEqual((first["id"], first["pending"], first["basetime"]), (number, 0, "2025-03-01T08:00:05.000Z"))
        self.assertEqual([each["t"] for each in first["data"]], [0.0, 5.0, 10.0, 15.0])
        self.assertEqual({each["v"] for each in [*first["data"], *second["data"]]}, {"Available"})
        self.assertEqual(self.drive.of("NotifyEvent"), [])

    def test_by_the_number_of_values(self) -> None:
        self.stream(5, values=2)
        self.drive.run(21)
        self.assertEqual(self.counts(), [(10.0, 2), (20.0, 2)])

    def test_each_at_once_where_nothing_else_is_said(self) -> None:
        self.stream(5)
        self.drive.run(11)
        self.assertEqual(self.counts(), [(5.0, 1), (10.0, 1)])

    def test_in_bundles(self) -> None:
        self.stream(1, interval=250)
        self.drive.run(250)
        sent = [payload for _, payload in self.sent()]
        self.assertEqual([len(each["data"]) for each in sent], [BUNDLE, BUNDLE, 50])
        self.assertEqual([each["pending"] for each in sent], [150, 50, 0])

    def test_offsets_are_those_of_its_clock(self) -> None:
        drive = Monitored(self, speed=10.0)
        drive.watch(STATE, "Periodic", 5, 8, periodicEventStream={"interval": 20})
        drive.run(20)
        (payload,) = drive.of("NotifyPeriodicEventStream")
        self.assertEqual([each["t"] for each in payload["data"]], [0.0, 0.5, 1.0, 1.5])


class Living(StreamCase):
    def test_ends_with_its_monitor(self) -> None:
        number = self.stream(5, interval=20)
        self.drive.ask("ClearVariableMonitoring", id=[self.monitor])
        self.assertEqual(self.drive.of("ClosePeriodicEventStream"), [{"id": number}])
        self.drive.run(60)
        self.assertEqual(self.sent(), [])
        self.assertEqual(self.drive.ask("GetPeriodicEventStream"), {})

    def test_changes_with_its_monitor(self) -> None:
        number = self.stream(5, interval=20)
        self.drive.watch(STATE, "Periodic", 5, 8, id=self.monitor)
        self.assertEqual(self.drive.of("ClosePeriodicEventStream"), [{"id": number}])
        self.drive.run(6)
        self.assertEqual(len(self.drive.events()), 1, "events from now on")

    def test_that_the_server_does_not_want_becomes_events(self) -> None:
        for refuse in (True, False):
            drive = Monitored(self)
            drive.server.opens = "Rejected" if refuse else "Accepted"
            drive.watch(STATE, "Periodic", 5, 8, periodicEventStream={"interval": 10})
            drive.run(21)
            self.assertEqual(len(drive.of("NotifyEvent")), 4 if refuse else 0)
            self.assertEqual(len(drive.of("NotifyPeriodicEventStream")), 0 if refuse else 2)
            answer = drive.ask("GetPeriodicEventStream")
            self.assertEqual(len(answer.get("constantStreamData", [])), 0 if refuse else 1)

    def test_that_the_server_fails_at_becomes_events_too(self) -> None:
        station = self.drive.station
        data = {**STATE, "type": "Periodic", "value": 5, "severity": 8, "periodicEventStream": {"interval": 10}}
        calls.answer(station, "SetVariableMonitoring", {"setMonitoringData": [data]}, self.drive.now)
        message = self.drive.listen(answer=False)
        assert message is not None
        self.assertEqual(message.action, "OpenPeriodicEventStream")
        station.refused(message, self.drive.now)
        self.drive.run(6)
        self.assertEqual(len(self.drive.events()), 1)

    def test_is_only_for_periodic_monitors(self) -> None:
        status = self.drive.status(POWER, "Delta", 5, periodicEventStream={"interval": 1})
        self.assertEqual(status, "Rejected")

    def test_waits_while_the_station_is_offline(self) -> None:
        self.stream(5, interval=10)
        self.drive.station.disconnected(self.drive.now)
        self.drive.run(21)
        self.assertEqual(self.sent(), [])
        self.drive.connect().run(0)
        ((_, payload),) = self.sent()
        self.assertEqual(len(payload["data"]), 4)

    def test_is_asked_for_again_when_the_answer_got_lost(self) -> None:
        station, drive = self.drive.station, self.drive
        data = {**STATE, "type": "Periodic", "value": 5, "severity": 8, "periodicEventStream": {"interval": 10}}
        calls.answer(station, "SetVariableMonitoring", {"setMonitoringData": [data]}, drive.now)
        drive.listen(answer=False)
        station.disconnected(drive.now)
        drive.connect().run(0)
        self.assertEqual(len(drive.of("OpenPeriodicEventStream")), 2)

    def test_that_was_set_while_offline_is_asked_for_later(self) -> None:
        station, drive = self.drive.station, self.drive
        station.disconnected(drive.now)
        data = {**STATE, "type": "Periodic", "value": 5, "severity": 8, "periodicEventStream": {"interval": 10}}
        number = station.monitoring.set(data, drive.now)["id"]
        self.assertEqual(station.monitoring.clear(number, drive.now), "Accepted")
        station.monitoring.set(data, drive.now)
        drive.connect().run(0)
        self.assertEqual(len(drive.of("OpenPeriodicEventStream")), 1)
        self.assertEqual(drive.of("ClosePeriodicEventStream"), [], "the server never heard of the first")

    def test_is_opened_anew_after_a_restart(self) -> None:
        number = self.stream(5, interval=10)
        self.drive.station.power_loss(self.drive.now)
        self.drive.station.disconnected(self.drive.now)
        self.drive.run(10)
        self.drive.said.clear()
        self.drive.connect().run(15)
        (opened,) = self.drive.of("OpenPeriodicEventStream")
        self.assertEqual(opened["constantStreamData"]["id"], number)
        self.assertTrue(self.sent())


class Asked(StreamCase):
    def test_which_there_are(self) -> None:
        number = self.stream(5, interval=10)
        listed = self.drive.ask("GetPeriodicEventStream")["constantStreamData"]
        self.assertEqual(listed, [{"id": number, "variableMonitoringId": self.monitor, "params": {"interval": 10}}])

    def test_to_deliver_otherwise(self) -> None:
        number = self.stream(5, interval=1000)
        self.drive.run(7)
        answer = self.drive.ask("AdjustPeriodicEventStream", id=number, params={"interval": 10})
        self.assertEqual(answer, {"status": "Accepted"})
        self.drive.run(10)
        self.assertEqual(self.counts(), [(17.0, 3)])
        answer = self.drive.ask("AdjustPeriodicEventStream", id=number + 1, params={"interval": 10})
        self.assertEqual(answer, {"status": "Rejected"})

    def test_by_a_server_of_2_0_1(self) -> None:
        for action, payload in (("GetPeriodicEventStream", {}), ("AdjustPeriodicEventStream", {"id": 1})):
            with self.assertRaises(CallError):
                calls.answer(model("2.0.1"), action, payload, 0.0)


class Bounds(TestCase):
    def test_values_that_wait_are_limited(self) -> None:
        drive = Monitored(self)
        streams = Streams(drive.station.clock)
        streams.add(7, {"interval": 10})
        stream: Any = streams.of(7)
        for second in range(KEPT + 5):
            streams.take(stream, str(second), float(second))
        self.assertEqual(len(stream.values), KEPT)
        self.assertEqual(stream.values[0][1], "5")

    def test_an_answer_to_what_is_gone_means_nothing(self) -> None:
        drive = Monitored(self)
        streams = Streams(drive.station.clock)
        streams.add(7, {"interval": 10})
        (message,) = streams.ask()
        streams.answered(message, "Accepted", 0.0)
        streams.answered(message, "Rejected", 0.0)
        self.assertEqual(len(streams.report()), 1)
        streams.drop(7)
        streams.answered(message, "Accepted", 0.0)
        self.assertEqual(streams.report(), [])
        self.assertEqual(streams.drop(7), [])
        self.assertIsNone(streams.of(7))
