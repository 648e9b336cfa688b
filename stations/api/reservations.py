"""Reservations."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester, station_named
from stations.api.rows import identity
from stations.models import Reservation
from stations.services.authorization import reservations


class ReservationOut(serializers.ModelSerializer[Reservation]):
    station = identity()
    id_token = serializers.CharField(source="id_token.value", read_only=True)
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)

    class Meta:
        model = Reservation
        fields = (
            *("id", "station", "evse", "connector_type", "id_token", "state", "result", "expires_at", "command"),
            *("created_at", "ended_at"),
        )


class ReservationIn(InputSerializer):
    evse = Whole(default=0, max_value=1_000_000, help_text="0: whichever is free.")
    connector_type = serializers.CharField(
        required=False, max_length=20, help_text="2.x: e.g. `cCCS2`, for one with such a connector."
    )
    id_token = serializers.CharField(max_length=1000)
    expires_at = Moment()


class ReservationQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    state = serializers.ChoiceField(Reservation.State.choices, required=False)
    id_token = serializers.CharField(required=False, max_length=1000, help_text="In any case.")


_RESERVATIONS = {"station": "station__identity", "state": "state", "id_token": "id_token__value__iexact"}


class ReservationsView(ApiView):
    @operation(
        "listReservations",
        tag="reservations",
        role=Role.VIEWER,
        query=ReservationQuery,
        answers=slice_of(ReservationOut),
    )
    def list(self, request: Request) -> Response:
        """Reservations, newest first."""
        query = self.query()
        rows = _reservations().filter(
            **{_RESERVATIONS[name]: value for name, value in query.items() if name in _RESERVATIONS}
        )
        return Response(slice_(request, rows, query, lambda found: ReservationOut(found, many=True).data))

    @operation("getReservation", tag="reservations", role=Role.VIEWER, answers=ReservationOut)
    def retrieve(self, request: Request, reservation: int) -> Response:
        """One reservation."""
        return Response(ReservationOut(one(_reservations(), "reservation", pk=reservation)).data)

    @operation(
        "createReservation",
        tag="reservations",
        role=Role.OPERATOR,
        body=ReservationIn,
        answers={201: ReservationOut},
        is_command=True,
    )
    def create(self, request: Request, identity: str) -> Response:
        """Reserve an EVSE of a station for an id token.

        The reservation is `requested` until the station has answered.
        """
        station = station_named(identity)
        body = self.body()
        row = self.store(
            lambda batch: reservations.reserve(batch, station_id=station.pk, by=requester(request), **body),
            target=f"station {identity}",
            summary=body,
        )
        return Response(ReservationOut(row).data, status=201)

    @operation("cancelReservation", tag="reservations", role=Role.OPERATOR, answers=ReservationOut, is_command=True)
    def cancel(self, request: Request, reservation: int) -> Response:
        """Cancel a reservation. It ends when the station has answered."""
        row = one(_reservations(), "reservation", pk=reservation)
        changed = self.store(
            lambda batch: reservations.cancel(batch, reservation_id=reservation, by=requester(request)),
            target=f"station {row.station.identity}",
            summary={"reservation": reservation},
        )
        return Response(ReservationOut(changed).data)


def _reservations() -> Any:
    return Reservation.objects.select_related("station", "id_token")
