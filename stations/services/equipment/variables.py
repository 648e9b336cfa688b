"""Variables of the device model (2.x): asked for as a whole, set one by one, kept as the station tells them.

They compare in any case (identifierString). Values of secret ones are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from secrets import randbelow
from typing import Any

from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Command, Station, Variable
from stations.ocpp.told import VariablesTold, VariableTold
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.equipment.configuration_rules import is_password_variable, password_in
from stations.services.equipment.inventory import FULL
from stations.services.equipment.known_limits import items_per_message
from stations.services.equipment.network_passwords import is_accepted, keep_network_password, network_password_in
from stations.services.equipment.passwords import ACCEPTED, REBOOT_REQUIRED, keep_password
from stations.services.secrets import MASKED, is_secret_key
from stations.services.settled import Settled

_LARGEST_REQUEST = 2**31 - 1


def read_variables(batch: Batch, *, station_id: int, by: Requester = SERVER) -> Command:
    """Queue GetBaseReport: the station tells its whole inventory, in parts, each of which is kept as it comes."""
    _check_version(station_id)
    payload = {"requestId": randbelow(_LARGEST_REQUEST), "reportBase": FULL}
    return queue_command(batch, station_id=station_id, action="GetBaseReport", payload=payload, by=by)


def is_read(station_id: int) -> bool:
    """Whether the whole inventory is asked for already."""
    open_states = (Command.State.QUEUED, Command.State.SENT)
    waiting = Command.objects.filter(station_id=station_id, action="GetBaseReport", state__in=open_states)
    return any(payload["reportBase"] == FULL for payload in waiting.values_list("payload", flat=True))


def ask_for_variables(
    batch: Batch, *, station_id: int, variables: list[dict[str, Any]], by: Requester = SERVER
) -> list[Command]:
    """Queue GetVariables for the named ones, as many in a call as the station takes (B06)."""
    _check_version(station_id)
    wanted = [_named(each) for each in variables]
    return [
        queue_command(batch, station_id=station_id, action="GetVariables", payload={"getVariableData": portion}, by=by)
        for portion in portions(wanted, items_per_message(station_id, "GetVariables"))
    ]


def portions(found: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def set_variables(batch: Batch, *, station_id: int, variables: list[dict[str, Any]], by: Requester = SERVER) -> Command:
    """Queue one SetVariables. Each of `variables` has the fields of a `Variable` row and the new `value`."""
    _check_version(station_id)
    payload = {"setVariableData": [_written(each) for each in variables]}
    return queue_command(batch, station_id=station_id, action="SetVariables", payload=payload, by=by)


def _check_version(station_id: int) -> None:
    if version_of(Station.objects.get(pk=station_id)) not in ("2.0.1", "2.1"):
        raise Conflict("Only stations of OCPP 2.0.1 and 2.1 have variables; 1.6 has configuration keys.")


def _written(data: dict[str, Any]) -> dict[str, Any]:
    return _named(data) | {"attributeValue": data["value"]}


def _named(data: dict[str, Any]) -> dict[str, Any]:
    component: dict[str, Any] = {"name": data["component"]}
    if data["component_instance"]:
        component["instance"] = data["component_instance"]
    if data["evse"]:
        connector = {"connectorId": data["connector"]} if data["connector"] else {}
        component["evse"] = {"id": data["evse"], **connector}
    variable = {"name": data["variable"]}
    if data["variable_instance"]:
        variable["instance"] = data["variable_instance"]
    # "Actual" is what it means when nothing is said, and some stations know no better.
    attribute = {} if data["attribute"] == "Actual" else {"attributeType": data["attribute"]}
    return {"component": component, "variable": variable, **attribute}


def keep_variables(batch: Batch, settled: Settled, fact: VariablesTold) -> None:
    """What was accepted is the value now. What needs a reboot is not, until the station tells it."""
    for told in fact.variables:
        if told.status == ACCEPTED:
            _keep(settled, told)
    if (password := password_in(settled.action, settled.request)) is not None:
        keep_password(settled.station_id, password, _answer_to_password(fact))
    if (password := network_password_in(settled.station_id, settled.action, settled.request)) is not None:
        keep_network_password(settled.station_id, password, accepted=is_accepted(fact))
    if any(told.status == REBOOT_REQUIRED for told in fact.variables):
        Station.objects.filter(pk=settled.station_id).update(configured_at=None)  # the next boot has them read again
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _answer_to_password(fact: VariablesTold) -> str:
    """The last one counts, as of the values; what the station did not say it did not do."""
    statuses = [told.status for told in fact.variables if is_password_variable(told.component, told.variable)]
    return statuses[-1] if statuses else ""


def _keep(settled: Settled, told: VariableTold) -> None:
    value = MASKED if told.value and is_secret_key(told.variable) else told.value
    named = Q(evse=told.evse, connector=told.connector)
    for field in ("component", "component_instance", "variable", "variable_instance", "attribute"):
        named &= Q(**{f"{field}__iexact": getattr(told, field)})
    rows = Variable.objects.filter(named, station_id=settled.station_id)
    if rows.update(value=value, reported_at=settled.at):
        return
    Variable.objects.create(
        station_id=settled.station_id,
        component=told.component[:50],
        component_instance=told.component_instance[:50],
        evse=told.evse,
        connector=told.connector,
        variable=told.variable[:50],
        variable_instance=told.variable_instance[:50],
        attribute=told.attribute,
        value=value,
        mutability="ReadWrite",
        reported_at=settled.at,
    )
