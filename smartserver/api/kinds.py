"""Whether a value is of the kind that the document names: DRF's fields would make one of the other, "yes" of true.

In JSON a value has a kind. In a query or a form all are texts, which have to be written as the kind is in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rest_framework import serializers


class Kind(NamedTuple):
    fits: Callable[[Any], bool]
    """Whether a value of JSON is of this kind."""
    written: re.Pattern[str]
    """How it is written in a query or a form."""
    reason: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())  # 5.0 is one: JSON Schema section 6.1.1


TEXT = Kind(lambda value: isinstance(value, str), re.compile(r"(?s:.*)"), "This is not a text.")
FLAG = Kind(lambda value: isinstance(value, bool), re.compile(r"true|True|false|False"), "This is not true or false.")
WHOLE = Kind(_is_whole, re.compile(r"-?[0-9]{1,20}"), "This is not a whole number.")
NUMBER = Kind(_is_number, re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"), "This is not a number.")

KINDS: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], Kind], ...] = (
    (serializers.CharField, TEXT),
    (serializers.ChoiceField, TEXT),
    (serializers.DateTimeField, TEXT),
    (serializers.BooleanField, FLAG),
    (serializers.IntegerField, WHOLE),
    (serializers.FloatField, NUMBER),
)


def kind_of(field: Any) -> Kind | None:
    """None for fields that look for themselves, and for those that hold others."""
    return next((kind for each, kind in KINDS if isinstance(field, each)), None)


def misfit(field: Any, value: Any, *, is_text: bool) -> Any:
    """What is wrong with the kind of a value, or of those in it, and with the length of texts, as DRF nests errors.

    None if nothing is. Whether there may be null is the field's own business.
    """
    if value is None:
        return None
    if isinstance(field, serializers.ListField):
        if not isinstance(value, list):
            return ["This is not a list."]
        return _misfits(field.child, dict(enumerate(value)), is_text)
    if isinstance(field, serializers.DictField):
        if not isinstance(value, Mapping):
            return ["This is not a JSON object."]
        return _misfits(field.child, value, is_text)
    kind = kind_of(field)
    if kind is None:
        return None
    fits = kind.written.fullmatch(value) is not None if is_text and isinstance(value, str) else kind.fits(value)
    return _length_problem(field, value) if fits else [kind.reason]


def _length_problem(field: Any, value: Any) -> list[str] | None:
    """Of a text as it was sent: DRF measures what is left of it without the blanks around it."""
    most = getattr(field, "max_length", None) if isinstance(field, serializers.CharField) else None
    if most is None or len(value) <= most:
        return None
    return [field.error_messages["max_length"].format(max_length=most)]


def _misfits(child: Any, values: Mapping[Any, Any], is_text: bool) -> Any:
    found = {place: misfit(child, value, is_text=is_text) for place, value in values.items()}
    return {place: problem for place, problem in found.items() if problem} or None
