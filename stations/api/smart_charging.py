"""What stations of 2.x tell of limits and vehicles, and what is agreed on for their sessions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import JSONObject
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from stations.api.lookup import station_named
from stations.models import ChargingLimit, ChargingNeeds, ChargingTerms, EVSchedule


class LimitOut(serializers.ModelSerializer[ChargingLimit]):
    schedules = serializers.ListField(child=JSONObject(), read_only=True, help_text="As they were sent.")

    class Meta:
        model = ChargingLimit
        fields = (
            *("evse", "source", "is_local_generation", "is_grid_critical", "schedules", "received_at", "cleared_at"),
        )


class NeedsOut(serializers.ModelSerializer[ChargingNeeds]):
    transaction = serializers.IntegerField(source="transaction_id", read_only=True, allow_null=True)
    command = serializers.IntegerField(
        source="command_id", read_only=True, allow_null=True, help_text="By which the plan was sent."
    )
    needs = JSONObject(read_only=True, help_text="chargingNeeds, as it was sent.")

    class Meta:
        model = ChargingNeeds
        fields = (
            *("evse", "transaction", "energy_transfer", "departure_at", "max_periods", "needs", "result", "remark"),
            *("command", "received_at"),
        )


class EVScheduleOut(serializers.ModelSerializer[EVSchedule]):
    transaction = serializers.IntegerField(source="transaction_id", read_only=True)
    schedule = JSONObject(read_only=True, help_text="A ChargingSchedule, as it was sent.")

    class Meta:
        model = EVSchedule
        fields = (*("evse", "transaction", "begins_at", "schedule", "chosen", "tolerance_accepted", "received_at"),)


class TermsOut(serializers.ModelSerializer[ChargingTerms]):
    transaction = serializers.IntegerField(source="transaction_id", read_only=True)
    evse = serializers.IntegerField(source="transaction.evse.number", read_only=True, allow_null=True, default=None)
    reference = serializers.CharField(source="transaction.reference", read_only=True, help_text="transactionId")
    allowed_energy_transfer = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Empty: nothing was told."
    )

    class Meta:
        model = ChargingTerms
        fields = (
            *("transaction", "evse", "reference", "priority", "priority_by", "priority_at"),
            *("allowed_energy_transfer", "allowed_at"),
        )


class SmartChargingOut(serializers.Serializer[Any]):
    limits = LimitOut(many=True)
    needs = NeedsOut(many=True)
    ev_schedules = EVScheduleOut(many=True)
    terms = TermsOut(many=True, help_text="Of the sessions that run.")


class SmartChargingView(ApiView):
    @operation("getSmartCharging", tag="charging profiles", role=Role.VIEWER, answers=SmartChargingOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        """What a station tells of limits and vehicles.

        Limits of others, what vehicles need and how they will charge, and what was agreed on for the sessions that run.
        """
        station = station_named(identity)
        terms = ChargingTerms.objects.select_related("transaction__evse").order_by("transaction")
        found = {
            "limits": ChargingLimit.objects.filter(station=station),
            "needs": ChargingNeeds.objects.filter(station=station),
            "ev_schedules": EVSchedule.objects.filter(station=station),
            "terms": terms.filter(transaction__station=station, transaction__active=True),
        }
        return Response(SmartChargingOut(found).data)
