"""Signatures of webhooks, by the Standard Webhooks scheme. Pure.

What is signed is `<Webhook-Id>.<Webhook-Timestamp>.<body>`, with HMAC-SHA256 and the key that the
secret `whsec_<base64>` holds. `Webhook-Signature` is one or more `v1,<base64>` with spaces between
them: while a secret is being replaced, one for the new and one for the old.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
VERSION = "v1"
KEY_BYTES = 32

TOLERANCE = 300
"""Seconds by which the time of a message may differ from the receiver's, so that an old one cannot be played again."""


class BadSignature(Exception):
    """This message does not come from who has the secret, or it is not fresh."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def sign(keys: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `Webhook-Signature`: one signature for each secret. `timestamp` in seconds since 1970."""
    return " ".join(f"{VERSION},{_signature(key, message_id, timestamp, body)}" for key in keys)


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: float, tolerance: int = TOLERANCE) -> None:
    """What a receiver does: raise `BadSignature` unless the message is genuine and fresh.

    `headers` in any case; `body` exactly as it came; `now` in seconds since 1970.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        timestamp = int(stamp)
    except (KeyError, ValueError):
        raise BadSignature("A header of the signature is missing or unreadable.") from None
    if abs(now - timestamp) > tolerance:
        raise BadSignature("The message is too old, or the clocks differ.")
    expected = f"{VERSION},{_signature(secret, message_id, timestamp, body)}".encode()
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures.split()):
        raise BadSignature("No signature fits.")


def _signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("A secret is whsec_ and base64.") from None
