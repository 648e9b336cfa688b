"""Rule 4: without a subprotocol the default version is assumed, and the first frame decides; a list is accepted.

OCPP.Core#43, lbbrhzn/ocpp#176, lbbrhzn/ocpp#497.
"""

from __future__ import annotations

from django.test import override_settings

from stations.models import State, Station
from tests.field.support import FieldCase
from tests.waiting import eventually


class NoSubprotocolIsNeeded(FieldCase):
    def test_station_that_offers_none_speaks_the_default_version(self) -> None:
        with self.emulated("no-subprotocol") as station:
            station.wait_answer("BootNotification")
            self.assertEqual((self.station().ocpp_version, self.station().state), ("1.6", State.ONLINE))
            self.assertEqual(station.statistics.errors, 0)

    def test_its_first_frame_decides(self) -> None:
        with self.emulated("no-subprotocol", version="2.0.1") as station:
            self.assertEqual(station.wait_answer("BootNotification")[2]["status"], "Accepted")
            eventually(lambda: self.station().ocpp_version == "2.0.1")
            self.session(station)
            self.assertEqual(station.wait_answer("TransactionEvent")[0], 3)

    def test_without_a_default_it_is_not_let_in(self) -> None:
        with override_settings(OCPP_DEFAULT_VERSION=""), self.emulated("no-subprotocol") as station:
            eventually(lambda: "1002" in station.client.trouble)
            self.assertEqual(station.answers("BootNotification"), [])
            self.assertEqual(Station.objects.get().state, State.NEVER)
            station.vanish()

    def test_list_with_odd_names_is_accepted(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            with self.subTest(version), self.emulated("subprotocol-list", version=version) as station:
                station.wait_answer("BootNotification")
                self.assertEqual(self.station().ocpp_version, version)

    def test_best_common_one_is_chosen(self) -> None:
        with self.server.station(versions=("ocpp1.6", "ocpp2.0.1", "ocpp9")) as client:
            self.assertEqual(client.subprotocol, "ocpp2.0.1")
