"""Boot, heartbeat, connector status, inventory, data transfer, authorization."""

from __future__ import annotations

from smartserver.core.events import TOPIC_STATIONS
from smartserver.core.writer import Batch
from stations.models import EVSE, Connector, Station, Variable
from stations.ocpp.facts import (
    Acknowledged,
    Booted,
    DataAnswered,
    DataTransferred,
    HeartBeaten,
    InventoryReported,
    MetersReported,
    Registered,
    StatusReported,
    TimeTold,
    TokenJudged,
    TokenPresented,
)
from stations.services import meters, summary
from stations.services.context import Context
from stations.services.tokens import judge_token


def register_boot(batch: Batch, context: Context, fact: Booted) -> Registered:
    Station.objects.filter(pk=context.station_id).update(
        vendor=fact.vendor,
        model=fact.model,
        serial_number=fact.serial_number,
        firmware_version=fact.firmware_version,
        iccid=fact.iccid,
        imsi=fact.imsi,
        meter_type=fact.meter_type,
        meter_serial_number=fact.meter_serial_number,
        booted_at=context.received_at,
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Registered("Accepted", context.received_at, context.policy.heartbeat_interval)


def tell_time(batch: Batch, context: Context, fact: HeartBeaten) -> TimeTold:
    """The heartbeat's effect, that the station was seen, comes with the row of the message log."""
    return TimeTold(context.received_at)


def report_status(batch: Batch, context: Context, fact: StatusReported) -> Acknowledged:
    evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)
    Connector.objects.update_or_create(
        evse=evse,
        number=fact.connector,
        defaults={
            "status": fact.status[:32],
            "error_code": fact.error_code[:100],
            "info": fact.info,
            "vendor_error_code": fact.vendor_error_code,
            "reported_at": fact.stamp.moment,
            "received_at": context.received_at,
        },
    )
    summary.refresh(batch, station_id=context.station_id)
    return Acknowledged()


def authorize(batch: Batch, context: Context, fact: TokenPresented) -> TokenJudged:
    judged, _ = judge_token(
        token=fact.token, accept_unknown=context.policy.accept_unknown_tokens, now=context.received_at
    )
    return judged


def report_meters(batch: Batch, context: Context, fact: MetersReported) -> Acknowledged:
    meters.store_meters(batch, context, fact)
    return Acknowledged()


def report_inventory(batch: Batch, context: Context, fact: InventoryReported) -> Acknowledged:
    """Parts of a report may come in any order and more than once: each variable replaces itself."""
    key = ("component", "component_instance", "evse", "connector", "variable", "variable_instance", "attribute")
    rows = {}
    for each in fact.variables:
        row = Variable(
            station_id=context.station_id,
            component=each.component[:50],
            component_instance=each.component_instance[:50],
            evse=each.evse or 0,
            connector=each.connector or 0,
            variable=each.variable[:50],
            variable_instance=each.variable_instance[:50],
            attribute=each.attribute,
            value=each.value,
            mutability=each.mutability,
            characteristics=each.characteristics,
            reported_at=context.received_at,
        )
        rows[tuple(getattr(row, name) for name in key)] = row
    Variable.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=("station", *key),
        update_fields=("value", "mutability", "characteristics", "reported_at"),
    )
    return Acknowledged()


def transfer_data(batch: Batch, context: Context, fact: DataTransferred) -> DataAnswered:
    """The data is kept in the message log; no vendor's messages are understood yet (section 4.3, P02)."""
    return DataAnswered("UnknownVendorId")
