"""Chargers in the administration: how their bridges are let in, and what they told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from bridge.cms.models import Alert, Charger, HardwareEvent
from stations.admin import ReadOnlyAdmin

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Charger)
class ChargerAdmin(ModelAdmin):
    """What its bridge reports is shown; how it is let in can be changed. Its password is its station's."""

    list_display = ("station", "bridge_version", "fed_at", "pushed_since", "open_name")
    list_filter = ("open_name", "bridge_version")
    list_select_related = ("station",)
    search_fields = ("station__identity", "bridge_version")
    autocomplete_fields = ("station",)
    fields = ("station", "open_name", "bridge_version", "fed_at", "pushed_since", "state_at", "state")

    def get_readonly_fields(self, request: HttpRequest, obj: Charger | None = None) -> tuple[str, ...]:
        editable = {"open_name"} | ({"station"} if obj is None else set())
        return tuple(name for name in self.fields if name not in editable)

    def save_model(self, request: HttpRequest, obj: Charger, form: Any, change: bool) -> None:
        # Only what was edited: the bridge may have reported since the page was opened.
        obj.save(update_fields=form.changed_data if change else None)


@admin.register(HardwareEvent)
class HardwareEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "received_at", "station", "kind", "outlet", "session")
    list_filter = ("kind",)
    list_select_related = ("station",)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("id", "station", "outlet", "code", "meaning", "message", "raised_at", "cleared_at")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter), "meaning")
    list_select_related = ("station",)
