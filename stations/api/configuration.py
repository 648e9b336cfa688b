"""The configuration of 1.6 stations."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from stations.api.authority import require_for
from stations.api.lookup import requester, station_named
from stations.api.rows import CommandOut
from stations.models import ConfigurationKey
from stations.services.equipment import configuration
from stations.services.secrets import mask


class ConfigurationKeyOut(serializers.ModelSerializer[ConfigurationKey]):
    class Meta:
        model = ConfigurationKey
        fields = ("key", "value", "readonly", "unknown", "reported_at", "wanted", "answer", "answered_at")


class ConfigurationIn(InputSerializer):
    values = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True, trim_whitespace=False),
        help_text="New values by key; at most 50 at a time.",
    )
    idempotency_key = serializers.CharField(required=False, max_length=90)

    def validate_values(self, values: dict[str, str]) -> dict[str, str]:
        if not 1 <= len(values) <= 50:
            raise serializers.ValidationError("Between 1 and 50 keys can be set at a time.")
        if any(not 0 < len(key) <= 50 or not key.isprintable() for key in values):
            raise serializers.ValidationError("A key has 1 to 50 printable characters.")
        return values


class RefreshIn(InputSerializer):
    keys = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=100, help_text="None: all keys."
    )


class ConfigurationView(ApiView):
    @operation("listConfiguration", tag="configuration", role=Role.VIEWER, answers=ConfigurationKeyOut(many=True))
    def list(self, request: Request, identity: str) -> Response:
        """The configuration of a 1.6 station.

        As the station last told it. `wanted` is a value that was asked for and is not in force yet, `answer` what the
        station said to the last change. Secret values are not kept.
        """
        rows = ConfigurationKey.objects.filter(station=station_named(identity))
        return Response(ConfigurationKeyOut(rows, many=True).data)

    @operation(
        "changeConfiguration",
        tag="configuration",
        role=Role.OPERATOR,
        body=ConfigurationIn,
        answers={201: CommandOut(many=True)},
        is_command=True,
        examples=[OpenApiExample("One key", {"values": {"HeartbeatInterval": "300"}}, request_only=True)],
    )
    def change(self, request: Request, identity: str) -> Response:
        """Change configuration keys of a station.

        Queues one ChangeConfiguration for each key; the answer is those commands. Passwords need an administrator.
        """
        station = station_named(identity)
        body = self.body()
        values, key = body["values"], body.get("idempotency_key")
        for name, value in values.items():
            require_for(request, "ChangeConfiguration", {"key": name, "value": value})
        commands = self.store(
            lambda batch: [
                configuration.change_configuration(
                    batch,
                    station_id=station.pk,
                    key=name,
                    value=value,
                    by=requester(request),
                    idempotency_key=f"{key}/{number}" if key else None,
                )
                for number, (name, value) in enumerate(values.items())
            ],
            target=f"station {identity}",
            summary={
                name: mask("ChangeConfiguration", {"key": name, "value": value})["value"]
                for name, value in values.items()
            },
        )
        return Response(CommandOut(commands, many=True).data, status=201)

    @operation(
        "refreshConfiguration",
        tag="configuration",
        role=Role.OPERATOR,
        body=RefreshIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def refresh(self, request: Request, identity: str) -> Response:
        """Ask a station for its configuration."""
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: configuration.read_configuration(
                batch, station_id=station.pk, keys=body.get("keys", ()), by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)
