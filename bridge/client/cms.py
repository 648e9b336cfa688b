"""The calls to the CMS, made by one thread. `bridge/wire.py` says how they look."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from bridge import wire
from bridge.client import logs
from bridge.client.bodies import Body
from bridge.client.context import Context
from bridge.client.link import Link
from bridge.client.logs import Way
from bridge.client.options import ChargerOptions, Options
from bridge.client.transport import Basic, TransportError
from bridge.wire import LiveFeed

VERSION = "smartserver-1-0"
"""What the bridge calls itself."""

HEAD_SECONDS = 5.0
SECONDS = 30.0
MAX_ANSWER = 4_194_304

GATEWAY = frozenset({502, 503, 504})
NEVER = frozenset({400, 405, 406, 409, 410, 411, 413, 414, 415, 422, 431})
"""Statuses that a retry does not change. Those that ask who we are (401, 403, 404) may change at any time."""

SHOWN = 1500
"""Bytes of a body that a dry run shows."""

JSON_HEADERS = {"Content-Type": "application/json"}


class Fate(StrEnum):
    """What the CMS made of a request."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    BROKEN = "broken"  # 500: it does not support this, or has a fault


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def fate(self) -> Fate:
        if 200 <= self.status < 300:
            return Fate.TAKEN
        if self.status == 500:
            return Fate.BROKEN
        return Fate.REFUSED if self.status in NEVER else Fate.LATER


class Place(NamedTuple):
    """Where the CMS is, and with what one is let in."""

    url: str
    user: str
    password: str

    def auth(self, name: str) -> Basic:
        return Basic(self.user or name, self.password)


def place_of(options: Options, charger: ChargerOptions) -> Place:
    """The address without credentials; those that it holds count where the options have no key."""
    parts = urlsplit(options.server_url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if key := options.key_of(charger):
        return Place(bare, "", key)
    return Place(bare, unquote(parts.username or ""), unquote(parts.password or ""))


class Cms:
    """`TransportError` from every call that got no answer."""

    def __init__(self, context: Context, link: Link) -> None:
        self._context = context
        self._link = link
        self._transport = context.transport(is_local=False)

    @cached_property
    def _place(self) -> Place:
        return place_of(self._context.options, self._context.charger)

    def head(self) -> int:
        """The status of `HEAD LiveFeeds`, 0 where there is no answer."""
        try:
            status = self._call("HEAD", wire.LIVE_FEEDS, "health", seconds=HEAD_SECONDS).status
        except TransportError as error:
            self._link.failed(str(error))
            return 0
        if status not in wire.ALIVE:
            self._link.failed(f"HEAD is answered with {status}")
        return status

    def log_version(self) -> Reply:
        return self._call("GET", wire.LOG_VERSION, "version", query={"Name": self._context.name, "Version": VERSION})

    def live_feed(self, feed: LiveFeed) -> Reply:
        body = Body.of(wire.write_live_feed(feed))
        return self._call("POST", wire.LIVE_FEEDS, "feed", body=body, headers=JSON_HEADERS)

    def log_event(self, event: str, *, key: str, charger: str) -> Reply:
        headers = {wire.KEY_HEADER: key}
        return self._call("POST", wire.LOG_EVENT, "event", query={"id": charger, "ev": event}, headers=headers)

    def post_state(self, state: str, *, session_id: int, charger: str) -> Reply:
        query = {"id": charger, "SessionID": str(session_id)}
        body = Body.of(wire.write_text(state))
        return self._call("POST", wire.POST_STATE, "state", query=query, body=body, headers=JSON_HEADERS)

    def post_full_state(self, body: Body) -> Reply:
        seconds = self._context.options.large_file_timeout
        return self._call("POST", wire.POST_FULL_STATE, "log", body=body, headers=JSON_HEADERS, seconds=seconds)

    def update_execution(self, execution_id: int, body: Body, status: int, *, is_large: bool) -> Reply:
        return self._call(
            "POST",
            wire.UPDATE_EXECUTION,
            "result",
            query={"ExecutionID": str(execution_id)},
            body=body,
            headers={**JSON_HEADERS, wire.STATUS_HEADER: str(status)},
            seconds=self._context.options.large_file_timeout if is_large else SECONDS,
        )

    def close(self) -> None:
        self._transport.close()

    def _call(
        self,
        method: str,
        call: str,
        purpose: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Reply:
        url = f"{self._place.url}{wire.PREFIX.lstrip('/')}{call}"
        address = f"{url}?{urlencode(query)}" if query else url
        size = body.size if body else 0
        logs.request(Way.TO_SERVER, method, address, size, charger=self._context.label)
        if self._context.options.dry_run:
            return self._as_if(call, body)
        reply = self._ask(
            method, address, purpose, body, {**(headers or {}), **(body.headers if body else {})}, seconds
        )
        logs.answer(Way.FROM_SERVER, call, reply.status, len(reply.body), charger=self._context.label)
        if call in (wire.LIVE_FEEDS, wire.LOG_VERSION):
            self._link.takes_gzip = "gzip" in reply.headers.get("Accept-Encoding", "").lower()  # RFC 9110, 12.5.3
        return reply

    def _ask(
        self, method: str, url: str, purpose: str, body: Body | None, headers: Mapping[str, str], seconds: float
    ) -> Reply:
        try:
            with self._transport.request(
                method,
                url,
                purpose=purpose,
                seconds=seconds,
                headers=headers,
                data=body.data() if body else None,
                size=body.size if body else 0,
                auth=self._place.auth(self._context.name),
                answer_purpose="command" if purpose == "feed" else "",
            ) as response:
                reply = Reply(response.status, response.read(MAX_ANSWER), response.headers)
        except TransportError as error:
            self._context.warn(Way.FROM_SERVER, f"{method} {urlsplit(url).path}: {error}")
            if not body or not body.is_large:  # a long upload may fail for reasons of its own
                self._link.failed(str(error))
            raise
        self._link.answered(is_there=reply.status not in GATEWAY)
        return reply

    def _as_if(self, call: str, body: Body | None) -> Reply:
        """Show what would be sent, and answer as a CMS that has nothing to say."""
        content = body.data() if body else b""
        if isinstance(content, bytes) and content:
            self._context.say(Way.TO_SERVER, f"It would send: {content[:SHOWN].decode('utf-8', 'replace')}")
        self._link.answered(is_there=True)
        return Reply(200, wire.write_session_id(0) if call == wire.LOG_EVENT else wire.write_command(None), {})
