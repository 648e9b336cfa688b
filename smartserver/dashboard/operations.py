"""For those who run the server: what it counts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from smartserver.core import metrics as counted
from smartserver.runtime import runtime


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for staff, for the bearer of METRICS_TOKEN, or on an open development server."""
    if not _may_read_metrics(request):
        return HttpResponse("Metrics need a staff login or the METRICS_TOKEN.\n", status=401, content_type="text/plain")
    if runtime.ready:
        counted.WRITER_UNITS.set(runtime.writer.units)
        counted.WRITER_BATCHES.set(runtime.writer.batches)
        counted.WRITER_WAITING.set(runtime.writer.waiting)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    header = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and constant_time_compare(header, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    user = request.user
    return settings.OPEN or (not isinstance(user, AnonymousUser) and user.is_staff)
