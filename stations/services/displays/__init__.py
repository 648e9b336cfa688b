"""Messages on the displays of stations: kept as stations confirm and report them (2.x block O)."""

from __future__ import annotations

from stations.ocpp import displays as told
from stations.services.displays.messages import held_by, keep_cleared, keep_set, take_report

TOLD = {
    told.DisplayMessageSet: keep_set,
    told.DisplayMessageCleared: keep_cleared,
}

__all__ = ["TOLD", "held_by", "keep_cleared", "keep_set", "take_report"]
