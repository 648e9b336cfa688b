"""Kinds of tokens (2.x IdTokenType), and how two of them compare. Pure.

A token is its value and its kind: the card `4711` and the key code `4711` are two. 1.6 knows no kinds; there a value is
a card, whatever kind it was entered with.
"""

from __future__ import annotations

from collections.abc import Iterable

CARD = "ISO14443"
"""What a token without a kind is to 2.x."""

TYPES_201 = frozenset({"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"})
"""IdTokenEnumType of 2.0.1."""

TYPES_21 = TYPES_201 | {"DirectPayment", "EVCCID", "VIN"}
"""Those that the appendix of 2.1 names; any other text of 20 characters is one, too."""

WITHOUT_VALUE = frozenset({"NoAuthorization"})
"""The station needs nobody's permission (use case C15 and the like): a start button, free charging."""

DIRECT_PAYMENT = "DirectPayment"

PAID = frozenset({DIRECT_PAYMENT})
"""Whoever pays at the station's terminal is not asked who he is (2.1 use case C24)."""

_SEPARATORS = {"emaid": "-*", "evccid": ":-", "macaddress": ":-"}
"""Characters that some write and some do not: `DE-8AA-C12345678` is `DE8AAC12345678`."""

_OF_16 = ("", "iso14443", "iso15693")
"""The kinds that a value without a kind means first."""


def plain(value: str, type: str) -> str:
    """The value as it is kept: of some kinds without the separators that are not a part of it."""
    for separator in _SEPARATORS.get(type.casefold(), ""):
        value = value.replace(separator, "")
    return value


def same_type(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def rank(type: str) -> tuple[int, str]:
    """The order in which tokens of one value are looked at when only the value is known."""
    folded = type.casefold()
    return (_OF_16.index(folded) if folded in _OF_16 else len(_OF_16)), folded


def covers(shown: Iterable[tuple[str, str]], wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether all of what has to be shown along with a token was, in any case (additionalInfo)."""
    there = {(type.casefold(), value.casefold()) for type, value in shown}
    return all((type.casefold(), value.casefold()) in there for type, value in wanted)
