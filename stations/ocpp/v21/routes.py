"""Action → fact and answer → payload, for OCPP 2.1.

What 2.1 shares with 2.0.1 is the same for what is read from it, so its table is the beginning of this one;
where 2.1 comes to differ, a module of the same name beside this one takes over.
"""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v21 import tariffs
from stations.ocpp.v201 import reports, transactions
from stations.ocpp.v201.routes import ROUTES as ROUTES_201

_NOTICE = Route(reports.read_notice, nothing)

ROUTES: Routes = {
    **ROUTES_201,
    "Authorize": Route(transactions.read_authorize, tariffs.write_authorize),
    "BatterySwap": _NOTICE,
    "ClosePeriodicEventStream": _NOTICE,
    "NotifyDERAlarm": _NOTICE,
    "NotifyDERStartStop": _NOTICE,
    "NotifyPriorityCharging": _NOTICE,
    "NotifySettlement": Route(tariffs.read_settlement, tariffs.write_settlement),
    "NotifyWebPaymentStarted": Route(tariffs.read_web_payment, nothing),
    "ReportDERControl": _NOTICE,
    "VatNumberValidation": Route(tariffs.read_vat_number, tariffs.write_vat_number),
}
