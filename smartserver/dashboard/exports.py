"""What a live table shows, as a file: CSV as RFC 4180 has it, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from smartserver.core import clock
from smartserver.core.errors import BadQuery
from smartserver.core.query import Column, Query, Row, display, parse
from smartserver.core.topic import Topic
from smartserver.dashboard.views import viewer_required
from smartserver.runtime import runtime

ROWS_AT_ONCE = 500
"""Rows that are put into words together; between them others have their turn."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of something to calculate, or skips before it."""

SIGNATURE = "\ufeff"
"""Without it Excel takes UTF-8 for another encoding."""


@require_GET
@never_cache
@viewer_required
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """The rows of a topic that match `q` (any number), in its order, in `columns` (names with commas; default: all)."""
    topic = runtime.topics.get(name)
    if topic is None:
        raise Http404
    try:
        query = parse(request.GET.getlist("q"), topic.columns, newest_first=topic.newest_first)
        columns = _chosen(request.GET.get("columns", ""), topic.columns)
    except BadQuery as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=400)
    response = StreamingHttpResponse(
        _in_turns(_lines(columns, _rows(topic, query))), content_type="text/csv; charset=utf-8; header=present"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    return response


def _chosen(text: str, columns: Sequence[Column]) -> Sequence[Column]:
    known = {column.name: column for column in columns}
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise BadQuery(f"There is no column “{name}”.")
    return [known[name] for name in dict.fromkeys(names)] or columns


def _rows(topic: Topic, query: Query) -> list[Row]:
    """As the snapshot of a browser has them."""
    found = [(query.sort_key(key, row), row) for key, row in topic.found(query) if query.matches(row)]
    found.sort(key=lambda pair: pair[0])
    return [row for _, row in found]


def _lines(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[bytes]:
    """The file in parts."""
    heads = [f"{gettext(column.label)} ({column.unit})" if column.unit else gettext(column.label) for column in columns]
    yield (SIGNATURE + _text([heads])).encode()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        yield _text([cell(row, column) for column in columns] for row in some).encode()


def _text(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)  # with commas and CRLF
    return text.getvalue()


async def _in_turns(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Asynchronous, or Django would gather the whole file before its first byte leaves."""
    for part in parts:
        yield part


def cell(row: Mapping[str, Any], column: Column) -> str:
    """A value as it stands in the file. Texts that a spreadsheet would calculate get an apostrophe."""
    value = row[column.name]
    if value is None:
        return ""
    text = display(value)
    return f"'{text}" if column.kind != "number" and text.startswith(FORMULA) else text
