"""What variables of 2.x stations should be, and where they differ from that."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, page, page_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut
from stations.models import VariableTemplate
from stations.services.equipment import templates


class VariableName(InputSerializer):
    component = serializers.CharField(max_length=50)
    component_instance = serializers.CharField(max_length=50, default="", allow_blank=True)
    evse = Whole(default=0, max_value=1_000_000, help_text="0: not of an EVSE.")
    connector = Whole(default=0, max_value=1_000_000, help_text="0: not of a connector.")
    variable = serializers.CharField(max_length=50)
    variable_instance = serializers.CharField(max_length=50, default="", allow_blank=True)


class WantedValue(VariableName):
    value = serializers.CharField(max_length=2500, allow_blank=True, trim_whitespace=False)


class TemplateChanges(InputSerializer):
    name = serializers.CharField(required=False, max_length=100)
    vendor = serializers.CharField(
        required=False, max_length=1000, allow_blank=True, help_text="In any case; empty: of every vendor."
    )
    model = serializers.CharField(
        required=False, max_length=1000, allow_blank=True, help_text="In any case; empty: every model."
    )
    values = serializers.ListField(child=WantedValue(), required=False, max_length=500)


class TemplateIn(TemplateChanges):
    name = serializers.CharField(max_length=100)
    vendor = serializers.CharField(default="", max_length=1000, allow_blank=True)
    model = serializers.CharField(default="", max_length=1000, allow_blank=True)
    values = serializers.ListField(child=WantedValue(), min_length=1, max_length=500)


class TemplateOut(serializers.ModelSerializer[VariableTemplate]):
    values = serializers.ListField(child=WantedValue(), read_only=True)

    class Meta:
        model = VariableTemplate
        fields = ("id", "name", "vendor", "model", "values", "changed_at")


class DriftOut(VariableName):
    template = serializers.CharField()
    wanted = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text="As the station last told it; null: it told none.")


class AlignedOut(serializers.Serializer[Any]):
    asked = serializers.IntegerField(help_text="Stations that are asked to change something.")
    refused = serializers.IntegerField(help_text="Stations for which too many commands wait.")


class TemplatesView(ApiView):
    @operation("listTemplates", tag="configuration", role=Role.VIEWER, query=PageQuery, answers=page_of(TemplateOut))
    def list(self, request: Request) -> Response:
        """Templates: wanted values of variables, for the 2.x stations of a vendor and model."""
        rows = VariableTemplate.objects.order_by("name")
        return Response(page(request, rows, self.query(), lambda found: TemplateOut(found, many=True).data))

    @operation(
        "createTemplate", tag="configuration", role=Role.ADMINISTRATOR, body=TemplateIn, answers={201: TemplateOut}
    )
    def create(self, request: Request) -> Response:
        """Make a template. It asks nothing of any station by itself."""
        body = self.body()
        row = self.store(
            lambda batch: templates.add_template(batch, **body), target=f"template {body['name']}", summary=body
        )
        return Response(TemplateOut(row).data, status=201)

    @operation("getTemplate", tag="configuration", role=Role.VIEWER, answers=TemplateOut)
    def retrieve(self, request: Request, template: int) -> Response:
        """One template."""
        return Response(TemplateOut(one(VariableTemplate.objects.all(), "template", pk=template)).data)

    @operation(
        "changeTemplate", tag="configuration", role=Role.ADMINISTRATOR, body=TemplateChanges, answers=TemplateOut
    )
    def change(self, request: Request, template: int) -> Response:
        """Change a template. `values` are replaced as a whole."""
        row = one(VariableTemplate.objects.all(), "template", pk=template)
        body = self.body()
        changed = self.store(
            lambda batch: templates.change_template(batch, template_id=template, changes=body),
            target=f"template {row.name}",
            summary=body,
        )
        return Response(TemplateOut(changed).data)

    @operation("deleteTemplate", tag="configuration", role=Role.ADMINISTRATOR, answers={204: None})
    def destroy(self, request: Request, template: int) -> Response:
        """Delete a template. Stations keep their values."""
        row = one(VariableTemplate.objects.all(), "template", pk=template)
        self.store(lambda batch: templates.remove_template(batch, template_id=template), target=f"template {row.name}")
        return Response(status=204)

    @operation(
        "alignStations", tag="configuration", role=Role.ADMINISTRATOR, answers={201: AlignedOut}, is_command=True
    )
    def align_all(self, request: Request, template: int) -> Response:
        """Have all stations of a template changed to what it wants.

        Queues SetVariables at up to 100 stations that differ; ask again for more.
        """
        row = one(VariableTemplate.objects.all(), "template", pk=template)
        found = templates.differing(row)
        asked, refused = self.store(
            lambda batch: templates.align_all(batch, station_ids=found, by=requester(request)),
            target=f"template {row.name}",
        )
        return Response({"asked": asked, "refused": refused}, status=201)

    @operation("listDrift", tag="configuration", role=Role.VIEWER, answers=DriftOut(many=True))
    def drift(self, request: Request, identity: str) -> Response:
        """Where a station's variables differ from its templates."""
        return Response(templates.names_of(templates.drift_of(station_named(identity))))

    @operation(
        "alignStation", tag="configuration", role=Role.OPERATOR, answers={201: CommandOut(many=True)}, is_command=True
    )
    def align(self, request: Request, identity: str) -> Response:
        """Have a station changed to what its templates want.

        Queues as many SetVariables as it takes; none where nothing differs.
        """
        station = station_named(identity)
        commands = self.store(
            lambda batch: templates.align(batch, station=station, by=requester(request)), target=f"station {identity}"
        )
        return Response(CommandOut(commands, many=True).data, status=201)
