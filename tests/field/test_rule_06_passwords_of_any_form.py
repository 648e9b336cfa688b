"""Rule 6: Basic-auth passwords longer than 20 characters, binary, or hex-encoded work.

ChargeTimeEU/Java-OCA-OCPP#304, #163.
"""

from __future__ import annotations

from django.test import override_settings

from smartserver.core.credentials import hash_key
from stations.models import State, Station
from tests.field.support import FieldCase
from tests.waiting import eventually

HEX = "00FF10A9C3D4E5F60718293A4B5C6D7E8F901122"


@override_settings(OPEN=False)
class PasswordsOfAnyForm(FieldCase):
    def known(self, password: str) -> None:
        Station.objects.update_or_create(identity="CP1", defaults={"password_hash": hash_key(password)})

    def assert_let_in(self, entered: str, sent: str, *quirks: str) -> None:
        self.known(entered)
        with self.emulated(*quirks, password=sent) as station:
            station.wait_answer("BootNotification")
            self.assertEqual(self.station().state, State.ONLINE)

    def test_long_ones(self) -> None:
        for length in (20, 21, 40, 200):
            with self.subTest(length):
                self.assert_let_in("p" * length, "p" * length)

    def test_with_colons_and_letters_beyond_ascii(self) -> None:
        self.assert_let_in("grün:schwarz:€", "grün:schwarz:€")

    def test_sent_as_the_bytes_that_the_digits_stand_for(self) -> None:
        for entered in (HEX, HEX.lower()):
            with self.subTest(entered):
                self.assert_let_in(entered, entered, "binary-password")

    def test_sent_in_hexadecimal_form(self) -> None:
        self.assert_let_in("a simple password", "a simple password", "hex-password")

    def test_entered_as_digits_and_sent_as_digits(self) -> None:
        self.assert_let_in(HEX, HEX)

    def test_wrong_ones_are_refused_in_every_form(self) -> None:
        self.known("the right password")
        for quirks in ((), ("hex-password",), ("binary-password",)):
            with self.subTest(quirks), self.emulated(*quirks, password="c0ffee") as station:
                eventually(lambda station=station: "HTTP 401" in station.client.trouble)  # type: ignore[misc]
                station.vanish()
        self.assertEqual(self.station().state, State.NEVER)
