"""Alerts: raised once while they stand, cleared by the charger's own word."""

from __future__ import annotations

from bridge import vendor
from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.cms.models import Alert
from bridge.cms.services import sessions
from smartserver.core.batch import Batch
from smartserver.core.events import ALERT_CLEARED, ALERT_RAISED, TOPIC_ALERTS
from stations.models import Station
from stations.ocpp.facts import Stamp
from stations.services.context import Context
from stations.services.equipment import provisioning


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


def _raise(batch: Batch, context: Context, event: Event, code: int, stamp: Stamp) -> None:
    outlet = event.outlet or 0
    message = meaning.text_of(event.payload.get("msg"))
    alert, created = Alert.objects.get_or_create(
        station_id=context.station_id,
        outlet=outlet,
        code=code,
        cleared_at=None,
        defaults={
            "meaning": vendor.meaning(code),
            "source": meaning.text_of(event.payload.get("src"), 100),
            "message": message,
            "session": event.session,
            "raised_at": context.received_at,
        },
    )
    provisioning.report_status(batch, context, meaning.faulted(outlet, code, message, stamp))
    if created:
        _tell(batch, alert, ALERT_RAISED)


def _clear(batch: Batch, context: Context, event: Event, stamp: Stamp) -> None:
    found = Alert.objects.filter(station=context.station_id, cleared_at=None).order_by("pk")
    if event.outlet is not None:
        found = found.filter(outlet__in=(0, event.outlet))
    alerts = list(found)
    for alert in alerts:
        alert.cleared_at = context.received_at
        alert.save(update_fields=("cleared_at",))
        _tell(batch, alert, ALERT_CLEARED)
    for outlet in sorted({alert.outlet for alert in alerts}):
        status = sessions.status_at(context.station_id, outlet)
        provisioning.report_status(batch, context, meaning.status(outlet, status, stamp))


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
