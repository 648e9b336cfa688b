"""Whatever happens to a station, everything that it says fits the schemas of its version."""

from __future__ import annotations

import random

from django.test import SimpleTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stations.emulator.point.driver import BUSY
from tests.emulator.fakes import EAGER, HOUR, VERSIONS, Answers, Drive, model


class EveryPayloadIsValid(SimpleTestCase):
    def test_over_undisturbed_hours(self) -> None:
        for version in VERSIONS:
            for seed in range(12):
                with self.subTest(version=version, seed=seed):
                    drive = Drive(model(version, seed=seed)).connect().run(4 * HOUR)
                    self.assertEqual(drive.problems, [])
                    self.assertGreater(len(drive.said), 100)

    def test_under_a_steady_load(self) -> None:
        for version in VERSIONS:
            drive = Drive(model(version, steady=2.0, habits=BUSY)).connect().run(HOUR)
            self.assertEqual(drive.problems, [])
            self.assertAlmostEqual(len(drive.of("MeterValues")), 1800, delta=2)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(version=st.sampled_from(VERSIONS), seed=st.integers(0, 2**32), connectors=st.integers(1, 4))
    def test_with_losses_silence_and_refusals(self, version: str, seed: int, connectors: int) -> None:
        chance = random.Random(seed)
        answers = Answers(interval=chance.choice((0, 60, 300)))
        answers.token_status = lambda action: chance.choice(("Accepted", "Accepted", "Accepted", "Invalid"))
        drive = Drive(model(version, seed=seed, connectors=connectors, habits=EAGER), answers)
        for _ in range(12):
            answers.boot_status = chance.choice(("Accepted", "Accepted", "Pending", "Rejected"))
            drive.connect().run(chance.uniform(0, 1200))
            drive.station.step(drive.now)
            message = drive.listen(answer=False)
            if message is not None and chance.random() < 0.3:
                drive.station.refused(message, drive.now)
            elif message is not None and chance.random() < 0.4:
                drive.station.unanswered(drive.now)
                drive.run(chance.uniform(0, 300))
            drive.station.disconnected(drive.now)
            drive.run(chance.uniform(0, 600))
        drive.station.shut_down(drive.now)
        answers.boot_status = "Accepted"
        drive.connect().run(HOUR)
        self.assertEqual(drive.problems, [])
        self.assertFalse(any(message.kept for message in drive.station.outbox))
