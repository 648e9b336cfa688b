"""Tariffs and usages for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed, Cost, calculate
from stations.ocpp.tariffs.tariff import read_tariff
from stations.ocpp.tariffs.usage import Segment, Usage

BEGIN = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)
"""A Monday."""

VAT = {"taxRates": [{"type": "VAT", "tax": 19}]}


def tariff(**parts: Any) -> Payload:
    """A TariffType."""
    return {"tariffId": "T1", "currency": "EUR", **parts}


def part(amount: str, *prices: float | tuple[float, Payload], **more: Any) -> Payload:
    """The prices of a kind: each with its conditions, or without."""
    pairs = [each if isinstance(each, tuple) else (each, {}) for each in prices]
    shown = [{amount: price} | ({"conditions": conditions} if conditions else {}) for price, conditions in pairs]
    return {"prices": shown, **more}


def energy(*prices: float | tuple[float, Payload], **more: Any) -> Payload:
    return {"energy": part("priceKwh", *prices, **more)}


def minutes(kind: str, *prices: float | tuple[float, Payload], **more: Any) -> Payload:
    return {kind: part("priceMinute", *prices, **more)}


def fixed(kind: str, *prices: float | tuple[float, Payload], **more: Any) -> Payload:
    return {kind: part("priceFixed", *prices, **more)}


class Journey:
    """Segments, one after the other."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self.begin = begin
        self.segments: list[Segment] = []

    @property
    def end(self) -> datetime:
        return self.segments[-1].end if self.segments else self.begin

    def charge(self, minutes: float, kwh: float, *, amperes: float = 0.0) -> Journey:
        span = timedelta(minutes=minutes)
        power = Decimal(str(kwh)) * 60000 / Decimal(str(minutes)) if minutes else Decimal()
        flowed = Decimal(str(kwh)) * 1000
        self.segments.append(Segment(self.end, self.end + span, flowed, power, Decimal(str(amperes)), charging=True))
        return self

    def idle(self, minutes: float) -> Journey:
        self.segments.append(Segment(self.end, self.end + timedelta(minutes=minutes)))
        return self

    def usage(self, **more: Any) -> Usage:
        return Usage(self.begin, tuple(self.segments), **more)

    def cost(self, body: Payload, **more: Any) -> Cost:
        return calculate([Agreed(self.begin, read_tariff(body))], self.usage(**more))
