"""How a command ended, for the use-cases that follow from it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from stations.models import Command
from stations.ocpp.frames import Payload


class Settled(NamedTuple):
    """`reply`: the valid CALLRESULT, or None. `version`: in which it was, or would have been, sent."""

    station_id: int
    version: str
    command: Command
    action: str
    request: Payload
    reply: Payload | None
    at: datetime
