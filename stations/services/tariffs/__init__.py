"""What charging costs: tariffs and whose they are, the costs of sessions, what stations have, payments at stations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp.tariffs import messages
from stations.services.context import Context
from stations.services.settled import Settled
from stations.services.tariffs import at_stations, costs, payments, web_payments

USE_CASES: Mapping[type, Callable[[Batch, Context, Any], messages.Answer | Any]] = {
    messages.SettlementNotified: payments.keep_settlement,
    messages.VatNumberAsked: payments.judge_vat_number,
}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    messages.DefaultTariffSet: at_stations.keep_default,
    messages.TariffsRead: at_stations.keep_tariffs,
    messages.TariffsCleared: at_stations.forget_tariffs,
    messages.TransactionTariffChanged: costs.keep_changed_tariff,
    messages.CostTold: costs.keep_told_cost,
    messages.WebPaymentTold: web_payments.keep_web_payment,
}
