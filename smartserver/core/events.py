"""Names of everything that is published to browsers, and what a commit publishes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TOPIC_STATIONS = "stations"
TOPIC_DEVICES = "devices"

DEVICE_UPDATED = "device.updated"
"""A device reported values. `{"message": "MMMM:SSSS:{json}"}`, as the plain browser protocol sends it."""

EVENTS = frozenset({DEVICE_UPDATED})


@dataclass(slots=True)
class Published:
    """What one committed batch has to tell: keys of changed rows by topic, and events in order."""

    rows: dict[str, set[int]] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.events)
