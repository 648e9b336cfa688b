"""The last hour of many rows at once, as small as a cell of a table can show it."""

from __future__ import annotations

from typing import NamedTuple

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import devices.selectors
import stations.selectors
from smartserver.core.events import TOPIC_DEVICES, TOPIC_STATIONS
from smartserver.core.history import Series, recent
from smartserver.dashboard.views import viewer_required

SECONDS, NUMBER = 120, 30
"""An hour in means of two minutes."""

MAX_KEYS = 100
MAX_KEY = 2**63


class Line(NamedTuple):
    series: Series
    value: str
    unit: str


LINES = {
    TOPIC_STATIONS: Line(stations.selectors.SERIES, "power_w", "W"),
    TOPIC_DEVICES: Line(devices.selectors.SERIES, "power_inject", "W"),
}


@require_GET
@never_cache
@viewer_required
def sparklines(request: HttpRequest, topic: str) -> JsonResponse:
    """The power of the stations or devices `keys` (numbers with commas) as `docs/live-protocol.md` describes it."""
    line = LINES.get(topic)
    if line is None:
        raise Http404
    keys = _keys(request.GET.get("keys", ""))
    if not keys:
        message = f"keys are 1 to {MAX_KEYS} numbers, separated by commas."
        return JsonResponse({"code": "bad_input", "message": message}, status=400)
    found = recent(line.series, keys, line.value, seconds=SECONDS, number=NUMBER)
    lines = {
        str(key): [None if value is None else round(value, 1) for value in values] for key, values in found.items()
    }
    return JsonResponse({"seconds": SECONDS, "unit": line.unit, "lines": lines})


def _keys(text: str) -> set[int]:
    """None when the text is anything else than keys, or holds too many."""
    parts = text.split(",", MAX_KEYS)
    if len(parts) > MAX_KEYS or not all(part.isascii() and part.isdecimal() and len(part) < 20 for part in parts):
        return set()
    return {key for part in parts if (key := int(part)) < MAX_KEY}
