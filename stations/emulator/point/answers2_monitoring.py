"""Answers to the calls of block N, monitoring (2.0.1 N02 to N06, 2.1 N12 and N14). Pure."""

from __future__ import annotations

from stations.emulator.point.factory_monitors import ITEMS
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.monitoring import LEAST_SEVERE
from stations.ocpp.errors import OCCURRENCE_VIOLATION, CallError
from stations.ocpp.frames import Payload


def _check_length(items: list[object]) -> None:
    if len(items) > ITEMS:
        raise CallError(
            OCCURRENCE_VIOLATION, f"These are more than {ITEMS} monitors (MonitoringCtrlr.ItemsPerMessage)."
        )


def set_variable_monitoring(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N04."""
    _check_length(payload["setMonitoringData"])
    answer = {"setMonitoringResult": [model.monitoring.set(data, now) for data in payload["setMonitoringData"]]}
    model.monitoring.observe(now)
    return answer


def clear_variable_monitoring(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N06."""
    _check_length(payload["id"])
    results = [{"id": id, "status": model.monitoring.clear(id, now)} for id in payload["id"]]
    return {"clearMonitoringResult": results}


def set_monitoring_base(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N03."""
    model.monitoring.set_base(payload["monitoringBase"], now)
    return {"status": "Accepted"}


def set_monitoring_level(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N05; there are no severities but 0 to 9."""
    if not 0 <= payload["severity"] <= LEAST_SEVERE:
        return {"status": "Rejected"}
    model.monitoring.level = payload["severity"]
    return {"status": "Accepted"}


def get_monitoring_report(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N02."""
    found = model.monitoring.find(payload.get("monitoringCriteria", ()), payload.get("componentVariable", []))
    if not found:
        return {"status": "EmptyResultSet"}
    model.monitoring.report(payload["requestId"], found, now)
    return {"status": "Accepted"}


def get_periodic_event_stream(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N12."""
    streams = model.monitoring.streams.report()
    return {"constantStreamData": streams} if streams else {}


def adjust_periodic_event_stream(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """N14."""
    return {"status": model.monitoring.streams.adjust(payload["id"], payload["params"], now)}
