"""Every operation of the OpenAPI document refuses strangers and people whose role is too low."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from smartserver.accounts.models import AuditEntry
from smartserver.accounts.roles import Role, role_named
from smartserver.api.operations import Operation
from tests.api.support import ApiCase, document
from tests.stations.factories import StationFactory

METHODS = ("get", "post", "put", "patch", "delete")


class Declared(NamedTuple):
    method: str
    path: str
    name: str
    role: Role


def operations(found: dict[str, Any]) -> Iterator[Declared]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if method in METHODS and path.startswith("/api/v1/"):
                role = role_named(operation["x-role"])
                yield Declared(method, _filled(path), operation["operationId"], role)


def _filled(path: str) -> str:
    """An address in which every parameter has a value that it could have; no account of those who ask is meant."""
    values = {"{user}": "999999"}
    return "/".join(values.get(part, "1") if part.startswith("{") else part for part in path.split("/"))


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


class EveryOperationTests(ApiCase):
    declared: ClassVar[list[Declared]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.declared = list(operations(document()))

    def do(self, client: APIClient, operation: Declared) -> Any:
        body: Any = None if operation.method == "get" else {}
        return getattr(client, operation.method)(operation.path, body, format="json")

    def test_there_are_operations_of_every_role(self) -> None:
        self.assertEqual({each.role for each in self.declared}, set(Role))
        self.assertGreater(len(self.declared), 40)

    def test_strangers_are_refused_everywhere(self) -> None:
        for operation in self.declared:
            with self.subTest(operation.name):
                response = self.do(self.stranger, operation)
                self.assertEqual(response.status_code, 401)
                self.assertEqual(response["Content-Type"], "application/problem+json")
                self.assertIn("Bearer", response["WWW-Authenticate"])

    def test_a_role_that_is_too_low_is_refused(self) -> None:
        for operation in self.declared:
            for role in Role:
                if role < operation.role:
                    with self.subTest(operation.name, role=role.title):
                        response = self.do(self.client_of(self.users[role]), operation)
                        self.assertEqual(response.status_code, 403)
                        self.assertEqual(response.json()["code"], "forbidden")

    def test_the_role_that_is_needed_is_not_refused(self) -> None:
        for operation in self.declared:
            with self.subTest(operation.name):
                response = self.do(self.client_of(self.users[operation.role]), operation)
                self.assertNotIn(response.status_code, (401, 403, 405))
                self.assertLess(response.status_code, 500)

    def test_a_parameter_that_there_is_not_is_refused(self) -> None:
        StationFactory.create(identity="1")
        for operation in self.declared:
            with self.subTest(operation.name):
                response = self.do(self.administrator, operation._replace(path=f"{operation.path}?nothing=1"))
                self.assertEqual(response.status_code, 400)
                self.assertEqual(
                    response.json()["problems"], [{"path": "nothing", "reason": "There is no such field."}]
                )

    def test_visitors_of_an_open_server_may_read_and_nothing_else(self) -> None:
        with override_settings(OPEN=True):
            for operation in self.declared:
                with self.subTest(operation.name):
                    status = self.do(self.stranger, operation).status_code
                    if operation.role > Role.VIEWER or operation.method != "get":
                        self.assertEqual(status, 401)
                    else:
                        self.assertIn(status, (200, 400, 404))

    def test_refused_changes_are_on_record(self) -> None:
        changes = [each for each in self.declared if each.method != "get" and each.role > Role.VIEWER]
        for operation in changes:
            self.do(self.viewer, operation)
        refused = AuditEntry.objects.filter(actor="viewer", outcome="forbidden")
        self.assertEqual(set(refused.values_list("action", flat=True)), {each.name for each in changes})

    def test_every_address_below_the_api_belongs_to_an_operation(self) -> None:
        """So that no view slips past the tests above."""
        undeclared = []
        for address, pattern in patterns(get_resolver()):
            if not address.startswith("api/v1/"):
                continue
            view, actions = pattern.callback.cls, pattern.callback.actions  # type: ignore[attr-defined]
            undeclared += [
                f"{address}: {view.__name__}.{action}"
                for action in actions.values()
                if not isinstance(getattr(getattr(view, action), "operation", None), Operation)
            ]
        self.assertEqual(undeclared, [])
