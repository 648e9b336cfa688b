"""All chargers of one process. (The smallest thing that has its interface, until the engine is merged.)"""

from __future__ import annotations

import threading

from bridge.client.options import Options
from bridge.client.status import Status
from bridge.client.traffic import Traffic


def run(options: Options, *, stop: threading.Event, traffic: Traffic | None = None) -> int:
    """The exit code."""
    if not options.once:
        stop.wait()
    return 0


def status() -> Status:
    return {"chargers": [], "traffic": {}}
