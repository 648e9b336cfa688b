"""FIELD rules 3 to 5: identity, subprotocol, version; what is said before the first frame."""

from __future__ import annotations

import unittest
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from stations.handshake import Spoken, identity_of, negotiate
from stations.ocpp import versions
from stations.ocpp.frames import Payload

PATHS = ("/ocpp/", "/steve/websocket/CentralSystemService/")


def identity(path: str | bytes) -> str | None:
    return identity_of(path.encode() if isinstance(path, str) else path, PATHS)


class Identities(unittest.TestCase):
    def test_stand_at_the_end_of_the_path(self) -> None:
        for path in (
            "/ocpp/CP1",
            "//ocpp//CP1",
            "/ocpp/CP1/",
            "/ocpp///CP1///",
            "ocpp/CP1",
            "/ocpp/CP1/CP1",
            "/ocpp/CP1?cid=7",
            "/ocpp/CP1/?a=/x/y",
            "/steve/websocket/CentralSystemService/CP1",
        ):
            self.assertEqual(identity(path), "CP1", path)

    def test_stand_alone_where_the_bare_prefix_says_so(self) -> None:
        for prefixes in (("/", *PATHS), (*PATHS, "/"), ("/",)):
            for path in ("/CP_1", "//CP_1/", "/CP_1?cid=7", "/CP_1/CP_1"):
                self.assertEqual(identity_of(path.encode(), prefixes), "CP_1", (prefixes, path))
            for path in ("/", "", "//", "/nowhere/CP_1"):
                self.assertIsNone(identity_of(path.encode(), prefixes), (prefixes, path))
        for prefixes in (("/", *PATHS), (*PATHS, "/")):
            self.assertEqual(identity_of(b"/ocpp/CP_1", prefixes), "CP_1")
            for path in ("/ocpp", "/ocpp/", "/steve", "/steve/websocket/CentralSystemService/", "/steve/CP_1"):
                self.assertIsNone(identity_of(path.encode(), prefixes), (prefixes, path))

    def test_are_decoded_once(self) -> None:
        for path, expected in (
            ("/ocpp/CP%2F1", "CP/1"),
            ("/ocpp/CP%201", "CP 1"),
            ("/ocpp/CP%252F1", "CP%2F1"),
            ("/ocpp/K%C3%B6ln-1", "Köln-1"),
            ("/ocpp/a+b", "a+b"),
            ("/ocpp/CP%2F1/CP%2F1", "CP/1"),
            ("/ocpp/100%", "100%"),
        ):
            self.assertEqual(identity(path), expected)

    def test_are_none(self) -> None:
        for path in (
            "/",
            "",
            "/ocpp/",
            "/ocpp",
            "/ocpp//",
            "/ocpp/CP1/CP2",
            "/ocpp/CP1/CP1/CP1",
            "/ocppCP1",
            "/other/CP1",
            "/ocpp/%FF",
            "/ocpp/%00",
            "/ocpp/a%0Ab",
            "/ocpp/%20CP1",
            "/ocpp/CP1%20",
            "/ocpp/" + "x" * 256,
        ):
            self.assertIsNone(identity(path), path)
        self.assertEqual(identity("/ocpp/" + "x" * 255), "x" * 255)

    @given(st.binary())
    def test_any_path_gives_a_clean_one_or_none(self, path: bytes) -> None:
        for raw in (path, b"/ocpp/" + path):
            found = identity(raw)
            self.assertTrue(found is None or (found.isprintable() and 0 < len(found) <= 255), found)

    @given(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=255).filter(
            lambda t: t.isprintable() and t == t.strip()
        )
    )
    def test_any_printable_one_arrives_percent_encoded(self, name: str) -> None:
        self.assertEqual(identity("/ocpp/" + quote(name, safe="")), name)


class Versions(unittest.TestCase):
    def test_best_common_one_is_chosen(self) -> None:
        for offered, chosen in (
            (["ocpp1.6"], Spoken("ocpp1.6", "1.6")),
            (["ocpp1.6", "ocpp2.0.1"], Spoken("ocpp2.0.1", "2.0.1")),
            (["ocpp1.5", "ocpp2.0", "ocpp1.6"], Spoken("ocpp1.6", "1.6")),
            (["ocpp2.1", "ocpp2.0.1"], Spoken("ocpp2.1", "2.1")),
            ([" OCPP1.6 ", ""], Spoken(" OCPP1.6 ", "1.6")),
        ):
            self.assertEqual(negotiate(offered, "1.6"), chosen)

    def test_nothing_offered_is_the_default_until_the_first_frame(self) -> None:
        self.assertEqual(negotiate([], "2.0.1"), Spoken(None, "2.0.1", assumed=True))
        self.assertEqual(negotiate([" "], "1.6"), Spoken(None, "1.6", assumed=True))
        self.assertIsNone(negotiate([], "").version)

    def test_nothing_in_common_is_none(self) -> None:
        self.assertEqual(negotiate(["ocpp1.5", "mqtt"], "1.6"), Spoken(None, None))

    def test_first_frame_tells(self) -> None:
        cases: list[tuple[str, Payload, str | None]] = [
            ("BootNotification", {"chargePointVendor": "V"}, "1.6"),
            ("BootNotification", {"chargePointModel": "M"}, "1.6"),
            ("BootNotification", {"chargingStation": {}}, "2.0.1"),
            ("StartTransaction", {}, "1.6"),
            ("TransactionEvent", {}, "2.0.1"),
            ("StatusNotification", {"connectorStatus": "Occupied"}, "2.0.1"),
            ("StatusNotification", {"status": "Available"}, None),
            ("Heartbeat", {}, None),
        ]
        for action, payload, version in cases:
            self.assertEqual(versions.recognise(action, payload), version)

    def test_subprotocols_name_them(self) -> None:
        self.assertEqual([versions.version_of(name) for name in versions.SUBPROTOCOLS], list(versions.VERSIONS))
        self.assertEqual(versions.version_of(" OCPP2.0.1"), "2.0.1")
