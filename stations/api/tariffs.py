"""Tariffs, whose they are, and which stations have them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject, Key, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, page, page_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut
from stations.models import StationTariff, Tariff, TariffAssignment
from stations.services.tariffs import register

EXAMPLE = {
    "tariff": {
        "tariffId": "DAY-NIGHT",
        "currency": "EUR",
        "description": [{"format": "UTF8", "language": "en", "content": "0.49 €/kWh, at night 0.39 €/kWh"}],
        "energy": {
            "prices": [
                {"priceKwh": 0.3277, "conditions": {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}},
                {"priceKwh": 0.4118},
            ],
            "taxRates": [{"type": "VAT", "tax": 19}],
        },
        "idleTime": {"prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 3600}}]},
    }
}


class TariffOut(serializers.ModelSerializer[Tariff]):
    tariff = JSONObject(source="body", read_only=True, help_text="TariffType of OCPP 2.1.")

    class Meta:
        model = Tariff
        fields = ("id", "tariff_id", "currency", "tariff", "note", "created_at", "changed_at")


class TariffChanges(InputSerializer):
    tariff = JSONObject(required=False, help_text="TariffType of OCPP 2.1; prices are without tax.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=255)


class TariffIn(TariffChanges):
    tariff = JSONObject(help_text="TariffType of OCPP 2.1; prices are without tax.")


class TariffsView(ApiView):
    @operation("listTariffs", tag="tariffs", role=Role.VIEWER, query=PageQuery, answers=page_of(TariffOut))
    def list(self, request: Request) -> Response:
        """Tariffs by which sessions are charged."""
        query = self.query()
        return Response(page(request, Tariff.objects.all(), query, lambda found: TariffOut(found, many=True).data))

    @operation(
        "createTariff",
        tag="tariffs",
        role=Role.OPERATOR,
        body=TariffIn,
        answers={201: TariffOut},
        examples=[OpenApiExample("Day and night", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Enter a tariff. It is nobody's until it is assigned."""
        body = self.body()
        tariff = self.store(
            lambda batch: register.add_tariff(batch, body=body["tariff"], note=body.get("note", "")),
            target="tariff",
            summary=body,
        )
        return Response(TariffOut(tariff).data, status=201)

    @operation("getTariff", tag="tariffs", role=Role.VIEWER, answers=TariffOut)
    def retrieve(self, request: Request, tariff: int) -> Response:
        """One tariff."""
        return Response(TariffOut(one(Tariff.objects.all(), "tariff", pk=tariff)).data)

    @operation("changeTariff", tag="tariffs", role=Role.OPERATOR, body=TariffChanges, answers=TariffOut)
    def change(self, request: Request, tariff: int) -> Response:
        """Change a tariff.

        Sessions that have begun are charged by the tariff as it was; stations keep it as it was until it is sent again.
        """
        row = one(Tariff.objects.all(), "tariff", pk=tariff)
        body = self.body()
        changed = self.store(
            lambda batch: register.change_tariff(
                batch, tariff_id=tariff, body=body.get("tariff"), note=body.get("note")
            ),
            target=f"tariff {row.tariff_id}",
            summary=body,
        )
        return Response(TariffOut(changed).data)

    @operation("deleteTariff", tag="tariffs", role=Role.OPERATOR, answers={204: None})
    def destroy(self, request: Request, tariff: int) -> Response:
        """Delete a tariff that is nobody's. What sessions cost by it stays."""
        row = one(Tariff.objects.all(), "tariff", pk=tariff)
        self.store(lambda batch: register.remove_tariff(batch, tariff_id=tariff), target=f"tariff {row.tariff_id}")
        return Response(status=204)


class TariffAssignmentOut(serializers.ModelSerializer[TariffAssignment]):
    tariff = serializers.IntegerField(source="tariff.id", read_only=True)
    tariff_id = serializers.CharField(source="tariff.tariff_id", read_only=True)
    group = serializers.CharField(source="group.name", read_only=True, allow_null=True, default=None)
    station = serializers.CharField(source="station.identity", read_only=True, allow_null=True, default=None)

    class Meta:
        model = TariffAssignment
        fields = ("id", "tariff", "tariff_id", "group", "station", "evse")


class TariffAssignmentIn(InputSerializer):
    tariff = Key(help_text="Its id.")
    group = serializers.CharField(required=False, max_length=36, help_text="Name of a group of id tokens.")
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    evse = Whole(default=0, max_value=1_000_000, help_text="Of the station; 0: all of them.")


class TariffAssignmentsView(ApiView):
    @operation(
        "listTariffAssignments",
        tag="tariffs",
        role=Role.VIEWER,
        query=PageQuery,
        answers=page_of(TariffAssignmentOut),
    )
    def list(self, request: Request) -> Response:
        """Whose the tariffs are."""
        query = self.query()
        return Response(page(request, _assignments(), query, lambda found: TariffAssignmentOut(found, many=True).data))

    @operation(
        "assignTariff",
        tag="tariffs",
        role=Role.OPERATOR,
        body=TariffAssignmentIn,
        answers={201: TariffAssignmentOut},
    )
    def create(self, request: Request) -> Response:
        """Make a tariff that of a group of id tokens, of a station or an EVSE, or (with neither) of everybody.

        It takes the place of the one that they had. Of a session, the tariff of the driver's group goes first, then
        that of the EVSE, of the station, and of everybody.
        """
        body = self.body()
        values = {name: value for name, value in body.items() if name != "tariff"}
        row = self.store(
            lambda batch: register.assign_tariff(batch, tariff_id=body["tariff"], **values),
            target=f"tariff {body['tariff']}",
            summary=body,
        )
        return Response(TariffAssignmentOut(one(_assignments(), "assignment", pk=row.pk)).data, status=201)

    @operation("unassignTariff", tag="tariffs", role=Role.OPERATOR, answers={204: None})
    def destroy(self, request: Request, assignment: int) -> Response:
        """Take a tariff away from whose it is. Sessions that have begun keep it."""
        self.store(
            lambda batch: register.unassign_tariff(batch, assignment_id=assignment),
            target=f"tariff assignment {assignment}",
        )
        return Response(status=204)


def _assignments() -> Any:
    return TariffAssignment.objects.select_related("tariff", "group", "station")


class StationTariffOut(serializers.ModelSerializer[StationTariff]):
    tariff = JSONObject(source="body", read_only=True, allow_null=True, help_text="What was sent; null: not by us.")
    id_tokens = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = StationTariff
        fields = ("evse", "tariff_id", "kind", "valid_from", "id_tokens", "tariff", "confirmed_at")


class SendTariffIn(InputSerializer):
    tariff = Key(help_text="Its id.")
    evse = Whole(default=0, max_value=1_000_000, help_text="0: all of them.")


class StationTariffsView(ApiView):
    @operation("listStationTariffs", tag="tariffs", role=Role.VIEWER, answers=StationTariffOut(many=True))
    def list(self, request: Request, identity: str) -> Response:
        """The tariffs that a 2.1 station has, as it confirmed or told them.

        GetTariffs asks it anew, ClearTariffs takes them away.
        """
        rows = StationTariff.objects.filter(station=station_named(identity))
        return Response(StationTariffOut(rows, many=True).data)

    @operation(
        "sendTariff",
        tag="tariffs",
        role=Role.OPERATOR,
        body=SendTariffIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def send(self, request: Request, identity: str) -> Response:
        """Make a tariff the default of a 2.1 station, which then counts by itself (SetDefaultTariff)."""
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: register.send_tariff(
                batch, tariff_id=body["tariff"], station_id=station.pk, evse=body["evse"], by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)
