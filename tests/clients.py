"""Simple clients of the wire for end-to-end tests: one call, one answer."""

from __future__ import annotations

import itertools
from types import TracebackType
from typing import Any

import orjson
import websocket


class Station:
    """A charge point on a real socket."""

    def __init__(self, ws: str, identity: str, *, version: str = "1.6", password: str | None = None) -> None:
        self._numbers = itertools.count(1)
        self.heard: list[list[Any]] = []
        """Calls of the server that came before an answer, and are not answered yet."""
        header = []
        if password is not None:
            import base64

            header = ["Authorization: Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()]
        self.socket = websocket.create_connection(
            f"{ws}/ocpp/{identity}", subprotocols=[f"ocpp{version}"], timeout=10, header=header, suppress_origin=True
        )

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def call(self, action: str, payload: dict[str, Any]) -> Any:
        """The payload of the CALLRESULT; anything else fails."""
        message_id = f"t{next(self._numbers)}"
        self.socket.send(orjson.dumps([2, message_id, action, payload]).decode())
        while True:
            frame = orjson.loads(self.socket.recv())
            if frame[0] == 2:
                self.heard.append(frame)
                continue
            if frame[:2] == [3, message_id]:
                return frame[2]
            raise AssertionError(f"{action} was answered with {frame}")

    def boot(self, vendor: str = "Vendor", model: str = "Model") -> Any:
        return self.call("BootNotification", {"chargePointVendor": vendor, "chargePointModel": model})

    def status(self, status: str, connector: int = 1) -> None:
        self.call("StatusNotification", {"connectorId": connector, "errorCode": "NoError", "status": status})


class Device:
    """A SolMate on a real socket."""

    def __init__(self, ws: str, serial: str) -> None:
        self.serial = serial
        self._numbers = itertools.count(0)
        self.socket = websocket.create_connection(f"{ws}/update/", timeout=10, suppress_origin=True)
        self.socket.recv()

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def update(self, **values: Any) -> None:
        capping = f"{next(self._numbers) % 10000:04d}:{self.serial}"
        self.socket.send(
            orjson.dumps({"type": "UPDT", "message": f"{capping}:{orjson.dumps(values).decode()}"}).decode()
        )
        answer = orjson.loads(self.socket.recv())
        if answer != {"type": "INFO", "message": f"{capping}:OK"}:
            raise AssertionError(f"{values} was answered with {answer}")
