"""Addresses: identities with any character in them, numbers that fit the database, and a slash at the end or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, register_converter

API = "/api/"


class EncodedPaths:
    """Middleware: below `/api/` Django's router sees the path percent-encoded, segment by segment.

    So `CP%2F1` stays one segment. Decoded paths could not tell it from two.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API):
            request.path_info = _canonical(_as_sent(request))
        return self._get_response(request)


def _as_sent(request: HttpRequest) -> str:
    scope: Any = getattr(request, "scope", None)
    if scope is not None and scope.get("raw_path"):
        sent: str = scope["raw_path"].decode("latin-1").partition("?")[0]
        return sent.removeprefix(scope.get("root_path", ""))
    return quote(request.path_info)  # WSGI keeps only the decoded form


def _canonical(sent: str) -> str:
    return "/".join(quote(unquote_to_bytes(segment), safe="") for segment in sent.split("/"))


class IdentityConverter:
    """A station's identity, percent-encoded as UTF-8."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        identity = unquote(value, errors="strict")  # UnicodeDecodeError is a ValueError: no such page
        if not identity.isprintable():
            raise ValueError("An identity is printable.")
        return identity

    def to_url(self, value: str) -> str:
        return value  # Django encodes it


class KeyConverter:
    """A primary key, or a 1.6 transaction id; longer numbers fit no column."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class NameConverter:
    """A text of the specification: the name of an action, say."""

    regex = "[A-Za-z0-9]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(IdentityConverter, "identity")
register_converter(KeyConverter, "key")
register_converter(NameConverter, "name")


def route(address: str, view: Any, **methods: str) -> list[URLPattern]:
    """An address for a view set, also with a slash at its end: `route("stations", V, get="list", post="create")`."""
    handler = view.as_view(methods)
    return [path(address, handler), path(address + "/", handler)]
