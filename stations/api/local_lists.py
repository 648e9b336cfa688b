"""Local authorization lists."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from stations.api.lookup import requester, station_named
from stations.api.rows import CommandOut
from stations.models import LocalList
from stations.services.authorization import local_lists
from stations.services.commands import queue_command, version_of

MODES = tuple((mode, mode) for mode in local_lists.MODES)


class LocalListOut(serializers.ModelSerializer[LocalList]):
    command = serializers.IntegerField(
        source="command_id", read_only=True, allow_null=True, help_text="By which the last list was sent."
    )
    entries = JSONObject(
        read_only=True,
        help_text="What the station confirmed: idTagInfo by idTag; 2.x: idTokenInfo by type and idToken, as `ISO14443:04A2`.",
    )
    pending_entries = JSONObject(read_only=True, allow_null=True, help_text="What is on its way.")
    changes = serializers.SerializerMethodField(
        help_text="What the station lacks of what it should have: idTagInfo by idTag, null where a tag has to go."
    )

    class Meta:
        model = LocalList
        fields = (
            *(
                "version",
                "ocpp_version",
                "entries",
                "confirmed_at",
                "pending_version",
                "pending_entries",
                "command",
                "result",
            ),
            *("reported_version", "reported_at", "changes"),
        )

    def get_changes(self, local: LocalList) -> dict[str, Any]:
        version = version_of(local.station)
        wanted = local_lists.wanted_entries(local.station_id, version) if version in local_lists.FORMS else {}
        return local_lists.changed_entries(local.entries, wanted)


class SendIn(InputSerializer):
    mode = serializers.ChoiceField(
        MODES, default="auto", help_text="`auto`: what has changed, or all of it where that is not known."
    )


class LocalListView(ApiView):
    @operation("getLocalList", tag="local lists", role=Role.VIEWER, answers=LocalListOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        """A station's local authorization list.

        As it last confirmed it, and what it lacks of what it should have.
        """
        station = station_named(identity)
        local = LocalList.objects.filter(station=station).first() or LocalList(station=station)
        return Response(LocalListOut(local).data)

    @operation(
        "sendLocalList",
        tag="local lists",
        role=Role.OPERATOR,
        body=SendIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def send(self, request: Request, identity: str) -> Response:
        """Bring a station's local list up to date.

        A long list goes in several calls; the answer is the first of them.
        """
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: local_lists.send_local_list(
                batch, station_id=station.pk, mode=body["mode"], by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)

    @operation("refreshLocalList", tag="local lists", role=Role.OPERATOR, answers={201: CommandOut}, is_command=True)
    def refresh(self, request: Request, identity: str) -> Response:
        """Ask a station for the version of its local list."""
        station = station_named(identity)
        command = self.store(
            lambda batch: queue_command(
                batch, station_id=station.pk, action="GetLocalListVersion", payload={}, by=requester(request)
            ),
            target=f"station {identity}",
        )
        return Response(CommandOut(command).data, status=201)
