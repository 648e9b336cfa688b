"""One request of a bridge, as the handlers of the six calls get it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge import wire
from bridge.cms.services.admission import Caller
from smartserver.core.errors import BadInput
from smartserver.core.runtime import Runtime
from stations.files.exchange import Exchange

ACCEPTS_GZIP = (b"accept-encoding", b"gzip")

DONE = b'""'
"""The answer to calls that have nothing to tell."""


@dataclass(frozen=True, slots=True)
class Call:
    """`admit(name)` gives the charger in whose name it speaks, or refuses; `room(charger)` is a place among the long
    transfers of this process, which may take their time."""

    exchange: Exchange
    parameters: Mapping[str, str]
    runtime: Runtime
    admit: Callable[[str], Awaitable[Caller]]
    room: Callable[[int], AbstractContextManager[None]]

    def parameter(self, name: str) -> str:
        value = self.parameters.get(name, "")
        if not value.strip():
            raise BadInput(f"{name} is needed in the query.")
        return value

    @property
    def is_ours(self) -> bool:
        return self.exchange.header("user-agent").startswith(wire.OUR_AGENT)

    async def store(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """Run a unit of the writer; its value, after the commit."""
        return await self.runtime.writer.run(partial(function, **arguments))

    async def reply(self, body: bytes = DONE) -> None:
        """The answer, as the original's servers give it: JSON."""
        length = (b"content-length", str(len(body)).encode())
        headers = [(b"content-type", b"application/json; charset=utf-8"), length, ACCEPTS_GZIP]
        await self.exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self.exchange.send({"type": "http.response.body", "body": body})
