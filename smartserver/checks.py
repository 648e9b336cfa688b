"""System checks that refuse combinations of settings which would lose messages or open doors."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from smartserver.api.throttles import parse_rate
from smartserver.retention.kinds import kinds
from smartserver.retention.rules import misfit


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
        "FRAME_LOG_BYTES": 65_536,
        "FRAME_LOG_FILES": 0,
        "API_MAX_WAIT": 0,
        "API_MAX_WAITERS": 0,
        "API_MAX_BODY": 65_536,
        "FIRMWARE_MAX_BYTES": 1,
        "UPLOAD_MAX_BYTES": 1,
        "TRANSFER_SECONDS": 1,
        "TRANSFER_IDLE_SECONDS": 1,
        "MAX_TRANSFERS": 1,
        "FILE_ADDRESS_LIFETIME": 60,
        "FILE_JOB_TIMEOUT": 60,
        "CERTIFICATE_DAYS": 1,
        "CERTIFICATE_RENEW_DAYS": 0,
        "CONTRACT_PROVIDER_TIMEOUT": 1,
        "OCSP_TIMEOUT": 1,
        "COMMAND_LIFETIME": 1,
        "GHOST_AFTER": 0,
    }
    for name, least in minimum.items():
        if getattr(settings, name) < least:
            found.append(Error(f"{name} is below {least}.", id="smartserver.E002"))
    if settings.HEARTBEAT_CHECK is not None and settings.HEARTBEAT_CHECK < 1.0:
        found.append(Error("HEARTBEAT_INT_MS is below 1000.", id="smartserver.E002"))
    for name in ("API_RATE", "API_COMMAND_RATE"):
        try:
            parse_rate(getattr(settings, name))
        except ValueError as error:
            found.append(Error(f"{name}: {error}", id="smartserver.E005"))
    if settings.OCPP_DEFAULT_VERSION not in ("", "1.6", "2.0.1", "2.1"):
        found.append(Error("OCPP_DEFAULT_VERSION is none of 1.6, 2.0.1, 2.1.", id="smartserver.E003"))
    if not all(path.startswith("/") and path.endswith("/") for path in settings.OCPP_PATHS):
        found.append(Error("OCPP_PATHS have to begin and end with a slash.", id="smartserver.E004"))
    return found


@register()
def retention_makes_sense(**_: Any) -> list[CheckMessage]:
    """Nothing is deleted that is still needed, and sums are kept at least as long as what they sum up."""
    days = {kind.name: kind.default for kind in kinds()}
    found = {kind: misfit(kind, days) for kind in kinds()}
    return [Error(f"{kind.setting}: {text}", id="smartserver.E006") for kind, text in found.items() if text]


@register()
def certificates_can_be_signed(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.CERTIFICATE_APPROVAL not in ("auto", "manual"):
        found.append(Error("CERTIFICATE_APPROVAL is neither auto nor manual.", id="smartserver.E010"))
    if bool(settings.CA_CERTIFICATE_FILE) != bool(settings.CA_KEY_FILE):
        found.append(Error("CA_CERTIFICATE_FILE and CA_KEY_FILE belong together.", id="smartserver.E011"))
    if bool(settings.V2G_CERTIFICATE_FILE) != bool(settings.V2G_KEY_FILE):
        found.append(Error("V2G_CERTIFICATE_FILE and V2G_KEY_FILE belong together.", id="smartserver.E011"))
    return found


@register()
def public_address_is_one(**_: Any) -> list[CheckMessage]:
    """`http(s)://host[:port][/path]`, short enough for the 512 characters that OCPP allows for an address."""
    address = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
    if settings.PUBLIC_URL and (len(settings.PUBLIC_URL) > 300 or not address.fullmatch(settings.PUBLIC_URL)):
        return [Error("PUBLIC_URL is no address like https://charging.example.org.", id="smartserver.E012")]
    return []


@register(Tags.security, deploy=True)
def stations_can_reach_files(**_: Any) -> list[CheckMessage]:
    """Firmware and uploads need an address under which stations find this server."""
    names = [host for host in settings.ALLOWED_HOSTS if host not in ("localhost", "127.0.0.1", "[::1]")]
    if settings.OPEN or settings.PUBLIC_URL or any(not name.startswith((".", "*")) for name in names):
        return []
    return [
        Warning(
            "Stations are told to fetch firmware and deliver logs at a loopback address.",
            hint="Set PUBLIC_URL to the address under which stations reach this server.",
            id="smartserver.W010",
        )
    ]
