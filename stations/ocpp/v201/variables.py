"""Variables: what stations report of them, and answer when they are set or read (use cases B05 to B08)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stations.ocpp.facts import VariableReported
from stations.ocpp.frames import Payload
from stations.ocpp.reading import text, whole
from stations.ocpp.told import VariablesTold, VariableTold

Key = tuple[str, str, int, int, str, str, str]


def reported(report_data: Iterable[Payload]) -> Iterator[VariableReported]:
    """The variables in `reportData` of NotifyReport, one for each attribute."""
    for data in report_data:
        component, variable = data["component"], data["variable"]
        evse = component.get("evse") or {}
        for attribute in data["variableAttribute"]:
            yield VariableReported(
                component=text(component, "name"),
                component_instance=text(component, "instance"),
                variable=text(variable, "name"),
                variable_instance=text(variable, "instance"),
                evse=whole(evse, "id") if evse else None,
                connector=whole(evse, "connectorId") if "connectorId" in evse else None,
                attribute=attribute.get("type") or "Actual",
                value=attribute.get("value"),
                mutability=attribute.get("mutability") or "ReadWrite",
                characteristics=data.get("variableCharacteristics") or {},
            )


def read_set(request: Payload, answer: Payload) -> VariablesTold:
    """The answers name the variables, not their values: those stand in the request (B05.FR.11)."""
    asked = {_key(data): data["attributeValue"] for data in request["setVariableData"]}
    return VariablesTold(tuple(_set(answer["setVariableResult"], asked)))


def _set(results: list[Any], asked: dict[Key, str]) -> Iterator[VariableTold]:
    for result in results:
        key = _key(result)
        if key in asked:
            yield VariableTold(*key, asked[key], result["attributeStatus"])


def read_got(_: Payload, answer: Payload) -> VariablesTold:
    results = answer["getVariableResult"]
    return VariablesTold(
        tuple(VariableTold(*_key(each), each.get("attributeValue"), each["attributeStatus"]) for each in results)
    )


def _key(data: Payload) -> Key:
    component, variable = data["component"], data["variable"]
    evse = component.get("evse") or {}
    return (
        text(component, "name"),
        text(component, "instance"),
        whole(evse, "id") if evse else 0,
        whole(evse, "connectorId") if "connectorId" in evse else 0,
        text(variable, "name"),
        text(variable, "instance"),
        data.get("attributeType") or "Actual",
    )
