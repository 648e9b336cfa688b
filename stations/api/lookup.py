"""Rows by what an address says."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from smartserver.core.errors import NotFound
from stations.models import Station
from stations.services.commands import Requester

M = TypeVar("M", bound=Model)


def station_named(identity: str) -> Station:
    station = Station.objects.filter(identity=identity).first()
    if station is None:
        raise NotFound("There is no such station.")
    return station


def one(rows: QuerySet[M], what: str, **conditions: Any) -> M:
    """The row, or `NotFound`: “There is no such …”."""
    found = rows.filter(**conditions).first()
    if found is None:
        raise NotFound(f"There is no such {what}.")
    return found


def requester(request: Request) -> Requester:
    return Requester(request.user.get_username(), request.user.pk)
