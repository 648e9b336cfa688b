"""The container engine behind `/docker-apps/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from bridge.emulator.docker import STDERR, STDOUT
from bridge.emulator.exchange import BINARY, Refused, Reply, Request, Route, reply_json, route

if TYPE_CHECKING:
    from bridge.emulator.hardware import Hardware

NAME = r"[A-Za-z0-9._-]{1,128}"


def _load(hardware: Hardware, request: Request) -> Reply:
    """The body has been read as an image; what is left of it are its names."""
    names = request.json()
    hardware.engine.load(names)
    return Reply(200, b"".join(orjson.dumps({"stream": f"Loaded image: {name}\n"}) + b"\n" for name in names))


def _create(hardware: Hardware, request: Request) -> Reply:
    container = hardware.engine.create(request.json(), name=request.query.get("name", ""), now=hardware.charger.now)
    return reply_json({"Id": container.id, "Warnings": []}, 201)


def _start(hardware: Hardware, request: Request) -> Reply:
    return Reply(204 if hardware.engine.start(request.args[0], hardware.charger.now) else 304)


def _stop(hardware: Hardware, request: Request) -> Reply:
    return Reply(204 if hardware.engine.stop(request.args[0], hardware.charger.now) else 304)


def _list(hardware: Hardware, request: Request) -> Reply:
    return reply_json(hardware.engine.listing(hardware.charger.now, everything=_is_set(request, "all")))


def _logs(hardware: Hardware, request: Request) -> Reply:
    streams = {number for name, number in (("stdout", STDOUT), ("stderr", STDERR)) if _is_set(request, name)}
    tail = request.query.get("tail", "all")
    if tail != "all" and not (tail.isascii() and tail.isdigit() and len(tail) < 10):
        raise Refused(400, "tail: a number, or `all`, is needed")
    lines = hardware.engine.logs(request.args[0], streams, None if tail == "all" else int(tail))
    return Reply(200, lines, BINARY)


def _is_set(request: Request, name: str) -> bool:
    return request.query.get(name, "").lower() in ("1", "true")


ROUTES: tuple[Route, ...] = (
    route("/docker-apps/images/load", takes_image=True, POST=_load),
    route("/docker-apps/containers/create", POST=_create),
    route("/docker-apps/containers/json", GET=_list),
    route(f"/docker-apps/containers/({NAME})/start", POST=_start),
    route(f"/docker-apps/containers/({NAME})/stop", POST=_stop),
    route(f"/docker-apps/containers/({NAME})/logs", GET=_logs),
)
