"""Passwords of people: what they have to be, and links with which somebody sets one, once.

A hash costs a good part of a second, so it is made before a unit of the writer begins, never inside.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from smartserver.accounts import logins
from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, Forbidden

MAX_PASSWORD = 200


def hashed(password: str, user: Any, *, path: str = "password") -> str:
    """The hash of a password that may be this user's; `BadInput` says at `path` why it may not be."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [{"path": path, "reason": str(reason)} for reason in error.messages]
        raise BadInput("This password is not good enough.", problems=problems) from None
    return make_password(password)


def nobodys() -> str:
    """In the place of a hash: no password is right."""
    return make_password(None)


def confirm(user: Any, password: str, address: str) -> None:
    """Raise unless this is the user's present password. Who guesses is slowed down, as at the login."""
    counted = logins.Attempt(address, user.get_username())
    if counted.too_many:
        raise Forbidden("Too many attempts; try again in some minutes.")
    if not check_password(password, user.password):
        reason = "This is not your present password."
        raise BadInput(reason, problems=[{"path": "present", "reason": reason}])
    counted.forget()


def link_of(user: Any) -> tuple[str, datetime]:
    """A path of this server where the user can set a password, once; and when that ends.

    It ends also when they log in or get a password otherwise.
    """
    if not user.is_active:
        raise Conflict("This account is switched off.")
    parts = {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    return reverse("set-password", kwargs=parts), clock.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
