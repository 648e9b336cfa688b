"""Alerts: raised once while they stand, cleared by the charger's own word."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from bridge import vendor
from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.cms.models import Alert, HardwareEvent
from bridge.cms.services import sessions
from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import ALERT_CLEARED, ALERT_RAISED, TOPIC_ALERTS
from stations.models import Station
from stations.ocpp.facts import Stamp
from stations.services.context import Context
from stations.services.equipment import provisioning

MAX_LATER = 100
"""Newest alerts that are looked through for one that cleared all."""


def take_alert(batch: Batch, context: Context, event: Event, stamp: Stamp) -> None:
    """An alert of the event stream; code 16 says that nothing is wrong any more."""
    code = meaning.whole_of(event.payload.get("code"))
    if code is None:
        return  # the event is kept, and nothing can be made of it
    if code == vendor.ALL_CLEARED:
        _clear(batch, context, event, stamp)
    else:
        _raise(batch, context, event, code, stamp)


def standing(station_id: int) -> set[int]:
    """The outlets at which something is wrong; 0 is the charger as a whole."""
    return set(Alert.objects.filter(station=station_id, cleared_at=None).values_list("outlet", flat=True))


def is_over(station_id: int, outlet: int, code: int) -> bool:
    """Whether this fault was cleared. States and feeds go on to show the error of a session that has ended."""
    raised = Alert.objects.filter(station=station_id, outlet__in=(0, outlet), code=code).order_by("-pk")
    newest = raised.values_list("cleared_at", flat=True)[:1]
    return bool(newest) and newest[0] is not None


def clear_alert(batch: Batch, *, alert_id: int) -> Alert:
    """An operator says that nothing is wrong any more, where the charger does not. `NotFound`, `Conflict`."""
    alert = Alert.objects.select_for_update().filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.")
    if alert.cleared_at is not None:
        raise Conflict("This alert is cleared already.")
    _end(batch, alert, batch.now)
    return alert


def _raise(batch: Batch, context: Context, event: Event, code: int, stamp: Stamp) -> None:
    outlet = event.outlet or 0
    message = meaning.text_of(event.payload.get("msg"))
    was_cleared = _was_cleared_since(context.station_id, event)
    alert, created = Alert.objects.get_or_create(
        station_id=context.station_id,
        outlet=outlet,
        code=code,
        cleared_at=context.received_at if was_cleared else None,
        defaults={
            "meaning": vendor.meaning(code),
            "source": meaning.text_of(event.payload.get("src"), 100),
            "message": message,
            "session": event.session,
            "raised_at": context.received_at,
        },
    )
    if not was_cleared:
        provisioning.report_status(batch, context, meaning.faulted(outlet, code, message, stamp))
    if created:
        _tell(batch, alert, ALERT_RAISED)
    if created and was_cleared:
        _tell(batch, alert, ALERT_CLEARED)


def _was_cleared_since(station_id: int, event: Event) -> bool:
    """Whether it was heard before that all was well again: events may come in another order than they happened."""
    if event.moment is None:
        return False
    later = HardwareEvent.objects.filter(station=station_id, kind=meaning.ALERT, occurred_at__gt=event.moment)
    clearing = later.filter(Q(outlet=None) | Q(outlet=event.outlet)).order_by("-pk").values_list("payload", flat=True)
    return any(meaning.whole_of(payload.get("code")) == vendor.ALL_CLEARED for payload in clearing[:MAX_LATER])


def _clear(batch: Batch, context: Context, event: Event, stamp: Stamp) -> None:
    found = Alert.objects.filter(station=context.station_id, cleared_at=None).order_by("pk")
    if event.outlet is not None:
        found = found.filter(outlet__in=(0, event.outlet))
    alerts = list(found)
    for alert in alerts:
        _end(batch, alert, context.received_at)
    for outlet in sorted({alert.outlet for alert in alerts}):
        status = sessions.status_at(context.station_id, outlet)
        provisioning.report_status(batch, context, meaning.status(outlet, status, stamp))


def _end(batch: Batch, alert: Alert, at: datetime) -> None:
    alert.cleared_at = at
    alert.save(update_fields=("cleared_at",))
    _tell(batch, alert, ALERT_CLEARED)


def _tell(batch: Batch, alert: Alert, kind: str) -> None:
    identity = Station.objects.values_list("identity", flat=True).get(pk=alert.station_id)
    batch.changed(TOPIC_ALERTS, alert.pk)
    batch.publish(
        kind,
        {
            "alert": alert.pk,
            "station": identity,
            "outlet": alert.outlet,
            "code": alert.code,
            "meaning": alert.meaning,
            "message": alert.message,
        },
    )
