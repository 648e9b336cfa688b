"""Requests and sockets end in time, at the end of the bridge, and with words that help."""

from __future__ import annotations

import socket
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

from bridge.client.connection import Socket, SocketError
from bridge.client.events import EventError, read_event
from bridge.client.traffic import Traffic
from bridge.client.transport import Basic, Stopped, Switchboard, Transport, TransportError
from tests.bridge.client.web import Answer, Peer, Raw, Request, Server, slowly
from tests.waiting import eventually


class Partner(Server):
    def __init__(self) -> None:
        self.reply: Callable[[Request], Answer] = lambda request: Answer(200, b"right")
        self.over = threading.Event()
        super().__init__()

    def answer(self, request: Request) -> Answer:
        return self.reply(request)

    def upgrade(self, request: Request) -> bool:
        return request.path == "/socket"

    def on_message(self, peer: Peer, text: str) -> None:
        peer.send(text)

    def close(self) -> None:
        self.over.set()
        super().close()


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.partner = Partner()
        self.addCleanup(self.partner.close)
        self.switchboard = Switchboard()
        self.traffic = Traffic()
        self.addCleanup(self.switchboard.stop)
        self.is_over = threading.Event()
        self.addCleanup(self.is_over.set)
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while not self.is_over.wait(0.02):
            self.switchboard.tick()


class RequestTests(Case):
    def transport(self) -> Transport:
        transport = Transport(self.switchboard, self.traffic, is_local=True)
        self.addCleanup(transport.close)
        return transport

    def ask(self, seconds: float = 5, url: str = "", **more: Any) -> bytes:
        url = url or f"http://127.0.0.1:{self.partner.port}/"
        with self.transport().request("GET", url, purpose="feed", seconds=seconds, **more) as response:
            return response.read(1000)

    def pieces(self, *pieces: bytes) -> None:
        def reply(request: Request) -> Answer:
            raise Raw(slowly(list(pieces), 0.05, self.partner.over))

        self.partner.reply = reply

    def test_one_that_is_answered(self) -> None:
        self.assertEqual(self.ask(), b"right")
        sent, received = self.traffic.snapshot()["feed"]
        self.assertGreater(sent, 10)
        self.assertGreater(received, len("right"))

    def test_hardware_that_closes_without_saying_so_is_asked_over_a_new_connection(self) -> None:
        """It was asked to close; until its end of the old connection has gone, nobody would hear the next request."""
        self.pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright")
        transport = self.transport()
        for _ in range(2):
            url = f"http://127.0.0.1:{self.partner.port}/"
            with transport.request("POST", url, purpose="hardware", seconds=2) as response:
                self.assertEqual(response.read(1000), b"right")

    def test_heads_and_bodies_that_trickle(self) -> None:
        for pieces in (
            [b"HTTP/1.1 200 OK\r\n"] + [b"X: y\r\n"] * 90,
            [b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"] + [b"x"] * 900,
        ):
            self.pieces(*pieces)
            begun = time.monotonic()
            with self.assertRaisesRegex(TransportError, "it did not end in time"):
                self.ask(0.3)
            self.assertLess(time.monotonic() - begun, 3)

    def test_nobody_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with self.assertRaisesRegex(TransportError, r"it cannot be reached \(Connection refused\)") as caught:
            self.ask(url=f"http://127.0.0.1:{port}/?secret=1")
        self.assertFalse(caught.exception.has_left)
        self.assertNotIn("secret", str(caught.exception))

    def test_answers_that_are_none(self) -> None:
        for piece in (b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b""):
            with self.subTest(piece):
                self.partner.reply = lambda request: self._raise(piece)  # noqa: B023
                with self.assertRaises(TransportError) as caught:
                    self.ask()
                self.assertTrue(caught.exception.has_left)

    def _raise(self, piece: bytes) -> Answer:
        raise Raw([piece])

    def test_answers_that_are_too_long(self) -> None:
        self.partner.reply = lambda request: Answer(200, b"x" * 1001)
        with self.assertRaisesRegex(TransportError, "longer than 1000 bytes"):
            self.ask()

    def test_bombs_are_not_unpacked(self) -> None:
        import gzip

        packed = gzip.compress(b"0" * 50_000_000)
        self.partner.reply = lambda request: Answer(200, packed, {"Content-Encoding": "gzip"})
        with self.assertRaisesRegex(TransportError, "longer than 1000 bytes"):
            self.ask()

    def test_the_end_of_the_bridge_ends_it(self) -> None:
        self.pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        threading.Timer(0.1, self.switchboard.stop).start()
        begun = time.monotonic()
        with self.assertRaises(Stopped):
            self.ask(60)
        self.assertLess(time.monotonic() - begun, 3)
        with self.assertRaises(Stopped) as caught:
            self.ask()
        self.assertFalse(caught.exception.has_left)

    def test_redirects_are_not_followed(self) -> None:
        self.partner.reply = lambda request: Answer(302, b"moved", {"Location": "/elsewhere"})
        self.assertEqual(self.ask(), b"moved")
        self.assertEqual([request.path for request in self.partner.requests], ["/"])

    def test_credentials_in_utf_8_and_none_at_all(self) -> None:
        self.ask(auth=Basic("é", "ü"))
        self.ask()
        heads = [request.headers.get("authorization") for request in self.partner.requests]
        self.assertEqual(heads, ["Basic w6k6w7w=", None])


class SocketTests(Case):
    def socket(self, path: str = "/socket") -> Socket:
        made = Socket(f"ws://127.0.0.1:{self.partner.port}{path}", {}, lambda sent, received: None, is_local=True)
        self.switchboard.add(made)
        self.addCleanup(made.close)
        return made

    def opened(self) -> Socket:
        made = self.socket()
        made.open()
        eventually(lambda: bool(self.partner.live))
        return made

    def test_messages_pings_and_silence(self) -> None:
        made = self.opened()
        made.send("hello ü")
        self.assertEqual(made.receive(5), (True, "hello ü".encode()))
        self.assertEqual(made.receive(0.01), (False, None))
        made.ping()
        self.assertEqual(made.receive(5), (True, None))

    def test_a_message_that_comes_in_two_halves(self) -> None:
        made = self.opened()
        self.partner.live[0].send_raw(b"\x81\x05he")
        self.assertEqual(made.receive(0.05), (False, None))
        self.partner.live[0].send_raw(b"llo")
        self.assertEqual(made.receive(5), (True, b"hello"))

    def test_a_message_of_many_frames_is_bounded_too(self) -> None:
        made = self.opened()
        frame = (600_000).to_bytes(8)
        self.partner.live[0].send_raw(b"\x01\x7f" + frame + b"x" * 600_000)
        self.partner.live[0].send_raw(b"\x00\x7f" + frame + b"x" * 600_000)
        with self.assertRaisesRegex(SocketError, "too long"):
            made.receive(5)

    def test_its_ends(self) -> None:
        made = self.opened()
        self.partner.live[0].send_raw(b"\x88\x02\x03\xe8")
        with self.assertRaisesRegex(SocketError, "it was closed"):
            made.receive(5)
        made = self.opened()
        self.partner.live[-1].drop()
        with self.assertRaises(SocketError):
            made.receive(5)
        with self.assertRaises(SocketError):
            for _ in range(1000):
                made.send("x" * 10_000)
                self.is_over.wait(0.01)  # its end may take a moment to travel here

    def test_a_handshake_that_is_refused(self) -> None:
        with self.assertRaisesRegex(SocketError, r"refused \(404\)") as caught:
            self.socket("/nothing").open()
        self.assertEqual(caught.exception.status, 404)

    def test_the_end_of_the_bridge_ends_it(self) -> None:
        made = self.opened()
        threading.Timer(0.1, self.switchboard.stop).start()
        with self.assertRaises(SocketError):
            made.receive(60)
        late = self.socket()
        with self.assertRaises(SocketError):
            late.open()
            late.receive(5)


class EventTests(unittest.TestCase):
    def test_what_is_an_event(self) -> None:
        for text, kind, outlet, oddity in (
            ('{"type":"alert","outlet":"1"}', "alert", "1", ""),
            (' {"type":"alert","outlet":2} ', "alert", "2", ""),
            ('{"type":"alert"}', "alert", "", ""),
            ('{"type":"alert","outlet":null}', "alert", "", ""),
            ('{"type":"alert","outlet":true}', "alert", "", ""),
            ('{"type":"alert","outlet":" "}', "alert", "", ""),
            ("{}", "", "", "type is missing"),
            ('{"type":7,"outlet":"A"}', "", "", "type is missing, outlet is no number"),
            ('{"type":"alert","outlet":[1]}', "alert", "", "outlet is no number"),
        ):
            with self.subTest(text):
                event = read_event(text.encode())
                self.assertEqual((event.kind, event.outlet, event.oddity), (kind, outlet, oddity))
                self.assertEqual(event.body, text.strip())

    def test_what_is_none(self) -> None:
        for frame in (b"", b"x", b"7", b"[]", b"\xff{}", b'{"a":"' + b"x" * 300_000 + b'"}'):
            with self.subTest(frame[:9]), self.assertRaises(EventError):
                read_event(frame)
