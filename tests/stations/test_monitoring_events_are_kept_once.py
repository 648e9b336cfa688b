"""NotifyEvent (2.x N07, N08): each event has one row, and serious ones are announced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import TestCase

from smartserver.core.clock import isoformat
from smartserver.core.events import MONITORING_EVENT_RECEIVED
from stations.models import Connector, Monitor, MonitoringEvent, Station
from stations.ocpp.frames import Payload
from stations.services.secrets import MASKED
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run, run_published


def event(number: int = 1, **changes: Any) -> Payload:
    return {
        "eventId": number,
        "timestamp": NOON_TEXT,
        "trigger": "Alerting",
        "actualValue": "1",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Problem"},
    } | changes


def notify(*events: Payload) -> Payload:
    return {"generatedAt": NOON_TEXT, "seqNo": 0, "eventData": list(events)}


class EventCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create(identity="CP1")

    def say(self, *events: Payload, version: str = "2.1") -> list[dict[str, Any]]:
        """What is announced of these events."""
        published = run_published(call(self.station, "NotifyEvent", notify(*events), version=version))[1]
        return [data for kind, data in published.events if kind == MONITORING_EVENT_RECEIVED]


class Once(EventCase):
    def test_the_same_again_has_no_second_effect(self) -> None:
        self.assertEqual(len(self.say(event(), event())), 1, "not even in one message")
        self.assertEqual(self.say(event()), [])
        self.assertEqual(MonitoringEvent.objects.count(), 1)

    def test_the_number_alone_does_not_make_it_the_same(self) -> None:
        """A station begins anew with its numbers, or never counts."""
        others = (
            event(timestamp="2026-06-21T12:00:01Z"),
            event(actualValue="2"),
            event(cleared=True),
            event(variable={"name": "Active"}),
            event(component={"name": "EVSE", "evse": {"id": 2}}),
        )
        self.say(event(), *others)
        self.assertEqual(MonitoringEvent.objects.count(), 1 + len(others))

    def test_without_a_time_each_is_another_one(self) -> None:
        untimed = event()
        del untimed["timestamp"]
        self.say(untimed)
        self.say(untimed)
        self.assertEqual(MonitoringEvent.objects.count(), 2)
        self.assertEqual(rules_of(self.station), {"missing_timestamp": 2})

    def test_another_station_has_its_own(self) -> None:
        self.say(event())
        run(call(StationFactory.create(), "NotifyEvent", notify(event()), version="2.1"))
        self.assertEqual(MonitoringEvent.objects.count(), 2)


class Kept(EventCase):
    def test_times_that_cannot_be_true_are_kept_and_noted(self) -> None:
        self.say(event(timestamp="1970-01-01T00:00:00Z"))
        self.assertEqual(MonitoringEvent.objects.get().occurred_at, datetime(1970, 1, 1, tzinfo=UTC))
        self.assertEqual(rules_of(self.station), {"implausible_time": 1})

    def test_secrets_are_not_kept(self) -> None:
        self.say(event(variable={"name": "BasicAuthPassword"}, actualValue="0123456789abcdef"))
        self.assertEqual(MonitoringEvent.objects.get().value, MASKED)

    def test_it_goes_with_its_station(self) -> None:
        self.say(event())
        self.station.delete()
        self.assertFalse(MonitoringEvent.objects.exists())


class Announced(EventCase):
    def test_up_to_severity_3(self) -> None:
        for severity in range(10):
            told = self.say(event(severity, severity=severity))
            self.assertEqual(len(told), 1 if severity <= 3 else 0)
        self.assertEqual(
            self.say(event(77, severity=0, techInfo="hot")),
            [
                {
                    "event": MonitoringEvent.objects.get(number=77).pk,
                    "station": "CP1",
                    "evse": 1,
                    "connector": 0,
                    "component": "EVSE",
                    "variable": "Problem",
                    "trigger": "Alerting",
                    "value": "1",
                    "severity": 0,
                    "cleared": False,
                    "info": "hot",
                    "occurred_at": isoformat(NOON),
                }
            ],
        )

    def test_in_2_0_1_the_severity_is_that_of_the_monitor(self) -> None:
        for number, severity in ((5, 2), (6, 8)):
            Monitor.objects.create(station=self.station, number=number, value=1, severity=severity, confirmed_at=NOON)
        told = self.say(event(1, variableMonitoringId=5), event(2, variableMonitoringId=6), version="2.0.1")
        self.assertEqual([each["severity"] for each in told], [2])
        self.assertEqual(MonitoringEvent.objects.get(number=2).severity, 8)

    def test_of_unknown_severity_alerts_alone(self) -> None:
        told = self.say(event(1), event(2, trigger="Periodic"), event(3, trigger="Delta"), version="2.0.1")
        self.assertEqual([(each["trigger"], each["severity"]) for each in told], [("Alerting", None)])
        told = self.say(event(4, variableMonitoringId=99), version="2.0.1")
        self.assertEqual(len(told), 1)

    def test_without_a_readable_time(self) -> None:
        (told,) = self.say(event(severity=1, timestamp="noon"))
        self.assertIsNone(told["occurred_at"])


class States(EventCase):
    """2.x may tell the state of a connector as an event of its variable, too (G01)."""

    def tell(self, state: str, number: int, connector: int = 1) -> None:
        evse = {"id": 1} | ({"connectorId": connector} if connector else {})
        component = {"name": "Connector", "evse": evse}
        variable = {"name": "AvailabilityState"}
        self.say(event(number, trigger="Delta", actualValue=state, component=component, variable=variable))

    def statuses(self) -> list[tuple[int, int, str]]:
        return list(Connector.objects.values_list("evse__number", "number", "status"))

    def test_are_those_of_the_connector(self) -> None:
        self.tell("Occupied", 1)
        self.assertEqual(self.statuses(), [(1, 1, "Occupied")])
        self.tell("Available", 2)
        self.assertEqual(self.statuses(), [(1, 1, "Available")])
        self.tell("Occupied", 1)
        self.assertEqual(self.statuses(), [(1, 1, "Available")], "an event that is heard again says nothing new")

    def test_of_an_evse_as_a_whole_are_not(self) -> None:
        self.tell("Occupied", 1, connector=0)
        self.say(event(2, component={"name": "EVSE", "evse": {"id": 1, "connectorId": 1}}))
        self.assertEqual(self.statuses(), [])
