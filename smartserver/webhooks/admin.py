"""Webhooks in Django's admin: subscribe, see what was delivered, deliver again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from smartserver.core.change import store
from smartserver.core.errors import SmartServerError
from smartserver.webhooks import services
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.outbox import ALL

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Subscription]
    TabularInline = admin.TabularInline[Attempt, Delivery]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm
    TabularInline = admin.TabularInline

T = TypeVar("T")
R = TypeVar("R")


class SubscriptionForm(ModelForm):
    """Checks what the services check, so that a mistake is shown at its field."""

    def clean_url(self) -> str:
        return _checked(services.checked_url, self.cleaned_data["url"])

    def clean_kinds(self) -> list[str]:
        return _checked(services.checked_kinds, _texts(self.cleaned_data["kinds"]))

    def clean_stations(self) -> list[str]:
        return _checked(services.checked_stations, _texts(self.cleaned_data["stations"]))


def _texts(value: Any) -> list[str]:
    texts = value or []
    if not (isinstance(texts, list) and all(isinstance(each, str) for each in texts)):
        raise forms.ValidationError('A JSON list of texts, such as ["*"].')
    return texts


def _checked(check: Callable[[T], R], value: T) -> R:
    try:
        return check(value)
    except SmartServerError as error:
        raise forms.ValidationError(str(error)) from error


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    form = SubscriptionForm
    list_display = ("url", "description", "kinds", "active", "stopped", "failures", "tried_at", "succeeded_at")
    list_filter = ("active",)
    search_fields = ("url", "description")
    fields = ("url", "description", "kinds", "stations", "active")
    actions = ("send_test", "rotate_secret")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"kinds": [ALL], **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        given = {name: getattr(obj, name) for name in ("url", "description", "kinds", "stations")}
        if change:
            changed = {name: getattr(obj, name) for name in form.changed_data}
            store(lambda batch: services.change_subscription(batch, subscription_id=obj.pk, **changed))
            return
        created = store(lambda batch: services.create_subscription(batch, user_id=request.user.pk, **given))
        obj.pk = created.subscription_id
        if not obj.active:
            store(lambda batch: services.change_subscription(batch, subscription_id=obj.pk, active=False))
        self.message_user(request, f"Secret, shown only now: {created.secret}", messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Subscription) -> None:
        store(lambda batch: services.delete_subscription(batch, subscription_id=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for each in queryset:
            self.delete_model(request, each)

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for key in queryset.values_list("pk", flat=True):
            _tell(self, request, key, services.send_test, "A test event is on its way; see the deliveries.")

    @admin.action(description="Make a new secret", permissions=["change"])
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for each in queryset:
            key = each.pk
            secret = store(lambda batch, key=key: services.rotate_secret(batch, subscription_id=key))  # type: ignore[misc]
            self.message_user(request, f"New secret of {each.url}, shown only now: {secret}", messages.WARNING)


class AttemptInline(TabularInline):
    model = Attempt
    fields = ("started_at", "status_code", "duration_ms", "error", "answer")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ModelAdmin):
    """The log: to be read, not edited."""

    list_display = ("created_at", "subscription_id", "kind", "station", "state", "attempts", "status_code", "error")
    list_filter = ("state", "kind")
    search_fields = ("event_id", "station")
    show_full_result_count = False
    inlines = (AttemptInline,)
    actions = ("redeliver",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # they are swept away in time

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_subscription")

    @admin.action(description="Deliver again", permissions=["redeliver"])
    def redeliver(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        for key in queryset.order_by("pk").values_list("pk", flat=True):
            _tell(self, request, key, services.redeliver, "It is delivered again.", name="delivery_id")


def _tell(
    page: ModelAdmin, request: HttpRequest, key: int, service: Any, text: str, *, name: str = "subscription_id"
) -> None:
    try:
        store(lambda batch: service(batch, **{name: key}))
    except SmartServerError as error:
        page.message_user(request, str(error), messages.ERROR)
    else:
        page.message_user(request, text)
