"""Amounts of money: taxes upon taxes, and the digits that a currency has."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

EXACT = Context(prec=60)
"""Digits enough for sums of what is 12 digits behind the point; only quotients are ever rounded before the end."""

LARGEST = Decimal(10) ** 12
"""No amount is so large; what says so is a fault."""

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217: the digits of currencies that do not have two."""


_MILLIONTH = Decimal("1e-6")


class Tax(NamedTuple):
    """`rate` in per cent. Those of one `stack` are added up; each stack is on top of the ones below (TaxRateType)."""

    type: str
    rate: Decimal
    stack: int = 0


class Money(NamedTuple):
    """An amount without and with tax."""

    excl: Decimal
    incl: Decimal


def factor(taxes: Iterable[Tax]) -> Decimal:
    """By what a net amount is multiplied to have all taxes in it."""
    stacks: dict[int, Decimal] = {}
    for tax in taxes:
        stacks[tax.stack] = stacks.get(tax.stack, Decimal()) + tax.rate
    product = Decimal(1)
    for rate in stacks.values():
        product = EXACT.multiply(product, 1 + rate.scaleb(-2))
    return product


def amount(value: float | int) -> Decimal | None:
    """An amount that somebody tells, to the millionth; None: it cannot be meant."""
    told = Decimal(str(value))
    return None if abs(told) >= LARGEST else told.quantize(_MILLIONTH, context=EXACT)


def digits_of(currency: str) -> int:
    """Digits behind the point."""
    return _DIGITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest coin of the books, half a coin upwards (away from zero)."""
    return amount.quantize(Decimal(1).scaleb(-digits_of(currency)), ROUND_HALF_UP, EXACT)
