"""The programs beside the controller: OCPP client, services, scripts, display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.emulator.exchange import Refused, Reply, Request, Route, reply_json, reply_text, route

if TYPE_CHECKING:
    from bridge.emulator.hardware import Hardware

OCPP_CONFIG: dict[str, Any] = {"url": "", "version": "1.6", "heartbeatInterval": 300}
DEFAULTS: dict[str, dict[str, Any]] = {
    "/ocpp-client/config": OCPP_CONFIG,
    "/ocpp-client/autoChargeMode": {"enabled": False},
    "/hmi/config": {"language": "en", "brightness": 80},
}
MAX_SCRIPTS = 100
NAME = r"[A-Za-z0-9._-]{1,128}"


def _read(hardware: Hardware, request: Request) -> Reply:
    return reply_json(hardware.document(request.path, DEFAULTS.get(request.path, {})))


def _write(hardware: Hardware, request: Request) -> Reply:
    hardware.merge(request.path, request.fields())
    return _read(hardware, request)


def _forget(hardware: Hardware, request: Request) -> Reply:
    hardware.documents.pop(request.path, None)
    return _read(hardware, request)


def _switch_ocpp(hardware: Hardware, request: Request) -> Reply:
    hardware.ocpp_running = request.args[0] != "stop"
    return _ocpp_status(hardware, request)


def _ocpp_status(hardware: Hardware, request: Request) -> Reply:
    return reply_json({"status": "running" if hardware.ocpp_running else "stopped"})


def _ocpp_connection(hardware: Hardware, request: Request) -> Reply:
    url = hardware.document("/ocpp-client/config", OCPP_CONFIG)["url"]
    return reply_json({"connected": hardware.ocpp_running and bool(url), "url": url})


def _ocpp_log(hardware: Hardware, request: Request) -> Reply:
    name = request.args[0]
    if not name.endswith(".log"):
        raise Refused(404, f"There is no log {name}.")
    return hardware.log(f"file={name[:30]}")


def _scripts(hardware: Hardware, request: Request) -> Reply:
    return reply_json(sorted(hardware.scripts))


def _script(hardware: Hardware, request: Request) -> Reply:
    if request.args[0] not in hardware.scripts:
        raise Refused(404, f"There is no script {request.args[0]}.")
    return reply_text(hardware.scripts[request.args[0]])


def _store_script(hardware: Hardware, request: Request) -> Reply:
    """Scripts come as they are, not as JSON."""
    name = request.args[0] if request.args else "script.js"
    if name not in hardware.scripts and len(hardware.scripts) >= MAX_SCRIPTS:
        raise Refused(507, "The controller's memory is full.")
    try:
        hardware.scripts[name] = request.body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "A script is a text in UTF-8.") from None
    return reply_json({"name": name, "bytes": len(request.body)}, 201)


def _delete_script(hardware: Hardware, request: Request) -> Reply:
    _script(hardware, request)
    del hardware.scripts[request.args[0]]
    return reply_json(sorted(hardware.scripts))


ROUTES: tuple[Route, ...] = (
    route("/ocpp-client/config", GET=_read, POST=_write, PUT=_write),
    route("/ocpp-client/autoChargeMode", GET=_read, POST=_write, PUT=_write),
    route("/ocpp-client/(start|stop|restart)", POST=_switch_ocpp, PUT=_switch_ocpp),
    route("/ocpp-client/servicestatus", GET=_ocpp_status),
    route("/ocpp-client/connectionstatus", GET=_ocpp_connection),
    route(f"/ocpp-client/logs/({NAME})", GET=_ocpp_log),
    route(
        f"/services/(?:auth|rfid|led-ctrl|powerblock|ocpp)(?:/{NAME}){{0,4}}",
        GET=_read,
        POST=_write,
        PUT=_write,
        DELETE=_forget,
    ),
    route("/hmi/config", GET=_read, POST=_write, PUT=_write),
    route("/scripts", GET=_scripts, POST=_store_script),
    route(f"/scripts/({NAME})", GET=_script, POST=_store_script, PUT=_store_script, DELETE=_delete_script),
)
