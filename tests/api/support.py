"""People with roles who ask the API, without a server or over a real one."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import quote

import requests
import websocket
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import TestCase, TransactionTestCase, override_settings
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from smartserver.accounts.models import ApiToken
from smartserver.accounts.roles import Role
from smartserver.accounts.tokens import create_token
from smartserver.asgi import application
from smartserver.runtime import runtime
from tests.serving import ServerThread
from tests.stations.support import Client as StationClient
from tests.units import run
from tests.waiting import eventually

API = "/api/v1/"

for _name in ("django.request", "django.security"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # they would report every refusal


def make_user(role: Role | None, name: str = "") -> User:
    user = User.objects.create_user(name or (role.title if role else "nobody"))
    if role is not None:
        user.groups.add(Group.objects.get_or_create(name=role.title)[0])
    return user


def token_of(user: User, role: Role | None = None, name: str = "test") -> str:
    """The text of a new API token."""
    of_user = role or (Role.ADMINISTRATOR if user.is_superuser else Role[user.groups.get().name.upper()])
    text: str
    _, text = run(lambda batch: create_token(batch, user=user, name=name, role=of_user))[0]
    return text


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    generator: Any = SchemaGenerator
    found: dict[str, Any] = generator().get_schema(request=None, public=True)
    return found


class ApiCase(TestCase):
    """Tests of views; what they store is stored by themselves, as without a running server."""

    def setUp(self) -> None:
        cache.clear()
        self.users = {role: make_user(role) for role in Role}
        self.stranger = APIClient()
        self.viewer, self.operator, self.administrator = (self.client_of(self.users[role]) for role in Role)

    def client_of(self, user: User) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        by: APIClient | None = None,
        expect: int = 200,
        **query: Any,
    ) -> Any:
        """The content of the answer, which has to have the expected status and, for errors, their form."""
        client = by or self.administrator
        if method == "get":
            return self.read(address, query, by=client, expect=expect)
        response = getattr(client, method)(API + address, {} if body is None else body, format="json")
        return self._content(response, expect)

    def read(self, address: str, query: Mapping[str, Any], *, by: APIClient | None = None, expect: int = 200) -> Any:
        return self._content((by or self.administrator).get(API + address, dict(query)), expect)

    def _content(self, response: Any, expect: int) -> Any:
        self.assertEqual(response.status_code, expect, response.content[:2000])
        if not response.content:
            return None
        content = response.json()
        if expect >= 400:
            self.assertEqual(response["Content-Type"], "application/problem+json")
            self.assertEqual(content["status"], expect)
        return content


@override_settings(OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class LiveCase(TransactionTestCase):
    """Tests against the whole server on a port of its own: HTTP, sockets, writer. One for all tests of a class."""

    http: ClassVar[str]
    ws: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        server = ServerThread(application)
        server.start()
        cls.addClassCleanup(server.stop)
        cls.http, cls.ws = server.http, server.ws

    def setUp(self) -> None:
        cache.clear()
        self.tokens = {role: token_of(make_user(role)) for role in Role}

    def tearDown(self) -> None:
        eventually(lambda: runtime.writer.waiting == 0)

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        role: Role | None = Role.ADMINISTRATOR,
        expect: int | None = 200,
        **options: Any,
    ) -> Any:
        headers = options.pop("headers", {})
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        response = requests.request(
            method, self.http + API + address, json=body, headers=headers, timeout=30, **options
        )
        if expect is not None:
            self.assertEqual(response.status_code, expect, response.text[:2000])
        return response.json() if response.content else None

    @contextmanager
    def station(self, identity: str = "CP1", answers: Answers | None = None) -> Iterator[Answering]:
        """A station of 1.6 that has connected, booted, and answers what it is asked."""
        with override_settings(OPEN=True):
            client = StationClient(f"{self.ws}/ocpp/{quote(identity, safe='')}")
        try:
            client.boot()
            with Answering(client, answers or {}) as answering:
                yield answering
        finally:
            client.close()


Answers = dict[str, dict[str, Any] | None]
"""Payloads by action; None: it never answers."""


class Answering:
    """Answers the calls of the server in a thread; `asked` has them."""

    def __init__(self, client: StationClient, answers: Answers) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._client = client
        self._answers = {"GetConfiguration": {}, **answers}
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Answering:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.line.shutdown(socket.SHUT_RDWR)  # which ends the reading, as closing alone would not
        self._thread.join(10)

    def _work(self) -> None:
        while True:
            try:
                _, number, action, payload = self._client.hear_call()
            except (OSError, ValueError, websocket.WebSocketException):
                return
            self.asked.append((action, payload))
            answer = self._answers.get(action, {"status": "Accepted"})
            if answer is not None:
                self._client.say([3, number, answer])

    def calls(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.asked if name == action]


__all__ = ["API", "ApiCase", "ApiToken", "LiveCase", "document", "make_user", "token_of"]
