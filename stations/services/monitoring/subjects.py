"""Variables as columns."""

from __future__ import annotations

from typing import Any

from stations.ocpp.monitoring import Subject

LONGEST = 50
"""Characters of a name in the device model; a tolerated longer one is cut."""


def columns_of(subject: Subject) -> dict[str, Any]:
    """The columns of `OfVariable`."""
    return {name: part if isinstance(part, int) else part[:LONGEST] for name, part in subject._asdict().items()}
