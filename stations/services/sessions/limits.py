"""Limits of a session: cost, energy, time, state of charge (2.1 use case E16).

The token has some for each of its sessions, and an operator may set others for one. The station is told in its answers
until it says that it has them (`transactionInfo.transactionLimit`).
"""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import IdToken, Station, Transaction
from stations.services.authorization import prepaid
from stations.services.commands import version_of

Limits = dict[str, float]
"""maxCost (in the station's currency), maxEnergy (Wh), maxTime (s), maxSoC (%)."""

VERSIONS = frozenset({"2.1"})


def untold(session: Transaction, id_token: IdToken | None) -> Limits | None:
    """What the station is to be told: limits that are wanted, and that it does not have."""
    token = session.id_token or id_token
    of_token: Limits = token.limits if token is not None else {}
    wanted: Limits = session.wanted_limits or of_token
    if token is not None and token.credit is not None:
        wanted = wanted | _least(wanted, prepaid.limit(token, session.pk))
    return news(wanted, session.limits) if session.active else None


def news(wanted: Limits, known: Limits) -> Limits | None:
    """What is wanted, unless the station has just that."""
    has = {name: known.get(name) for name in wanted}  # its driver may have set others besides
    return wanted if wanted and wanted != has else None


def _least(one: Limits, other: Limits) -> Limits:
    return {name: min(value, one.get(name, value)) for name, value in other.items()}


def set_limits(batch: Batch, *, transaction_id: int, limits: Limits) -> Transaction:
    """Limit a session that runs. The station hears of it in the answer to its next event.

    Errors: NotFound; Conflict for one that has ended, or a station whose version has no such limits.
    """
    wanted = Transaction.objects.filter(pk=transaction_id)
    station = Station.objects.select_for_update().filter(pk__in=wanted.values("station")).first()
    if station is None:
        raise NotFound("There is no such transaction.")
    session = wanted.get()
    if not session.active:
        raise Conflict("This transaction has ended.", end_reason=session.end_reason)
    if (version := version_of(station)) not in VERSIONS:
        raise Conflict(f"Only OCPP 2.1 limits sessions so; this station speaks {version}.")
    session.wanted_limits = limits
    session.save(update_fields=["wanted_limits"])
    batch.changed(TOPIC_SESSIONS, session.pk)
    return session
