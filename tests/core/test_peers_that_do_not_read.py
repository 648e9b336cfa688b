"""The base of all sockets: peers that take nothing, or too slowly. With a set clock."""

from __future__ import annotations

import asyncio
from unittest import mock

from smartserver.core.sockets import CLOSE_TIMEOUT, SEND_TIMEOUT
from tests.core.asgi import Peer
from tests.core.sockets import Echo, SocketCase
from tests.core.support import SetClockLoop, settle


class SlowPeers(SocketCase):
    def test_one_that_takes_its_time_but_reads_is_kept(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            for _ in range(5):
                peer.stop_reading()
                peer.say("patience")
                await settle()
                await loop.pass_time(SEND_TIMEOUT * 0.6)
                peer.read_again()
                await loop.pass_time(SEND_TIMEOUT * 0.6)
            self.assertEqual(len(peer.heard), 5)
            await loop.pass_time(10 * SEND_TIMEOUT)
            self.assertFalse(socket.task.done(), "Silence is no fault.")
            peer.go()
            await socket.task

        self.run_test(test)

    def test_one_that_takes_nothing_is_given_up(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            peer.say("anybody?")
            await settle()
            with self.assertLogs("smartserver.core.sockets", "INFO") as logs:
                for _ in range(2):
                    self.assertIsNone(socket._aborting)
                    await loop.pass_time(SEND_TIMEOUT / 2 + 0.1)
            self.assertIn("does not take its messages", logs.output[0])
            peer.read_again()
            await asyncio.wait_for(socket.task, 5)
            self.assertEqual(peer.close, (1013, "too slow"))
            self.assertEqual(socket.codes, [1013])

        self.run_test(test)

    def test_one_that_does_not_even_take_the_close_is_left_all_the_same(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            peer.say("anybody?")
            await settle()
            with self.assertLogs("smartserver.core.sockets", "INFO"):
                for _ in range(2):
                    await loop.pass_time(SEND_TIMEOUT / 2 + 0.1)
            await loop.pass_time(CLOSE_TIMEOUT + 1)
            await asyncio.wait_for(socket.task, 5)
            self.assertEqual(socket.codes, [1006])
            self.assertEqual(peer.types, ["accept"])

        self.run_test(test)

    def test_one_that_vanishes_while_it_is_given_up_is_simply_gone(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            peer.say("anybody?")
            await settle()
            with self.assertLogs("smartserver.core.sockets", "INFO"):
                for _ in range(2):
                    await loop.pass_time(SEND_TIMEOUT / 2 + 0.1)
            peer.go(1006)
            await asyncio.wait_for(socket.task, 5)
            await loop.pass_time(CLOSE_TIMEOUT + 1)
            self.assertEqual(socket.codes, [1006])

        self.run_test(test)

    def test_a_connection_reset_instead_of_a_close_is_an_end_too(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            peer.say("anybody?")
            await settle()
            with self.assertLogs("smartserver.core.sockets", "INFO"):
                for _ in range(2):
                    await loop.pass_time(SEND_TIMEOUT / 2 + 0.1)
            peer.fault = ConnectionResetError()
            peer.read_again()
            await asyncio.wait_for(socket.task, 5)
            self.assertEqual(socket.codes, [1006])

        self.run_test(test)


class Behind(SocketCase):
    """A socket whose answers are behind stops reading."""

    def test_it_reads_on_as_soon_as_some_have_left(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            peer.stop_reading()
            for text in ("one", "two", "three"):
                socket.say(text)
            reader = asyncio.ensure_future(socket.wait_while(lambda: bool(socket.waiting)))
            await settle()
            self.assertFalse(reader.done())
            peer.read_again()
            await asyncio.wait_for(reader, 5)
            self.assertEqual(peer.heard, ["one", "two", "three"])
            await asyncio.wait_for(socket.wait_while(lambda: False), 5)
            peer.go()
            await socket.task

        self.run_test(test)

    def test_it_does_not_wait_for_what_can_never_leave(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            waiting = asyncio.ensure_future(socket.wait_while(lambda: True))
            await settle()
            self.assertFalse(waiting.done())
            socket.close(1000)
            await asyncio.wait_for(waiting, 5)
            await socket.task
            await asyncio.wait_for(socket.wait_while(lambda: True), 5)

        self.run_test(test)

    def test_nor_when_the_peer_has_vanished(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            socket = Echo(peer)
            await settle()
            waiting = asyncio.ensure_future(socket.wait_while(lambda: True))
            await settle()
            peer.fault = ConnectionResetError()
            socket.say("anybody?")
            socket.say("hello?")
            await asyncio.wait_for(waiting, 5)
            peer.go()
            await socket.task

        self.run_test(test)


class Watching(SocketCase):
    def test_watching_costs_one_timer_a_connection(self) -> None:
        async def test(loop: SetClockLoop) -> None:
            peer = Peer()
            with mock.patch.object(loop, "call_later", wraps=loop.call_later) as timers:
                socket = Echo(peer)
                for _ in range(50):
                    peer.say("text")
                await settle()
                self.assertEqual(len(peer.heard), 50)
                self.assertEqual(timers.call_count, 1)
                peer.go()
                await socket.task
            self.assertTrue(socket._watchdog is not None and socket._watchdog.cancelled())

        self.run_test(test)
