"""Problems of a payload that was made from a body, in the words of that body: its sender knows no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from smartserver.core.errors import InvalidPayload


@contextmanager
def in_words_of_the_body(names: Mapping[str, str]) -> Iterator[None]:
    """Paths of `InvalidPayload` begin with fields of the body. `names`: those by what they became in the payload."""
    try:
        yield
    except InvalidPayload as error:
        found = [{**each, "path": _renamed(each["path"], names)} for each in error.details["problems"]]
        first = found[0]
        raise InvalidPayload(f"{first['path']}: {first['reason']}", problems=found) from error


def _renamed(path: str, names: Mapping[str, str]) -> str:
    """By the longest beginning that has a name."""
    parts = path.split("/")
    for length in range(len(parts), 0, -1):
        if name := names.get("/".join(parts[:length])):
            return "/".join([name, *parts[length:]])
    return path
