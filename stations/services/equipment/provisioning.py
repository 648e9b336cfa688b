"""Boot, heartbeat, connector status, inventory, progress of firmware and logs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from smartserver.core.batch import Batch
from smartserver.core.errors import SmartServerError
from smartserver.core.events import STATION_BOOTED, STATION_STATUS_CHANGED, TOPIC_STATIONS
from stations.models import EVSE, Command, Connector, Registration, Station
from stations.ocpp.facts import (
    Acknowledged,
    Booted,
    FirmwareStatusReported,
    HeartBeaten,
    LogStatusReported,
    MetersReported,
    Noticed,
    Registered,
    StatusReported,
    TimeTold,
)
from stations.services import files, summary
from stations.services.context import Context
from stations.services.equipment import configuration, variables
from stations.services.sessions import meters

logger = logging.getLogger(__name__)


def register_boot(batch: Batch, context: Context, fact: Booted) -> Registered:
    """Who the station is, and whether it may go on (1.6 section 4.2). Sessions are not touched.

    A station that lost its power reports the ends of its sessions after its boot, some of them much later.
    """
    station = Station.objects.select_for_update().get(pk=context.station_id)
    is_updated = station.firmware_version != fact.firmware_version
    station.vendor, station.model, station.serial_number = fact.vendor, fact.model, fact.serial_number
    station.firmware_version, station.iccid, station.imsi = fact.firmware_version, fact.iccid, fact.imsi
    station.meter_type, station.meter_serial_number = fact.meter_type, fact.meter_serial_number
    station.boot_reason = fact.reason[:32]
    if station.registration == Registration.ACCEPTED:
        station.booted_at = context.received_at
    station.save(update_fields=_BOOT_FIELDS)
    batch.changed(TOPIC_STATIONS, station.pk)
    _announce_boot(batch, station)
    files.follow_boot(batch, context, fact)
    if station.registration == Registration.ACCEPTED and (
        is_updated or station.configured_at is None or configuration.waits_for_boot(station.pk)
    ):
        _ask_for_configuration(batch, context)
    interval = context.policy.heartbeat_interval if station.heartbeat_interval is None else station.heartbeat_interval
    return Registered(station.registration, context.received_at, interval)


_BOOT_FIELDS = (
    "vendor",
    "model",
    "serial_number",
    "firmware_version",
    "iccid",
    "imsi",
    "meter_type",
    "meter_serial_number",
    "boot_reason",
    "booted_at",
)


def _announce_boot(batch: Batch, station: Station) -> None:
    batch.publish(
        STATION_BOOTED,
        {
            "station": station.identity,
            "vendor": station.vendor,
            "model": station.model,
            "serial_number": station.serial_number,
            "firmware_version": station.firmware_version,
            "reason": station.boot_reason,
            "registration": str(station.registration),
        },
    )


def _ask_for_configuration(batch: Batch, context: Context) -> None:
    """Have all keys, or the whole inventory, told once: what a station can do is asked, not assumed (FIELD 28)."""
    is_asked, ask = _QUESTIONS["1.6" if context.version == "1.6" else "2.x"]
    if is_asked(context.station_id):
        return
    try:
        ask(batch, station_id=context.station_id)
    except SmartServerError as error:  # its queue is full; the boot counts all the same
        logger.warning("The configuration of station %s is not asked for: %s", context.station_id, error)


_QUESTIONS: Mapping[str, tuple[Callable[[int], bool], Callable[..., Command]]] = {
    "1.6": (configuration.is_read, configuration.read_configuration),
    "2.x": (variables.is_read, variables.read_variables),
}
"""Whether it is asked for already, and how it is asked for."""


def tell_time(batch: Batch, context: Context, fact: HeartBeaten) -> TimeTold:
    """The heartbeat's effect, that the station was seen, comes with the row of the message log."""
    return TimeTold(context.received_at)


def report_status(batch: Batch, context: Context, fact: StatusReported) -> Acknowledged:
    evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)
    connector, _ = Connector.objects.get_or_create(
        evse=evse, number=fact.connector, defaults={"received_at": context.received_at}
    )
    status, error_code = fact.status[:32], fact.error_code[:100]
    changed = (connector.status, connector.error_code) != (status, error_code)
    if connector.status != status or connector.status_since is None:
        connector.status_since = context.received_at
    connector.status, connector.error_code = status, error_code
    connector.info, connector.vendor_error_code = fact.info, fact.vendor_error_code
    connector.reported_at, connector.received_at = fact.stamp.moment, context.received_at
    connector.save()
    if changed:
        _announce_status(batch, context, connector, fact)
    summary.refresh(batch, station_id=context.station_id)
    return Acknowledged()


def _announce_status(batch: Batch, context: Context, connector: Connector, fact: StatusReported) -> None:
    batch.publish(
        STATION_STATUS_CHANGED,
        {
            "station": Station.objects.values_list("identity", flat=True).get(pk=context.station_id),
            "evse": fact.evse,
            "connector": fact.connector,
            "status": connector.status,
            "error_code": connector.error_code,
            "info": connector.info,
            "vendor_error_code": connector.vendor_error_code,
        },
    )


def report_meters(batch: Batch, context: Context, fact: MetersReported) -> Acknowledged:
    meters.store_meters(batch, context, fact)
    return Acknowledged()


def report_firmware_status(batch: Batch, context: Context, fact: FirmwareStatusReported) -> Acknowledged:
    Station.objects.filter(pk=context.station_id).update(firmware_status=fact.status[:32])
    return files.follow(batch, context, fact)


def report_log_status(batch: Batch, context: Context, fact: LogStatusReported) -> Acknowledged:
    Station.objects.filter(pk=context.station_id).update(diagnostics_status=fact.status[:32])
    return files.follow(batch, context, fact)


def notice(batch: Batch, context: Context, fact: Noticed) -> Acknowledged:
    """The row of the message log is all there is to it."""
    return Acknowledged()
