"""Who may charge at the emulator: asked, cached, listed, in groups (block C)."""

from __future__ import annotations

from stations.models import IdToken
from stations.ocpp.frames import Payload
from stations.services.authorization.local_lists import send_local_list
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD, STRANGER
from tests.certification2.station.support import BOOTED, CHARGED, RESTARTED, STARTED, StationCase2
from tests.certification2.support import token
from tests.waiting import eventually

PLUGGED = CHARGED[:2]
GONE = ("Ended EVCommunicationLost EVDisconnected", "1 Available")
PAST = "2020-01-01T00:00:00Z"

PREAUTHORIZED = {"LocalPreAuthorize": "true", "AuthorizationCacheEnabled": "true"}


class AccessCase(StationCase2):
    def refused(self, point: ChargePoint, card: str, *story: str) -> None:
        """Somebody plugs in, and is not let in with this card."""
        point.plug_in()
        self.assert_story(*PLUGGED)
        point.present(card)
        self.assert_story(*(story or ("Authorize",)))
        self.assertFalse(point.charging)
        point.unplug()
        self.assert_story(*GONE)

    def charge_once(self, point: ChargePoint, card: str = CARD) -> None:
        """So that the station knows the card."""
        self.charge(point, card)
        point.unplug()
        self.assert_story(*GONE)

    def set_list(self, *entries: tuple[str, Payload], version: int = 1) -> None:
        listed = [{"idToken": token(value), "idTokenInfo": info} for value, info in entries]
        data = {"versionNumber": version, "updateType": "Full", "localAuthorizationList": listed}
        self.ask("SendLocalList", data)

    def present_offline(self, point: ChargePoint, card: str = CARD) -> None:
        point.go_offline()
        point.plug_in()
        point.present(card)


class Asked(AccessCase):
    def test_tc_c_02_unknown(self) -> None:
        with self.booted() as point:
            self.refused(point, STRANGER)

    def test_tc_c_06_blocked(self) -> None:
        self.block(self.card)
        with self.booted() as point:
            self.refused(point, CARD)

    def test_tc_c_07_expired(self) -> None:
        self.expire(self.card)
        with self.booted() as point:
            self.refused(point, CARD)

    def test_tc_c_56_unknown_and_identified_first(self) -> None:
        with self.booted() as point:
            point.present(STRANGER)
            self.assert_story("Authorize")
            point.plug_in()
            self.assert_story(*PLUGGED)
            self.assertFalse(point.charging)

    def test_tc_c_04_another_token_does_not_stop(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            self.charge(point)
            point.present("OTHER")
            self.assert_story("Authorize")
            self.assertTrue(point.charging)

    def test_tc_c_05_cable_of_a_refused_token_is_free(self) -> None:
        with self.booted() as point:
            self.refused(point, STRANGER)
            self.ask("UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked")


class Cache(AccessCase):
    def test_tc_c_08_accepted(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.charge_once(point)
            self.start(point)

    def test_tc_c_09_invalid_and_not_accepted(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, STRANGER)
            self.refused(point, STRANGER)

    def test_tc_c_10_blocked(self) -> None:
        self.block(self.card)
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, CARD)
            self.refused(point, CARD)

    def test_tc_c_11_expired(self) -> None:
        self.expire(self.card)
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, CARD)
            self.refused(point, CARD)

    def test_tc_c_12_invalid_but_accepted(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, STRANGER)
            IdToken.objects.update_or_create(value=STRANGER, defaults={"status": "Accepted"})
            self.charge(point, STRANGER)

    def test_tc_c_13_plugged_in_later(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.charge_once(point)
            point.present(CARD)
            self.assert_story("1 Occupied")
            point.plug_in()
            self.assert_story(*STARTED[1:])

    def test_tc_c_14_master_pass_starts_nothing(self) -> None:
        self.masters("CHIEF")
        with self.booted(configured=PREAUTHORIZED) as point:
            self.put_variable(point, "AuthCtrlr", "MasterPassGroupId", "MASTERS")
            self.refused(point, "CHIEF")

    def test_tc_c_45_master_pass_with_a_group_starts_nothing(self) -> None:
        self.masters("CHIEF")
        with self.booted() as point:
            self.put_variable(point, "AuthCtrlr", "MasterPassGroupId", "MASTERS")
            point.present("CHIEF")
            self.assert_story("Authorize")
            point.plug_in()
            self.assert_story(*PLUGGED)
            self.assertFalse(point.charging)

    def lose(self, point: ChargePoint) -> None:
        """The card is known at the station, and blocked at the server since."""
        self.charge_once(point)
        self.block(self.card)

    def test_tc_c_15_refused_later_and_some_energy_left(self) -> None:
        configured = PREAUTHORIZED | {"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": "100000"}
        with self.booted(configured=configured) as point:
            self.lose(point)
            self.start(point)
            eventually(lambda: not len(point.model.outbox))
            self.assertTrue(point.charging)

    def test_tc_c_16_refused_later_and_it_ends(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.lose(point)
            point.plug_in()
            point.present(CARD)
            self.assert_story(*STARTED, "Ended Deauthorized DeAuthorized")
            self.assert_ended("DeAuthorized")

    def test_tc_c_17_refused_later_and_energy_stops(self) -> None:
        with self.booted(configured=PREAUTHORIZED | {"StopTransactionOnInvalidId": "false"}) as point:
            self.lose(point)
            point.plug_in()
            point.present(CARD)
            self.assert_story(*STARTED, "Updated ChargingStateChanged")
            self.assertEqual((point.charging, self.transaction().charging_state), (False, "SuspendedEVSE"))

    def test_tc_c_32_outlasts_a_boot(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.charge_once(point)
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.start(point)

    def test_tc_c_33_follows_the_answer_to_authorize(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, STRANGER)
            IdToken.objects.update_or_create(value=STRANGER, defaults={"status": "Accepted"})
            self.charge_once(point, STRANGER)
            self.start(point, STRANGER)

    def test_tc_c_34_follows_the_answer_to_an_event(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.lose(point)
            point.plug_in()
            point.present(CARD)
            self.assert_story(*STARTED, "Ended Deauthorized DeAuthorized")
            point.unplug()
            self.assert_story("1 Available")
            self.refused(point, CARD)

    def test_tc_c_36_not_where_the_server_has_to_be_asked(self) -> None:
        with self.booted() as point:
            self.charge_once(point)
            self.charge(point)

    def test_tc_c_37_cleared(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.charge_once(point)
            self.ask("ClearCache")
            self.charge(point)

    def test_tc_c_38_not_cleared(self) -> None:
        with self.booted():
            self.set_variable("AuthCacheCtrlr", "Enabled", "false")
            self.ask("ClearCache", {}, "Rejected")


class Offline(AccessCase):
    def begins(self, point: ChargePoint) -> None:
        """What it says as soon as it is back."""
        self.assertTrue(point.charging)
        point.come_back()
        self.assert_calls(*STARTED[1:])

    def does_not_begin(self, point: ChargePoint) -> None:
        self.assertFalse(point.charging)
        point.come_back()
        self.assert_calls(STARTED[1])

    def test_tc_c_21_listed(self) -> None:
        with self.booted() as point:
            self.assert_answered(self.order(send_local_list), "Accepted")
            self.present_offline(point)
            self.begins(point)

    def listed_as(self, info: Payload) -> None:
        with self.booted() as point:
            self.set_list((CARD, info))
            self.present_offline(point)
            self.does_not_begin(point)

    def test_tc_c_22_listed_as_invalid(self) -> None:
        self.listed_as({"status": "Invalid"})

    def test_tc_c_23_listed_as_blocked(self) -> None:
        self.listed_as({"status": "Blocked"})

    def test_tc_c_24_listed_and_expired(self) -> None:
        self.listed_as({"status": "Accepted", "cacheExpiryDateTime": PAST})

    def test_tc_c_25_list_before_cache(self) -> None:
        with self.booted() as point:
            self.charge_once(point)
            self.set_list((CARD, {"status": "Blocked"}))
            self.present_offline(point)
            self.does_not_begin(point)

    def test_tc_c_26_unknown(self) -> None:
        IdToken.objects.create(value=STRANGER)
        with self.booted() as point:
            self.set_variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
            self.present_offline(point, STRANGER)
            self.begins(point)


class Listed(AccessCase):
    CONFIGURED = {"LocalPreAuthorize": "true"}

    def test_tc_c_27_accepted(self) -> None:
        with self.booted(configured=self.CONFIGURED) as point:
            self.assert_answered(self.order(send_local_list), "Accepted")
            self.start(point)

    def not_trusted(self, info: Payload) -> None:
        """The station asks all the same, and the server refuses."""
        self.block(self.card)
        with self.booted(configured=self.CONFIGURED) as point:
            self.set_list((CARD, info))
            self.refused(point, CARD)

    def test_tc_c_28_invalid_and_not_accepted(self) -> None:
        self.not_trusted({"status": "Invalid"})

    def test_tc_c_29_blocked(self) -> None:
        self.not_trusted({"status": "Blocked"})

    def test_tc_c_30_expired(self) -> None:
        self.not_trusted({"status": "Accepted", "cacheExpiryDateTime": PAST})

    def test_tc_c_31_invalid_but_accepted(self) -> None:
        with self.booted(configured=self.CONFIGURED) as point:
            self.set_list((CARD, {"status": "Invalid"}))
            self.charge(point)


class Groups(AccessCase):
    STOPPED = "Ended StopAuthorized Local"
    GROUP: Payload = {"groupIdToken": {"idToken": "FAMILY", "type": "Central"}}

    def test_tc_c_39_stops(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            self.charge(point)
            point.present("SISTER")
            self.assert_story("Authorize", self.STOPPED)
            stopped_by = self.assert_ended("Local").stopped_by
            assert stopped_by is not None
            self.assertEqual(stopped_by.value, "SISTER")

    def test_tc_c_40_in_the_local_list(self) -> None:
        self.family("SISTER")
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.assert_answered(self.order(send_local_list), "Accepted")
            self.start(point)
            point.present("SISTER")
            self.assert_story(self.STOPPED)

    def test_tc_c_41_in_the_cache(self) -> None:
        self.family("SISTER")
        with self.booted(configured=PREAUTHORIZED) as point:
            self.charge_once(point)
            self.charge_once(point, "SISTER")
            self.start(point)
            point.present("SISTER")
            self.assert_story(self.STOPPED)

    def test_tc_c_42_another_group(self) -> None:
        self.masters("STRANGE")
        self.family("SISTER")
        with self.booted() as point:
            self.charge(point)
            point.present("STRANGE")
            self.assert_story("Authorize")
            self.assertTrue(point.charging)

    def test_tc_c_43_refused_by_the_list(self) -> None:
        sister = self.family("SISTER").tokens.get(value="SISTER")
        self.block(sister)
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.set_list((CARD, {"status": "Accepted"} | self.GROUP), ("SISTER", {"status": "Blocked"} | self.GROUP))
            self.start(point)
            point.present("SISTER")
            self.assert_story("Authorize")
            self.assertTrue(point.charging)

    def test_tc_c_44_refused_by_the_cache(self) -> None:
        sister = self.family("SISTER").tokens.get(value="SISTER")
        self.block(sister)
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, "SISTER")
            self.charge(point)
            point.present("SISTER")
            self.assert_story("Authorize")
            self.assertTrue(point.charging)

    def test_tc_c_49_master_pass(self) -> None:
        self.masters("CHIEF")
        with self.booted() as point:
            self.put_variable(point, "AuthCtrlr", "MasterPassGroupId", "MASTERS")
            self.charge(point)
            point.present("CHIEF")
            self.assert_story("Authorize", "Ended StopAuthorized MasterPass")
            self.assert_ended("MasterPass")


class Only21(AccessCase):
    version = "2.1"

    def test_tc_c_100_never_plugged_in(self) -> None:
        with self.booted(configured={"ConnectionTimeOut": "3"}) as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "Authorized")
            point.present(CARD)
            self.assert_story(
                "Authorize", "Started Authorized", "1 Occupied", "Ended EVConnectTimeout Timeout", BOOTED[1]
            )
            self.assert_ended("Timeout")
