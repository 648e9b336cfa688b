"""Logins of people: whoever guesses passwords is slowed down."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

logger = logging.getLogger(__name__)

WINDOW = 300
"""Seconds in which attempts are counted, from the first one on."""

MAX_ATTEMPTS = 10
"""Failed attempts for one name from one address. Others, from elsewhere, lock nobody out."""

MAX_ATTEMPTS_OF_ADDRESS = 100
"""Failed attempts from one address, whatever the names; there may be many people behind it."""


class Attempt:
    """One attempt to say a password: counted when it is made, and forgotten when it was right."""

    def __init__(self, address: str, name: str) -> None:
        self._own, self._address = _key(address, name.lower()), _key(address)
        self.too_many = _count(self._own) > MAX_ATTEMPTS or _count(self._address) > MAX_ATTEMPTS_OF_ADDRESS
        if self.too_many:
            logger.warning("Too many passwords were tried from %s.", address)

    def forget(self) -> None:
        _forget(self._own, self._address)


class _Careful:
    """For a form with `username` and `password`: counts before it asks, because asking is what costs."""

    request: Any
    cleaned_data: dict[str, Any]

    def clean(self) -> dict[str, Any]:
        address = str(self.request.META.get("REMOTE_ADDR", "")) if self.request is not None else ""
        name = str(self.cleaned_data.get("username", ""))
        attempt = Attempt(address, name)
        if attempt.too_many:
            raise ValidationError("Too many attempts; try again in some minutes.", code="too_many_attempts")
        found: dict[str, Any] = super().clean()  # type: ignore[misc]
        attempt.forget()
        return found


class LoginForm(_Careful, AuthenticationForm):
    """Of the page."""


class AdminLoginForm(_Careful, AdminAuthenticationForm):
    """Of Django's administration."""


def _key(*parts: str) -> str:
    return "login:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _count(key: str) -> int:
    """Attempts in this window, this one included. A cache out of reach keeps nobody out."""
    try:
        cache.add(key, 0, WINDOW)
        return int(cache.incr(key))
    except Exception as error:  # noqa: BLE001  (whatever the client library raises, or a key that fell out meanwhile)
        logger.warning("Logins could not be counted: %s", error)
        return 0


def _forget(own: str, address: str) -> None:
    """A login was right: it does not count."""
    try:
        cache.delete(own)
        cache.decr(address)
    except Exception as error:  # noqa: BLE001
        logger.warning("Logins could not be counted: %s", error)
