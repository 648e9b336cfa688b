"""The push channel between our bridge and our server: one WebSocket at `/ws/{name}`. Pure.

Every frame is JSON `{"type", "charger_id", "timestamp", "payload"}`, `timestamp` in milliseconds since 1970. The
handshake carries HTTP Basic credentials, as those of stations. What needs an acknowledgement names a `key`; `ack`
leaves after the commit.

| type | from | payload |
|---|---|---|
| version_info | bridge | `{version}` |
| heartbeat | bridge | `{}`, every 10 s |
| telemetry | bridge | `{state}`: the text of /state when it has changed, looked at every 30 s and after events |
| event | bridge | `{key, event, state}`: a hardware event (an object) and the text of /state beside it, or null |
| command_result | bridge | `{command_id, status_code, response, execution_time_ms}`, see below |
| command | server | `{command_id, method, path, body, is_json, is_text_file}` |
| ack | server | `{key, session_id}` for an event, `{key}` for a result, whose key is `command-<id>` |
| refused | server | `{key, reason}`: it will never be taken, do not send it again |

`response` is what the hardware's JSON says, or a text; status 0: the hardware gave none.

Logs are too long for frames: they go over HTTP (`ExpertPostFullStateData`) with the session id of the
acknowledgement, and a command's text file over `UpdateExecutionStatus`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from bridge.wire import BadCommand, Method, RemoteCommand, WireError, is_json_text, whole

PATH = "/ws/"

VERSION_INFO = "version_info"
HEARTBEAT = "heartbeat"
TELEMETRY = "telemetry"
EVENT = "event"
COMMAND_RESULT = "command_result"
COMMAND = "command"
ACK = "ack"
REFUSED = "refused"

FROM_BRIDGE = frozenset({VERSION_INFO, HEARTBEAT, TELEMETRY, EVENT, COMMAND_RESULT})
FROM_SERVER = frozenset({COMMAND, ACK, REFUSED})

HEARTBEAT_SECONDS = 10.0
TELEMETRY_SECONDS = 30.0
SILENCE_SECONDS = 35.0
"""After so long without a frame either end takes the other for dead."""

MAX_FRAME = 1_048_576


@dataclass(frozen=True, slots=True)
class Envelope:
    type: str
    charger_id: str
    timestamp: int
    payload: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> str:
        frame = {"type": self.type, "charger_id": self.charger_id, "timestamp": self.timestamp, "payload": self.payload}
        return orjson.dumps(frame).decode()


def decode(frame: str | bytes) -> Envelope:
    """`WireError` for anything that is no envelope; the types that there are is the reader's question."""
    try:
        value = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise WireError(f"Not JSON ({error}).") from None
    if not isinstance(value, dict):
        raise WireError("A JSON object is needed.")
    kind, charger, payload = value.get("type"), value.get("charger_id"), value.get("payload", {})
    if not isinstance(kind, str) or not isinstance(charger, str) or not isinstance(payload, dict):
        raise WireError("type and charger_id are texts, payload is an object.")
    return Envelope(kind, charger, whole(value.get("timestamp", 0), "timestamp"), payload)


def write_command(command: RemoteCommand) -> dict[str, Any]:
    return {
        "command_id": command.execution_id,
        "method": command.method.name,
        "path": command.path,
        "body": command.body,
        "is_json": command.is_json,
        "is_text_file": command.is_text_file,
    }


def read_command(payload: dict[str, Any]) -> RemoteCommand:
    """`BadCommand` where it has a number and is wrong otherwise, `WireError` where not even that can be read."""
    number = whole(payload.get("command_id"), "command_id")
    if number < 1:
        raise WireError("command_id: a positive number is needed.")
    method, path, body = payload.get("method"), payload.get("path"), payload.get("body")
    is_json = payload.get("is_json") is not False
    if not isinstance(method, str) or method not in Method.__members__:
        raise BadCommand(number, f"method: one of {', '.join(Method.__members__)} is needed.")
    if not isinstance(path, str) or not path.strip():
        raise BadCommand(number, "path: a text is needed.")
    if not isinstance(body, str | None):
        raise BadCommand(number, "body: a text is needed.")
    if body is not None and is_json and not is_json_text(body):
        raise BadCommand(number, "body: not JSON.")
    is_text_file = payload.get("is_text_file") is True
    return RemoteCommand(number, Method[method], f"/{path.strip().lstrip('/')}", is_text_file, body, is_json)
