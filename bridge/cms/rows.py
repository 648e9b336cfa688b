"""How chargers, their outlets, events and alerts are shown."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bridge import vendor
from bridge.cms.models import Alert, Charger, HardwareEvent
from bridge.cms.selectors import phase_name
from bridge.cms.services import channels
from bridge.outlets import Outlet
from smartserver.core import clock
from stations.api.rows import identity


class OutletOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="1 is gun A.")
    kind = serializers.CharField(help_text="As the hardware calls it.")
    phase = serializers.IntegerField(allow_null=True)
    phase_name = serializers.SerializerMethodField(help_text="E.g. `cable check` or `charging`.")
    busy = serializers.BooleanField()
    online = serializers.BooleanField()
    out_of_order = serializers.BooleanField()
    user = serializers.CharField()
    session = serializers.CharField(help_text="The hardware's id of the session that runs.")
    energy_wh = serializers.FloatField(source="session_energy_wh", allow_null=True, help_text="Of that session.")
    soc = serializers.FloatField(allow_null=True, help_text="Per cent.")
    voltage_v = serializers.FloatField(allow_null=True)
    current_a = serializers.FloatField(allow_null=True)
    power_w = serializers.FloatField(allow_null=True)
    meter_wh = serializers.FloatField(allow_null=True, help_text="The register of its meter.")
    power_cap_w = serializers.FloatField(allow_null=True, help_text="What it may give at most.")
    error = serializers.IntegerField(help_text="The vendor's code; 0: none, -1: a fault without a code.")
    error_meaning = serializers.SerializerMethodField()
    error_text = serializers.CharField(help_text="What the hardware says of it.")
    oddities = serializers.ListField(
        child=serializers.CharField(), help_text="Fields of the state that could not be understood, and were left out."
    )

    def get_phase_name(self, outlet: Outlet) -> str:
        return phase_name(outlet)

    def get_error_meaning(self, outlet: Outlet) -> str:
        return vendor.meaning(outlet.error) if outlet.error else ""


class AlertOut(serializers.ModelSerializer[Alert]):
    station = identity()
    standing = serializers.SerializerMethodField()

    class Meta:
        model = Alert
        fields = (
            *("id", "station", "outlet", "code", "meaning", "message", "source", "session"),
            *("standing", "raised_at", "cleared_at"),
        )

    def get_standing(self, alert: Alert) -> bool:
        return alert.cleared_at is None


class HardwareEventOut(serializers.ModelSerializer[HardwareEvent]):
    payload = serializers.DictField(read_only=True, help_text="As the hardware sent it.")

    class Meta:
        model = HardwareEvent
        fields = ("id", "kind", "outlet", "session", "payload", "occurred_at", "received_at")


class ChargerOut(serializers.ModelSerializer[Charger]):
    identity = identity()
    state = serializers.CharField(source="station.state", read_only=True)
    status = serializers.CharField(source="station.status", read_only=True)
    push = serializers.SerializerMethodField(help_text="Whether its push channel is open.")
    alerts = serializers.IntegerField(read_only=True, help_text="How many stand.")

    class Meta:
        model = Charger
        fields = (
            *("identity", "state", "status", "alerts", "bridge_version", "fed_at", "push", "pushed_since"),
            *("open_name", "state_at"),
        )

    def get_push(self, charger: Charger) -> bool:
        return channels.is_open(charger, clock.now())


class ChargerDetail(ChargerOut):
    """`context` has the `outlets` and the `standing_alerts`."""

    outlets = serializers.SerializerMethodField(help_text="As they were at `state_at`.")
    standing_alerts = serializers.SerializerMethodField(help_text="Newest first, at most 100.")

    class Meta(ChargerOut.Meta):
        fields = (*ChargerOut.Meta.fields, "outlets", "standing_alerts")  # type: ignore[assignment]

    @extend_schema_field(OutletOut(many=True))
    def get_outlets(self, charger: Charger) -> Any:
        return OutletOut(self.context["outlets"], many=True).data

    @extend_schema_field(AlertOut(many=True))
    def get_standing_alerts(self, charger: Charger) -> Any:
        return AlertOut(self.context["standing_alerts"], many=True).data
