"""An operation of the API, declared where it is written: its name, its role, what it takes and gives.

Permission, throttle, audit and the OpenAPI document read the same declaration, so that none of them can forget one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.serializers import Serializer

from smartserver.accounts.roles import Role

Method = TypeVar("Method", bound=Callable[..., Any])

Input = type[Serializer[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`is_command`: makes a station do something, so that the stricter rate counts."""

    id: str
    role: Role
    body: Input | None
    query: Input | None
    is_command: bool


def operation(
    name: str,
    *,
    tag: str,
    role: Role,
    answers: Any,
    body: Input | None = None,
    query: Input | None = None,
    is_command: bool = False,
    examples: Iterable[OpenApiExample] = (),
    schema: Mapping[str, Any] | None = None,
) -> Callable[[Method], Method]:
    """Declare a method of a view set as an operation. Its docstring is what the document says of it.

    `answers` is a serializer for 200, or statuses with theirs; problems are added by `schema.py`.
    `schema` overrides what drf-spectacular would find by itself.
    """

    def declare(method: Method) -> Method:
        text = inspect.cleandoc(method.__doc__ or "")
        summary, _, description = text.partition("\n")
        method.operation = Operation(name, role, body, query, is_command)  # type: ignore[attr-defined]
        decorated: Method = extend_schema(
            operation_id=name,
            tags=[tag],
            summary=summary.rstrip("."),
            description=description.strip() or summary,
            parameters=[query] if query is not None else None,
            request=body,
            responses=answers,
            examples=list(examples),
            extensions={"x-role": role.title},
            **(schema or {}),
        )(method)
        return decorated

    return declare


def operation_of(view: Any) -> Operation | None:
    """The operation that a request is about; None for a method that the address does not have."""
    found: Operation | None = getattr(getattr(view, view.action or "", None), "operation", None)
    return found
