"""The two that the bridge stands between: a charger's hardware and a CMS, real servers that do what a test wants."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson

from bridge import push, wire
from bridge.wire import RemoteCommand
from tests.bridge.client.web import Answer, Drop, Peer, Request, Server

NAME = "CHARGER-1"
STATE = orjson.dumps(
    [
        {"outlet": 1, "busy": True, "evsestat": 3, "pilot": 2, "curr_ses_error": 0},
        {"outlet": 2, "busy": False, "evsestat": 1, "pilot": 0, "curr_ses_error": 17},
    ]
)
LOG = b"".join(b"record %d\n" % number for number in range(1, 2001))


class Hardware(Server):
    """`routes` wins over what a charger says usually."""

    def __init__(self) -> None:
        self.routes: dict[str, Callable[[Request], Answer]] = {}
        self.is_away = False
        self.refuses_sockets = False
        super().__init__()

    def answer(self, request: Request) -> Answer:
        if self.is_away:
            raise Drop
        if route := self.routes.get(request.path):
            return route(request)
        if request.path == "/id":
            return Answer(200, NAME.encode())
        if request.path == "/state":
            return Answer(200, STATE)
        if request.path.endswith("/log/state/full") or request.path.startswith("/ocpp-client/logs/"):
            return Answer(200, LOG)
        return Answer(404, b"no such route")

    def upgrade(self, request: Request) -> bool:
        return request.path == "/events/stream" and not (self.is_away or self.refuses_sockets)

    def emit(self, **fields: Any) -> None:
        """An event to everybody who listens."""
        for peer in self.live:
            peer.send(orjson.dumps(fields).decode())

    def asked(self, path: str, method: str = "") -> list[Request]:
        return [each for each in self.requests if each.path == path and method in ("", each.method)]


class Cms(Server):
    """Remembers what it was told, once for each key. `trouble` may answer in its place, or raise `Drop`."""

    def __init__(self) -> None:
        self.trouble: Callable[[Request], Answer | None] = lambda request: None
        self.after: Callable[[Request], None] = lambda request: None
        self.is_away = False
        self.pushes = False
        self.acknowledges = True
        self.commands: list[RemoteCommand | bytes] = []
        self.events: dict[str, Any] = {}
        self.feeds: list[dict[str, Any]] = []
        self.states: list[tuple[int, str]] = []
        self.logs: list[dict[str, Any]] = []
        self.answers: list[tuple[int, Any, str]] = []
        self.frames: list[push.Envelope] = []
        self.extra: dict[str, str] = {}
        self.lock = threading.Lock()
        super().__init__()

    # -- HTTP -------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if self.is_away:
            raise Drop
        answer = self.trouble(request)
        if answer is None:
            answer = self._usual(request)
            self.after(request)
        return answer

    def _usual(self, request: Request) -> Answer:
        call = request.path.removeprefix(wire.PREFIX)
        if request.method == "HEAD":
            return Answer(200)
        body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
        with self.lock:
            match call:
                case wire.LOG_VERSION:
                    return Answer(200, b'"OK"', self.extra)
                case wire.LIVE_FEEDS:
                    self.feeds.append(orjson.loads(body))
                    return Answer(200, self._next(), self.extra)
                case wire.LOG_EVENT:
                    return Answer(200, wire.write_session_id(self._log(request.headers[KEY], request.query["ev"])))
                case wire.POST_STATE:
                    self.states.append((int(request.query["SessionID"]), wire.read_text(body)))
                case wire.POST_FULL_STATE:
                    self.logs.append(orjson.loads(body))
                case wire.UPDATE_EXECUTION:
                    number = int(request.query["ExecutionID"])
                    self.answers.append((number, wire.read_answer(body), request.headers[STATUS]))
                case _:
                    return Answer(404)
        return Answer(200, b'"OK"')

    def _next(self) -> bytes:
        if not self.commands:
            return wire.write_command(None)
        command = self.commands.pop(0)
        return command if isinstance(command, bytes) else wire.write_command(command)

    def _log(self, key: str, event: str) -> int:
        """The session id of this event, the same for the same key."""
        self.events.setdefault(key, orjson.loads(event))
        return list(self.events).index(key) + 1

    def called(self, call: str, method: str = "") -> list[Request]:
        path = wire.PREFIX + call
        return [each for each in self.requests if each.path == path and method in ("", each.method)]

    # -- the push channel -------------------------------------------------------------------------

    def upgrade(self, request: Request) -> bool:
        return self.pushes and not self.is_away

    def on_message(self, peer: Peer, text: str) -> None:
        frame = push.decode(text)
        with self.lock:
            self.frames.append(frame)
            payload: dict[str, Any]
            if frame.type == push.EVENT:
                key = frame.payload["key"]
                number = self._log(key, orjson.dumps(frame.payload["event"]).decode())
                payload = {"key": key, "session_id": number}
            elif frame.type == push.COMMAND_RESULT:
                result = frame.payload
                self.answers.append((result["command_id"], result["response"], str(result["status_code"])))
                payload = {"key": f"command-{result['command_id']}"}
            else:
                return
        if self.acknowledges:
            self.say(peer, push.ACK, payload)

    def say(self, peer: Peer, kind: str, payload: dict[str, Any]) -> None:
        peer.send(push.Envelope(kind, NAME, int(time.time() * 1000), payload).encode())

    def command(self, command: RemoteCommand) -> None:
        self.say(self.live[-1], push.COMMAND, push.write_command(command))

    def pushed(self, kind: str) -> list[push.Envelope]:
        with self.lock:
            return [frame for frame in self.frames if frame.type == kind]


KEY = wire.KEY_HEADER.lower()
STATUS = wire.STATUS_HEADER.lower()
