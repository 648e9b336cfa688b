"""QR codes on the displays of stations, which lead to the web page on which people pay (2.1 use case C25)."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, Forbidden, NotFound
from stations.models import Command, Station, WebPaymentCode
from stations.ocpp.web_payments import VERSIONS, NotReadable, Scanned, missing, read
from stations.services.commands import Requester, queue_command, version_of
from stations.services.sessions import limits
from stations.services.smart_charging.profile_rules import refuse
from stations.services.tariffs.web_payments import recipe_of

COMPONENT = "WebPaymentsCtrlr"

TOLD = timedelta(minutes=5)
"""A station that is not there does not have to hear later that somebody was paying."""


# -- codes at stations --------------------------------------------------------------------------


def send_code(
    batch: Batch, *, station_id: int, url_template: str, validity_seconds: int, length: int, by: Requester
) -> Command:
    """Have a 2.1 station show codes that lead to this address, with a new secret; the command (SetVariables)."""
    station = _station(station_id)
    if lacking := missing(url_template):
        refuse([("url_template", f"{{{name}}} is missing.") for name in lacking])
    row, _ = WebPaymentCode.objects.update_or_create(
        station=station,
        defaults={
            "url_template": url_template,
            "validity_seconds": validity_seconds,
            "length": length,
            "version": VERSIONS[0],
            "number": token_hex(16),
            "confirmed_at": None,
        },
    )
    values = {
        "URLTemplate": url_template,
        "TOTPVersion": row.version,
        "ValidityTime": str(validity_seconds),
        "Length": str(length),
        "SharedSecret": recipe_of(row).secret,
        "Enabled": "true",
    }
    row.command = _set(batch, station_id, values, by)
    row.save(update_fields=["command"])
    return row.command


def withdraw_code(batch: Batch, *, station_id: int, by: Requester) -> Command:
    """Have a station show no code any more; those that it still shows are worth nothing from now on."""
    _station(station_id)
    if not WebPaymentCode.objects.filter(station_id=station_id).delete()[0]:
        raise NotFound("This station has no code.")
    return _set(batch, station_id, {"Enabled": "false"}, by)


def _station(station_id: int) -> Station:
    station = Station.objects.select_for_update().filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    if (version := version_of(station)) not in limits.VERSIONS:
        raise Conflict(f"Only OCPP 2.1 has codes for payments; this station speaks {version}.")
    return station


def _set(batch: Batch, station_id: int, values: dict[str, str], by: Requester) -> Command:
    data = [
        {"component": {"name": COMPONENT}, "variable": {"name": name}, "attributeValue": value}
        for name, value in values.items()
    ]
    return queue_command(batch, station_id=station_id, action="SetVariables", payload={"setVariableData": data}, by=by)


# -- drivers ------------------------------------------------------------------------------------


def scan(batch: Batch, *, url: str, timeout: int, by: Requester) -> tuple[WebPaymentCode, Scanned]:
    """A driver has opened the address of a code: whether it is one of ours, and is shown just now (C25.FR.07 to .09).

    The station hears that somebody pays (C25.FR.21). Errors: BadInput for an address that is none of ours, Forbidden
    for a one-time password that is wrong or whose time is over.
    """
    row, scanned = _found(url)
    if scanned.version != row.version or not recipe_of(row).proves(scanned.password, batch.now):
        raise Forbidden("This code is not valid any more.")
    payload: dict[str, Any] = {"evseId": scanned.evse, "timeout": timeout}
    queue_command(
        batch, station_id=row.station_id, action="NotifyWebPaymentStarted", payload=payload, by=by, lifetime=TOLD
    )
    return row, scanned


def _found(url: str) -> tuple[WebPaymentCode, Scanned]:
    rows = WebPaymentCode.objects.filter(confirmed_at__isnull=False).select_related("station")
    why = "This is no address of a payment."
    for template in rows.values_list("url_template", flat=True).distinct():
        try:
            scanned = read(template, url)
        except NotReadable as error:
            why = str(error)
            continue
        row = rows.filter(url_template=template, station__identity=scanned.station).first()
        if row is not None:
            return row, scanned
    raise BadInput(why)
