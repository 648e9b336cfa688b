"""Tokens and the audit log in Django's admin: to be looked at; tokens can be revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from smartserver.accounts.logins import AdminLoginForm
from smartserver.accounts.models import ApiToken, AuditEntry

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class Unchangeable(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.login_form = AdminLoginForm


@admin.register(ApiToken)
class ApiTokenAdmin(Unchangeable):
    list_display = ("name", "user", "role", "beginning", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    fields = list_display


@admin.register(AuditEntry)
class AuditEntryAdmin(Unchangeable):
    list_display = ("at", "actor", "role", "address", "action", "target", "outcome")
    list_filter = ("action", "outcome")
    search_fields = ("actor", "target")
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
