"""Sessions that the server asked for, and the commands by which it did (2.x use cases F01 and F02).

The station names the remoteStartId of the command in an event of the session, and the session in its answer, if it is
open already; whichever comes first, the other changes nothing.
"""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import Command, Transaction
from stations.ocpp.told import RemoteStartAnswered
from stations.services.settled import Settled
from stations.services.smart_charging import charging

ACTION = "RequestStartTransaction"


def link(session: Transaction, number: int) -> None:
    """The session names this remote start: the newest one of this number that has left to its station."""
    if session.remote_start_number is not None:
        return
    session.remote_start_number = number
    asked = Command.objects.filter(station_id=session.station_id, action=ACTION, sent_at__isnull=False)
    session.remote_start = asked.filter(payload__remoteStartId=number).order_by("-pk").first()


def take_answer(batch: Batch, settled: Settled, fact: RemoteStartAnswered) -> None:
    """Accepted, with the transaction that waits for it already."""
    if fact.status != "Accepted" or not fact.reference:
        return
    waiting = Transaction.objects.filter(
        station_id=settled.station_id, reference=fact.reference, remote_start_number__isnull=True
    )
    for session in waiting.select_related("evse"):
        session.remote_start_number, session.remote_start = fact.number, settled.command
        session.save(update_fields=["remote_start_number", "remote_start"])
        charging.adopt_requested_profile(session, settled.at)
        batch.changed(TOPIC_SESSIONS, session.pk)
