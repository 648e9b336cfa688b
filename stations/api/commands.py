"""Commands: any call of the server that the station's version of OCPP has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject, Moment, Number, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import HeavySliceQuery, slice_, slice_of
from smartserver.api.problems import problem
from smartserver.api.views import ApiView
from smartserver.core.batch import Batch
from smartserver.core.errors import NotFound, SmartServerError
from stations import settlement
from stations.api.authority import require_for, without_secrets
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut
from stations.api.waiting import wait_for
from stations.models import Command, State, Station
from stations.services.commands import LONGEST_LIFETIME, Requester, queue_command, version_of
from stations.services.languages import Language, language_of

MAX_BULK = 100
CONNECTED = frozenset({State.ONLINE, State.STALE})


class Order(InputSerializer):
    """What every command has."""

    action = serializers.CharField(max_length=64, help_text="A call to stations, e.g. `Reset`.")
    payload = JSONObject(required=False, default=dict, help_text="As the schema of the action says.")
    idempotency_key = serializers.CharField(
        required=False, max_length=100, help_text="The same key again gives the same command."
    )
    expires_in = Whole(
        required=False,
        min_value=1,
        max_value=int(LONGEST_LIFETIME.total_seconds()),
        help_text="Seconds for which it waits for an offline station.",
    )


class CommandIn(Order):
    wait = Number(
        required=False,
        min_value=0,
        max_value=3600,
        help_text="Seconds to wait for the station's reply; the server has a limit of its own (`API_MAX_WAIT`).",
    )


class BulkIn(Order):
    stations = serializers.ListField(
        child=serializers.CharField(max_length=255), min_length=1, max_length=MAX_BULK, help_text="Identities."
    )


class BulkResult(serializers.Serializer[Any]):
    station = serializers.CharField()
    command = CommandOut(allow_null=True)
    problem = JSONObject(allow_null=True, help_text="Why there is no command, as a Problem.")


class BulkOut(serializers.Serializer[Any]):
    results = BulkResult(many=True)


class StationCommandQuery(HeavySliceQuery):
    action = serializers.CharField(required=False, max_length=64)
    state = serializers.ChoiceField(Command.State.choices, required=False)
    since = Moment(required=False, help_text="Asked for at this moment or later.")
    until = Moment(required=False, help_text="Asked for before this moment.")


class CommandQuery(StationCommandQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")


_FILTERS = {
    "station": "station__identity",
    "action": "action",
    "state": "state",
    "since": "created_at__gte",
    "until": "created_at__lt",
}

EXAMPLES = [
    OpenApiExample("Restart it", {"action": "Reset", "payload": {"type": "Soft"}}, request_only=True),
    OpenApiExample(
        "Start charging, and wait for the answer",
        {
            "action": "RemoteStartTransaction",
            "payload": {"connectorId": 1, "idTag": "CARD1"},
            "idempotency_key": "order-4711",
            "wait": 20,
        },
        request_only=True,
    ),
    OpenApiExample(
        "Ask the hardware behind a NOC bridge",
        {"action": "HardwareRequest", "payload": {"method": "GET", "path": "/outlets/1/state"}, "wait": 60},
        request_only=True,
    ),
]


class StationCommandsView(ApiView):
    @operation(
        "sendCommand",
        tag="commands",
        role=Role.OPERATOR,
        body=CommandIn,
        answers={200: CommandOut, 201: CommandOut, 202: CommandOut},
        is_command=True,
        examples=EXAMPLES,
    )
    def create(self, request: Request, identity: str) -> Response:
        """Send a command to a station.

        Any call that the server makes in the station's version of OCPP, or a request to the hardware behind a NOC
        bridge; `GET …/actions` lists them. It is kept until it is known what became of it: an offline station gets it
        when it comes back, until it expires.

        * 201: it is kept, and on its way. (200 when the idempotency key was used before: the command of that time.)
        * With `wait`, 200: it has ended; `state` and `reply` say how.
        * With `wait`, 202: it has not ended yet. A station that is offline is not waited for: 202 comes at once, and
          also when too many requests wait already. Ask `GET /commands/{command}` later.
        """
        station = station_named(identity)
        body = self.body()
        require_for(request, body["action"], body["payload"])
        repeated, command = self.store(
            lambda batch: _queue(batch, station, body, requester(request)),
            target=f"station {identity}",
            summary={**body, "payload": without_secrets(body["action"], body["payload"])},
        )
        if "wait" not in body:
            return Response(CommandOut(command).data, status=200 if repeated else 201)
        if station.state in CONNECTED:
            command = wait_for(command, body["wait"])
        return Response(CommandOut(command).data, status=202 if command.settled_at is None else 200)

    @operation(
        "listCommandsOfStation",
        tag="commands",
        role=Role.VIEWER,
        query=StationCommandQuery,
        answers=slice_of(CommandOut),
    )
    def list(self, request: Request, identity: str) -> Response:
        """The commands of a station, newest first."""
        query = self.query()
        rows = _commands(query).filter(station=station_named(identity))
        return Response(slice_(request, rows, query, lambda found: CommandOut(found, many=True).data))


def _queue(batch: Batch, station: Station, body: dict[str, Any], by: Requester) -> tuple[bool, Command]:
    key = body.get("idempotency_key")
    repeated = key is not None and Command.objects.filter(station=station, idempotency_key=key).exists()
    seconds = body.get("expires_in")
    command = queue_command(
        batch,
        station_id=station.pk,
        action=body["action"],
        payload=body["payload"],
        by=by,
        lifetime=None if seconds is None else timedelta(seconds=seconds),
        idempotency_key=key,
    )
    return repeated, command


def _commands(query: dict[str, Any]) -> Any:
    conditions = {_FILTERS[name]: value for name, value in query.items() if name in _FILTERS}
    return Command.objects.select_related("station").filter(**conditions)


class CommandsView(ApiView):
    @operation("listCommands", tag="commands", role=Role.VIEWER, query=CommandQuery, answers=slice_of(CommandOut))
    def list(self, request: Request) -> Response:
        """Commands of all stations, newest first."""
        query = self.query()
        return Response(slice_(request, _commands(query), query, lambda found: CommandOut(found, many=True).data))

    @operation("getCommand", tag="commands", role=Role.VIEWER, answers=CommandOut)
    def retrieve(self, request: Request, command: int) -> Response:
        """One command, and what became of it."""
        return Response(CommandOut(one(Command.objects.select_related("station"), "command", pk=command)).data)

    @operation("cancelCommand", tag="commands", role=Role.OPERATOR, answers=CommandOut)
    def cancel(self, request: Request, command: int) -> Response:
        """Take back a command that has not been sent."""
        row = one(Command.objects.select_related("station"), "command", pk=command)
        cancelled = self.store(
            lambda batch: settlement.cancel_command(batch, command_id=command, by=requester(request)),
            target=f"station {row.station.identity}",
            summary={"command": command, "action": row.action},
        )
        return Response(CommandOut(cancelled).data)

    @operation(
        "sendCommands",
        tag="commands",
        role=Role.OPERATOR,
        body=BulkIn,
        answers=BulkOut,
        is_command=True,
        examples=[
            OpenApiExample(
                "Read the clocks of two stations",
                {"stations": ["CP1", "CP2"], "action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}},
                request_only=True,
            )
        ],
    )
    def bulk(self, request: Request) -> Response:
        """Send one command to many stations.

        Each station gets its own; where that is not possible `problem` says why, and the others get theirs all the
        same.
        """
        body = self.body()
        require_for(request, body["action"], body["payload"])
        identities = list(dict.fromkeys(body["stations"]))
        by = requester(request)
        found = self.store(
            lambda batch: [(identity, _attempt(batch, identity, body, by)) for identity in identities],
            target=f"{len(identities)} stations",
            summary={**body, "payload": without_secrets(body["action"], body["payload"])},
        )
        return Response({"results": [_result(identity, outcome) for identity, outcome in found]})


def _attempt(batch: Batch, identity: str, body: dict[str, Any], by: Requester) -> Command | SmartServerError:
    try:
        with batch.attempt():  # one station's refusal undoes nothing of another's
            return _queue(batch, station_named(identity), body, by)[1]
    except SmartServerError as error:
        return error


def _result(identity: str, outcome: Command | SmartServerError) -> dict[str, Any]:
    if isinstance(outcome, Command):
        return {"station": identity, "command": CommandOut(outcome).data, "problem": None}
    found = problem(outcome.status, str(outcome), outcome.code, **outcome.details)
    return {"station": identity, "command": None, "problem": found}


# -- which commands there are ------------------------------------------------------------------------


class ActionOut(serializers.Serializer[Any]):
    action = serializers.CharField()
    request = JSONObject(help_text="JSON schema of the payload.")
    reply = JSONObject(help_text="JSON schema of the station's answer.")


@extend_schema_serializer(many=False)
class ActionsOut(serializers.Serializer[Any]):
    version = serializers.CharField(help_text="The OCPP version in which the station is spoken to; `NOC`: a bridge.")
    actions = ActionOut(many=True)


class ActionsView(ApiView):
    @operation("listActions", tag="commands", role=Role.VIEWER, answers=ActionsOut)
    def list(self, request: Request, identity: str) -> Response:
        """What can be asked of a station.

        The calls of the station's version of OCPP, with the JSON schemas of their payloads and answers.
        """
        language = language_of(version_of(station_named(identity)))
        actions = [_action(language, name) for name in sorted(language.actions)]
        return Response({"version": language.name, "actions": actions})

    @operation("getAction", tag="commands", role=Role.VIEWER, answers=ActionOut)
    def retrieve(self, request: Request, identity: str, action: str) -> Response:
        """One call that can be made to a station."""
        language = language_of(version_of(station_named(identity)))
        if action not in language.actions:
            raise NotFound(f"There is no such call to a station of {language.title}.")
        return Response(_action(language, action))


def _action(language: Language, action: str) -> dict[str, Any]:
    request, reply = language.documents(action)
    return {"action": action, "request": request, "reply": reply}
