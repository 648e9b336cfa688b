"""The page of a receipt, to which the QR code on a station's display leads (2.1 use case C21).

It is open to whoever has its address, which nobody can guess.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from smartserver.core.errors import NotFound
from stations.services.tariffs.receipts import receipt_at


@require_safe
@never_cache
def show(request: HttpRequest, code: str) -> HttpResponse:
    try:
        receipt = receipt_at(code)
    except NotFound as error:
        raise Http404 from error
    response = render(request, "receipt.html", {"receipt": receipt, "paid": receipt.settlement})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
