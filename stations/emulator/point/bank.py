"""Bank cards, and the payment service provider (PSP) that a payment terminal asks about them (2.1, C18 to C23). Pure.

An amount is held on the card before it charges, may be raised meanwhile, and is captured or released in the end. How
terminals and providers talk is not a matter of OCPP; here one calls the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

BRANDS = ("VISA", "MASTERCARD", "MAESTRO")

BIN_DIGITS, LAST_DIGITS = 6, 4


@dataclass(slots=True, eq=False)
class BankCard:
    """`funds`: what its bank lets it hold. A card that is `blocked` pays nothing any more, whatever is held on it."""

    number: str
    brand: str = "VISA"
    recognition: str = "CC"
    funds: float = 1000.0
    blocked: bool = False

    @classmethod
    def drawn(cls, chance: random.Random) -> BankCard:
        number = f"{chance.choice((4, 5))}{chance.randrange(10**15):015d}"
        return cls(number, chance.choice(BRANDS), chance.choice(("CC", "Debit")))

    @property
    def details(self) -> dict[str, str]:
        """What a terminal can read of it (additionalInfo of the token)."""
        return {
            "PaymentBrand": self.brand,
            "PaymentRecognition": self.recognition,
            "CardBin": self.number[:BIN_DIGITS],
            "CardLast4Digits": self.number[-LAST_DIGITS:],
        }


class Outcome(NamedTuple):
    """Of a capture: Settled, Rejected by the bank, or Failed because nobody could be asked (PaymentStatusEnumType)."""

    status: str
    info: str = ""


@dataclass(slots=True, eq=False)
class _Hold:
    card: BankCard
    amount: float


class Provider:
    def __init__(self, new_reference: Callable[[], str]) -> None:
        self.reachable = True
        """Whether the terminal has a connection to it."""
        self.new_reference = new_reference
        """Of a payment (pspRef); never the same again."""
        self.captured: dict[str, float] = {}
        """What was paid, by reference."""
        self._holds: dict[str, _Hold] = {}

    def held(self, reference: str) -> float:
        hold = self._holds.get(reference)
        return 0.0 if hold is None else hold.amount

    def authorize(self, card: BankCard, amount: float) -> str:
        """Hold an amount; the reference of the payment, empty where the bank says no or cannot be asked."""
        if not self._pays(card, amount):
            return ""
        reference = self.new_reference()
        self._holds[reference] = _Hold(card, amount)
        card.funds -= amount
        return reference

    def increase(self, reference: str, amount: float) -> bool:
        hold = self._holds[reference]
        if not self._pays(hold.card, amount):
            return False
        hold.card.funds -= amount
        hold.amount += amount
        return True

    def capture(self, reference: str, amount: float) -> Outcome:
        """Take no more than what is held; the rest is the card's again."""
        hold = self._holds[reference]
        if not self.reachable:
            return Outcome("Failed", "The payment service provider cannot be reached.")
        if hold.card.blocked:
            return Outcome("Rejected", "The card was declined.")
        del self._holds[reference]
        hold.card.funds += hold.amount - amount
        self.captured[reference] = amount
        return Outcome("Settled")

    def release(self, reference: str) -> None:
        """Nothing is to be paid. Banks let go of what nobody captures, so this works without a connection, too."""
        hold = self._holds.pop(reference)
        hold.card.funds += hold.amount

    def _pays(self, card: BankCard, amount: float) -> bool:
        return self.reachable and not card.blocked and amount <= card.funds
