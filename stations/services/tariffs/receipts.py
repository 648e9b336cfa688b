"""Receipts of payments at stations (2.1 use case C21): their numbers, and the pages where drivers find them.

Nobody has to log in to see a receipt: its address, which nobody can guess, is the key.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.crypto import constant_time_compare, salted_hmac

from smartserver.core.errors import NotFound
from stations.models import SessionCost, Settlement, Variable
from stations.ocpp.tariffs.money import digits_of
from stations.services.files.addresses import public_url

PREFIX = "/receipts/"

SETTLED = "Settled"
"""Only what was paid has a receipt (C22)."""

_SALT = "stations.receipts"
_PROOF = 40
"""Hexadecimal digits of the part that nobody can guess: 160 bits."""

_MERCHANT = ("Name", "Address", "City", "TaxId", "Id")


class Receipt(NamedTuple):
    """`net`: without taxes, where it is known. `merchant`: lines, as the station has them (PaymentCtrlr.Merchant)."""

    settlement: Settlement
    currency: str
    digits: int
    net: Decimal | None
    energy_kwh: float | None
    merchant: tuple[str, ...]

    @property
    def moment(self) -> datetime:
        return self.settlement.settled_at or self.settlement.received_at

    @property
    def tax(self) -> Decimal | None:
        return None if self.net is None else self.settlement.amount - self.net


def issue(row: Settlement) -> None:
    """Give a payment the receipt that it has not got from its station. The caller saves the row."""
    row.receipt_id = f"{row.received_at:%Y}-{row.pk:08d}"
    row.receipt_url = f"{public_url()}{PREFIX}{row.pk}-{_proof(row.pk)}"


def _proof(key: int) -> str:
    return salted_hmac(_SALT, str(key), algorithm="sha256").hexdigest()[:_PROOF]


def receipt_at(code: str) -> Receipt:
    """The receipt at an address of ours; or `NotFound`."""
    key, _, proof = code.partition("-")
    row = None
    if key.isascii() and key.isdecimal() and len(key) < 19 and constant_time_compare(proof, _proof(int(key))):
        rows = Settlement.objects.select_related("station", "transaction")
        row = rows.filter(pk=int(key), status=SETTLED).first()
    if row is None:
        raise NotFound("There is no such receipt.")
    return _filled(row)


def _filled(row: Settlement) -> Receipt:
    session = row.transaction
    currency = session.currency if session is not None else ""
    costs = SessionCost.objects.filter(transaction=session).first() if session is not None else None
    told = (costs.told_details or costs.details) if costs is not None else None
    return Receipt(
        row,
        currency,
        digits_of(currency),
        _net(told, row.amount),
        session.energy_wh / 1000 if session is not None and session.energy_wh is not None else None,
        _merchant(row.station_id),
    )


def _net(details: dict[str, Any] | None, paid: Decimal) -> Decimal | None:
    """Where the whole of a cost was paid, its amount without taxes is that of the payment."""
    total = details["totalCost"]["total"] if details is not None else {}
    if "exclTax" not in total or Decimal(str(total.get("inclTax"))) != paid:
        return None
    return Decimal(str(total["exclTax"]))


def _merchant(station_id: int) -> tuple[str, ...]:
    rows = Variable.objects.filter(station_id=station_id, component="PaymentCtrlr", variable="Merchant")
    found = dict(rows.filter(attribute="Actual").values_list("variable_instance", "value"))
    return tuple(value for name in _MERCHANT if (value := found.get(name)))
