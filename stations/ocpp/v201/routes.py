"""Action → fact and answer → payload, for OCPP 2.0.1. To add an action, add a line and its two functions."""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v201 import monitoring, provisioning, reports, transactions

_NOTICE = Route(reports.read_notice, nothing)

ROUTES: Routes = {
    "Authorize": Route(transactions.read_authorize, transactions.write_authorize),
    "BootNotification": Route(provisioning.read_boot, provisioning.write_boot),
    "ClearedChargingLimit": _NOTICE,
    "DataTransfer": Route(provisioning.read_data, provisioning.write_data),
    "FirmwareStatusNotification": Route(reports.read_firmware_status, nothing),
    "Heartbeat": Route(provisioning.read_heartbeat, provisioning.write_heartbeat),
    "LogStatusNotification": Route(reports.read_log_status, nothing),
    "MeterValues": Route(transactions.read_meters, nothing),
    "NotifyChargingLimit": _NOTICE,
    "NotifyCustomerInformation": Route(provisioning.read_customer_information, nothing),
    "NotifyDisplayMessages": _NOTICE,
    "NotifyEVChargingSchedule": Route(reports.read_notice, reports.write_taken),
    "NotifyEvent": Route(monitoring.read_events, nothing),
    "NotifyMonitoringReport": Route(monitoring.read_report, nothing),
    "NotifyReport": Route(provisioning.read_report, nothing),
    "PublishFirmwareStatusNotification": _NOTICE,
    "ReportChargingProfiles": _NOTICE,
    "ReservationStatusUpdate": Route(reports.read_reservation_status, nothing),
    "SecurityEventNotification": Route(reports.read_security_event, nothing),
    "SignCertificate": Route(reports.read_signing_request, reports.write_signing_request),
    "StatusNotification": Route(provisioning.read_status, nothing),
    "TransactionEvent": Route(transactions.read_event, transactions.write_event),
}
