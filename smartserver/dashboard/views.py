"""The page and the history behind its charts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import devices.selectors
import stations.selectors
from smartserver.core.events import TOPIC_DEVICES, TOPIC_STATIONS

View = Callable[..., HttpResponse]

MAX_MINUTES = 366 * 24 * 60

_HISTORY: dict[str, Callable[..., dict[str, Any]]] = {
    TOPIC_STATIONS: stations.selectors.history,
    TOPIC_DEVICES: devices.selectors.history,
}


def viewer_required(view: View) -> View:
    """For users who are logged in; on an open development server for everybody."""
    guarded = login_required(view)

    @wraps(view)
    def decide(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (view if settings.OPEN else guarded)(request, *args, **kwargs)

    return decide


@require_GET
@never_cache
@viewer_required
def index(request: HttpRequest) -> HttpResponse:
    context = {"open_mode": settings.OPEN, "version": settings.VERSION}
    return render(request, "dashboard/index.html", context)


@require_GET
@never_cache
@viewer_required
def history(request: HttpRequest, topic: str, key: int) -> JsonResponse:
    """Values of one station or device over time (`docs/live-protocol.md`)."""
    read = _HISTORY.get(topic)
    if read is None:
        raise Http404
    try:
        minutes = int(request.GET.get("minutes", "60"))
    except ValueError:
        minutes = 0
    if not 1 <= minutes <= MAX_MINUTES:
        return JsonResponse(
            {"code": "bad_input", "message": f"minutes is a number from 1 to {MAX_MINUTES}."}, status=400
        )
    return JsonResponse(read(key, minutes=minutes))
