"""The local authorization list and the cache, offline and before the server is asked (1.6 section 3.5)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.access import CACHE_LIMIT, Access, Verdict
from stations.emulator.point.message import Message
from tests.emulator.scripted import Scripted


def entry(token: str, status: str = "Accepted", **info: str) -> dict[str, Any]:
    return {"idTag": token, "idTagInfo": {"status": status} | info}


class LocalList(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def send(self, kind: str, version: int, *entries: dict[str, Any]) -> str:
        return self.drive.status_of(
            "SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=list(entries)
        )

    @property
    def version(self) -> int:
        return int(self.drive.ask("GetLocalListVersion")["listVersion"])

    def test_has_the_version_of_its_last_update(self) -> None:
        self.assertEqual(self.version, 0)
        self.assertEqual(self.send("Full", 5, entry("A"), entry("B")), "Accepted")
        self.assertEqual(self.version, 5)
        self.assertEqual(self.send("Differential", 6, entry("C"), {"idTag": "a"}), "Accepted")
        self.assertEqual(self.version, 6)
        self.assertIsNone(self.drive.station.access.known("A", self.drive.station.clock(0)))
        self.assertEqual(self.drive.status_of("SendLocalList", updateType="Full", listVersion=2), "Accepted")
        self.assertEqual(self.version, 0)

    def test_refuses_an_older_difference(self) -> None:
        self.send("Full", 5, entry("A"))
        self.assertEqual(self.send("Differential", 5, entry("B")), "VersionMismatch")

    def test_refuses_what_makes_no_sense(self) -> None:
        self.assertEqual(self.send("Full", 0, entry("A")), "Failed")
        self.assertEqual(self.send("Full", 1, entry("A"), entry("a")), "Failed")
        self.assertEqual(self.send("Full", 1, {"idTag": "A"}), "Failed")
        self.assertEqual(self.send("Differential", 1, {"idTag": "NEVER"}), "Accepted")

    def test_has_a_limit(self) -> None:
        self.drive.set(SendLocalListMaxLength=2, LocalAuthListMaxLength=3)
        self.assertEqual(self.send("Full", 1, *(entry(str(n)) for n in range(3))), "Failed")
        self.assertEqual(self.send("Full", 1, entry("A"), entry("B")), "Accepted")
        self.assertEqual(self.send("Differential", 2, entry("C"), entry("D")), "Failed")

    def test_can_be_switched_off(self) -> None:
        self.send("Full", 1, entry("CARD", "Blocked"))
        self.drive.set(LocalAuthListEnabled=False)
        self.assertEqual(self.version, -1)
        self.assertEqual(self.send("Full", 2), "NotSupported")
        self.assertIsNone(self.drive.station.access.known("CARD", self.drive.station.clock(0)))

    def test_lets_its_tokens_in_without_asking(self) -> None:
        self.send("Full", 1, entry("CARD", parentIdTag="GROUP"))
        self.drive.set(LocalPreAuthorize=True)
        self.drive.charge("card")
        self.assertEqual(self.drive.of("Authorize"), [])

    def test_goes_before_the_cache(self) -> None:
        self.drive.charge("CARD")
        self.drive.unplug()
        self.send("Full", 1, entry("CARD", "Blocked"))
        self.drive.lose_connection()
        self.drive.plug_in()
        self.drive.present("CARD")
        self.assertFalse(self.drive.outlet.running)

    def test_asks_the_server_about_a_token_that_it_does_not_let_in(self) -> None:
        self.send("Full", 1, entry("CARD", "Invalid"))
        self.drive.set(LocalPreAuthorize=True)
        self.drive.charge("CARD")
        self.assertEqual(len(self.drive.of("Authorize")), 1)
        known = self.drive.station.access.known("CARD", self.drive.station.clock(0))
        assert known is not None
        self.assertEqual(known.status, "Invalid", "The server's answer is not for the cache.")


class Cache(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def test_of_the_servers_answers_lets_in_without_asking(self) -> None:
        self.drive.set(LocalPreAuthorize=True)
        for asked in (1, 1):
            self.drive.charge()
            self.drive.unplug()
            self.assertEqual(len(self.drive.of("Authorize")), asked)
        self.assertEqual(self.drive.status_of("ClearCache"), "Accepted")
        self.drive.charge()
        self.assertEqual(len(self.drive.of("Authorize")), 2)

    def test_can_be_switched_off(self) -> None:
        self.drive.set(LocalPreAuthorize=True, AuthorizationCacheEnabled=False)
        for asked in (1, 2):
            self.drive.charge()
            self.drive.unplug()
            self.assertEqual(len(self.drive.of("Authorize")), asked)
        self.assertEqual(self.drive.status_of("ClearCache"), "Rejected")

    def test_forgets_what_is_expired(self) -> None:
        self.drive.set(LocalPreAuthorize=True)
        self.drive.registry.tokens["CARD"] = {"status": "Accepted", "expiryDate": self.drive.at(60)}
        self.drive.charge()
        self.drive.unplug()
        self.drive.run(120)
        self.drive.charge()
        self.assertEqual(len(self.drive.of("Authorize")), 2)

    def test_is_bounded(self) -> None:
        access = Access(self.drive.station)
        at = self.drive.station.clock(0)
        for number in range(CACHE_LIMIT + 5):
            access.remember(str(number), Verdict("Accepted"), at)
        self.assertIsNone(access.known("0", at))
        self.assertIsNotNone(access.known(str(CACHE_LIMIT), at))


class Offline(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def starts(self, token: str) -> bool:
        self.drive.plug_in()
        self.drive.present(token)
        running = self.drive.outlet.running
        self.drive.unplug()
        return running

    def test_known_tokens_start_unless_forbidden(self) -> None:
        self.assertTrue(self.starts("KNOWN"))
        self.drive.set(AllowOfflineTxForUnknownId=False)
        self.drive.lose_connection()
        self.assertTrue(self.starts("KNOWN"))
        self.drive.set(LocalAuthorizeOffline=False)
        self.assertFalse(self.starts("KNOWN"))

    def test_unknown_tokens_start_only_where_that_is_allowed(self) -> None:
        self.drive.lose_connection()
        self.assertTrue(self.starts("UNKNOWN"))
        self.drive.set(AllowOfflineTxForUnknownId=False)
        self.assertFalse(self.starts("UNKNOWN"))

    def test_a_session_gets_its_number_when_the_server_hears_of_it(self) -> None:
        self.drive.lose_connection()
        self.drive.charge()
        self.drive.run(60)
        self.drive.reconnect()
        charge = self.drive.outlet.charge
        assert charge is not None
        self.assertEqual(charge.number, 1001)
        self.assertEqual(self.drive.status_of("RemoteStopTransaction", transactionId=1001), "Accepted")

    def test_a_session_of_a_token_that_turns_out_invalid_ends(self) -> None:
        self.drive.lose_connection()
        self.drive.charge()
        self.drive.registry.tokens["CARD"] = {"status": "Invalid"}
        self.drive.reconnect()
        self.assertEqual(self.drive.stopped()["reason"], "DeAuthorized")

    def test_a_session_may_go_on_without_energy_instead(self) -> None:
        self.drive.set(StopTransactionOnInvalidId=False)
        self.drive.lose_connection()
        self.drive.charge()
        self.drive.registry.tokens["CARD"] = {"status": "Invalid"}
        self.drive.reconnect()
        self.assertEqual(self.drive.statuses()[-1], "SuspendedEVSE")
        self.assertEqual(self.drive.outlet.reading(self.drive.now).power_w, 0.0)

    def test_a_session_may_go_on_for_some_energy_more(self) -> None:
        self.drive.set(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=300)
        self.drive.registry.tokens["CARD"] = {"status": "Accepted"}
        self.drive.plug_in()
        self.drive.present()
        charge = self.drive.outlet.charge
        assert charge is not None
        self.drive.outlet.judge(charge, Verdict("Invalid"), self.drive.now)
        self.drive.run(600)
        self.assertEqual(self.drive.statuses(), ["Preparing", "Charging", "SuspendedEVSE"])
        self.drive.unplug()
        meters = self.drive.stopped()["meterStop"] - self.drive.of("StartTransaction")[0]["meterStart"]
        self.assertAlmostEqual(meters, 300, delta=40)

    def test_a_lost_question_is_decided_as_offline(self) -> None:
        self.drive.plug_in()
        self.drive.outlet.present("CARD", self.drive.now)
        self.drive.listen(answer=False)
        self.drive.lose_connection()
        self.assertTrue(self.drive.outlet.running)

    def test_an_answer_that_nobody_asked_for_is_forgotten(self) -> None:
        self.drive.station.answered(Message("DataTransfer"), {"idTagInfo": {"status": "Invalid"}}, self.drive.now)
        self.drive.present("FIRST")
        self.drive.outlet.answered("OTHER", Verdict("Accepted"), self.drive.now)
        self.drive.run(0)
        self.assertFalse(self.drive.outlet.running)
