"""Reports of the device model of an emulated 2.x station: what belongs to them, in parts (B07, B08). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stations.emulator.point.message import Message
from stations.emulator.point.variables import READ_ONLY, WRITE_ONLY, Path, Variable, Variables
from stations.ocpp.frames import Payload

PART_ITEMS = 20
"""Variables in one NotifyReport."""

SUMMARY = frozenset({"availabilitystate", "available", "problem"})
"""Variables that say what can be charged at, and what stands in the way (SummaryInventory)."""

ABSENT_MEANS = {"Active": True, "Available": True, "Enabled": True, "Problem": False}
"""How a component without this variable is taken (ComponentCriterionEnumType)."""


def in_base(variable: Variable, base: str) -> bool:
    """Whether a variable belongs to this `reportBase` (B07)."""
    match base:
        case "ConfigurationInventory":
            return variable.mutability != READ_ONLY
        case "SummaryInventory":
            return variable.path.variable.casefold() in SUMMARY
        case _:
            return True


def chosen(variables: Variables, wanted: list[Payload], criteria: list[str], now: float) -> Iterator[Variable]:
    """The variables that a GetReport asks for (B08): of these names, of components that meet one of the criteria."""
    paths = [(Path.read(each).key, each) for each in wanted]
    met: dict[Path, bool] = {}
    for variable in variables:
        if paths and not any(_is_meant(variable.path.key, path, each) for path, each in paths):
            continue
        owner = variable.path.owner
        if owner not in met:
            met[owner] = not criteria or any(_meets(variables, variable.path, each, now) for each in criteria)
        if met[owner]:
            yield variable


def _is_meant(own: Path, wanted: Path, data: Payload) -> bool:
    """What a criterion does not name may be anything: an instance, an EVSE, the variable itself."""
    return own.component == wanted.component and all(
        mine == asked or not asked
        for mine, asked in (
            (own.instance, wanted.instance),
            (own.evse, wanted.evse),
            (own.connector, wanted.connector),
            (own.variable, wanted.variable),
            (own.variable_instance, wanted.variable_instance),
        )
    )


def _meets(variables: Variables, path: Path, criterion: str, now: float) -> bool:
    found = variables.find(path._replace(variable=criterion, variable_instance=""))
    if found is None:
        return ABSENT_MEANS[criterion]
    return variables.value(found, now).casefold() == "true"


def report_data(variables: Variables, found: Iterable[Variable], now: float) -> list[Payload]:
    """The entries of `reportData`."""
    return [_entry(each, "" if each.mutability == WRITE_ONLY else variables.value(each, now)) for each in found]


def _entry(variable: Variable, value: str) -> Payload:
    attribute: Payload = {
        "type": "Actual",
        "mutability": variable.mutability,
        "persistent": variable.source is None,
        "constant": variable.mutability == READ_ONLY and not variable.setting and variable.source is None,
    }
    if variable.mutability != WRITE_ONLY:
        attribute["value"] = value
    return variable.path.data() | {
        "variableAttribute": [attribute],
        "variableCharacteristics": variable.characteristics(),
    }


def report_parts(request: int, data: list[Payload], stamp: str, size: int = PART_ITEMS) -> list[Message]:
    """A report in parts; `tbc` says that another one follows."""
    starts = range(0, len(data), size)
    return [
        Message(
            "NotifyReport",
            {
                "requestId": request,
                "generatedAt": stamp,
                "seqNo": number,
                "tbc": start + size < len(data),
                "reportData": data[start : start + size],
            },
        )
        for number, start in enumerate(starts)
    ]
