"""What emulated stations sold, by their own meters: an account that asks neither the server nor its calculator.

A session is charged here by hand: a fee, two prices of energy, a price of idle minutes, a tax, each sum rounded once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge, Reading

_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices without tax. `coin`: the smallest of the currency; `step_kwh`: up to here a kWh costs the first price."""

    name: str
    currency: str
    coin: Decimal
    fee: Decimal
    kwh: tuple[Decimal, Decimal]
    step_kwh: Decimal
    idle_minute: Decimal
    tax: Decimal

    @property
    def tariff(self) -> dict[str, Any]:
        """The same as a TariffType."""
        taxed = {"taxRates": [{"type": "VAT", "tax": float(self.tax)}]}
        low, high = map(float, self.kwh)
        first = {"priceKwh": low, "conditions": {"maxEnergy": float(self.step_kwh * 1000)}}
        return {
            "tariffId": self.name,
            "currency": self.currency,
            "description": [{"format": "UTF8", "content": f"{low} {self.currency}/kWh"}],
            "fixedFee": {"prices": [{"priceFixed": float(self.fee)}], **taxed},
            "energy": {"prices": [first, {"priceKwh": high}], **taxed},
            "idleTime": {"prices": [{"priceMinute": float(self.idle_minute)}], **taxed},
        }

    def cost(self, wh: int, idle_minutes: Decimal) -> Decimal:
        kwh = Decimal(wh) / 1000
        low, high = self.kwh
        sums = (
            self.fee,
            low * min(kwh, self.step_kwh) + high * max(kwh - self.step_kwh, Decimal()),
            self.idle_minute * idle_minutes,
        )
        taxed = (each * (1 + self.tax / 100) for each in sums)
        return sum((each.quantize(self.coin, ROUND_HALF_UP) for each in taxed), Decimal())


def _rates(name: str, currency: str, coin: str, *prices: str) -> Rates:
    fee, low, high, step, idle, tax = map(Decimal, prices)
    return Rates(name, currency, Decimal(coin), fee, (low, high), step, idle, tax)


RATES = (
    _rates("FLEET-EUR", "EUR", "0.01", "0.35", "0.59", "0.49", "2", "0.10", "19"),
    _rates("FLEET-CHF", "CHF", "0.01", "0.5", "0.457", "0.333", "1.5", "0.07", "8.1"),
    _rates("FLEET-JPY", "JPY", "1", "100", "55", "44.5", "3", "11", "10"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One session. `key`: its transactionId; `cost` None: nobody owes anything for it."""

    key: str
    wh: int
    cost: Decimal | None
    counted_here: bool
    """The station itself knows a tariff for it, so it has told what it costs (2.1)."""
    shown: float | None
    """What the server said last that it costs, and the driver could read."""


def accounts_of(version: str, charges: list[Charge], rates: Rates) -> Iterator[Account]:
    """What a station of this version sold."""
    for charge in charges:
        first, last = charge.readings[0], charge.readings[-1]
        wh = last.energy_wh - first.energy_wh
        idle = sum(_microseconds(*pair) for pair in pairwise(charge.readings) if not _flows(version, *pair, first))
        owed = bool(charge.token or wh)
        yield Account(
            key=str(charge.number) if version == "1.6" else charge.reference,
            wh=wh,
            cost=rates.cost(wh, Decimal(idle) / _MINUTE) if owed else None,
            counted_here=bool(charge.agreed),
            shown=charge.cost,
        )


def _microseconds(one: Reading, other: Reading) -> int:
    span = parsed(other.moment.stamp) - parsed(one.moment.stamp)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _flows(version: str, one: Reading, other: Reading, first: Reading) -> bool:
    """Whether energy flowed between two readings: 2.x says so in words, 1.6 only by its meter."""
    if other.energy_wh > one.energy_wh:
        return True
    if version != "1.6":
        return one.state == "Charging"
    return other.power_w > 0 and (one is first or one.power_w > 0)  # the start of 1.6 tells no power


Session = dict[str, Any]
"""A transaction of the REST API."""


def differences(
    version: str, rates: Rates, accounts: list[Account], sessions: list[Session], told: dict[int, float | None]
) -> Iterator[str]:
    """How the server's sessions of a station differ from its own. `told`: what it said that they cost, by their id."""
    key = "id" if version == "1.6" else "reference"
    found = Counter(str(session[key]) for session in sessions)
    own = Counter(account.key for account in accounts)
    yield from (f"session {each} is {count} times at the server" for each, count in found.items() if count > 1)
    yield from (f"session {each} is only at the server" for each in found.keys() - own.keys())
    yield from (f"session {each} is {count} times in the books" for each, count in own.items() if count > 1)
    yield from (f"session {each} is only in the books" for each in own.keys() - found.keys())
    by_key = {str(session[key]): session for session in sessions}
    for account in accounts:
        if session := by_key.get(account.key):
            for difference in _compared(rates, account, session, told.get(session["id"])):
                yield f"session {account.key}: {difference}"
            if version != "1.6" and account.cost != _money(account.shown):
                yield f"session {account.key}: its driver has read {account.shown}, the books say {account.cost}"


def _compared(rates: Rates, account: Account, session: Session, told: float | None) -> Iterator[str]:
    owed = account.cost
    if (session["energy_wh"] or 0) != account.wh:
        yield f"{session['energy_wh']} Wh, by the meter {account.wh}"
    if _money(session["cost"]) != owed or (owed is not None and session["currency"] != rates.currency):
        yield f"costs {session['cost']} {session['currency']}, by the books {owed} {rates.currency}"
    if session["cost_is_final"] != (owed is not None):
        yield "its cost is final and nobody owes anything" if owed is None else "its cost is not final"
    if _money(told) != (owed if account.counted_here else None):
        yield f"its station has told {told}, the books say {owed}"


def _money(told: float | None) -> Decimal | None:
    return None if told is None else Decimal(str(told))


def totals(accounts: Iterable[tuple[Rates, Account]]) -> str:
    """Energy, and money by currency."""
    wh, sums = 0, dict.fromkeys((rates.currency for rates in RATES), Decimal())
    for rates, account in accounts:
        wh += account.wh
        sums[rates.currency] += account.cost or 0
    return ", ".join((f"{wh / 1000:.1f} kWh", *(f"{amount} {currency}" for currency, amount in sums.items())))
