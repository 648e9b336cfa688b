"""Whatever goes wrong is `application/problem+json`, with a status below 500 for mistakes of others."""

from __future__ import annotations

import socket
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from django.db import OperationalError
from django.test import override_settings

from smartserver.accounts.models import AuditEntry
from smartserver.accounts.roles import Role
from smartserver.api.throttles import Rate, parse_rate
from smartserver.core import change
from smartserver.core.errors import Unavailable
from stations.models import IdTokenGroup
from tests.api.support import API, ApiCase, LiveCase
from tests.stations.factories import StationFactory


class ProblemTests(ApiCase):
    def test_methods_and_addresses_that_there_are_not(self) -> None:
        self.assertEqual(self.ask("put", "stations", {}, expect=405)["code"], "method_not_allowed")
        self.assertEqual(self.ask("get", "nothing", expect=404)["code"], "not_found")
        self.assertEqual(self.ask("post", "nothing", {}, by=self.stranger, expect=404)["code"], "not_found")
        self.assertEqual(self.administrator.get("/api/").status_code, 404)
        self.assertEqual(self.administrator.options(API + "stations").status_code, 405)

    def test_what_django_refuses_before_any_view(self) -> None:
        response = self.viewer.get(API + "stations", HTTP_HOST="elsewhere.example")
        self.assertEqual((response.status_code, response.json()["code"]), (400, "bad_input"))
        response = self.viewer.get("/login/", HTTP_HOST="elsewhere.example")
        self.assertEqual((response.status_code, response["Content-Type"][:9]), (400, "text/html"))

    @override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=3)
    def test_forms_with_too_many_fields(self) -> None:
        fields = {f"field{number}": "x" for number in range(5)}
        response = self.administrator.post(API + "firmware/upload", fields, format="multipart")
        self.assertEqual((response.status_code, response.json()["code"]), (400, "bad_input"))

    @override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
    def test_forms_with_too_long_fields(self) -> None:
        response = self.administrator.post(API + "firmware/upload", {"version": "x" * 100}, format="multipart")
        self.assertEqual((response.status_code, response.json()["code"]), (413, "too_large"))

    def test_broken_forms(self) -> None:
        for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
            response = self.administrator.post(API + "firmware/upload", b"--y", content_type=kind)
            self.assertEqual(response.status_code, 400, response.content)

    def test_forms_that_are_not_spoken(self) -> None:
        response = self.administrator.get(API + "stations", HTTP_ACCEPT="text/html")
        self.assertEqual((response.status_code, response.json()["code"]), (406, "not_acceptable"))
        response = self.administrator.post(API + "groups", "<a/>", content_type="application/xml")
        self.assertEqual((response.status_code, response.json()["code"]), (415, "unsupported_media_type"))

    def test_bodies_that_cannot_be_read(self) -> None:
        for body in (b"{", b"\xff", b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'"x"', b"[]", b"7", b""):
            with self.subTest(body[:20]):
                response = self.administrator.post(API + "groups", body, content_type="application/json")
                self.assertEqual(response.status_code, 400, response.content)
                self.assertEqual(response["Content-Type"], "application/problem+json")

    @override_settings(API_MAX_BODY=100)
    def test_bodies_that_are_too_large(self) -> None:
        self.assertEqual(self.ask("post", "groups", {"name": "x" * 100}, expect=413)["code"], "too_large")

    def test_parameters_that_are_given_twice(self) -> None:
        response = self.viewer.get(f"{API}stations?limit=1&limit=2")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["problems"], [{"path": "limit", "reason": "This is given more than once."}])

    def test_what_the_address_says_already_is_no_parameter(self) -> None:
        StationFactory.create(identity="CP1")
        found = self.ask("get", "stations/CP1/commands", station="CP2", expect=400)
        self.assertEqual(found["problems"], [{"path": "station", "reason": "There is no such field."}])
        self.ask("get", "stations/CP1/commands", action="Reset")
        self.ask("get", "commands", station="CP1")

    def test_problems_are_json_where_the_answer_would_be_something_else(self) -> None:
        for address in ("/api/schema/?nothing=1", f"{API}transactions/export?nothing=1", f"{API}jobs/1/file"):
            for client, status in ((self.stranger, 401), (self.operator, None)):
                with self.subTest(address, status=status):
                    response = client.get(address)
                    self.assertEqual(response["Content-Type"], "application/problem+json")
                    self.assertEqual(response.json()["status"], status or response.status_code)

    def test_deep_payloads(self) -> None:
        StationFactory.create(identity="CP1")
        deep: Any = {}
        for _ in range(30):
            deep = {"x": deep}
        found = self.ask("post", "stations/CP1/commands", {"action": "Reset", "payload": deep}, expect=400)
        self.assertEqual(found["problems"][0]["path"], "payload")

    def test_a_database_out_of_reach_is_503(self) -> None:
        with patch.object(IdTokenGroup.objects, "all", side_effect=OperationalError("secret detail")):
            response = self.viewer.get(API + "groups")
        self.assertEqual((response.status_code, response["Retry-After"]), (503, "5"))
        self.assertNotIn("secret detail", response.content.decode())

    def test_a_writer_that_is_too_slow_is_503(self) -> None:
        with patch.object(change, "store", side_effect=Unavailable("later")):
            response = self.operator.post(API + "groups", {"name": "x"}, format="json")
        self.assertEqual((response.status_code, response["Retry-After"]), (503, "5"))

    def test_a_mistake_of_ours_is_500_and_tells_nothing(self) -> None:
        self.viewer.raise_request_exception = False
        with patch.object(IdTokenGroup.objects, "all", side_effect=ZeroDivisionError("secret detail")):
            response = self.viewer.get(API + "groups")
        self.assertEqual((response.status_code, response.json()["code"]), (500, "error"))
        self.assertNotIn("secret detail", response.content.decode())

    def test_two_at_the_same_time_are_a_conflict(self) -> None:
        """What slips past a look is caught by the constraint of the database."""
        IdTokenGroup.objects.create(name="family")
        with patch(
            "stations.services.authorization.token_register._groups_named", return_value=IdTokenGroup.objects.none()
        ):
            self.assertEqual(self.ask("post", "groups", {"name": "FAMILY"}, expect=409)["code"], "conflict")
        self.assertEqual(AuditEntry.objects.get().outcome, "conflict")


@override_settings(API_RATE="3/hour", API_COMMAND_RATE="1/hour")
class ThrottleTests(ApiCase):
    def test_too_many_requests(self) -> None:
        for _ in range(3):
            self.ask("get", "groups", by=self.viewer)
        response = self.viewer.get(API + "groups")
        self.assertEqual((response.status_code, response.json()["code"]), (429, "too_many_requests"))
        self.assertEqual(response["Content-Type"], "application/problem+json")
        self.assertTrue(1 <= int(response["Retry-After"]) <= 3600)
        self.ask("get", "groups", by=self.operator)  # others are not concerned

    def test_commands_have_a_rate_of_their_own(self) -> None:
        StationFactory.create(identity="CP1")
        self.ask("post", "stations/CP1/commands", {"action": "ClearCache"}, by=self.operator, expect=201)
        self.ask("post", "stations/CP1/commands", {"action": "ClearCache"}, by=self.operator, expect=429)
        self.ask("get", "stations/CP1", by=self.operator)

    def test_who_cannot_be_counted_is_let_through(self) -> None:
        with patch("smartserver.api.throttles.cache.incr", side_effect=ConnectionError):
            for _ in range(5):
                self.ask("get", "groups", by=self.viewer)

    def test_rates_are_read(self) -> None:
        self.assertEqual(parse_rate("600/min"), Rate(600, 60))
        for wrong in ("600", "600/day", "x/min", "0/min", "/min", ""):
            with self.subTest(wrong), self.assertRaises(ValueError):
                parse_rate(wrong)


class LiveProblemTests(LiveCase):
    """What only a real server is asked."""

    def test_a_body_that_is_announced_as_too_large_is_not_read(self) -> None:
        with override_settings(API_MAX_BODY=1000):
            host = urlsplit(self.http)
            with socket.create_connection((host.hostname or "", host.port or 0), timeout=10) as line:
                line.sendall(b"POST /api/v1/groups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
                answer = line.recv(65_536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)

    def test_a_body_without_an_end_is_not_read_to_its_end(self) -> None:
        sent = 0

        def pieces() -> Any:
            nonlocal sent
            for _ in range(10_000):
                sent += 1
                yield b"x" * 1000

        headers = {"Authorization": f"Bearer {self.tokens[Role.OPERATOR]}", "Content-Type": "application/json"}
        with override_settings(API_MAX_BODY=10_000):
            try:
                status = requests.post(
                    self.http + API + "groups", data=pieces(), headers=headers, timeout=20
                ).status_code
            except requests.ConnectionError:
                status = 413  # it hung up, which is as clear
        self.assertEqual(status, 413)
        self.assertLess(sent, 10_000)
        self.assertFalse(IdTokenGroup.objects.exists())

    def test_odd_addresses_are_not_found(self) -> None:
        for address in (
            "stations/%FF",
            "stations/%00",
            "stations/%ED%A0%80",
            "stations//",
            "stations/%2F",
            "%2e%2e/me",
        ):
            with self.subTest(address):
                status = requests.get(
                    f"{self.http}{API}{address}",
                    headers={"Authorization": f"Bearer {self.tokens[Role.VIEWER]}"},
                    timeout=20,
                ).status_code
                self.assertEqual(status, 404)
