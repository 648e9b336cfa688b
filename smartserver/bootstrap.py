"""What a new installation needs before it can be used."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction


def prepare(*, verbosity: int = 0) -> str | None:
    """What a server does before it serves: the newest tables, and somebody who may log in.

    Returns the administrator's password when it was made up, to be shown once.
    """
    call_command("migrate", interactive=False, verbosity=verbosity)
    return ensure_administrator()


def ensure_administrator() -> str | None:
    """Make the first administrator. Returns the password when it was made up, to be shown once."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password = settings.SUPERUSER_PASSWORD or secrets.token_urlsafe(12)
    with transaction.atomic():
        users.create_superuser(settings.SUPERUSER_NAME, password=password)
    return None if settings.SUPERUSER_PASSWORD else password
