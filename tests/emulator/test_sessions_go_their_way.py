"""A session from arrival to departure, in the order and with the values of a real one."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.vehicle import Rating, Vehicle
from tests.emulator.fakes import EAGER, HOUR, Answers, Drive, model


class Sessions16(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Drive(model("1.6", connectors=1, habits=EAGER)).connect().run(8 * HOUR)

    def test_are_told_in_order(self) -> None:
        said = [
            each["status"] if action == "StatusNotification" else action
            for _, action, each in self.drive.said
            if action in ("StatusNotification", "Authorize", "StartTransaction")
        ]
        start = said.index("Preparing")
        self.assertEqual(said[start : start + 4], ["Preparing", "Authorize", "StartTransaction", "Charging"])

    def test_end_with_the_number_that_the_server_gave(self) -> None:
        numbers = [each["transactionId"] for each in self.drive.of("StopTransaction")]
        self.assertGreater(len(numbers), 5)
        self.assertEqual(numbers, list(range(1001, 1001 + len(numbers))))

    def test_report_five_values_every_ten_seconds(self) -> None:
        first = [each for each in self.drive.of("MeterValues") if each["transactionId"] == 1001]
        measurands = [sample["measurand"] for sample in first[0]["meterValue"][0]["sampledValue"]]
        self.assertEqual(
            measurands, ["Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "SoC"]
        )
        times = self.drive.times("MeterValues")
        self.assertAlmostEqual(times[1] - times[0], 10.0)

    def test_have_a_register_that_only_rises(self) -> None:
        register = 0
        for _, action, each in self.drive.said:
            values = {"StartTransaction": "meterStart", "StopTransaction": "meterStop"}
            if action in values:
                shown = each[values[action]]
            elif action == "MeterValues":
                shown = int(each["meterValue"][0]["sampledValue"][0]["value"])
            else:
                continue
            self.assertGreaterEqual(shown, register)
            register = shown

    def test_end_for_several_reasons_and_faults_are_told(self) -> None:
        reasons: set[str] = set()
        faults = set()
        for seed in range(12):
            drive = Drive(model("1.6", seed=seed, habits=EAGER)).connect().run(8 * HOUR)
            reasons |= {each["reason"] for each in drive.of("StopTransaction")}
            faults |= {each["errorCode"] for each in drive.of("StatusNotification") if each["status"] == "Faulted"}
        self.assertGreaterEqual(reasons, {"Local", "EVDisconnected", "Other"})
        self.assertTrue(faults)
        self.assertNotIn("NoError", faults)

    def test_of_a_token_that_the_start_refuses_end_at_once(self) -> None:
        answers = Answers()
        answers.token_status = lambda action: "Blocked" if action == "StartTransaction" else "Accepted"
        drive = Drive(model("1.6", habits=EAGER), answers).connect().run(HOUR)
        self.assertEqual({each["reason"] for each in drive.of("StopTransaction")}, {"DeAuthorized"})
        self.assertEqual(drive.of("MeterValues"), [])

    def test_never_begin_with_a_token_that_is_refused(self) -> None:
        answers = Answers()
        answers.token_status = lambda action: "Invalid"
        drive = Drive(model("1.6", habits=EAGER), answers).connect().run(HOUR)
        self.assertGreater(len(drive.of("Authorize")), 2)
        self.assertEqual(drive.of("StartTransaction"), [])


class Sessions2(SimpleTestCase):
    def sessions(self, drive: Drive) -> list[list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in drive.of("TransactionEvent"):
            found[event["transactionInfo"]["transactionId"]].append(event)
        return list(found.values())

    def test_have_events_without_gaps(self) -> None:
        drive = Drive(model("2.1", habits=EAGER)).connect().run(4 * HOUR)
        for events in self.sessions(drive):
            self.assertEqual([event["seqNo"] for event in events], list(range(len(events))))
            triggers = [event["triggerReason"] for event in events[:3]]
            self.assertEqual(triggers, ["CablePluggedIn", "Authorized", "ChargingStateChanged"][: len(triggers)])
            self.assertEqual([event["eventType"] for event in events].count("Started"), 1)
        ended = [events for events in self.sessions(drive) if events[-1]["eventType"] == "Ended"]
        self.assertGreaterEqual(len(ended), len(self.sessions(drive)) - 2)

    def test_of_a_token_that_becomes_invalid_end_as_deauthorised(self) -> None:
        answers = Answers()
        answers.token_status = lambda action: "Invalid" if action == "TransactionEvent" else "Accepted"
        drive = Drive(model("2.0.1", habits=EAGER), answers).connect().run(HOUR)
        endings = {events[-1]["transactionInfo"].get("stoppedReason") for events in self.sessions(drive)}
        self.assertIn("DeAuthorized", endings)
        self.assertNotIn("Local", endings)

    def test_of_a_token_that_is_refused_end_with_the_departure(self) -> None:
        answers = Answers()
        answers.token_status = lambda action: "Invalid"
        drive = Drive(model("2.0.1", habits=EAGER), answers).connect().run(HOUR)
        for events in self.sessions(drive)[:3]:
            self.assertEqual([event["eventType"] for event in events], ["Started", "Ended"])

    def test_say_the_status_only_when_it_changes(self) -> None:
        drive = Drive(model("2.0.1", connectors=1, habits=EAGER)).connect().run(8 * HOUR)
        words = [each["connectorStatus"] for each in drive.of("StatusNotification")]
        self.assertGreater(len(words), 10)
        self.assertTrue(all(one != other for one, other in pairwise(words)))


class Seeds(SimpleTestCase):
    def test_repeat_a_run_and_differ_from_each_other(self) -> None:
        def said(seed: int) -> object:
            return Drive(model("2.0.1", seed=seed)).connect().run(HOUR).said

        self.assertEqual(said(7), said(7))
        self.assertNotEqual(said(7), said(8))


class Charging(SimpleTestCase):
    def test_is_limited_by_connector_vehicle_and_phases(self) -> None:
        three = Vehicle(60_000, 0.3, 1.0, Rating(11_000, 3))
        self.assertEqual(three.power(Rating(22_000, 3)), 11_000)
        self.assertEqual(three.power(Rating(3_700, 1)), 11_000 / 3)
        self.assertEqual(Vehicle(60_000, 0.3, 1.0, Rating(7_400, 1)).power(Rating(11_000, 3)), 11_000 / 3)

    def test_slows_down_when_nearly_full_and_stops_when_full(self) -> None:
        connector = Rating(11_000, 3)
        vehicle = Vehicle(60_000, 0.9, 1.0, Rating(11_000, 3))
        self.assertLess(vehicle.power(connector), 7_000)
        energy = vehicle.charge(connector, 10 * HOUR)
        self.assertAlmostEqual(energy, 6_000, delta=1)
        self.assertEqual(vehicle.power(connector), 0.0)
