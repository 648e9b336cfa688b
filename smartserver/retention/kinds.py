"""What is deleted when its time is over. Each app registers its own kinds when Django starts.

A kind is never asked for "all old rows": it is walked through by primary key, some hundred rows at a time
(`smartserver.retention.pruning`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.errors import NotFound
from smartserver.core.history import Series

Old = Callable[[datetime], "QuerySet[Any]"]
Remove = Callable[[Batch, list[int]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one table that may go when they are old.

    `moment` is a column that grows with the primary key, more or less: the walk ends where nothing is older. `old(t)`
    are the rows that may go when everything from before `t` may: what still runs or stands is none of them.
    """

    name: str
    setting: str
    """Name of the setting with the days for which they are kept, unless an administrator decides otherwise. 0: ever."""
    model: type[models.Model]
    moment: str
    old: Old
    remove: Remove | None = None
    """What takes the place of a plain deletion of the rows with these keys."""
    least: int = 1
    """Fewer days than this would take away what the server itself needs."""
    outlives: str = ""
    """Name of the kind that this one sums up: it has to be kept at least as long as that."""

    @property
    def default(self) -> int:
        """In days; 0: for ever."""
        days: int = getattr(settings, self.setting)
        return days

    def take(self, batch: Batch, keys: list[int]) -> None:
        if self.remove is not None:
            self.remove(batch, keys)
        else:
            self.model._default_manager.filter(pk__in=keys).delete()


_kinds: dict[str, Kind] = {}


def register(*found: Kind) -> None:
    _kinds.update({kind.name: kind for kind in found})


def kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())


def kind_named(name: str) -> Kind:
    if name not in _kinds:
        raise NotFound("Nothing of this name is kept.")
    return _kinds[name]


def before(moment: str, rows: Callable[[], QuerySet[Any]]) -> Old:
    """Rows whose `moment` is past; nothing else stands in the way."""
    return lambda time: rows().filter(**{f"{moment}__lt": time})


def summed_up(series: Series) -> Old:
    """Measurements that are in the sums of their hours already. Hours are summed up in order: a later one will do."""
    of_owner = {series.owner: OuterRef(series.owner), "hour__gt": OuterRef("received_at") - timedelta(hours=1)}

    def old(time: datetime) -> QuerySet[Any]:
        hours = series.hours._default_manager.filter(**of_owner)
        return series.source._default_manager.filter(Exists(hours), received_at__lt=time)

    return old
