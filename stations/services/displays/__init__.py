"""Messages on the displays of stations: kept as stations confirm and report them (2.x block O)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import displays as told
from stations.services.displays.messages import held_by, keep_cleared, keep_set, take_report
from stations.services.settled import Settled

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    told.DisplayMessageSet: keep_set,
    told.DisplayMessageCleared: keep_cleared,
}

__all__ = ["TOLD", "held_by", "keep_cleared", "keep_set", "take_report"]
