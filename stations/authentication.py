"""Whether a connection is the station's that it says it is."""

from __future__ import annotations

import asyncio

from django.conf import settings

from smartserver.core import metrics
from smartserver.core.credentials import key_matches, parse_basic
from smartserver.core.sockets import Refused
from stations.services.equipment.connections import Candidate
from stations.services.equipment.network_rules import TLS

CHALLENGE = (b"www-authenticate", b'Basic realm="OCPP"')


def require_encryption(scheme: str, forwarded: bytes, station: Candidate) -> None:
    """A station that was raised to TLS does not come back without it (2.x A05): `Refused`.

    Only a server behind TLS (SMARTSERVER_HTTPS) knows which connections are encrypted.
    """
    raised = settings.HTTPS and (station.security_profile or 0) >= TLS
    if raised and scheme not in ("wss", "https") and forwarded != b"https":
        metrics.REFUSED.labels("unencrypted").inc()
        raise Refused(403, f"This station has security profile {station.security_profile}: it needs TLS.")


async def authenticate(header: bytes, station: Candidate) -> bool:
    """Basic auth, user = identity (OCPP-J 1.6 section 6.2, 2.0.1 security profile 1); `Refused` without it.

    A station that has a password always needs it; one that has none gets in on an open server only. While it changes
    its password either is right; True when it is the next one.
    """
    if not station.password_hash and settings.OPEN:
        return False
    credentials = parse_basic(header)
    if credentials is not None and credentials.user == station.identity and station.password_hash:
        for hashed in filter(None, (station.password_hash, station.next_password_hash)):
            # scrypt takes a few milliseconds, in which other sockets go on.
            if await asyncio.to_thread(key_matches, credentials.spellings(), hashed):
                return hashed == station.next_password_hash
    metrics.REFUSED.labels("credentials").inc()
    raise Refused(401, "Wrong or missing credentials.", [CHALLENGE])
