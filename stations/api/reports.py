"""Reports that stations send in parts (2.x): how far they are. What they hold is seen where it belongs."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import station_named
from stations.models import Report
from stations.ocpp.reports import ReportKind


class ReportOut(serializers.ModelSerializer[Report]):
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)
    missing = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text='Parts that an incomplete one lacks, from "0": "4", "7-9"; "12-" is all from there on.',
    )

    class Meta:
        model = Report
        fields = (
            *("id", "kind", "request", "command", "state", "result", "parts", "missing", "text"),
            *("asked_at", "began_at", "changed_at", "ended_at"),
        )


class ReportQuery(SliceQuery):
    kind = serializers.ChoiceField([kind.value for kind in ReportKind], required=False)
    state = serializers.ChoiceField(Report.State.choices, required=False)


class ReportsView(ApiView):
    @operation("listReports", tag="records", role=Role.VIEWER, query=ReportQuery, answers=slice_of(ReportOut))
    def list(self, request: Request, identity: str) -> Response:
        """Reports of a 2.x station, newest first.

        A report comes in parts, each of which is stored before it is acknowledged. One of which nothing came for ten
        minutes is `incomplete`, until a late part completes it.
        """
        query = self.query()
        rows = Report.objects.filter(station=station_named(identity))
        rows = rows.filter(**{name: query[name] for name in ("kind", "state") if name in query})
        return Response(slice_(request, rows, query, lambda found: ReportOut(found, many=True).data))
