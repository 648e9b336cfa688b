"""Stations, their connectors, and who knocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, in_order, page, page_of
from smartserver.api.views import ApiView
from smartserver.core import change, query
from stations.api.lookup import station_named
from stations.api.rows import ConnectorOut, KnockingOut, NewStation, QuirkOut, StationOut, connectors_out
from stations.models import Connector, KnockingStation, Quirk, Registration, State, Station
from stations.selectors import COLUMNS, TOPIC
from stations.services.equipment import enrolment

_SORTABLE = ("identity", "state", "status", "power_w", "sessions", "vendor", "model", "last_seen_at", "created_at")
ORDERS = tuple((name, name) for each in _SORTABLE for name in (each, f"-{each}"))


class StationQuery(PageQuery):
    search = serializers.CharField(
        required=False, max_length=200, help_text="Part of identity, vendor, model or serial number."
    )
    state = serializers.ChoiceField(State.choices, required=False)
    status = serializers.CharField(required=False, max_length=32, help_text="E.g. `Charging` or `Faulted`.")
    registration = serializers.ChoiceField(Registration.choices, required=False)
    ocpp_version = serializers.CharField(required=False, max_length=8)
    strict = serializers.BooleanField(required=False)
    order = serializers.ChoiceField(ORDERS, default="identity", help_text="With `-` the other way round.")
    q = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=20,
        help_text="The dashboard's query language: `filter:power_w:>:0`, `sort:power_w:<`. May be repeated.",
    )


class StationSettings(InputSerializer):
    strict = serializers.BooleanField(required=False, help_text="Refuse messages that break the specification.")
    registration = serializers.ChoiceField(
        Registration.choices, required=False, help_text="The answer to its BootNotification."
    )
    heartbeat_interval = Whole(
        required=False, allow_null=True, min_value=1, max_value=604_800, help_text="Seconds; null: the server's own."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class StationIn(StationSettings):
    identity = serializers.CharField(max_length=255, trim_whitespace=False)
    password = serializers.CharField(
        required=False,
        min_length=enrolment.MIN_PASSWORD,
        max_length=enrolment.MAX_PASSWORD,
        trim_whitespace=False,
        help_text="Nothing: one is made up.",
    )


class PasswordIn(InputSerializer):
    password = serializers.CharField(
        required=False,
        min_length=enrolment.MIN_PASSWORD,
        max_length=enrolment.MAX_PASSWORD,
        trim_whitespace=False,
        help_text="Nothing: one is made up.",
    )


class Password(serializers.Serializer[Any]):
    password = serializers.CharField(help_text="Shown this once, and never again.")


class StationsView(ApiView):
    @operation("listStations", tag="stations", role=Role.VIEWER, query=StationQuery, answers=page_of(StationOut))
    def list(self, request: Request) -> Response:
        """Stations.

        With filters, a search, an order and pages. `q` takes what the dashboard's address line takes; it then
        decides the order as well.
        """
        asked = self.query()
        conditions = _conditions(asked)
        if "q" in asked:
            keys = _by_query(conditions, query.parse(asked["q"], COLUMNS))
            return Response(page(request, keys, asked, _shown))
        rows = in_order(Station.objects.filter(conditions), asked["order"])
        return Response(page(request, rows, asked, lambda found: StationOut(found, many=True).data))

    @operation(
        "createStation",
        tag="stations",
        role=Role.ADMINISTRATOR,
        body=StationIn,
        answers={201: NewStation},
        examples=[OpenApiExample("With a password made up", {"identity": "CP1"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Enrol a station.

        The answer shows its password, this once: the server keeps a hash.
        """
        body = self.body()
        settings = {name: value for name, value in body.items() if name in enrolment.SETTABLE}
        station, password = self.store(
            lambda batch: enrolment.create_station(
                batch, identity=body["identity"], password=body.get("password"), settings=settings
            ),
            target=f"station {body['identity']}",
            summary=body,
        )
        return Response({**StationOut(station).data, "password": password}, status=201)

    @operation("getStation", tag="stations", role=Role.VIEWER, answers=StationOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        """One station."""
        return Response(StationOut(station_named(identity)).data)

    @operation(
        "changeStation",
        tag="stations",
        role=Role.ADMINISTRATOR,
        body=StationSettings,
        answers=StationOut,
        examples=[OpenApiExample("Let it wait", {"registration": "Pending"}, request_only=True)],
    )
    def change(self, request: Request, identity: str) -> Response:
        """Change what people decide about a station.

        It takes effect with the station's next message; `strict` with its next connection.
        """
        station = station_named(identity)
        body = self.body()
        changed = self.store(
            lambda batch: enrolment.change_station(batch, station_id=station.pk, settings=body),
            target=f"station {identity}",
            summary=body,
        )
        return Response(StationOut(changed).data)

    @operation("deleteStation", tag="stations", role=Role.ADMINISTRATOR, answers={204: None})
    def destroy(self, request: Request, identity: str) -> Response:
        """Remove a station with everything that is known of it.

        First it is locked out, then its records are deleted in portions, so that others are not kept waiting. A
        removal that was interrupted goes on when it is asked for again.
        """
        station = station_named(identity)
        change.store(lambda batch: enrolment.lock_out(batch, station_id=station.pk))
        while change.store(lambda batch: enrolment.forget_records(batch, station_id=station.pk)):
            pass
        self.store(lambda batch: enrolment.remove_station(batch, station_id=station.pk), target=f"station {identity}")
        return Response(status=204)

    @operation("setStationPassword", tag="stations", role=Role.ADMINISTRATOR, body=PasswordIn, answers=Password)
    def set_password(self, request: Request, identity: str) -> Response:
        """Give a station a new password.

        The answer shows it, this once. The present connection goes on; the next one needs the new password.
        """
        station = station_named(identity)
        body = self.body()
        password = self.store(
            lambda batch: enrolment.set_password(batch, station_id=station.pk, password=body.get("password")),
            target=f"station {identity}",
            summary=body,
        )
        return Response({"password": password})

    @operation("listQuirks", tag="stations", role=Role.VIEWER, answers=QuirkOut(many=True))
    def quirks(self, request: Request, identity: str) -> Response:
        """The tolerance rules that a station needed.

        How often, since when, and for which action.
        """
        rows = Quirk.objects.filter(station=station_named(identity))[:1000]
        return Response(QuirkOut(rows, many=True).data)

    @operation("listConnectorsOfStation", tag="stations", role=Role.VIEWER, answers=ConnectorOut(many=True))
    def connectors(self, request: Request, identity: str) -> Response:
        """The connectors of a station, and what each charges now."""
        rows = _connectors().filter(evse__station=station_named(identity))
        return Response(connectors_out(list(rows[:1000])))


def _conditions(asked: dict[str, Any]) -> Q:
    names = ("state", "status", "registration", "ocpp_version", "strict")
    conditions = Q(**{name: asked[name] for name in names if name in asked})
    if text := asked.get("search"):
        found = Q()
        for place in ("identity", "vendor", "model", "serial_number"):
            found |= Q(**{f"{place}__icontains": text})
        conditions &= found
    return conditions


def _by_query(conditions: Q, parsed: query.Query) -> list[int]:
    """Keys, as the live table finds them: the condition narrows down, `matches` decides."""
    rows = [(key, row) for key, row in TOPIC.load(conditions & parsed.q()) if parsed.matches(row)]
    rows.sort(key=lambda each: parsed.sort_key(*each))
    return [key for key, _ in rows]


def _shown(keys: Sequence[int]) -> Any:
    found = Station.objects.in_bulk(keys)
    return StationOut([found[key] for key in keys if key in found], many=True).data


def _connectors() -> QuerySet[Connector]:
    return Connector.objects.select_related("evse__station").order_by(
        "evse__station__identity", "evse__number", "number"
    )


class ConnectorQuery(PageQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    status = serializers.CharField(required=False, max_length=32)


class ConnectorsView(ApiView):
    @operation("listConnectors", tag="stations", role=Role.VIEWER, query=ConnectorQuery, answers=page_of(ConnectorOut))
    def list(self, request: Request) -> Response:
        """Connectors of all stations, with the last status that they reported."""
        query = self.query()
        rows = _connectors()
        if "station" in query:
            rows = rows.filter(evse__station__identity=query["station"])
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return Response(page(request, rows, query, connectors_out))


class KnockingQuery(PageQuery):
    search = serializers.CharField(required=False, max_length=255, help_text="Part of identity or address.")


class KnockingView(ApiView):
    @operation(
        "listKnocking", tag="stations", role=Role.ADMINISTRATOR, query=KnockingQuery, answers=page_of(KnockingOut)
    )
    def list(self, request: Request) -> Response:
        """Who knocks: identities that tried to connect and that nobody has entered."""
        query = self.query()
        rows = KnockingStation.objects.all()
        if text := query.get("search"):
            rows = rows.filter(Q(identity__icontains=text) | Q(address__icontains=text))
        return Response(page(request, rows, query, lambda found: KnockingOut(found, many=True).data))

    @operation("enrolKnocking", tag="stations", role=Role.ADMINISTRATOR, body=PasswordIn, answers={201: NewStation})
    def enrol(self, request: Request, identity: str) -> Response:
        """Enrol who knocks.

        The answer shows the new station's password, this once.
        """
        body = self.body()
        station, password = self.store(
            lambda batch: enrolment.enrol_knocking(batch, identity=identity, password=body.get("password")),
            target=f"station {identity}",
            summary=body,
        )
        return Response({**StationOut(station).data, "password": password}, status=201)

    @operation("dismissKnocking", tag="stations", role=Role.ADMINISTRATOR, answers={204: None})
    def dismiss(self, request: Request, identity: str) -> Response:
        """Forget who knocked.

        It is not kept out by that: when it knocks again, it is listed again.
        """
        self.store(lambda batch: enrolment.dismiss_knocking(batch, identity=identity), target=f"knocking {identity}")
        return Response(status=204)
