"""What a supervisor might say, for tests of those who show it."""

from __future__ import annotations

from typing import Any

from bridge.client.status import ChargerStatus


def charger(name: str = "EC-1", **values: Any) -> ChargerStatus:
    usual: ChargerStatus = {
        "name": name,
        "is_alive": True,
        "connections": {"cms": "connected", "events": "waiting 40 s"},
        "spool_events": 3,
        "spool_bytes": 900,
        "dropped_events": 1,
        "last_poll": "2026-01-31T12:00:00Z",
        "last_event": None,
    }
    return usual | values  # type: ignore[return-value]
