"""The OCSP responder of this server's authorities (RFC 6960 appendix A): their certificates name its address.

It is open to everybody, as responders are: it says nothing but whether a certificate that is named holds.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from smartserver.core import clock
from stations.services.certificates import status

LARGEST = 4096
"""Bytes of a question; one for a single certificate has about a hundred."""

_TYPE = "application/ocsp-response"


@csrf_exempt
@require_POST
@never_cache
def respond(request: HttpRequest) -> HttpResponse:
    """Answer for a certificate of ours; `unauthorized` for those of others (RFC 6960 section 2.3)."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LARGEST:
        return HttpResponse(status=413)
    return HttpResponse(status.respond(request.body, clock.now()), content_type=_TYPE)
