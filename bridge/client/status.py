"""How the bridge is: what the supervisor knows, and /healthz, /status and /metrics show."""

from __future__ import annotations

from typing import TypedDict


class ChargerStatus(TypedDict):
    """One charger. Times are ISO 8601 in UTC, None where there was none yet.

    `is_alive`: all of its tasks run; a CMS or hardware that is away does not end them. `connections` has words for
    people by partner: `{"hardware": "connected", "events": "waiting 40 s", "cms": "away", "push": "off"}`;
    "connected" is the word for those that are.
    """

    name: str
    is_alive: bool
    connections: dict[str, str]
    spool_events: int
    spool_bytes: int
    dropped_events: int
    last_poll: str | None
    last_event: str | None


class Status(TypedDict):
    """The whole process. `traffic` is `{purpose: (bytes sent, bytes received)}`."""

    chargers: list[ChargerStatus]
    traffic: dict[str, tuple[int, int]]


CONNECTED = "connected"
