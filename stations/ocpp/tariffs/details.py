"""A cost as a CostDetailsType (2.1 part 2, section 2.18), and what is read of one that a station tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import ChargingPeriod, Cost
from stations.ocpp.tariffs.money import Money, amount
from stations.ocpp.tariffs.pieces import SECOND
from stations.ocpp.tariffs.tariff import Kind
from stations.ocpp.times import written

_NAMES = {kind: kind.value for kind in Kind} | {Kind.FIXED: "fixed"}
"""TotalCostType calls the kinds as TariffType does, but for one."""


def cost_details(cost: Cost) -> Payload:
    """Amounts with and without tax, Wh, and seconds."""
    details: Payload = {"totalCost": _total_cost(cost), "totalUsage": _total_usage(cost)}
    if cost.periods:
        details["chargingPeriods"] = [_period(each) for each in cost.periods]
    return details


def failure(currency: str, reason: str) -> Payload:
    """There is no cost: `failureToCalculate`."""
    return {
        "totalCost": {"currency": currency, "typeOfCost": "NormalCost", "total": {}},
        "totalUsage": {"energy": 0.0, "chargingTime": 0, "idleTime": 0},
        "failureToCalculate": True,
        "failureReason": reason[:500],
    }


def told_total(details: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    """The total with tax (without, where the station knows no other) and its currency; None: it could not tell."""
    cost = details["totalCost"]
    total = cost["total"]
    told = total.get("inclTax", total.get("exclTax"))
    failed = details.get("failureToCalculate") or told is None
    return None if failed else amount(told), cost["currency"]


def _total_cost(cost: Cost) -> Payload:
    kinds = {_NAMES[kind]: _money(each) for kind, each in cost.kinds.items()}
    return {"currency": cost.currency, "typeOfCost": cost.type.value, **kinds, "total": _money(cost.total)}


def _total_usage(cost: Cost) -> Payload:
    """`chargingTime` is the whole time, idle or not (TotalUsageType)."""
    usage: Payload = {
        "energy": float(cost.energy_wh),
        "chargingTime": _seconds(cost.charging + cost.idle),
        "idleTime": _seconds(cost.idle),
    }
    return usage | ({"reservationTime": _seconds(cost.reserved)} if cost.reserved else {})


def _period(period: ChargingPeriod) -> Payload:
    dimensions = [{"type": name, "volume": float(volume)} for name, volume in _dimensions(period)]
    return {"startPeriod": written(period.begin), "tariffId": period.tariff_id, "dimensions": dimensions}


def _dimensions(period: ChargingPeriod) -> Iterator[tuple[str, Decimal]]:
    """CostDimensionEnumType, in which idle time is spelled like this."""
    yield "Energy", period.energy_wh
    yield "ChargingTime", Decimal(period.charging) / SECOND
    yield "IdleTIme", Decimal(period.idle) / SECOND
    for name, bounds in (("Power", period.power_w), ("Current", period.current_a)):
        if bounds is not None:
            yield f"Min{name}", bounds[0]
            yield f"Max{name}", bounds[1]


def _money(money: Money) -> Payload:
    return {"exclTax": float(money.excl), "inclTax": float(money.incl)}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
