"""API tokens: made, recognised, revoked."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from smartserver.accounts.models import ApiToken
from smartserver.accounts.roles import Role, role_named, role_of
from smartserver.core import change, clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, Forbidden, NotFound, SmartServerError

logger = logging.getLogger(__name__)

PREFIX = "sst_"
"""Lets people, and programs that search for leaked secrets, recognise such a token."""

NOTED_EVERY = timedelta(minutes=1)
MAX_TOKENS = 50


def create_token(
    batch: Batch, *, user: Any, name: str, role: Role, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of a user, and its text, which is not kept."""
    own = role_of(user)
    if own is None or role > own:
        raise Forbidden("A token cannot do more than its owner.")
    if expires_at is not None and expires_at <= batch.now:
        raise BadInput("This token would have expired already.", problems=[{"path": "expires_at", "reason": "past"}])
    mine = ApiToken.objects.filter(user=user)
    if mine.filter(name=name).exists():
        raise Conflict("You have a token of this name.")
    if mine.count() >= MAX_TOKENS:
        raise Conflict(f"Nobody has more than {MAX_TOKENS} tokens; revoke one first.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        role=role.title,
        beginning=text[:10],
        token_hash=_hash(text),
        created_at=batch.now,
        expires_at=expires_at,
    )
    return token, text


def revoke_token(batch: Batch, *, user: Any, token_id: int) -> ApiToken:
    """Delete one of a user's own tokens; the row as it was."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound("You have no such token.")
    ApiToken.objects.filter(pk=token_id).delete()
    return token


def find_token(text: str) -> ApiToken | None:
    """The valid token of this text, with its user; its use is noted, at most once a minute."""
    if not text.startswith(PREFIX) or len(text) > 100:
        return None
    token = ApiToken.objects.select_related("user").filter(token_hash=_hash(text)).first()
    if token is None or not token.user.is_active:
        return None
    now = clock.now()
    if token.expires_at is not None and token.expires_at <= now:
        return None
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        _note_use(token.pk, now)
    return token


def role_of_token(token: ApiToken) -> Role | None:
    """What may be done with a token now: its owner's role may have shrunk since."""
    own = role_of(token.user)
    return None if own is None else min(own, role_named(token.role))


def _note_use(token_id: int, now: datetime) -> None:
    def unit(_: Batch) -> None:
        ApiToken.objects.filter(pk=token_id).update(last_used_at=now)

    try:
        change.store(unit)
    except SmartServerError:
        logger.warning("The use of API token %s could not be noted.", token_id)


def _hash(text: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(text.encode()).hexdigest()
