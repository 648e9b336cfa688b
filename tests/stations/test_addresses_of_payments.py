"""Addresses in QR codes for payments, and their one-time passwords (2.1 use case C25)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp.web_payments import NotReadable, Recipe, Scanned, missing, read, written

TEMPLATE = "https://pay.example/{chargingStationId}/{evse}/{totp}/{version}"
IN_QUERY = "https://pay.example/pay?s={chargingstationid}&e={evse}&p={totp}&v={version}"
SHOWN = Scanned("CP1", 2, "abc123", "v1", {})
MOMENT = datetime.fromtimestamp(1_716_423_785, UTC)


class Passwords(TestCase):
    def test_others_calculate_the_same(self) -> None:
        """The algorithm has test vectors that implementations in several languages agree on."""
        for recipe, expected in (
            (Recipe("secure!Charging!", 30, 8), ("MdPU0jCm", "CN63y502", "dI54vnA2")),
            (Recipe("secure!Charging!", 3600, 6), ("kDDM3V", "Ik0dNs", "7eNFbx")),
            (Recipe("sécürè!Chärgîng!", 30, 12), ("2z9YFjk3E4Cs", "SLuwWQOYh3g0", "gG7F7AI3znvY")),
        ):
            self.assertEqual(tuple(recipe.password(MOMENT, later) for later in (-1, 0, 1)), expected)

    def test_the_interval_before_and_after_counts_too(self) -> None:
        recipe = Recipe("secure!Charging!", 30, 8)
        password = recipe.password(MOMENT)
        for seconds, proves in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
            self.assertEqual(recipe.proves(password, MOMENT + timedelta(seconds=seconds)), proves)
        self.assertFalse(recipe.proves("é", MOMENT))


class Addresses(TestCase):
    def test_are_read_as_they_were_written(self) -> None:
        shown = SHOWN._replace(station="CP/1 é", limits={"maxTime": 300.0, "maxCost": 12.5, "maxEnergy": 20_000_000.0})
        for template in (TEMPLATE, IN_QUERY):
            self.assertEqual(read(template, written(template, shown)), shown)

    def test_limits_are_parameters(self) -> None:
        shown = SHOWN._replace(limits={"maxTime": 300, "maxCost": 12.5})
        self.assertEqual(written(TEMPLATE, shown), "https://pay.example/CP1/2/abc123/v1?maxtime=300&maxcost=12.5")
        self.assertTrue(written(IN_QUERY, shown).endswith("&v=v1&maxtime=300&maxcost=12.5"))

    def test_what_a_template_lacks(self) -> None:
        self.assertEqual(missing(TEMPLATE), [])
        self.assertEqual(missing("https://pay.example/{evse}/{TOTP}"), ["chargingstationid", "version"])
        self.assertEqual(written("https://pay.example/{evse}/{other}", SHOWN), "https://pay.example/2/")

    def test_what_cannot_be_is_refused(self) -> None:
        good = written(TEMPLATE, SHOWN)
        for address in (
            "",
            "https://[/",
            "http://pay.example/CP1/2/abc123/v1",
            "https://pay.example/2/abc123/v1",
            good.replace("/2/", "/0/"),
            good.replace("/2/", "/x/"),
            good.replace("/2/", "/²/"),
            good.replace("/2/", f"/{'9' * 10}/"),
            f"{good}?maxtime=0",
            f"{good}?maxtime=1.5",
            f"{good}?maxenergy=",
            f"{good}?maxcost=-1",
            f"{good}?maxcost=0.0",
            f"{good}?maxcost=1.x",
            f"{good}?maxcost=²1.5",
            f"{good}?maxcost=1{'0' * 9}.5",
        ):
            with self.subTest(address), self.assertRaises(NotReadable):
                read(TEMPLATE, address)

    def test_a_parameter_that_the_template_has_is_needed(self) -> None:
        with self.assertRaisesRegex(NotReadable, "p is missing"):
            read(IN_QUERY, "https://pay.example/pay?s=CP1&e=2&v=v1")
        with self.assertRaisesRegex(NotReadable, "version is missing"):
            read("https://pay.example/{chargingstationid}/{evse}/{totp}", "https://pay.example/CP1/2/abc")

    @given(st.text(), st.sampled_from((TEMPLATE, IN_QUERY)))
    def test_any_text_is_read_or_refused(self, text: str, template: str) -> None:
        for address in (text, f"https://pay.example/CP1/2/{text}", f"https://pay.example/CP1/2/a/v1?maxcost={text}"):
            try:
                found = read(template, address)
            except NotReadable:
                continue
            self.assertGreater(found.evse, 0)
