"""Action → fact and answer → payload, for OCPP 2.1.

What 2.1 shares with 2.0.1 is the same for what is read from it, so its table is the beginning of this one;
where 2.1 comes to differ, a module of the same name beside this one takes over.
"""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v21 import batteries, certificates, der, monitoring, smart_charging, tariffs, transactions
from stations.ocpp.v201 import certificates as certificates_201
from stations.ocpp.v201.routes import ROUTES as ROUTES_201

ROUTES: Routes = {
    **ROUTES_201,
    "Authorize": Route(certificates_201.read_authorize, tariffs.write_authorize),
    "BatterySwap": Route(batteries.read_swap, nothing),
    "ClosePeriodicEventStream": Route(monitoring.read_closed, nothing),
    "Get15118EVCertificate": Route(certificates_201.read_contract_request, certificates.write_contract),
    "GetCertificateChainStatus": Route(certificates.read_chain_status_request, certificates.write_chain_status),
    "GetCertificateStatus": Route(certificates_201.read_status_request, certificates.write_status),
    "NotifyDERAlarm": Route(der.read_alarm, nothing),
    "NotifyDERStartStop": Route(der.read_start_stop, nothing),
    "NotifyPriorityCharging": Route(smart_charging.read_priority, nothing),
    "NotifySettlement": Route(tariffs.read_settlement, tariffs.write_settlement),
    "OpenPeriodicEventStream": Route(monitoring.read_opened, monitoring.write_opened),
    "PullDynamicScheduleUpdate": Route(smart_charging.read_pull, smart_charging.write_pulled),
    "ReportDERControl": Route(der.read_report, nothing),
    "TransactionEvent": Route(transactions.read_event, transactions.write_event),
    "VatNumberValidation": Route(tariffs.read_vat_number, tariffs.write_vat_number),
}

SENDS: Routes = {"NotifyPeriodicEventStream": Route(monitoring.read_delivered, nothing)}
"""What comes as a SEND, and is never answered."""
