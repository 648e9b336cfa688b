"""Sessions that somebody has paid for elsewhere: at a terminal of its own (2.1 use case C24), or on a web page (C25).

The reference of the payment is the token of the session, of the type DirectPayment. So what holds for tokens holds for
it: it is good for one EVSE and one session at a time, and it has the limits of what was paid.
"""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict
from stations.models import Command, IdToken, Station, WebPayment
from stations.ocpp.tokens import DIRECT_PAYMENT
from stations.services.authorization.tokens import find_token
from stations.services.commands import Requester, queue_command, version_of
from stations.services.sessions.limits import VERSIONS, Limits

Details = list[dict[str, str]]
"""What is known of the card: additionalIdToken and type each (CardLast4Digits, PaymentBrand …)."""


def start_paid(
    batch: Batch,
    *,
    station_id: int,
    evse: int,
    psp_reference: str,
    limits: Limits,
    details: Details,
    by: Requester,
) -> Command:
    """Have a station start what was paid for (RequestStartTransaction). The same payment again is the same command.

    Errors: NotFound, and those of `queue_command`; Conflict for stations that take no payments, or a payment for
    another EVSE.
    """
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    if station is not None and (version := version_of(station)) not in VERSIONS:
        raise Conflict(f"Only OCPP 2.1 knows payments; this station speaks {version}.")
    token: dict[str, Any] = {"idToken": psp_reference, "type": DIRECT_PAYMENT}
    if details:
        token["additionalInfo"] = details
    command = queue_command(
        batch,
        station_id=station_id,
        action="RequestStartTransaction",
        payload={"idToken": token, "evseId": evse},
        by=by,
        idempotency_key=f"payment {psp_reference}"[:255],
    )
    _enter(command.station, evse, psp_reference, limits, details)
    WebPayment.objects.filter(station_id=station_id, evse=evse).update(ends_at=batch.now)
    return command


def _shown(details: Details) -> str:
    """For people who look at the token. That stations tell the same of a card is not asked for."""
    return ", ".join(each["additionalIdToken"] for each in details)[:255]


def _enter(station: Station, evse: int, psp_reference: str, limits: Limits, details: Details) -> None:
    known = find_token(psp_reference, DIRECT_PAYMENT)
    if known is not None and known.status != IdToken.Status.UNKNOWN:
        if known.evses != [evse] or known.limits != limits:
            raise Conflict("This payment was for something else.")
        return
    row = known or IdToken(value=psp_reference, type=DIRECT_PAYMENT)
    row.status, row.max_sessions, row.in_local_list = IdToken.Status.ACCEPTED, 1, False
    row.evses, row.limits, row.holder = [evse], limits, _shown(details)
    row.save()
    row.stations.set([station])
