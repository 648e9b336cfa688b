"""Who asks, by the headers alone: before any of the body is read, and before Django has seen the request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, connection
from django.http import HttpRequest, parse_cookie

from smartserver.accounts.roles import Role, role_of
from smartserver.accounts.tokens import find_token, role_of_token

Headers = Mapping[bytes, bytes]


class EarlyRoles:
    """Looks up roles in a thread of its own, so that strangers who try keep nobody else waiting."""

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="early-roles")

    async def of(self, headers: Headers) -> Role | None:
        """The role of who sends these headers; None for strangers, and while the database is out of reach."""
        if b"authorization" not in headers and b"cookie" not in headers:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._reader, _looked_up, headers)

    def close(self) -> None:
        self._reader.shutdown()


def _looked_up(headers: Headers) -> Role | None:
    try:
        return _role_of(headers)
    except DatabaseError:
        return None  # the view, asked with a small body, says so
    finally:
        connection.close()  # this thread rarely needs one


def _role_of(headers: Headers) -> Role | None:
    """As the authentication classes of the API decide it, but for the CSRF token, which they look at later."""
    scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        token = find_token(text.strip())
        return None if token is None else role_of_token(token)
    return role_of_session(headers)


def role_of_session(headers: Headers) -> Role | None:
    """The role of the browser that sends these headers, as it is at this moment."""
    key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return role_of(get_user(request))
