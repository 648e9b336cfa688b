"""Payments at stations, and what stations answer about their tariffs (use cases I07 to I12, C22 to C25)."""

from __future__ import annotations

from stations.ocpp.errors import PROPERTY_VIOLATION, CallError
from stations.ocpp.facts import TokenJudged
from stations.ocpp.frames import Payload
from stations.ocpp.reading import long_text, stamp, text, whole
from stations.ocpp.tariffs.messages import (
    DefaultTariffSet,
    SettlementKept,
    SettlementNotified,
    TariffAssigned,
    TariffsCleared,
    TariffsRead,
    TransactionTariffChanged,
    VatNumberAsked,
    VatNumberJudged,
    WebPaymentTold,
)
from stations.ocpp.tariffs.money import amount
from stations.ocpp.v201 import transactions

# -- what stations are told ---------------------------------------------------------------------


def write_authorize(answer: TokenJudged) -> Payload:
    """With the tariff itself, by which the station counts (I08), and the ways of energy transfer (Q01)."""
    payload = transactions.write_authorize(answer)
    if answer.status == "Accepted" and answer.energy_transfers:
        payload["allowedEnergyTransfer"] = list(answer.energy_transfers)
    return payload if answer.tariff is None else payload | {"tariff": answer.tariff}


# -- from stations ------------------------------------------------------------------------------


def read_settlement(payload: Payload) -> SettlementNotified:
    settled = amount(payload["settlementAmount"])
    if settled is None:
        raise CallError(PROPERTY_VIOLATION, "settlementAmount is more than there is money.")
    return SettlementNotified(
        psp_reference=text(payload, "pspRef"),
        status=payload["status"],
        amount=settled,
        stamp=stamp(payload["settlementTime"]),
        reference=text(payload, "transactionId"),
        info=text(payload, "statusInfo"),
        receipt_id=text(payload, "receiptId"),
        receipt_url=long_text(payload, "receiptUrl"),
        vat_number=text(payload, "vatNumber"),
        company=payload.get("vatCompany"),
    )


def write_settlement(answer: SettlementKept) -> Payload:
    kept = {"receiptId": answer.receipt_id, "receiptUrl": answer.receipt_url}
    return {name: value for name, value in kept.items() if value}


def read_vat_number(payload: Payload) -> VatNumberAsked:
    return VatNumberAsked(text(payload, "vatNumber"), whole(payload, "evseId") if "evseId" in payload else None)


def write_vat_number(answer: VatNumberJudged) -> Payload:
    judged: Payload = {"vatNumber": answer.vat_number, "status": answer.status}
    if answer.evse is not None:
        judged["evseId"] = answer.evse
    if answer.company is not None:
        judged["company"] = answer.company
    if answer.reason:
        judged["statusInfo"] = {"reasonCode": answer.reason[:20]}
    return judged


# -- answers of stations ------------------------------------------------------------------------


def read_default_set(request: Payload, answer: Payload) -> DefaultTariffSet:
    return DefaultTariffSet(whole(request, "evseId"), request["tariff"], answer["status"])


def read_tariffs(request: Payload, answer: Payload) -> TariffsRead:
    found = tuple(_assigned(each) for each in answer.get("tariffAssignments", ()))
    return TariffsRead(whole(request, "evseId"), answer["status"], found)


def _assigned(assignment: Payload) -> TariffAssigned:
    return TariffAssigned(
        tariff_id=text(assignment, "tariffId"),
        kind=assignment["tariffKind"],
        valid_from=stamp(assignment.get("validFrom")),
        evses=tuple(assignment.get("evseIds", ())),
        id_tokens=tuple(assignment.get("idTokens", ())),
    )


def read_cleared(request: Payload, answer: Payload) -> TariffsCleared:
    """A tariff that was not found is not there, either; one that could not be cleared is still there (I09)."""
    results = answer["clearTariffsResult"]
    gone = [each for each in results if each["status"] != "Rejected"]
    return TariffsCleared(
        evse=whole(request, "evseId") if "evseId" in request else None,
        tariffs=tuple(text(each, "tariffId") for each in gone if "tariffId" in each),
        everything="tariffIds" not in request and len(gone) == len(results),
    )


def read_web_payment(request: Payload, answer: Payload) -> WebPaymentTold:
    """The answer says nothing, but that the station has taken note (C25.FR.27)."""
    return WebPaymentTold(whole(request, "evseId"), whole(request, "timeout"))


def read_transaction_tariff(request: Payload, answer: Payload) -> TransactionTariffChanged:
    return TransactionTariffChanged(text(request, "transactionId"), request["tariff"], answer["status"])
