"""Whether the role of who asks is enough for the operation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from smartserver.accounts.models import ApiToken
from smartserver.accounts.roles import Role, role_of
from smartserver.accounts.tokens import role_of_token
from smartserver.api.operations import operation_of
from smartserver.core.errors import Forbidden


def role_of_request(request: Request) -> Role | None:
    """The role in which a request is made. On an open development server strangers are viewers, nothing more."""
    if isinstance(request.auth, ApiToken):
        return role_of_token(request.auth)
    role = role_of(request.user)
    return Role.VIEWER if role is None and settings.OPEN else role


def require_login(request: Request) -> None:
    """For what no token may do, whatever its role: who has one that leaked could make the leak last."""
    if isinstance(request.auth, ApiToken):
        raise Forbidden("A token may not do this; log in.")
    if not request.user.is_authenticated:
        raise NotAuthenticated


class HasRole(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        role = role_of_request(request)
        if role is None:
            return False  # 401
        operation = operation_of(view)
        if operation is None:
            return True  # a method that there is not: 405
        if role < operation.role:
            if not request.user.is_authenticated:
                return False  # a visitor of an open server: who logs in may have the role
            raise PermissionDenied(f"This needs the role {operation.role.title}; you are {role.title}.")
        return True


class IsViewer(BasePermission):
    """For views that are no operations."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return role_of_request(request) is not None
