"""Which requests a server may have made to the hardware: those of the table, and nothing by any trick."""

from __future__ import annotations

import unittest
from urllib.parse import unquote, urljoin, urlsplit

import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge import paths
from bridge.paths import NotAllowed
from bridge.wire import Method

READABLE = (
    "/id",
    "/state",
    "/release",
    "/version",
    "/macaddress",
    "/updates",
    "/outlets/1/state",
    "/outlets/26/evseid",
    "/ocpp-client/config",
    "/ocpp-client/logs/ocpp.log",
    "/ocpp-client/logs/ocpp.log.1",
    "/controllers/2/api/system/update/status",
    "/controllers/1/api/outlets/1/log/state/full",
    "/services/rfid",
    "/services/led-ctrl/config/colour",
    "/hmi/config",
)
RUN_CODE = (
    "/docker-apps/containers/json",
    "/docker-apps/containers/4fa6e0f0c678/logs?stdout=true&stderr=true",
    "/scripts",
    "/scripts/blink.js",
)
PIECES = (
    *("/", "//", ".", "..", "/..", "/.", "%2e", "%2f", "%2E%2E", "\\", "?", "#", ";", "@", ":", "*", "\n", "\r", "\t"),
    *(
        "\x00",
        " ",
        "\u2028",
        "\uff0e",
        "é",
        "scripts",
        "docker-apps",
        "containers",
        "json",
        "images/load",
        "id",
        "state",
    ),
    *("outlets", "1", "services", "ocpp", "ocpp-client", "logs", "x.log", "api", "http://", "x" * 130, "9999"),
)
TRICKS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=30).map(lambda text: f"/{text}")


def is_allowed(path: str, method: Method = Method.GET, *, powerful: bool = False) -> bool:
    try:
        paths.check(method, path, powerful=powerful)
    except NotAllowed:
        return False
    return True


class TheTable(unittest.TestCase):
    def test_what_may_be_read(self) -> None:
        for path in READABLE:
            self.assertTrue(is_allowed(path), path)
            self.assertTrue(is_allowed(f"{path}?since=1&what=%41"), path)
            self.assertFalse(paths.is_powerful(path), path)

    def test_what_runs_code_has_to_be_switched_on(self) -> None:
        for path in RUN_CODE:
            with self.subTest(path), self.assertRaisesRegex(NotAllowed, "runs code"):
                paths.check(Method.GET, path)
            self.assertTrue(is_allowed(path, powerful=True))
            self.assertTrue(paths.is_powerful(path))

    def test_methods_are_those_of_the_route(self) -> None:
        self.assertTrue(is_allowed("/reset", Method.POST))
        self.assertTrue(is_allowed("/outlets/1/e-stop", Method.DELETE))
        for path, method in (
            ("/reset", Method.GET),
            ("/id", Method.POST),
            ("/ocpp-client/logs/ocpp.log", Method.DELETE),
            ("/hmi/config", Method.DELETE),
        ):
            with self.subTest(path), self.assertRaisesRegex(NotAllowed, method.name):
                paths.check(method, path)
        self.assertFalse(is_allowed("/docker-apps/images/load", Method.GET, powerful=True))

    def test_nothing_else(self) -> None:
        for path in ("", "/", "/emulator/faults", "/etc/passwd", "/ID", "/id/", "//id", "id", "/outlets/1/fly", "*"):
            with self.subTest(path), self.assertRaisesRegex(NotAllowed, "not on the list"):
                paths.check(Method.GET, path, powerful=True)


class Tricks(unittest.TestCase):
    def test_nothing_climbs(self) -> None:
        for path in (
            "/ocpp-client/logs/..",
            "/ocpp-client/logs/.",
            "/ocpp-client/logs/.hidden",
            "/ocpp-client/logs/../../etc/passwd",
            "/services/auth/../../scripts/x",
            "/services/auth/./x",
            "/services/auth/.",
            "/services/./../scripts",
            "/ocpp-client/logs/..%2f..%2fetc",
            "/services/auth//x",
            "/services/auth/a..b",
        ):
            self.assertFalse(is_allowed(path, powerful=True), path)

    def test_encodings_are_named_as_what_they_are(self) -> None:
        for path in ("/%69d", "/ocpp-client/logs/%2e%2e", "/services/auth/../x"):
            with self.subTest(path), self.assertRaisesRegex(NotAllowed, "no path of the hardware"):
                paths.check(Method.GET, path)

    def test_nothing_is_encoded_or_follows(self) -> None:
        for path in (
            "/%69d",
            "/id%00",
            "/id\n",
            "/id\r\nHost: other",
            "/id?x=1\r\nX: y",
            "/state\x00",
            "/id#/scripts",
            "/id?a#b",
            "/id ",
            "/id?a b",
            "/id?é",
            "/id?\x7f",
            "/ıd",
            "/outlets/١/state",
            "/id\u2028",
            "/state;x",
            "/services/auth/x\\..\\y",
            "/id?" + "x" * paths.MAX_PATH,
        ):
            self.assertFalse(is_allowed(path, powerful=True), path)

    @settings(deadline=None)
    @given(TRICKS, st.sampled_from(Method))
    @example("/id\n", Method.GET)
    @example("/services/auth/.", Method.GET)
    def test_an_allowed_path_is_requested_as_it_was_checked(self, path: str, method: Method) -> None:
        """Neither a library, nor a server that decodes and resolves, makes something else of it."""
        if not is_allowed(path, method, powerful=True):
            return
        route = path.partition("?")[0]
        sent = requests.Request(method.name, f"http://charger:3001{path}").prepare()
        parts = urlsplit(sent.url or "")
        self.assertEqual((parts.hostname, parts.port, parts.path), ("charger", 3001, route))
        self.assertEqual(unquote(route), route)
        self.assertEqual(urlsplit(urljoin("http://charger:3001", route)).path, route)

    @settings(deadline=None)
    @given(TRICKS, st.sampled_from(Method))
    def test_what_runs_code_never_passes_by_another_name(self, path: str, method: Method) -> None:
        if is_allowed(path, method):
            self.assertFalse(paths.is_powerful(path))
            self.assertNotRegex(unquote(path.partition("?")[0]), r"^/(scripts|docker-apps)")

    @settings(deadline=None)
    @given(st.sampled_from((*READABLE, *RUN_CODE)), st.integers(0, 60), st.sampled_from(PIECES), st.booleans())
    def test_a_spoiled_path_is_no_way_out(self, path: str, place: int, piece: str, replaces: bool) -> None:
        route = path.partition("?")[0]
        place = min(place, len(route))
        spoiled = route[:place] + piece + route[place + len(piece) * replaces :]
        if is_allowed(spoiled, powerful=True):
            steps = spoiled.partition("?")[0].split("/")[1:]
            self.assertFalse({"", ".", ".."} & set(steps), spoiled)
            self.assertRegex(spoiled.partition("?")[0], r"\A[A-Za-z0-9/._-]+\Z")
