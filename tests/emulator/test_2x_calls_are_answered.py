"""What a server asks of a 2.x station about sessions is done, and answered truthfully (C to H)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.connector import Lock
from tests.emulator.scripted2 import Scripted2, group, token
from tests.emulator.test_2x_sessions_are_told import profile


class RemoteStart(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def start(self, **options: Any) -> dict[str, Any]:
        return self.drive.ask("RequestStartTransaction", **{"idToken": token("REMOTE"), "remoteStartId": 7} | options)

    def test_goes_to_the_vehicle_that_waits(self) -> None:
        """F01: the transaction is open, so the answer names it."""
        self.drive.plug_in(2)
        answer = self.start()
        event = self.drive.events()[1]
        self.assertEqual(answer, {"status": "Accepted", "transactionId": event["transactionInfo"]["transactionId"]})
        self.assertEqual((event["triggerReason"], event["evse"]["id"]), ("RemoteStart", 2))
        self.assertEqual((event["transactionInfo"]["remoteStartId"], event["idToken"]), (7, token("REMOTE")))
        self.assertEqual(self.drive.of("Authorize"), [])

    def test_waits_for_a_cable(self) -> None:
        """F02."""
        self.assertEqual(self.start(evseId=1), {"status": "Accepted"})
        self.drive.plug_in()
        self.assertIn("Updated RemoteStart EVConnected", self.drive.story())
        self.drive.unplug()
        self.drive.charge()
        self.assertIn("Updated Authorized EVConnected", self.drive.story(), "the next one is nobody's order")

    def test_is_forgotten_when_nobody_plugs_in(self) -> None:
        self.start(evseId=1)
        self.drive.run(61)
        self.drive.charge()
        self.assertNotIn("Updated RemoteStart EVConnected", self.drive.story())

    def test_asks_about_the_token_where_it_is_told_to(self) -> None:
        self.drive.set_variable("AuthCtrlr", "AuthorizeRemoteStart", "true")
        self.drive.registry.tokens["REMOTE"] = {"status": "Blocked"}
        self.drive.plug_in()
        self.assertEqual(self.start(evseId=1)["status"], "Accepted")
        self.assertEqual(len(self.drive.of("Authorize")), 1)
        self.assertFalse(self.drive.outlet.running)

    def test_knows_the_group_of_the_token(self) -> None:
        self.start(evseId=1, groupIdToken=group("FAMILY"))
        self.drive.plug_in()
        self.drive.registry.tokens["OURS"] = {"status": "Accepted", "groupIdToken": group("FAMILY")}
        self.drive.present("OURS")
        self.assertEqual(self.drive.story()[-1], "Ended StopAuthorized Local")

    def test_may_bring_a_profile(self) -> None:
        self.drive.plug_in()
        self.assertEqual(self.start(evseId=1, chargingProfile=profile(2_000.0))["status"], "Accepted")
        self.assertEqual(self.drive.outlet.limit, 2_000.0)

    def test_is_rejected_where_it_cannot_be(self) -> None:
        refused = self.drive.reason_of
        order = {"idToken": token(), "remoteStartId": 7}
        self.assertEqual(refused("RequestStartTransaction", evseId=9, **order), "UnknownEvse")
        wrong = profile(2_000.0, chargingProfilePurpose="TxDefaultProfile")
        self.assertEqual(refused("RequestStartTransaction", chargingProfile=wrong, **order), "InvalidProfile")
        self.drive.charge(number=1)
        self.assertEqual(refused("RequestStartTransaction", evseId=1, **order), "TxInProgress")
        self.drive.station.registration.restart()
        self.assertEqual(refused("RequestStartTransaction", evseId=2, **order), "NotEnabled")


class RemoteStop(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def test_ends_the_session_that_it_names(self) -> None:
        reference = self.drive.transact()
        self.assertEqual(self.drive.reason_of("RequestStopTransaction", transactionId="other"), "TxNotFound")
        self.assertEqual(self.drive.status_of("RequestStopTransaction", transactionId=reference), "Accepted")
        self.assertEqual(self.drive.story()[-1], "Ended RemoteStop Remote")
        self.assertEqual(self.drive.reason_of("RequestStopTransaction", transactionId=reference), "TxNotFound")

    def test_ends_one_in_which_no_energy_flows(self) -> None:
        self.drive.plug_in()
        charge = self.drive.outlet.charge
        assert charge is not None
        self.assertEqual(self.drive.status_of("RequestStopTransaction", transactionId=charge.reference), "Accepted")
        self.assertEqual(self.drive.story(), ["Started CablePluggedIn EVConnected", "Ended RemoteStop Remote"])
        self.assertEqual(self.drive.statuses(), ["Occupied"])

    def test_status_of_a_transaction(self) -> None:
        reference = self.drive.transact()
        ask = self.drive.ask
        self.assertEqual(
            ask("GetTransactionStatus", transactionId=reference), {"ongoingIndicator": True, "messagesInQueue": False}
        )
        self.drive.lose_connection()
        self.drive.unplug()
        self.assertEqual(ask("GetTransactionStatus"), {"messagesInQueue": True})
        self.assertEqual(
            ask("GetTransactionStatus", transactionId=reference), {"ongoingIndicator": False, "messagesInQueue": True}
        )


class Unlock(SimpleTestCase):
    """F05."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def unlock(self, evse: int = 1, connector: int = 1) -> str:
        return self.drive.status_of("UnlockConnector", evseId=evse, connectorId=connector)

    def test_leaves_an_authorised_session_alone(self) -> None:
        self.drive.charge()
        self.assertEqual(self.unlock(), "OngoingAuthorizedTransaction")
        self.assertTrue(self.drive.outlet.running)

    def test_of_an_idle_one(self) -> None:
        self.assertEqual(self.unlock(), "Unlocked")
        self.assertEqual(self.drive.said, [])
        self.drive.plug_in()
        self.assertEqual(self.unlock(), "Unlocked")
        self.assertEqual(self.drive.story()[-1], "Updated UnlockCommand EVConnected")

    def test_tells_what_cannot_be(self) -> None:
        self.assertEqual((self.unlock(9), self.unlock(1, 2)), ("UnknownConnector", "UnknownConnector"))
        self.drive.outlet.lock = Lock.JAMMED
        self.assertEqual(self.unlock(), "UnlockFailed")
        self.drive.outlet.lock = Lock.MISSING
        self.assertEqual(self.drive.reason_of("UnlockConnector", evseId=1, connectorId=1), "FixedCable")


class Availability(SimpleTestCase):
    """G03, G04."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def change(self, operative: bool, **evse: int) -> str:
        payload: dict[str, Any] = {"operationalStatus": "Operative" if operative else "Inoperative"}
        return self.drive.status_of("ChangeAvailability", **payload | ({"evse": evse} if evse else {}))

    def test_each_part_has_its_own(self) -> None:
        self.assertEqual(self.change(False, id=1), "Accepted")
        self.assertEqual(self.change(False), "Accepted")
        self.assertEqual(self.change(True), "Accepted")
        self.assertEqual(
            (self.drive.statuses(1), self.drive.statuses(2)), (["Unavailable"], ["Unavailable", "Available"])
        )
        self.assertEqual(self.change(False, id=1, connectorId=1), "Accepted")
        self.change(True, id=1)
        self.assertEqual(self.drive.statuses(1), ["Unavailable"])
        self.change(True, id=1, connectorId=1)
        self.assertEqual(self.drive.statuses(1), ["Unavailable", "Available"])

    def test_waits_for_the_end_of_a_session(self) -> None:
        self.drive.charge()
        self.assertEqual(self.change(False), "Scheduled")
        self.assertEqual(self.drive.statuses(1), ["Occupied"])
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(1), ["Occupied", "Unavailable"])

    def test_waits_also_for_one_in_which_no_energy_flows_and_can_be_taken_back(self) -> None:
        self.drive.plug_in()
        self.assertEqual(self.change(False, id=1), "Scheduled")
        self.assertEqual(self.change(True, id=1), "Accepted")
        self.assertEqual(self.change(False, id=1), "Scheduled")
        self.drive.unplug()
        self.assertEqual(self.drive.statuses(1), ["Occupied", "Unavailable"])

    def test_of_what_there_is_not(self) -> None:
        payload = {"operationalStatus": "Operative"}
        self.assertEqual(self.drive.reason_of("ChangeAvailability", evse={"id": 9}, **payload), "UnknownEvse")
        wrong = {"id": 1, "connectorId": 2}
        self.assertEqual(self.drive.reason_of("ChangeAvailability", evse=wrong, **payload), "UnknownConnectorId")

    def test_survives_a_reset(self) -> None:
        self.change(False, id=2)
        self.drive.station.power_loss(self.drive.now)
        self.drive.lose_connection()
        self.drive.run(6)
        self.drive.said.clear()
        self.drive.reconnect()
        self.assertEqual(self.drive.statuses(2), ["Unavailable"])


class LocalList(SimpleTestCase):
    """D01, D02, C13, C14."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def send(self, version: int, *entries: dict[str, Any], full: bool = True) -> str:
        payload: dict[str, Any] = {"versionNumber": version, "updateType": "Full" if full else "Differential"}
        return self.drive.status_of(
            "SendLocalList", **payload | ({"localAuthorizationList": [*entries]} if entries else {})
        )

    def entry(self, value: str, status: str = "Accepted", **more: Any) -> dict[str, Any]:
        return {"idToken": token(value), "idTokenInfo": {"status": status, **more}}

    def version(self) -> int:
        return int(self.drive.ask("GetLocalListVersion")["versionNumber"])

    def test_is_kept_and_changed(self) -> None:
        self.assertEqual(self.version(), 0)
        self.assertEqual(self.send(3, self.entry("A"), self.entry("B")), "Accepted")
        self.assertEqual(self.version(), 3)
        self.assertEqual(self.drive.station.variables.text("LocalAuthListCtrlr", "Entries"), "2")
        self.assertEqual(self.send(3, {"idToken": token("A")}, full=False), "VersionMismatch")
        self.assertEqual(self.send(4, {"idToken": token("A")}, full=False), "Accepted")
        self.assertEqual(len(self.drive.station.access), 1)
        self.assertEqual(self.send(5, {"idToken": token("A")}), "Failed", "nothing is said of it")
        self.assertEqual(self.send(5), "Accepted")
        self.assertEqual(self.version(), 0)

    def test_may_be_turned_off(self) -> None:
        self.drive.set_variable("LocalAuthListCtrlr", "Enabled", "false")
        self.assertEqual(self.version(), 0)
        self.assertEqual(self.drive.reason_of("SendLocalList", versionNumber=1, updateType="Full"), "NotEnabled")

    def test_decides_where_it_may(self) -> None:
        self.send(1, self.entry("MINE", cacheExpiryDateTime=self.drive.at(3600)), self.entry("BAD", "Blocked"))
        self.drive.set_variable("AuthCtrlr", "LocalPreAuthorize", "true")
        self.drive.charge("MINE")
        self.assertEqual(self.drive.of("Authorize"), [])
        self.drive.lose_connection()
        self.drive.plug_in(2)
        self.drive.present("BAD", 2)
        self.assertFalse(self.drive.station.outlet(2).running)
        self.drive.set_variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "false")
        self.drive.present("NEW", 2)
        self.assertFalse(self.drive.station.outlet(2).running)
        self.drive.set_variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
        self.drive.present("NEW", 2)
        self.assertTrue(self.drive.station.outlet(2).running)

    def test_the_cache_keeps_what_the_server_said(self) -> None:
        self.drive.registry.tokens["BAD"] = {"status": "Blocked"}
        self.drive.plug_in()
        self.drive.present("BAD")
        self.drive.lose_connection()
        self.drive.present("BAD")
        self.assertFalse(self.drive.outlet.running)
        self.drive.reconnect()
        self.assertEqual(self.drive.status_of("ClearCache"), "Accepted")
        self.drive.lose_connection()
        self.drive.present("BAD")
        self.assertTrue(self.drive.outlet.running, "nothing is known of it any more")


class Reservations(SimpleTestCase):
    """H01 to H04."""

    def setUp(self) -> None:
        self.drive = Scripted2(self)

    def reserve(self, evse: int = 1, number: int = 7, seconds: float = 600, **more: Any) -> str:
        order: dict[str, Any] = {"id": number, "idToken": token("MINE"), "expiryDateTime": self.drive.at(seconds)}
        return self.drive.status_of("ReserveNow", **order | ({"evseId": evse} if evse else {}) | more)

    def updates(self) -> list[tuple[int, str]]:
        told = self.drive.of("ReservationStatusUpdate")
        return [(each["reservationId"], each["reservationUpdateStatus"]) for each in told]

    def test_is_used_by_its_token(self) -> None:
        self.assertEqual(self.reserve(connectorType="sType2"), "Accepted")
        self.drive.plug_in()
        self.drive.present("OTHER")
        self.assertFalse(self.drive.outlet.running)
        self.drive.present("MINE")
        self.assertEqual(self.drive.events()[-2]["reservationId"], 7)
        self.assertEqual(self.updates(), [])

    def test_is_used_by_its_group(self) -> None:
        self.reserve(groupIdToken=group("FAMILY"))
        self.drive.registry.tokens["OURS"] = {"status": "Accepted", "groupIdToken": group("FAMILY")}
        self.drive.charge("OURS")

    def test_is_for_a_remote_start_of_its_group(self) -> None:
        self.reserve(groupIdToken=group("FAMILY"))
        order = {"idToken": token("OURS"), "remoteStartId": 1, "evseId": 1}
        stranger = self.drive.ask("RequestStartTransaction", groupIdToken=group("OTHERS"), **order)
        self.assertEqual(stranger["status"], "Rejected")
        mine = self.drive.ask("RequestStartTransaction", groupIdToken=group("FAMILY"), **order)
        self.assertEqual(mine["status"], "Accepted")

    def test_expires(self) -> None:
        self.reserve(seconds=100)
        self.drive.run(101)
        self.assertEqual((self.updates(), self.drive.statuses()), ([(7, "Expired")], ["Reserved", "Available"]))

    def test_is_removed_where_nobody_can_charge(self) -> None:
        self.reserve(1, 7)
        self.reserve(2, 8)
        self.drive.outlet.fault(self.drive.now)
        self.drive.ask("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 2})
        self.assertEqual(self.updates(), [(7, "Removed"), (8, "Removed")])

    def test_is_cancelled(self) -> None:
        self.reserve()
        self.assertEqual(self.drive.status_of("CancelReservation", reservationId=8), "Rejected")
        self.assertEqual(self.drive.status_of("CancelReservation", reservationId=7), "Accepted")
        self.assertEqual((self.updates(), self.drive.statuses()), ([], ["Reserved", "Available"]))

    def test_of_any_evse(self) -> None:
        self.assertEqual(self.reserve(0), "Accepted")
        self.drive.charge("OTHER", 1)
        self.drive.plug_in(2)
        self.drive.present("OTHER", 2)
        self.assertFalse(self.drive.station.outlet(2).running)
        self.drive.set(ReserveConnectorZeroSupported=False)
        self.assertEqual(self.reserve(0, 9), "Rejected")

    def test_is_rejected_where_it_makes_no_sense(self) -> None:
        self.assertEqual(self.reserve(9), "Rejected")
        self.assertEqual(self.reserve(seconds=-5), "Rejected")
        self.assertEqual(self.reserve(0, connectorType="cCCS2"), "Rejected")
        self.drive.plug_in()
        self.assertEqual(self.reserve(), "Occupied")
