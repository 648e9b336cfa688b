"""The device model of 2.x stations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, page, page_of
from smartserver.api.views import ApiView
from stations.api.authority import require_for
from stations.api.lookup import requester, station_named
from stations.api.rows import CommandOut
from stations.models import Variable
from stations.services.equipment import variables
from stations.services.secrets import MASKED, is_secret_key

ATTRIBUTES = tuple((name, name) for name in ("Actual", "Target", "MinSet", "MaxSet"))
MOST = 50
"""Variables in one SetVariables."""

MOST_READ = 500
"""Variables that one request has read, in as many GetVariables as it takes."""

ORDER = ("component", "component_instance", "evse", "connector", "variable", "variable_instance", "attribute")


class VariableOut(serializers.ModelSerializer[Variable]):
    class Meta:
        model = Variable
        fields = (*ORDER, "value", "mutability", "characteristics", "reported_at")


class VariableNameIn(InputSerializer):
    component = serializers.CharField(max_length=50)
    component_instance = serializers.CharField(max_length=50, default="", allow_blank=True)
    evse = Whole(default=0, max_value=1_000_000, help_text="0: not of an EVSE.")
    connector = Whole(default=0, max_value=1_000_000, help_text="0: not of a connector.")
    variable = serializers.CharField(max_length=50)
    variable_instance = serializers.CharField(max_length=50, default="", allow_blank=True)
    attribute = serializers.ChoiceField(ATTRIBUTES, default="Actual")


class VariableIn(VariableNameIn):
    value = serializers.CharField(max_length=2500, allow_blank=True, trim_whitespace=False)


class VariablesIn(InputSerializer):
    variables = serializers.ListField(child=VariableIn(), min_length=1, max_length=MOST)


class VariableNamesIn(InputSerializer):
    variables = serializers.ListField(child=VariableNameIn(), min_length=1, max_length=MOST_READ)


class VariablesView(ApiView):
    @operation("listVariables", tag="configuration", role=Role.VIEWER, query=PageQuery, answers=page_of(VariableOut))
    def list(self, request: Request, identity: str) -> Response:
        """The variables of a 2.x station.

        As the station last told them. Secret values are not kept.
        """
        query = self.query()
        rows = Variable.objects.filter(station=station_named(identity)).order_by(*ORDER)
        return Response(page(request, rows, query, lambda found: VariableOut(found, many=True).data))

    @operation(
        "setVariables",
        tag="configuration",
        role=Role.OPERATOR,
        body=VariablesIn,
        answers={201: CommandOut},
        is_command=True,
        examples=[
            OpenApiExample(
                "One variable",
                {"variables": [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "300"}]},
                request_only=True,
            )
        ],
    )
    def change(self, request: Request, identity: str) -> Response:
        """Change variables of a station.

        Queues one SetVariables; its reply has the station's word on each. Passwords need an administrator.
        """
        station = station_named(identity)
        body = self.body()
        for each in body["variables"]:
            data = {"variable": {"name": each["variable"]}, "attributeValue": each["value"]}
            require_for(request, "SetVariables", {"setVariableData": [data]})
        command = self.store(
            lambda batch: variables.set_variables(
                batch, station_id=station.pk, variables=body["variables"], by=requester(request)
            ),
            target=f"station {identity}",
            summary={"variables": [_without_secret(each) for each in body["variables"]]},
        )
        return Response(CommandOut(command).data, status=201)

    @operation(
        "readVariables",
        tag="configuration",
        role=Role.OPERATOR,
        body=VariableNamesIn,
        answers={201: CommandOut(many=True)},
        is_command=True,
    )
    def read(self, request: Request, identity: str) -> Response:
        """Ask a station for some of its variables.

        Queues as many GetVariables as it takes: a station says how many variables fit into one
        (DeviceDataCtrlr.ItemsPerMessage). What it tells is kept.
        """
        station = station_named(identity)
        commands = self.store(
            lambda batch: variables.ask_for_variables(
                batch, station_id=station.pk, variables=self.body()["variables"], by=requester(request)
            ),
            target=f"station {identity}",
        )
        return Response(CommandOut(commands, many=True).data, status=201)

    @operation("refreshVariables", tag="configuration", role=Role.OPERATOR, answers={201: CommandOut}, is_command=True)
    def refresh(self, request: Request, identity: str) -> Response:
        """Ask a station for its whole inventory (GetBaseReport)."""
        station = station_named(identity)
        command = self.store(
            lambda batch: variables.read_variables(batch, station_id=station.pk, by=requester(request)),
            target=f"station {identity}",
        )
        return Response(CommandOut(command).data, status=201)


def _without_secret(variable: dict[str, Any]) -> dict[str, Any]:
    return variable | {"value": MASKED} if is_secret_key(variable["variable"]) else variable
