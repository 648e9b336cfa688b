"""Named quirks: how real charge points break the rules (docs/field-rules.md). Pure.

quirks = named(["late-close", "kilo-units"])   # for one station
for name, rules, sentence in described(): …
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stations.emulator.quirks import clocks, connecting, control, framing, meters, payloads, transactions
from stations.emulator.quirks.base import Break, Quirk, Quirks, Said

__all__ = ("QUIRKS", "REGULAR", "Break", "Described", "Quirk", "Quirks", "Said", "described", "named")

QUIRKS: dict[str, type[Quirk]] = {
    quirk.name: quirk
    for module in (connecting, framing, payloads, transactions, meters, clocks, control)
    for quirk in module.QUIRKS
}

REGULAR = Quirks()
"""Of a station that keeps the rules. It has no memory, so all of them share it."""


class Described(NamedTuple):
    name: str
    rules: tuple[int, ...]
    sentence: str


def described() -> list[Described]:
    """All quirks, by the first rule that each of them breaks."""
    found = [Described(quirk.name, quirk.rules, (quirk.__doc__ or "").strip()) for quirk in QUIRKS.values()]
    return sorted(found, key=lambda each: (each.rules, each.name))


def named(names: Iterable[str]) -> Quirks:
    """The quirks of one station, in this order; `KeyError` for a name that there is not."""
    return Quirks([QUIRKS[name]() for name in names])
