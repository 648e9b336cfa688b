"""What the controller says of itself, its logs, its event stream's entrance, its restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge import vendor
from bridge.emulator.exchange import Refused, Reply, Request, Route, reply_json, reply_text, route

if TYPE_CHECKING:
    from bridge.emulator.hardware import Hardware

MAX_TYPE = 64


def _id(hardware: Hardware, request: Request) -> Reply:
    return reply_text(hardware.charger.name)


def _state(hardware: Hardware, request: Request) -> Reply:
    return reply_json(hardware.charger.state())


def _release(hardware: Hardware, request: Request) -> Reply:
    return reply_json({"release": hardware.charger.version, "channel": "emulated"})


def _version(hardware: Hardware, request: Request) -> Reply:
    return reply_text(hardware.charger.version)


def _macaddress(hardware: Hardware, request: Request) -> Reply:
    digits = f"{sum(map(ord, hardware.charger.name)) % 0x1000000:06x}"
    return reply_text(":".join(("02", "00", "00", digits[:2], digits[2:4], digits[4:])))


def _updates(hardware: Hardware, request: Request) -> Reply:
    return reply_json({"available": [], "installed": hardware.charger.version})


def _reset(hardware: Hardware, request: Request) -> Reply:
    hardware.charger.restart()
    hardware.engine.restart(hardware.charger.now)
    return Reply(200, b'{"status":"resetting"}', reboots=True)


def _outlet_number(hardware: Hardware, text: str) -> int:
    number = int(text)
    if hardware.charger.outlet(number) is None:
        raise Refused(404, f"There is no outlet {number}.")
    return number


def _facts(hardware: Hardware, request: Request) -> Reply:
    number = _outlet_number(hardware, request.args[0])
    charger = hardware.charger
    return reply_json(
        {
            "controller": number,
            "charger": charger.name,
            "version": charger.version,
            "uptime": round(charger.now - charger.booted),
            "outlets": len(charger.outlets),
        }
    )


def _iostate(hardware: Hardware, request: Request) -> Reply:
    outlet = hardware.charger.outlets[_outlet_number(hardware, request.args[0]) - 1]
    return reply_json(
        {
            "emergencyStop": vendor.EMERGENCY_STOP in outlet.alerts,
            "doorOpen": vendor.DOOR_OPEN in outlet.alerts,
            "contactor": outlet.phase == vendor.CHARGING,
            "cableLocked": outlet.running is not None,
        }
    )


def _update_status(hardware: Hardware, request: Request) -> Reply:
    _outlet_number(hardware, request.args[0])
    return reply_json({"status": "idle", "progress": 0})


def _reboot(hardware: Hardware, request: Request) -> Reply:
    _outlet_number(hardware, request.args[0])
    return _reset(hardware, request)


def _state_log(hardware: Hardware, request: Request) -> Reply:
    return hardware.log(f"outlet={_outlet_number(hardware, request.args[0])}")


def _inject(hardware: Hardware, request: Request) -> Reply:
    """Any event may be put into the stream, of any type: `{type, outlet, payload}`."""
    fields = request.fields()
    kind, outlet, payload = fields.get("type"), fields.get("outlet", ""), fields.get("payload", {})
    if not isinstance(kind, str) or not 0 < len(kind) <= MAX_TYPE:
        raise Refused(400, f"type: a text of at most {MAX_TYPE} characters is needed.")
    if isinstance(outlet, bool) or not isinstance(outlet, str | int) or len(str(outlet)) > 8:
        raise Refused(400, "outlet: a number, or an empty text, is needed.")
    if not isinstance(payload, dict):
        raise Refused(400, "payload: an object is needed.")
    event: dict[str, Any] = hardware.charger.emit(kind, str(outlet), payload)
    return reply_json(event)


ROUTES: tuple[Route, ...] = (
    route("/id", GET=_id),
    route("/state", GET=_state),
    route("/release", GET=_release),
    route("/version", GET=_version),
    route("/macaddress", GET=_macaddress),
    route("/updates", GET=_updates),
    route("/reset", POST=_reset),
    route("/events/stream/inject", POST=_inject),
    route(r"/controllers/([0-9]{1,3})/api/outlets/[0-9]{1,3}/log/state/full", GET=_state_log),
    route(r"/controllers/([0-9]{1,3})/api/system/facts", GET=_facts),
    route(r"/controllers/([0-9]{1,3})/api/system/iostate", GET=_iostate),
    route(r"/controllers/([0-9]{1,3})/api/system/reboot", POST=_reboot, PUT=_reboot),
    route(r"/controllers/([0-9]{1,3})/api/system/update/status", GET=_update_status),
)
