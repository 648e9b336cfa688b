"""Live events of stations and their sessions (`smartserver/core/events.py` has the fields)."""

from __future__ import annotations

from datetime import datetime

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_SESSIONS, TRANSACTION_ENDED, TRANSACTION_STARTED, TRANSACTION_UPDATED
from stations.models import Transaction


def started(batch: Batch, identity: str, session: Transaction) -> None:
    batch.changed(TOPIC_SESSIONS, session.pk)
    batch.publish(
        TRANSACTION_STARTED,
        {
            "transaction": session.pk,
            "station": identity,
            "evse": session.evse.number if session.evse else None,
            "connector": session.connector_number,
            "id_token": session.id_token.value if session.id_token else None,
            "reference": session.reference,
            "started_at": isoformat(session.started_at),
            "meter_start_wh": session.meter_start_wh,
        },
    )


def updated(batch: Batch, identity: str, session: Transaction) -> None:
    """Something else than its meter changed: events are for people and programs, not for each reading."""
    batch.changed(TOPIC_SESSIONS, session.pk)
    batch.publish(
        TRANSACTION_UPDATED,
        {
            "transaction": session.pk,
            "station": identity,
            "charging_state": session.charging_state,
            "energy_wh": session.energy_wh,
            "power_w": session.evse.power_w if session.evse else None,
            "soc": session.soc,
        },
    )


def ended(batch: Batch, identity: str, session: Transaction) -> None:
    batch.changed(TOPIC_SESSIONS, session.pk)
    batch.publish(
        TRANSACTION_ENDED,
        {
            "transaction": session.pk,
            "station": identity,
            "evse": session.evse.number if session.evse else None,
            "connector": session.connector_number,
            "id_token": session.id_token.value if session.id_token else None,
            "reference": session.reference,
            "started_at": isoformat(session.started_at),
            "ended_at": _time(session.ended_at),
            "end_reason": session.end_reason,
            "meter_start_wh": session.meter_start_wh,
            "meter_stop_wh": session.meter_stop_wh,
            "energy_wh": session.energy_wh,
            "cost": float(session.cost) if session.cost is not None else None,
            "currency": session.currency,
            "cost_is_final": session.cost_is_final,
            "remark": session.remark,
        },
    )


def _time(moment: datetime | None) -> str | None:
    return isoformat(moment) if moment is not None else None
