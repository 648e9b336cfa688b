"""In whose name, and when, a charger's report changes what is known of its station."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from bridge.cms.language import NAME
from stations.services.context import Context, Policy


def context_of(station_id: int, action: str, now: datetime) -> Context:
    policy = Policy(settings.OCPP_ACCEPT_UNKNOWN_TOKENS, settings.OCPP_HEARTBEAT_INTERVAL)
    return Context(station_id, NAME, now, action, policy)
