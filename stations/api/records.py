"""The message log and security events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.content import JSONLinesRenderer, stream
from smartserver.api.fields import MAX_KEY, InputSerializer, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import HeavySliceQuery, older_than, portions, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one
from stations.api.rows import ExaminedMessageOut, MessageOut, SecurityEventOut
from stations.models import Message, SecurityEvent, Station

ROWS_AT_ONCE = 100
"""Rows of an export in one query; each may have 128 KiB of text."""


class RecordFilter(InputSerializer):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    since = Moment(required=False, help_text="Received at this moment or later.")
    until = Moment(required=False, help_text="Received before this moment.")


class MessageFilter(RecordFilter):
    action = serializers.CharField(required=False, max_length=64)
    direction = serializers.ChoiceField(Message.Direction.choices, required=False)
    outcome = serializers.CharField(
        required=False, max_length=64, help_text="`CALLRESULT`, an error code, `TimedOut`, …"
    )


class MessageQuery(HeavySliceQuery, MessageFilter):
    before = Whole(
        required=False, min_value=1, max_value=MAX_KEY, help_text="The id of a message: only what is older than that."
    )


class SecurityEventQuery(HeavySliceQuery, RecordFilter):
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
        if "before" in query:
            newer = Message.objects.filter(pk=query["before"]).first()
            if newer is None:
                raise serializers.ValidationError({"before": ["There is no such message (any more)."]})
            rows = rows.filter(older_than(newer, by))
        return Response(slice_(request, rows, query, lambda found: MessageOut(found, many=True).data, by=by))

    @operation("getMessage", tag="records", role=Role.VIEWER, answers=ExaminedMessageOut)
    def retrieve(self, request: Request, message: int) -> Response:
        """One message, and what is wrong with it.

        `problems` names each place of request and reply that breaks the schema of its action, and the rule of tolerance
        by which it is understood all the same. Empty where there are none, and where there are no schemas.
        """
        row = one(Message.objects.select_related("station"), "message", pk=message)
        return Response(ExaminedMessageOut(row).data)


class MessageExportView(ApiView):
    renderer_classes = [JSONLinesRenderer]

    @operation(
        "exportMessages",
        tag="records",
        role=Role.VIEWER,
        query=MessageFilter,
        answers={(200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def list(self, request: Request) -> StreamingHttpResponse:
        """The message log as JSON lines, newest first.

        Each line is a message as `GET /messages` shows it, without secrets. The lines are sent while the log is
        read, however long it is.
        """
        rows, by = _found(Message.objects.all(), self.query())
        lines = (_lines(found) for found in portions(rows, size=ROWS_AT_ONCE, by=by))
        return stream(request, lines, content_type="application/x-ndjson", file_name="messages.jsonl")


def _lines(messages: Sequence[Message]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in MessageOut(messages, many=True).data)


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
