"""Long lists in parts.

*Pages* for tables of which it is cheap to say how long they are: `page` and `limit`, with the count.
*Slices* for those that grow without end: newest first, each with the address of the next. No row is counted, and the
tenth slice costs what the first does: it begins behind the last row of the one before.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import orjson
from django.db.models import F, Model, Q, QuerySet
from django.utils.http import urlencode
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from smartserver.api.fields import InputSerializer, Whole
from smartserver.core.errors import BadInput

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_HEAVY_LIMIT = 200
MAX_PAGE = 1_000_000


class PageQuery(InputSerializer):
    page = Whole(min_value=1, max_value=MAX_PAGE, default=1)
    limit = Whole(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="Rows on a page.")


class SliceQuery(InputSerializer):
    cursor = serializers.CharField(required=False, max_length=200, help_text="As in the address `next`.")
    limit = Whole(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="Rows in a slice.")


class HeavySliceQuery(SliceQuery):
    """For rows that may be very large, such as messages: an answer is in memory as a whole."""

    limit = Whole(min_value=1, max_value=MAX_HEAVY_LIMIT, default=DEFAULT_LIMIT, help_text="Rows in a slice.")


Serializer = type[serializers.BaseSerializer[Any]]


@cache
def page_of(row: Serializer) -> Any:
    """The serializer of a page of such rows, for the OpenAPI document."""
    fields = {
        "count": serializers.IntegerField(help_text="Of all pages together."),
        "next": serializers.CharField(allow_null=True, help_text="Address of the next page."),
        "previous": serializers.CharField(allow_null=True),
        "results": row(many=True),
    }
    return extend_schema_serializer(many=False)(type(f"{row.__name__}Page", (serializers.Serializer,), fields))


@cache
def slice_of(row: Serializer) -> Any:
    """The serializer of a slice of such rows, for the OpenAPI document."""
    fields = {
        "next": serializers.CharField(allow_null=True, help_text="Address of the next slice, with older rows."),
        "results": row(many=True),
    }
    return extend_schema_serializer(many=False)(type(f"{row.__name__}Slice", (serializers.Serializer,), fields))


M = TypeVar("M", bound=Model)
Represent = Callable[[Sequence[Any]], Any]


def in_order(rows: QuerySet[M], order: str) -> QuerySet[M]:
    """The rows by one column, with `-` in front of it the other way round; what has no value comes last, as in the
    dashboard. Databases by themselves do not agree about that."""
    column = F(order.removeprefix("-"))
    by = column.desc(nulls_last=True) if order.startswith("-") else column.asc(nulls_last=True)
    return rows.order_by(by, "pk")


def page(request: Request, rows: QuerySet[Any] | Sequence[Any], query: dict[str, Any], represent: Represent) -> Any:
    number, limit = query["page"], query["limit"]
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    start = (number - 1) * limit
    found = list(rows[start : start + limit]) if start < count else []
    return {
        "count": count,
        "next": _address(request, page=number + 1) if start + limit < count else None,
        "previous": _address(request, page=number - 1) if number > 1 else None,
        "results": represent(found),
    }


def slice_(
    request: Request, rows: QuerySet[Any], query: dict[str, Any], represent: Represent, *, by: str | None = None
) -> Any:
    """A slice, newest first: by primary key, or by a time `by` and then the key (where that is what an index has)."""
    limit = query["limit"]
    if text := query.get("cursor"):
        rows = rows.filter(_behind(text, by))
    order = ("-pk",) if by is None else (f"-{by}", "-pk")
    found = list(rows.order_by(*order)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return {
        "next": _address(request, cursor=_mark(found[-1], by)) if more else None,
        "results": represent(found),
    }


def portions(rows: QuerySet[M], *, size: int, by: str | None = None) -> Iterator[list[M]]:
    """All rows, newest first as in slices. Each portion is a query of its own: nothing is held open while a slow client
    reads."""
    order = ("-pk",) if by is None else (f"-{by}", "-pk")
    some = rows
    while found := list(some.order_by(*order)[:size]):
        yield found
        some = rows.filter(older_than(found[-1], by))


def older_than(row: Model, by: str | None = None) -> Q:
    """The condition for what comes behind a row, newest first."""
    return _older(row.pk, None if by is None else getattr(row, by), by)


def _older(key: int, moment: datetime | None, by: str | None) -> Q:
    if by is None:
        return Q(pk__lt=key)
    # The first condition alone would do for the index; the second makes it exact.
    return Q(**{f"{by}__lte": moment}) & (Q(**{f"{by}__lt": moment}) | Q(pk__lt=key))


def _mark(row: Model, by: str | None) -> str:
    content = [row.pk] if by is None else [row.pk, getattr(row, by).isoformat()]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def _behind(text: str, by: str | None) -> Q:
    try:
        content = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        key = content[0]
        if type(key) is not int or not 0 <= key < 2**63 or len(content) != (1 if by is None else 2):
            raise ValueError
        if by is None:
            return _older(key, None, by)
        moment = datetime.fromisoformat(content[1])
        if moment.tzinfo is None or not 1970 <= moment.year < 2200:
            raise ValueError
    except (ValueError, TypeError, LookupError, binascii.Error):
        reason = [{"path": "cursor", "reason": "unknown"}]
        raise BadInput("This cursor does not come from an answer to this question.", problems=reason) from None
    return _older(key, moment, by)


def _address(request: Request, **changed: Any) -> str:
    """The address of this request with other parameters, relative to the server."""
    query = request.query_params.copy()
    for name, value in changed.items():
        query[name] = str(value)
    return f"{request._request.path_info}?{urlencode(list(query.lists()), doseq=True)}"
