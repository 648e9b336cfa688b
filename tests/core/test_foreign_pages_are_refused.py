"""A web page of somebody else must not open sockets from its visitor's browser; chargers send no Origin at all."""

from __future__ import annotations

from django.test import SimpleTestCase, override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from smartserver.core.sockets import Refused, check_origin


@override_settings(ALLOWED_HOSTS=["solar.example", "[::1]"], CSRF_TRUSTED_ORIGINS=["https://partner.example"])
class ForeignPages(SimpleTestCase):
    def assert_let_in(self, *, origin: str | None, host: str | None = "solar.example") -> None:
        with self.subTest(origin=origin, host=host):
            check_origin(headers(origin, host))

    def assert_refused(self, *, origin: str, host: str | None = "solar.example") -> None:
        with self.subTest(origin=origin, host=host), self.assertRaises(Refused) as caught:
            check_origin(headers(origin, host))
        self.assertEqual(caught.exception.status, 403)

    def test_our_own_pages_may(self) -> None:
        self.assert_let_in(origin="https://solar.example")
        self.assert_let_in(origin="https://Solar.Example", host="SOLAR.example")
        self.assert_let_in(origin="http://solar.example:8000", host="solar.example:8000")
        self.assert_let_in(origin="http://[::1]:8000", host="[::1]:8000")

    def test_machines_without_an_origin_may(self) -> None:
        self.assert_let_in(origin=None)
        self.assert_let_in(origin="")
        self.assert_let_in(origin=None, host=None)

    def test_trusted_pages_may(self) -> None:
        self.assert_let_in(origin="https://partner.example")

    def test_foreign_pages_may_not(self) -> None:
        self.assert_refused(origin="https://evil.example")
        self.assert_refused(origin="https://solar.example.evil.example")
        self.assert_refused(origin="https://solar.example@evil.example")
        self.assert_refused(origin="http://partner.example")
        self.assert_refused(origin="http://solar.example:9000", host="solar.example:8000")

    def test_a_page_whose_name_was_pointed_at_us_may_not(self) -> None:
        self.assert_refused(origin="https://evil.example", host="evil.example")

    def test_pages_without_a_name_may_not(self) -> None:
        for host in ("solar.example", "", None):
            self.assert_refused(origin="null", host=host)
            self.assert_refused(origin="file://", host=host)

    def test_malformed_origins_are_refused_too(self) -> None:
        for origin in (
            "http://[::1",
            "http://[solar.example]",
            "https://\uff0f.example".encode().decode("latin-1"),
            "x",
        ):
            self.assert_refused(origin=origin)
            self.assert_refused(origin=origin, host=None)
        self.assert_refused(origin="https://solar.example", host="solar.example:port:80")

    @given(
        st.text(st.characters(max_codepoint=255), max_size=30), st.text(st.characters(max_codepoint=255), max_size=20)
    )
    @settings(max_examples=200, deadline=None)
    def test_whatever_the_headers_hold_it_is_decided(self, origin: str, host: str) -> None:
        try:
            check_origin(headers(f"http://{origin}", host))
        except Refused as refused:
            self.assertEqual(refused.status, 403)


def headers(origin: str | None, host: str | None) -> dict[bytes, bytes]:
    given = {b"origin": origin, b"host": host}
    return {name: value.encode("latin-1") for name, value in given.items() if value is not None}
