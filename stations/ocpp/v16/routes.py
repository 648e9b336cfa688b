"""Action → fact and answer → payload, for OCPP 1.6. To add an action, add a line and its two functions."""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v16 import provisioning, transactions

ROUTES: Routes = {
    "Authorize": Route(transactions.read_authorize, transactions.write_authorize),
    "BootNotification": Route(provisioning.read_boot, provisioning.write_boot),
    "DataTransfer": Route(provisioning.read_data, provisioning.write_data),
    "Heartbeat": Route(provisioning.read_heartbeat, provisioning.write_heartbeat),
    "MeterValues": Route(transactions.read_meters, nothing),
    "StartTransaction": Route(transactions.read_start, transactions.write_start),
    "StatusNotification": Route(provisioning.read_status, nothing),
    "StopTransaction": Route(transactions.read_stop, transactions.write_stop),
}
