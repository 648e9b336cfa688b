"""The message log and security events."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import Moment
from smartserver.api.operations import operation
from smartserver.api.pages import HeavySliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one
from stations.api.rows import MessageOut, SecurityEventOut
from stations.models import Message, SecurityEvent, Station


class RecordQuery(HeavySliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    since = Moment(required=False, help_text="Received at this moment or later.")
    until = Moment(required=False, help_text="Received before this moment.")


class MessageQuery(RecordQuery):
    action = serializers.CharField(required=False, max_length=64)
    direction = serializers.ChoiceField(Message.Direction.choices, required=False)
    outcome = serializers.CharField(
        required=False, max_length=64, help_text="`CALLRESULT`, an error code, `TimedOut`, …"
    )


class SecurityEventQuery(RecordQuery):
    type = serializers.CharField(required=False, max_length=50)
    critical = serializers.BooleanField(required=False)


_FILTERS = {
    "since": "received_at__gte",
    "until": "received_at__lt",
    "action": "action",
    "direction": "direction",
    "outcome": "outcome",
    "type": "type",
    "critical": "critical",
}


def _found(rows: Any, query: dict[str, Any]) -> tuple[Any, str | None]:
    """The rows, and by what they are in order: of one station by time, of all by key, as the indexes are."""
    rows = rows.select_related("station")
    rows = rows.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
    if "station" in query:
        station = Station.objects.filter(identity=query["station"]).first()
        return (rows.none() if station is None else rows.filter(station=station)), "received_at"
    return rows, None


class MessagesView(ApiView):
    @operation("listMessages", tag="records", role=Role.VIEWER, query=MessageQuery, answers=slice_of(MessageOut))
    def list(self, request: Request) -> Response:
        """The message log, newest first.

        Each call, in either direction, with what became of it. Secrets are masked.
        """
        query = self.query()
        rows, by = _found(Message.objects.all(), query)
        return Response(slice_(request, rows, query, lambda found: MessageOut(found, many=True).data, by=by))

    @operation("getMessage", tag="records", role=Role.VIEWER, answers=MessageOut)
    def retrieve(self, request: Request, message: int) -> Response:
        """One message."""
        return Response(MessageOut(one(Message.objects.select_related("station"), "message", pk=message)).data)


class SecurityEventsView(ApiView):
    @operation(
        "listSecurityEvents",
        tag="records",
        role=Role.VIEWER,
        query=SecurityEventQuery,
        answers=slice_of(SecurityEventOut),
    )
    def list(self, request: Request) -> Response:
        """Security events that stations reported, newest first."""
        query = self.query()
        rows, by = _found(SecurityEvent.objects.all(), query)
        return Response(slice_(request, rows, query, lambda found: SecurityEventOut(found, many=True).data, by=by))
