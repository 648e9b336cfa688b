"""The conversation on one connection, without a wire."""

from __future__ import annotations

import unittest
from typing import Any

import orjson

from stations.ocpp import errors
from stations.ocpp.errors import CallError
from stations.ocpp.session import (
    MAX_QUEUE,
    CallAnswered,
    CallReceived,
    FrameRefused,
    QueueFull,
    ResultRejected,
    Role,
    SendReceived,
    Session,
    Ticket,
    Unexpected,
)


def session(version: str = "1.6", **options: Any) -> Session:
    return Session(role=Role.CSMS, version=version, call_timeout=30, **options)


def calls(talk: Session, *ids: Any) -> list[Ticket]:
    """Let calls of the peer come in."""
    tickets = []
    for id in ids:
        event = talk.receive(orjson.dumps([2, id, "Heartbeat", {}]), 0)
        assert isinstance(event, CallReceived)
        tickets.append(event.ticket)
    return tickets


def sent(talk: Session, now: float = 0) -> list[Any]:
    """Everything that leaves now."""
    found = []
    while (text := talk.next_frame(now)) is not None:
        found.append(orjson.loads(text))
    return found


class Answers(unittest.TestCase):
    def test_leave_in_the_order_of_the_calls(self) -> None:
        talk = session()
        first, second, third = calls(talk, "a", "b", "c")
        talk.answer(third, {"n": 3})
        talk.fail(second, CallError(errors.NOT_SUPPORTED, "no", {"why": 1}))
        self.assertEqual(sent(talk), [])
        talk.answer(first, {"n": 1})
        self.assertEqual(
            sent(talk), [[3, "a", {"n": 1}], [4, "b", "NotSupported", "no", {"why": 1}], [3, "c", {"n": 3}]]
        )
        self.assertEqual(sent(talk), [])

    def test_are_counted_until_they_have_left(self) -> None:
        talk = session()
        first, second = calls(talk, "a", "b")
        self.assertEqual(talk.backlog, 2)
        talk.answer(second, {})
        self.assertEqual((sent(talk), talk.backlog), ([], 2))
        talk.answer(first, {})
        talk.next_frame(0)
        self.assertEqual(talk.backlog, 1)
        talk.next_frame(0)
        self.assertEqual(talk.backlog, 0)

    def test_to_calls_of_the_same_id_are_told_apart(self) -> None:
        talk = session()
        first, second = calls(talk, "a", "a")
        talk.answer(second, {"n": 2})
        talk.answer(first, {"n": 1})
        self.assertEqual(sent(talk), [[3, "a", {"n": 1}], [3, "a", {"n": 2}]])

    def test_spell_error_codes_as_their_version_does(self) -> None:
        spelled = {
            (errors.FORMAT_VIOLATION, "1.6"): "FormationViolation",
            (errors.FORMAT_VIOLATION, "2.0.1"): "FormatViolation",
            (errors.OCCURRENCE_VIOLATION, "1.6"): "OccurenceConstraintViolation",
            (errors.OCCURRENCE_VIOLATION, "2.1"): "OccurrenceConstraintViolation",
            (errors.MESSAGE_TYPE_NOT_SUPPORTED, "1.6"): "GenericError",
            (errors.MESSAGE_TYPE_NOT_SUPPORTED, "2.0.1"): "MessageTypeNotSupported",
            (errors.RPC_FRAMEWORK_ERROR, "1.6"): "GenericError",
            (errors.TYPE_VIOLATION, "1.6"): "TypeConstraintViolation",
        }
        for (code, version), word in spelled.items():
            talk = session(version)
            talk.fail(calls(talk, "a")[0], CallError(code, "x" * 300))
            self.assertEqual(sent(talk), [[4, "a", word, "x" * 255, {}]])

    def test_to_texts_that_are_no_frames_keep_their_place(self) -> None:
        talk = session()
        (first,) = calls(talk, "a")
        event = talk.receive('[2,"b",', 0)
        assert isinstance(event, FrameRefused)
        self.assertIsNotNone(event.ticket)
        self.assertEqual(sent(talk), [])
        talk.answer(first, {})
        self.assertEqual([frame[:3] for frame in sent(talk)], [[3, "a", {}], [4, "b", "FormationViolation"]])

    def test_are_not_given_to_broken_answers(self) -> None:
        talk = session()
        event = talk.receive('[3,"b",', 0)
        assert isinstance(event, FrameRefused)
        self.assertIsNone(event.ticket)
        self.assertEqual(sent(talk), [])

    def test_carry_the_rules_that_the_call_needed(self) -> None:
        event = session().receive('[2,7,"Heartbeat"]', 0)
        assert isinstance(event, CallReceived)
        self.assertEqual(event.quirks, ("message_id_as_number", "payload_missing"))
        event_strict = session(strict=True).receive('[2,7,"Heartbeat"]', 0)
        self.assertIsInstance(event_strict, FrameRefused)


class CallsOfOurs(unittest.TestCase):
    def test_wait_for_each_other(self) -> None:
        talk = session()
        first = talk.call("Reset", {"type": "Soft"}, token="mine")
        second = talk.call("ClearCache", {})
        self.assertEqual(sent(talk), [[2, first.id, "Reset", {"type": "Soft"}]])
        event = talk.receive(orjson.dumps([3, first.id, {"status": "Accepted"}]), 1)
        self.assertEqual(event, CallAnswered(first, {"status": "Accepted"}))
        self.assertEqual(first.token, "mine")
        self.assertEqual(sent(talk), [[2, second.id, "ClearCache", {}]])

    def test_have_ids_that_no_other_connection_uses(self) -> None:
        ids = {session(series=series).call("ClearCache", {}).id for series in ("1", "2", "3")}
        talk = session(series="1")
        talk.call("ClearCache", {})
        ids.add(talk.call("ClearCache", {}).id)
        self.assertEqual(len(ids), 4)

    def test_do_not_wait_for_answers_to_the_peer_nor_hold_them_up(self) -> None:
        talk = session()
        (ticket,) = calls(talk, "a")
        call = talk.call("Reset", {})  # from inside a handler, before its answer
        self.assertEqual(sent(talk), [[2, call.id, "Reset", {}]])
        talk.answer(ticket, {})
        self.assertEqual(sent(talk), [[3, "a", {}]])
        (second,) = calls(talk, "b")
        talk.answer(second, {})
        self.assertEqual(sent(talk), [[3, "b", {}]])
        self.assertEqual(talk.receive(orjson.dumps([3, call.id, {}]), 0), CallAnswered(call, {}))

    def test_that_get_an_error_tell_it(self) -> None:
        talk = session()
        call = talk.call("Reset", {})
        sent(talk)
        event = talk.receive(orjson.dumps([4, call.id, "NotSupported", "no", {"a": 1}]), 0)
        assert isinstance(event, CallAnswered)
        assert event.error is not None
        self.assertEqual(
            (event.error.code, event.error.description, event.error.details), ("NotSupported", "no", {"a": 1})
        )

    def test_that_are_not_answered_in_time_free_the_line(self) -> None:
        talk = session()
        self.assertIsNone(talk.deadline)
        first, second = talk.call("Reset", {}), talk.call("ClearCache", {})
        self.assertIsNone(talk.deadline)
        sent(talk, 100)
        self.assertEqual(talk.deadline, 130)
        self.assertIsNone(talk.expire(129.9))
        self.assertEqual(sent(talk, 129.9), [])
        self.assertIs(talk.expire(130), first)
        self.assertIsNone(talk.expire(130))
        self.assertEqual(sent(talk, 130), [[2, second.id, "ClearCache", {}]])
        self.assertEqual(talk.deadline, 160)

    def test_late_and_invented_answers_change_nothing(self) -> None:
        talk = session()
        first, second = talk.call("Reset", {}), talk.call("ClearCache", {})
        self.assertEqual(talk.receive(orjson.dumps([3, first.id, {}]), 0), Unexpected(first.id))  # before it left
        sent(talk, 0)
        talk.expire(30)
        sent(talk, 30)
        self.assertEqual(talk.receive(orjson.dumps([3, first.id, {}]), 31), Unexpected(first.id))
        self.assertEqual(talk.receive('[4,"x","E","",{}]', 31), Unexpected("x"))
        self.assertEqual(talk.receive(orjson.dumps([4, second.id, "E", "", {}]), 31).__class__, CallAnswered)
        self.assertEqual(talk.receive(orjson.dumps([3, second.id, {}]), 31), Unexpected(second.id))

    def test_are_bounded(self) -> None:
        talk = session()
        for _ in range(MAX_QUEUE):
            talk.call("Reset", {})
        with self.assertRaises(QueueFull):
            talk.call("Reset", {})
        sent(talk)  # one leaves
        talk.call("Reset", {})
        with self.assertRaises(QueueFull):
            talk.call("Reset", {})

    def test_are_all_given_back_when_the_connection_ends(self) -> None:
        talk = session()
        self.assertEqual(talk.abandon(), [])
        first, second = talk.call("Reset", {}), talk.call("ClearCache", {})
        self.assertEqual(talk.abandon(), [first, second])
        third, fourth = talk.call("Reset", {}), talk.call("ClearCache", {})
        sent(talk)
        self.assertEqual(talk.abandon(), [third, fourth])
        self.assertEqual((sent(talk), talk.deadline, talk.abandon()), ([], None, []))


class WhatIsOnlyIn21(unittest.TestCase):
    def test_results_are_rejected_where_the_version_has_a_word_for_it(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            talk = session(version)
            call = talk.call("Reset", {})
            sent(talk)
            talk.receive(orjson.dumps([3, call.id, {"status": 7}]), 0)
            talk.reject_result(call, CallError(errors.TYPE_VIOLATION, "status is a text", {"a": 1}))
            expected = [[5, call.id, "TypeConstraintViolation", "status is a text", {"a": 1}]]
            self.assertEqual(sent(talk), expected if version == "2.1" else [])

    def test_rejection_of_our_answer_is_told(self) -> None:
        event = session("2.1").receive('[5,"a","TypeConstraintViolation","no",{}]', 0)
        assert isinstance(event, ResultRejected)
        self.assertEqual((event.id, event.error.code, event.error.description), ("a", "TypeConstraintViolation", "no"))

    def test_send_is_never_answered(self) -> None:
        talk = session("2.1")
        event = talk.receive('[6,"a","NotifyPeriodicEventStream",{"id":1}]', 0)
        self.assertEqual(event, SendReceived("a", "NotifyPeriodicEventStream", {"id": 1}))
        broken = talk.receive('[6,"a","",{}]', 0)
        assert isinstance(broken, FrameRefused)
        self.assertIsNone(broken.ticket)
        self.assertEqual((sent(talk), talk.backlog), ([], 0))

    def test_send_waits_for_nobody(self) -> None:
        talk = session("2.1")
        call = talk.call("Reset", {})
        sent(talk)
        talk.send("NotifyPeriodicEventStream", {"id": 1})
        (frame,) = sent(talk)
        self.assertEqual([frame[0], *frame[2:]], [6, "NotifyPeriodicEventStream", {"id": 1}])
        self.assertNotEqual(frame[1], call.id)
