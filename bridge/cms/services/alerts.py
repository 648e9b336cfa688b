"""Alerts: raised once while they stand, cleared by the charger's own word."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from bridge import vendor
from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.cms.models import Alert, HardwareEvent
from bridge.cms.services import sessions
from bridge.cms.services.contexts import context_of
from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import ALERT_CLEARED, ALERT_RAISED, TOPIC_ALERTS, TOPIC_CHARGERS
from stations.models import Connector, Station
from stations.ocpp.facts import Stamp
from stations.ocpp.times import AHEAD, believed
from stations.services.context import Context
from stations.services.equipment import provisioning

CLEARED_BY_HAND = "ClearAlert"
"""Whose doing it is that an outlet is well again."""

MAX_LATER = 100
"""Newest alerts that are looked through for those that happened later."""


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
    # Whoever changes alerts takes the row of their station first.
    station = Station.objects.select_for_update().filter(alerts=alert_id).first()
    alert = Alert.objects.filter(pk=alert_id, station=station).first() if station is not None else None
    if alert is None:
        raise NotFound("There is no such alert.")
    if alert.cleared_at is not None:
        raise Conflict("This alert is cleared already.")
    _end(batch, alert, batch.now)
    if _is_shown(alert):
        stamp = Stamp(isoformat(batch.now), batch.now)
        _show_what_is_left(batch, context_of(alert.station_id, CLEARED_BY_HAND, batch.now), alert.outlet, stamp)
    return alert


def _is_shown(alert: Alert) -> bool:
    """Whether the status of its outlet is this fault. States tell none of the charger as a whole, so it would stay."""
    connector = Connector.objects.filter(evse__station=alert.station_id, evse__number=alert.outlet)
    return connector.filter(status=meaning.FAULTED, vendor_error_code=str(alert.code)).exists()


def _show_what_is_left(batch: Batch, context: Context, outlet: int, stamp: Stamp) -> None:
    """The outlet's status after an alert has ended: another fault that stands there, or what its session says."""
    other = Alert.objects.filter(station=context.station_id, outlet=outlet, cleared_at=None).order_by("-pk").first()
    if other is not None:
        fact = meaning.faulted(outlet, other.code, other.message, stamp)
    else:
        fact = meaning.status(outlet, sessions.status_at(context.station_id, outlet), stamp)
    provisioning.report_status(batch, context, fact)


def _raise(batch: Batch, context: Context, event: Event, code: int, stamp: Stamp) -> None:
    outlet = event.outlet or 0
    message = meaning.text_of(event.payload.get("msg"))
    was_cleared = _was_cleared_since(context, event)
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


def _was_cleared_since(context: Context, event: Event) -> bool:
    """Whether it was heard before that all was well again."""
    return any(
        code == vendor.ALL_CLEARED and outlet in (None, event.outlet) for outlet, code in _told_later(context, event)
    )


def _told_later(context: Context, event: Event) -> list[tuple[int | None, int | None]]:
    """Outlet and code of alerts that happened after this one, and were heard of before: events come in any order.

    Only by times that a clock that works can have told: one that ran ahead and was put right would hide what is wrong.
    """
    moment = believed(event.moment, context.received_at)
    if moment is None:
        return []
    later = HardwareEvent.objects.filter(
        station=context.station_id,
        kind=meaning.ALERT,
        occurred_at__gt=moment,
        occurred_at__lte=F("received_at") + AHEAD,
    )
    found = later.order_by("-pk").values_list("outlet", "payload")[:MAX_LATER]
    return [(outlet, meaning.whole_of(payload.get("code"))) for outlet, payload in found]


def _clear(batch: Batch, context: Context, event: Event, stamp: Stamp) -> None:
    found = Alert.objects.filter(station=context.station_id, cleared_at=None).order_by("pk")
    if event.outlet is not None:
        found = found.filter(outlet__in=(0, event.outlet))
    raised_later = _told_later(context, event)
    alerts = [alert for alert in found if (alert.outlet or None, alert.code) not in raised_later]
    for alert in alerts:
        _end(batch, alert, context.received_at)
    for outlet in sorted({alert.outlet for alert in alerts}):
        _show_what_is_left(batch, context, outlet, stamp)


def _end(batch: Batch, alert: Alert, at: datetime) -> None:
    alert.cleared_at = at
    alert.save(update_fields=("cleared_at",))
    _tell(batch, alert, ALERT_CLEARED)


def _tell(batch: Batch, alert: Alert, kind: str) -> None:
    identity = Station.objects.values_list("identity", flat=True).get(pk=alert.station_id)
    batch.changed(TOPIC_ALERTS, alert.pk)
    batch.changed(TOPIC_CHARGERS, alert.station_id)
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
