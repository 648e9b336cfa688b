"""Configuration, reservations, charging profiles: what stations have, and how to change it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject, Key, Moment, Number, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from smartserver.core import clock
from smartserver.core.errors import Conflict
from stations.api.authority import require_for
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut, identity
from stations.api.waiting import wait_for
from stations.models import ChargingProfile, Command, ConfigurationKey, Reservation, State
from stations.services import charging, configuration, reservations, schedules
from stations.services.commands import queue_command, version_of
from stations.services.secrets import mask

UNITS = (("A", "A"), ("W", "W"))

# -- configuration -----------------------------------------------------------------------------------


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


# -- reservations ------------------------------------------------------------------------------------


class ReservationOut(serializers.ModelSerializer[Reservation]):
    station = identity()
    id_token = serializers.CharField(source="id_token.value", read_only=True)
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)

    class Meta:
        model = Reservation
        fields = (
            *("id", "station", "evse", "id_token", "state", "result", "expires_at", "command"),
            *("created_at", "ended_at"),
        )


class ReservationIn(InputSerializer):
    evse = Whole(default=0, max_value=1_000_000, help_text="0: whichever is free.")
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


# -- charging profiles -------------------------------------------------------------------------------


class ProfileOut(serializers.ModelSerializer[ChargingProfile]):
    transaction = serializers.IntegerField(source="transaction_id", read_only=True, allow_null=True)
    profile = JSONObject(read_only=True, help_text="As it was sent, in the words of OCPP.")

    class Meta:
        model = ChargingProfile
        fields = (
            *("number", "evse", "stack_level", "purpose", "kind", "transaction", "valid_from", "valid_to"),
            *("profile", "source", "confirmed_at"),
        )


class ProfileIn(InputSerializer):
    evse = Whole(max_value=1_000_000, help_text="0: the station as a whole.")
    profile = JSONObject(help_text="A csChargingProfiles object of OCPP 1.6.")
    transaction = Key(required=False, help_text="For a TxProfile; nothing: what runs on the EVSE.")
    idempotency_key = serializers.CharField(required=False, max_length=100)


class ClearIn(InputSerializer):
    """Nothing of it: all profiles."""

    number = Whole(required=False, help_text="chargingProfileId")
    evse = Whole(required=False, max_value=1_000_000)
    purpose = serializers.ChoiceField(
        [(each, each) for each in ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")], required=False
    )
    stack_level = Whole(required=False)


class Period(serializers.Serializer[Any]):
    start_seconds = serializers.IntegerField()
    limit = serializers.FloatField(allow_null=True, help_text="Null: nothing is limited.")
    phases = serializers.IntegerField(allow_null=True)


class ScheduleOut(serializers.Serializer[Any]):
    evse = serializers.IntegerField()
    start = serializers.DateTimeField()
    duration = serializers.IntegerField(help_text="Seconds.")
    unit = serializers.ChoiceField(UNITS)
    periods = Period(many=True)
    unreadable = serializers.ListField(
        child=serializers.IntegerField(), help_text="Profiles that could not be taken into account."
    )


class DifferenceOut(serializers.Serializer[Any]):
    start_seconds = serializers.IntegerField()
    end_seconds = serializers.IntegerField()
    expected = serializers.FloatField(allow_null=True)
    reported = serializers.FloatField(allow_null=True)


class ComparisonOut(serializers.Serializer[Any]):
    expected = ScheduleOut()
    reported = ScheduleOut(allow_null=True, help_text="Null: the station gave no schedule.")
    differences = DifferenceOut(many=True)


class ComparedOut(serializers.Serializer[Any]):
    command = CommandOut()
    comparison = ComparisonOut(allow_null=True, help_text="Null: the station has not answered.")


class ScheduleQuery(InputSerializer):
    evse = Whole(default=0, max_value=1_000_000)
    start = Moment(required=False, help_text="Nothing: now.")
    duration = Whole(default=86_400, min_value=1, max_value=7 * 86_400, help_text="Seconds.")
    unit = serializers.ChoiceField(UNITS, default="A")


class CompareIn(InputSerializer):
    evse = Whole(default=0, max_value=1_000_000)
    duration = Whole(default=86_400, min_value=1, max_value=7 * 86_400, help_text="Seconds.")
    unit = serializers.ChoiceField(UNITS, required=False, help_text="Nothing: as the station likes.")
    wait = Number(default=20, min_value=0, max_value=3600, help_text="Seconds; the server has a limit of its own.")


class ProfilesView(ApiView):
    @operation("listProfiles", tag="charging profiles", role=Role.VIEWER, answers=ProfileOut(many=True))
    def list(self, request: Request, identity: str) -> Response:
        """The charging profiles that a station has confirmed."""
        rows = ChargingProfile.objects.filter(station=station_named(identity))
        return Response(ProfileOut(rows[:1000], many=True).data)

    @operation(
        "sendProfile",
        tag="charging profiles",
        role=Role.OPERATOR,
        body=ProfileIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def create(self, request: Request, identity: str) -> Response:
        """Send a charging profile to a 1.6 station.

        It is checked against the rules of its purpose, and listed once the station has accepted it.
        """
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: charging.send_profile(
                batch,
                station_id=station.pk,
                evse=body["evse"],
                profile=body["profile"],
                transaction_id=body.get("transaction"),
                idempotency_key=body.get("idempotency_key"),
                by=requester(request),
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)

    @operation(
        "clearProfiles",
        tag="charging profiles",
        role=Role.OPERATOR,
        body=ClearIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def clear(self, request: Request, identity: str) -> Response:
        """Have a 1.6 station clear charging profiles."""
        station = station_named(identity)
        if (version := version_of(station)) != "1.6":
            raise Conflict(f"Charging profiles of stations with OCPP {version} are cleared with commands.")
        body = self.body()
        names = {
            "number": "id",
            "evse": "connectorId",
            "purpose": "chargingProfilePurpose",
            "stack_level": "stackLevel",
        }
        payload = {names[name]: value for name, value in body.items()}
        command = self.store(
            lambda batch: queue_command(
                batch, station_id=station.pk, action="ClearChargingProfile", payload=payload, by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)

    @operation(
        "getExpectedSchedule",
        tag="charging profiles",
        role=Role.VIEWER,
        query=ScheduleQuery,
        answers=ScheduleOut,
    )
    def expected(self, request: Request, identity: str) -> Response:
        """What a station should allow, by the profiles that it confirmed."""
        station = station_named(identity)
        query = self.query()
        found = schedules.expected_schedule(
            station.pk, query["evse"], query.get("start") or clock.now(), query["duration"], query["unit"]
        )
        return Response(ScheduleOut(found).data)

    @operation(
        "compareSchedule",
        tag="charging profiles",
        role=Role.OPERATOR,
        body=CompareIn,
        answers={200: ComparedOut, 202: ComparedOut},
        is_command=True,
    )
    def compare(self, request: Request, identity: str) -> Response:
        """Ask a 1.6 station for its composite schedule, and compare it with what is expected.

        202 when the station has not answered in time: `GET /commands/{command}/schedule` compares later.
        """
        station = station_named(identity)
        body = self.body()
        payload = {"connectorId": body["evse"], "duration": body["duration"]}
        if "unit" in body:
            payload["chargingRateUnit"] = body["unit"]
        command = self.store(
            lambda batch: queue_command(
                batch,
                station_id=station.pk,
                action="GetCompositeSchedule",
                payload=payload,
                by=requester(request),
                lifetime=timedelta(hours=1),
            ),
            target=f"station {identity}",
            summary=body,
        )
        if station.state in (State.ONLINE, State.STALE):
            command = wait_for(command, body["wait"])
        return Response(_compared(command), status=200 if command.settled_at else 202)

    @operation("getComparedSchedule", tag="charging profiles", role=Role.VIEWER, answers=ComparedOut)
    def compared(self, request: Request, command: int) -> Response:
        """The answer to a GetCompositeSchedule, compared with what is expected."""
        rows = Command.objects.select_related("station").filter(action="GetCompositeSchedule", ocpp_version="1.6")
        return Response(_compared(one(rows, "GetCompositeSchedule", pk=command)))


def _compared(command: Command) -> dict[str, Any]:
    comparison = None
    if command.state == Command.State.ANSWERED and command.reply is not None and command.settled_at is not None:
        found = schedules.compare_schedule(command.station_id, command.payload, command.reply, command.settled_at)
        comparison = ComparisonOut(found).data
    return {"command": CommandOut(command).data, "comparison": comparison}
