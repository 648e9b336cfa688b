"""How long each kind is kept: read, and changed by administrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict
from smartserver.retention.kinds import Kind, kind_named, kinds
from smartserver.retention.models import Pruning, Rule

MAX_DAYS = 36_500

THE_ONE = 1
"""Primary key of the one row of `Pruning`."""


class Kept(NamedTuple):
    """A kind with what is decided about it. `days`: 0 for ever; `chosen`: what an administrator has entered."""

    kind: Kind
    days: int
    chosen: int | None
    rule: Rule


def all_kept() -> list[Kept]:
    rules = {rule.name: rule for rule in Rule.objects.all()}
    return [_kept(kind, rules.get(kind.name) or Rule(name=kind.name)) for kind in kinds()]


def kept(name: str) -> Kept:
    """Of one kind; `NotFound` when there is none of this name."""
    kind = kind_named(name)
    return _kept(kind, Rule.objects.filter(name=name).first() or Rule(name=name))


def _kept(kind: Kind, rule: Rule) -> Kept:
    return Kept(kind, kind.default if rule.days is None else rule.days, rule.days, rule)


def limit(days: int, now: datetime) -> datetime | None:
    """What is older may go; None: nothing may."""
    return now - timedelta(days=days) if days else None


def set_days(batch: Batch, *, name: str, days: int | None) -> None:
    """Keep rows of this kind for so many days; 0: for ever, None: as the settings of the server say."""
    kind = kind_named(name)
    pruning(lock=True)  # two changes at once could contradict each other
    wanted = kind.default if days is None else days
    if reason := misfit(kind, {**{each.kind.name: each.days for each in all_kept()}, name: wanted}):
        raise BadInput(reason, problems=[{"path": "days", "reason": reason}])
    Rule.objects.update_or_create(name=name, defaults={"days": days})


def misfit(kind: Kind, days: dict[str, int]) -> str | None:
    """Why a kind cannot be kept for so long beside the others; None when it can."""
    own = days[kind.name]
    if own and not kind.least <= own <= MAX_DAYS:
        return f"{kind.name} are kept for {kind.least} to {MAX_DAYS} days, or for ever (0)."
    for sums in (each for each in kinds() if each.outlives):
        if kind.name in (sums.name, sums.outlives) and _shorter(days[sums.name], days[sums.outlives]):
            return f"{sums.name} sum up {sums.outlives}, so they are kept at least as long."
    return None


def _shorter(one: int, other: int) -> bool:
    return one != 0 and (other == 0 or one < other)


def pruning(*, lock: bool = False) -> Pruning:
    """The one row; inside a unit it can be locked."""
    if not lock:
        return Pruning.objects.filter(pk=THE_ONE).first() or Pruning(pk=THE_ONE)
    Pruning.objects.get_or_create(pk=THE_ONE)
    return Pruning.objects.select_for_update().get(pk=THE_ONE)


def set_paused(batch: Batch, *, paused: bool) -> None:
    """Stop the run that is under way and begin no other; or begin again, at once."""
    row = pruning(lock=True)
    row.paused = paused
    if paused:
        row.holder, row.held_until, row.kind = "", None, ""
    else:
        row.next_at = None
    row.save()


def run_soon(batch: Batch) -> None:
    """Have the next run begin within a minute."""
    row = pruning(lock=True)
    if row.paused:
        raise Conflict("Nothing is deleted while this is paused.")
    row.next_at = None
    row.save()
