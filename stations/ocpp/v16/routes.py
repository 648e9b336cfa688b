"""Action → fact and answer → payload, for OCPP 1.6. To add an action, add a line and its two functions."""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v16 import provisioning, reports, reversed_calls, transactions

ROUTES: Routes = {
    "Authorize": Route(transactions.read_authorize, transactions.write_authorize),
    "BootNotification": Route(provisioning.read_boot, provisioning.write_boot),
    "DataTransfer": Route(provisioning.read_data, provisioning.write_data),
    "DiagnosticsStatusNotification": Route(reports.read_diagnostics_status, nothing),
    "FirmwareStatusNotification": Route(reports.read_firmware_status, nothing),
    "Heartbeat": Route(provisioning.read_heartbeat, provisioning.write_heartbeat),
    "LogStatusNotification": Route(reports.read_log_status, nothing),
    "MeterValues": Route(transactions.read_meters, nothing),
    "SecurityEventNotification": Route(reports.read_security_event, nothing),
    "SignCertificate": Route(reports.read_signing_request, reports.write_signing_request),
    "SignedFirmwareStatusNotification": Route(reports.read_signed_firmware_status, nothing),
    "StartTransaction": Route(transactions.read_start, transactions.write_start),
    "StatusNotification": Route(provisioning.read_status, nothing),
    "StopTransaction": Route(transactions.read_stop, transactions.write_stop),
}

REVERSED: Routes = {
    "ClearChargingProfile": Route(reversed_calls.read_clearing, reversed_calls.write_decision),
    "SetChargingProfile": Route(reversed_calls.read_profile, reversed_calls.write_decision),
}
"""Calls to stations that some stations make themselves, the wrong way round. Their payloads fit no schema."""
