"""Answers of a 2.x station to what concerns itself: variables, reports, resets, network, customers. Pure.

Use-case letters are those of part 2 (2.0.1 and 2.1).
"""

from __future__ import annotations

from stations.emulator.point.customers import information_parts, known_of, token_of
from stations.emulator.point.inventory import chosen, in_base, report_data, report_parts
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.variables import ACCEPTED, REJECTED, UNSUPPORTED_ATTRIBUTE, WRITE_ONLY, Path, Variable
from stations.ocpp.errors import OCCURRENCE_VIOLATION, CallError
from stations.ocpp.frames import Payload

ACTUAL = "Actual"
"""The only attribute that this station's variables have."""


# -- variables (B05, B06) ---------------------------------------------------------------


def get_variables(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    wanted = payload["getVariableData"]
    _bound(model, "GetVariables", wanted)
    return {"getVariableResult": [_got(model, each, now) for each in wanted]}


def _got(model: ChargePointModel, data: Payload, now: float) -> Payload:
    path, kind = Path.read(data), data.get("attributeType", ACTUAL)
    found = model.variables.find(path)
    told: Payload = {}
    if found is None:
        status = model.variables.missing(path)
    elif kind != ACTUAL:
        status = UNSUPPORTED_ATTRIBUTE
    elif found.mutability == WRITE_ONLY:
        status = REJECTED
    else:
        status, told = ACCEPTED, {"attributeValue": model.variables.value(found, now)}
    return path.data() | {"attributeType": kind, "attributeStatus": status} | told


def set_variables(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    wanted = payload["setVariableData"]
    _bound(model, "SetVariables", wanted)
    return {"setVariableResult": [_set(model, each, now) for each in wanted]}


def _set(model: ChargePointModel, data: Payload, now: float) -> Payload:
    path, kind, value = Path.read(data), data.get("attributeType", ACTUAL), data["attributeValue"]
    found = model.variables.find(path)
    answer = path.data() | {"attributeType": kind}
    if found is not None and kind != ACTUAL:
        return answer | {"attributeStatus": UNSUPPORTED_ATTRIBUTE}
    if found is not None and (reason := model.variables.objection(found, value)):
        return answer | {"attributeStatus": REJECTED, "attributeStatusInfo": {"reasonCode": reason}}
    return answer | {"attributeStatus": model.variables.change(path, value, now)}


def _bound(model: ChargePointModel, action: str, wanted: list[Payload]) -> None:
    most = int(model.variables.text("DeviceDataCtrlr", "ItemsPerMessage", variable_instance=action))
    if len(wanted) > most:
        raise CallError(OCCURRENCE_VIOLATION, f"{action} takes at most {most} items here.")


# -- reports (B07, B08) -----------------------------------------------------------------


def get_base_report(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    if payload["reportBase"] in model.without:
        return {"status": "NotSupported"}
    found = [each for each in model.variables if in_base(each, payload["reportBase"])]
    return _report(model, payload["requestId"], found, now)


def get_report(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    wanted = payload.get("componentVariable", [])
    _bound(model, "GetReport", wanted)
    found = list(chosen(model.variables, wanted, payload.get("componentCriteria", []), now))
    return _report(model, payload["requestId"], found, now)


def _report(model: ChargePointModel, request: int, found: list[Variable], now: float) -> Payload:
    if not found:
        return {"status": "EmptyResultSet"}
    data = report_data(model.variables, found, now)
    model.say_at_once(report_parts(request, data, model.moment(now).stamp), now)
    return {"status": ACCEPTED}


# -- resets (B11, B12) ------------------------------------------------------------------


def reset(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    number = payload.get("evseId", 0)
    if number and not model.has(number):
        return {"status": REJECTED}
    return {"status": model.resets.begin(number, payload["type"], now)}


# -- network (B09) ----------------------------------------------------------------------


def set_network_profile(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    status, reason = model.networks.set(payload["configurationSlot"], payload["connectionData"], now)
    return {"status": status} | ({"statusInfo": {"reasonCode": reason}} if reason else {})


# -- customers (N09, N10) ---------------------------------------------------------------


def customer_information(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """What is known is told before it is forgotten. The local list is the server's own, and stays (N10)."""
    token = token_of(payload)
    if not token:
        return {"status": "Invalid"}
    if not (payload["report"] or payload["clear"]):
        return {"status": REJECTED}
    if payload["report"]:
        text = known_of(model, token)
        model.say_at_once(information_parts(payload["requestId"], text, model.moment(now).stamp), now)
    if payload["clear"]:
        model.access.forget(token)
    return {"status": ACCEPTED}
