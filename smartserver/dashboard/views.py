"""The page and the history behind its charts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import devices.selectors
import stations.selectors
from smartserver.accounts.roles import Role, role_of
from smartserver.core.errors import BadQuery
from smartserver.core.events import TOPIC_DEVICES, TOPIC_STATIONS
from smartserver.core.query import parse
from stations import message_selectors

View = Callable[..., HttpResponseBase]

MAX_MINUTES = 366 * 24 * 60
MAX_DIGITS = 12
LAST_SECOND = 253_000_000_000
"""Near the end of the year 9987: later moments have no calendar."""

_HISTORY: dict[str, Callable[..., dict[str, Any]]] = {
    TOPIC_STATIONS: stations.selectors.history,
    TOPIC_DEVICES: devices.selectors.history,
}


def viewer_required(view: View) -> View:
    """For users who are logged in; on an open development server for everybody."""
    guarded = login_required(view)

    @wraps(view)
    def decide(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (view if settings.OPEN else guarded)(request, *args, **kwargs)

    return decide


@require_GET
@never_cache
@viewer_required
def index(request: HttpRequest, **_: str) -> HttpResponse:
    """The page: one shell for every view; which one is shown, the browser decides by the address (`routes.js`)."""
    role = role_of(request.user) or Role.VIEWER
    context = {
        "open_mode": settings.OPEN,
        "version": settings.VERSION,
        "page_user": {
            "name": request.user.get_username() or None,
            "role": role.title,
            "open": settings.OPEN,
            "staff": bool(getattr(request.user, "is_staff", False)),
            "version": settings.VERSION,
        },
    }
    return render(request, "dashboard/index.html", context)


@require_GET
@never_cache
@viewer_required
def history(request: HttpRequest, topic: str, key: int) -> JsonResponse:
    """Values of one station or device over time (`docs/live-protocol.md`)."""
    read = _HISTORY.get(topic)
    if read is None:
        raise Http404
    minutes, until = _whole(request, "minutes", "60"), _whole(request, "until", "0")
    if not 1 <= minutes <= MAX_MINUTES:
        return _refused(f"minutes is a number from 1 to {MAX_MINUTES}.")
    if not 0 <= until <= LAST_SECOND:
        return _refused("until is a time in seconds since 1970.")
    moment = datetime.fromtimestamp(until, UTC) if until else None
    return JsonResponse(read(key, minutes=minutes, until=moment))


@require_GET
@never_cache
@viewer_required
def past_messages(request: HttpRequest) -> JsonResponse:
    """A page of the message log behind what the live table holds (`docs/live-protocol.md`)."""
    before = _whole(request, "before", "")
    if before < 1:
        return _refused("before is the key of a message.")
    try:
        query = parse(request.GET.getlist("q"), message_selectors.COLUMNS, newest_first=True)
    except BadQuery as error:
        return _refused(str(error))
    return JsonResponse(message_selectors.past(query, before))


def _whole(request: HttpRequest, name: str, default: str) -> int:
    """A whole number of the query; -1 when it is none."""
    text = request.GET.get(name, default)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else -1


def _refused(message: str) -> JsonResponse:
    return JsonResponse({"code": "bad_input", "message": message}, status=400)
