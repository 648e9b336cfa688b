"""Devices in the administration: registering them, and giving them keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from devices.models import SolMate
from devices.services import generate_key

MAX_KEYS = 20

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[SolMate]
else:
    ModelAdmin = admin.ModelAdmin  # generic for the type checker only


@admin.register(SolMate)
class SolMateAdmin(ModelAdmin):
    """What a device reports is shown; what people say about it can be edited."""

    list_display = ("serial_number", "state", "solmate_version", "owner", "has_key", "last_status_update")
    list_filter = ("state", "solmate_version")
    list_select_related = ("owner",)
    search_fields = ("serial_number", "owner__username", "postcode")
    autocomplete_fields = ("owner",)
    actions = ("give_new_key",)
    fields = (
        *("serial_number", "owner", "manufacturing_date", "has_key", "state", "connected_at", "last_status_update"),
        *("solmate_version", "software_version", "country", "postcode", "pv_connectors", "capacity", "local_time"),
        *("power_income", "power_inject", "power_consumption", "battery"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: SolMate | None = None) -> tuple[str, ...]:
        editable = {"owner", "manufacturing_date"} | ({"serial_number"} if obj is None else set())
        return tuple(name for name in self.fields if name not in editable)

    def save_model(self, request: HttpRequest, obj: SolMate, form: Any, change: bool) -> None:
        # Only what was edited: the device may have reported new values since the page was opened.
        obj.save(update_fields=form.changed_data if change else None)

    @admin.display(description="key", boolean=True)
    def has_key(self, device: SolMate) -> bool:
        return bool(device.key_hash)

    @admin.action(description="Generate a new key (shown once)", permissions=["change"])
    def give_new_key(self, request: HttpRequest, queryset: QuerySet[SolMate]) -> None:
        devices = list(queryset[: MAX_KEYS + 1])
        if len(devices) > MAX_KEYS:
            self.message_user(request, f"At most {MAX_KEYS} keys at a time.", messages.ERROR)
            return
        for device in devices:
            key = generate_key(device=device)
            text = f"Key of device {device}: {key} — write it down, it is not shown again."
            self.message_user(request, text, messages.WARNING)
            self.log_change(request, device, "New key.")
