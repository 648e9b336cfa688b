"""What stations confirm of payments on web pages (2.1 use case C25), and the secrets of their codes.

A code holds a one-time password that is made with a secret of the station. The secret follows from this server's own
and from a number that is drawn anew each time a station gets one, so the database does not hold it.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.crypto import salted_hmac

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import WebPayment, WebPaymentCode
from stations.ocpp.tariffs.messages import WebPaymentTold
from stations.ocpp.told import VariablesTold
from stations.ocpp.web_payments import Recipe
from stations.services.settled import Settled

SALT = "stations.web_payments"
_SECRET = 32
"""Hexadecimal digits of a secret: 128 bits."""


def recipe_of(row: WebPaymentCode) -> Recipe:
    secret = salted_hmac(SALT, row.number, algorithm="sha256").hexdigest()[:_SECRET]
    return Recipe(secret, row.validity_seconds, row.length)


def keep_confirmed(settled: Settled, fact: VariablesTold) -> None:
    """The station has taken all of it: from now on its codes can be checked."""
    if all(each.status == "Accepted" for each in fact.variables):
        WebPaymentCode.objects.filter(command=settled.command).update(confirmed_at=settled.at)


def keep_web_payment(batch: Batch, settled: Settled, fact: WebPaymentTold) -> None:
    """Somebody pays for an EVSE, and the station knows; said again, the time begins anew."""
    WebPayment.objects.update_or_create(
        station_id=settled.station_id,
        evse=fact.evse,
        defaults={"started_at": settled.at, "ends_at": settled.at + timedelta(seconds=fact.timeout)},
    )
    batch.changed(TOPIC_STATIONS, settled.station_id)
