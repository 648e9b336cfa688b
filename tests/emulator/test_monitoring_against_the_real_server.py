"""An emulated 2.x station and the server: monitors are set, fire, stream and end; refused answers are told."""

from __future__ import annotations

from stations.emulator.quirks import Quirk
from stations.emulator.quirks.base import Regular, Reply
from stations.models import EventStream, Message, Monitor, Monitoring, MonitoringEvent, StreamValue
from stations.ocpp.frames import Payload
from tests.field.support import Emulated, FieldCase
from tests.stations.support import rules_of
from tests.waiting import eventually

STATE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}

CHANGE: Payload = {**STATE, "type": "Delta", "value": 0, "severity": 3}
PERIODIC: Payload = {**STATE, "type": "Periodic", "value": 5, "severity": 8}


class AnswersNonsense(Quirk):
    """To one action."""

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        return {"status": "Perhaps"} if action == "SetMonitoringLevel" else regular()


class RealServer(FieldCase):
    def done(self, action: str, payload: Payload, identity: str = "CP1") -> None:
        self.assertEqual(self.settled(self.command(action, payload, identity)).state, "answered")

    def test_monitors_are_set_fire_and_are_reported(self) -> None:
        for version in ("2.0.1", "2.1"):
            with self.subTest(version):
                self.watch_over(f"CP-{version}", version)

    def watch_over(self, identity: str, version: str) -> None:
        """The life of a monitor at a station of this version."""
        with self.emulated(identity=identity, version=version, connectors=3) as station:
            station.wait_ready()
            row = self.station(identity)
            self.done("SetVariableMonitoring", {"setMonitoringData": [CHANGE]}, identity)
            number = Monitor.objects.get(station=row).number
            station.plug_in()
            eventually(lambda: MonitoringEvent.objects.filter(station=row).exists())
            event = MonitoringEvent.objects.get(station=row)
            self.assertEqual((event.value, event.monitor, event.severity), ("Occupied", number, 3))
            self.done("GetMonitoringReport", {"requestId": 7}, identity)
            eventually(lambda: Monitoring.objects.filter(station=row).exists())
            reported = set(Monitor.objects.filter(station=row).values_list("number", flat=True))
            self.assertEqual(reported, {each.id for each in station.model.monitoring})
            self.done("ClearVariableMonitoring", {"id": [number, 1]}, identity)
            left = set(Monitor.objects.filter(station=row).values_list("number", flat=True))
            self.assertEqual(left, reported - {number}, "the hard-wired one stays")
            self.done("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"}, identity)
            self.done("SetMonitoringLevel", {"severity": 2}, identity)
            kept = Monitoring.objects.get(station=row)
            self.assertEqual((kept.base, kept.level), ("HardWiredOnly", 2))
        self.assertEqual(rules_of(row), {})

    def test_a_stream_is_opened_adjusted_delivers_and_is_closed(self) -> None:
        with self.emulated(version="2.1", speed=20.0) as station:
            station.wait_ready()
            data = {**PERIODIC, "periodicEventStream": {"interval": 60, "values": 2}}
            self.done("SetVariableMonitoring", {"setMonitoringData": [data]})
            monitor = Monitor.objects.get()
            self.assertEqual((monitor.interval, monitor.values), (60, 2))
            eventually(lambda: StreamValue.objects.count() >= 4)
            stream = EventStream.objects.get()
            self.assertEqual((stream.monitor, stream.state, stream.last_value), (monitor.number, "open", "Available"))
            self.done("AdjustPeriodicEventStream", {"id": stream.number, "params": {"values": 1}})
            self.done("GetPeriodicEventStream", {})
            stream.refresh_from_db()
            self.assertEqual((stream.interval, stream.values, stream.state), (None, 1, "open"))
            self.done("ClearVariableMonitoring", {"id": [monitor.number]})
            eventually(lambda: EventStream.objects.get().state == "closed")
            sends = [frame for frame in station.said("NotifyPeriodicEventStream") if frame[0] == 6]
            self.assertGreater(len(sends), 1)
            self.assertEqual(self.answers_to(station, sends), [], "a SEND is never answered")
        logged = Message.objects.filter(action="NotifyPeriodicEventStream")
        self.assertEqual(set(logged.values_list("outcome", "reply", "answered_at")), {("SEND", "", None)})
        self.assertEqual(rules_of(self.station()), {})

    def answers_to(self, station: Emulated, sends: list[list[object]]) -> list[str]:
        ids = [str(frame[1]) for frame in sends]
        return [text for text in station.tap.heard if any(f'"{id}"' in text for id in ids)]

    def test_an_answer_that_is_of_no_use_is_refused_and_the_station_understands(self) -> None:
        with self.emulated(AnswersNonsense(), version="2.1") as station:
            station.wait_ready()
            command = self.settled(self.command("SetMonitoringLevel", {"severity": 3}))
            self.assertEqual((command.state, command.result), ("failed", "PropertyConstraintViolation"))
            eventually(lambda: station.statistics.senseless == 1)
            self.assertTrue(any(text.startswith(f'[5,"{command.message_id}"') for text in station.tap.heard))
            self.done("SetMonitoringBase", {"monitoringBase": "All"})
