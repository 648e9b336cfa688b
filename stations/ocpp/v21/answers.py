"""Readers of the answers to the server's calls, OCPP 2.1: those of 2.0.1, and what 2.1 adds."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.routes import Reader
from stations.ocpp.v21 import batteries, der, monitoring, smart_charging, tariffs
from stations.ocpp.v201.answers import ANSWERS as ANSWERS_201

ANSWERS: Mapping[str, Reader] = {
    **ANSWERS_201,
    "AdjustPeriodicEventStream": monitoring.read_adjusted,
    "ChangeTransactionTariff": tariffs.read_transaction_tariff,
    "ClearDERControl": der.read_cleared,
    "ClearTariffs": tariffs.read_cleared,
    "GetDERControl": der.read_asked,
    "GetPeriodicEventStream": monitoring.read_listed,
    "GetTariffs": tariffs.read_tariffs,
    "NotifyWebPaymentStarted": tariffs.read_web_payment,
    "NotifyAllowedEnergyTransfer": smart_charging.read_transfer_allowed,
    "RequestBatterySwap": batteries.read_requested,
    "SetDERControl": der.read_set,
    "SetDefaultTariff": tariffs.read_default_set,
    "UpdateDynamicSchedule": smart_charging.read_updated,
    "UsePriorityCharging": smart_charging.read_priority_used,
}
