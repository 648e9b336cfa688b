"""What can be done to an outlet, and what follows."""

from __future__ import annotations

import unittest

from bridge import vendor
from bridge.emulator.outlet import AUTHORIZATION_SECONDS
from tests.bridge.emulator.support import CAR, NOON, Bench


class Users(unittest.TestCase):
    def test_a_car_waits_for_a_user(self) -> None:
        bench = Bench()
        bench.first.plug_in(NOON, CAR)
        bench.let(60)
        self.assertEqual((bench.state()["phs"], bench.state()["auth"], bench.told()), (2, False, []))
        self.assertTrue(bench.first.authorise(bench.charger.now, "TAG"))
        self.assertEqual(bench.told(), ["session_start"])
        self.assertEqual((bench.state()["user"], bench.state()["auth"]), ("TAG", True))

    def test_it_does_not_wait_for_ever(self) -> None:
        bench = Bench()
        bench.first.plug_in(NOON, CAR)
        bench.let(AUTHORIZATION_SECONDS + 1)
        self.assertEqual((bench.first.phase, bench.told()), (vendor.IDLE, []))

    def test_a_user_may_come_first(self) -> None:
        bench = Bench()
        self.assertTrue(bench.first.authorise(NOON, "TAG"))
        self.assertTrue(bench.state()["auth"])
        bench.let(30)
        bench.first.plug_in(bench.charger.now, CAR)
        self.assertEqual(bench.told(), ["session_start"])

    def test_but_is_forgotten_after_a_while(self) -> None:
        bench = Bench()
        bench.first.authorise(NOON, "TAG")
        bench.let(AUTHORIZATION_SECONDS + 1)
        self.assertFalse(bench.state()["auth"])
        bench.first.plug_in(bench.charger.now, CAR)
        self.assertEqual(bench.first.phase, 2)

    def test_one_session_at_a_time(self) -> None:
        bench = Bench()
        bench.charging()
        self.assertFalse(bench.first.authorise(bench.charger.now, "OTHER"))
        self.assertFalse(bench.first.plug_in(bench.charger.now, CAR))
        self.assertFalse(bench.charger.summon(bench.first))


class Ends(unittest.TestCase):
    def test_a_remote_stop(self) -> None:
        bench = Bench()
        bench.charging()
        self.assertTrue(bench.first.stop("remote", "Remote"))
        self.assertFalse(bench.first.stop("remote", "Again"))
        bench.let(10)
        report = bench.events[-1]["payload"]
        self.assertEqual((report["source"], report["stopReason"], report["unexpected"]), ("remote", "Remote", False))
        self.assertEqual(bench.told()[-2:], ["stop_charging", "session_stop"])

    def test_a_stop_before_charging_charges_nothing(self) -> None:
        bench = Bench()
        bench.charger.summon(bench.first, car=CAR)
        bench.let(5)
        bench.first.stop("local", "Local")
        bench.let(10)
        self.assertEqual(bench.told(), ["session_start", "session_stop"])
        self.assertEqual(bench.events[-1]["payload"]["energy"], 0)

    def test_a_pulled_cable_is_unexpected(self) -> None:
        bench = Bench()
        bench.charging()
        self.assertTrue(bench.first.unplug())
        self.assertEqual(bench.told()[-2:], ["stop_charging", "session_stop"])
        self.assertTrue(bench.events[-1]["payload"]["unexpected"])
        self.assertEqual((bench.first.phase, bench.state()["pilot"], bench.state()["pp"]), (1, 0, 0.0))
        self.assertFalse(bench.first.unplug())

    def test_a_restart_ends_all_sessions_and_keeps_the_meters(self) -> None:
        bench = Bench()
        bench.charging()
        bench.first.raise_alert(82)
        meter = bench.first.meter_wh
        bench.charger.restart()
        self.assertEqual(bench.told()[-1], "session_stop")
        self.assertEqual((bench.first.meter_wh, bench.first.alerts, bench.first.phase), (meter, {}, 1))

    def test_stop_where_nothing_runs(self) -> None:
        self.assertFalse(Bench().first.stop("remote", "Remote"))


class Alerts(unittest.TestCase):
    def test_an_emergency_stop_ends_the_session_with_its_error(self) -> None:
        bench = Bench()
        bench.charging()
        bench.first.raise_alert(vendor.EMERGENCY_STOP)
        self.assertEqual(bench.told()[-2:], ["alert", "stop_charging"])
        alert = bench.events[-2]["payload"]
        self.assertEqual((alert["code"], alert["msg"], alert["list"]), (17, "emergency stop pressed", [17]))
        self.assertEqual(alert["session"], bench.events[-1]["payload"]["session"])
        bench.let(10)
        report = bench.events[-1]["payload"]
        self.assertEqual(report["error"], {"code": 17, "msg": "emergency stop pressed", "list": [17]})
        self.assertEqual((report["stopReason"], report["unexpected"]), ("EmergencyStop", True))
        state = bench.state()
        self.assertEqual((state["hasError"], state["errorStop"], state["evsestat"]), (True, True, 5))
        self.assertEqual((state["curr_ses_error"], state["errorObj"]), (17, {"17": "emergency stop pressed"}))

    def test_a_faulty_outlet_takes_nobody_until_all_is_cleared(self) -> None:
        bench = Bench()
        bench.first.raise_alert(82)
        bench.first.raise_alert(18, "door", "cabinet open")
        self.assertFalse(bench.first.plug_in(NOON, CAR))
        self.assertFalse(bench.first.authorise(NOON, "TAG"))
        self.assertEqual(bench.state()["evsestat"], 6)
        self.assertTrue(bench.first.clear_alerts())
        self.assertFalse(bench.first.clear_alerts())
        bench.hear()
        self.assertEqual([event["payload"]["code"] for event in bench.events], [82, 18, vendor.ALL_CLEARED])
        self.assertEqual([event["payload"]["list"] for event in bench.events], [[82], [82, 18], []])
        self.assertEqual((bench.state()["hasError"], bench.state()["curr_ses_error"]), (False, 0))
        self.assertTrue(bench.first.plug_in(NOON, CAR))

    def test_a_car_that_waits_is_sent_away(self) -> None:
        bench = Bench()
        bench.first.plug_in(NOON, CAR)
        bench.first.raise_alert(90)
        self.assertEqual((bench.first.phase, bench.told()), (1, ["alert"]))

    def test_the_other_outlet_does_not_care(self) -> None:
        bench = Bench()
        bench.first.raise_alert(82)
        self.assertFalse(bench.state(2)["hasError"])


class Limits(unittest.TestCase):
    def test_a_power_cap_limits_at_once_and_lets_go_slowly(self) -> None:
        bench = Bench()
        bench.charging()
        self.assertGreater(bench.state()["pp"], 40_000)
        bench.first.power_cap_w = 10_000.0
        bench.let(1)
        self.assertAlmostEqual(bench.state()["pp"], 10_000, delta=50)
        self.assertEqual((bench.state()["PowerCapW"], bench.state()["pLimit"]), (10_000.0, 10_000.0))
        bench.first.power_cap_w = 1e6
        bench.let(1)
        self.assertLess(bench.state()["pp"], 20_000)
        bench.let(30)
        self.assertGreater(bench.state()["pp"], 40_000)

    def test_no_power_charges_nothing_but_keeps_the_session(self) -> None:
        bench = Bench()
        bench.charging()
        bench.first.power_cap_w = 0.0
        bench.let(1)
        meter = bench.first.meter_wh
        bench.let(100)
        self.assertEqual((bench.first.meter_wh, bench.first.phase), (meter, vendor.CHARGING))

    def test_out_of_order_ends_what_runs_and_takes_nobody(self) -> None:
        bench = Bench()
        bench.charging()
        bench.first.set_out_of_order(True)
        bench.let(10)
        self.assertEqual(bench.events[-1]["payload"]["stopReason"], "OutOfOrder")
        self.assertEqual((bench.state()["out_of_order"], bench.state()["evsestat"]), (True, 0))
        self.assertFalse(bench.first.plug_in(bench.charger.now, CAR))
        bench.first.set_out_of_order(False)
        self.assertTrue(bench.first.plug_in(bench.charger.now, CAR))

    def test_chargers_have_outlets(self) -> None:
        for count in (0, 27):
            with self.assertRaises(ValueError):
                Bench(outlets=count)
        bench = Bench(outlets=26)
        self.assertEqual([state["outlet"] for state in bench.charger.state()][-1], "26")
        self.assertIsNone(bench.charger.outlet(27))
        self.assertIsNone(bench.charger.outlet(0))
