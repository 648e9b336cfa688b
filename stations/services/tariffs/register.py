"""Tariffs as operators enter them, and whose they are."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from stations.models import IdTokenGroup, Station, Tariff, TariffAssignment
from stations.services.commands import Requester, queue_command
from stations.services.smart_charging.profile_rules import refuse
from stations.services.tariffs.rules import check_tariff

Body = dict[str, Any]
"""A TariffType."""


def add_tariff(batch: Batch, *, body: Body, note: str = "") -> Tariff:
    """Errors: InvalidPayload; Conflict, when there is a tariff of this tariffId."""
    check_tariff(body)
    if Tariff.objects.filter(tariff_id=body["tariffId"]).exists():
        raise Conflict("There is a tariff of this tariffId.")
    return Tariff.objects.create(
        tariff_id=body["tariffId"],
        currency=body["currency"],
        body=body,
        note=note,
        created_at=batch.now,
        changed_at=batch.now,
    )


def change_tariff(batch: Batch, *, tariff_id: int, body: Body | None = None, note: str | None = None) -> Tariff:
    """Sessions that have begun keep the tariff as it was, and stations theirs until it is sent to them again."""
    tariff = _locked(tariff_id)
    if body is not None:
        check_tariff(body)
        if Tariff.objects.filter(tariff_id=body["tariffId"]).exclude(pk=tariff.pk).exists():
            raise Conflict("There is another tariff of this tariffId.")
        tariff.tariff_id, tariff.currency, tariff.body = body["tariffId"], body["currency"], body
    tariff.note = tariff.note if note is None else note
    tariff.changed_at = batch.now
    tariff.save()
    return tariff


def remove_tariff(batch: Batch, *, tariff_id: int) -> None:
    """Costs of sessions keep their copy of it."""
    tariff = _locked(tariff_id)
    if tariff.assignments.exists():
        raise Conflict("This tariff is somebody's; take it away from them first.")
    tariff.delete()


def assign_tariff(
    batch: Batch, *, tariff_id: int, group: str | None = None, station: str | None = None, evse: int = 0
) -> TariffAssignment:
    """Make it that of a group, of a station or one of its EVSEs, or of everybody. It takes the place of another."""
    tariff = _locked(tariff_id)
    if group is not None and station is not None:
        refuse([("station", "A tariff is a group's or a station's.")])
    if evse and station is None:
        refuse([("evse", "Which station?")])
    row, _ = TariffAssignment.objects.update_or_create(
        group=_one(IdTokenGroup, "group", "name", group),
        station=_one(Station, "station", "identity", station),
        evse=evse,
        defaults={"tariff": tariff},
    )
    return row


def unassign_tariff(batch: Batch, *, assignment_id: int) -> None:
    if not TariffAssignment.objects.filter(pk=assignment_id).delete()[0]:
        raise NotFound("There is no such assignment.")


def send_tariff(batch: Batch, *, tariff_id: int, station_id: int, evse: int, by: Requester) -> Any:
    """Make it the default tariff of a 2.1 station, or of one of its EVSEs (SetDefaultTariff, I07); the command."""
    tariff = _locked(tariff_id)
    payload = {"evseId": evse, "tariff": tariff.body}
    return queue_command(batch, station_id=station_id, action="SetDefaultTariff", payload=payload, by=by)


def _locked(tariff_id: int) -> Tariff:
    tariff = Tariff.objects.select_for_update().filter(pk=tariff_id).first()
    if tariff is None:
        raise NotFound("There is no such tariff.")
    return tariff


def _one(model: Any, field: str, name: str, value: str | None) -> Any:
    if value is None:
        return None
    row = model.objects.filter(**{name: value}).first()
    if row is None:
        refuse([(field, f"There is no such {field}.")])
    return row
