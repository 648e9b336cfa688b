"""How long the emulator trusts what it knows of a token, and whom a master pass stops (block C)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stations.models import IdToken, Transaction
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD, STRANGER
from tests.certification2.station.support import STARTED
from tests.certification2.station.test_authorization import GONE, PREAUTHORIZED, AccessCase
from tests.waiting import eventually

ENDED = "Ended StopAuthorized MasterPass"


class Remembered(AccessCase):
    ALLOWED = 20

    def use_up(self, point: ChargePoint, *story: str) -> None:
        """The card is known here and blocked at the server; so much energy flows all the same, and no more."""
        self.charge_once(point)
        self.block(self.card)
        point.plug_in()
        charge = point.model.outlet(1).charge
        assert charge is not None
        point.present(CARD)
        self.assert_story(*STARTED, *story)
        assert charge.allowance_wh is not None
        self.assertAlmostEqual(charge.allowance_wh, 0.0, delta=0.5)
        self.assertFalse(point.charging)

    def test_tc_c_15_refused_later_and_energy_stops_when_it_is_used_up(self) -> None:
        more = {"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": str(self.ALLOWED)}
        with self.booted(configured=PREAUTHORIZED | more) as point:
            self.use_up(point, "Updated ChargingStateChanged")
            running = self.transaction()
            self.assertEqual((running.active, running.charging_state), (True, "SuspendedEVSE"))

    def test_tc_c_18_refused_later_and_it_ends_when_the_energy_is_used_up(self) -> None:
        with self.booted(configured=PREAUTHORIZED | {"MaxEnergyOnInvalidId": str(self.ALLOWED)}) as point:
            self.use_up(point, "Ended Deauthorized DeAuthorized")
            energy = self.assert_ended("DeAuthorized").energy_wh
            assert energy is not None
            self.assertGreaterEqual(energy, self.ALLOWED - 1)

    def test_tc_c_46_have_their_time(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.set_variable("AuthCacheCtrlr", "LifeTime", "3600")
            self.charge_once(point)
            self.start(point)
            point.unplug()
            self.assert_story(*GONE)
            self.set_variable("AuthCacheCtrlr", "LifeTime", "2")
            since = point.do(lambda model, now: now)
            eventually(lambda: point.do(lambda model, now: now) > since + 2.0)
            self.charge(point)

    def test_tc_c_57_refused_by_the_cache_is_not_asked_about(self) -> None:
        with self.booted(configured=PREAUTHORIZED) as point:
            self.refused(point, STRANGER)
            IdToken.objects.update_or_create(value=STRANGER, defaults={"status": "Accepted"})
            self.set_variable("AuthCacheCtrlr", "DisablePostAuthorize", "true")
            self.refused_silently(point, STRANGER)
            self.set_variable("AuthCacheCtrlr", "DisablePostAuthorize", "false")
            self.charge(point, STRANGER)

    def test_tc_c_58_refused_by_the_list_is_not_asked_about(self) -> None:
        with self.booted(configured={"LocalPreAuthorize": "true"}) as point:
            self.set_list((CARD, {"status": "Blocked"}))
            self.set_variable("LocalAuthListCtrlr", "DisablePostAuthorize", "true")
            self.refused_silently(point, CARD)
            self.set_variable("LocalAuthListCtrlr", "DisablePostAuthorize", "false")
            self.charge(point, CARD)

    def refused_silently(self, point: ChargePoint, card: str) -> None:
        """The server would let it in, but is not asked."""
        point.plug_in()
        self.assert_story("1 Occupied", "Started CablePluggedIn")
        point.present(card)
        self.assertFalse(point.charging)
        point.unplug()
        self.assert_story(*GONE)


class MasterPass(AccessCase):
    """At a station with a screen; the pass is shown at the first reader."""

    @contextmanager
    def two_charge(self) -> Iterator[tuple[ChargePoint, list[str]]]:
        """Two people charge, and somebody shows a master pass; the ids of their transactions, in the order of EVSEs."""
        self.masters("CHIEF")
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            point.model.masters.screen = True
            self.put_variable(point, "AuthCtrlr", "MasterPassGroupId", "MASTERS")
            self.charge(point)
            point.at(lambda outlet, now: outlet.plug_in(now), 2)
            point.at(lambda outlet, now: outlet.present("OTHER", now), 2)
            self.assert_story("2 Occupied", "Started CablePluggedIn", "Authorize", *STARTED[2:])
            point.present("CHIEF")
            self.assert_story("Authorize")
            eventually(lambda: point.do(lambda model, now: model.masters.choices(now)) == [1, 2])
            self.assertEqual(Transaction.objects.filter(active=True).count(), 2, "nothing is chosen yet")
            found = Transaction.objects.order_by("evse__number").values_list("reference", flat=True)
            yield point, list(found)

    def ended(self) -> list[str]:
        """What was told of ends; each by the pass that was shown."""
        found = [each for each in self.requests("TransactionEvent") if each["eventType"] == "Ended"]
        for each in found:
            self.assertEqual(each["idToken"], {"idToken": "CHIEF", "type": "ISO14443"})
        return [each["transactionInfo"]["transactionId"] for each in found]

    def test_tc_c_47_stops_all(self) -> None:
        with self.two_charge() as (point, running):
            point.do(lambda model, now: model.masters.choose_all(now))
            self.assert_story(ENDED, ENDED)
            self.assertEqual(self.ended(), running)
            self.assertFalse(Transaction.objects.filter(active=True).exists())
            self.assertEqual(set(Transaction.objects.values_list("end_reason", flat=True)), {"MasterPass"})

    def test_tc_c_48_stops_what_is_chosen(self) -> None:
        with self.two_charge() as (point, running):
            point.do(lambda model, now: model.masters.choose([2], now))
            self.assert_story(ENDED)
            self.assertEqual(self.ended(), running[1:])
            self.assertTrue(point.charging, "the other goes on")
            self.assertEqual(Transaction.objects.get(active=True).reference, running[0])
