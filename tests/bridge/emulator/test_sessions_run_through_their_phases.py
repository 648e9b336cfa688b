"""Sessions of an emulated charger: phases, events, and values that agree with each other."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import outlets, vendor
from bridge.emulator.car import Car
from bridge.emulator.outlet import MAX_POWER_W
from tests.bridge.emulator.support import CAR, NOON, Bench

STATE_FIELDS = {
    *("id", "outlet", "outletType", "timestamp", "phs", "busy", "evsestat", "pilot", "auth", "user"),
    *("curr_ses_id", "curr_ses_active", "curr_ses_success", "curr_ses_error", "curr_ses_errMsg"),
    *("curr_ses_errors_list", "curr_ses_endBy", "curr_ses_secs", "curr_ses_Wh", "sessionStart", "stopReason"),
    *("EVMAC", "EVCCID", "soc", "pv", "pc", "pp", "tv", "tc", "meter", "PowerCapW", "pLimit", "temperatures"),
    *("errorObj", "hasError", "errorStop", "out_of_order", "online", "version"),
}
PAYLOADS = {
    "session_start": {"user", "session"},
    "start_charging": {"EVCCID", "EVMAC", "user", "session"},
    "stop_charging": {"source", "user", "session", "stopReason", "EVCCID", "EVMAC"},
    "session_stop": {
        *("unexpected", "error", "source", "start", "duration", "energy"),
        *("user", "session", "stopReason", "EVCCID", "EVMAC"),
    },
    "alert": {"src", "code", "msg", "list", "session"},
}


class AWholeSession(unittest.TestCase):
    def setUp(self) -> None:
        self.bench = Bench()
        self.begin = self.bench.first.meter_wh
        self.states = [self.bench.state()]
        self.bench.first.plug_in(NOON, CAR)
        self.bench.let(5)
        self.states.append(self.bench.state())
        self.bench.first.authorise(self.bench.charger.now, "TAG")
        while self.bench.first.running is not None:
            self.bench.let(1)
            self.states.append(self.bench.state())

    def test_goes_through_every_phase_once(self) -> None:
        phases = [self.states[0]["phs"]]
        phases += [
            after["phs"]
            for before, after in zip(self.states, self.states[1:], strict=False)
            if after["phs"] != before["phs"]
        ]
        self.assertEqual(phases, [1, 2, 3, 4, 5, 6, 7, 8, 1])

    def test_tells_its_four_events(self) -> None:
        self.assertEqual(self.bench.told(), ["session_start", "start_charging", "stop_charging", "session_stop"])
        for event in self.bench.events:
            self.assertEqual(set(event), {"type", "timestamp", "chargerId", "outlet", "outletType", "payload"})
            self.assertEqual(set(event["payload"]), PAYLOADS[event["type"]])
            self.assertEqual((event["chargerId"], event["outlet"]), ("CH-1", "1"))
        self.assertEqual(len({event["payload"]["session"] for event in self.bench.events}), 1)
        moments = [event["timestamp"] for event in self.bench.events]
        self.assertEqual(moments, sorted(moments))

    def test_its_report_agrees_with_the_meter(self) -> None:
        report, last = self.bench.events[-1]["payload"], self.states[-1]
        self.assertAlmostEqual(report["energy"], self.bench.first.meter_wh - self.begin, delta=1)
        self.assertEqual(report["duration"], round((self.bench.events[-1]["timestamp"] - report["start"]) / 1000))
        self.assertEqual((report["unexpected"], report["error"]["code"], report["source"]), (False, 0, "ev"))
        self.assertTrue(last["curr_ses_success"])
        self.assertEqual((last["curr_ses_active"], last["stopReason"]), (False, "EVTargetReached"))
        # 60 % of 50 kWh are in the battery, and a little more came through the cable.
        self.assertAlmostEqual(report["energy"], 30_000 / 0.95, delta=50)

    def test_its_values_agree_with_each_other(self) -> None:
        energy = 0.0
        for state in self.states:
            self.assertEqual(set(state), STATE_FIELDS)
            self.assertAlmostEqual(state["pp"], state["pv"] * state["pc"], delta=0.1)
            self.assertLessEqual(state["pp"], state["pLimit"] * 1.001)
            self.assertEqual(state["busy"], state["phs"] != 1)
            energy += state["pp"] / 3600
        self.assertAlmostEqual(energy, self.bench.events[-1]["payload"]["energy"], delta=20)

    def test_the_battery_fills_and_the_current_falls(self) -> None:
        charging = [state for state in self.states if state["phs"] == vendor.CHARGING]
        socs = [state["soc"] for state in charging]
        self.assertEqual(socs, sorted(socs))
        full = max(state["pp"] for state in charging)
        self.assertAlmostEqual(full, CAR.max_power_w, delta=200)
        self.assertAlmostEqual(charging[-1]["pp"] / full, 1 - 0.85 / 3, delta=0.02)  # 80 % is a third of the way down
        self.assertGreater(charging[-1]["pv"], charging[60]["pv"])
        self.assertGreater(charging[-1]["temperatures"]["cable"], charging[0]["temperatures"]["cable"])

    def test_the_bridge_reads_all_of_it(self) -> None:
        for state in self.states:
            read = outlets.read_state(orjson.dumps([state]))[0]
            self.assertEqual((read.oddities, read.phase), ((), state["phs"]))


class Chance(unittest.TestCase):
    def day(self, seed: int) -> list[dict[str, Any]]:
        bench = Bench(habits=True, seed=seed, outlets=3)
        bench.let(6 * 3600)
        return bench.events

    def test_the_same_seed_gives_the_same_day(self) -> None:
        self.assertEqual(self.day(1), self.day(1))
        self.assertNotEqual(self.day(1), self.day(2))

    def test_a_day_has_everything(self) -> None:
        events = [event for seed in range(1, 7) for event in self.day(seed)]
        self.assertEqual({event["type"] for event in events}, set(PAYLOADS))
        self.assertEqual({event["outlet"] for event in events}, {"1", "2", "3"})
        sources = {event["payload"]["source"] for event in events if event["type"] == "session_stop"}
        self.assertEqual(sources, {"ev", "local", "evse"})
        codes = [event["payload"]["code"] for event in events if event["type"] == "alert"]
        self.assertIn(vendor.ALL_CLEARED, codes)

    def test_how_time_is_cut_does_not_matter(self) -> None:
        one, many = Bench(), Bench()
        for bench in (one, many):
            bench.charging()
        one.let(600)
        for _ in range(1200):
            many.let(0.5)
        self.assertAlmostEqual(one.first.meter_wh, many.first.meter_wh, delta=5)

    def test_time_does_not_run_backwards(self) -> None:
        bench = Bench()
        bench.charger.advance(NOON - 100)
        self.assertEqual(bench.charger.now, NOON)

    def test_cars_differ_and_are_plausible(self) -> None:
        chance = Bench().charger.chance
        cars = [Car.random(chance) for _ in range(50)]
        self.assertGreater(len({car.evccid for car in cars}), 45)
        for car in cars:
            self.assertRegex(car.mac, r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
            self.assertLess(car.arrives_at, car.leaves_at)
            self.assertLess(car.wanted_power(99), car.wanted_power(50))
            self.assertLess(car.voltage(10), car.voltage(90))


ACTIONS = st.sampled_from(
    ("plug", "authorise", "stop", "unplug", "alert", "clear", "order", "repair", "cap", "uncap", "restart", "wait")
)


class AnyOrder(unittest.TestCase):
    """Whatever happens in whatever order: energy is conserved, and every session ends once."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(ACTIONS, st.integers(0, 200)), max_size=20))
    def test_keeps_the_books(self, actions: list[tuple[str, int]]) -> None:
        bench = Bench(outlets=1)
        begin = bench.first.meter_wh
        for action, seconds in actions:
            self.act(bench, action)
            bench.let(seconds)
            self.assertLessEqual(bench.first.power_w, bench.first.limit_w + 1)
        bench.first.unplug()
        bench.hear()
        stopped = [event["payload"] for event in bench.events if event["type"] == "session_stop"]
        started = [event["payload"]["session"] for event in bench.events if event["type"] == "session_start"]
        self.assertEqual([report["session"] for report in stopped], started)
        charged = [event["payload"]["session"] for event in bench.events if event["type"] == "start_charging"]
        ended = [event["payload"]["session"] for event in bench.events if event["type"] == "stop_charging"]
        self.assertEqual(charged, ended)
        energy = sum(report["energy"] for report in stopped)
        self.assertAlmostEqual(energy, bench.first.meter_wh - begin, delta=0.5 * len(stopped) + 1e-6)
        self.assertIsNone(bench.first.running)

    def act(self, bench: Bench, action: str) -> None:
        outlet, now = bench.first, bench.charger.now
        actions: dict[str, Callable[[], object]] = {
            "plug": lambda: outlet.plug_in(now, CAR),
            "authorise": lambda: outlet.authorise(now, "TAG"),
            "stop": lambda: outlet.stop("remote", "Remote"),
            "unplug": outlet.unplug,
            "alert": lambda: outlet.raise_alert(82),
            "clear": outlet.clear_alerts,
            "order": lambda: outlet.set_out_of_order(True),
            "repair": lambda: outlet.set_out_of_order(False),
            "cap": lambda: setattr(outlet, "power_cap_w", 11_000.0),
            "uncap": lambda: setattr(outlet, "power_cap_w", MAX_POWER_W),
            "restart": bench.charger.restart,
            "wait": lambda: None,
        }
        actions[action]()
