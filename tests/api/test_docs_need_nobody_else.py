"""The OpenAPI document and Swagger UI: complete, behind the login, without foreign servers."""

from __future__ import annotations

import re

from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

from tests.api.support import ApiCase, LiveCase, document
from tests.browser import chromium
from tests.services import needs_chromium


class DocsTests(ApiCase):
    def test_strangers_are_led_to_the_login(self) -> None:
        for address in ("/api/docs/", "/api/docs"):
            response = self.stranger.get(address)
            self.assertEqual((response.status_code, response["Location"]), (302, f"/login/?next={address}"))
        self.assertEqual(self.stranger.get("/api/schema/").status_code, 401)

    def test_the_page_loads_everything_from_here(self) -> None:
        response = self.viewer.get("/api/docs/")
        text = response.content.decode()
        found = re.findall(r'(?:src|href)="([^"]+)"', text)
        self.assertEqual(len(found), 7)
        self.assertIn("/", found, "the way back to the dashboard")
        for address in found:
            if address == "/":
                continue
            self.assertTrue(address.startswith("/static/"), address)
            self.assertIsNotNone(finders.find(address.removeprefix("/static/")), address)
        self.assertNotIn("http", text.replace("http-equiv", ""))

    def test_its_policy_is_the_strict_one(self) -> None:
        policy = self.viewer.get("/api/docs/")["Content-Security-Policy"]
        self.assertIn("default-src 'self'", policy)
        self.assertNotIn("unsafe", policy)
        text = self.viewer.get("/api/docs/").content.decode()
        self.assertNotRegex(text, r"<script>|<style|style=|onload=")

    def test_visitors_of_an_open_server_may_read_it(self) -> None:
        with override_settings(OPEN=True):
            self.assertEqual(self.stranger.get("/api/docs/").status_code, 200)
            self.assertEqual(self.stranger.get("/api/schema/").status_code, 200)


class DocumentTests(ApiCase):
    def test_it_comes_as_yaml_or_json(self) -> None:
        self.assertTrue(self.viewer.get("/api/schema/").content.startswith(b"openapi: 3"))
        self.assertTrue(self.viewer.get("/api/schema/?format=yaml").content.startswith(b"openapi: 3"))
        self.assertIn("/api/v1/stations", self.viewer.get("/api/schema/?format=json").json()["paths"])
        self.assertIn("paths", self.viewer.get("/api/schema", HTTP_ACCEPT="application/json").json())
        self.assertEqual(self.viewer.get("/api/schema/?format=xml").status_code, 400)

    def test_it_is_valid_and_made_without_a_warning(self) -> None:
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")

    def test_every_operation_is_described(self) -> None:
        names = []
        for path, methods in document()["paths"].items():
            for method, operation in methods.items():
                with self.subTest(path, method=method):
                    names.append(operation["operationId"])
                    if not path.startswith("/api/v1/"):
                        continue
                    self.assertRegex(operation["operationId"], r"^[a-z][A-Za-z]+$")
                    self.assertGreater(len(operation["summary"]), 5)
                    self.assertTrue(operation["description"])
                    self.assertTrue({"401", "403", "406", "429", "503"} <= operation["responses"].keys())
                    for status, response in operation["responses"].items():
                        self.assertTrue(response["description"], status)
                        if int(status) >= 400:
                            self.assertEqual(list(response["content"]), ["application/problem+json"])
                            example = response["content"]["application/problem+json"]["example"]
                            self.assertEqual(example["status"], int(status))
        self.assertEqual(len(names), len(set(names)))

    def test_enumerations_have_names(self) -> None:
        names = [name for name, schema in document()["components"]["schemas"].items() if "enum" in schema]
        self.assertGreater(len(names), 15)
        self.assertEqual([name for name in names if re.search(r"[0-9a-f]{3}(Enum)?$|Enum$", name)], [])

    def test_bodies_are_closed(self) -> None:
        schemas = document()["components"]["schemas"]
        for name in ("CommandInRequest", "StationInRequest", "PatchedStationSettingsRequest"):
            self.assertIs(schemas[name]["additionalProperties"], False, name)


@needs_chromium
class SwaggerTests(LiveCase):
    def test_swagger_shows_the_operations_under_the_strict_policy(self) -> None:
        elsewhere: list[str] = []
        complaints: list[str] = []
        with override_settings(OPEN=True), chromium() as browser:
            page = browser.new_page()
            page.on("request", lambda r: None if r.url.startswith((self.http, "data:")) else elsewhere.append(r.url))
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.goto(f"{self.http}/api/docs/")
            page.locator("#operations-tag-commands").click(timeout=20_000)
            page.wait_for_selector("#operations-commands-sendCommand", timeout=20_000)
        self.assertEqual(elsewhere, [])
        self.assertEqual([each for each in complaints if "Content Security Policy" in each], [])
