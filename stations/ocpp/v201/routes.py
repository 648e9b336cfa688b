"""Action → fact and answer → payload, for OCPP 2.0.1. To add an action, add a line and its two functions."""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v201 import (
    certificates,
    displays,
    files,
    monitoring,
    provisioning,
    reports,
    smart_charging,
    transactions,
)

ROUTES: Routes = {
    "Authorize": Route(certificates.read_authorize, transactions.write_authorize),
    "BootNotification": Route(provisioning.read_boot, provisioning.write_boot),
    "ClearedChargingLimit": Route(smart_charging.read_cleared_limit, nothing),
    "DataTransfer": Route(provisioning.read_data, provisioning.write_data),
    "FirmwareStatusNotification": Route(reports.read_firmware_status, nothing),
    "Get15118EVCertificate": Route(certificates.read_contract_request, certificates.write_contract),
    "GetCertificateStatus": Route(certificates.read_status_request, certificates.write_status),
    "Heartbeat": Route(provisioning.read_heartbeat, provisioning.write_heartbeat),
    "LogStatusNotification": Route(reports.read_log_status, nothing),
    "MeterValues": Route(transactions.read_meters, nothing),
    "NotifyChargingLimit": Route(smart_charging.read_limit, nothing),
    "NotifyCustomerInformation": Route(provisioning.read_customer_information, nothing),
    "NotifyDisplayMessages": Route(displays.read_part, nothing),
    "NotifyEVChargingNeeds": Route(smart_charging.read_needs, smart_charging.write_decision),
    "NotifyEVChargingSchedule": Route(smart_charging.read_ev_schedule, smart_charging.write_decision),
    "NotifyEvent": Route(monitoring.read_events, nothing),
    "NotifyMonitoringReport": Route(monitoring.read_report, nothing),
    "NotifyReport": Route(provisioning.read_report, nothing),
    "PublishFirmwareStatusNotification": Route(files.read_publish_status, nothing),
    "ReportChargingProfiles": Route(smart_charging.read_profile_report, nothing),
    "ReservationStatusUpdate": Route(reports.read_reservation_status, nothing),
    "SecurityEventNotification": Route(certificates.read_security_event, nothing),
    "SignCertificate": Route(certificates.read_signing_request, certificates.write_signing_request),
    "StatusNotification": Route(provisioning.read_status, nothing),
    "TransactionEvent": Route(transactions.read_event, transactions.write_event),
}
