"""How a station makes a secure connection: whom it believes, and what it shows (whitepaper, profiles 2 and 3)."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
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

    def context(self, keys: StationKeys | None = None, roots: Sequence[str] = ()) -> ssl.SSLContext:
        """A certificate that the server had signed goes before `cert`; `roots` that it installed are believed, too.

        Stations without either share a context."""
        certified = keys is not None and keys.certified
        if not certified and not roots:
            return _shared(self)
        context = _bare(self)
        if roots:
            context.load_verify_locations(cadata="\n".join(roots))
        if keys is not None and certified:
            keys.load_into(context)
        elif self.cert:
            context.load_cert_chain(self.cert, self.key or None)
        return context


_LACKS_VERSION = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "VERSION_TOO_LOW", "WRONG_SSL_VERSION")
_LACKS_CIPHER = ("NO_CIPHERS_AVAILABLE", "NO_SHARED_CIPHER", "HANDSHAKE_FAILURE")


def distrusted(error: BaseException) -> str | None:
    """The security event of a connection that was not made; None: TLS was not to blame."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "InvalidCentralSystemCertificate"
    if not isinstance(error, ssl.SSLError):
        return None
    reason = getattr(error, "reason", "") or ""
    if any(each in reason for each in _LACKS_VERSION):
        return "InvalidTLSVersion"
    return "InvalidTLSCipherSuite" if any(each in reason for each in _LACKS_CIPHER) else None


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
