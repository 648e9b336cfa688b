"""Which requests to the hardware a server may ask for. Pure.

A path is allowed when its route stands in the table below, for the method, whatever its query. Containers and
scripts run code on the charger, so they have to be switched on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bridge.wire import Method

MAX_PATH = 2000

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"  # no dot first: `.` is a step that libraries leave out
_NUMBER = r"[0-9]{1,3}"
_READ = frozenset({Method.GET})
_WRITE = frozenset({Method.GET, Method.PUT, Method.POST})
_ALL = frozenset(Method)


class Route(NamedTuple):
    pattern: re.Pattern[str]
    methods: frozenset[Method]


def _route(pattern: str, methods: frozenset[Method]) -> Route:
    return Route(re.compile(pattern.format(name=_NAME, number=_NUMBER), re.ASCII), methods)


COMMON: tuple[Route, ...] = (
    _route(r"/(id|state|release|version|macaddress|updates)", _READ),
    _route(r"/reset", frozenset({Method.POST})),
    _route(r"/outlets/{number}/(state|auth|stop|out_of_order|powercap|e-stop|evseid|cert|debug|unplug|test)", _ALL),
    _route(r"/ocpp-client/(config|start|stop|restart|autoChargeMode|servicestatus|connectionstatus)", _ALL),
    _route(r"/ocpp-client/logs/{name}", _READ),
    _route(r"/controllers/{number}/api/system/(facts|iostate|reboot|update/status)", _WRITE),
    _route(r"/controllers/{number}/api/outlets/{number}/log/state/full", _READ),
    _route(r"/services/(auth|rfid|led-ctrl|powerblock|ocpp)(/{name}){{0,4}}", _ALL),
    _route(r"/hmi/config", _WRITE),
    _route(r"/events/stream/inject", frozenset({Method.POST})),
)

POWERFUL: tuple[Route, ...] = (
    _route(r"/docker-apps/images/load", frozenset({Method.POST})),
    _route(r"/docker-apps/containers/(create|json)", _WRITE),
    _route(r"/docker-apps/containers/{name}/(start|stop|logs)", _WRITE),
    _route(r"/scripts(/{name}){{0,4}}", _ALL),
)
"""What runs code on the charger."""


class NotAllowed(ValueError):
    """`str(error)` says why a request is not made."""


def check(method: Method, path: str, *, powerful: bool = False) -> None:
    """`NotAllowed` unless this request may be made. Percent-encodings and dots that climb are never allowed."""
    if len(path) > MAX_PATH or not path.isascii() or not path.isprintable() or " " in path:
        raise NotAllowed("This is no path of the hardware.")
    route = path.partition("?")[0]
    if "#" in path or "%" in route or ".." in route:
        raise NotAllowed("This is no path of the hardware.")
    found = next((each for each in (*COMMON, *POWERFUL) if each.pattern.fullmatch(route)), None)
    if found is None:
        raise NotAllowed(f"The path {route[:200]} is not on the list of those that may be called.")
    if found in POWERFUL and not powerful:
        raise NotAllowed(f"The path {route[:200]} runs code on the charger; it has to be switched on there.")
    if method not in found.methods:
        raise NotAllowed(f"{method.name} of {route[:200]} is not allowed.")


def is_powerful(path: str) -> bool:
    """Whether this path runs code on the charger."""
    route = path.partition("?")[0]
    return any(each.pattern.fullmatch(route) for each in POWERFUL)
