"""Messages on the displays of 2.x stations."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import JSONObject
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from smartserver.core import clock
from stations.api.lookup import station_named
from stations.models import DisplayMessage
from stations.services import displays


class ContentOut(serializers.Serializer[Any]):
    format = serializers.CharField(help_text="ASCII, UTF8, HTML, URI or QRCODE.")
    language = serializers.CharField(help_text="As in RFC 5646; empty: none is named.")
    content = serializers.CharField()


class DisplayMessageOut(serializers.ModelSerializer[DisplayMessage]):
    contents = ContentOut(many=True, read_only=True, help_text="The same in several languages (OCPP 2.1).")
    display = JSONObject(read_only=True, allow_null=True, help_text="The component that shows it; null: the only one.")

    class Meta:
        model = DisplayMessage
        fields = (
            *("number", "priority", "state", "starts_at", "ends_at", "transaction", "contents", "display"),
            "told_at",
        )


class DisplayMessagesView(ApiView):
    @operation("listDisplayMessages", tag="displays", role=Role.VIEWER, answers=DisplayMessageOut(many=True))
    def list(self, request: Request, identity: str) -> Response:
        """The messages that a 2.x station has for its displays.

        As it last confirmed or reported them, without those whose end or transaction is over. SetDisplayMessage,
        ClearDisplayMessage and GetDisplayMessages are sent as commands.
        """
        rows = displays.held_by(station_named(identity).pk, clock.now())
        return Response(DisplayMessageOut(rows, many=True).data)
