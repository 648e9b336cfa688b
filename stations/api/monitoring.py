"""Monitors of 2.x stations, what they reported, and what they stream."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import HeavySliceQuery, PageQuery, SliceQuery, page, page_of, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, station_named
from stations.api.rows import identity
from stations.models import EventStream, Monitor, Monitoring, MonitoringEvent, Station, StreamValue

VARIABLE = ("component", "component_instance", "evse", "connector", "variable", "variable_instance")


class MonitoringOut(serializers.ModelSerializer[Monitoring]):
    class Meta:
        model = Monitoring
        fields = ("base", "base_at", "level", "level_at", "reported_at")


class MonitorOut(serializers.ModelSerializer[Monitor]):
    class Meta:
        model = Monitor
        fields = (
            *("number", *VARIABLE, "type", "value", "severity", "transaction", "kind"),
            *("interval", "values", "confirmed_at"),
        )


class MonitoringEventOut(serializers.ModelSerializer[MonitoringEvent]):
    station = identity()

    class Meta:
        model = MonitoringEvent
        fields = (
            *("id", "station", "number", *VARIABLE, "trigger", "value", "severity", "cleared", "kind", "monitor"),
            *("cause", "transaction", "tech_code", "tech_info", "stamp", "occurred_at", "received_at"),
        )


class EventStreamOut(serializers.ModelSerializer[EventStream]):
    class Meta:
        model = EventStream
        fields = (
            *("id", "number", "monitor", "interval", "values", "state", "opened_at", "closed_at"),
            *("delivered", "pending", "last_value", "last_at"),
        )


class StreamValueOut(serializers.ModelSerializer[StreamValue]):
    class Meta:
        model = StreamValue
        fields = ("measured_at", "value", "received_at")


class EventQuery(HeavySliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    since = Moment(required=False, help_text="Received at this moment or later.")
    until = Moment(required=False, help_text="Received before this moment.")
    severity = Whole(required=False, min_value=0, max_value=9, help_text="Of this severity or a more serious one.")
    trigger = serializers.ChoiceField(("Alerting", "Delta", "Periodic"), required=False)


class StreamQuery(PageQuery):
    state = serializers.ChoiceField(EventStream.State.choices, required=False)


class ValueQuery(SliceQuery):
    since = Moment(required=False, help_text="Measured at this moment or later.")
    until = Moment(required=False, help_text="Measured before this moment.")


_EVENTS = {
    "since": "received_at__gte",
    "until": "received_at__lt",
    "severity": "severity__lte",
    "trigger": "trigger",
}

_VALUES = {"since": "measured_at__gte", "until": "measured_at__lt"}


def _conditions(names: dict[str, str], query: dict[str, Any]) -> dict[str, Any]:
    return {names[name]: value for name, value in query.items() if name in names}


class MonitorsView(ApiView):
    @operation("getMonitoring", tag="configuration", role=Role.VIEWER, answers=MonitoringOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        """How a 2.x station monitors: the base and the level that it accepted last."""
        station = station_named(identity)
        row = Monitoring.objects.filter(station=station).first()
        return Response(MonitoringOut(row or Monitoring(station=station)).data)

    @operation("listMonitors", tag="configuration", role=Role.VIEWER, query=PageQuery, answers=page_of(MonitorOut))
    def list(self, request: Request, identity: str) -> Response:
        """The monitors of a 2.x station, as it confirmed or last reported them."""
        rows = Monitor.objects.filter(station=station_named(identity)).order_by("number")
        return Response(page(request, rows, self.query(), lambda found: MonitorOut(found, many=True).data))


class MonitoringEventsView(ApiView):
    @operation(
        "listMonitoringEvents",
        tag="records",
        role=Role.VIEWER,
        query=EventQuery,
        answers=slice_of(MonitoringEventOut),
    )
    def list(self, request: Request) -> Response:
        """What the monitors of 2.x stations reported (NotifyEvent), newest first."""
        query = self.query()
        rows = MonitoringEvent.objects.select_related("station").filter(**_conditions(_EVENTS, query))
        by = None
        if "station" in query:
            station = Station.objects.filter(identity=query["station"]).first()
            rows, by = (rows.none() if station is None else rows.filter(station=station)), "received_at"
        return Response(slice_(request, rows, query, lambda found: MonitoringEventOut(found, many=True).data, by=by))


class EventStreamsView(ApiView):
    @operation("listEventStreams", tag="records", role=Role.VIEWER, query=StreamQuery, answers=page_of(EventStreamOut))
    def list(self, request: Request, identity: str) -> Response:
        """The periodic event streams of a 2.1 station."""
        query = self.query()
        rows = EventStream.objects.filter(station=station_named(identity)).order_by("number")
        rows = rows.filter(**_conditions({"state": "state"}, query))
        return Response(page(request, rows, query, lambda found: EventStreamOut(found, many=True).data))

    @operation("listStreamValues", tag="records", role=Role.VIEWER, query=ValueQuery, answers=slice_of(StreamValueOut))
    def values(self, request: Request, stream: int) -> Response:
        """What a stream delivered, newest first."""
        query = self.query()
        row = one(EventStream.objects.all(), "event stream", pk=stream)
        rows = StreamValue.objects.filter(stream=row, **_conditions(_VALUES, query))
        return Response(
            slice_(request, rows, query, lambda found: StreamValueOut(found, many=True).data, by="measured_at")
        )
