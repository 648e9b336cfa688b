"""Errors as `application/problem+json` (RFC 9457), with the code of `smartserver.core.errors` or of HTTP itself."""

from __future__ import annotations

import http
import logging
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from smartserver.api.content import JSONRenderer
from smartserver.api.fields import problems_in
from smartserver.api.paths import API
from smartserver.core.errors import SmartServerError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = 5
"""Seconds after which it is worth trying again when the database was out of reach."""

CODES = {
    400: "bad_input",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "error",
    503: "unavailable",
}


def problem(status: int, detail: str, code: str | None = None, **details: Any) -> dict[str, Any]:
    code = code or CODES.get(status, "error")
    title = http.HTTPStatus(status).phrase
    # The names of the standard win over those of details.
    return {
        **details,
        "type": f"urn:smartserver:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
    }


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None for what is a mistake of ours: Django logs it and `server_error` answers."""
    headers: dict[str, str] = {}
    found = _of_ours(error, headers)
    if found is None and isinstance(error, exceptions.APIException):
        found = _of_drf(error, headers)
    if found is None:
        return None
    # Whatever the operation answers with (CSV, a file, YAML): a problem is JSON.
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return Response(found, status=found["status"], headers=headers, content_type=CONTENT_TYPE)


def _of_ours(error: Exception, headers: dict[str, str]) -> dict[str, Any] | None:
    """Ours and Django's."""
    match error:
        case SmartServerError():
            if error.status == 503:
                headers["Retry-After"] = str(RETRY_AFTER)
            return problem(error.status, str(error), error.code, **error.details)
        case Http404():
            return problem(404, "There is nothing at this address.")
        case DjangoPermissionDenied():
            return problem(403, "This is not allowed.")
        case RequestDataTooBig():
            return problem(413, "The request is too large.")
        case SuspiciousOperation() | UnreadablePostError():
            return problem(400, "The request cannot be read.")
        case OperationalError() | InterfaceError():
            logger.error("The database is out of reach: %s", error)
            headers["Retry-After"] = str(RETRY_AFTER)
            return problem(503, "The database is out of reach.")
    return None


def _of_drf(error: exceptions.APIException, headers: dict[str, str]) -> dict[str, Any]:
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "The request is not as it has to be.", problems=problems_in(error.detail))
    return problem(error.status_code, str(error.detail))


# -- for errors that Django answers, outside of DRF's views -----------------------------------------


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    return HttpResponse(orjson.dumps(problem(status, detail)), status=status, content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        too_big = isinstance(exception, RequestDataTooBig)
        return _answer(request, 413 if too_big else 400, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(API):
        return _answer(request, 500, "The server made a mistake; its log says more.")
    return defaults.server_error(request)
