"""Rule 3: percent-encoded identities are decoded; doubled, trailing and prefixed slashes are accepted.

citrineos-core#1093, OpenEMS#1401, lbbrhzn/ocpp#1078.
"""

from __future__ import annotations

from stations.models import Station
from tests.field.support import FieldCase


class AddressesAreForgiven(FieldCase):
    def test_slashes_and_repetitions_do_not_matter(self) -> None:
        for quirk in ("doubled-slashes", "trailing-slash", "identity-twice"):
            with self.subTest(quirk), self.emulated(quirk) as station:
                station.wait_answer("BootNotification")
        self.assertEqual(list(Station.objects.values_list("identity", "connection")), [("CP1", 3)])

    def test_all_of_them_at_once(self) -> None:
        with self.emulated("identity-twice", "doubled-slashes", "trailing-slash") as station:
            station.wait_answer("BootNotification")
        self.assertEqual(Station.objects.get().identity, "CP1")

    def test_percent_encoded_identity_is_decoded_once(self) -> None:
        for identity in ("CP/1", "Säule 7", "50%25"):
            with self.subTest(identity), self.emulated("trailing-slash", identity=identity) as station:
                station.wait_answer("BootNotification")
                self.assertTrue(Station.objects.filter(identity=identity).exists())
        self.assertEqual(Station.objects.count(), 3)
