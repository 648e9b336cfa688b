"""Answers of a 2.x station to what the server asks of tariffs and costs (block I). Pure."""

from __future__ import annotations

from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge
from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def set_default_tariff(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """I07."""
    return {"status": model.tariffs.set_default(payload["evseId"], payload["tariff"], model.clock(now))}


def get_tariffs(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """I09."""
    return model.tariffs.report(payload["evseId"], model.clock(now))


def clear_tariffs(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """I10."""
    return {
        "clearTariffsResult": model.tariffs.clear(payload.get("tariffIds"), payload.get("evseId", 0), model.clock(now))
    }


def change_transaction_tariff(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """I11: the next event says so."""
    charge = _charge(model, payload["transactionId"])
    if charge is None:
        return {"status": "TxNotFound"}
    outlet = model.outlet(charge.outlet)
    outlet.advance(now)
    status = model.tariffs.change(charge, payload["tariff"], parsed(model.moment(now).stamp))
    if status == "Accepted":
        outlet.say_of(model.words.repriced, now)
    return {"status": status}


def cost_updated(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """I02: the display shows it from now on. There is no way to say that a transaction is not known."""
    charge = _charge(model, payload["transactionId"])
    if charge is not None:
        model.costs.hear(charge, payload["totalCost"])
    return {}


def _charge(model: ChargePointModel, reference: str) -> Charge | None:
    charges = (outlet.charge for outlet in model.outlets)
    return next((each for each in charges if each is not None and each.open and each.reference == reference), None)
