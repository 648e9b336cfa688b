"""Network profiles of 2.x stations."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import JSONObject
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from stations.api.lookup import station_named
from stations.models import NetworkProfile


class NetworkProfileOut(serializers.ModelSerializer[NetworkProfile]):
    profile = JSONObject(read_only=True, help_text="connectionData, without secrets.")

    class Meta:
        model = NetworkProfile
        fields = ("slot", "url", "interface", "security_profile", "profile", "confirmed_at")


class NetworkProfilesView(ApiView):
    @operation("listNetworkProfiles", tag="configuration", role=Role.VIEWER, answers=NetworkProfileOut(many=True))
    def list(self, request: Request, identity: str) -> Response:
        """What a 2.x station has in its slots for network profiles.

        As it confirmed it (SetNetworkProfile). Passwords are not kept.
        """
        rows = NetworkProfile.objects.filter(station=station_named(identity)).order_by("slot")
        return Response(NetworkProfileOut(rows, many=True).data)
