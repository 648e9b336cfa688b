"""Tokens of a group and master passes, as the server sees them (block C)."""

from __future__ import annotations

from stations.models import IdToken, Transaction
from stations.ocpp.frames import Payload
from stations.services.authorization.local_lists import send_local_list
from tests.certification.support import CARD
from tests.certification2.central.support import ACCEPTED, CentralCase2, ScriptedStation2
from tests.certification2.support import token


class Listed(CentralCase2):
    """The whole family is in the local list of the station."""

    GROUP: Payload = {"idToken": "FAMILY", "type": "Central"}

    def listed(self, client: ScriptedStation2) -> dict[str, Payload]:
        """What the station is told of each of them."""
        self.family("SISTER")
        IdToken.objects.update(type="ISO14443")
        if self.refuses:
            self.block(IdToken.objects.get(value="SISTER"))
        self.order(send_local_list, mode="full")
        entries = client.expect("SendLocalList")["localAuthorizationList"]
        client.reply(ACCEPTED)
        self.assert_answered(self.newest("SendLocalList"), "Accepted")
        return {each["idToken"]["idToken"]: each["idTokenInfo"] for each in entries}

    refuses = False

    def test_tc_c_40_same_group(self) -> None:
        """The station lets both in without asking, and one stops what the other has started."""
        with self.booted() as client:
            accepted = {"status": "Accepted", "groupIdToken": self.GROUP}
            self.assertEqual(self.listed(client), {CARD: accepted, "SISTER": accepted})
            client.charge()
            client.end("StopAuthorized", "Local", idToken=token("SISTER"))
            stopped_by = self.assert_over("Local").stopped_by
            assert stopped_by is not None
            self.assertEqual(stopped_by.value, "SISTER")

    def test_tc_c_43_same_group_but_refused(self) -> None:
        """The station asks about the one that the list refuses, and so does the server."""
        self.refuses = True
        with self.booted() as client:
            listed = self.listed(client)
            self.assertEqual(listed[CARD], {"status": "Accepted", "groupIdToken": self.GROUP})
            self.assertEqual(listed["SISTER"], {"status": "Blocked", "groupIdToken": self.GROUP})
            client.charge()
            self.assertEqual(client.authorize("SISTER")["status"], "Blocked")
            self.assertTrue(self.transaction().active)


class MasterPass(CentralCase2):
    def test_tc_c_48_stops_what_is_chosen(self) -> None:
        self.masters("CHIEF")
        self.family("SISTER")
        with self.booted() as client:
            client.charge(reference="A")
            client.charge(2, card="SISTER", reference="B")
            info = client.authorize("CHIEF")
            self.assertEqual((info["status"], info["groupIdToken"]["idToken"]), ("Accepted", "MASTERS"))
            client.end("StopAuthorized", "MasterPass", reference="B", evse=2, idToken=token("CHIEF"))
            done = self.assert_one_over()
            assert done.stopped_by is not None
            self.assertEqual((done.reference, done.end_reason, done.stopped_by.value), ("B", "MasterPass", "CHIEF"))

    def assert_one_over(self) -> Transaction:
        self.assertEqual((Transaction.objects.get(active=True).reference, self.row()["sessions"]), ("A", 1))
        return Transaction.objects.get(active=False)
