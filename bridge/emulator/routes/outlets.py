"""What can be asked of one outlet, and done to it: `/outlets/{number}/…`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bridge import vendor
from bridge.emulator.exchange import Refused, Reply, Request, Route, reply_json, route
from bridge.emulator.outlet import Outlet

if TYPE_CHECKING:
    from bridge.emulator.hardware import Hardware

MAX_CAP_W = 1e7
MAX_USER = 64

DONE = {"status": "accepted"}


def _outlet(hardware: Hardware, request: Request) -> Outlet:
    found = hardware.charger.outlet(int(request.args[0]))
    if found is None:
        raise Refused(404, f"There is no outlet {request.args[0]}.")
    return found


def _done(accepted: bool, reason: str) -> Reply:
    if not accepted:
        raise Refused(409, reason)
    return reply_json(DONE)


def _state(hardware: Hardware, request: Request) -> Reply:
    charger = hardware.charger
    return reply_json(_outlet(hardware, request).state(charger.now, charger.version))


def _authorised(hardware: Hardware, request: Request) -> Reply:
    outlet = _outlet(hardware, request)
    session = outlet.running
    return reply_json({"auth": session is not None, "user": session.user if session is not None else ""})


def _authorise(hardware: Hardware, request: Request) -> Reply:
    user = request.fields().get("user")
    if not isinstance(user, str) or not 0 < len(user) <= MAX_USER:
        raise Refused(400, f"user: a text of at most {MAX_USER} characters is needed.")
    charger = hardware.charger
    return _done(
        _outlet(hardware, request).authorise(charger.now, user), "No session waits here, and none could begin."
    )


def _stop(hardware: Hardware, request: Request) -> Reply:
    reason = request.fields().get("reason", "Remote")
    if not isinstance(reason, str) or not 0 < len(reason) <= MAX_USER:
        raise Refused(400, "reason: a text is needed.")
    return _done(_outlet(hardware, request).stop("remote", reason), "No session runs here.")


def _order(hardware: Hardware, request: Request) -> Reply:
    return reply_json({"out_of_order": _outlet(hardware, request).out_of_order})


def _set_order(hardware: Hardware, request: Request) -> Reply:
    outlet = _outlet(hardware, request)
    outlet.set_out_of_order(_flag(request.fields(), "out_of_order"))
    return reply_json({"out_of_order": outlet.out_of_order})


def _cap(hardware: Hardware, request: Request) -> Reply:
    outlet = _outlet(hardware, request)
    return reply_json({"PowerCapW": outlet.power_cap_w, "pLimit": outlet.limit_w})


def _set_cap(hardware: Hardware, request: Request) -> Reply:
    value = request.fields().get("PowerCapW")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_CAP_W:
        raise Refused(400, f"PowerCapW: a number from 0 to {MAX_CAP_W:g} is needed.")
    assert math.isfinite(value)
    _outlet(hardware, request).power_cap_w = float(value)
    return _cap(hardware, request)


def _emergency(hardware: Hardware, request: Request) -> Reply:
    return reply_json({"pressed": vendor.EMERGENCY_STOP in _outlet(hardware, request).alerts})


def _press(hardware: Hardware, request: Request) -> Reply:
    """`{"pressed": true}`, or nothing, stops at once; false gives the outlet free again."""
    outlet, fields = _outlet(hardware, request), request.fields()
    if not fields or _flag(fields, "pressed"):
        if vendor.EMERGENCY_STOP not in outlet.alerts:
            outlet.raise_alert(vendor.EMERGENCY_STOP)
    else:
        outlet.clear_alerts()
    return _emergency(hardware, request)


def _release(hardware: Hardware, request: Request) -> Reply:
    _outlet(hardware, request).clear_alerts()
    return _emergency(hardware, request)


def _unplug(hardware: Hardware, request: Request) -> Reply:
    return _done(_outlet(hardware, request).unplug(), "No cable is plugged in.")


def _test(hardware: Hardware, request: Request) -> Reply:
    """A self-test, of a free outlet only."""
    return _done(_outlet(hardware, request).is_free, "The outlet is not free.")


def _read(hardware: Hardware, request: Request) -> Reply:
    _outlet(hardware, request)
    return reply_json(hardware.document(request.path, _defaults(hardware, request)))


def _write(hardware: Hardware, request: Request) -> Reply:
    _outlet(hardware, request)
    hardware.merge(request.path, request.fields())
    return _read(hardware, request)


def _defaults(hardware: Hardware, request: Request) -> dict[str, Any]:
    number, what = request.args
    known: dict[str, dict[str, Any]] = {
        "evseid": {"evseid": f"ZZ*EMU*E{hardware.charger.name}*{number}"},
        "cert": {"installed": False},
        "debug": {"enabled": False},
    }
    return known[what]


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise Refused(400, f"{name}: true or false is needed.")
    return value


def _at(what: str, **handlers: Any) -> Route:
    return route(rf"/outlets/([0-9]{{1,3}})/{what}", **handlers)


ROUTES: tuple[Route, ...] = (
    _at("state", GET=_state),
    _at("auth", GET=_authorised, POST=_authorise, PUT=_authorise),
    _at("stop", POST=_stop, PUT=_stop),
    _at("out_of_order", GET=_order, POST=_set_order, PUT=_set_order),
    _at("powercap", GET=_cap, POST=_set_cap, PUT=_set_cap),
    _at("e-stop", GET=_emergency, POST=_press, PUT=_press, DELETE=_release),
    _at("unplug", POST=_unplug, PUT=_unplug),
    _at("test", POST=_test, PUT=_test),
    _at("(evseid|cert|debug)", GET=_read, POST=_write, PUT=_write),
)
