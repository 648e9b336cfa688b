"""Names of everything that is published, with the fields of each, and what a commit publishes.

A live event is `noun.verbed` with a dictionary of plain values: text, numbers, booleans, None; times as
`clock.isoformat` writes them. `Batch.publish` refuses kinds and fields that do not stand here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import Any, TypeAlias

from django.conf import settings

logger = logging.getLogger(__name__)

TOPIC_STATIONS = "stations"
TOPIC_DEVICES = "devices"
TOPIC_SESSIONS = "sessions"
TOPIC_CHARGERS = "chargers"
TOPIC_COMMANDS = "commands"
TOPIC_ALERTS = "alerts"
TOPIC_KNOCKING = "knocks"
"""No table of its own: a summary follows it."""
TOPIC_MESSAGES = "messages"

# -- kinds --------------------------------------------------------------------------------------

STATION_CONNECTED = "station.connected"
STATION_DISCONNECTED = "station.disconnected"
STATION_KNOCKED = "station.knocked"
STATION_BOOTED = "station.booted"
STATION_STATUS_CHANGED = "station.status_changed"
TRANSACTION_STARTED = "transaction.started"
TRANSACTION_UPDATED = "transaction.updated"
TRANSACTION_ENDED = "transaction.ended"
SECURITY_EVENT_RECEIVED = "security_event.received"
MONITORING_EVENT_RECEIVED = "monitoring_event.received"
TOKEN_REFUSED = "token.refused"  # noqa: S105  (the name of an event)
COMMAND_SETTLED = "command.settled"
RESERVATION_CHANGED = "reservation.changed"
PAYMENT_DUE = "payment.due"
BATTERY_SWAP_CHANGED = "battery_swap.changed"
DER_ALARM_RECEIVED = "der_alarm.received"
DER_CONTROL_CHANGED = "der_control.changed"
JOB_CHANGED = "job.changed"
CERTIFICATE_REQUESTED = "certificate.requested"
ALERT_RAISED = "alert.raised"
ALERT_CLEARED = "alert.cleared"
DEVICE_ONLINE = "device.online"
DEVICE_OFFLINE = "device.offline"
DEVICE_UPDATED = "device.updated"
WEBHOOK_TEST = "webhook.test"

Type: TypeAlias = type | UnionType
Fields: TypeAlias = Mapping[str, Type]

_NUMBER = float | int | None
_WHOLE = int | None
_TIME = str | None

_ALERT: Fields = {"alert": int, "station": str, "outlet": int, "code": int, "meaning": str, "message": str}

# `station` is the station's identity, `evse` and `connector` are numbers as in OCPP, `…_wh` watt hours.
KINDS: Mapping[str, Fields] = MappingProxyType(
    {
        # A socket opened.
        STATION_CONNECTED: {"station": str, "version": str},
        # Its newest socket is gone. `reason`: closed, silent (nothing was heard for too long), restart (of the server).
        STATION_DISCONNECTED: {"station": str, "reason": str},
        # An unknown identity was refused.
        STATION_KNOCKED: {"station": str, "address": str, "attempts": int},
        # A BootNotification. `registration`: Accepted, Pending, Rejected.
        STATION_BOOTED: {
            "station": str,
            "vendor": str,
            "model": str,
            "serial_number": str,
            "firmware_version": str,
            "reason": str,
            "registration": str,
        },
        # Connector 0 of EVSE 0 is the station as a whole.
        STATION_STATUS_CHANGED: {
            "station": str,
            "evse": int,
            "connector": int,
            "status": str,
            "error_code": str,
            "info": str,
            "vendor_error_code": str,
        },
        TRANSACTION_STARTED: {
            "transaction": int,
            "station": str,
            "evse": _WHOLE,
            "connector": _WHOLE,
            "id_token": str | None,
            "reference": str,
            "started_at": str,
            "meter_start_wh": _NUMBER,
        },
        TRANSACTION_UPDATED: {
            "transaction": int,
            "station": str,
            "charging_state": str,
            "energy_wh": _NUMBER,
            "power_w": _NUMBER,
            "soc": _NUMBER,
        },
        TRANSACTION_ENDED: {
            "transaction": int,
            "station": str,
            "evse": _WHOLE,
            "connector": _WHOLE,
            "id_token": str | None,
            "reference": str,
            "started_at": str,
            "ended_at": _TIME,
            "end_reason": str,
            "meter_start_wh": _NUMBER,
            "meter_stop_wh": _NUMBER,
            "energy_wh": _NUMBER,
            "cost": _NUMBER,
            "currency": str,
            "cost_is_final": bool,
            "remark": str,
        },
        SECURITY_EVENT_RECEIVED: {"station": str, "type": str, "info": str, "critical": bool, "occurred_at": _TIME},
        # What a monitor of a 2.x station reported, with severity 0 (danger) to 3 (critical), or an alert of unknown
        # severity (None). `event` is its id in the REST API; `cleared`: what an earlier event was about is over.
        MONITORING_EVENT_RECEIVED: {
            "event": int,
            "station": str,
            "evse": int,
            "connector": int,
            "component": str,
            "variable": str,
            "trigger": str,
            "value": str,
            "severity": _WHOLE,
            "cleared": bool,
            "info": str,
            "occurred_at": _TIME,
        },
        # `status`: what the station was told (Blocked, Expired, Invalid, ConcurrentTx …); `action`: the call.
        TOKEN_REFUSED: {"station": str, "id_token": str, "status": str, "action": str},
        COMMAND_SETTLED: {"command": int, "station": str, "action": str, "state": str, "result": str},
        RESERVATION_CHANGED: {
            "reservation": int,
            "station": str,
            "evse": int,
            "id_token": str,
            "state": str,
            "result": str,
            "expires_at": str,
        },
        # A session is over that was paid for, and whose payment the server has to settle with the provider. The amount
        # may become another one, when more is heard of the session: then this is said again.
        PAYMENT_DUE: {
            "settlement": int,
            "station": str,
            "transaction": int,
            "psp_reference": str,
            "amount": float,
            "currency": str,
        },
        # `token_status`: the verdict on its token; `state`: requested, refused, half, complete, timed_out.
        BATTERY_SWAP_CHANGED: {
            "swap": int,
            "station": str,
            "request": int,
            "id_token": str | None,
            "token_status": str,
            "state": str,
        },
        # An event of the grid (`fault`: OverVoltage, UnderFrequency …) to which a DER control reacts; `ended`: no more.
        DER_ALARM_RECEIVED: {
            "station": str,
            "type": str,
            "fault": str,
            "ended": bool,
            "info": str,
            "occurred_at": _TIME,
        },
        # `control` is its controlId; `state`: sent, accepted, active, superseded, ended, cleared.
        DER_CONTROL_CHANGED: {"station": str, "control": str, "type": str, "state": str},
        # A firmware update, diagnostics or log upload. `status` is the station's word.
        JOB_CHANGED: {"job": int, "station": str, "kind": str, "state": str, "status": str},
        # A station asks for a certificate. `state`: pending, signed, refused.
        CERTIFICATE_REQUESTED: {"request": int, "station": str, "subject": str, "state": str},
        # A fault of charger hardware behind a bridge. Outlet 0 is the charger as a whole; `code` is the vendor's.
        ALERT_RAISED: _ALERT,
        ALERT_CLEARED: _ALERT,
        DEVICE_ONLINE: {"device": str},
        DEVICE_OFFLINE: {"device": str},
        # Values of a device: `message` is `MMMM:SSSS:{json}`, as the plain browser protocol sends it.
        DEVICE_UPDATED: {"key": int, "message": str},
        # Sent on request, to see whether a subscription works.
        WEBHOOK_TEST: {"subscription": int, "text": str},
    }
)

BROWSER_EVENTS = frozenset({DEVICE_UPDATED})
"""What goes to browsers. There may be many of these a second, so they are neither checked nor kept."""

WEBHOOK_EVENTS = frozenset(KINDS) - BROWSER_EVENTS - {WEBHOOK_TEST}
"""What integrators can subscribe to."""

# -- hints --------------------------------------------------------------------------------------

HINT_COMMANDS = "commands.waiting"
"""To the processes: a station has commands that wait. `{"station": pk}`."""

HINT_CONNECTION = "station.connection"
"""To the processes: connections of a station below this generation are over. `{"station": pk, "generation": …}`."""

HINT_PUSH = "charger.push"
"""To the processes: push channels of a charger below this generation are over. `{"station": pk, "generation": …}`."""

HINT_WEBHOOKS = "webhooks.changed"
"""To the processes: webhook subscriptions are different now. `{}`."""

HINT_ACCOUNTS = "accounts.changed"
"""To the processes: somebody may not be allowed in any more, or not with the old password. `{"user": pk}`."""


def check(kind: str, data: Mapping[str, Any]) -> None:
    """Refuse (ValueError) what the table does not have.

    Names are the same whatever happens, so the first test of a use-case finds a wrong one. A value of a wrong type
    may come once a year: it is an error in tests, and elsewhere a line in the log, because nobody's message should
    fail for the sake of who listens.
    """
    fields = KINDS.get(kind)
    if fields is None:
        raise ValueError(f"{kind} is no live event.")
    if data.keys() != fields.keys():
        raise ValueError(f"{kind} has the fields {sorted(fields)}, not {sorted(data)}.")
    wrong = [name for name, value in data.items() if not isinstance(value, fields[name])]
    if wrong:
        text = f"{kind}: wrong type of {', '.join(wrong)}."
        if settings.TESTING:
            raise ValueError(text)
        logger.error(text)


@dataclass(slots=True)
class Published:
    """What one committed batch has to tell: keys of changed rows by topic, events in order, hints to processes.

    `traces` are the contexts of the transactions, for `core.tracing`.
    """

    rows: dict[str, set[int]] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hints: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    traces: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.events or self.hints)
