"""Where requests may go: addresses as others name them, and the machines behind their names. Pure.

A subscription, or a certificate, makes the server send requests to where somebody else wants. So that nobody reaches
through it what only the server can reach (its own loopback, the neighbours in its network, a cloud's
metadata service), a name is resolved first, the address is judged here, and the connection goes to that very address.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from smartserver.core.errors import BadInput

Address: TypeAlias = IPv4Address | IPv6Address

MAX_URL = 1000
DEFAULT_PORTS = {"https": 443, "http": 80}

_NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that a translator turns into the IPv4 address in their last 32 bits (RFC 6052)."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart. `host` without brackets and in ASCII; `path` with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def literal(self) -> Address | None:
        """The host, when it is no name but an IP address."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def loopback(self) -> bool:
        literal = self.literal
        return self.host == "localhost" if literal is None else literal.is_loopback


def parse(url: str) -> Target:
    """Take an address apart; `BadInput` says what is wrong with it."""
    if len(url) > MAX_URL:
        raise BadInput(f"The address is longer than {MAX_URL} characters.")
    if any(char <= " " or char == "\x7f" for char in url):
        raise BadInput("The address holds spaces or control characters.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        path = (parts.path or "/").encode("ascii").decode() + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except ValueError:  # UnicodeError is one
        raise BadInput("The address cannot be read; characters other than ASCII have to be percent-encoded.") from None
    if parts.scheme not in DEFAULT_PORTS or not host or port == 0:
        raise BadInput("The address has to be https://host/….")
    if "@" in parts.netloc:
        raise BadInput("The address must not hold a user name or password; verify the signature instead.")
    if parts.fragment:
        raise BadInput("The address must not have a fragment (#).")
    return Target(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port, path)


def check(url: str, *, allow_plain: bool, allow_private: bool) -> Target:
    """An address that somebody enters: `BadInput` for one that could never be posted to."""
    target = parse(url)
    if target.scheme == "http" and not (allow_plain or target.loopback):
        raise BadInput("Without TLS (http) only this machine itself can be addressed.")
    literal = target.literal
    if not allow_private and (target.loopback or (literal is not None and not is_public(literal))):
        raise BadInput("This address is in a private network (see WEBHOOK_ALLOW_PRIVATE).")
    return target


def is_public(address: Address) -> bool:
    """Whether anybody in the internet can reach this address, so that nothing is given away by posting to it."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    site_local = isinstance(address, IPv6Address) and address.is_site_local  # deprecated, but routers still know it
    return address.is_global and not (address.is_multicast or address.is_reserved or site_local)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
