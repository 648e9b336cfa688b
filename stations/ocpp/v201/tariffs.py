"""What drivers and stations are told of prices and costs (use cases I01 to I03), and what stations answer."""

from __future__ import annotations

from typing import Any

from stations.ocpp.facts import TransactionKept
from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.tariffs.messages import CostTold
from stations.ocpp.tariffs.money import amount, digits_of

MAX_MESSAGE = 512
"""Characters of MessageContentType."""


def read_cost_updated(request: Payload, _: Payload) -> CostTold:
    return CostTold(text(request, "transactionId"), amount(request["totalCost"]))


def message_of(tariff: dict[str, Any] | None) -> Payload:
    """The tariff in words, for the display (I01.FR.02); nothing, where it has no description."""
    descriptions = [each for each in (tariff or {}).get("description", ()) if each["format"] in _FORMATS]
    if not descriptions:
        return {}
    first = descriptions[0]
    return {"personalMessage": first | {"content": first["content"][:MAX_MESSAGE]}}


_FORMATS = frozenset({"ASCII", "HTML", "URI", "UTF8"})


def write_cost(answer: TransactionKept) -> Payload:
    """The cost so far, or the final one, as a number and for the display."""
    if answer.cost is None:
        return {}
    shown = f"{answer.cost:.{digits_of(answer.currency)}f} {answer.currency}"
    return {
        "totalCost": float(answer.cost),
        "updatedPersonalMessage": {"format": "UTF8", "content": shown},
    }
