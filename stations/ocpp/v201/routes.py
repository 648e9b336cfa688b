"""Action → fact and answer → payload, for OCPP 2.0.1. To add an action, add a line and its two functions."""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v201 import provisioning, transactions

ROUTES: Routes = {
    "Authorize": Route(transactions.read_authorize, transactions.write_authorize),
    "BootNotification": Route(provisioning.read_boot, provisioning.write_boot),
    "DataTransfer": Route(provisioning.read_data, provisioning.write_data),
    "Heartbeat": Route(provisioning.read_heartbeat, provisioning.write_heartbeat),
    "MeterValues": Route(transactions.read_meters, nothing),
    "NotifyReport": Route(provisioning.read_report, nothing),
    "StatusNotification": Route(provisioning.read_status, nothing),
    "TransactionEvent": Route(transactions.read_event, transactions.write_event),
}
