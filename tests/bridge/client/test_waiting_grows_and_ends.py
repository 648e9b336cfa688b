"""How long the bridge waits before it connects again."""

from __future__ import annotations

import unittest

from bridge.client.backoff import DELAYS, GAP, JITTER, STABLE, Backoff, grown
from bridge.client.connection import Pulse, SocketError
from tests.bridge.client.support import BridgeCase
from tests.waiting import eventually


class BackoffTests(unittest.TestCase):
    def test_the_delays(self) -> None:
        backoff = Backoff(lambda: 0.5)  # the middle: no jitter
        now, delays = 1000.0, []
        for _ in range(9):
            backoff.tries(now)
            delays.append(backoff.lost(now))
            now += delays[-1]
        self.assertEqual(delays, [5, 10, 20, 40, 80, 160, 300, 300, 300])

    def test_jitter_stays_within_its_share(self) -> None:
        for chance, share in ((0.0, 1 - JITTER), (1.0, 1 + JITTER)):
            backoff = Backoff(lambda: chance)  # noqa: B023
            for delay in DELAYS:
                backoff.tries(0)
                self.assertAlmostEqual(backoff.lost(0), delay * share)

    def test_a_stable_connection_begins_anew_and_a_short_one_does_not(self) -> None:
        backoff = Backoff(lambda: 0.5)
        for open_for, delay in ((1.0, 5.0), (STABLE - 0.1, 10.0), (STABLE, 5.0), (0.0, 10.0)):
            backoff.tries(0)
            backoff.opened(1)
            self.assertEqual(backoff.lost(1 + open_for), delay)
        backoff.tries(0)  # an attempt that takes long is no connection
        self.assertEqual(backoff.lost(STABLE * 2), 20)

    def test_attempts_are_never_closer_than_the_gap(self) -> None:
        backoff = Backoff(lambda: -9.0)  # a jitter that would leave nothing
        backoff.tries(10)
        self.assertEqual(backoff.lost(10.5), GAP - 0.5)
        backoff.tries(20)
        self.assertGreaterEqual(backoff.lost(20), GAP)

    def test_what_grows_from_a_first_wait(self) -> None:
        self.assertEqual([grown(10, count) for count in range(8)], [0, 10, 20, 40, 80, 160, 300, 300])
        self.assertEqual(grown(600, 5), 600)


class PulseTests(unittest.TestCase):
    def test_pings_are_due_and_silence_ends_it(self) -> None:
        pulse = Pulse(20, 35, 0)
        self.assertEqual([second for second in range(35) if pulse.is_due(second)], [20])
        pulse.hears(35)
        self.assertEqual([second for second in range(36, 71) if pulse.is_due(second)], [40, 60])
        with self.assertRaisesRegex(SocketError, "nothing came for 35 s"):
            pulse.is_due(71)


class StreamTests(BridgeCase):
    def is_waiting(self) -> bool:
        return str(self.status["connections"]["events"]).startswith("waiting")

    def test_a_socket_that_drops_again_and_again_is_opened_again_ever_later(self) -> None:
        self.start(max_event_state_log_lines=0)
        self.listening()
        waited = []
        for number in range(5):
            self.hardware.emit(type="alert", number=number)
            eventually(lambda: len(self.cms.events) == number + 1)  # noqa: B023
            self.clock.advance(3)
            self.hardware.live[0].drop()
            eventually(self.is_waiting)
            waited.append(self.clock.run_until(lambda: not self.is_waiting(), step=0.5, pause=0.05))
            eventually(lambda: bool(self.hardware.live))
        for seconds, delay in zip(waited, DELAYS, strict=False):
            self.assertGreaterEqual(seconds, delay * (1 - JITTER) - 0.5)
            self.assertLessEqual(seconds, delay * (1 + JITTER) + 2)
        # It never stopped polling meanwhile, and a stable connection begins with the first delay again.
        self.clock.advance(STABLE + 1)
        self.hardware.live[0].drop()
        eventually(self.is_waiting)
        self.assertLess(self.clock.run_until(lambda: not self.is_waiting(), step=0.5, pause=0.05), 8)

    def test_it_is_open_while_the_cms_is_down_from_the_beginning(self) -> None:
        self.cms.is_away = True
        self.start(max_event_state_log_lines=0)
        eventually(lambda: bool(self.hardware.live))
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.status["spool_events"] == 1)
        self.cms.is_away = False
        self.clock.run_until(lambda: len(self.cms.events) == 1)

    def test_both_ends_reboot(self) -> None:
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.is_away = self.hardware.is_away = True
        self.hardware.live[0].drop()
        self.clock.run_until(lambda: self.status["connections"]["hardware"] == "away")
        self.hardware.is_away = False
        self.clock.run_until(lambda: bool(self.hardware.live))
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.status["spool_events"] == 1)
        self.cms.is_away = False
        self.clock.run_until(lambda: len(self.cms.events) == 1)
        feeds = len(self.cms.feeds)
        self.clock.run_until(lambda: len(self.cms.feeds) > feeds)
        self.assertTrue(self.cms.feeds[-1]["Busy_A"])
