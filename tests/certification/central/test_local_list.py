"""Local authorization lists, computed and sent by the server."""

from __future__ import annotations

from stations.models import IdToken, LocalList
from stations.ocpp.frames import Payload
from stations.services.authorization.local_lists import send_local_list
from tests.certification.central.support import ACCEPTED, CentralCase, ScriptedStation
from tests.certification.support import CARD

GOOD = {"status": "Accepted"}


class LocalLists(CentralCase):
    @property
    def list(self) -> LocalList:
        return LocalList.objects.get(station=self.station)

    def send(self, client: ScriptedStation, status: str, **mode: str) -> Payload:
        """Bring the station's list up to date; what it was sent."""
        command = self.order(send_local_list, **mode)
        sent = client.expect("SendLocalList")
        client.reply({"status": status})
        self.assert_answered(command, status)
        return sent

    def test_tc_042_1_no_list(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            done = self.ask(client, "GetLocalListVersion", {}, {"listVersion": -1}, "")
            self.assertEqual(done.reply, {"listVersion": -1})
            self.assertEqual(self.list.reported_version, -1)

    def test_tc_042_2_empty_list(self) -> None:
        with self.booted() as client:
            self.settle_first(client)
            self.ask(client, "GetLocalListVersion", {}, {"listVersion": 0}, "")
            self.assertEqual(self.list.reported_version, 0)

    def test_tc_043_1_not_supported(self) -> None:
        with self.booted() as client:
            self.send(client, "NotSupported")
            self.assertEqual((self.list.version, self.list.result), (-1, "NotSupported"))

    def test_tc_043_2_version_mismatch(self) -> None:
        """What the station has is in doubt: it gets the whole list."""
        with self.booted() as client:
            self.send(client, "Accepted", mode="full")
            IdToken.objects.create(value="NEW")
            self.assertEqual(self.send(client, "VersionMismatch")["updateType"], "Differential")
            again = client.expect("SendLocalList")
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("SendLocalList"), "Accepted")
            self.assertEqual(again["updateType"], "Full")
            self.assertEqual(set(self.list.entries), {CARD, "NEW"})

    def test_tc_043_3_failed(self) -> None:
        with self.booted() as client:
            self.send(client, "Failed", mode="full")
            found = self.list
            self.assertEqual((found.result, found.entries, found.confirmed_at), ("Failed", {}, None))

    def test_tc_043_4_full(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            sent = self.send(client, "Accepted", mode="full")
            self.assertEqual((sent["listVersion"], sent["updateType"]), (1, "Full"))
            info = {"status": "Accepted", "parentIdTag": "FAMILY"}
            expected = [{"idTag": CARD, "idTagInfo": info}, {"idTag": "SISTER", "idTagInfo": info}]
            self.assertEqual(sent["localAuthorizationList"], expected)
            self.assertEqual((self.list.version, self.list.entries), (1, {CARD: info, "SISTER": info}))

    def test_tc_043_5_differential(self) -> None:
        with self.booted() as client:
            self.send(client, "Accepted", mode="full")
            IdToken.objects.create(value="NEW")
            self.block(self.card)
            sent = self.send(client, "Accepted")
            self.assertEqual((sent["listVersion"], sent["updateType"]), (2, "Differential"))
            changes = {each["idTag"]: each["idTagInfo"] for each in sent["localAuthorizationList"]}
            self.assertEqual(changes, {"NEW": GOOD, CARD: {"status": "Blocked"}})
            self.assertEqual((self.list.version, self.list.entries), (2, changes))
