"""One-time, expiring addresses at which stations fetch and deliver files.

The secret part of an address is 192 random bits. The database keeps only its hash, so that who reads the database,
a log or a backup cannot use it; it is found by that hash, so nothing is compared bit by bit. When a job
ends for good, its address is closed: it expires at that moment.

Where a station is to show who it is, half of the secret is a password (`https://station:password@…`, 2.1 N01): so what
stands in the logs of proxies on the way is not enough.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from django.conf import settings

from smartserver.core.errors import NotFound, SmartServerError
from stations.models import FileJob

PREFIX = "/files/"
FIRMWARE = "firmware"
UPLOADS = "uploads"
GUARDED = "guarded"
"""Uploads with user and password."""

USER = "station"

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)

Kind = FileJob.Kind

_UPLOADED = (Kind.DIAGNOSTICS, Kind.LOG)

KINDS = {
    FIRMWARE: (Kind.FIRMWARE, Kind.SIGNED_FIRMWARE, Kind.PUBLICATION),
    UPLOADS: _UPLOADED,
    GUARDED: _UPLOADED,
}
"""Which jobs have addresses in which folder."""

MAX_NAME = 64
"""Characters of a file name in an address; 1.6 and 2.x allow 512 for the whole."""


class Gone(SmartServerError):
    """The address was valid once."""

    code = "gone"
    status = 410


class Address(NamedTuple):
    """`hash` is what is kept, `url` what the station is told."""

    hash: str
    url: str


def make_address(folder: str, name: str = "") -> Address:
    """A new address. `name` is put behind it for stations that take a file's name or kind from it."""
    token = secrets.token_urlsafe(24)
    shown = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[-MAX_NAME:]
    url = f"{public_url()}{PREFIX}{folder}/{token}" + (f"/{quote(shown)}" if shown else "")
    return Address(hash_of(token), url)


def make_guarded_address() -> Address:
    """A new address of an upload that takes user and password; its token is what stands in it and the password."""
    place, password = secrets.token_urlsafe(15), secrets.token_urlsafe(24)
    scheme, _, rest = f"{public_url()}{PREFIX}{GUARDED}/{place}".partition("://")
    return Address(hash_of(place + password), f"{scheme}://{USER}:{password}@{rest}")


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def public_url() -> str:
    """How stations reach this server over HTTP, without a slash at the end."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    name = public_name()
    if name is None:
        return str(settings.SERVED_AT)
    return f"{'https' if settings.HTTPS else 'http'}://{name}"


def public_name() -> str | None:
    """The first of ALLOWED_HOSTS that names one host, and not this machine to itself."""
    for host in settings.ALLOWED_HOSTS:
        if host not in ("localhost", "127.0.0.1", "[::1]") and not host.startswith((".", "*")):
            return str(host)
    return None


def job_at(folder: str, token: str, now: datetime) -> FileJob:
    """The job whose address this is; `NotFound`, or `Gone` when it has expired."""
    job = None
    if TOKEN.fullmatch(token):
        known = FileJob.objects.select_related("firmware")
        job = known.filter(token_hash=hash_of(token), kind__in=KINDS[folder]).first()
    if job is None:
        raise NotFound("There is no such address.")
    if job.address_expires_at is None or job.address_expires_at <= now:
        raise Gone("This address is no longer valid.")
    return job
