"""DER controls and alarms, and battery swaps: what stations with OCPP 2.1 said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import Moment
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one
from stations.api.rows import identity
from stations.models import BatterySwap, DERAlarm, DERControl, SwappedBattery


class DERControlOut(serializers.ModelSerializer[DERControl]):
    station = identity()

    class Meta:
        model = DERControl
        fields = (
            *("id", "station", "control_id", "type", "is_default", "priority", "start_at", "duration_s", "setting"),
            *("state", "supersedes", "started_at", "ended_at", "created_at", "changed_at"),
        )


class DERAlarmOut(serializers.ModelSerializer[DERAlarm]):
    station = identity()

    class Meta:
        model = DERAlarm
        fields = (*("id", "station", "control_type", "fault", "ended", "info", "stamp", "occurred_at", "received_at"),)


class SwappedBatteryOut(serializers.ModelSerializer[SwappedBattery]):
    class Meta:
        model = SwappedBattery
        fields = ("way", "slot", "serial_number", "soc", "soh", "produced_at", "vendor_info", "received_at")


class BatterySwapOut(serializers.ModelSerializer[BatterySwap]):
    station = identity()
    id_token = serializers.CharField(source="id_token.value", read_only=True, allow_null=True, default=None)
    batteries = SwappedBatteryOut(many=True, read_only=True)

    class Meta:
        model = BatterySwap
        fields = (
            *("id", "station", "request", "id_token", "token_status", "state", "reason", "batteries"),
            *("created_at", "ended_at"),
        )


class DERControlQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    state = serializers.ChoiceField(DERControl.State.choices, required=False)
    type = serializers.CharField(required=False, max_length=32, help_text="controlType")


class DERAlarmQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    since = Moment(required=False, help_text="Received at this moment or later.")
    until = Moment(required=False, help_text="Received before this moment.")
    ended = serializers.BooleanField(required=False)


class BatterySwapQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    state = serializers.ChoiceField(BatterySwap.State.choices, required=False)
    id_token = serializers.CharField(required=False, max_length=1000, help_text="In any case.")


_FILTERS = {
    "station": "station__identity",
    "state": "state",
    "type": "type",
    "since": "received_at__gte",
    "until": "received_at__lt",
    "ended": "ended",
    "id_token": "id_token__value__iexact",
}


def _chosen(rows: Any, query: dict[str, Any]) -> Any:
    return rows.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})


class DERControlsView(ApiView):
    @operation(
        "listDERControls", tag="energy", role=Role.VIEWER, query=DERControlQuery, answers=slice_of(DERControlOut)
    )
    def list(self, request: Request) -> Response:
        """Controls of distributed energy resources, newest first.

        As stations confirmed and reported them. They are set, read and cleared with the commands `SetDERControl`,
        `GetDERControl` and `ClearDERControl`.
        """
        query = self.query()
        rows = _chosen(DERControl.objects.select_related("station"), query)
        return Response(slice_(request, rows, query, lambda found: DERControlOut(found, many=True).data))

    @operation("getDERControl", tag="energy", role=Role.VIEWER, answers=DERControlOut)
    def retrieve(self, request: Request, control: int) -> Response:
        """One control."""
        return Response(DERControlOut(one(DERControl.objects.select_related("station"), "control", pk=control)).data)


class DERAlarmsView(ApiView):
    @operation("listDERAlarms", tag="energy", role=Role.VIEWER, query=DERAlarmQuery, answers=slice_of(DERAlarmOut))
    def list(self, request: Request) -> Response:
        """Events of the grid that stations reported, newest first."""
        query = self.query()
        rows = _chosen(DERAlarm.objects.select_related("station"), query)
        return Response(slice_(request, rows, query, lambda found: DERAlarmOut(found, many=True).data))


class BatterySwapsView(ApiView):
    @operation(
        "listBatterySwaps", tag="energy", role=Role.VIEWER, query=BatterySwapQuery, answers=slice_of(BatterySwapOut)
    )
    def list(self, request: Request) -> Response:
        """Swaps of batteries, newest first. One is begun from here with the command `RequestBatterySwap`."""
        query = self.query()
        rows = _chosen(_swaps(), query)
        return Response(slice_(request, rows, query, lambda found: BatterySwapOut(found, many=True).data))

    @operation("getBatterySwap", tag="energy", role=Role.VIEWER, answers=BatterySwapOut)
    def retrieve(self, request: Request, swap: int) -> Response:
        """One swap, with its batteries."""
        return Response(BatterySwapOut(one(_swaps(), "swap", pk=swap)).data)


def _swaps() -> Any:
    return BatterySwap.objects.select_related("station", "id_token").prefetch_related("batteries")
