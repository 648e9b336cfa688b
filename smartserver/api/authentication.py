"""Who asks: a browser with a session (DRF's own, with CSRF), or a program with a token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from smartserver.accounts.tokens import find_token


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. First in the list, so that strangers get 401 and not 403."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = find_token(text.strip())
        if token is None:
            raise AuthenticationFailed("This token is not known, was revoked, or has expired.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="SMART-Server"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document speaks of it."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, made with `POST /api/v1/me/tokens`."}
