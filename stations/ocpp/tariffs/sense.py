"""What is wrong with a TariffType that fits its schema: what no calculator could follow, or nobody can have meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stations.ocpp.reading import stamp
from stations.ocpp.tariffs.tariff import AMOUNT, Kind, Measure, read_conditions

_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")
MAX_PRICES = 100
"""Prices of one kind. Each is looked at for each piece of a transaction."""


class Problem(NamedTuple):
    """`path` within the tariff, e.g. `energy/prices/0/conditions/endTimeOfDay`."""

    path: str
    reason: str


def problems_of(tariff: Mapping[str, Any]) -> list[Problem]:
    """None: it can be used."""
    return list(_problems(tariff))


def _problems(tariff: Mapping[str, Any]) -> Iterator[Problem]:
    if not _CURRENCY.fullmatch(tariff["currency"]):
        yield Problem("currency", "A currency has three capital letters (ISO 4217).")
    if "validFrom" in tariff and stamp(tariff["validFrom"]).moment is None:
        yield Problem("validFrom", "This is no moment.")
    priced = [kind for kind in Kind if kind.value in tariff]
    if not priced:
        yield Problem("", "A tariff has a price for something; what is free has the price 0.")
    for kind in priced:
        yield from _part_problems(kind, tariff[kind.value])
    languages = [each.get("language", "") for each in tariff.get("description", ())]
    if len(set(languages)) < len(languages):
        yield Problem("description", "There is one text for each language.")
    yield from _limit_problems(tariff)


def _part_problems(kind: Kind, part: Mapping[str, Any]) -> Iterator[Problem]:
    prices, amount = part["prices"], AMOUNT[kind]
    if len(prices) > MAX_PRICES:
        yield Problem(f"{kind.value}/prices", f"These are more than {MAX_PRICES} prices.")
    for index, price in enumerate(prices):
        path = f"{kind.value}/prices/{index}"
        if price[amount] < 0 and kind is not Kind.ENERGY:  # energy may be worth less than nothing
            yield Problem(f"{path}/{amount}", "Only energy can have a negative price.")
        conditions = price.get("conditions", {})
        if not conditions and index < len(prices) - 1:
            yield Problem(path, "The prices after one without conditions never apply.")
        yield from _condition_problems(f"{path}/conditions", conditions)
    yield from _tax_problems(kind.value, part)


def _tax_problems(path: str, part: Mapping[str, Any]) -> Iterator[Problem]:
    for index, tax in enumerate(part.get("taxRates", ())):
        if not 0 <= tax["tax"] <= 1000:
            yield Problem(f"{path}/taxRates/{index}/tax", "A tax is between 0 and 1000 per cent.")


def _condition_problems(path: str, conditions: Mapping[str, Any]) -> Iterator[Problem]:
    formats = {"startTimeOfDay": _TIME, "endTimeOfDay": _TIME, "validFromDate": _DATE, "validToDate": _DATE}
    wrong = [name for name, form in formats.items() if name in conditions and not form.fullmatch(conditions[name])]
    for name in wrong:
        yield Problem(f"{path}/{name}", "A time is hh:mm, a date is yyyy-mm-dd.")
    if wrong:
        return
    try:
        found = read_conditions(conditions)
    except ValueError:
        yield Problem(path, "There is no such day.")
        return
    if "startTimeOfDay" in conditions and conditions.get("startTimeOfDay") == conditions.get("endTimeOfDay"):
        yield Problem(f"{path}/endTimeOfDay", "It ends when it begins.")
    period = found.period
    if period.since is not None and period.until is not None and period.since >= period.until:
        yield Problem(f"{path}/validToDate", "It ends before it begins.")
    for measure, limits in found.ranges.items():
        yield from _range_problems(f"{path}/max{measure.value}", measure, limits.limits)


def _range_problems(path: str, measure: Measure, limits: tuple[Any, ...]) -> Iterator[Problem]:
    """`limits`: what is closest to zero and what is furthest from it, or one of both."""
    if min(limits) < 0 and (max(limits) > 0 or measure in (Measure.TIME, Measure.CHARGING_TIME, Measure.IDLE_TIME)):
        yield Problem(path, "A range is about charging or about discharging, and times are not negative.")
    elif len(limits) > 1 and abs(limits[0]) >= abs(limits[1]):
        yield Problem(path, "The minimum is closer to zero than the maximum.")


def _limit_problems(tariff: Mapping[str, Any]) -> Iterator[Problem]:
    limits = {name: tariff[name] for name in ("minCost", "maxCost") if name in tariff}
    for name, limit in limits.items():
        amounts = [limit[each] for each in ("exclTax", "inclTax") if each in limit]
        if not amounts:
            yield Problem(name, "A limit has an amount, without or with tax.")
        elif min(amounts) < 0:
            yield Problem(name, "A limit is not negative.")
        yield from _tax_problems(name, limit)
    for field in ("exclTax", "inclTax"):
        values = [limit[field] for limit in limits.values() if field in limit]
        if len(values) > 1 and values[0] > values[1]:
            yield Problem("maxCost", "The most is less than the least.")
