"""Moments that a server names, read as it wrote them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from stations.ocpp.errors import PROPERTY_VIOLATION, CallError


def parsed(text: str) -> datetime:
    """An RFC 3339 time; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CallError(PROPERTY_VIOLATION, f"{text[:40]} is no date and time.") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
