"""What goes over the line: JSON in and out, and streams that are never in memory as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from smartserver.core.errors import SmartServerError


class TooLarge(SmartServerError):
    code = "too_large"
    status = 413


class JSONParser(BaseParser):
    """orjson: it refuses NaN, wrong Unicode and bottomless nesting, where Python's own parser does not."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        body = stream.read(settings.API_MAX_BODY + 1)
        if len(body) > settings.API_MAX_BODY:
            raise TooLarge(f"A request has at most {settings.API_MAX_BODY} bytes.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from None


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 (RFC 8259)

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS)


class CSVRenderer(JSONRenderer):
    """For operations that stream CSV; what is rendered here are their errors."""

    media_type = "text/csv"
    format = "csv"


class JSONLinesRenderer(JSONRenderer):
    """For operations that stream a JSON object a line; what is rendered here are their errors."""

    media_type = "application/x-ndjson"
    format = "jsonl"


class FileRenderer(JSONRenderer):
    """For operations that stream a file."""

    media_type = "application/octet-stream"
    format = "bin"


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    return str(value)


def stream(request: Request, chunks: Iterator[bytes], *, content_type: str, file_name: str) -> StreamingHttpResponse:
    """An answer made while it is sent. Each chunk is made in the request's thread, where its database connection is."""
    parts: Any = chunks
    if isinstance(request._request, ASGIRequest):
        # Django would read a plain iterator to its end before it sends the first byte.
        parts = _piecewise(chunks)
    response = StreamingHttpResponse(parts, content_type=content_type)
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in file_name
    )
    response["Content-Disposition"] = f'attachment; filename="{safe[:200]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _piecewise(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    take: Callable[[], Any] = sync_to_async(lambda: next(chunks, None))
    while (chunk := await take()) is not None:
        yield chunk
