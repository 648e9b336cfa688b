"""Action → fact and answer → payload, for OCPP 2.1.

What 2.1 shares with 2.0.1 is the same for what is read from it, so its table is the beginning of this one;
where 2.1 comes to differ, a module of the same name beside this one takes over.
"""

from __future__ import annotations

from stations.ocpp.routes import Route, Routes, nothing
from stations.ocpp.v21 import monitoring
from stations.ocpp.v201 import reports
from stations.ocpp.v201.routes import ROUTES as ROUTES_201

_NOTICE = Route(reports.read_notice, nothing)

ROUTES: Routes = {
    **ROUTES_201,
    "BatterySwap": _NOTICE,
    "ClosePeriodicEventStream": Route(monitoring.read_closed, nothing),
    "NotifyDERAlarm": _NOTICE,
    "NotifyDERStartStop": _NOTICE,
    "NotifyPriorityCharging": _NOTICE,
    "NotifySettlement": _NOTICE,
    "NotifyWebPaymentStarted": _NOTICE,
    "OpenPeriodicEventStream": Route(monitoring.read_opened, monitoring.write_opened),
    "ReportDERControl": _NOTICE,
}

SENDS: Routes = {"NotifyPeriodicEventStream": Route(monitoring.read_delivered, nothing)}
"""What comes as a SEND, and is never answered."""
