"""Status and availability of the emulator (block G)."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.waiting import eventually

EVSE: Payload = {"evse": {"id": 1}}
CONNECTOR: Payload = {"evse": {"id": 1, "connectorId": 1}}
STATION: Payload = {}

ALL_OUT, ALL_IN = ("1 Unavailable", "2 Unavailable"), ("1 Available", "2 Available")


class Statuses(StationCase2):
    def test_tc_g_01_occupied(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            self.assertEqual(self.status(1), "Occupied")

    def test_tc_g_02_available_again(self) -> None:
        with self.booted() as point:
            point.plug_in()
            self.assert_story("1 Occupied", "Started CablePluggedIn")
            point.unplug()
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Available")
            self.assertEqual(self.status(1), "Available")

    def test_tc_g_20_lock_fails(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.fault(now, "ConnectorLockFailure"))
            self.assert_story("1 Faulted")
            point.plug_in()
            point.present(CARD)
            self.assert_story("Authorize")
            self.assertEqual((self.status(1), point.charging), ("Faulted", False))


class Availability(StationCase2):
    def change(self, where: Payload, operative: bool, *story: str, result: str = "Accepted") -> None:  # type: ignore[override]
        status = "Operative" if operative else "Inoperative"
        self.ask("ChangeAvailability", {"operationalStatus": status, **where}, result)
        self.assert_story(*story)

    def goes_out(self, where: Payload, *story: str) -> None:
        with self.booted():
            self.change(where, False, *story)
            self.start_remotely("Rejected")

    def comes_back(self, where: Payload, out: tuple[str, ...], back: tuple[str, ...]) -> None:
        with self.booted() as point:
            self.change(where, False, *out)
            self.change(where, True, *back)
            self.charge(point)

    def stays(self, where: Payload, *, operative: bool, story: tuple[str, ...] = ()) -> None:
        with self.booted():
            if not operative:
                self.change(where, False, *story)
            self.change(where, operative)

    def goes_out_after(self, where: Payload, *others: str) -> None:
        """Its transaction ends first."""
        with self.booted() as point:
            self.charge(point)
            self.change(where, False, *others, result="Scheduled")
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local", "1 Unavailable")
            eventually(lambda: self.status(1) == "Unavailable")

    def outlasts_a_boot(self, where: Payload, *story: str) -> None:
        with self.booted():
            self.change(where, False, *[each for each in story if "Unavailable" in each])
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story("BootNotification RemoteReset", *story)

    def test_tc_g_03_evse_out(self) -> None:
        self.goes_out(EVSE, "1 Unavailable")

    def test_tc_g_04_evse_in(self) -> None:
        self.comes_back(EVSE, ALL_OUT[:1], ALL_IN[:1])

    def test_tc_g_05_station_out(self) -> None:
        self.goes_out(STATION, *ALL_OUT)

    def test_tc_g_06_station_in(self) -> None:
        self.comes_back(STATION, ALL_OUT, ALL_IN)

    def test_tc_g_07_connector_out(self) -> None:
        self.goes_out(CONNECTOR, "1 Unavailable")

    def test_tc_g_08_connector_in(self) -> None:
        self.comes_back(CONNECTOR, ALL_OUT[:1], ALL_IN[:1])

    def test_tc_g_09_evse_in_already(self) -> None:
        self.stays(EVSE, operative=True)

    def test_tc_g_10_evse_out_already(self) -> None:
        self.stays(EVSE, operative=False, story=ALL_OUT[:1])

    def test_tc_g_11_evse_out_after_its_transaction(self) -> None:
        self.goes_out_after(EVSE)

    def test_tc_g_12_station_in_already(self) -> None:
        self.stays(STATION, operative=True)

    def test_tc_g_13_station_out_already(self) -> None:
        self.stays(STATION, operative=False, story=ALL_OUT)

    def test_tc_g_14_station_out_after_its_transactions(self) -> None:
        self.goes_out_after(STATION, "2 Unavailable")

    def test_tc_g_15_connector_in_already(self) -> None:
        self.stays(CONNECTOR, operative=True)

    def test_tc_g_16_connector_out_already(self) -> None:
        self.stays(CONNECTOR, operative=False, story=ALL_OUT[:1])

    def test_tc_g_17_connector_out_after_its_transaction(self) -> None:
        self.goes_out_after(CONNECTOR)

    def test_tc_g_18_evse_stays_out_after_a_boot(self) -> None:
        self.outlasts_a_boot(EVSE, "1 Unavailable", "2 Available")

    def test_tc_g_19_connector_stays_out_after_a_boot(self) -> None:
        self.outlasts_a_boot(CONNECTOR, "1 Unavailable", "2 Available")

    def test_tc_g_21_station_stays_out_after_a_boot(self) -> None:
        self.outlasts_a_boot(STATION, *ALL_OUT)
