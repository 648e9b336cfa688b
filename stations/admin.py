"""Stations in Django's admin: enrol, set passwords, look at what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from smartserver.core.credentials import hash_key, new_key
from stations.models import (
    EVSE,
    Connector,
    EventStream,
    IdToken,
    KnockingStation,
    Message,
    MeterValue,
    Monitor,
    MonitoringEvent,
    Quirk,
    Station,
    Transaction,
    TransactionEvent,
    Variable,
)

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Records of what happened: to be read, not edited."""

    show_full_result_count = False  # these tables grow large

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Station)
class StationAdmin(ModelAdmin):
    list_display = (
        "identity",
        "state",
        "status",
        "vendor",
        "model",
        "ocpp_version",
        "last_seen_at",
        "strict",
        "quirks",
    )
    list_filter = ("state", "ocpp_version", "strict")
    search_fields = ("identity", "vendor", "model", "serial_number")
    fields = ("identity", "strict", "has_password", "vendor", "model", "serial_number", "firmware_version", "quirks")
    readonly_fields = ("has_password", "vendor", "model", "serial_number", "firmware_version", "quirks")
    actions = ("give_new_password",)

    @admin.display(boolean=True)
    def has_password(self, station: Station) -> bool:
        return bool(station.password_hash)

    def save_model(self, request: HttpRequest, obj: Station, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            self._give_password(request, obj)

    @admin.action(description="Give a new password (shown once)", permissions=["change"])
    def give_new_password(self, request: HttpRequest, queryset: QuerySet[Station]) -> None:
        for station in queryset:
            self._give_password(request, station)

    def _give_password(self, request: HttpRequest, station: Station) -> None:
        password = new_key()
        Station.objects.filter(pk=station.pk).update(password_hash=hash_key(password), next_password_hash="")
        text = f"Password of station {station.identity}, shown only now: {password}"
        self.message_user(request, text, messages.WARNING)


@admin.register(KnockingStation)
class KnockingStationAdmin(ReadOnlyAdmin):
    list_display = ("identity", "address", "attempts", "first_at", "last_at")
    actions = ("enrol",)

    def has_enrol_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("stations.add_station")

    @admin.action(description="Enrol as stations, with a new password (shown once)", permissions=["enrol"])
    def enrol(self, request: HttpRequest, queryset: QuerySet[KnockingStation]) -> None:
        for knocking in queryset:
            station, created = Station.objects.get_or_create(identity=knocking.identity)
            knocking.delete()
            if not created:  # somebody was faster; its password stays
                continue
            password = new_key()
            Station.objects.filter(pk=station.pk).update(password_hash=hash_key(password), next_password_hash="")
            text = f"Password of station {knocking.identity}, shown only now: {password}"
            self.message_user(request, text, messages.WARNING)


@admin.register(IdToken)
class IdTokenAdmin(ModelAdmin):
    list_display = ("value", "type", "status", "group", "expires_at")
    list_filter = ("status", "type")
    search_fields = ("value", "group__name")


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ("id", "station", "evse", "id_token", "active", "started_at", "ended_at", "energy_wh", "end_reason")
    list_filter = ("active", "end_reason")
    list_select_related = ("station", "evse", "id_token")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "station", "direction", "action", "outcome")
    list_filter = ("direction", "outcome")
    list_select_related = ("station",)


@admin.register(Quirk)
class QuirkAdmin(ReadOnlyAdmin):
    list_display = ("station", "rule", "action", "times", "first_at", "last_at")
    list_filter = ("rule",)


admin.site.register([EVSE, Connector, EventStream, Monitor, MonitoringEvent], ReadOnlyAdmin)
admin.site.register([TransactionEvent, MeterValue, Variable], ReadOnlyAdmin)
