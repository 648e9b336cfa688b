"""What the emulator does about events that the server does not take, and tokens that it may not ask about (block E)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from stations.emulator.quirks import Quirk
from stations.emulator.quirks.base import Said
from stations.models import Transaction
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, STARTED, StationCase2
from tests.waiting import eventually

STEP = "Authorized"
"""The trigger of the event that fails."""


class Trouble(Quirk):
    """The first `times` attempts at an event come to nothing."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.tries = 0

    def fails(self, trigger: str) -> bool:
        if trigger != STEP:
            return False
        self.tries += 1
        return self.tries <= self.times


class Lost(Trouble):
    """They get lost, so that nobody answers."""

    def frames(self, text: str) -> list[str | bytes]:
        frame = orjson.loads(text)
        is_event = frame[0] == 2 and frame[2] == "TransactionEvent"
        return [] if is_event and self.fails(frame[3]["triggerReason"]) else [text]


class Spoilt(Trouble):
    """They have something that OCPP does not know, so that a strict server refuses them with a CALLERROR."""

    def says(self, said: Said) -> list[Said]:
        is_event = said.action == "TransactionEvent"
        wrong = {"mood": "bad"} if is_event and self.fails(said.payload["triggerReason"]) else {}
        return [Said(said.action, said.payload | wrong)]


class Attempts(StationCase2):
    @contextmanager
    def failing(self, trouble: Trouble, *, attempts: int) -> Iterator[ChargePoint]:
        """Somebody charges, and the event about the token fails so often."""
        with self.booted(quirks=[trouble], call_timeout=0.4) as point:
            self.set_variable("OCPPCommCtrlr", "MessageAttempts", str(attempts), instance="TransactionEvent")
            self.set_variable("OCPPCommCtrlr", "MessageAttemptInterval", "1", instance="TransactionEvent")
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            point.present(CARD)
            yield point
            self.assertTrue(point.charging, "whatever the server has heard")
            eventually(lambda: not len(point.model.outbox))

    def assert_arrived(self, missing: int) -> None:
        """The event about energy comes behind the other one, or without it."""
        eventually(lambda: Transaction.objects.filter(charging_state="Charging").exists())
        self.assertEqual(self.transaction().missing_events, missing)

    def test_tc_e_41_given_up_without_an_answer(self) -> None:
        trouble = Lost(99)
        with self.failing(trouble, attempts=2):
            self.assert_calls(CHARGED[2], CHARGED[4])
            self.assert_arrived(missing=1)
        self.assertEqual(trouble.tries, 2)

    def test_tc_e_42_arrived_later(self) -> None:
        trouble = Lost(1)
        with self.failing(trouble, attempts=3):
            self.assert_calls(*CHARGED[2:])
            self.assert_arrived(missing=0)
        self.assertEqual((trouble.tries, self.transaction().id_token), (2, self.card))

    def test_tc_e_50_given_up_when_refused(self) -> None:
        trouble = Spoilt(99)
        with self.failing(trouble, attempts=3):
            self.assert_calls(CHARGED[2], *[CHARGED[3]] * 3, CHARGED[4])
            self.assert_arrived(missing=1)
        self.assertEqual((trouble.tries, self.transaction().id_token), (3, None))

    def test_tc_e_51_accepted_after_a_refusal(self) -> None:
        trouble = Spoilt(1)
        with self.failing(trouble, attempts=3):
            self.assert_calls(CHARGED[2], *[CHARGED[3]] * 2, CHARGED[4])
            self.assert_arrived(missing=0)
        self.assertEqual((trouble.tries, self.transaction().id_token), (2, self.card))


class NotAsked(StationCase2):
    def test_tc_e_52_server_may_not_be_asked(self) -> None:
        """Only the cache and the local list say who may charge (DisableRemoteAuthorization)."""
        with self.booted(configured={"LocalPreAuthorize": "false"}) as point:
            self.charge(point)
            point.present(CARD)
            point.unplug()
            self.assert_story("Ended StopAuthorized Local", "1 Available")
            self.set_variable("AuthCtrlr", "DisableRemoteAuthorization", "true")
            self.start(point)
            point.unplug()
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Available")
            self.ask("ClearCache")
            point.plug_in()
            point.present(CARD)
            self.assert_story(*STARTED[:2])
            self.assertFalse(point.charging)
