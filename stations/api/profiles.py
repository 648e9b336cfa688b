"""Charging profiles, and what follows from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject, Key, Moment, Number, Whole
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from smartserver.core import clock
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut
from stations.api.waiting import wait_for
from stations.api.words import in_words_of_the_body
from stations.models import ChargingProfile, Command, State
from stations.ocpp.profiles import (
    DEFAULT_PROFILE,
    LOCAL_GENERATION,
    MAX_PROFILE,
    PRIORITY_CHARGING,
    STATION_MAX_PROFILE,
    TX_PROFILE,
)
from stations.services.commands import queue_command
from stations.services.smart_charging import charging, schedules
from stations.services.smart_charging.words import words_for

UNITS = (("A", "A"), ("W", "W"))

PURPOSES = (
    MAX_PROFILE,
    STATION_MAX_PROFILE,
    DEFAULT_PROFILE,
    TX_PROFILE,
    PRIORITY_CHARGING,
    LOCAL_GENERATION,
)


class ProfileOut(serializers.ModelSerializer[ChargingProfile]):
    transaction = serializers.IntegerField(source="transaction_id", read_only=True, allow_null=True)
    profile = JSONObject(read_only=True, help_text="As it was sent, in the words of OCPP.")

    class Meta:
        model = ChargingProfile
        fields = (
            *("number", "evse", "stack_level", "purpose", "kind", "transaction", "valid_from", "valid_to"),
            *("profile", "source", "limit_source", "confirmed_at"),
        )


class ProfileIn(InputSerializer):
    evse = Whole(max_value=1_000_000, help_text="0: the station as a whole.")
    profile = JSONObject(help_text="A csChargingProfiles of OCPP 1.6, or a chargingProfile of 2.0.1 and 2.1.")
    transaction = Key(required=False, help_text="For a TxProfile; nothing: what runs on the EVSE.")
    idempotency_key = serializers.CharField(required=False, max_length=100)


class ClearIn(InputSerializer):
    """Nothing of it: all profiles."""

    number = Whole(required=False, help_text="chargingProfileId")
    evse = Whole(required=False, max_value=1_000_000)
    purpose = serializers.ChoiceField(
        [(each, each) for each in PURPOSES], required=False, help_text="In the words of the station's version."
    )
    stack_level = Whole(required=False)


class Period(serializers.Serializer[Any]):
    start_seconds = serializers.IntegerField()
    limit = serializers.FloatField(allow_null=True, help_text="Null: nothing is limited.")
    phases = serializers.IntegerField(allow_null=True)
    discharge_limit = serializers.FloatField(allow_null=True, help_text="2.1, at most 0: as much may be discharged.")
    setpoint = serializers.FloatField(allow_null=True, help_text="2.1: what has to flow; below 0: into the grid.")


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
        """Send a charging profile to a station.

        It is checked against the rules of its purpose, and listed once the station has accepted it.
        """
        station = station_named(identity)
        body = self.body()
        names = {"connectorId": "evse", "evseId": "evse", "csChargingProfiles": "profile", "chargingProfile": "profile"}
        if "transaction" in body:
            names |= {f"{each}/transactionId": "transaction" for each in ("csChargingProfiles", "chargingProfile")}
        with in_words_of_the_body(names):
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
        """Have a station clear charging profiles."""
        station = station_named(identity)
        body = self.body()
        criteria = {name: value for name, value in body.items() if name != "number"}
        payload = words_for(station.pk).clear_profile(body.get("number"), criteria)
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
        """Ask a station for its composite schedule, and compare it with what is expected.

        202 when the station has not answered in time: `GET /commands/{command}/schedule` compares later.
        """
        station = station_named(identity)
        body = self.body()
        payload = words_for(station.pk).composite(body["evse"], body["duration"])
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
        rows = Command.objects.select_related("station").filter(action="GetCompositeSchedule")
        return Response(_compared(one(rows, "GetCompositeSchedule", pk=command)))


def _compared(command: Command) -> dict[str, Any]:
    comparison = None
    if command.state == Command.State.ANSWERED and command.reply is not None and command.settled_at is not None:
        found = schedules.compare_schedule(command.station_id, command.payload, command.reply, command.settled_at)
        comparison = ComparisonOut(found).data
    return {"command": CommandOut(command).data, "comparison": comparison}
