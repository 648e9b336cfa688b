"""What a station says before its first frame: identity, credentials, subprotocols. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from stations.ocpp import versions

MAX_IDENTITY = 255


def identity_of(raw_path: bytes, prefixes: Iterable[str]) -> str | None:
    """The identity in a request path, or None when there is none.

    Percent-encoded identities are decoded once, and only here, so that `CP%2F1` is the station
    `CP/1`. Doubled, leading and trailing slashes are forgiven, and so is an identity that the
    charger appended to an address which already ended with it. With the prefix `/` the identity may stand alone;
    how another prefix begins (`/ocpp`, whose identity was forgotten) is none.
    """
    prefixes = tuple(prefixes)
    path = re.sub(r"/{2,}", "/", "/" + raw_path.split(b"?")[0].decode("latin-1"))
    for prefix in prefixes:
        if not path.startswith(prefix):
            continue
        parts = [part for part in path[len(prefix) :].split("/") if part]
        if prefix == "/" and parts and any(other.startswith(f"/{parts[0]}/") for other in prefixes):
            continue
        if len(parts) == 1 or (len(parts) == 2 and parts[0] == parts[1]):
            return _decoded(parts[0])
    return None


def _decoded(part: str) -> str | None:
    try:
        identity = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return None
    if not identity.isprintable() or not 0 < len(identity) <= MAX_IDENTITY or identity.strip() != identity:
        return None
    return identity


class Spoken(NamedTuple):
    """What is spoken on a connection. Without `version` the socket opens only to be closed (OCPP-J 3.1.2)."""

    subprotocol: str | None
    version: str | None
    assumed: bool = False


def negotiate(offered: Iterable[str], default_version: str) -> Spoken:
    """The best common version; for a station that offers nothing, the default until its first frame tells."""
    names = [name for name in offered if name.strip()]
    if not names:
        return Spoken(None, default_version or None, assumed=True)
    chosen = versions.choose(names)
    return Spoken(chosen, versions.version_of(chosen)) if chosen else Spoken(None, None)
