"""What the overview asks for beside its live summary: the chart, and the energy of the viewer's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from smartserver.core.clock import isoformat
from smartserver.core.errors import BadInput
from smartserver.dashboard.views import viewer_required
from smartserver.overview import energy, selectors

MINUTE = timedelta(minutes=1)


@require_GET
@never_cache
@viewer_required
def history(request: HttpRequest) -> JsonResponse:
    """`?minutes=1440[&until=<seconds since 1970>]`: charging power and solar power over time."""
    try:
        until = _whole(request.GET["until"]) if "until" in request.GET else None
        return JsonResponse(selectors.history(_whole(request.GET.get("minutes", "1440")), until=until))
    except BadInput as error:
        return _refused(error)


@require_GET
@never_cache
@viewer_required
def charged(request: HttpRequest) -> JsonResponse:
    """`?since=<seconds since 1970>`: `{"since": …, "energy_wh": …}`, what all stations have charged since then.

    The page asks with the midnight of its viewer's zone. The moment is cut to the minute.
    """
    try:
        seconds = _whole(request.GET.get("since", ""))
        moment = datetime(1970, 1, 1, tzinfo=UTC) + MINUTE * (seconds // 60)
        return JsonResponse({"since": isoformat(moment), "energy_wh": energy.charged_since(moment)})
    except BadInput as error:
        return _refused(error)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadInput("This is a whole number.")
    return int(text)


def _refused(error: BadInput) -> JsonResponse:
    return JsonResponse({"code": error.code, "message": str(error)}, status=error.status)
