"""The demo fleet over REST: whether it runs, start, stop."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.operations import operation
from smartserver.api.paths import route
from smartserver.api.permissions import role_of_request
from smartserver.api.views import ApiView
from smartserver.core.errors import Conflict
from smartserver.core.sockets import Refused, check_origin
from smartserver.demo import access
from smartserver.demo.fleet import DEVICES, STATIONS, fleet


class DemoOut(serializers.Serializer[Any]):
    available = serializers.BooleanField(help_text="Whether this server can have one.")
    allowed = serializers.BooleanField(help_text="Whether you may start and stop it.")
    reason = serializers.CharField(help_text="Why there can be none.")
    state = serializers.ChoiceField(["off", "running", "failed"])
    stations = serializers.IntegerField(help_text="How many are emulated while it runs.")
    devices = serializers.IntegerField()
    error = serializers.CharField(help_text="Why it ended by itself.")


class DemoView(ApiView):
    @operation("getDemo", tag="demo", role=Role.VIEWER, answers=DemoOut)
    def retrieve(self, request: Request) -> Response:
        """The fleet of emulated stations and devices."""
        return Response(DemoOut(self._state(request)).data)

    @operation("startDemo", tag="demo", role=Role.VIEWER, answers=DemoOut)
    def start(self, request: Request) -> Response:
        """Start the demo fleet.

        Only on an open server: on a loopback address anybody may, elsewhere administrators where SMARTSERVER_DEMO
        allows it. Refused while anything else is connected.
        """
        self._admit(request)
        if fleet.state != "running":
            access.refuse_company()
            self.store(lambda batch: None, target="demo fleet")
            fleet.start(access.own_address())
        return Response(DemoOut(self._state(request)).data)

    @operation("stopDemo", tag="demo", role=Role.VIEWER, answers=DemoOut)
    def stop(self, request: Request) -> Response:
        """Stop the demo fleet. What it reported stays."""
        self._admit(request)
        self.store(lambda batch: None, target="demo fleet")
        fleet.stop()
        return Response(DemoOut(self._state(request)).data)

    def _admit(self, request: Request) -> None:
        allowed = access.may_switch(role_of_request(request))
        if not (allowed or request.user.is_authenticated):
            raise NotAuthenticated
        if reason := access.reason_against():
            raise Conflict(reason)
        if not allowed:
            raise PermissionDenied("On this server only administrators may start and stop the demo fleet.")
        try:
            # Visitors have no session that a CSRF token could belong to; pages of others are known by their origin.
            check_origin(
                {
                    name.encode(): request.headers.get(name, "").encode("latin-1", "replace")
                    for name in ("origin", "host")
                }
            )
        except Refused:
            raise PermissionDenied("This page may not do that here.") from None

    def _state(self, request: Request) -> dict[str, Any]:
        reason = access.reason_against()
        return {
            "available": not reason,
            "allowed": not reason and access.may_switch(role_of_request(request)),
            "reason": reason,
            "state": fleet.state,
            "stations": STATIONS,
            "devices": DEVICES,
            "error": fleet.error,
        }


urlpatterns = [
    *route("demo", DemoView, get="retrieve"),
    *route("demo/start", DemoView, post="start"),
    *route("demo/stop", DemoView, post="stop"),
]
