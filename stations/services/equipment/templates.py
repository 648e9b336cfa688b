"""What variables of 2.x stations should be, where they differ from that, and how that is mended.

Where several templates of a station name the same variable, the one for its model counts, then the one for its vendor,
then the last by name. Passwords have no place in templates: their values are not kept, so nobody could compare them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound, SmartServerError
from stations.models import Command, Station, Variable, VariableTemplate
from stations.services.commands import SERVER, Requester, version_of
from stations.services.equipment.known_limits import items_per_message
from stations.services.equipment.variables import portions, set_variables
from stations.services.secrets import is_secret_key

NAMES = ("component", "component_instance", "evse", "connector", "variable", "variable_instance")

MAX_ALIGNED = 100
"""Stations that one request has set."""

OF_2 = ("2.0.1", "2.1")

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """A variable that is not as a template wants it. `value` is None where the station has told none."""

    template: str
    names: dict[str, Any]
    wanted: str
    value: str | None


# -- templates ----------------------------------------------------------------------------------


def add_template(batch: Batch, *, name: str, vendor: str, model: str, values: list[dict[str, Any]]) -> VariableTemplate:
    """Errors: BadInput; Conflict where the name is taken."""
    template = VariableTemplate(name=name, vendor=vendor, model=model, values=_checked(values))
    return _stored(batch, template)


def change_template(batch: Batch, *, template_id: int, changes: dict[str, Any]) -> VariableTemplate:
    template = VariableTemplate.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise NotFound("There is no such template.")
    if "values" in changes:
        changes = changes | {"values": _checked(changes["values"])}
    for name, value in changes.items():
        setattr(template, name, value)
    return _stored(batch, template)


def remove_template(batch: Batch, *, template_id: int) -> None:
    VariableTemplate.objects.filter(pk=template_id).delete()


def _stored(batch: Batch, template: VariableTemplate) -> VariableTemplate:
    if VariableTemplate.objects.filter(name=template.name).exclude(pk=template.pk).exists():
        raise Conflict("There is a template of this name already.")
    template.changed_at = batch.now
    template.save()
    return template


def _checked(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    problems: list[dict[str, str]] = []
    seen: set[Key] = set()
    for place, each in enumerate(values):
        if is_secret_key(each["variable"]):
            problems.append({"path": f"values/{place}/variable", "reason": "Passwords have no place in a template."})
        if (key := _key(each)) in seen:
            problems.append({"path": f"values/{place}", "reason": "This variable is named twice."})
        seen.add(key)
    if problems:
        raise BadInput(problems[0]["reason"], problems=problems)
    return [{name: each[name] for name in (*NAMES, "value")} for each in values]


# -- drift --------------------------------------------------------------------------------------


def drift_of(station: Station) -> list[Drift]:
    """Where a station differs from its templates, in their order."""
    wanted = _wanted(station) if version_of(station) in OF_2 else {}
    if not wanted:
        return []
    rows = Variable.objects.filter(station=station, attribute="Actual").values(*NAMES, "value")
    known = {_key(row): row["value"] for row in rows}
    return [
        Drift(template, {name: each[name] for name in NAMES}, each["value"], known.get(key))
        for key, (template, each) in wanted.items()
        if not _same(known.get(key), each["value"])
    ]


def _wanted(station: Station) -> dict[Key, tuple[str, dict[str, Any]]]:
    of_vendor = Q(vendor="") | Q(vendor__iexact=station.vendor)
    of_model = Q(model="") | Q(model__iexact=station.model)
    found = sorted(VariableTemplate.objects.filter(of_vendor, of_model), key=_weight)
    return {_key(each): (template.name, each) for template in found for each in template.values}


def _weight(template: VariableTemplate) -> tuple[bool, bool, str]:
    return template.model != "", template.vendor != "", template.name


def _key(names: dict[str, Any]) -> Key:
    """Names compare in any case (identifierString)."""
    return tuple(part.casefold() if isinstance(part, str) else part for part in (names[name] for name in NAMES))


def _same(value: str | None, wanted: str) -> bool:
    if value is None:
        return False
    if wanted.casefold() in ("true", "false"):
        return value.strip().casefold() == wanted.casefold()
    return value.strip() == wanted.strip()


# -- mending ------------------------------------------------------------------------------------


def align(batch: Batch, *, station: Station, by: Requester = SERVER) -> list[Command]:
    """Queue SetVariables for all that differs, as many in a call as the station takes."""
    found = [{**each.names, "attribute": "Actual", "value": each.wanted} for each in drift_of(station)]
    return [
        set_variables(batch, station_id=station.pk, variables=portion, by=by)
        for portion in portions(found, items_per_message(station.pk, "SetVariables"))
    ]


def differing(template: VariableTemplate) -> list[int]:
    """Keys of stations that a template is for and that differ from what they should be, no more than `MAX_ALIGNED`.

    A read, and a long one where there are many stations: not for the writer.
    """
    return [station.pk for station in islice(filter(drift_of, stations_of(template).iterator()), MAX_ALIGNED)]


def align_all(batch: Batch, *, station_ids: Collection[int], by: Requester = SERVER) -> tuple[int, int]:
    """The same for several stations; how many were asked, and how many could not be."""
    asked = refused = 0
    for station in list(Station.objects.filter(pk__in=station_ids).order_by("pk")):
        try:
            with batch.attempt():
                asked += bool(align(batch, station=station, by=by))
        except SmartServerError:  # too many commands wait for it
            refused += 1
    return asked, refused


def stations_of(template: VariableTemplate) -> QuerySet[Station]:
    """Of 2.x alone: 1.6 has no variables."""
    rows = Station.objects.filter(ocpp_version__in=OF_2).order_by("pk")
    if template.vendor:
        rows = rows.filter(vendor__iexact=template.vendor)
    return rows.filter(model__iexact=template.model) if template.model else rows


def names_of(drifts: Iterable[Drift]) -> list[dict[str, Any]]:
    """As rows of an answer."""
    return [{"template": each.template, **each.names, "wanted": each.wanted, "value": each.value} for each in drifts]
