"""The ASGI application of an emulated charger: bodies, faults, and whom it lets do what."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import orjson

from bridge.emulator import feed, records
from bridge.emulator.exchange import MAX_BODY, TEXT, Refused, Reply, Request, refusal, reply_json
from bridge.emulator.faults import BadFault, Faults, malformed
from bridge.emulator.feed import Feed
from bridge.emulator.hardware import Hardware
from bridge.emulator.journal import Journal, Received
from bridge.emulator.listener import Listener
from bridge.emulator.tar import ImageReader, NotAnImage

CONTROL = "/emulator/"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
MAX_IMAGE = 2 * 1024**3
MAX_PARAMETERS = 50


class Application:
    """`tick()` lets the charger's time pass and its events out; `away(seconds, cut)` closes the sockets."""

    def __init__(
        self,
        hardware: Hardware,
        *,
        faults: Faults,
        reboot_seconds: float,
        tick: Callable[[], None],
        away: Callable[[float, bool], None],
    ) -> None:
        self.hardware = hardware
        self.faults = faults
        self.feed = Feed()
        self.journal = Journal()
        self.listener: Listener | None = None
        self._reboot_seconds = reboot_seconds
        self._tick, self._away = tick, away
        self._chance = random.Random(0)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["path"] == feed.PATH:
            await self.feed.serve(receive, send)
            self._cut(scope)
        else:
            await receive()
            await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b""})

    async def _http(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path, body = scope["path"], b""
        try:
            if path.startswith(CONTROL):
                await self._send(scope, send, await self._controlled(scope, receive), Faults())
                return
            if not await self._misbehave(path, receive):
                self._note(scope, b"", 0)
                self._cut(scope)
                return
            reply, body = await self._answer(scope, receive)
        except Refused as error:
            reply = refusal(error)
        except _Gone:
            return
        self._note(scope, body, reply.status)
        await self._send(scope, send, reply, self.faults if self.faults.concern(path) else Faults())
        if reply.reboots:
            self._away(self._reboot_seconds, True)

    def _note(self, scope: dict[str, Any], body: bytes, status: int) -> None:
        query = scope["query_string"].decode("latin-1")
        self.journal.add(Received(scope["method"], scope["path"], query, body, status))

    # -- answers ----------------------------------------------------------------------------------

    async def _answer(self, scope: dict[str, Any], receive: Any) -> tuple[Reply, bytes]:
        method, path = scope["method"], scope["path"]
        if path == feed.PATH:
            raise Refused(426, "This is a WebSocket.", {"Upgrade": "websocket"})
        route, request = self.hardware.route(method, path)
        body = await _image(receive) if route.takes_image else await _whole(receive)
        request = Request(method, path, _query(scope), body, request.args)
        self._tick()
        reply = route.handlers[method](self.hardware, request)
        self._tick()
        if path == "/state" and self.faults.state:
            reply = Reply(200, malformed(self.faults.state, self.hardware.charger.state()), TEXT)
        return reply, body

    async def _misbehave(self, path: str, receive: Any) -> bool:
        """Whether there will be an answer."""
        faults = self.faults
        if not faults.concern(path):
            return True
        if faults.slow:
            await asyncio.sleep(faults.slow)
        if faults.hang:
            while (await receive())["type"] != "http.disconnect":
                pass
            return False
        if faults.next_errors:
            self.faults = faults.changed({"next_errors": faults.next_errors - 1})
        if faults.next_errors or self._chance.random() < faults.errors:
            raise Refused(500, "This fault was asked for.")
        return True

    async def _send(self, scope: dict[str, Any], send: Any, reply: Reply, faults: Faults) -> None:
        pieces, length = _pieces(reply)
        if faults.endless and reply.is_log:
            pieces, length = records.endless(), None
        headers = [("content-type", reply.kind), *((name.lower(), value) for name, value in reply.headers.items())]
        if length is not None and reply.status not in (204, 304):
            headers.append(("content-length", str(length)))
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
        left = faults.truncate or None
        for piece in pieces:
            if not self._is_there(scope):
                return
            if left is not None and len(piece) >= left:
                await send({"type": "http.response.body", "body": piece[:left], "more_body": True})
                return  # the protocol closes a connection whose answer is not whole
            left = left - len(piece) if left is not None else None
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)  # a fast client does not stop the charger's time
        await send({"type": "http.response.body", "body": b""})

    # -- connections ------------------------------------------------------------------------------

    def _is_there(self, scope: dict[str, Any]) -> bool:
        return self.listener is None or self.listener.is_connected(tuple(scope["client"]))

    def _cut(self, scope: dict[str, Any]) -> None:
        if self.listener is not None:
            self.listener.cut(tuple(scope["client"]))

    # -- the control routes -----------------------------------------------------------------------

    async def _controlled(self, scope: dict[str, Any], receive: Any) -> Reply:
        try:
            return self._control(scope, await _whole(receive))
        except Refused as error:
            return refusal(error)

    def _control(self, scope: dict[str, Any], body: bytes) -> Reply:
        method, path = scope["method"], scope["path"]
        if scope["client"][0] not in LOOPBACK:
            raise Refused(403, "Faults are set from this machine only.")
        if path == f"{CONTROL}requests" and method == "GET":
            return reply_json(self.journal.shown())
        if path == f"{CONTROL}summon" and method == "POST":
            return self._summon(Request(method, path, body=body))
        if path != f"{CONTROL}faults":
            raise Refused(404, f"There is no {method} {path[:200]}.")
        if method == "PUT":
            self.set_faults(Request(method, path, body=body).fields())
        elif method == "DELETE":
            self.faults = Faults()
        elif method != "GET":
            raise Refused(405, f"{method[:20]} is not allowed here.", {"Allow": "DELETE, GET, PUT"})
        return reply_json(self.faults.shown())

    def set_faults(self, values: dict[str, Any]) -> None:
        """Change some faults; those that happen once begin."""
        try:
            wanted = self.faults.changed(values)
        except BadFault as error:
            raise Refused(400, str(error)) from None
        self.faults = wanted.changed({"reboot": 0, "refuse": 0})
        if wanted.reboot:
            self.hardware.charger.restart()
            self.hardware.engine.restart(self.hardware.charger.now)
            self._tick()
            self._away(wanted.reboot, True)
        elif wanted.refuse:
            self._away(wanted.refuse, False)

    def _summon(self, request: Request) -> Reply:
        """A car comes to `{"outlet": 1}`, with `"user"`."""
        fields = request.fields()
        number, user = fields.get("outlet", 1), fields.get("user", "04A1B2C3D4E5F6")
        if isinstance(number, bool) or not isinstance(number, int) or not isinstance(user, str) or not user:
            raise Refused(400, "outlet is a number, user a text.")
        outlet = self.hardware.charger.outlet(number)
        if outlet is None:
            raise Refused(404, f"There is no outlet {number}.")
        self._tick()
        if not self.hardware.charger.summon(outlet, user=user):
            raise Refused(409, "The outlet is not free.")
        self._tick()
        return reply_json({"outlet": number, "user": user})


class _Gone(Exception):
    """The client went away while it spoke."""


async def _body(receive: Any) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _whole(receive: Any) -> bytes:
    body = bytearray()
    async for piece in _body(receive):
        body += piece
        if len(body) > MAX_BODY:
            raise Refused(413, f"At most {MAX_BODY} bytes are taken.")
    return bytes(body)


async def _image(receive: Any) -> bytes:
    """Read a tar file without keeping it; the names of its images as JSON."""
    reader = ImageReader()
    try:
        async for piece in _body(receive):
            reader.feed(piece)
            if reader.received > MAX_IMAGE:
                raise Refused(413, f"At most {MAX_IMAGE} bytes are taken.")
        return orjson.dumps(reader.finish())
    except NotAnImage as error:
        raise Refused(400, str(error)) from None


def _query(scope: dict[str, Any]) -> dict[str, str]:
    text = scope["query_string"].decode("latin-1")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise Refused(400, f"At most {MAX_PARAMETERS} parameters are taken.") from None


def _pieces(reply: Reply) -> tuple[Iterator[bytes], int | None]:
    if isinstance(reply.body, bytes):
        return iter((reply.body,) if reply.body else ()), len(reply.body)
    return reply.body, reply.length
