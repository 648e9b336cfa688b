"""What a station wants done outside of its conversation: the client does it, and hands back how it went. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Drop the connection and come back after so many seconds of the station."""

    after: float


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch a file; then `model.downloaded(job, content or None, now)`."""

    job: int
    url: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Send a file; then `model.uploaded(job, delivery, now)`."""

    job: int
    url: str
    name: str
    body: bytes


class Delivery(Enum):
    """How an upload ended."""

    ARRIVED = "arrived"
    FAILED = "failed"
    DENIED = "denied"
    """Without the right user and password."""
    MISUNDERSTOOD = "misunderstood"
    """The other side finds fault with the request."""
    UNSUPPORTED = "unsupported"
    """It cannot be done in this way, so there is no use in another attempt."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Have others fetch a file; then `model.published(checksum, locations, now)`. `checksum`: its MD5."""

    checksum: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Have nobody fetch it any more."""

    checksum: str


Effect = Reconnect | Download | Upload | Publish | Withdraw
