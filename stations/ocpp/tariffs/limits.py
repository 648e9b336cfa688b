"""The least and the most that a transaction costs (minCost and maxCost of TariffType)."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from stations.ocpp.tariffs.money import Money, factor, rounded
from stations.ocpp.tariffs.tariff import Limit, Tariff


class CostType(Enum):
    """TariffCostEnumType."""

    NORMAL = "NormalCost"
    MIN = "MinCost"
    MAX = "MaxCost"


def limited(total: Money, tariff: Tariff) -> tuple[Money, CostType]:
    """The total, no less than minCost and no more than maxCost."""
    least, most = tariff.minimum, tariff.maximum
    if least is not None and _distance(total, least) < 0:
        return _filled(least, tariff.currency), CostType.MIN
    if most is not None and _distance(total, most) > 0:
        return _filled(most, tariff.currency), CostType.MAX
    return total, CostType.NORMAL


def _distance(total: Money, limit: Limit) -> Decimal:
    """How far the total is above a limit: with tax, where the limit says that."""
    if limit.incl is not None:
        return total.incl - limit.incl
    assert limit.excl is not None
    return total.excl - limit.excl


def _filled(limit: Limit, currency: str) -> Money:
    """A limit with both amounts: one that is missing follows from the other and the taxes."""
    taxed = factor(limit.taxes)
    excl = limit.incl / taxed if limit.excl is None and limit.incl is not None else limit.excl
    assert excl is not None
    incl = excl * taxed if limit.incl is None else limit.incl
    return Money(rounded(excl, currency), rounded(incl, currency))
