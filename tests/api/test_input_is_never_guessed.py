"""A value is of the kind that the document names, or refused with its place: nothing is made of something else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers
from rest_framework.test import APIClient

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject
from smartserver.api.kinds import kind_of
from smartserver.webhooks.models import Subscription
from stations.models import Command, FirmwareFile, IdToken, IdTokenGroup, Station, Transaction
from tests.api.support import API, ApiCase
from tests.stations.factories import StationFactory, TransactionFactory

TEXT = "This is not a text."
FLAG = "This is not true or false."
WHOLE = "This is not a whole number."

JSON = "application/json"


class JsonTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1", note="before")

    def refused(self, method: str, address: str, body: Any) -> list[tuple[str, str]]:
        found = self.ask(method, address, body, expect=400)
        self.assertEqual(found["code"], "bad_input")
        return [(each["path"], each["reason"]) for each in found["problems"]]

    def test_texts(self) -> None:
        for wrong in (5, 5.5, True, ["x"], {"x": "y"}):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.refused("post", "groups", {"name": wrong}), [("name", TEXT)])
        self.assertFalse(IdTokenGroup.objects.exists())

    def test_texts_are_as_long_as_they_were_sent(self) -> None:
        """Also where the blanks around them are dropped."""
        for name in ("x" * 36 + " ", "\n" + "x" * 36, " " * 37):
            with self.subTest(name=name):
                found = self.refused("post", "groups", {"name": name})
                self.assertEqual(found, [("name", "Ensure this field has no more than 36 characters.")])
        self.assertEqual(self.ask("post", "groups", {"name": " " + "x" * 35}, expect=201)["name"], "x" * 35)

    def test_flags(self) -> None:
        for wrong in ("yes", "true", 1, 0, "", [True]):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.refused("patch", "stations/CP1", {"strict": wrong}), [("strict", FLAG)])
        self.station.refresh_from_db()
        self.assertFalse(self.station.strict)

    def test_whole_numbers(self) -> None:
        for wrong in ("300", 300.5, True, [300]):
            with self.subTest(wrong=wrong):
                found = self.refused("patch", "stations/CP1", {"heartbeat_interval": wrong})
                self.assertEqual(found, [("heartbeat_interval", WHOLE)])
        self.station.refresh_from_db()
        self.assertIsNone(self.station.heartbeat_interval)

    def test_a_whole_number_may_be_written_with_a_point(self) -> None:
        """JSON has one kind of number, and JSON Schema calls 300.0 whole."""
        self.assertEqual(self.ask("patch", "stations/CP1", {"heartbeat_interval": 300.0})["heartbeat_interval"], 300)

    def test_numbers(self) -> None:
        for wrong in ("1", "1.5", True, [1]):
            with self.subTest(wrong=wrong):
                body = {"action": "ClearCache", "wait": wrong}
                self.assertEqual(
                    self.refused("post", "stations/CP1/commands", body), [("wait", "This is not a number.")]
                )
        self.assertFalse(Command.objects.exists())

    def test_choices_and_moments(self) -> None:
        self.assertEqual(self.refused("patch", "stations/CP1", {"registration": 1}), [("registration", TEXT)])
        body = {"value": "CARD1", "expires_at": 1_800_000_000}
        self.assertEqual(self.refused("post", "id-tokens", body), [("expires_at", TEXT)])
        self.assertFalse(IdToken.objects.exists())

    def test_lists_and_what_is_in_them(self) -> None:
        hook = {"url": "https://example.org/"}
        for body, expected in (
            ({"kinds": "*"}, [("kinds", "This is not a list.")]),
            ({"kinds": {"0": "*"}}, [("kinds", "This is not a list.")]),
            ({"kinds": ["*", 5]}, [("kinds/1", TEXT)]),
            ({"stations": ["CP1", 5, True]}, [("stations/1", TEXT), ("stations/2", TEXT)]),
        ):
            with self.subTest(body=body):
                self.assertEqual(self.refused("post", "webhooks", hook | body), expected)
        self.assertFalse(Subscription.objects.exists())

    def test_objects_and_what_is_in_them(self) -> None:
        for values, expected in (
            ([["x", "y"]], [("values", "This is not a JSON object.")]),
            ({"HeartbeatInterval": 60, "Other": "x"}, [("values/HeartbeatInterval", TEXT)]),
        ):
            with self.subTest(values=values):
                self.assertEqual(self.refused("post", "stations/CP1/configuration", {"values": values}), expected)
        self.assertFalse(Command.objects.exists())

    def test_all_wrong_kinds_are_told_at_once(self) -> None:
        found = self.refused("patch", "stations/CP1", {"strict": "yes", "note": 5, "heartbeat_interval": "300"})
        self.assertEqual(found, [("strict", FLAG), ("note", TEXT), ("heartbeat_interval", WHOLE)])
        self.assertEqual(Station.objects.get().note, "before")

    def test_null_is_for_fields_that_may_be_null(self) -> None:
        self.ask("patch", "stations/CP1", {"heartbeat_interval": None})
        self.assertEqual([path for path, _ in self.refused("patch", "stations/CP1", {"strict": None})], ["strict"])

    def test_problems_have_an_end(self) -> None:
        body = {"url": "https://example.org/", "stations": [5] * 10_000}
        self.assertEqual(len(self.refused("post", "webhooks", body)), 100)


class TextTests(ApiCase):
    """In a query and in a form everything is a text, which has to be written as JSON would have it."""

    def test_flags(self) -> None:
        StationFactory.create(identity="CP1", strict=True)
        for text, status in (("true", 200), ("True", 200), ("false", 200), ("yes", 400), ("1", 400), ("null", 400)):
            with self.subTest(text):
                self.ask("get", "stations", strict=text, expect=status)
        self.assertEqual(self.ask("get", "stations", strict="true")["count"], 1)
        self.assertEqual(self.ask("get", "stations", strict="false")["count"], 0)

    def test_whole_numbers(self) -> None:
        for text in ("5.0", " 5", "1_0", "٥", "5e0", "+5", "", "true"):
            with self.subTest(text):
                found = self.ask("get", "stations", limit=text, expect=400)
                self.assertEqual(found["problems"], [{"path": "limit", "reason": WHOLE}])
        self.ask("get", "stations", limit="5")

    def test_texts_of_digits_are_texts(self) -> None:
        TransactionFactory.create(station=StationFactory.create(identity="5"))
        self.assertEqual(len(self.ask("get", "transactions", station="5")["results"]), 1)

    def test_forms(self) -> None:
        file = SimpleUploadedFile("f.bin", b"firmware")
        response = self.administrator.post(
            API + "firmware/upload", {"file": file, "version": "5", "description": "true"}, format="multipart"
        )
        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(FirmwareFile.objects.values_list("version", "description").get(), ("5", "true"))


class NoBodyTests(ApiCase):
    """Operations that take no body."""

    def setUp(self) -> None:
        super().setUp()
        station = StationFactory.create(identity="CP1")
        address = f"transactions/{TransactionFactory.create(station=station).pk}/close"
        self.operations = [("get", "stations/CP1"), ("post", address), ("delete", "stations/CP1")]

    def send(self, client: APIClient, number: int, body: str, kind: str = JSON, **headers: str) -> int:
        method, address = self.operations[number]
        response = client.generic(method.upper(), API + address, body, content_type=kind, headers=headers)
        if response.status_code >= 400:
            self.assertEqual(response["Content-Type"], "application/problem+json")
        return response.status_code

    def test_any_body_is_refused(self) -> None:
        bodies = ('{"reason": "ghost"}', "[]", "null", "false", '""', "0", "{")
        for number, body in itertools.product(range(len(self.operations)), bodies):
            with self.subTest(self.operations[number][0], body=body):
                self.assertEqual(self.send(self.administrator, number, body), 400)
        self.assertTrue(Transaction.objects.get().active)

    def test_forms_are_not_spoken(self) -> None:
        """Neither to programs nor to browsers, whose forms are looked through for a CSRF token before all else."""
        browser = APIClient(enforce_csrf_checks=True)
        browser.force_login(self.users[Role.ADMINISTRATOR])
        browser.cookies["csrftoken"] = token = "a" * 32
        form = '--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\nghost\r\n--x--\r\n'
        bodies = (
            (form, "multipart/form-data; boundary=x"),
            ("reason=ghost", "application/x-www-form-urlencoded"),
            ("ghost", "text/plain"),
        )
        for client, number, (body, kind) in itertools.product((self.administrator, browser), range(3), bodies):
            with self.subTest(self.operations[number][0], kind=kind, browser=client is browser):
                self.assertEqual(self.send(client, number, body, kind, **{"X-CSRFToken": token}), 415)
        self.assertTrue(Transaction.objects.get().active)

    def test_nothing_and_an_empty_object_are_fine(self) -> None:
        for body, kind in (("", "text/plain"), ("", "application/x-www-form-urlencoded"), (" { } ", JSON)):
            with self.subTest(body=body, kind=kind):
                Transaction.objects.update(active=True)
                for number in (0, 1):
                    self.assertEqual(self.send(self.administrator, number, body, kind), 200)
        self.assertEqual(self.send(self.administrator, 2, "{}"), 204)

    def test_the_document_takes_none_either(self) -> None:
        response = self.administrator.generic("GET", "/api/schema/", "[]", content_type=JSON)
        self.assertEqual(response.status_code, 400)


def bodies_and_queries(resolver: Any) -> Iterator[type[serializers.Serializer[Any]]]:
    """The input serializers of all operations."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from bodies_and_queries(each)
        elif isinstance(each, URLPattern):
            view: Any = each.callback
            for name in getattr(view, "actions", {}).values():
                operation = getattr(view.cls, name).operation
                yield from filter(None, (operation.body, operation.query))


class KindTests(ApiCase):
    def test_every_field_of_every_input_has_a_kind(self) -> None:
        """Another class of field would be read as DRF does, which guesses."""
        found = set(bodies_and_queries(get_resolver()))
        self.assertGreater(len(found), 40)
        for serializer in found:
            for name, field in _leaves(serializer()):
                with self.subTest(f"{serializer.__name__}.{name}"):
                    looks_for_itself = isinstance(field, JSONObject | serializers.FileField)
                    self.assertTrue(looks_for_itself or kind_of(field) is not None, type(field))


def _leaves(serializer: serializers.Serializer[Any]) -> Iterator[tuple[str, Any]]:
    """The fields that hold no others; an input inside an input looks at its own."""
    for name, field in serializer.fields.items():
        while isinstance(field, serializers.ListField | serializers.DictField):
            field = field.child
        if isinstance(field, InputSerializer):
            yield from ((f"{name}.{inner}", leaf) for inner, leaf in _leaves(field))
        else:
            yield name, field
