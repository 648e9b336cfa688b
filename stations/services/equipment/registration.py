"""What a station may do before its BootNotification is accepted (1.6 section 4.2, 2.x use cases B02 and B03).

It may not charge: a strict station is refused, and what is tolerated is recorded with the verdict Invalid. Anything
else that such a station sends (its status, meter values, logs) is harmless, is often asked for with a
TriggerMessage, and is taken without a look at the registration.
"""

from __future__ import annotations

from smartserver.core.batch import Batch
from stations.models import Registration, Station
from stations.ocpp.errors import SECURITY_ERROR, CallError
from stations.services import quirks
from stations.services.context import Context


def may_charge(batch: Batch, context: Context, station: Station) -> bool:
    """Whether the station's registration lets it authorise and start sessions; `CallError` where it is strict."""
    if station.registration == Registration.ACCEPTED:
        return True
    if station.strict:
        raise CallError(SECURITY_ERROR, f"The registration of this station is {station.registration}.")
    quirks.note_in(batch, context, rules=("not_accepted",))
    return False
