"""Input: what does not fit is refused with the place and the reason, never cut or guessed.

`InputSerializer` compares the kinds of all values (`kinds`), its fields what else they have to be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from smartserver.api.kinds import misfit
from smartserver.core.errors import BadInput

MAX_DEPTH = 20
MAX_KEY = 10**18 - 1
MAX_PROBLEMS = 100
"""A list of wrong values may be as long as a request; its answer is not."""

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class InputSerializer(serializers.Serializer[Any]):
    """A request's body or query. A field that there is not is a mistake of the sender, who should hear of it."""

    def to_internal_value(self, data: Any) -> Any:
        is_text = isinstance(data, QueryDict)
        if isinstance(data, QueryDict):
            data = self._plain(data)
        if isinstance(data, Mapping):
            problems = {name: misfit(self.fields[name], data[name], is_text=is_text) for name in self._known(data)}
            if found := {name: problem for name, problem in problems.items() if problem}:
                raise serializers.ValidationError(found)
        return super().to_internal_value(data)

    def _known(self, data: Mapping[str, Any]) -> list[str]:
        """The names in the data, all of which are fields."""
        unknown = [str(name) for name in data if name not in self.fields]
        if unknown:
            raise serializers.ValidationError({name[:100]: ["There is no such field."] for name in unknown[:20]})
        return list(data)

    def _plain(self, data: QueryDict) -> dict[str, Any]:
        """Without the rules for HTML forms, where a box that is not ticked is not sent."""
        lists = {name for name, field in self.fields.items() if isinstance(field, serializers.ListField)}
        repeated = [name for name in data if name not in lists and len(data.getlist(name)) > 1]
        if repeated:
            raise serializers.ValidationError({name: ["This is given more than once."] for name in repeated[:20]})
        return {name: data.getlist(name) if name in lists else data[name] for name in data}


@extend_schema_field({"type": "string", "format": "date-time"})
class Moment(serializers.DateTimeField):
    """ISO 8601; without a zone it is UTC."""

    default_error_messages = {"range": "This is no moment between 1970 and 2200."}

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        if not FIRST <= moment < LAST:
            self.fail("range")
        return moment


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JSONObject(serializers.Field):  # type: ignore[type-arg]
    """A JSON object of reasonable depth, in which every text can be stored."""

    default_error_messages = {
        "invalid": "This is not a JSON object.",
        "deep": f"This is nested deeper than {MAX_DEPTH} levels.",
        "null_character": "Null characters cannot be stored.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        self._look_through(data, 0)
        return data

    def to_representation(self, value: Any) -> Any:
        return value

    def _look_through(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("deep")
        if isinstance(value, str):
            if "\x00" in value:
                self.fail("null_character")
        elif isinstance(value, dict):
            for key, each in value.items():
                self._look_through(key, depth + 1)
                self._look_through(each, depth + 1)
        elif isinstance(value, list):
            for each in value:
                self._look_through(each, depth + 1)


class Number(serializers.FloatField):
    """A finite number."""

    def to_internal_value(self, data: Any) -> float:
        try:
            number: float = super().to_internal_value(data)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class Whole(serializers.IntegerField):
    """A whole number that fits the database."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2**31 - 1, **options})

    def to_internal_value(self, data: Any) -> int:
        # DRF reads what is written, and 1e16 is not written like a whole number.
        number: int = super().to_internal_value(int(data) if isinstance(data, float) else data)
        return number


class Key(Whole):
    """A primary key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_KEY, **options})


def checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """The validated input, or `BadInput` with what is wrong where."""
    if not serializer.is_valid():
        problems = problems_in(serializer.errors)[:MAX_PROBLEMS]
        raise BadInput("The request is not as it has to be.", problems=problems)
    found: dict[str, Any] = serializer.validated_data
    return found


def refuse_body(request: Request) -> None:
    """`BadInput` when a request to an operation that takes no body has one.

    An empty object is as good as none: there are programs that cannot POST without. What is not JSON is 415, as
    everywhere.
    """
    if request.data != {}:
        reason = "This operation takes no body."
        raise BadInput(reason, problems=[{"path": "", "reason": reason}])


def problems_in(errors: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested errors as a flat list of {path, reason}."""
    if isinstance(errors, Mapping):
        found = []
        for name, each in errors.items():
            place = path if name == "non_field_errors" else f"{path}/{name}" if path else str(name)
            found += problems_in(each, place)
        return found
    if isinstance(errors, list | tuple):
        if any(isinstance(each, Mapping | list) for each in errors):
            return [
                problem
                for i, each in enumerate(errors)
                if each
                for problem in problems_in(each, f"{path}/{i}".strip("/"))
            ]
        return [{"path": path, "reason": str(each)} for each in errors]
    return [{"path": path, "reason": str(errors)}]
