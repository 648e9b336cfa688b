"""The base of all views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from smartserver.accounts import audit
from smartserver.accounts.models import ApiToken
from smartserver.api.fields import InputSerializer, checked, refuse_body
from smartserver.api.operations import Operation, operation_of
from smartserver.api.permissions import role_of_request
from smartserver.core import change
from smartserver.core.batch import Batch, Unit
from smartserver.core.errors import Conflict, Forbidden, SmartServerError, Unavailable

T = TypeVar("T")


class ApiView(ViewSet):
    """Methods are operations (`@operation`); `route` says under which address and HTTP method."""

    request: Request
    _query: dict[str, Any]
    _recorded = False
    """A refusal of this request stands in the audit log already."""
    _counted = False
    """This request has been counted against its rate."""

    # -- who asks ------------------------------------------------------------------------

    def check_permissions(self, request: Request) -> None:
        if request.user.is_authenticated:
            self.check_throttles(request)  # also who is refused: each refusal is a row of the audit log
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        if not self._counted:
            self._counted = True
            super().check_throttles(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **options: Any) -> Any:
        """Answers are for who asked, and some show a secret this once: nobody on the way keeps them."""
        response = super().finalize_response(request, response, *args, **options)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    # -- input ---------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **options: Any) -> None:
        super().initial(request, *args, **options)
        operation = operation_of(self)
        if operation is not None:
            known = operation.query or InputSerializer  # which knows no parameter at all
            self._query = checked(known(data=request.query_params))
            if operation.body is None:
                refuse_body(request)

    def body(self, instance: Any = None) -> dict[str, Any]:
        """The validated body; of a PATCH the fields that were sent."""
        serializer = self._operation.body
        assert serializer is not None
        partial = self.request.method == "PATCH"
        return checked(serializer(instance, data=self.request.data, partial=partial, context={"request": self.request}))

    def query(self) -> dict[str, Any]:
        """The validated parameters behind the question mark."""
        return self._query

    @property
    def _operation(self) -> Operation:
        found = operation_of(self)
        assert found is not None, f"{type(self).__name__}.{self.action} is not declared as an operation."
        return found

    # -- changes -------------------------------------------------------------------------

    @property
    def author(self) -> audit.Author:
        request = self.request
        role = role_of_request(request)
        return audit.Author(
            user_id=request.user.pk,
            name=request.user.get_username(),
            role=role.title if role is not None else "",
            token=str(request.auth) if isinstance(request.auth, ApiToken) else "",
            address=str(request.META.get("REMOTE_ADDR", "")),
        )

    def store(self, unit: Unit[T], *, target: str = "", summary: Mapping[str, Any] | None = None) -> T:
        """Have the writer run a unit with its audit row; its value after the commit.

        A refusal is put on record, too, where the change was understood: whoever tries should be seen trying.
        """
        author, name = self.author, self._operation.id

        def audited(batch: Batch) -> T:
            value = unit(batch)
            audit.record(batch, author=author, action=name, target=target, summary=summary or {})
            return value

        try:
            return change.store(audited)
        except Unavailable:
            raise
        except IntegrityError:
            self._record_refusal(Conflict.code, target, summary)
            raise Conflict("Somebody else has just changed the same; look again.") from None
        except SmartServerError as error:
            self._record_refusal(error.code, target, summary)
            raise

    def _record_refusal(self, code: str, target: str, summary: Mapping[str, Any] | None = None) -> None:
        author, name = self.author, self._operation.id
        self._recorded = True

        def unit(batch: Batch) -> None:
            audit.record(batch, author=author, action=name, target=target, summary=summary or {}, outcome=code)

        change.store(unit)

    def handle_exception(self, exc: Exception) -> Response:
        refused = isinstance(exc, PermissionDenied | Forbidden) and self.request.method not in SAFE_METHODS
        if refused and not self._recorded and operation_of(self) is not None and self.request.user.is_authenticated:
            self._record_refusal("forbidden", self.request.path)
        response: Response = super().handle_exception(exc)
        return response
