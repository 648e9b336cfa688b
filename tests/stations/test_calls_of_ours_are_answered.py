"""Answers to calls of ours on a real socket: errors, answers that make no sense, and answers in time."""

from __future__ import annotations

import json
from typing import Any

from django.test import override_settings

from stations.models import Message, Station
from tests.stations.support import Client, SocketCase, rules_of


@override_settings(OPEN=True)
class CallsOfOurs(SocketCase):
    def asked(self, client: Client) -> list[Any]:
        """Have the server ask something, by not booting; the call."""
        client.ask("Heartbeat")
        return client.hear_call()

    def test_that_get_an_error_are_logged_with_it(self) -> None:
        with self.server.station() as client:
            call = self.asked(client)
            client.say([4, call[1], "NotSupported", "no", {"a": 1}])
            row = self.logged(message_id=call[1])
            self.assertEqual(
                (row.outcome, json.loads(row.reply)), ("NotSupported", {"description": "no", "details": {"a": 1}})
            )
            self.assertEqual(client.hear_call()[2], "TriggerMessage", "the next one leaves")

    def test_that_get_an_invalid_answer_note_it(self) -> None:
        with self.server.station() as client:
            call = self.asked(client)
            client.say([3, call[1], {"status": "Perhaps"}])
            self.assertEqual(self.logged(message_id=call[1]).outcome, "CALLRESULT")
            self.assertEqual(client.hear()[0], 2, "1.6 has no word for it")
        self.assertEqual(rules_of(Station.objects.get()), {"invalid_answer": 1})

    def test_that_get_an_invalid_answer_say_so_in_21(self) -> None:
        with self.server.station(versions=["ocpp2.1"]) as client:
            call = self.asked(client)
            client.say([3, call[1], {"status": "Perhaps"}])
            self.assertEqual(client.hear()[:3], [5, call[1], "PropertyConstraintViolation"])

    def test_that_are_answered_in_time_do_not_time_out(self) -> None:
        with self.server.station() as client:
            client.say([3, self.asked(client)[1], {"status": "Accepted"}])
            client.say([3, client.hear_call()[1], {"status": "Accepted"}])
            client.boot()
            connection = self.server.socket_of("CP1")
            self.server.in_loop(connection._expire)
        outcomes = Message.objects.filter(direction="out").values_list("outcome", flat=True)
        self.assertEqual(list(outcomes), ["CALLRESULT"] * 2)
