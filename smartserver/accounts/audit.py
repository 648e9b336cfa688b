"""The audit log: one row for each change that somebody asked for, written with the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from smartserver.accounts.models import AuditEntry
from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat

DONE = "done"

SECRET = frozenset({"password", "secret", "token", "signature", "private_key", "authorization"})
MASK = "•••"

MAX_TEXT = 200
MAX_ITEMS = 50
MAX_DEPTH = 6


class Author(NamedTuple):
    """Who asks, and from where."""

    user_id: int | None
    name: str
    role: str
    token: str
    address: str


def record(
    batch: Batch, *, author: Author, action: str, target: str, summary: Mapping[str, Any], outcome: str = DONE
) -> None:
    AuditEntry.objects.create(
        at=batch.now,
        user_id=author.user_id,
        actor=author.name[:150],
        role=author.role,
        token=author.token[:120],
        address=author.address[:64],
        action=action[:64],
        target=target[:300],
        summary=summarise(summary),
        outcome=outcome[:32],
    )


def summarise(value: Any, depth: int = 0) -> Any:
    """A request as it may be kept: secrets masked, long texts and lists cut, everything plain JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return isoformat(value)
    if isinstance(value, date | str):
        text = str(value)
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key): MASK if str(key).lower() in SECRET and each else summarise(each, depth + 1)
            for key, each in list(value.items())[:MAX_ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [summarise(each, depth + 1) for each in list(value)[:MAX_ITEMS]]
    return summarise(str(value), depth)
