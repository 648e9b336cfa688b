"""What stations say of payments, what their answers tell of tariffs, and what the server answers (block I of 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stations.ocpp.facts import Stamp

# -- facts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettlementNotified:
    """A payment terminal has settled a payment, or failed to (NotifySettlement).

    `psp_reference` is the payment's, and was the idToken of the session. `reference`: the station's id of the
    transaction; empty: none has begun. `status`: Settled, Canceled, Rejected or Failed. `company`: AddressType, of who
    wants a receipt.
    """

    psp_reference: str
    status: str
    amount: Decimal
    stamp: Stamp
    reference: str = ""
    info: str = ""
    receipt_id: str = ""
    receipt_url: str = ""
    vat_number: str = ""
    company: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class VatNumberAsked:
    """Somebody has typed in a VAT number (VatNumberValidation). `evse` None: it is not told where."""

    vat_number: str
    evse: int | None


Fact = SettlementNotified | VatNumberAsked

# -- told ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DefaultTariffSet:
    """`evse` 0: all of them. `tariff` is the object that was sent.

    `status`: Accepted, Rejected, TooManyElements, ConditionNotSupported or DuplicateTariffId.
    """

    evse: int
    tariff: dict[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class TariffAssigned:
    """A tariff that a station has. `kind`: DefaultTariff or DriverTariff. `evses` empty: not of particular ones."""

    tariff_id: str
    kind: str
    valid_from: Stamp
    evses: tuple[int, ...]
    id_tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TariffsRead:
    """All tariffs at an EVSE, 0: at the station. `status`: Accepted, Rejected or NoTariff."""

    evse: int
    status: str
    tariffs: tuple[TariffAssigned, ...]


@dataclass(frozen=True, slots=True)
class TariffsCleared:
    """`evse` None: wherever they were. `tariffs`: those that are not there any more; `everything`: all of them."""

    evse: int | None
    tariffs: tuple[str, ...]
    everything: bool


@dataclass(frozen=True, slots=True)
class TransactionTariffChanged:
    """`status`: Accepted, Rejected, TooManyElements, ConditionNotSupported, TxNotFound or NoCurrencyChange."""

    reference: str
    tariff: dict[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class CostTold:
    """The station has taken note of what its transaction costs so far (CostUpdated). None: more than there is money."""

    reference: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class WebPaymentTold:
    """The station keeps an EVSE for who pays for it on a web page, for so many seconds (NotifyWebPaymentStarted)."""

    evse: int
    timeout: int


Told = DefaultTariffSet | TariffsRead | TariffsCleared | TransactionTariffChanged | CostTold | WebPaymentTold

# -- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettlementKept:
    """Empty: there is no receipt, because nothing was paid."""

    receipt_id: str = ""
    receipt_url: str = ""


@dataclass(frozen=True, slots=True)
class VatNumberJudged:
    """`status`: Accepted or Rejected. `company`: AddressType, where it is known. `reason`: a reasonCode, why not."""

    vat_number: str
    evse: int | None
    status: str
    company: dict[str, Any] | None = None
    reason: str = ""


Answer = SettlementKept | VatNumberJudged
