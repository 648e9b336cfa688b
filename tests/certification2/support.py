"""What both sides of the test plan for 2.x need beyond `tests/certification/support.py`."""

from __future__ import annotations

from typing import Any, ClassVar

from stations.models import IdToken as Token
from stations.models import IdTokenGroup
from stations.ocpp.frames import Payload
from tests.certification.support import CARD, CertificationCase


def token(value: str = CARD, kind: str = "ISO14443", **more: Any) -> Payload:
    """An IdTokenType."""
    return {"idToken": value, "type": kind, **more}


def named(component: str, variable: str, *, evse: int = 0, connector: int = 0, instance: str = "") -> Payload:
    """A component and its variable; `instance` of the variable."""
    found: Payload = {"component": {"name": component}, "variable": {"name": variable}}
    if evse:
        found["component"]["evse"] = {"id": evse} | ({"connectorId": connector} if connector else {})
    if instance:
        found["variable"]["instance"] = instance
    return found


class CertificationCase2(CertificationCase):
    version = "2.0.1"
    quiet: ClassVar[frozenset[str]] = frozenset(
        {
            "Heartbeat",
            "MeterValues",
            "NotifyEvent",
            "NotifyReport",
            "NotifyMonitoringReport",
            "Updated MeterValueClock",
            "Updated MeterValuePeriodic",
        }
    )

    def in_short(self, action: str, request: Payload) -> str:
        """`1 Occupied` for a StatusNotification of EVSE 1, `Started CablePluggedIn`, `Ended RemoteStop Remote`, …"""
        if action == "StatusNotification":
            return f"{request['evseId']} {request['connectorStatus']}"
        if action == "TransactionEvent":
            reason = request["transactionInfo"].get("stoppedReason", "")
            return f"{request['eventType']} {request['triggerReason']} {reason}".rstrip()
        found = (request.get(name) for name in ("status", "reason", "type", "reservationUpdateStatus"))
        return f"{action} {next(filter(None, found), '')}".rstrip()

    def masters(self, value: str) -> Token:
        """A master pass, which ends the sessions of everybody (C16)."""
        return Token.objects.create(value=value, group=IdTokenGroup.objects.create(name="MASTERS", master=True))
