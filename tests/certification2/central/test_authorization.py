"""Who may charge, and local lists, as the server sees them (blocks C and D)."""

from __future__ import annotations

from stations.models import IdToken, LocalList, Transaction
from stations.ocpp.frames import Payload
from stations.services.authorization.local_lists import send_local_list
from tests.certification.support import CARD, STRANGER
from tests.certification2.central.support import ACCEPTED, CentralCase2, ScriptedStation2
from tests.certification2.support import token


class Tokens(CentralCase2):
    def refused(self, card: str, *statuses: str) -> None:
        """Whether it is asked about, or told with the transaction."""
        with self.booted() as client:
            client.tell(1, "Occupied")
            self.assertIn(client.authorize(card)["status"], statuses)
            self.assertFalse(Transaction.objects.exists())
            answer = client.event("Started", "Authorized", idToken=token(card))
            self.assertIn(answer["idTokenInfo"]["status"], statuses)
            client.event("Ended", "Deauthorized", info={"stoppedReason": "DeAuthorized"})
            self.assertEqual(self.transaction().end_reason, "DeAuthorized")

    def test_tc_c_02_unknown(self) -> None:
        self.refused(STRANGER, "Unknown", "Invalid")

    def test_tc_c_06_blocked(self) -> None:
        self.block(self.card)
        self.refused(CARD, "Blocked")

    def test_tc_c_07_expired(self) -> None:
        self.expire(self.card)
        self.refused(CARD, "Expired")

    def test_tc_c_08_cached_and_accepted(self) -> None:
        """The station does not ask before; the verdict comes with the transaction."""
        with self.booted() as client:
            client.tell(1, "Occupied")
            answer = client.event("Started", "Authorized", idToken=token())
            self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
            self.assertEqual(self.row()["sessions"], 1)

    def test_tc_c_20_cached_and_invalid(self) -> None:
        self.block(self.card)
        with self.booted() as client:
            answer = client.event("Started", "Authorized", idToken=token())
            self.assertEqual(answer["idTokenInfo"]["status"], "Blocked")
            client.event("Updated", "Deauthorized", "SuspendedEVSE")
            client.event("Ended", "EVCommunicationLost", info={"stoppedReason": "DeAuthorized"})
            self.assertEqual(self.transaction().end_reason, "DeAuthorized")

    def test_tc_c_37_clear_the_cache(self) -> None:
        self.asked("ClearCache", {})

    def test_tc_c_38_clear_the_cache_rejected(self) -> None:
        self.asked("ClearCache", {}, "Rejected")

    def test_tc_c_39_same_group(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            self.assertEqual(client.authorize()["groupIdToken"]["idToken"], "FAMILY")
            client.charge()
            info = client.authorize("SISTER")
            self.assertEqual((info["status"], info["groupIdToken"]["idToken"]), ("Accepted", "FAMILY"))
            client.end("StopAuthorized", "Local", idToken=token("SISTER"))
            stopped_by = self.assert_over("Local").stopped_by
            assert stopped_by is not None
            self.assertEqual(stopped_by.value, "SISTER")

    def test_tc_c_47_master_pass_stops_all(self) -> None:
        self.masters("CHIEF")
        self.family("SISTER")
        with self.booted() as client:
            client.charge(reference="A")
            self.assertEqual(client.authorize("CHIEF")["groupIdToken"]["idToken"], "MASTERS")
            client.end("StopAuthorized", "MasterPass", reference="A", idToken=token("CHIEF"))
            client.charge(2, card="SISTER", reference="B")
            client.end("StopAuthorized", "MasterPass", reference="B", evse=2, idToken=token("CHIEF"))
            self.assert_over("MasterPass")
            self.assertFalse(Transaction.objects.filter(active=True).exists())

    def test_tc_c_49_master_pass_without_a_display(self) -> None:
        self.masters("CHIEF")
        with self.charging() as (client, _):
            client.end("StopAuthorized", "MasterPass", idToken=token("CHIEF"))
            done = self.assert_over("MasterPass")
            self.assertEqual((done.stopped_by, done.remark), (IdToken.objects.get(value="CHIEF"), ""))


class LocalLists(CentralCase2):
    def send(self, client: ScriptedStation2, mode: str = "full") -> Payload:
        """What the station gets, and accepts."""
        self.order(send_local_list, mode=mode)
        sent = client.expect("SendLocalList")
        client.reply(ACCEPTED)
        self.assert_answered(self.newest("SendLocalList"), "Accepted")
        return sent

    def entry(self, value: str) -> Payload:
        return {"idToken": token(value), "idTokenInfo": {"status": "Accepted"}}

    def setUp(self) -> None:
        super().setUp()
        IdToken.objects.filter(pk=self.card.pk).update(type="ISO14443")

    def test_tc_d_01_whole_list(self) -> None:
        with self.booted() as client:
            sent = self.send(client)
            self.assertEqual((sent["updateType"], sent["localAuthorizationList"]), ("Full", [self.entry(CARD)]))
            self.assertEqual(list(LocalList.objects.get().entries), [f"ISO14443:{CARD}"])

    def test_tc_d_02_an_entry_more(self) -> None:
        with self.booted() as client:
            self.send(client)
            IdToken.objects.create(value="OTHER", type="ISO14443")
            sent = self.send(client, "auto")
            self.assertEqual(
                (sent["updateType"], sent["localAuthorizationList"]), ("Differential", [self.entry("OTHER")])
            )

    def test_tc_d_03_an_entry_less(self) -> None:
        with self.booted() as client:
            self.send(client)
            IdToken.objects.create(value="OTHER", type="ISO14443")
            self.send(client, "auto")
            self.card.delete()
            sent = self.send(client, "auto")
            self.assertEqual(
                (sent["updateType"], sent["localAuthorizationList"]), ("Differential", [{"idToken": token()}])
            )

    def test_tc_d_04_empty_list(self) -> None:
        with self.booted() as client:
            self.send(client)
            self.card.delete()
            sent = self.send(client)
            self.assertEqual((sent["updateType"], sent.get("localAuthorizationList", [])), ("Full", []))
            self.assertEqual(LocalList.objects.get().entries, {})

    def version_told(self, number: int) -> None:
        with self.booted() as client:
            self.ask(client, "GetLocalListVersion", {}, {"versionNumber": number}, "")
        self.assertEqual(LocalList.objects.get().reported_version, number)

    def test_tc_d_08_version(self) -> None:
        self.version_told(4)

    def test_tc_d_09_version_where_there_is_none(self) -> None:
        self.version_told(0)
