"""The base of all sockets: handshake, refusal, one sender, errors. With a set clock."""

from __future__ import annotations

import asyncio
from typing import Any

from smartserver.core.errors import Unavailable
from smartserver.core.sockets import CLOSE_TIMEOUT, Refused
from tests.core.asgi import Peer
from tests.core.sockets import Echo, Silent, SocketCase
from tests.core.support import SetClockLoop, run_with_set_clock, settle


class Handshake(SocketCase):
    def refused(self, error: Exception, **options: Any) -> Peer:
        async def test(loop: SetClockLoop) -> Peer:
            peer = Peer(**options)
            socket = Echo(peer)
            socket.refusal = error
            await socket.task
            self.assertEqual(socket.codes, [], "What never opened does not close.")
            return peer

        return run_with_set_clock(test)

    def test_it_is_accepted_with_the_subprotocol(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            self.assertEqual(peer.sent, [{"type": "websocket.accept", "subprotocol": "echo"}])
            peer.go()
            await socket.task

        self.run_test(test)

    def test_a_refusal_has_status_text_and_headers_where_the_server_can_send_them(self) -> None:
        peer = self.refused(Refused(401, "Who are you?", [(b"www-authenticate", b"Basic")]))
        start, body = peer.sent
        self.assertEqual((start["type"], start["status"]), ("websocket.http.response.start", 401))
        self.assertIn((b"www-authenticate", b"Basic"), start["headers"])
        self.assertIn((b"content-type", b"text/plain; charset=utf-8"), start["headers"])
        self.assertEqual(body, {"type": "websocket.http.response.body", "body": b"Who are you?\n", "more_body": False})

    def test_elsewhere_it_is_the_close_that_becomes_a_403(self) -> None:
        peer = self.refused(Refused(401, "Who are you?"), refusals=False)
        self.assertEqual(peer.sent, [{"type": "websocket.close", "code": 1008}])

    def test_when_storage_is_out_of_reach_it_says_when_to_try_again(self) -> None:
        peer = self.refused(Unavailable("The database is out of reach."))
        self.assertEqual(peer.sent[0]["status"], 503)
        self.assertIn((b"retry-after", b"5"), peer.sent[0]["headers"])

    def test_a_foreign_page_is_refused_before_anything_is_looked_up(self) -> None:
        peer = self.refused(AssertionError("open() was asked"), origin="https://evil.example", host="localhost")
        self.assertEqual(peer.sent[0]["status"], 403)

    def test_an_origin_that_cannot_be_read_is_a_refusal_and_no_error(self) -> None:
        peer = self.refused(AssertionError("open() was asked"), origin="http://[", host="localhost")
        self.assertEqual(peer.sent[0]["status"], 403)

    def test_a_peer_that_is_gone_before_the_handshake_is_nothing(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            await peer.receive()
            peer.go()
            await Echo(peer).task
            self.assertEqual(peer.sent, [])

        self.run_test(test)

    def test_a_peer_that_is_gone_during_the_handshake_is_closed_and_no_error(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            peer.fault = ConnectionResetError()
            socket = Echo(peer)
            await socket.task
            self.assertEqual((socket.codes, peer.sent), ([1006], []))

        with self.assertNoLogs("smartserver", "ERROR"):
            self.run_test(test)


class Conversation(SocketCase):
    def test_texts_and_bytes_are_answered_in_order(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            for i in range(10):
                peer.say(f"{i}")
            peer.say(b"\xff")
            peer.say("")
            await settle()
            self.assertEqual(peer.heard, [*"0123456789", "b'\\xff'", ""])
            peer.say("later")
            await settle()
            self.assertEqual(peer.heard[-1], "later")
            peer.go(1001)
            await socket.task
            self.assertEqual(socket.codes, [1001])
            self.assertIsNone(peer.close, "Who has gone is not told to go.")

        self.run_test(test)

    def test_a_close_without_a_code_has_the_code_that_says_so(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            peer.go(None)
            await socket.task
            self.assertEqual(socket.codes, [1005])

        self.run_test(test)

    def test_close_sends_first_what_waits(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            peer.stop_reading()
            for text in ("one", "two", "bye"):
                peer.say(text)
            await settle()
            peer.read_again()
            await socket.task
            self.assertEqual(peer.heard, ["one", "two", "so long"])
            self.assertEqual(peer.types, ["accept", "send", "send", "send", "close"])
            self.assertEqual(peer.close, (1008, "r" * 120))

        self.run_test(test)

    def test_a_socket_may_have_nothing_to_say(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Silent(peer.scope, peer.receive, peer.send)
            task = asyncio.ensure_future(socket.run())
            await settle()
            socket.wake()
            await settle()
            peer.go()
            await task
            self.assertEqual(peer.types, ["accept"])

        self.run_test(test)


class Errors(SocketCase):
    def test_an_error_in_a_handler_closes_with_1011_after_what_waits(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            peer.say("fail")
            with self.assertLogs("smartserver.core.sockets", "ERROR") as logs:
                await socket.task
            self.assertIn("A echo socket failed.", logs.output[0])
            self.assertEqual(peer.heard, ["last words"])
            self.assertEqual(peer.close, (1011, "internal error"))
            self.assertEqual(socket.codes, [1011])

        self.run_test(test)

    def test_an_error_in_what_is_sent_closes_with_1011_instead_of_falling_silent(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            for busy in (False, True):
                peer = Peer()
                socket = Echo(peer)
                await settle()
                if busy:  # then not `wake` but the sender's task meets the error
                    peer.stop_reading()
                    socket.say("before")
                with self.assertLogs("smartserver.core.sockets", "ERROR"):
                    socket.say("poison")
                    await settle()
                    peer.read_again()
                    await asyncio.wait_for(socket.task, 5)
                self.assertEqual(peer.close, (1011, "internal error"))
                self.assertEqual(socket.codes, [1011])
                self.assertEqual(peer.heard, ["before"] if busy else [])

        self.run_test(test)

    def test_a_peer_that_vanished_is_heard_of_by_reading(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.fault = ConnectionResetError()
            peer.say("anybody?")
            await settle()
            self.assertFalse(socket.task.done())
            peer.go(1006)
            with self.assertNoLogs("smartserver.core.sockets"):
                await socket.task
            self.assertEqual(socket.codes, [1006])

        self.run_test(test)

    def test_when_the_server_ends_a_connection_it_is_going_away(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            socket.task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await socket.task
            self.assertEqual(socket.codes, [1001])

        self.run_test(test)

    def test_a_last_word_that_nobody_takes_is_not_waited_for_for_ever(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            peer.say("fail")
            with self.assertLogs("smartserver.core.sockets", "ERROR"):
                await settle()
            self.assertFalse(socket.task.done())
            await loop.pass_time(CLOSE_TIMEOUT + 1)
            await asyncio.wait_for(socket.task, 5)
            self.assertEqual(socket.codes, [1011])

        self.run_test(test)
