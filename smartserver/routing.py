"""Which socket a path leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack

from bridge import push
from bridge.cms.consumers import PushSocket
from devices.connections import Connections as DeviceConnections
from devices.consumers import DeviceSocket
from smartserver.core.events import HINT_PUSH
from smartserver.core.runtime import Runtime
from smartserver.dashboard.consumers import BrowserSocket
from stations.connections import Connections as StationConnections
from stations.consumers import StationSocket

Application = Callable[[Any, Any, Any], Awaitable[None]]

BROWSER_PATH = "/client/"
DEVICE_PATH = "/update/"


def websockets(runtime: Runtime) -> Application:
    """The sockets of one process. What is none of the others is a station, or refused as one."""
    stations = StationConnections()
    devices = DeviceConnections()
    pushes = StationConnections(HINT_PUSH)

    async def browser(scope: Any, receive: Any, send: Any) -> None:
        await BrowserSocket(scope, receive, send, runtime=runtime).run()

    # Only browsers have sessions; stations and devices would pay for them with a query a connection.
    browser_with_user: Application = AuthMiddlewareStack(browser)

    async def route(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].rstrip("/") + "/"
        if path == BROWSER_PATH:
            await browser_with_user(scope, receive, send)
        elif path == DEVICE_PATH:
            await DeviceSocket(scope, receive, send, runtime=runtime, connections=devices).run()
        elif f"/{path.lstrip('/')}".startswith(push.PATH):
            await PushSocket(scope, receive, send, runtime=runtime, connections=pushes).run()
        else:
            await StationSocket(scope, receive, send, runtime=runtime, connections=stations).run()

    return route
