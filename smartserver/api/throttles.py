"""How much one user or token may ask, counted in windows of a second, a minute or an hour."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from smartserver.accounts.models import ApiToken
from smartserver.api.operations import operation_of
from smartserver.core import clock

logger = logging.getLogger(__name__)

SECONDS = {"sec": 1, "min": 60, "hour": 3600}


class Rate(NamedTuple):
    number: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """`600/min` as a rate; ValueError for anything else."""
    number, _, unit = text.partition("/")
    if unit not in SECONDS or int(number) < 1:
        raise ValueError(f"“{text}” is no rate such as 600/min.")
    return Rate(int(number), SECONDS[unit])


class DocumentThrottle(BaseThrottle):
    """By API_RATE, for views that are no operations. One counter a window, counted up atomically."""

    retry_after: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        return all(self._allows(self._scopes(view), _who(request)))

    def _scopes(self, view: Any) -> list[tuple[str, str]]:
        return [("all", settings.API_RATE)]

    def _allows(self, scopes: Iterable[tuple[str, str]], who: str) -> Iterable[bool]:
        now = clock.now().timestamp()
        for scope, text in scopes:
            rate = parse_rate(text)
            window, passed = divmod(now, rate.seconds)
            allowed = _count(f"throttle:{scope}:{who}:{int(window)}", rate.seconds) <= rate.number
            if not allowed:
                self.retry_after = math.ceil(rate.seconds - passed)
            yield allowed

    def wait(self) -> float | None:
        return self.retry_after


class Throttle(DocumentThrottle):
    """Everything by API_RATE; commands by API_COMMAND_RATE besides."""

    def _scopes(self, view: Any) -> list[tuple[str, str]]:
        operation = operation_of(view)
        commands = [("commands", settings.API_COMMAND_RATE)] if operation is not None and operation.is_command else []
        return super()._scopes(view) + commands


def _count(key: str, seconds: int) -> int:
    """Requests in this window, this one included. A cache out of reach throttles nobody."""
    try:
        cache.add(key, 0, 2 * seconds)
        return int(cache.incr(key))
    except Exception as error:  # noqa: BLE001  (whatever the client library raises, or a key that fell out meanwhile)
        logger.warning("Requests could not be counted: %s", error)
        return 0


def _who(request: Request) -> str:
    if isinstance(request.auth, ApiToken):
        return f"token{request.auth.pk}"
    if request.user.is_authenticated:
        return f"user{request.user.pk}"
    return str(request.META.get("REMOTE_ADDR", ""))
