"""The server's own DataTransfer messages, for stations and for whoever builds them (`docs/data-transfer.md`)."""

from __future__ import annotations

import json
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from stations.models import Station, Transaction
from stations.services.context import Context
from stations.services.equipment.data_transfer import Handlers, Reply

VENDOR = "org.smart-server"


def answer_ping(batch: Batch, context: Context, data: Any) -> Reply:
    """Does the way there and back work, and who am I?"""
    identity = Station.objects.values_list("identity", flat=True).get(pk=context.station_id)
    return Reply("Accepted", {"time": isoformat(context.received_at), "station": identity, "data": data})


def tell_session(batch: Batch, context: Context, data: Any) -> Reply:
    """What is stored of one of the station's sessions."""
    batch.settle()  # also what came in this very moment
    session = _session(context, _as_object(data).get("transactionId"))
    if session is None:
        return Reply("Rejected")
    told = {
        "transactionId": session.pk if context.version == "1.6" else session.reference,
        "active": session.active,
        "startedAt": isoformat(session.started_at),
        "endedAt": isoformat(session.ended_at) if session.ended_at else None,
        "energyWh": session.energy_wh,
        "remark": session.remark,
    }
    return Reply("Accepted", told)


def _as_object(data: Any) -> dict[str, Any]:
    """In 1.6 data is a text; what is no JSON object in it says nothing."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return {}
    return data if isinstance(data, dict) else {}


def _session(context: Context, key: Any) -> Transaction | None:
    mine = Transaction.objects.filter(station_id=context.station_id)
    if context.version == "1.6":
        is_number = isinstance(key, int) and 0 < key < 2**63
        return mine.filter(pk=key).first() if is_number else None
    return mine.filter(reference=key).order_by("-pk").first() if isinstance(key, str) and key else None


HANDLERS: Handlers = {(VENDOR, "Ping"): answer_ping, (VENDOR, "Session"): tell_session}
