"""The emulator's local authorization list."""

from __future__ import annotations

from stations.models import IdToken, LocalList
from stations.services.authorization.local_lists import send_local_list
from tests.certification.station.support import StationCase
from tests.certification.support import CARD


class LocalLists(StationCase):
    @property
    def list(self) -> LocalList:
        return LocalList.objects.get(station=self.station)

    def send(self, result: str, **mode: str) -> None:
        self.assert_answered(self.order(send_local_list, **mode), result)

    def test_tc_008_1_on_site(self) -> None:
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.send("Accepted")
            self.start(point)
            self.assertEqual(self.transaction().id_token, self.card)

    def test_tc_008_2_remotely(self) -> None:
        configured = {"LocalPreAuthorize": "true", "AuthorizeRemoteTxRequests": "true"}
        with self.booted(configured=configured) as point:
            self.send("Accepted")
            point.plug_in()
            self.ask("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing", "StartTransaction", "1 Charging")

    def test_tc_042_1_no_list(self) -> None:
        with self.booted(configured={"LocalAuthListEnabled": "false"}):
            self.assertEqual(self.ask("GetLocalListVersion", {}, ""), {"listVersion": -1})
            self.assertEqual(self.list.reported_version, -1)

    def test_tc_042_2_empty_list(self) -> None:
        with self.booted():
            self.assertEqual(self.ask("GetLocalListVersion", {}, ""), {"listVersion": 0})

    def test_tc_043_1_not_supported(self) -> None:
        with self.booted(configured={"LocalAuthListEnabled": "false"}):
            self.send("NotSupported", mode="full")
            self.assertEqual(self.list.result, "NotSupported")

    def test_tc_043_2_version_mismatch(self) -> None:
        with self.booted() as point:
            self.send("Accepted", mode="full")
            entry = {"idTag": "NEW", "idTagInfo": {"status": "Accepted"}}
            stale = {"listVersion": 1, "updateType": "Differential", "localAuthorizationList": [entry]}
            self.ask("SendLocalList", stale, "VersionMismatch")
            self.assertEqual(point.model.access.reported_version, 1)

    def test_tc_043_3_failed(self) -> None:
        with self.booted() as point:
            point.set(SendLocalListMaxLength="1")  # and the server does not know it yet
            IdToken.objects.create(value="NEW")
            self.send("Failed", mode="full")
            self.assertEqual((self.list.result, self.list.entries), ("Failed", {}))

    def test_tc_043_4_full(self) -> None:
        with self.booted() as point:
            self.send("Accepted", mode="full")
            self.assertEqual(self.ask("GetLocalListVersion", {}, ""), {"listVersion": 1})
            self.assertEqual(self.list.version, 1)
            point.go_offline()
            known = point.do(lambda model, now: model.access.known(CARD, model.clock(now)))
            assert known is not None
            self.assertTrue(known.accepted)

    def test_tc_043_5_differential(self) -> None:
        with self.booted() as point:
            self.send("Accepted", mode="full")
            IdToken.objects.create(value="NEW")
            IdToken.objects.filter(pk=self.card.pk).update(in_local_list=False)
            self.send("Accepted")
            self.assertEqual(self.newest("SendLocalList").payload["updateType"], "Differential")
            self.assertEqual(self.ask("GetLocalListVersion", {}, ""), {"listVersion": 2})
            known = point.do(lambda model, now: [model.access.known(card, model.clock(now)) for card in (CARD, "NEW")])
            self.assertEqual([each is not None and each.accepted for each in known], [False, True])
