"""How rows are shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from smartserver.api.fields import InputSerializer, JSONObject, Number, Whole
from stations.models import (
    Command,
    Connector,
    IdToken,
    IdTokenGroup,
    KnockingStation,
    Message,
    MeterValue,
    Quirk,
    SecurityEvent,
    Station,
    Transaction,
    TransactionEvent,
)
from stations.ocpp.inspection import REPLY, REQUEST, inspect
from stations.ocpp.tariffs.money import amount
from stations.services.authorization import prepaid
from stations.services.secrets import mask, mask_reply


class AdditionalInfo(InputSerializer):
    """2.x additionalInfo."""

    additionalIdToken = serializers.CharField(max_length=255)
    type = serializers.CharField(max_length=50)


class Amount(Number):
    """Of money, to the millionth."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 10**9, **options})

    def to_internal_value(self, data: Any) -> Any:
        return amount(super().to_internal_value(data)) or Decimal()


class Limits(InputSerializer):
    """2.1 TransactionLimitType."""

    maxCost = Number(required=False, min_value=0, help_text="In the currency of the station.")
    maxEnergy = Number(required=False, min_value=0, help_text="Wh.")
    maxTime = Whole(required=False, min_value=1, help_text="Seconds.")
    maxSoC = Whole(required=False, min_value=0, max_value=100, help_text="Per cent.")


def identity(**options: Any) -> serializers.CharField:
    """The identity of a row's station."""
    return serializers.CharField(source="station.identity", read_only=True, **options)


class StationOut(serializers.ModelSerializer[Station]):
    has_password = serializers.SerializerMethodField()

    class Meta:
        model = Station
        fields = (
            *("identity", "state", "status", "connectors", "power_w", "session_energy_wh", "sessions"),
            *("vendor", "model", "serial_number", "firmware_version", "iccid", "imsi", "meter_type"),
            *("meter_serial_number", "ocpp_version", "connected_at", "last_seen_at", "booted_at", "boot_reason"),
            *("firmware_status", "diagnostics_status", "configured_at", "quirks"),
            *("strict", "registration", "heartbeat_interval", "note", "has_password", "created_at"),
        )

    def get_has_password(self, station: Station) -> bool:
        return bool(station.password_hash)


class NewStation(StationOut):
    password = serializers.CharField(help_text="Shown this once, and never again.")

    class Meta(StationOut.Meta):
        fields = (*StationOut.Meta.fields, "password")  # type: ignore[assignment]


class KnockingOut(serializers.ModelSerializer[KnockingStation]):
    class Meta:
        model = KnockingStation
        fields = ("identity", "address", "attempts", "first_at", "last_at")


class QuirkOut(serializers.ModelSerializer[Quirk]):
    class Meta:
        model = Quirk
        fields = ("rule", "action", "times", "first_at", "last_at")


class RunningOut(serializers.ModelSerializer[Transaction]):
    """What a connector charges now."""

    id_token = serializers.CharField(source="id_token.value", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Transaction
        fields = ("id", "id_token", "charging_state", "started_at", "energy_wh", "soc")


class ConnectorOut(serializers.ModelSerializer[Connector]):
    """In its context: `running`, as `running_at` finds it."""

    station = serializers.CharField(source="evse.station.identity", read_only=True)
    evse = serializers.IntegerField(source="evse.number", read_only=True)
    power_w = serializers.FloatField(source="evse.power_w", read_only=True, allow_null=True)
    energy_wh = serializers.FloatField(
        source="evse.energy_wh", read_only=True, allow_null=True, help_text="The register of its EVSE's meter."
    )
    soc = serializers.FloatField(source="evse.soc", read_only=True, allow_null=True, help_text="Per cent.")
    measured_at = serializers.DateTimeField(source="evse.measured_at", read_only=True, allow_null=True)
    session = serializers.SerializerMethodField(help_text="What it charges now; null: nothing.")

    class Meta:
        model = Connector
        fields = (
            *("station", "evse", "number", "status", "error_code", "vendor_error_code", "info", "status_since"),
            *("power_w", "energy_wh", "soc", "measured_at", "session", "reported_at", "received_at"),
        )

    @extend_schema_field(RunningOut(allow_null=True))
    def get_session(self, connector: Connector) -> dict[str, Any] | None:
        running = self.context["running"]
        session = running.get((connector.evse_id, connector.number)) or running.get((connector.evse_id, None))
        return None if session is None else RunningOut(session).data


def running_at(connectors: Sequence[Connector]) -> dict[tuple[int | None, int | None], Transaction]:
    """The newest running session by EVSE and number of the connector; None where the station names no connector."""
    evses = {connector.evse_id for connector in connectors}
    rows = Transaction.objects.select_related("id_token").filter(active=True, evse__in=evses).order_by("pk")
    return {(row.evse_id, row.connector_number): row for row in rows}


def connectors_out(connectors: Sequence[Connector]) -> Any:
    return ConnectorOut(connectors, many=True, context={"running": running_at(connectors)}).data


class TransactionOut(serializers.ModelSerializer[Transaction]):
    station = identity()
    evse = serializers.IntegerField(source="evse.number", read_only=True, allow_null=True, default=None)
    id_token = serializers.CharField(source="id_token.value", read_only=True, allow_null=True, default=None)
    stopped_by = serializers.CharField(source="stopped_by.value", read_only=True, allow_null=True, default=None)
    reservation = serializers.IntegerField(source="reservation_id", read_only=True, allow_null=True)
    remote_start = serializers.IntegerField(
        source="remote_start_id", read_only=True, allow_null=True, help_text="The command that began it (2.x)."
    )
    limits = Limits(read_only=True, help_text="As the station has them (2.1 transactionLimit).")
    wanted_limits = Limits(read_only=True, help_text="As an operator wants them.")
    cost = serializers.FloatField(read_only=True, allow_null=True, help_text="So far, or in the end, with taxes.")

    class Meta:
        model = Transaction
        fields = (
            *("id", "station", "evse", "connector_number", "id_token", "reference", "active", "charging_state"),
            *("started_at", "started_at_station", "ended_at", "ended_at_station", "end_reason", "stopped_by"),
            *("remark", "reservation", "messages_in_queue", "meter_start_wh", "meter_last_wh", "meter_stop_wh"),
            *("energy_wh", "soc", "remote_start", "remote_start_number", "charging_seconds", "phases_used"),
            *("cable_max_current_a", "operation_mode", "tariff", "limits", "wanted_limits", "missing_events"),
            *("cost", "currency", "cost_is_final"),
        )


class TransactionEventOut(serializers.ModelSerializer[TransactionEvent]):
    """Events that follow each other and say the same are one, to `last_sequence` and `last_stamp`."""

    details = JSONObject(read_only=True, help_text="What else it says of the transaction, as it was sent.")

    class Meta:
        model = TransactionEvent
        fields = (
            *("id", "sequence", "phase", "trigger", "charging_state", "offline", "stamp", "details"),
            *("received_at", "last_sequence", "last_stamp"),
        )


class MeterValueOut(serializers.ModelSerializer[MeterValue]):
    samples = serializers.SerializerMethodField()

    class Meta:
        model = MeterValue
        fields = (
            *("id", "measured_at", "received_at", "energy_wh", "power_w", "current_a", "voltage_v", "soc"),
            "samples",
        )

    def get_samples(self, value: MeterValue) -> list[Any]:
        found = _parsed(value.samples)
        return found if isinstance(found, list) else [found]


class IdTokenGroupOut(serializers.ModelSerializer[IdTokenGroup]):
    class Meta:
        model = IdTokenGroup
        fields = ("id", "name", "description", "master")


class IdTokenOut(serializers.ModelSerializer[IdToken]):
    group = serializers.CharField(source="group.name", read_only=True, allow_null=True, default=None)
    stations = serializers.SerializerMethodField(help_text="Where it may charge; none: everywhere.")
    additional_info = AdditionalInfo(many=True, read_only=True)
    evses = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    limits = Limits(read_only=True)
    credit = serializers.FloatField(read_only=True, allow_null=True, help_text="Prepaid: what was paid in so far.")
    credit_left = serializers.SerializerMethodField(
        help_text="The same less what its sessions cost; null: not prepaid."
    )
    energy_transfer = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = IdToken
        fields = (
            *("id", "value", "type", "additional_info", "status", "group", "expires_at", "max_sessions", "stations"),
            *("evses", "in_local_list", "priority", "language1", "language2", "message", "limits", "holder"),
            *("credit", "credit_left", "energy_transfer", "created_at"),
        )

    def get_credit_left(self, token: IdToken) -> float | None:
        rest = prepaid.left(token)
        return None if rest is None else float(rest)

    def get_stations(self, token: IdToken) -> list[str]:
        return sorted(station.identity for station in token.stations.all())


class MessageOut(serializers.ModelSerializer[Message]):
    station = identity()
    request = serializers.SerializerMethodField(help_text="The payload, without secrets; a text when it is no JSON.")
    reply = serializers.SerializerMethodField(help_text="The answer's payload; null when there was none.")

    class Meta:
        model = Message
        fields = (
            *("id", "station", "ocpp_version", "direction", "action", "message_id"),
            *("request", "reply", "outcome", "received_at", "answered_at"),
        )

    def get_request(self, message: Message) -> Any:
        found = _parsed(message.request)
        return mask(message.action, found) if isinstance(found, dict) else found

    def get_reply(self, message: Message) -> Any:
        found = _parsed(message.reply) if message.reply else None
        return mask_reply(message.action, found) if isinstance(found, dict) else found


class FindingOut(serializers.Serializer[Any]):
    part = serializers.ChoiceField((REQUEST, REPLY))
    path = serializers.CharField(source="pointer", help_text="JSON pointer into that part; empty: the part itself.")
    keyword = serializers.CharField(help_text="JSON schema's rule, or `action` where the version knows no such action.")
    expected = serializers.ListField(child=serializers.CharField(), help_text="What that rule asks for.")
    reason = serializers.CharField(help_text="The same in words.")
    rule = serializers.CharField(help_text="The rule of tolerance that takes it; empty where none does.")


class ExaminedMessageOut(MessageOut):
    problems = serializers.SerializerMethodField(help_text="What breaks the schemas of its version of OCPP.")

    class Meta(MessageOut.Meta):
        fields = (*MessageOut.Meta.fields, "problems")  # type: ignore[assignment]

    @extend_schema_field(FindingOut(many=True))
    def get_problems(self, message: Message) -> Any:
        rejected = message.outcome == Message.Outcome.CALLRESULTERROR
        if rejected and message.direction == Message.Direction.IN:
            return []  # it is about an answer of ours, and no call
        answered = rejected or message.outcome == Message.Outcome.CALLRESULT
        found = inspect(
            message.ocpp_version,
            message.action,
            request=_parsed(message.request),
            reply=_parsed(message.reply) if answered else None,
            from_station=message.direction == Message.Direction.IN,
        )
        return FindingOut(found, many=True).data


class SecurityEventOut(serializers.ModelSerializer[SecurityEvent]):
    station = identity()

    class Meta:
        model = SecurityEvent
        fields = ("id", "station", "type", "info", "critical", "stamp", "occurred_at", "received_at")


class CommandOut(serializers.ModelSerializer[Command]):
    station = identity()
    payload = serializers.SerializerMethodField(help_text="Without secrets.")
    reply = serializers.SerializerMethodField(help_text="The payload of the station's answer, without secrets.")

    class Meta:
        model = Command
        fields = (
            *("id", "station", "action", "payload", "state", "result", "reply", "error", "origin", "idempotency_key"),
            *("created_at", "expires_at", "attempts", "message_id", "ocpp_version", "sent_at", "settled_at"),
        )

    def get_payload(self, command: Command) -> dict[str, Any]:
        return mask(command.action, command.payload)

    def get_reply(self, command: Command) -> dict[str, Any] | None:
        return None if command.reply is None else mask_reply(command.action, command.reply)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
