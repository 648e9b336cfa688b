"""Rule 30: id tags compare case-insensitively; the tag of remote starts is configurable.

ev-server#1774, evcc#4858, lbbrhzn/ocpp#514.
"""

from __future__ import annotations

from django.test import override_settings

from stations.models import IdToken, Transaction
from tests.field.support import FieldCase
from tests.waiting import eventually


@override_settings(OCPP_ACCEPT_UNKNOWN_TOKENS=False)
class IdTagsInAnyCase(FieldCase):
    def test_token_is_the_same_in_any_case(self) -> None:
        token = IdToken.objects.create(value="Card-aBcD")
        with self.emulated("other-case-id-tag") as station:
            session = self.session(station, "cARD-AbCd")
            self.assertEqual(station.wait_answer("Authorize")[2]["idTagInfo"]["status"], "Accepted")
            station.present("cARD-AbCd")
            stopped = station.wait_answer("StopTransaction")[2]
            self.assertEqual(station.said("StopTransaction")[0][3]["idTag"], "Card-aBcD")
            self.assertEqual(stopped["idTagInfo"]["status"], "Accepted")
            session.refresh_from_db()
            self.assertEqual((session.id_token, session.stopped_by, session.remark), (token, token, ""))
            self.assertEqual(IdToken.objects.count(), 1)

    def test_in_2_too(self) -> None:
        token = IdToken.objects.create(value="Card-aBcD")
        with self.emulated("other-case-id-tag", version="2.0.1") as station:
            session = self.session(station, "cARD-AbCd")
            station.present("cARD-AbCd")
            eventually(lambda: not Transaction.objects.get(pk=session.pk).active)
            session.refresh_from_db()
            self.assertEqual((session.id_token, session.stopped_by), (token, token))
            self.assertEqual(IdToken.objects.count(), 1)

    def test_blocked_token_is_blocked_in_any_case(self) -> None:
        IdToken.objects.create(value="CARD", status=IdToken.Status.BLOCKED)
        with self.emulated() as station:
            station.wait_ready()
            station.plug_in()
            station.present("card")
            self.assertEqual(station.wait_answer("Authorize")[2]["idTagInfo"]["status"], "Blocked")
            self.assertFalse(Transaction.objects.exists())

    @override_settings(OCPP_REMOTE_START_TOKEN="OurServer")
    def test_tag_of_remote_starts_is_ours_to_choose(self) -> None:
        with self.emulated() as station:
            station.wait_ready()
            station.plug_in()
            start = self.settled(self.command("RemoteStartTransaction", {"connectorId": 1, "idTag": "OURSERVER"}))
            self.assertEqual(start.result, "Accepted")
            eventually(lambda: station.running)
            self.assertEqual(station.wait_answer("StartTransaction")[2]["idTagInfo"]["status"], "Accepted")
            self.assertTrue(Transaction.objects.get().active)

    @override_settings(OCPP_REMOTE_START_TOKEN="OurServer")
    def test_nobody_can_simply_present_that_tag(self) -> None:
        with self.emulated() as station:
            station.wait_ready()
            station.plug_in()
            station.present("OurServer")
            self.assertEqual(station.wait_answer("Authorize")[2]["idTagInfo"]["status"], "Invalid")
