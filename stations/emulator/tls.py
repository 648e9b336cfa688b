"""How a station makes a secure connection: whom it believes, and what it shows (whitepaper, profiles 2 and 3)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache

from stations.emulator.keys import StationKeys


@dataclass(frozen=True, slots=True)
class Tls:
    ca_file: str = ""
    insecure: bool = False
    cert: str = ""
    """A client certificate, with its chain; in PEM."""
    key: str = ""

    def context(self, keys: StationKeys | None = None) -> ssl.SSLContext:
        """With a certificate that the server signed, the station shows that one; without, all share a context."""
        if keys is None or not keys.certified:
            return _shared(self)
        context = _bare(self)
        keys.load_into(context)
        return context


@cache
def _shared(tls: Tls) -> ssl.SSLContext:
    context = _bare(tls)
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    return context


def _bare(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
