"""Two sessions, joined by pipes that lose nothing: whatever happens in whatever order, nothing is lost or mixed up."""

from __future__ import annotations

import unittest
from collections import deque
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from stations.ocpp.errors import CallError
from stations.ocpp.session import (
    CallAnswered,
    CallReceived,
    OwnCall,
    Role,
    SendReceived,
    Session,
    Ticket,
    Unexpected,
)

TIMEOUT = 30.0

SIDES = st.sampled_from([Role.CSMS, Role.STATION])


class Side:
    def __init__(self, role: Role) -> None:
        self.session = Session(role=role, version="2.1", call_timeout=TIMEOUT)
        self.pipe: deque[str] = deque()  # what is on its way to this side
        self.heard: list[tuple[Ticket, int]] = []  # calls of the other side, not answered yet
        self.order_of_calls: list[int] = []
        self.order_of_answers: list[int] = []  # as the frames leave
        self.asked: dict[int, OwnCall] = {}
        self.answered: dict[int, Any] = {}
        self.expired: set[int] = set()
        self.sends: list[int] = []
        self.sends_heard: list[int] = []
        self.on_the_wire: list[str] = []  # calls of this side that left and are neither answered nor expired


class Conversation(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.number = 0
        self.sides = {role: Side(role) for role in Role}

    def other(self, role: Role) -> Side:
        return self.sides[Role.STATION if role is Role.CSMS else Role.CSMS]

    @rule(role=SIDES)
    def ask(self, role: Role) -> None:
        side = self.sides[role]
        self.number += 1
        side.asked[self.number] = side.session.call("DataTransfer", {"n": self.number}, self.number)

    @rule(role=SIDES)
    def send(self, role: Role) -> None:
        self.number += 1
        self.sides[role].session.send("NotifyPeriodicEventStream", {"n": self.number})
        self.sides[role].sends.append(self.number)

    @rule(role=SIDES, data=st.data())
    def answer_any(self, role: Role, data: st.DataObject) -> None:
        side = self.sides[role]
        if not side.heard:
            return
        ticket, number = side.heard.pop(data.draw(st.integers(0, len(side.heard) - 1)))
        if data.draw(st.booleans()):
            side.session.answer(ticket, {"n": number})
        else:
            side.session.fail(ticket, CallError("GenericError", str(number)))

    @rule(role=SIDES, most=st.integers(1, 5))
    def transmit(self, role: Role, most: int) -> None:
        side = self.sides[role]
        for _ in range(most):
            text = side.session.next_frame(self.now)
            if text is None:
                return
            frame = orjson.loads(text)
            if frame[0] == 2:
                side.on_the_wire.append(frame[1])
            elif frame[0] in (3, 4):
                side.order_of_answers.append(frame[2]["n"] if frame[0] == 3 else int(frame[3]))
            self.other(role).pipe.append(text)

    @rule(role=SIDES, most=st.integers(1, 5))
    def deliver(self, role: Role, most: int) -> None:
        side = self.sides[role]
        for _ in range(min(most, len(side.pipe))):
            match side.session.receive(side.pipe.popleft(), self.now):
                case CallReceived(ticket, "DataTransfer", {"n": number}, ()):
                    side.heard.append((ticket, number))
                    side.order_of_calls.append(number)
                case SendReceived(_, "NotifyPeriodicEventStream", {"n": number}, ()):
                    side.sends_heard.append(number)
                case CallAnswered(call, payload, error, ()):
                    number = payload["n"] if error is None else int(error.description)
                    assert call.token == number, "an answer reached another call"
                    assert number not in side.answered
                    assert number not in side.expired
                    side.answered[number] = True
                    side.on_the_wire.remove(call.id)
                case Unexpected(id):
                    late = {call.id for call in side.asked.values() if call.token in side.expired}
                    assert id in late, "only answers to expired calls are unexpected"
                case event:
                    raise AssertionError(f"{event} out of valid frames")

    @rule(seconds=st.sampled_from([1.0, 10.0, TIMEOUT, 31.0]), role=SIDES)
    def time_passes(self, seconds: float, role: Role) -> None:
        self.now += seconds
        for side in self.sides.values():
            due = side.session.deadline
            call = side.session.expire(self.now)
            assert (call is not None) == (due is not None and self.now >= due)
            if call is not None:
                side.expired.add(call.token)
                side.on_the_wire.remove(call.id)

    @precondition(lambda self: self.number > 0)
    @rule()
    def let_everything_end(self) -> None:
        """With no more delay every call that did not expire is answered."""
        for _ in range(4 * self.number + 10):
            for role, side in self.sides.items():
                self.transmit(role, 1000)
                self.deliver(role, 1000)
                while side.heard:
                    ticket, number = side.heard.pop()
                    side.session.answer(ticket, {"n": number})
        for role, side in self.sides.items():
            assert set(side.asked) == set(side.answered) | side.expired
            assert side.session.backlog == 0
            assert self.other(role).sends_heard == side.sends

    @invariant()
    def at_most_one_call_a_direction_is_open(self) -> None:
        for side in self.sides.values():
            assert len(side.on_the_wire) <= 1

    @invariant()
    def answers_leave_in_the_order_of_the_calls(self) -> None:
        for side in self.sides.values():
            assert side.order_of_answers == side.order_of_calls[: len(side.order_of_answers)]


class TwoSessions(unittest.TestCase):
    def test_they_understand_each_other_whatever_the_order(self) -> None:
        run_state_machine_as_test(
            Conversation, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
        )
