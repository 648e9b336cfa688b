"""Chargers behind NOC bridges over REST: their outlets, their events, their alerts."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.cms import selectors
from bridge.cms.models import Alert, Charger, HardwareEvent
from bridge.cms.rows import AlertOut, ChargerDetail, ChargerOut, HardwareEventOut
from bridge.cms.services import channels, enrolment
from bridge.cms.services.alerts import clear_alert
from bridge.wire import MAX_GUNS
from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import (
    HeavySliceQuery,
    PageQuery,
    SliceQuery,
    in_order,
    page,
    page_of,
    slice_,
    slice_of,
)
from smartserver.api.paths import route
from smartserver.api.views import ApiView
from smartserver.core import clock
from stations.api.lookup import one, station_named
from stations.models import State

_SORTABLE = {
    "identity": "station__identity",
    "state": "station__state",
    "status": "station__status",
    "bridge_version": "bridge_version",
    "fed_at": "fed_at",
    "alerts": "alerts",
}
ORDERS = tuple((name, name) for each in _SORTABLE for name in (each, f"-{each}"))

MAX_ALERTS_SHOWN = 100
"""Standing alerts that are shown with their charger; `GET /alerts` has all."""

_WHOLE_CHARGER = "0: the charger as a whole."


class ChargerQuery(PageQuery):
    search = serializers.CharField(required=False, max_length=200, help_text="Part of identity or bridge version.")
    state = serializers.ChoiceField(State.choices, required=False)
    status = serializers.CharField(required=False, max_length=32, help_text="E.g. `Charging` or `Faulted`.")
    push = serializers.BooleanField(required=False, help_text="Whether its push channel is open.")
    open_name = serializers.BooleanField(required=False)
    alerting = serializers.BooleanField(required=False, help_text="Whether an alert stands.")
    order = serializers.ChoiceField(ORDERS, default="identity", help_text="With `-` the other way round.")


class ChargerSettings(InputSerializer):
    open_name = serializers.BooleanField(
        required=False, help_text="Its bridge cannot send a password: let it in by its name alone."
    )


class EventQuery(HeavySliceQuery):
    kind = serializers.CharField(required=False, max_length=32, help_text="E.g. `session_start` or `alert`.")
    outlet = Whole(required=False, max_value=MAX_GUNS, help_text=_WHOLE_CHARGER)
    session = serializers.CharField(required=False, max_length=255, help_text="The hardware's id of the session.")
    since = Moment(required=False, help_text="Received at this moment or later.")
    until = Moment(required=False, help_text="Received before this moment.")


class AlertQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    outlet = Whole(required=False, max_value=MAX_GUNS, help_text=_WHOLE_CHARGER)
    code = Whole(required=False, min_value=-(2**31) + 1, help_text="The vendor's.")
    standing = serializers.BooleanField(required=False, help_text="True: not cleared yet. False: over.")
    since = Moment(required=False, help_text="Raised at this moment or later.")
    until = Moment(required=False, help_text="Raised before this moment.")


_EVENT_FILTERS = {
    "kind": "kind",
    "session": "session",
    "since": "received_at__gte",
    "until": "received_at__lt",
}

_ALERT_FILTERS = {
    "station": "station__identity",
    "outlet": "outlet",
    "code": "code",
    "standing": "cleared_at__isnull",
    "since": "raised_at__gte",
    "until": "raised_at__lt",
}


class ChargersView(ApiView):
    @operation("listChargers", tag="chargers", role=Role.VIEWER, query=ChargerQuery, answers=page_of(ChargerOut))
    def list(self, request: Request) -> Response:
        """Chargers behind NOC bridges.

        Each is a station as well, whose status, sessions, commands and files stand where those of all stations do.
        """
        query = self.query()
        rows = in_order(_chargers(query), _column(query["order"]))
        return Response(page(request, rows, query, lambda found: ChargerOut(found, many=True).data))

    @operation("getCharger", tag="chargers", role=Role.VIEWER, answers=ChargerDetail)
    def retrieve(self, request: Request, identity: str) -> Response:
        """One charger.

        With its outlets as it last showed them, and its standing alerts.
        """
        return Response(_detail(identity))

    @operation(
        "changeCharger",
        tag="chargers",
        role=Role.ADMINISTRATOR,
        body=ChargerSettings,
        answers=ChargerDetail,
        examples=[OpenApiExample("Let it in without a password", {"open_name": True}, request_only=True)],
    )
    def change(self, request: Request, identity: str) -> Response:
        """Change how the bridge of a charger is let in.

        Of any station; one that no bridge has reported for becomes a charger by it.
        """
        station = station_named(identity)
        body = self.body()
        self.store(
            lambda batch: enrolment.change_charger(batch, station_id=station.pk, settings=body),
            target=f"station {identity}",
            summary=body,
        )
        return Response(_detail(identity))

    @operation(
        "listHardwareEvents",
        tag="chargers",
        role=Role.VIEWER,
        query=EventQuery,
        answers=slice_of(HardwareEventOut),
    )
    def events(self, request: Request, identity: str) -> Response:
        """The events of a charger's hardware, newest first."""
        query = self.query()
        conditions = {_EVENT_FILTERS[name]: value for name, value in query.items() if name in _EVENT_FILTERS}
        if "outlet" in query:
            conditions["outlet"] = query["outlet"] or None
        rows = HardwareEvent.objects.filter(station=_charger(identity).station_id, **conditions)
        return Response(slice_(request, rows, query, lambda found: HardwareEventOut(found, many=True).data))


class AlertsView(ApiView):
    @operation("listAlerts", tag="chargers", role=Role.VIEWER, query=AlertQuery, answers=slice_of(AlertOut))
    def list(self, request: Request) -> Response:
        """Alerts of all chargers, newest first."""
        query = self.query()
        conditions = {_ALERT_FILTERS[name]: value for name, value in query.items() if name in _ALERT_FILTERS}
        rows = Alert.objects.select_related("station").filter(**conditions)
        return Response(slice_(request, rows, query, lambda found: AlertOut(found, many=True).data))

    @operation("clearAlert", tag="chargers", role=Role.OPERATOR, answers=AlertOut)
    def clear(self, request: Request, alert: int) -> Response:
        """Say that nothing is wrong any more, where the charger does not say so itself."""
        row = one(Alert.objects.select_related("station"), "alert", pk=alert)
        self.store(
            lambda batch: clear_alert(batch, alert_id=alert),
            target=f"charger {row.station.identity}",
            summary={"alert": alert, "code": row.code, "outlet": row.outlet},
        )
        return Response(AlertOut(one(Alert.objects.select_related("station"), "alert", pk=alert)).data)


def _chargers(query: dict[str, Any]) -> QuerySet[Charger]:
    rows = selectors.chargers().defer("state")
    for name in ("state", "status"):
        if name in query:
            rows = rows.filter(**{f"station__{name}": query[name]})
    if "push" in query:
        is_open = Q(pushed_since__isnull=False, push_heard_at__gte=clock.now() - channels.patience())
        rows = rows.filter(is_open) if query["push"] else rows.exclude(is_open)
    if "open_name" in query:
        rows = rows.filter(open_name=query["open_name"])
    if "alerting" in query:
        rows = rows.filter(selectors.is_alerting() if query["alerting"] else ~selectors.is_alerting())
    if text := query.get("search"):
        rows = rows.filter(Q(station__identity__icontains=text) | Q(bridge_version__icontains=text))
    return rows


def _column(order: str) -> str:
    return ("-" if order.startswith("-") else "") + _SORTABLE[order.removeprefix("-")]


def _charger(identity: str) -> Charger:
    return one(selectors.chargers(), "charger", station__identity=identity)


def _detail(identity: str) -> Any:
    charger = _charger(identity)
    standing = Alert.objects.select_related("station").filter(station=charger.station_id, cleared_at=None)
    shown = {"outlets": selectors.outlets_of(charger), "standing_alerts": standing[:MAX_ALERTS_SHOWN]}
    return ChargerDetail(charger, context=shown).data


CHARGER = "chargers/<identity:identity>"

urlpatterns = [
    *route("chargers", ChargersView, get="list"),
    *route(CHARGER, ChargersView, get="retrieve", patch="change"),
    *route(f"{CHARGER}/events", ChargersView, get="events"),
    *route("alerts/<key:alert>/clear", AlertsView, post="clear"),
    *route("alerts", AlertsView, get="list"),
]
