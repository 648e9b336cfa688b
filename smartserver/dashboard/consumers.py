"""The socket of a browser: the live protocol of `docs/live-protocol.md`, or the plain one of SMART-OS."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from smartserver.accounts.roles import Role
from smartserver.api.early import role_of_session
from smartserver.core import clock, metrics
from smartserver.core.outbox import Hopeless
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import POLICY_VIOLATION, TRY_AGAIN, Receive, Refused, Scope, Send, Socket
from smartserver.dashboard.guard import Guard
from smartserver.dashboard.live import LiveSubscriptions
from smartserver.dashboard.plain import PlainSubscription
from stations.ocpp.v16.reversed_calls import STATE_REQUEST
from stations.selectors import dump_state

LIVE_PROTOCOL = "smartserver.live.v1"

RECHECK = 60.0
"""Seconds after which it is looked again whether who opened a socket may still watch: people log out, and accounts are
switched off. Where this server does that itself, it is looked at once (`guard.py`)."""

SILENCE = 90.0
"""Seconds after which a page of ours that says nothing is gone; it pings every 20."""


class BrowserSocket(Socket):
    """One open page."""

    purpose: ClassVar[str] = "browser socket"

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, runtime: Runtime) -> None:
        super().__init__(scope, receive, send)
        self._runtime = runtime
        self._conversation: LiveSubscriptions | PlainSubscription | None = None
        self._heard = clock.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._guard: asyncio.Task[None] | None = None

    async def open(self) -> str | None:
        user = self.scope.get("user")
        logged_in = user is not None and user.is_authenticated
        if not logged_in and not settings.OPEN:
            raise Refused(401, "Log in first.")
        await self._runtime.start()
        if self._runtime.stopping:
            raise Refused(503, "The server is shutting down.", [(b"retry-after", b"5")])
        hub = self._runtime.hub
        if LIVE_PROTOCOL in self.scope.get("subprotocols", ()):
            name = user.get_username() if user is not None and logged_in else None
            self._conversation = LiveSubscriptions(hub, self.wake, user=name)
            return LIVE_PROTOCOL
        self._conversation = PlainSubscription(hub, self.wake, limit=settings.BROWSER_OUTBOX, give_up=self._give_up)
        return None

    async def opened(self) -> None:
        assert self._conversation is not None
        self._conversation.begin()
        self._runtime.hub.listeners.add(self._conversation)
        metrics.BROWSERS.inc()
        if not settings.OPEN:
            self._guard = asyncio.get_running_loop().create_task(self._recheck())
        if isinstance(self._conversation, LiveSubscriptions):
            self._watch()

    async def closed(self, code: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._guard is not None:
            self._guard.cancel()
        if isinstance(self._conversation, LiveSubscriptions):
            self._conversation.end()
        if self._conversation in self._runtime.hub.listeners:
            self._runtime.hub.listeners.discard(self._conversation)
            metrics.BROWSERS.dec()

    async def on_message(self, data: str | bytes) -> None:
        assert self._conversation is not None
        self._heard = clock.monotonic()
        if data == STATE_REQUEST:
            await self._tell_state(self._conversation)
            return
        try:
            message: Any = orjson.loads(data)
        except orjson.JSONDecodeError:
            message = None
        try:
            self._conversation.receive(message if isinstance(message, dict) else {})
        except Hopeless:
            self._give_up()

    async def _tell_state(self, conversation: LiveSubscriptions | PlainSubscription) -> None:
        """The state of all stations (a station that asks the same is told of itself only)."""
        state = await sync_to_async(dump_state)(None)
        try:
            conversation.say(orjson.dumps(state))
        except Hopeless:
            self._give_up()

    def next_frame(self) -> str | None:
        assert self._conversation is not None
        frame = self._conversation.next_frame()
        return frame.decode() if frame is not None else None

    def _give_up(self) -> None:
        self.close(TRY_AGAIN, "too slow")

    async def _recheck(self) -> None:
        with Guard(self.scope["user"].pk) as guard:
            while True:
                await guard.wait(RECHECK)
                try:
                    role = await sync_to_async(_session_role)(self.headers)
                except DatabaseError:
                    continue  # nobody knows; what is shown comes from there, too
                if role is None:
                    self.close(POLICY_VIOLATION, "logged out")
                    return

    def _watch(self) -> None:
        if clock.monotonic() - self._heard > SILENCE:
            self.close(TRY_AGAIN, "nothing heard for too long")
        else:
            self._timer = asyncio.get_running_loop().call_later(SILENCE / 3, self._watch)


def _session_role(headers: dict[bytes, bytes]) -> Role | None:
    connection.close_if_unusable_or_obsolete()
    return role_of_session(headers)
