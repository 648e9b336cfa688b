"""My saved views: the tables of the dashboard as I like to see them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts import saved_views
from smartserver.accounts.models import SavedView
from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.paths import route
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound


class ViewOut(serializers.ModelSerializer[SavedView]):
    class Meta:
        model = SavedView
        fields = ("id", "topic", "name", "address")


class ViewIn(InputSerializer):
    topic = serializers.RegexField("^[a-z]{1,32}$", help_text="The table, as it stands in its address: `stations`.")
    name = serializers.CharField(max_length=100)
    address = serializers.CharField(
        max_length=saved_views.MAX_ADDRESS, help_text="Of this table, from the first slash on, with its query."
    )


EXAMPLE = OpenApiExample(
    "Who charges",
    {"topic": "stations", "name": "Charging", "address": "/stations?q=filter:status:=:Charging"},
    request_only=True,
)


def _mine(request: Request) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=request.user.pk)


class SavedViewsView(ApiView):
    @operation("listViews", tag="account", role=Role.VIEWER, answers=ViewOut(many=True))
    def list(self, request: Request) -> Response:
        """My saved views, by topic and name."""
        return Response(ViewOut(_mine(request), many=True).data)

    @operation(
        "saveView",
        tag="account",
        role=Role.VIEWER,
        body=ViewIn,
        answers={200: ViewOut, 201: ViewOut},
        examples=[EXAMPLE],
    )
    def save(self, request: Request) -> Response:
        """Save a view.

        One of mine with the same topic and name is replaced (200).
        """
        self._require_user()
        body: dict[str, Any] = self.body()
        view, created = self.store(
            lambda batch: saved_views.save_view(batch, user=request.user, **body),
            target=f"view {body['name']}",
            summary=body,
        )
        return Response(ViewOut(view).data, status=201 if created else 200)

    @operation("deleteView", tag="account", role=Role.VIEWER, answers={204: None})
    def destroy(self, request: Request, view: int) -> Response:
        """Delete one of my saved views."""
        self._require_user()
        row = _mine(request).filter(pk=view).first()
        if row is None:
            raise NotFound("You have no such view.")
        self.store(
            lambda batch: saved_views.delete_view(batch, user=request.user, view_id=view), target=f"view {row.name}"
        )
        return Response(status=204)

    def _require_user(self) -> None:
        """A visitor of an open server is nobody whose views could be kept."""
        if not self.request.user.is_authenticated:
            self.permission_denied(self.request)


urlpatterns = [
    *route("views", SavedViewsView, get="list", post="save"),
    *route("views/<key:view>", SavedViewsView, delete="destroy"),
]
