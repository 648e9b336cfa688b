"""System checks that refuse combinations of settings which would lose messages or open doors."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.database)
def redis_needs_a_shared_database(**_: Any) -> list[CheckMessage]:
    """Several processes tell each other of rows that all of them have to be able to read."""
    if settings.REDIS_URL and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return [
            Error(
                "REDIS_URL is set, but the database is SQLite.",
                hint="SQLite serves one server process. Set DATABASE_URL to PostgreSQL, or remove REDIS_URL.",
                id="smartserver.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def open_server_is_for_development(**_: Any) -> list[CheckMessage]:
    if settings.OPEN:
        return [
            Warning(
                "SMARTSERVER_OPEN lets every station, device and visitor in.",
                hint="Unset it on a server that others can reach.",
                id="smartserver.W001",
            )
        ]
    return []


@register()
def limits_make_sense(**_: Any) -> list[CheckMessage]:
    """Limits that would stop the server from doing anything."""
    found: list[CheckMessage] = []
    minimum = {
        "MAX_FRAME_BYTES": 65_536,
        "OCPP_HEARTBEAT_INTERVAL": 1,
        "OCPP_CALL_TIMEOUT": 1,
        "STALE_AFTER": 1,
        "WRITER_MAX_UNITS": 1,
        "WRITER_QUEUE": 1,
        "BROWSER_OUTBOX": 10,
    }
    for name, least in minimum.items():
        if getattr(settings, name) < least:
            found.append(Error(f"{name} is below {least}.", id="smartserver.E002"))
    if settings.OCPP_DEFAULT_VERSION not in ("", "1.6", "2.0.1", "2.1"):
        found.append(Error("OCPP_DEFAULT_VERSION is none of 1.6, 2.0.1, 2.1.", id="smartserver.E003"))
    if not all(path.startswith("/") and path.endswith("/") for path in settings.OCPP_PATHS):
        found.append(Error("OCPP_PATHS have to begin and end with a slash.", id="smartserver.E004"))
    return found
