"""Webhooks: who is told of what, and how telling it went."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.paths import route
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound
from smartserver.core.events import WEBHOOK_EVENTS
from smartserver.webhooks import selectors, services
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.outbox import ALL

KINDS = tuple((kind, kind) for kind in (ALL, *sorted(WEBHOOK_EVENTS)))


class WebhookOut(serializers.ModelSerializer[Subscription]):
    kinds = serializers.ListField(child=serializers.CharField(), read_only=True)
    stations = serializers.ListField(child=serializers.CharField(), read_only=True)
    waiting = serializers.IntegerField(read_only=True, help_text="Deliveries that it has yet to get.")

    class Meta:
        model = Subscription
        fields = (
            *("id", "url", "description", "kinds", "stations", "active", "stopped", "waiting", "failures"),
            *("paused_until", "tried_at", "succeeded_at", "previous_secret_until", "created_at"),
        )


class NewWebhook(WebhookOut):
    secret = serializers.CharField(help_text="Signs each delivery. Shown this once, and never again.")

    class Meta(WebhookOut.Meta):
        fields = (*WebhookOut.Meta.fields, "secret")  # type: ignore[assignment]


class Secret(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Shown this once. For a day, each delivery has the old signature, too.")


class WebhookChanges(InputSerializer):
    url = serializers.CharField(required=False, max_length=1000)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(KINDS),
        required=False,
        min_length=1,
        max_length=100,
        help_text="Kinds of events; `*` for all.",
    )
    stations = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        max_length=services.MAX_STATIONS,
        help_text="Identities; none: of all stations.",
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=services.MAX_DESCRIPTION)
    active = serializers.BooleanField(required=False)


class WebhookIn(InputSerializer):
    url = serializers.CharField(max_length=1000)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(KINDS),
        default=[ALL],
        min_length=1,
        max_length=100,
        help_text="Kinds of events; `*` for all.",
    )
    stations = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        max_length=services.MAX_STATIONS,
        help_text="Identities; none: of all stations.",
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=services.MAX_DESCRIPTION)


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    webhook = serializers.IntegerField(source="subscription_id", read_only=True)
    body = serializers.SerializerMethodField(help_text="What is posted.")

    class Meta:
        model = Delivery
        fields = (
            *("id", "webhook", "event_id", "kind", "station", "state", "attempts", "status_code", "error"),
            *("next_at", "created_at", "settled_at", "body"),
        )

    def get_body(self, delivery: Delivery) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(delivery.body)
        return found


class AttemptOut(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ("started_at", "duration_ms", "status_code", "answer", "error")


class DeliveryQuery(SliceQuery):
    state = serializers.ChoiceField(Delivery.State.choices, required=False)
    kind = serializers.CharField(required=False, max_length=40)


class Queued(serializers.Serializer[Any]):
    delivery = serializers.IntegerField()


class Kinds(serializers.Serializer[Any]):
    kinds = serializers.ListField(child=serializers.CharField())


class WebhooksView(ApiView):
    @operation("listEventKinds", tag="webhooks", role=Role.VIEWER, answers=Kinds)
    def kinds(self, request: Request) -> Response:
        """The kinds of events that a webhook can subscribe to; `*` is all of them."""
        return Response({"kinds": [kind for kind, _ in KINDS]})

    @operation("listWebhooks", tag="webhooks", role=Role.ADMINISTRATOR, answers=WebhookOut(many=True))
    def list(self, request: Request) -> Response:
        """Webhooks."""
        return Response(WebhookOut(selectors.subscriptions(), many=True).data)

    @operation("createWebhook", tag="webhooks", role=Role.ADMINISTRATOR, body=WebhookIn, answers={201: NewWebhook})
    def create(self, request: Request) -> Response:
        """Subscribe an address to events.

        The answer shows the secret that signs the deliveries, this once.
        """
        body = self.body()
        created = self.store(
            lambda batch: services.create_subscription(batch, user_id=request.user.pk, **body),
            target=f"webhook {body['url']}",
            summary=body,
        )
        shown = WebhookOut(selectors.subscription(created.subscription_id)).data
        return Response({**shown, "secret": created.secret}, status=201)

    @operation("getWebhook", tag="webhooks", role=Role.ADMINISTRATOR, answers=WebhookOut)
    def retrieve(self, request: Request, webhook: int) -> Response:
        """One webhook."""
        return Response(WebhookOut(selectors.subscription(webhook)).data)

    @operation("changeWebhook", tag="webhooks", role=Role.ADMINISTRATOR, body=WebhookChanges, answers=WebhookOut)
    def change(self, request: Request, webhook: int) -> Response:
        """Change a webhook."""
        row = selectors.subscription(webhook)
        body = self.body()
        self.store(
            lambda batch: services.change_subscription(batch, subscription_id=webhook, **body),
            target=f"webhook {row.url}",
            summary=body,
        )
        return Response(WebhookOut(selectors.subscription(webhook)).data)

    @operation("deleteWebhook", tag="webhooks", role=Role.ADMINISTRATOR, answers={204: None})
    def destroy(self, request: Request, webhook: int) -> Response:
        """End a webhook."""
        row = selectors.subscription(webhook)
        self.store(
            lambda batch: services.delete_subscription(batch, subscription_id=webhook), target=f"webhook {row.url}"
        )
        return Response(status=204)

    @operation("rotateWebhookSecret", tag="webhooks", role=Role.ADMINISTRATOR, answers=Secret)
    def rotate(self, request: Request, webhook: int) -> Response:
        """Make a new secret.

        The old one signs, too, for a day, so that no delivery is refused while the receiver changes over.
        """
        row = selectors.subscription(webhook)
        secret = self.store(
            lambda batch: services.rotate_secret(batch, subscription_id=webhook), target=f"webhook {row.url}"
        )
        return Response({"secret": secret})

    @operation("testWebhook", tag="webhooks", role=Role.ADMINISTRATOR, answers={202: Queued})
    def test(self, request: Request, webhook: int) -> Response:
        """Send a test event."""
        row = selectors.subscription(webhook)
        delivery = self.store(
            lambda batch: services.send_test(batch, subscription_id=webhook), target=f"webhook {row.url}"
        )
        return Response({"delivery": delivery}, status=202)

    @operation(
        "listDeliveries",
        tag="webhooks",
        role=Role.ADMINISTRATOR,
        query=DeliveryQuery,
        answers=slice_of(DeliveryOut),
    )
    def deliveries(self, request: Request, webhook: int) -> Response:
        """What a webhook was told, or is still to be told, newest first."""
        query = self.query()
        rows = selectors.deliveries(selectors.subscription(webhook).pk)
        rows = rows.filter(**{name: query[name] for name in ("state", "kind") if name in query})
        return Response(slice_(request, rows, query, lambda found: DeliveryOut(found, many=True).data))


class DeliveriesView(ApiView):
    @operation("listAttempts", tag="webhooks", role=Role.ADMINISTRATOR, answers=AttemptOut(many=True))
    def attempts(self, request: Request, delivery: int) -> Response:
        """Every attempt to make a delivery, newest first."""
        self._find(delivery)
        return Response(AttemptOut(selectors.attempts(delivery)[:1000], many=True).data)

    @operation("redeliver", tag="webhooks", role=Role.ADMINISTRATOR, answers={202: DeliveryOut})
    def redeliver(self, request: Request, delivery: int) -> Response:
        """Make a delivery once more, with the same Webhook-Id."""
        row = self._find(delivery)
        self.store(
            lambda batch: services.redeliver(batch, delivery_id=delivery),
            target=f"webhook {row.subscription_id}",
            summary={"delivery": delivery},
        )
        return Response(DeliveryOut(self._find(delivery)).data, status=202)

    def _find(self, delivery: int) -> Delivery:
        found = Delivery.objects.filter(pk=delivery).first()
        if found is None:
            raise NotFound("There is no such delivery; old ones are deleted.")
        return found


WEBHOOK = "webhooks/<key:webhook>"

urlpatterns = [
    *route("webhooks", WebhooksView, get="list", post="create"),
    *route("webhooks/kinds", WebhooksView, get="kinds"),
    *route(WEBHOOK, WebhooksView, get="retrieve", patch="change", delete="destroy"),
    *route(f"{WEBHOOK}/rotate-secret", WebhooksView, post="rotate"),
    *route(f"{WEBHOOK}/test", WebhooksView, post="test"),
    *route(f"{WEBHOOK}/deliveries", WebhooksView, get="deliveries"),
    *route("deliveries/<key:delivery>/attempts", DeliveriesView, get="attempts"),
    *route("deliveries/<key:delivery>/redeliver", DeliveriesView, post="redeliver"),
]
