"""The emulator's local authorization list (block D)."""

from __future__ import annotations

from stations.models import IdToken, LocalList
from stations.ocpp.frames import Payload
from stations.services.authorization.local_lists import send_local_list
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import token


class LocalLists(StationCase2):
    def send(self, **options: object) -> None:
        self.assert_answered(self.order(send_local_list, **options), "Accepted")

    def change(self, version: int, *entries: Payload, result: str = "Accepted", kind: str = "Differential") -> None:  # type: ignore[override]
        data: Payload = {"versionNumber": version, "updateType": kind}
        if entries:
            data["localAuthorizationList"] = list(entries)
        self.ask("SendLocalList", data, result)

    def version_told(self) -> int:
        version: int = self.ask("GetLocalListVersion", {}, "")["versionNumber"]
        return version

    def test_tc_d_01_whole_list(self) -> None:
        with self.booted() as point:
            self.send()
            self.assertEqual(list(LocalList.objects.get().entries), [f"ISO14443:{CARD}"])
            self.assertEqual((len(point.model.access), self.version_told()), (1, 1))

    def test_tc_d_02_an_entry_more(self) -> None:
        with self.booted() as point:
            self.send()
            IdToken.objects.create(value="OTHER", type="ISO14443")
            self.send(mode="auto")
            self.assertEqual(self.newest("SendLocalList").payload["updateType"], "Differential")
            self.assertEqual((len(point.model.access), self.version_told()), (2, 2))

    def test_tc_d_03_an_entry_less(self) -> None:
        with self.booted() as point:
            self.send()
            self.change(2, {"idToken": token()})
            self.assertEqual(len(point.model.access), 0)

    def test_tc_d_04_empty_list(self) -> None:
        with self.booted() as point:
            self.send()
            self.change(2, kind="Full")
            self.assertEqual((len(point.model.access), self.version_told()), (0, 0))

    def test_tc_d_05_nothing_changes(self) -> None:
        with self.booted() as point:
            self.send()
            self.change(2)
            self.assertEqual((len(point.model.access), self.version_told()), (1, 2))

    def test_tc_d_06_another_version(self) -> None:
        with self.booted() as point:
            self.change(5, {"idToken": token(), "idTokenInfo": {"status": "Accepted"}}, kind="Full")
            self.change(4, {"idToken": token()}, result="VersionMismatch")
            self.assertEqual(len(point.model.access), 1)

    def test_tc_d_07_outlasts_a_boot(self) -> None:
        with self.booted():
            self.send()
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.assertEqual(self.version_told(), 1)

    def test_tc_d_08_version(self) -> None:
        with self.booted():
            self.send()
            self.assertEqual(self.version_told(), 1)
            self.assertEqual(LocalList.objects.get().reported_version, 1)

    def test_tc_d_10_version_where_there_may_be_none(self) -> None:
        with self.booted():
            self.set_variable("LocalAuthListCtrlr", "Enabled", "false")
            self.assertEqual(self.version_told(), 0)
            self.change(1, kind="Full", result="Failed")
