"""For those who run the server: is it alive, is it ready, what does it count."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from smartserver.core import metrics as counted
from smartserver.runtime import runtime


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. For restarting it when it does not."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can store and show messages. For sending traffic elsewhere when it cannot."""
    checks = {"database": _database_answers(), "writer": runtime.ready}
    ready = all(checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


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
