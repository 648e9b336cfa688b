"""FIELD.2: dead peers are found by the server, those that only never answer pings stay. The rule, without a clock."""

from __future__ import annotations

from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from stations.liveness import Ask, Close, Patience, Wait, next_step, patience_for, probe
from stations.ocpp import repairs

PATIENCE = Patience(silence=100.0, answer=30.0)


class TheRule(TestCase):
    def test_whoever_talks_is_left_alone(self) -> None:
        self.assertEqual(next_step(PATIENCE, now=1000.0, heard=1000.0, asked=None), Wait(100.0))
        self.assertEqual(next_step(PATIENCE, now=1099.0, heard=1000.0, asked=None), Wait(1.0))

    def test_who_is_silent_is_asked_once(self) -> None:
        self.assertEqual(next_step(PATIENCE, now=1100.0, heard=1000.0, asked=None), Ask(30.0))
        self.assertEqual(next_step(PATIENCE, now=1110.0, heard=1000.0, asked=1100.0), Wait(20.0))

    def test_who_does_not_answer_is_gone(self) -> None:
        self.assertEqual(next_step(PATIENCE, now=1130.0, heard=1000.0, asked=1100.0), Close(130.0))

    def test_any_word_is_an_answer(self) -> None:
        self.assertEqual(next_step(PATIENCE, now=1131.0, heard=1129.0, asked=1100.0), Wait(98.0))
        self.assertEqual(next_step(PATIENCE, now=1229.0, heard=1129.0, asked=1100.0), Ask(30.0))

    def test_a_question_in_the_very_moment_of_the_last_word_is_not_answered_by_it(self) -> None:
        self.assertEqual(next_step(PATIENCE, now=1000.0, heard=1000.0, asked=1000.0), Wait(30.0))

    def test_without_an_interval_of_the_server_two_heartbeats_may_be_missed(self) -> None:
        self.assertEqual(patience_for(heartbeat=300.0, check=None, call_timeout=20.0), Patience(600.0, 60.0))

    def test_with_one_it_counts_alone(self) -> None:
        self.assertEqual(patience_for(heartbeat=300.0, check=90.0, call_timeout=30.0), Patience(90.0, 90.0))

    def test_the_question_may_have_to_wait_for_a_call_that_is_never_answered(self) -> None:
        for check, silence in ((10.0, 10.0), (None, 600.0)):
            patience = patience_for(heartbeat=300.0, check=check, call_timeout=45.0)
            self.assertEqual(patience, Patience(silence, 90.0))

    def test_what_is_asked_fits_the_schema_of_every_version(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            action, payload = probe(version)
            _, rules = repairs.check(version, action, payload, strict=True)
            self.assertEqual(rules, ())

    @given(
        silence=st.floats(1.0, 1000.0),
        answer=st.floats(1.0, 1000.0),
        pauses=st.lists(st.floats(0.0, 3000.0), max_size=8),
        answers=st.booleans(),
    )
    def test_a_dead_peer_is_found_in_time_and_one_that_answers_never_closed(
        self, silence: float, answer: float, pauses: list[float], answers: bool
    ) -> None:
        """The rule, run as a socket runs it, over a talk with pauses after which the station says nothing of itself."""
        words = [sum(pauses[:n]) for n in range(len(pauses) + 1)]
        patience, now, asked = Patience(silence, answer), 0.0, None
        for _ in range(1000):
            heard = max(word for word in words if word <= now)
            step = next_step(patience, now=now, heard=heard, asked=asked)
            if isinstance(step, Close):
                self.assertFalse(answers, "It answered whatever it was asked.")
                self.assertGreaterEqual(now - heard, answer)
                self.assertLess(now - heard, silence + answer + min(silence, answer) + 1e-6)
                return
            if isinstance(step, Ask):
                asked = now
                if answers:
                    words.append(now + answer / 2)
            self.assertGreater(step.seconds, 0.0)
            now += max(step.seconds, 1e-6)  # as far as a timer can tell moments apart
        self.assertTrue(answers or now < words[-1] + 2 * (silence + answer))
