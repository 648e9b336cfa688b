"""Units of work run as the writer runs them, without its thread."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Unit, run_batch
from smartserver.core.events import Published


def run(*units: Unit[Any]) -> list[Any]:
    """Run units in one transaction; their values."""
    return run_published(*units)[0]


def run_published(*units: Unit[Any]) -> tuple[list[Any], Published]:
    """The same, with what is told after the commit."""
    published = Published()

    def publish(found: Published) -> None:
        published.rows.update(found.rows)
        published.events.extend(found.events)
        published.hints.extend(found.hints)

    outcomes = run_batch(units, publish, timer=lambda: 0.0)
    for _, error in outcomes:
        if error is not None:
            raise error
    return [value for value, _ in outcomes], published
